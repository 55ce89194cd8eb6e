"""Loading an unchanged version, against pandas reading the same file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from dsnb.datasets.registration import Request
from dsnb.tables.reading import Wanted
from dsnb.workspace import Workspace
from tests.benchmarks.timing import Row, in_turn, ratio

_ROWS = 1_000_000


def measure(folder: Path) -> Iterator[Row]:
    """Time a CSV of a million rows."""
    numbers = np.random.default_rng(27)
    path = folder / "million.csv"
    pd.DataFrame(
        {
            "id": np.arange(_ROWS),
            "station": numbers.choice(["EWR", "JFK", "LGA"], _ROWS),
            "temp": numbers.normal(70, 10, _ROWS).round(2),
            "humid": numbers.uniform(0, 100, _ROWS).round(2),
            "wind": numbers.integers(0, 360, _ROWS),
        }
    ).to_csv(path, index=False)
    workspace = Workspace.create(folder, lambda notice: None)
    version = workspace.register([path], Request(name="million")).version
    time.sleep(2.1)  # a state as young as this proves nothing yet, and would be hashed again
    times = in_turn(
        {
            "load": lambda: workspace.load(version, None, Wanted()),
            "read_csv": lambda: pd.read_csv(path),
        },
        9,
    )
    yield ratio("load a CSV of 1M rows / pandas.read_csv", 1.03, times, "load", "read_csv")
