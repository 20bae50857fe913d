"""Prints what was measured, and writes it as JSON and as Markdown tables."""

import json
import os
import platform
from pathlib import Path

from measure import Summary

OURS = "erpc-pipe"


def progress(entries):
    """One line a tool, as soon as a scenario is done."""
    for tool, summary in entries.items():
        print(f"  {tool:<12} {_cell(summary, entries, tool)}", flush=True)


def write(name, measured, verdicts, versions, folder):
    """Writes `name.json` and `name.md` into `folder` and prints the verdicts."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "machine": machine(),
        "versions": versions,
        "measured": {
            scenario: {tool: _plain(summary) for tool, summary in entries.items()}
            for scenario, entries in measured.items()
        },
        "gates": [verdict.as_dict() for verdict in verdicts],
    }
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    text = markdown(measured, verdicts, versions)
    (folder / f"{name}.md").write_text(text)
    for verdict in verdicts:
        print(_verdict_line(verdict))


def markdown(measured, verdicts, versions):
    """The tables for people: one row a scenario, one column a tool, then the gates."""
    tools = list(dict.fromkeys(tool for entries in measured.values() for tool in entries))
    lines = [machine_line(), ""]
    lines += [f"- {tool}: {version}" for tool, version in versions.items()]
    lines += ["", "CPU seconds, median (wall seconds; resident memory; how many times ours).", ""]
    lines.append("| | " + " | ".join(tools) + " |")
    lines.append("|---|" + "---|" * len(tools))
    for scenario, entries in measured.items():
        cells = [_cell(entries.get(tool), entries, tool) for tool in tools]
        lines.append(f"| {scenario} | " + " | ".join(cells) + " |")
    lines += ["", "| gate | limit | measured | |", "|---|---|---|---|"]
    for verdict in verdicts:
        value = "-" if verdict.value is None else f"{verdict.value:.3g}"
        word = {True: "pass", False: "**fail**", None: "not measured"}[verdict.passed]
        lines.append(f"| {verdict.gate} | {verdict.limit} {verdict.unit} | {value} | {word} |")
    return "\n".join(lines) + "\n"


def machine():
    """What a reader must know of the machine to judge the numbers."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 1),
    }


def machine_line():
    facts = machine()
    return f"{facts['cpu']}, {facts['cores']} cores, {facts['system']}, load {facts['load']}."


def _cell(summary, entries, tool):
    if summary is None:
        return "-"
    if not isinstance(summary, Summary):
        return "did not finish: " + " ".join(summary.split())[:160].replace("|", "/")
    text = f"{summary.cpu:.3f} ({summary.wall:.3f}; {summary.resident_mib:.0f} MiB"
    ours = entries.get(OURS)
    if tool != OURS and isinstance(ours, Summary) and ours.cpu > 0:
        text += f"; {summary.cpu / ours.cpu:.1f}x"
    return text + ")"


def _plain(summary):
    return summary.as_dict() if isinstance(summary, Summary) else {"failed": summary}


def _verdict_line(verdict):
    if verdict.passed is None:
        return f"  --    {verdict.gate}: not measured"
    word = "pass" if verdict.passed else "FAIL"
    return f"  {word}  {verdict.gate}: {verdict.value:.3g} of {verdict.limit} {verdict.unit}"
