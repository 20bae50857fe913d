#!/usr/bin/env python3
"""What a training step of ERPCNet costs, beside PyTorch on the same maths and threads.

A step is the difference between a run of a few steps and a longer one, so that neither loading a
library nor drawing weights counts. Writes `benches/results/steps.json` and `steps.md`.
"""

import argparse

import sys
from pathlib import Path

import gates
import measure
import report

FEW, MANY = 2, 6
PEER, BLOCKS = "PyTorch", "PyTorch, fusion by blocks"
# task -> (limit of CPU and wall time to PyTorch's, limit of anonymous memory to it or none)
LIMITS = {"stage-one": (0.25, 0.6), "layer4": (0.95, None)}
SCALING = 1.6


def main():
    arguments = parse()
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        return 0
    measured, verdicts = {}, []
    for task, (limit, memory) in LIMITS.items():
        for threads in (1, 2):
            entries = compare(task, threads, arguments)
            measured[f"{task}, {threads} thread(s)"] = entries
            verdicts += judge(task, threads, entries, limit, memory)
    verdicts.append(scaling(measured))
    write(measured, verdicts, arguments.results)
    return 0 if all(verdict.passed is not False for verdict in verdicts) else 1


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", help="the program of `benches/steps.rs`")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args()


def missing():
    try:
        import torch  # noqa: F401
    except ImportError:
        return "the Python package `torch` is missing (`make bench-setup` installs it)"
    return None


def compare(task, threads, arguments):
    """Tool -> what one step costs: medians of CPU and wall seconds, and the peak of memory."""
    ours = [Path(arguments.steps).resolve(), task]
    peer = [sys.executable, Path(__file__).parent / "steps_peer.py"]
    commands = {report.OURS: ours, PEER: [*peer, task]}
    if task == "stage-one":
        commands[BLOCKS] = [*peer, f"{task}-blocks"]

    def sample(command):
        env = {"OMP_NUM_THREADS": str(threads)}
        run = lambda steps: measure.run(
            [*command, steps, threads], Path.cwd(), env, arguments.limit, watch=True
        )
        few, many = run(FEW), run(MANY)
        per_step = lambda name: (getattr(many, name) - getattr(few, name)) / (MANY - FEW)
        return measure.Sample(
            per_step("cpu"), per_step("wall"), many.resident_mib, many.anonymous_mib, many.threads
        )

    entries = {name: (lambda command=command: sample(command)) for name, command in commands.items()}
    summaries = measure.alternate(entries, arguments.runs)
    print(f"{task}, {threads} thread(s), a step:")
    report.progress(summaries)
    return summaries


def judge(task, threads, entries, limit, memory):
    ours, peer = entries[report.OURS], entries[PEER]
    if not all(isinstance(one, measure.Summary) for one in (ours, peer)):
        return [gates.Verdict(f"{task}, {threads} thread(s)", limit, "x", None, None)]
    found = []
    for name in ("cpu", "wall"):
        ratio = getattr(ours, name) / getattr(peer, name)
        gate = f"{task}, {threads} thread(s), {name} to {PEER}"
        found.append(gates.Verdict(gate, limit, "x", ratio, ratio <= limit))
    if memory:
        ratio = ours.anonymous_mib / peer.anonymous_mib
        gate = f"{task}, {threads} thread(s), anonymous memory to {PEER}"
        found.append(gates.Verdict(gate, memory, "x", ratio, ratio <= memory))
    return found


def scaling(measured):
    """From one thread to two: 1.6 times, or as many as PyTorch in this run if that is less."""
    wall = lambda tool, threads: measured[f"stage-one, {threads} thread(s)"][tool].wall
    try:
        ours, peer = (wall(tool, 1) / wall(tool, 2) for tool in (report.OURS, PEER))
    except AttributeError:
        return gates.Verdict("stage-one, one thread to two", SCALING, "x", None, None)
    goal = min(SCALING, peer)
    return gates.Verdict("stage-one, one thread to two, at least", goal, "x", ours, ours >= goal)


def write(measured, verdicts, folder):
    import torch

    versions = {PEER: torch.__version__}
    report.write("steps", measured, verdicts, versions, folder)


if __name__ == "__main__":
    raise SystemExit(main())
