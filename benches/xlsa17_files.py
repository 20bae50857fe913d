"""Reads and writes the MATLAB files of the field with NumPy alone: level 5, one piece a variable.

The reader maps what is not compressed, which is the fastest that NumPy can do.
"""

import struct
import zlib

import numpy

MATRIX, COMPRESSED = 14, 15
STORED = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8"}
CELL = 1


def read(path):
    """All numeric variables and cell arrays of strings of a file with the lower byte first."""
    data = numpy.memmap(path, numpy.uint8, mode="r")
    variables, at = {}, 128
    while at < len(data):
        kind, start, end = _tag(data, at)
        if kind == COMPRESSED:
            inflated = zlib.decompress(data[start:end])
            piece = numpy.frombuffer(inflated, numpy.uint8)
            _, inner, stop = _tag(piece, 0)
            name, value = _matrix(piece, inner, stop)
        else:
            name, value = _matrix(data, start, end)
        variables[name] = value
        at = end
    return variables


def _tag(data, at):
    kind, size = struct.unpack("<II", data[at : at + 8])
    if kind >> 16:
        return kind & 0xFFFF, at + 4, at + 4 + (kind >> 16)
    return kind, at + 8, at + 8 + size


def _next(end):
    return (end + 7) // 8 * 8


def _matrix(data, at, stop):
    _, start, end = _tag(data, at)
    class_code = int(data[start])
    _, start, end = _tag(data, _next(end))
    dims = numpy.frombuffer(data[start:end], "<i4")
    _, start, end = _tag(data, _next(end))
    name = bytes(data[start:end]).decode()
    at = _next(end)
    if class_code == CELL:
        texts = []
        for _ in range(int(numpy.prod(dims))):
            _, start, end = _tag(data, at)
            texts.append(_matrix(data, start, end)[1])
            at = end
        return name, texts
    kind, start, end = _tag(data, at)
    if class_code == 4:
        encoding = {4: "utf-16-le", 16: "utf-8", 17: "utf-16-le"}.get(kind, "latin-1")
        return name, bytes(data[start:end]).decode(encoding)
    return name, data[start:end].view(STORED[kind]).reshape(dims, order="F")


class Writer:
    """Writes variables one after another."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(b"MATLAB 5.0 MAT-file, made by a benchmark".ljust(124) + b"\x00\x01IM")

    def doubles(self, name, dims, pieces):
        """A matrix of doubles whose columns come in `pieces`."""
        size = 8 * dims[0] * dims[1]
        head = self._head(6, dims, name) + struct.pack("<II", 9, size)
        self.file.write(struct.pack("<II", MATRIX, len(head) + size) + head)
        for piece in pieces:
            self.file.write(numpy.ascontiguousarray(piece, "<f8").data)

    def texts(self, name, texts):
        """A column of cells with a string each."""
        cells = b"".join(
            _element(MATRIX, self._head(4, (1, len(text)), "") + _element(16, text.encode()))
            for text in texts
        )
        self.file.write(_element(MATRIX, self._head(CELL, (len(texts), 1), name) + cells))

    def close(self):
        self.file.close()

    @staticmethod
    def _head(class_code, dims, name):
        flags = _element(6, struct.pack("<II", class_code, 0))
        return flags + _element(5, struct.pack("<ii", *dims)) + _element(1, name.encode())


def _element(kind, content):
    padding = b"\0" * (-len(content) % 8)
    return struct.pack("<II", kind, len(content)) + content + padding
