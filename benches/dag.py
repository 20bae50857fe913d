#!/usr/bin/env python3
"""What graphs of trivial stages cost: erpc-pipe beside DVC and Snakemake.

Cold runs, runs with nothing to do, start-up, hashing of one big file and of many small ones.
Writes `benches/results/dag.json` and `dag.md`; the exit status is 1 if a gate is missed.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import gates
import measure
import projects
import report
import tools

FULL = {"cold": [200, 1000, 10_000], "no-op": [100, 1000, 10_000], "gibibytes": 2, "files": 20_000}
QUICK = {"cold": [10, 50], "no-op": [10, 50], "gibibytes": 0.0625, "files": 200}


def main():
    arguments = parse()
    sizes = QUICK if arguments.quick else FULL
    only = arguments.only.split(",") if arguments.only else list(SCENARIOS)
    scratch = Path(tempfile.mkdtemp(prefix="erpc-bench-", dir=arguments.scratch))
    try:
        found = tools.found(arguments.erpc, scratch, arguments.limit)
        measured = {}
        for name in only:
            for scenario, entries in SCENARIOS[name](found, scratch, sizes):
                print(f"measuring {scenario} …", flush=True)
                measured[scenario] = measure.alternate(entries, arguments.runs)
                report.progress(measured[scenario])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    verdicts = gates.judge(measured)
    versions = {tool.name: tool.version() for tool in found}
    report.write("dag", measured, verdicts, versions, arguments.results)
    return 1 if any(verdict.passed is False for verdict in verdicts) else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("erpc", type=os.path.abspath, help="the release binary")
    parser.add_argument("--runs", type=int, default=5, help="runs a scenario (the median counts)")
    parser.add_argument("--only", help=f"some of {','.join(SCENARIOS)}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to try the scripts")
    parser.add_argument("--limit", type=float, default=900, help="seconds until a run is given up")
    parser.add_argument("--scratch", help="a folder on a disk with 10 GiB free")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args()


def start_up(found, scratch, _sizes):
    yield (
        "start-up",
        {tool.name: (lambda tool=tool: tool.measured(scratch, "--version")) for tool in found},
    )


def cold(found, scratch, sizes):
    for count in sizes["cold"]:
        yield from graphs("cold", count, found, scratch, lambda tool: count <= tool.biggest_cold)


def no_op(found, scratch, sizes):
    for count in sizes["no-op"]:
        yield from graphs("no-op", count, found, scratch, lambda tool: True)


def graphs(act, count, found, scratch, takes_part):
    """The scenario `act` on a chain and on a fan of `count` stages."""
    for shape, make in projects.SHAPES.items():
        graph = make(count)
        entries = {}
        for tool in found:
            fits = shape != "chain" or count <= tool.biggest_chain
            if fits and takes_part(tool):
                prepare = tool.cold if act == "cold" else tool.no_op
                entries[tool.name] = prepared(prepare, graph, tool.scratch / "graph")
        yield f"{act} {shape} {count}", entries


def prepared(prepare, *arguments):
    """The sampler that `prepare` makes, or one that tells why it could not."""
    try:
        return prepare(*arguments)
    except measure.Failed as error:
        message = str(error)

    def fail():
        raise measure.Failed(message)

    return fail


def big_file(found, scratch, sizes):
    def make(path):
        projects.write_big_file(path, sizes["gibibytes"])
        time.sleep(3)  # A file younger than the clock's grain is never trusted.

    entries = hash_entries(found, "big.bin", make, touch_file)
    plain = scratch / "plain.bin"
    projects.write_big_file(plain, sizes["gibibytes"])
    if shutil.which("sha256sum"):
        entries["sha256sum"] = lambda: measure.run(["sha256sum", plain], scratch)
    yield f"re-hash {sizes['gibibytes']} GiB", entries


def small_files(found, scratch, sizes):
    def make(path):
        projects.write_small_files(path, sizes["files"])
        time.sleep(3)

    for state, touch in (("unchanged", lambda path: None), ("re-hash", touch_folder)):
        entries = hash_entries(found, "files", make, touch)
        yield f"{sizes['files']} files {state}", entries


def hash_entries(found, name, make, touch):
    entries = {}
    for tool in found:
        sampler = prepared(tool.hash, tool.scratch / "hash", name, make, touch)
        if sampler:
            entries[tool.name] = sampler
    return entries


def touch_file(path):
    """Another time, the same content."""
    os.utime(path)


def touch_folder(path):
    for folder, _, files in os.walk(path):
        for file in files:
            os.utime(os.path.join(folder, file))


SCENARIOS = {
    "start-up": start_up,
    "no-op": no_op,
    "cold": cold,
    "big-file": big_file,
    "small-files": small_files,
}

if __name__ == "__main__":
    raise SystemExit(main())
