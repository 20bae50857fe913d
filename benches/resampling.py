#!/usr/bin/env python3
"""How far erpc-pipe's pictures are from those of Pillow, over real photos.

A network that gives back what it is given makes the prepared pixels visible. They are held against
Pillow's, which decodes, resizes and crops as torchvision's loaders do: once from PNGs of what Pillow
itself decoded, so that resampling alone is compared, and once from the JPEGs, decoder included.
Needs `ERPC_DATA` (or `data/`) with the photos. Writes `benches/results/resampling.md`.
"""

import argparse
import csv
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PHOTOS = "images/awa2_proxy.tar"
INDEX = "images/awa2_proxy_index.csv"
SMALLEST = 200
MANIFEST = """
[experiment]
name = "resampling"

[stage.backbone]
kind = "import-onnx"
params = {{ file = "identity.onnx" }}

[stage.photos]
kind = "import-photos"
params = {{ archive = "photos.tar", index = "photos.csv" }}

[stage.features]
kind = "extract"
inputs = {{ model = "backbone", images = "photos" }}
params = {{ tensors = ["pixels"], runtime = "embedded", preprocess = {{ {preprocess} }} }}
"""
# Parameters, and the size and filter that Pillow is given; a size of 256 keeps the shape.
CASES = [
    ('filter = "bilinear"', 224, "BILINEAR"),
    ('filter = "bicubic"', 224, "BICUBIC"),
    ('filter = "lanczos"', 224, "LANCZOS"),
    ('filter = "box"', 224, "BOX"),
    ('filter = "nearest"', 224, "NEAREST"),
    ('reduce = 32, filter = "bilinear"', 32, "BILINEAR"),
    ('resize = "short-side", size = 256, crop = 224', 256, "BILINEAR"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("erpc", help="the binary")
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    arguments = parser.parse_args()
    data = Path(os.environ.get("ERPC_DATA", "data")).resolve()
    try:
        import numpy, onnx, PIL  # noqa: E401, F401
    except ImportError as error:
        print(f"skipped: the Python package `{error.name}` is missing (`make bench-setup`)")
        return 0
    if not (data / PHOTOS).exists():
        print(f"skipped: `{PHOTOS}` is not in the data folder {data} (set ERPC_DATA)")
        return 0
    scratch = Path(tempfile.mkdtemp(prefix="erpc-resampling-"))
    try:
        lines = compare(arguments, data, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "resampling.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 0


def compare(arguments, data, scratch):
    photos = read_photos(data, arguments.photos)
    lines = [
        f"{len(photos)} photos; differences of levels (0..255) from Pillow {pillow_version()}.",
        "",
        "| preprocess | same pixels: largest | mean | from JPEG: largest | mean |",
        "|---|---|---|---|---|",
    ]
    for preprocess, size, filter_name in CASES:
        row = [f"| `{preprocess}` "]
        for source in ("png", "jpeg"):
            folder = scratch / source
            found = extract(arguments, folder, photos, source, preprocess)
            largest, mean = difference(found, photos, size, filter_name)
            row.append(f"| {largest:.0f} | {mean:.4f} ")
        lines.append("".join(row) + "|")
        print(lines[-1], flush=True)
    return lines


def pillow_version():
    import PIL

    return PIL.__version__


def read_photos(data, count):
    """Photos of some size, spread over the index: name and bytes."""
    with open(data / INDEX, newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["width"]) >= SMALLEST]
    names = [row["path"] for row in rows[:: max(1, len(rows) // count)][:count]]
    with tarfile.open(data / PHOTOS) as archive:
        return [(name, archive.extractfile(name).read()) for name in names]


def decoded(encoded):
    from PIL import Image

    return Image.open(io.BytesIO(encoded)).convert("RGB")


def extract(arguments, folder, photos, source, preprocess):
    """The pixels of every photo as the program prepares them, [photos, 3, 224, 224]."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    if not (folder / "data" / "photos.tar").exists():
        pack(folder / "data", photos, source)
        (folder / "data" / "identity.onnx").write_bytes(identity())
    (folder / "x.toml").write_text(MANIFEST.format(preprocess=preprocess))
    erpc = Path(arguments.erpc).resolve()
    environment = {**os.environ, "ERPC_DATA": str(folder / "data"), "ERPC_STORE": ".erpc"}
    for command in (["run", "x.toml", "--quiet"], ["show", "x.toml", "features"]):
        done = subprocess.run(
            [erpc, *command], cwd=folder, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(done.stderr)
    digest = re.search(r"[0-9a-f]{64}", done.stdout)[0]
    return read_features(folder / ".erpc/v1/objects" / digest[:2] / digest[2:])


def pack(folder, photos, source):
    with tarfile.open(folder / "photos.tar", "w", format=tarfile.USTAR_FORMAT) as packed:
        for name, content in photos:
            if source == "png":
                buffer = io.BytesIO()
                decoded(content).save(buffer, "PNG", compress_level=1)
                content = buffer.getvalue()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    rows = "".join(f"{name},photo\n" for name, _ in photos)
    (folder / "photos.csv").write_text("path,class\n" + rows)


def identity():
    from onnx import TensorProto, helper

    shape = ["N", 3, 224, 224]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["input"], ["pixels"])],
        "identity",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
    )
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def read_features(path):
    """A features file of one tensor of floats."""
    import numpy

    content = path.read_bytes()
    assert content[:8] == b"erpcfeat", path
    (length,) = struct.unpack("<Q", content[8:16])
    header = json.loads(content[16 : 16 + length])
    values = numpy.frombuffer(content, "<f4", offset=16 + length)
    return values.reshape(header["images"], *header["tensors"][0]["shape"])


def difference(found, photos, size, filter_name):
    """The largest and the mean absolute difference from Pillow."""
    import numpy
    from PIL import Image

    chosen = getattr(Image.Resampling, filter_name)
    largest, total = 0.0, 0.0
    for pixels, (_, content) in zip(found, photos, strict=True):
        picture = decoded(content)
        if size == 256:
            scale = (256, int(256 * picture.height / picture.width))
            if picture.width > picture.height:
                scale = (int(256 * picture.width / picture.height), 256)
            picture = picture.resize(scale, chosen)
            left, top = (round((length - 224) / 2) for length in picture.size)
            picture = picture.crop((left, top, left + 224, top + 224))
        else:
            if size != 224:
                picture = picture.resize((size, size), chosen)
            picture = picture.resize((224, 224), chosen)
        expected = numpy.asarray(picture, numpy.float32).transpose(2, 0, 1)
        off = numpy.abs(pixels - expected)
        largest, total = max(largest, float(off.max())), total + float(off.mean())
    return largest, total / len(photos)


if __name__ == "__main__":
    raise SystemExit(main())
