#!/usr/bin/env python3
"""What looks cost: partial convolution on the map, or crops of the image through a second extractor.

End to end behind a whole ResNet-101, six looks an image: a step of stage I on 16 images, in which
everything learns, and a test of 32 with all looks (Figures 4c and 4d of the ERPCNet paper). A run is the
median of its steps but for the first, which finds no memory yet. Writes `benches/results/hardnet.csv`, a row
a phase and run, from which `experiments/hardnet.toml` makes the table and the figure, and
`hardnet.md`.
"""

import argparse
import csv
import json
import math
import statistics
import subprocess
from pathlib import Path

import report

IMAGES = {"train": 16, "test": 32}
# The first step does not count.
STEPS = 4
# The paper's ratios: partial convolution to crops.
PAPER = {"train": 2 / 3, "test": 1 / 2}


def main():
    arguments = parse()
    rows = []
    for run in range(1, arguments.runs + 1):
        for phase in PAPER:
            # In turns, so that a busy moment hits both.
            cells, crops = (seconds(f"{phase}-{eye}", arguments) for eye in ("cells", "crops"))
            row = dict(phase=phase, run=run, cells=cells, crops=crops, ratio=cells / crops)
            rows.append(row)
            print(f"{phase} {run}: {cells:.3f} s an image, crops {crops:.3f} s", flush=True)
    write(rows, arguments)
    return 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", help="the program of `benches/steps/`")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args()


def seconds(task, arguments):
    """Wall time an image."""
    command = [Path(arguments.steps).resolve(), task, STEPS, arguments.threads]
    found = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=arguments.limit,
    )
    steps = json.loads(found.stdout)
    if not all(math.isfinite(value) for value, _ in steps):
        raise SystemExit(f"`{task}` computes nothing: {found.stdout}")
    return statistics.median(seconds for _, seconds in steps[1:]) / IMAGES[task.split("-")[0]]


def write(rows, arguments):
    arguments.results.mkdir(parents=True, exist_ok=True)
    with open(arguments.results / "hardnet.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            short = {name: f"{row[name]:.4f}" for name in ("cells", "crops", "ratio")}
            writer.writerow({**row, **short})
    lines = [report.machine_line(), "", f"{arguments.threads} threads, {arguments.runs} runs."]
    lines += ["", "Seconds an image, medians (range).", ""]
    lines += ["| | partial convolution | crops (HardNet) | ratio | paper |", "|---|---|---|---|---|"]
    for phase, paper in PAPER.items():
        cells = [summary([row[name] for row in rows if row["phase"] == phase])
                 for name in ("cells", "crops", "ratio")]
        lines.append(f"| {phase} | {' | '.join(cells)} | {paper:.2f} |")
    (arguments.results / "hardnet.md").write_text("\n".join(lines) + "\n")


def summary(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"


if __name__ == "__main__":
    raise SystemExit(main())
