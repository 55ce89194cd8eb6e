"""What it costs a notebook that dsnb watches what it reads."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.timing import Row, in_turn, ratio

FILES = 10_000
_SHELL = """
import json, time
from IPython.core.interactiveshell import InteractiveShell
import duckdb, h5py, netCDF4, pandas, polars, pyarrow.dataset, pyarrow.parquet, tables
shell = InteractiveShell.instance()
run = lambda code: shell.run_cell(code, store_history=True).raise_error()

run("pass")
began = time.perf_counter()
run("%load_ext dsnb")
load = time.perf_counter() - began
run("%ds register files files")
run("with open('files/0.csv') as file: file.read()")

spent = []
for event in ("pre_run_cell", "post_run_cell"):
    def timed(info, all_of_it=tuple(shell.events.callbacks[event])):
        began = time.perf_counter()
        for one in all_of_it:
            one(info)
        spent.append(time.perf_counter() - began)

    shell.events.callbacks[event][:] = [timed]
for _ in range(500):
    run("pass")
each = sorted(map(sum, zip(spent[::2], spent[1::2])))
print()
print(json.dumps([load, each[len(each) // 2]]))
"""


def measure(folder: Path) -> Iterator[Row]:
    """Time opening, reading, cells and attribution."""
    files = _make(folder / "work" / "files")
    others = _make(folder / "elsewhere")
    with contextlib.chdir(folder / "work"):
        answers = [_in_a_shell(folder / "work") for _ in range(3)]
        load, cell = (statistics.median(column) for column in zip(*answers, strict=True))
        loaded = "%load_ext dsnb where eight libraries are loaded"
        yield Row(loaded, load * 1e3, 20, "ms", {"load": load})
        yield Row("a cell that reads nothing", cell * 1e6, 50, "µs", {"cell": cell})
        yield from _opening(files, others)
        yield from _reading(files[:1000])
        yield _resolving(files)


def _make(folder: Path) -> list[str]:
    folder.mkdir(parents=True)
    for number in range(FILES):
        (folder / f"{number}.csv").write_text(f"a,b\n{number},1\n", encoding="utf-8")
    return [str(folder / f"{number}.csv") for number in range(FILES)]


def _in_a_shell(folder: Path) -> list[float]:
    process = subprocess.run(
        [sys.executable, "-c", _SHELL], cwd=folder, capture_output=True, text=True, check=True
    )
    found: list[float] = json.loads(process.stdout.splitlines()[-1])
    return found


def _opening(files: list[str], others: list[str]) -> Iterator[Row]:
    """Time the audit event that every ``open`` raises, beside the same without a hook's work."""
    from dsnb.session.notebook import NOTEBOOK
    from dsnb.session.tracing import TRACER

    TRACER.install()
    TRACER.roots = (os.getcwd(),)

    def raising(paths: list[str], cell: int | None) -> Callable[[], None]:
        def raise_all() -> None:
            NOTEBOOK.cell = cell
            for path in paths:
                sys.audit("open", path, "r", os.O_RDONLY)
            NOTEBOOK.cell = None

        return raise_all

    again = files[:1] * FILES
    for what, paths, target in (
        ("an open of a file outside every datastore", others, 1),
        ("an open of a file in a datastore", files, 4),
        ("an open of the same file again", again, 1),
    ):
        actions = {"watched": raising(paths, 1), "between cells": raising(paths, None)}
        times = in_turn(actions, 15, TRACER.take)
        each = [a - b for a, b in zip(times["watched"], times["between cells"], strict=True)]
        seconds = statistics.median(each) / FILES
        yield Row(
            what, seconds * 1e6, target, "µs", {n: statistics.median(t) for n, t in times.items()}
        )
    TRACER.remove()


def _reading(files: list[str]) -> Iterator[Row]:
    import pandas as pd

    from dsnb.session.notebook import NOTEBOOK
    from dsnb.session.tracing import TRACER

    TRACER.install()

    def reading(cell: int | None) -> Callable[[], None]:
        def read_all() -> None:
            NOTEBOOK.cell = cell
            for path in files:
                pd.read_csv(path)
            NOTEBOOK.cell = None

        return read_all

    times = in_turn({"watched": reading(1), "plain": reading(None)}, 15, TRACER.take)
    yield ratio("1,000 small pd.read_csv in a cell", 1.02, times, "watched", "plain")
    TRACER.remove()


def _resolving(files: list[str]) -> Row:
    import dsnb
    from dsnb.session.current import SESSION
    from dsnb.session.notebook import NOTEBOOK
    from dsnb.session.tracing import TRACER

    dsnb.register("files", "files")
    old = time.time() - 100
    for path in files:
        os.utime(path, (old, old))
    time.sleep(2.1)  # so that the file system's clock can tell the states apart
    dsnb.verify("files")
    TRACER.install()
    NOTEBOOK.begin_cell(1)
    for path in files:
        sys.audit("open", path, "r", os.O_RDONLY)
    reads = TRACER.take().reads
    times = in_turn({"resolve": lambda: SESSION.watch.record_files(reads, ())}, 5)["resolve"]
    NOTEBOOK.end_cell()
    TRACER.remove()
    run = dsnb.run().run
    if len(reads) != FILES or run is None or [use.ref for use in run.inputs] != ["files@1"]:
        raise AssertionError("the files that were read are not those of the version")
    SESSION.end()
    seconds = statistics.median(times)
    return Row(
        "resolving 10,000 files after a cell", seconds * 1e3, 100, "ms", {"resolve": seconds}
    )
