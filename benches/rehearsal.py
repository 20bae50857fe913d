#!/usr/bin/env python3
"""A rehearsal at the size of CUB: 7,057 training images, 312 attributes, 150 seen classes.

    benches/rehearsal.py PROGRAM [--folder DIR] [--images N]

Writes random maps of the true shape (1024 x 14 x 14, half precision) beside random embeddings and
attributes, takes them into a store, and runs one epoch of stage I and one of stage II with the
default settings. Nothing can be learnt from such data; what it shows is time, memory and disk, and
from them the time of the paper's 90 and 60 epochs. It needs NumPy and about 12 GiB of disk.
"""

import argparse
import json
import pathlib
import shutil
import tempfile
import zipfile

import numpy

import measure

CLASSES, SEEN, ATTRIBUTES = 200, 150, 312
CHANNELS, SIDE, WIDTH = 1024, 14, 2048
STAGES = ["network", "looks", "beta", "agent", "see"]

MANIFEST = """
[experiment]
name = "rehearsal"

[stage.maps]
kind   = "import-features"
params = { features = "features.npz", arrays = ["map", "embedding"], samples = "samples.csv", storage = "f16", columns = ["role"] }

[stage.attributes]
kind   = "import-attributes"
params = { matrix = "attributes.csv" }

[stage.backbone]
kind   = "initialise-backbone"
params = { channels = 1024, planes = 512, size = 224 }

[stage.split]
kind   = "split-classes"
inputs = { samples = "maps", attributes = "attributes" }
params = { role_column = "role", test_seen_fraction = 0.2 }

[stage.network]
kind   = "train-erpcnet"
inputs = { features = "maps", samples = "maps", attributes = "attributes", train = "split", model = "backbone" }
params = { epochs = 1, dropout = 0.5 }

[stage.looks]
kind   = "embed-looks"
inputs = { network = "network", features = "maps", model = "backbone" }
params = { storage = "f16" }

[stage.beta]
kind   = "weigh-cells"
inputs = { features = "maps" }

[stage.agent]
kind   = "train-search"
inputs = { network = "network", features = "maps", looks = "looks", weights = "beta", samples = "maps", attributes = "attributes", train = "split" }
params = { epochs = 1 }

[stage.see]
kind   = "search"
inputs = { network = "network", agent = "agent", features = "maps", looks = "looks", weights = "beta", samples = "maps", attributes = "attributes", test_seen = "split", test_unseen = "split" }

[stage.score]
kind   = "score-search"
inputs = { traces = "see" }

[stage.evaluation]
kind   = "evaluate"
inputs = { scores = "score" }

[stage.table]
kind   = "tabulate"
inputs = { rows = ["evaluation"] }
"""


def write_data(folder: pathlib.Path, images: int) -> None:
    """Random data of the true shape; only a block of it is in memory at a time."""
    random = numpy.random.default_rng(1)
    classes = [f"class{number:03}" for number in range(CLASSES)]
    of = [classes[image % CLASSES] for image in range(images)]
    roles = ["seen"] * (SEEN - 50) + ["validation"] * 50 + ["unseen"] * (CLASSES - SEEN)
    role = dict(zip(classes, roles))
    lines = [f"{image:05},{name},{role[name]}" for image, name in enumerate(of)]
    (folder / "samples.csv").write_text("\n".join(["name,class,role", *lines]) + "\n")
    names = ",".join(f"a{number}" for number in range(ATTRIBUTES))
    numbers = lambda: ",".join(f"{value:.4f}" for value in random.random(ATTRIBUTES))
    rows = [f"{name},{numbers()}" for name in classes]
    (folder / "attributes.csv").write_text("\n".join([f"class,{names}", *rows]) + "\n")
    maps = numpy.lib.format.open_memmap(
        folder / "map.npy", "w+", numpy.float16, (images, CHANNELS, SIDE, SIDE)
    )
    for first in range(0, images, 64):
        shape = (min(64, images - first), CHANNELS, SIDE, SIDE)
        block = random.standard_normal(shape, numpy.float32)
        maps[first : first + 64] = numpy.maximum(block, 0)
    maps.flush()
    del maps
    numpy.save(folder / "embedding.npy", random.random((images, WIDTH), numpy.float32))
    store_uncompressed(folder / "features.npz", [folder / "map.npy", folder / "embedding.npy"])


def store_uncompressed(target: pathlib.Path, arrays: list) -> None:
    """An `.npz` whose arrays can be mapped."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for array in arrays:
            archive.write(array, array.name)
            array.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=None)
    # The training images are four fifths of those of the seen classes, so that 7,057 remain.
    parser.add_argument("--images", type=int, default=11762)
    arguments = parser.parse_args()
    folder = arguments.folder or pathlib.Path(tempfile.mkdtemp(prefix="rehearsal-"))
    (folder / "data").mkdir(parents=True, exist_ok=True)
    write_data(folder / "data", arguments.images)
    (folder / "rehearsal.toml").write_text(MANIFEST)
    command = [arguments.program.resolve(), "run", "--quiet", "rehearsal.toml", "--data", "data"]
    report(folder, measure.run(command, cwd=folder, limit=3600, watch=True))
    if arguments.folder is None:
        shutil.rmtree(folder)


def report(folder: pathlib.Path, sample: measure.Sample) -> None:
    run = json.loads((folder / "results/rehearsal/run.json").read_text())
    seconds = {stage["stage"].split("@")[0]: stage["seconds"] for stage in run["stages"]}
    for stage in STAGES:
        print(f"{stage:8} {seconds[stage]:8.1f} s")
    disk = sum(file.stat().st_size for file in (folder / ".erpc").rglob("*") if file.is_file())
    print(f"anonymous memory at most {sample.anonymous_mib:.0f} MiB, store {disk / 2**30:.1f} GiB")
    whole = 90 * seconds["network"] + seconds["looks"] + 60 * seconds["agent"]
    print(f"90 epochs of stage I, the table of looks and 60 epochs of stage II: {whole / 3600:.1f} h")


if __name__ == "__main__":
    main()
