"""Looking through a Parquet file column by column, against pyarrow merely reading it.

``DSNB_BENCH_ROWS`` sets the size of the large table, ten million rows by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from dsnb.tables.database import open_database
from dsnb.tables.profiling import profile_relation
from dsnb.tables.relations import relation_of_files
from tests.benchmarks.diffs import LARGE, MILLION, write_sides
from tests.benchmarks.timing import Row, in_turn, ratio


def measure(folder: Path) -> Iterator[Row]:
    """Time a table of a million rows and one of many."""
    for rows, target in ((MILLION, None), (LARGE, 3.0)):
        path, _ = write_sides(folder, rows)
        times = in_turn(
            {"profile": lambda path=path: profile(path), "read": lambda path=path: read(path)}, 3
        )
        said = f"profile of {rows / MILLION:g}M rows of Parquet / pyarrow reading it"
        yield ratio(said, target, times, "profile", "read")


def profile(path: str) -> Any:
    """Look through a Parquet file."""
    relation = relation_of_files([path], "parquet", pd.DataFrame)
    with open_database(10**9, "Profiling") as database:
        return profile_relation(database, relation)


def read(path: str) -> Any:
    """Let pyarrow read a Parquet file."""
    return pq.ParquetFile(path).read()
