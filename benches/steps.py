#!/usr/bin/env python3
"""What training and searching with ERPCNet cost, beside PyTorch on the same maths and threads.

A step is the difference between a run of a few steps and a longer one, so that neither loading a
library nor drawing weights counts. Writes `benches/results/steps.json` and `steps.md`.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import gates
import measure
import report

PEER, BLOCKS = "PyTorch", "PyTorch, fusion by blocks"
PEER_SCRIPT = Path(__file__).parent / "steps_peer.py"
SCALING = 1.6
# How far rewards of the small case may differ.
CASE = 1e-4


@dataclass
class Task:
    """What is measured, in steps, and its limits to PyTorch's."""

    time: float
    figures: tuple = ("cpu", "wall")
    memory: float | None = None
    # A short run and a longer one of ours, and of the peer.
    ours: tuple = (2, 6)
    peer: tuple = (2, 6)


TASKS = {
    "stage-one": Task(0.25, memory=0.6, ours=(2, 14)),
    "layer4": Task(0.95, ours=(2, 14), peer=(2, 14)),
    # A step is one update from 64 images; an epoch is as many as there are batches.
    "stage-two": Task(0.05, ours=(2, 22), peer=(1, 3)),
    # A step is 64 images that are looked at until they are known; cells are embedded on demand.
    "inference": Task(0.5, figures=("cpu",), memory=0.5, ours=(1, 13), peer=(1, 5)),
}


def main():
    arguments = parse()
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        return 0
    measured, verdicts = {}, []
    for task in arguments.tasks:
        for threads in (1, 2):
            entries = compare(task, threads, arguments)
            measured[f"{task}, {threads} thread(s)"] = entries
            verdicts += judge(task, threads, entries)
    if "stage-one" in arguments.tasks:
        verdicts.append(scaling(measured))
    if "stage-two" in arguments.tasks:
        measured["table for stage-two, once for 64 images, 1 thread(s)"] = table(arguments)
        verdicts.append(agreement(arguments))
    write(measured, verdicts, arguments.results)
    return 0 if all(verdict.passed is not False for verdict in verdicts) else 1


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", help="the program of `benches/steps/`")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args()


def missing():
    # Only looked for: what this program holds, a child holds too until it becomes another program.
    if importlib.util.find_spec("torch") is None:
        return "the Python package `torch` is missing (`make bench-setup` installs it)"
    return None


def compare(task, threads, arguments):
    """Tool -> what one step costs: medians of CPU and wall seconds, and the peak of memory."""
    peer = [sys.executable, PEER_SCRIPT]
    counts = TASKS[task]
    commands = {
        report.OURS: ([program(arguments), task], counts.ours),
        PEER: ([*peer, task], counts.peer),
    }
    if task == "stage-one":
        commands[BLOCKS] = ([*peer, f"{task}-blocks"], counts.peer)
    return summaries(task, commands, threads, arguments)


def table(arguments):
    """What it costs to embed all looks at 64 images."""
    commands = {report.OURS: ([program(arguments), "table"], (1, 5))}
    return summaries("table", commands, 1, arguments)


def summaries(task, commands, threads, arguments):
    def sample(command, counts):
        env = {"OMP_NUM_THREADS": str(threads)}
        run = lambda steps: measure.run(
            [*command, steps, threads], Path.cwd(), env, arguments.limit, watch=True
        )
        few, many = map(run, counts)
        per_step = lambda name: (getattr(many, name) - getattr(few, name)) / (counts[1] - counts[0])
        return measure.Sample(
            per_step("cpu"), per_step("wall"), many.resident_mib, many.anonymous_mib, many.threads
        )

    entries = {name: (lambda entry=entry: sample(*entry)) for name, entry in commands.items()}
    found = measure.alternate(entries, arguments.runs)
    print(f"{task}, {threads} thread(s), a step:")
    report.progress(found)
    return found


def program(arguments):
    return Path(arguments.steps).resolve()


def judge(task, threads, entries):
    ours, peer = entries[report.OURS], entries[PEER]
    limits = TASKS[task]
    if not all(isinstance(one, measure.Summary) for one in (ours, peer)):
        return [gates.Verdict(f"{task}, {threads} thread(s)", limits.time, "x", None, None)]
    found = []
    for name in limits.figures:
        ratio = getattr(ours, name) / getattr(peer, name)
        gate = f"{task}, {threads} thread(s), {name} to {PEER}"
        found.append(gates.Verdict(gate, limits.time, "x", ratio, ratio <= limits.time))
    if limits.memory:
        ratio = ours.anonymous_mib / peer.anonymous_mib
        gate = f"{task}, {threads} thread(s), anonymous memory to {PEER}"
        found.append(gates.Verdict(gate, limits.memory, "x", ratio, ratio <= limits.memory))
    return found


def agreement(arguments):
    """How far PyTorch's rewards are from ours, with our weights and the same cells."""
    run = lambda command, text: subprocess.run(
        [str(part) for part in command],
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=arguments.limit,
    ).stdout
    case = run([program(arguments), "case", 1, 1], "")
    rewards = [reward for step in json.loads(case)["rewards"] for reward in step]
    largest = float(run([sys.executable, PEER_SCRIPT, "case", 1, 1], case))
    passed = largest <= CASE and max(rewards) - min(rewards) > 0.1
    return gates.Verdict("stage-two, rewards of a small case, difference", CASE, "", largest, passed)


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
    versions = {PEER: importlib.metadata.version("torch")}
    report.write("steps", measured, verdicts, versions, folder)


if __name__ == "__main__":
    raise SystemExit(main())
