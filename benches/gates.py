"""The limits that a release must keep, in CPU seconds unless a line says otherwise."""

from dataclasses import asdict, dataclass

from measure import Summary

OURS = "erpc-pipe"


@dataclass
class Verdict:
    """One limit and what was measured; `passed` is None when it was not measured."""

    gate: str
    limit: float
    unit: str
    value: float | None
    passed: bool | None

    def as_dict(self):
        return asdict(self)


def judge(measured):
    """Compares all that was measured with its gate."""
    cpu = lambda scenario, tool=OURS: _field(measured, scenario, tool, "cpu")
    seconds = "CPU s"
    found = [_verdict("start-up", 0.010, seconds, cpu("start-up"))]
    for count, limit in ((100, 0.02), (1000, 0.1), (10_000, 0.8)):
        for shape in ("chain", "fan"):
            name = f"no-op {shape} {count}"
            found.append(_verdict(name, limit, seconds, cpu(name)))
    for shape in ("chain", "fan"):
        found += _shape_verdicts(measured, shape, cpu)
    big = "re-hash 2 GiB"
    found.append(_verdict(f"{big}, to sha256sum", 1.1, "x", _ratio(cpu(big), cpu(big, "sha256sum"))))
    memory = _field(measured, big, OURS, "anonymous_mib")
    found.append(_verdict(f"{big}, anonymous memory", 64, "MiB", memory))
    found.append(_verdict("20000 files unchanged", 0.25, seconds, cpu("20000 files unchanged")))
    found.append(_verdict("20000 files re-hash", 0.5, seconds, cpu("20000 files re-hash")))
    return found


def _shape_verdicts(measured, shape, cpu):
    """Memory, cold runs, their growth, and the number of workers for one shape of graph."""
    resident = _field(measured, f"no-op {shape} 10000", OURS, "resident_mib")
    yield _verdict(f"no-op {shape} 10000, resident memory", 100, "MiB", resident)
    yield _verdict(f"cold {shape} 200", 1.5, "CPU s", cpu(f"cold {shape} 200"))
    # Linear: ten times the stages cost at most ten times as much, with 30 % for noise.
    growth = _ratio(cpu(f"cold {shape} 10000"), cpu(f"cold {shape} 1000"))
    yield _verdict(f"cold {shape} 10000, to 1000", 13, "x", growth)
    # A bounded number of workers: no thread a stage, whatever the graph looks like.
    threads = _field(measured, f"cold {shape} 1000", OURS, "threads")
    yield _verdict(f"cold {shape} 1000, threads", 32, "threads", threads)


def _verdict(gate, limit, unit, value):
    return Verdict(gate, limit, unit, value, None if value is None else value <= limit)


def _field(measured, scenario, tool, field):
    summary = measured.get(scenario, {}).get(tool)
    return getattr(summary, field) if isinstance(summary, Summary) else None


def _ratio(value, base):
    return value / base if value is not None and base else None
