"""Runs a command and tells what it cost: CPU seconds, wall seconds, memory, threads.

CPU seconds are user + system of the child and of all its children that it waited for, as the
kernel counts them (`wait4`); they move far less than wall time on a machine with other work.
Resident memory is the kernel's peak; it includes the moment of the fork, so what lies below this
script's own 20 MiB cannot be seen.
"""

import os
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import asdict, dataclass


class Failed(Exception):
    """The command ended with an unexpected status, or did not end in time."""


@dataclass
class Sample:
    """What one run cost. `anonymous_mib` and `threads` are peaks, seen only when watched."""

    cpu: float
    wall: float
    resident_mib: float
    anonymous_mib: float | None = None
    threads: int | None = None


@dataclass
class Summary:
    """The medians of several samples, with the range of the CPU seconds."""

    runs: int
    cpu: float
    cpu_range: tuple[float, float]
    wall: float
    resident_mib: float
    anonymous_mib: float | None
    threads: int | None

    @classmethod
    def of(cls, samples):
        cpu = [sample.cpu for sample in samples]
        middle = lambda name: statistics.median(getattr(sample, name) for sample in samples)
        watched = all(sample.threads is not None for sample in samples)
        return cls(
            runs=len(samples),
            cpu=statistics.median(cpu),
            cpu_range=(min(cpu), max(cpu)),
            wall=middle("wall"),
            resident_mib=middle("resident_mib"),
            anonymous_mib=max(s.anonymous_mib for s in samples) if watched else None,
            threads=max(s.threads for s in samples) if watched else None,
        )

    def as_dict(self):
        return asdict(self)


def run(command, cwd, env=None, limit=900, watch=False):
    """Runs `command` in `cwd` to its end; fails unless it exits with 0 within `limit` seconds."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
        timer = threading.Timer(limit, _kill_group, [child.pid])
        timer.start()
        watcher = _Watcher(child.pid) if watch else None
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        peaks = watcher.finish() if watcher else (None, None)
        if child.returncode != 0:
            errors.seek(0)
            text = errors.read().decode(errors="replace").strip()[-2000:]
            ended = "took too long" if wall >= limit else f"ended with {child.returncode}"
            raise Failed(f"`{' '.join(map(str, command))}` {ended}: {text}")
    cpu = usage.ru_utime + usage.ru_stime
    return Sample(cpu, wall, usage.ru_maxrss / 1024, *peaks)


def alternate(entries, runs):
    """Measures several tools in turns. `entries`: name -> a function that makes one sample.

    Gives name -> Summary, or -> the reason why there is none.
    """
    samples = {name: [] for name in entries}
    failed = {}
    for _ in range(runs):
        for name, sample in entries.items():
            if name in failed:
                continue
            try:
                samples[name].append(sample())
            except Failed as error:
                failed[name] = str(error)
    return {name: failed.get(name) or Summary.of(samples[name]) for name in entries}


def _kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class _Watcher:
    """Looks at `/proc/PID/status` of one process until told to stop, and keeps the peaks."""

    def __init__(self, pid, interval=0.01):
        self.path = f"/proc/{pid}/status"
        self.interval = interval
        self.anonymous_mib = 0.0
        self.threads = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.stop.wait(self.interval):
            try:
                with open(self.path) as file:
                    fields = dict(line.split(":", 1) for line in file if ":" in line)
            except (FileNotFoundError, ProcessLookupError):
                return
            anonymous = int(fields.get("RssAnon", "0 kB").split()[0]) / 1024
            self.anonymous_mib = max(self.anonymous_mib, anonymous)
            self.threads = max(self.threads, int(fields.get("Threads", "0")))

    def finish(self):
        self.stop.set()
        self.thread.join()
        return self.anonymous_mib, self.threads
