"""Writes the same graph of trivial stages for erpc-pipe, DVC and Snakemake.

A graph is a list of (name, names it reads). Every stage appends its own line to what it reads.
The words of the manifest language stand in `ERPC` and nowhere else in these scripts.
"""

import json
import shutil

ERPC = {
    "concatenate": "concatenate",
    "concatenate_input": "parts",
    "concatenate_text": "text",
    "import_file": "import-file",
    "import_file_file": "file",
}


def chain(count):
    """One stage after the other; from 1000 on, several such chains side by side.

    The text of a chain grows with the square of its length, which is not what is measured here.
    """
    names = _names(count)
    return [(name, names[i - 1 : i] if i % 1000 else []) for i, name in enumerate(names)]


def fan(count):
    """One stage, then all others side by side, then one that reads them all."""
    first, *middle, last = _names(count)
    return [(first, [])] + [(name, [first]) for name in middle] + [(last, middle)]


SHAPES = {"chain": chain, "fan": fan}


def _names(count):
    return [f"s{i:05}" for i in range(count)]


def fresh(folder):
    """An empty folder at this path."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_erpc(folder, graph):
    """An erpc-pipe project: its first stage imports a file, the others concatenate."""
    lines = ["[experiment]", 'name = "bench"', ""]
    for name, reads in graph:
        lines.append(f"[stage.{name}]")
        if reads:
            lines.append(f'kind = "{ERPC["concatenate"]}"')
            lines.append(f'inputs = {{ {ERPC["concatenate_input"]} = {json.dumps(reads)} }}')
            lines.append(f'params = {{ {ERPC["concatenate_text"]} = "{name}" }}')
        else:
            lines.append(f'kind = "{ERPC["import_file"]}"')
            lines.append(f'params = {{ {ERPC["import_file_file"]} = "root.txt" }}')
        lines.append("")
    _erpc_project(folder, lines)
    (folder / "data" / "root.txt").write_text("root\n")


def write_erpc_import(folder, file):
    """An erpc-pipe project that does nothing but import `file` of its data folder."""
    lines = ["[experiment]", 'name = "bench"', "", "[stage.imported]"]
    lines.append(f'kind = "{ERPC["import_file"]}"')
    lines.append(f'params = {{ {ERPC["import_file_file"]} = "{file}" }}')
    _erpc_project(folder, lines)


def _erpc_project(folder, lines):
    for name in ("experiments", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "experiments" / "bench.toml").write_text("\n".join(lines) + "\n")


def write_dvc(folder, graph):
    """A `dvc.yaml`; JSON is YAML, so no library is needed to write it."""
    stages = {}
    for name, reads in graph:
        files = [f"{read}.txt" for read in reads] or ["root.txt"]
        stages[name] = {
            "cmd": f"cat {' '.join(files)} > {name}.txt; echo {name} >> {name}.txt",
            "deps": files,
            "outs": [f"{name}.txt"],
        }
    (folder / "dvc.yaml").write_text(json.dumps({"stages": stages}, indent=1))
    (folder / "root.txt").write_text("root\n")


def write_snakemake(folder, graph):
    """A Snakefile with one rule a stage."""
    rules = [f'rule all:\n    input: "{graph[-1][0]}.txt"\n']
    for name, reads in graph:
        files = [f"{read}.txt" for read in reads] or ["root.txt"]
        rules.append(
            f"rule {name}:\n    input: {', '.join(json.dumps(file) for file in files)}\n"
            f'    output: "{name}.txt"\n'
            f'    shell: "cat {{input}} > {{output}}; echo {name} >> {{output}}"\n'
        )
    (folder / "Snakefile").write_text("\n".join(rules))
    (folder / "root.txt").write_text("root\n")


def write_outputs(folder, graph):
    """Makes the files that a run of DVC or Snakemake would make, in order."""
    text = {}
    for name, reads in graph:
        text[name] = "".join(text[read] for read in reads) if reads else "root\n"
        text[name] = text[name][-64:] + f"{name}\n"
        (folder / f"{name}.txt").write_text(text[name])


def write_big_file(path, gibibytes):
    """A file of this size that does not compress or repeat within a megabyte."""
    import random

    block = random.Random(1).randbytes(1 << 20)
    with open(path, "wb") as file:
        for number in range(int(gibibytes * 1024)):
            file.write(number.to_bytes(8, "little") + block[8:])


def write_small_files(folder, count, size=4096):
    """A folder of many small files, 100 in each of its folders."""
    for number in range(count):
        inner = folder / f"{number // 100:04}"
        if number % 100 == 0:
            inner.mkdir(parents=True)
        (inner / f"{number:06}.bin").write_bytes(number.to_bytes(8, "little") * (size // 8))
