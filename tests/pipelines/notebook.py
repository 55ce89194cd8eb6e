"""A notebook inside the process of the tests: its cells, and its file."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dsnb
from dsnb.pipelines.notebooks import Pipeline
from dsnb.records import Run, Version
from tests.magics.shell import ipython

FILE = Path("train.ipynb")
PREPARE = (
    "%%ds step prepare --in weather_ds --out prepared\nprepared = weather_ds[weather_ds.temp > 80]"
)
REPORT = '%%ds step report --in prepared --out report\n(report / "n.txt").write_text(str(prepared))'


class Notebook:
    """A shell that runs the cells of a notebook."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def do(self, cell: str) -> Any:
        """Run a cell that must succeed, and return its value."""
        done = self.shell.run_cell(cell, store_history=True)
        done.raise_error()
        return done.result

    def fails(self, cell: str) -> dsnb.DsnbError:
        """Run a cell that dsnb must refuse, or end with an error of its own."""
        error = self.shell.run_cell(cell, store_history=True).error_in_exec
        assert isinstance(error, dsnb.DsnbError), error
        return error

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]


@contextmanager
def notebook() -> Iterator[Notebook]:
    with ipython() as shell:
        yield Notebook(shell)


def save(*cells: str, later: float = 0.0) -> None:
    """Write the notebook's file, as the front end does; ``later`` in seconds."""
    document = {
        "cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    FILE.write_text(json.dumps(document))
    os.utime(FILE, (time.time() + later,) * 2)


def states() -> dict[str, str]:
    """Return how each step stands, in the order in which they are shown."""
    shown: Pipeline = dsnb.pipeline.show()
    return {one.step.name: one.state for one in shown.rows}


def version(ref: str) -> Version:
    return dsnb.show(ref).version  # type: ignore[no-any-return]


def parents(ref: str) -> list[str]:
    return [parent.ref for parent in version(ref).parents]


def names() -> dict[str, int]:
    """Return the datasets with their numbers of versions."""
    return {row.version.name: row.version.version for row in dsnb.list().rows}


def step_runs() -> list[Run]:
    """Return the runs that were steps, oldest first."""
    return [run for run, _ in reversed(dsnb.runs().rows) if run.job is not None]


def left_in_data() -> list[str]:
    """Return what lies below the folder of dsnb's own data."""
    data = Path(".dsnb/data")
    return sorted(path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file())
