#!/usr/bin/env python3
"""What an image costs on its way through a backbone: erpc-pipe beside plain ONNX Runtime.

Both take the same photos through the same model to the same tensor with the same number of
threads, in turns. The peer is ONNX Runtime alone: reading, decoding and resizing are not counted.
erpc-pipe is counted as a whole process; two sizes are run, and the difference between them is the
cost of an image without start-up and loading. The same difference in wall time, with one thread and
with two, says how extraction scales; it needs two idle cores to mean anything. Needs `ERPC_DATA` (or
`data/`) with the photos and the weights. Writes `benches/results/extract.json` and `extract.md`.
"""

import argparse
import csv
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import gates
import measure
import projects
import report

MODEL = "weights/densenet121.onnx"
TENSOR = "avg_pool"
PHOTOS = "images/awa2_proxy.tar"
INDEX = "images/awa2_proxy_index.csv"
RATIO_GATE = 1.1
SCALING_GOAL = 1.7

# The imports are run before anything is measured; then `extract` alone is left to do.
IMPORTS = """
[experiment]
name = "bench"

[stage.backbone]
kind = "import-onnx"
params = {{ file = "{model}" }}

[stage.photos]
kind = "import-photos"
params = {{ archive = "photos.tar", index = "photos.csv" }}
"""
EXTRACT = """
[stage.features]
kind = "extract"
inputs = {{ model = "backbone", images = "photos" }}
params = {{ tensors = ["{tensor}"], runtime = "onnxruntime" }}
"""


def main():
    arguments = parse()
    if arguments.peer:
        print(json.dumps(peer(arguments)))
        return 0
    data = Path(os.environ.get("ERPC_DATA", "data")).resolve()
    reason = missing(data)
    if reason:
        print(f"skipped: {reason}")
        return 0
    scratch = Path(tempfile.mkdtemp(prefix="erpc-bench-", dir=arguments.scratch))
    try:
        measured = compare(arguments, data, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return conclude(measured, arguments)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("erpc", type=os.path.abspath, help="the release binary (the model, with --peer)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--images", type=int, default=192, help="photos of the larger run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=float, default=1800)
    parser.add_argument("--scratch")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--peer", type=Path, help="(used by the script itself) a folder with data")
    parser.add_argument("--batch", type=int, default=1, help="(used by the script itself)")
    return parser.parse_args()


def missing(data):
    for name in (MODEL, PHOTOS, INDEX):
        if not (data / name).exists():
            return f"`{name}` is not in the data folder {data} (set ERPC_DATA)"
    try:
        import numpy, onnxruntime, PIL  # noqa: E401, F401
    except ImportError as error:
        return f"the Python package `{error.name}` is missing (`make bench-setup` installs it)"
    return None


def compare(arguments, data, scratch):
    """Alternates the tools; gives the samples of each, in CPU milliseconds an image."""
    sizes = (arguments.images // 4, arguments.images)
    small, large = (Project(arguments, data, scratch / str(size), size) for size in sizes)
    model = cut_model(data / MODEL, scratch)
    samples = {"erpc-pipe": [], "erpc-pipe, an image more": [], "ONNX Runtime": []}
    anonymous, walls = 0.0, []
    for turn in range(arguments.runs):
        ours = [project.sample() for project in (small, large)]
        difference = (ours[1].cpu - ours[0].cpu) / (large.count - small.count)
        samples["erpc-pipe"].append(1000 * ours[1].cpu / large.count)
        samples["erpc-pipe, an image more"].append(1000 * difference)
        # The peer may choose its batch: the cheaper one counts.
        batches = [run_peer(arguments, large, model, batch) for batch in (1, 8)]
        samples["ONNX Runtime"].append(min(batches))
        anonymous = max(anonymous, ours[1].anonymous_mib)
        walls.append({threads: wall_more(small, large, threads) for threads in (1, 2)})
        costs = ", ".join(f"{name} {values[-1]:.1f}" for name, values in samples.items())
        print(f"turn {turn + 1}: CPU ms an image: {costs}; wall {walls[-1]}", flush=True)
    return {
        "samples": samples,
        "anonymous_mib": anonymous,
        "images": large.count,
        "wall_ms": walls,
        "load": os.getloadavg()[0],
    }


def wall_more(small, large, threads):
    """Wall milliseconds that an image more takes with this many threads."""
    walls = [project.sample(threads).wall for project in (small, large)]
    return 1000 * (walls[1] - walls[0]) / (large.count - small.count)


class Project:
    """An erpc-pipe project over the first `count` photos whose imports are already in its store."""

    def __init__(self, arguments, data, folder, count):
        self.arguments, self.folder, self.count = arguments, projects.fresh(folder), count
        for name in ("data", "experiments"):
            (folder / name).mkdir()
        copy_photos(data, folder / "data", count)
        (folder / "data" / "weights").mkdir()
        shutil.copy(data / MODEL, folder / "data" / MODEL)
        imports = IMPORTS.format(model=MODEL)
        (folder / "experiments" / "bench.toml").write_text(imports)
        self.run()
        shutil.move(folder / ".erpc", folder / "imported")
        text = imports + EXTRACT.format(tensor=TENSOR)
        (folder / "experiments" / "bench.toml").write_text(text)

    def run(self, watch=False, threads=None):
        threads = str(threads or self.arguments.threads)
        command = [self.arguments.erpc, "run", "experiments/bench.toml", "--quiet"]
        command += ["--jobs", "1", "--threads", threads]
        env = {
            "ERPC_DATA": str(self.folder / "data"),
            "ERPC_STORE": str(self.folder / ".erpc"),
            "ORT_DYLIB_PATH": runtime_library(),
        }
        return measure.run(command, self.folder, env, self.arguments.limit, watch)

    def sample(self, threads=None):
        shutil.rmtree(self.folder / ".erpc", ignore_errors=True)
        shutil.copytree(self.folder / "imported", self.folder / ".erpc", symlinks=True)
        return self.run(watch=True, threads=threads)


def copy_photos(data, folder, count):
    """Packs the first `count` photos of the index, spread over the classes, with their index."""
    with open(data / INDEX, newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = sorted(rows[:: max(1, len(rows) // count)][:count], key=lambda row: row["path"])
    with tarfile.open(data / PHOTOS) as source, tarfile.open(
        folder / "photos.tar", "w", format=tarfile.USTAR_FORMAT
    ) as packed:
        for row in chosen:
            member = source.getmember(row["path"])
            packed.addfile(member, source.extractfile(member))
    with open(folder / "photos.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)


def cut_model(model, scratch):
    """The model cut at the tensor where `onnx` can do it: the fairer peer, for it is faster."""
    try:
        import onnx.utils
    except ImportError:
        return model
    path = scratch / "cut.onnx"
    onnx.utils.extract_model(str(model), str(path), ["input"], [TENSOR])
    return path


def runtime_library():
    """The shared library of the installed ONNX Runtime: both sides use the same one."""
    import onnxruntime

    folder = Path(onnxruntime.__file__).parent / "capi"
    return str(sorted(folder.glob("libonnxruntime.*"))[0])


def run_peer(arguments, project, model, batch):
    command = [sys.executable, __file__, "--peer", project.folder / "data", model]
    command += ["--threads", arguments.threads, "--batch", batch]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def peer(arguments):
    """CPU milliseconds an image of ONNX Runtime alone; runs in a process of its own."""
    import numpy
    import onnxruntime
    from PIL import Image

    photos = []
    with tarfile.open(arguments.peer / "photos.tar") as archive:
        for member in archive:
            image = Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB")
            pixels = numpy.asarray(image.resize((224, 224), Image.BILINEAR), numpy.float32)
            photos.append(pixels.transpose(2, 0, 1))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(arguments.erpc, options, providers=providers)
    name = session.get_inputs()[0].name
    batches = [
        numpy.stack(photos[start : start + arguments.batch])
        for start in range(0, len(photos), arguments.batch)
    ]
    session.run([TENSOR], {name: batches[0]})
    start = time.process_time()
    for batch in batches:
        session.run([TENSOR], {name: batch})
    return 1000 * (time.process_time() - start) / len(photos)


def conclude(measured, arguments):
    """Prints and writes the medians and the ratio."""
    medians = {name: statistics.median(values) for name, values in measured["samples"].items()}
    ratio = medians["erpc-pipe, an image more"] / medians["ONNX Runtime"]
    verdict = gates.Verdict("an image more, to ONNX Runtime", RATIO_GATE, "x", ratio, None)
    verdict.passed = ratio <= RATIO_GATE
    scaling = statistics.median(turn[1] / turn[2] for turn in measured["wall_ms"])
    lines = [
        report.machine_line(),
        "",
        f"{Path(MODEL).name} to `{TENSOR}`, {measured['images']} photos, "
        f"{arguments.threads} thread(s), {arguments.runs} turns, medians.",
        "",
        "| | CPU ms an image |",
        "|---|---|",
        *(f"| {name} | {value:.1f} |" for name, value in medians.items()),
        "",
        f"An image more costs {ratio:.2f} times ONNX Runtime alone (gate {RATIO_GATE}: "
        f"{'pass' if verdict.passed else '**fail**'}). "
        f"Peak anonymous memory of erpc-pipe: {measured['anonymous_mib']:.0f} MiB.",
        "",
        f"From one thread to two an image takes {scaling:.2f} times less wall time (goal "
        f"{SCALING_GOAL}; load of the machine at the end: {measured['load']:.1f}).",
    ]
    arguments.results.mkdir(parents=True, exist_ok=True)
    (arguments.results / "extract.md").write_text("\n".join(lines) + "\n")
    record = {"machine": report.machine(), **measured, "scaling": scaling, "gates": [verdict.as_dict()]}
    (arguments.results / "extract.json").write_text(json.dumps(record, indent=1) + "\n")
    print("\n".join(lines[2:]))
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
