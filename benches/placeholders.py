#!/usr/bin/env python3
"""Files of AwA2's true number and names to rehearse `experiments/awa2.toml` with, where the real ones are not.

    python benches/placeholders.py FOLDER --lists DATA/zsl_meta
    ERPC_DATA=FOLDER erpc-pipe data check awa2
    ERPC_DATA=FOLDER erpc-pipe run experiments/rehearsals/awa2_one_epoch.toml

Reads the list of names and `att_splits.mat`; makes

    Animals_with_Attributes2/JPEGImages    noise as JPEG files of a few KB, a colour a class
    xlsa17/data/AWA2/att_splits.mat        copied
    xlsa17/data/AWA2/res101.mat            paths and labels as in the published file, without features
    weights/resnet101.onnx                 a ResNet-101 with random weights, named as scripts/export_backbone.py names it

Nothing here can be learnt: only time, disk and memory mean something. Needs numpy, Pillow and onnx.
"""

import argparse
import shutil
from io import BytesIO
from pathlib import Path

import numpy
from PIL import Image

import xlsa17_files

PATHS = "/BS/xian/work/data/Animals_with_Attributes2//JPEGImages/"
SIDE = 160
VARIANTS = 8
BLOCKS = (3, 4, 23, 3)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lists", type=Path, required=True, help="a folder such as DATA/zsl_meta")
    arguments = parser.parse_args()
    names = (arguments.lists / "converted/AWA2.image_files.txt").read_text().split()
    split = arguments.lists / "xlsa17_att_splits/AWA2.att_splits.mat"
    photos(arguments.folder / "Animals_with_Attributes2/JPEGImages", names)
    lists(arguments.folder / "xlsa17/data/AWA2", names, split)
    network(arguments.folder / "weights/resnet101.onnx")


def photos(folder, names):
    """A few pictures a class, each under many names with a comment that makes it another file."""
    random, classes = numpy.random.default_rng(0), {}
    for number, name in enumerate(names):
        label = name.split("/")[0]
        if label not in classes:
            (folder / label).mkdir(parents=True, exist_ok=True)
            classes[label] = [picture(random) for _ in range(VARIANTS)]
        jpeg = classes[label][number % VARIANTS]
        comment = f"{name}".encode()
        marked = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        (folder / name).write_bytes(jpeg[:2] + marked + jpeg[2:])
    print(f"{len(names)} photos of {len(classes)} classes")


def picture(random):
    coarse = random.integers(0, 256, (12, 12, 3), dtype=numpy.uint8)
    image = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def lists(folder, names, split):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(split, folder / "att_splits.mat")
    classes = [name.strip() for name in xlsa17_files.read(split)["allclasses_names"]]
    labels = [classes.index(name.split("/")[0]) + 1.0 for name in names]
    writer = xlsa17_files.Writer(folder / "res101.mat")
    writer.doubles("labels", (len(labels), 1), [numpy.array(labels)])
    writer.texts("image_files", [PATHS + name for name in names])
    writer.close()
    print("lists")


def network(path):
    import onnx

    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(ResNet().model(), str(path))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


class ResNet:
    """ResNet-101 in torchvision's layout (the stride sits in the 3 x 3), batch normalisation kept."""

    def __init__(self):
        self.random = numpy.random.default_rng(1)
        self.nodes, self.weights, self.count = [], [], 0

    def add(self, kind, inputs, output=None, **attributes):
        from onnx import helper

        self.count += 1
        output = output or f"t{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(self, values):
        from onnx import numpy_helper

        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values.astype(numpy.float32), name))
        return name

    def conv(self, x, channels, width, kernel, stride=1, scale=1.0):
        """A convolution and the normalisation behind it."""
        deviation = (2.0 / (kernel * kernel * channels)) ** 0.5
        values = self.random.standard_normal((width, channels, kernel, kernel)) * deviation
        x = self.add(
            "Conv",
            [x, self.weight(values)],
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[kernel // 2] * 4,
        )
        one, zero = numpy.ones(width), numpy.zeros(width)
        norm = [self.weight(value) for value in (one * scale, zero, zero, one)]
        return self.add("BatchNormalization", [x, *norm], epsilon=1e-5)

    def bottleneck(self, x, channels, width, stride, output=None):
        inner = self.add("Relu", [self.conv(x, channels, width, 1)])
        inner = self.add("Relu", [self.conv(inner, width, width, 3, stride)])
        # A small last scale keeps the sum of a hundred random layers in range.
        inner = self.conv(inner, width, 4 * width, 1, scale=0.2)
        if stride != 1 or channels != 4 * width:
            x = self.conv(x, channels, 4 * width, 1, stride)
        return self.add("Relu", [self.add("Add", [inner, x])], output)

    def model(self):
        from onnx import TensorProto, helper

        x = self.add("Relu", [self.conv("input", 3, 64, 7, 2)])
        x = self.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        channels = 64
        for layer, blocks in enumerate(BLOCKS):
            width = 64 << layer
            for block in range(blocks):
                stride = 2 if block == 0 and layer > 0 else 1
                last = f"layer{layer + 1}" if block + 1 == blocks else None
                x = self.bottleneck(x, channels, width, stride, last)
                channels = 4 * width
        pooled = self.add("GlobalAveragePool", [x])
        self.add("Flatten", [pooled], "avg_pool", axis=1)

        def tensor(name, *shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])

        outputs = [
            tensor("layer3", 1024, 14, 14),
            tensor("layer4", 2048, 7, 7),
            tensor("avg_pool", 2048),
        ]
        graph = helper.make_graph(
            self.nodes, "resnet101", [tensor("input", 3, 224, 224)], outputs, self.weights
        )
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        # The opsets above are what the nodes are written in; the checker says so.
        import onnx

        onnx.checker.check_model(model)
        return model


if __name__ == "__main__":
    main()
