"""Loading an unchanged version, against pandas reading the same file.

A first load finds no parsed table in the cache; later ones do.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dsnb.datasets.registration import Request
from dsnb.storage.discovery import cache_folder
from dsnb.tables import cachefiles
from dsnb.tables.filling import FILLER
from dsnb.tables.parts import EVERYTHING, Wanted
from dsnb.workspace import Workspace
from tests.benchmarks.timing import Row, in_turn, ratio

_ROWS = 1_000_000
FIRST_TARGET = PARQUET_TARGET = 1.03
LATER_TARGETS = {1: None, 6: 0.2}  # by millions of rows


def measure(folder: Path) -> Iterator[Row]:
    """Time a CSV of one million rows and of six, then the same as Parquet."""
    frame = _table()
    path = folder / "1.csv"
    frame.to_csv(path, index=False)
    head, _, rows = path.read_bytes().partition(b"\n")
    workspace = Workspace.create(folder, lambda notice: None)
    for millions, later_target in LATER_TARGETS.items():
        path = folder / f"{millions}.csv"
        path.write_bytes(head + b"\n" + millions * rows)
        yield from _of_text(workspace, path, f"a CSV of {millions}M rows", later_target)
    frame.to_parquet(folder / "1.parquet")
    yield from _of_parquet(workspace, folder / "1.parquet")


def _of_text(workspace: Workspace, path: Path, what: str, target: float | None) -> Iterator[Row]:
    load, part = _loaders(workspace, path)

    def forget() -> None:
        """Let what goes on in the background end, and take away what came of it."""
        FILLER.wait(60)
        shutil.rmtree(cache_folder() / "parsed", ignore_errors=True)

    actions = {"load": load, "read_csv": lambda: pd.read_csv(path)}
    times = in_turn(actions, 9, forget)
    yield ratio(f"load {what} first / pandas.read_csv", FIRST_TARGET, times, "load", "read_csv")
    load()
    FILLER.wait(60)
    times = in_turn(actions, 9)
    yield ratio(f"load {what} again / pandas.read_csv", target, times, "load", "read_csv")
    # A new process does not know yet that the cache holds what was written.
    times = in_turn(actions, 5, cachefiles._whole.clear)
    what_then = f"load {what} in a new process / pandas.read_csv"
    yield ratio(what_then, None, times, "load", "read_csv")
    times = in_turn(
        {"load": part, "read_csv": lambda: pd.read_csv(path, usecols=["temp", "wind"])}, 9
    )
    yield ratio(f"two columns of {what} again / usecols", target, times, "load", "read_csv")


def _of_parquet(workspace: Workspace, path: Path) -> Iterator[Row]:
    load, part = _loaders(workspace, path)
    times = in_turn({"load": load, "read_parquet": lambda: pd.read_parquet(path)}, 25)
    what = "load Parquet of 1M rows / pandas.read_parquet"
    yield ratio(what, PARQUET_TARGET, times, "load", "read_parquet")
    columns = ["temp", "wind"]
    times = in_turn(
        {"load": part, "read_parquet": lambda: pd.read_parquet(path, columns=columns)}, 25
    )
    yield ratio("two columns of it / the same", None, times, "load", "read_parquet")


def _loaders(workspace: Workspace, path: Path) -> tuple[Any, Any]:
    version = workspace.register([path], Request(name="bench")).version
    time.sleep(2.1)  # a state as young as this proves nothing yet, and would be hashed again
    some = Wanted(columns=("temp", "wind"))
    return (
        lambda: workspace.load(version, None, EVERYTHING),
        lambda: workspace.load(version, None, some),
    )


def _table() -> pd.DataFrame:
    numbers = np.random.default_rng(27)
    return pd.DataFrame(
        {
            "id": np.arange(_ROWS),
            "station": numbers.choice(["EWR", "JFK", "LGA"], _ROWS),
            "temp": numbers.normal(70, 10, _ROWS).round(2),
            "humid": numbers.uniform(0, 100, _ROWS).round(2),
            "wind": numbers.integers(0, 360, _ROWS),
        }
    )
