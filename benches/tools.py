"""How each tool is told to do the same thing: where it is, its projects, its commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import measure
import projects


class Tool:
    """A tool that was found on this machine. Subclasses say how it runs a graph."""

    name = "?"
    biggest_chain = 10_000
    biggest_cold = 10_000

    def __init__(self, program, scratch, limit):
        self.program = program
        self.scratch = scratch / self.name
        self.limit = limit
        self.env = {}

    def version(self):
        command = [self.program, "--version"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    def measured(self, folder, *arguments, watch=False):
        return measure.run([self.program, *arguments], folder, self.env, self.limit, watch)

    def prepared(self, folder, *arguments):
        measure.run([self.program, *arguments], folder, self.env, self.limit * 4)


class Erpc(Tool):
    name = "erpc-pipe"
    manifest = "experiments/bench.toml"

    def command(self):
        return ["run", self.manifest, "--quiet", "--jobs", "2"]

    def at(self, folder):
        self.env = {"ERPC_DATA": str(folder / "data"), "ERPC_STORE": str(folder / ".erpc")}

    def cold(self, graph, folder):
        projects.write_erpc(projects.fresh(folder), graph)

        def sample():
            self.at(folder)
            for name in (".erpc", "results"):
                shutil.rmtree(folder / name, ignore_errors=True)
            return self.measured(folder, *self.command(), watch=True)

        return sample

    def no_op(self, graph, folder):
        projects.write_erpc(projects.fresh(folder), graph)
        self.at(folder)
        self.prepared(folder, *self.command())
        return self._again(folder, lambda: None, watch=False)

    def hash(self, folder, name, make, touch):
        projects.write_erpc_import(projects.fresh(folder), name)
        make(folder / "data" / name)
        self.at(folder)
        self.prepared(folder, *self.command())
        return self._again(folder, lambda: touch(folder / "data" / name), watch=True)

    def _again(self, folder, before, watch):
        def sample():
            self.at(folder)
            before()
            return self.measured(folder, *self.command(), watch=watch)

        return sample


class Dvc(Tool):
    name = "DVC"
    biggest_chain = 200
    biggest_cold = 200

    def __init__(self, program, scratch, limit):
        super().__init__(program, scratch, limit)
        self.env = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(self.scratch / "site")}

    def _init(self, folder):
        self.prepared(projects.fresh(folder), "init", "--no-scm", "--quiet")

    def cold(self, graph, folder):
        self._init(folder)
        projects.write_dvc(folder, graph)

        def sample():
            for name, _ in graph:
                (folder / f"{name}.txt").unlink(missing_ok=True)
            (folder / "dvc.lock").unlink(missing_ok=True)
            for name in ("cache", "tmp"):
                shutil.rmtree(folder / ".dvc" / name, ignore_errors=True)
            return self.measured(folder, "repro", "--quiet")

        return sample

    def no_op(self, graph, folder):
        self._init(folder)
        projects.write_dvc(folder, graph)
        projects.write_outputs(folder, graph)
        self.prepared(folder, "commit", "--force", "--quiet")
        look = "repro" if len(graph) <= 1000 else "status"
        return lambda: self.measured(folder, look, "--quiet")

    def hash(self, folder, name, make, touch):
        self._init(folder)
        make(folder / name)
        self.prepared(folder, "add", "--quiet", name)

        def sample():
            touch(folder / name)
            return self.measured(folder, "status", "--quiet")

        return sample


class Snakemake(Tool):
    name = "Snakemake"
    biggest_chain = 200
    biggest_cold = 200
    flags = ["--cores", "2", "--quiet", "all"]

    def cold(self, graph, folder):
        projects.write_snakemake(projects.fresh(folder), graph)

        def sample():
            for name, _ in graph:
                (folder / f"{name}.txt").unlink(missing_ok=True)
            shutil.rmtree(folder / ".snakemake", ignore_errors=True)
            return self.measured(folder, *self.flags)

        return sample

    def no_op(self, graph, folder):
        projects.write_snakemake(projects.fresh(folder), graph)
        projects.write_outputs(folder, graph)
        flags = self.flags if len(graph) <= 1000 else ["--dry-run", *self.flags]
        return lambda: self.measured(folder, *flags)

    def hash(self, folder, name, make, touch):
        return None


def found(erpc, scratch, limit):
    """Our binary, and the peers that are installed; says which are not."""
    tools = [Erpc(Path(erpc).resolve(), scratch, limit)]
    for peer, program in ((Dvc, "dvc"), (Snakemake, "snakemake")):
        beside = Path(sys.executable).parent / program
        path = beside if os.access(beside, os.X_OK) else shutil.which(program)
        if path:
            tools.append(peer(path, scratch, limit))
        else:
            print(f"skipped: {peer.name} is not installed (`make bench-setup` installs it)")
    return tools
