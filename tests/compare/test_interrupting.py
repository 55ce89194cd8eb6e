"""Comparing large tables: within bounded memory, and stopped at any time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dsnb.compare.options import Options
from dsnb.compare.rows import compare_rows
from dsnb.storage.discovery import cache_folder
from dsnb.tables.relations import relation_of_files

ROWS = 1_500_000

COMPARING = """
import sys
from dsnb.compare.options import Options
from dsnb.compare.rows import compare_rows
from dsnb.tables.relations import relation_of_files
tables = [relation_of_files([path], "parquet", None) for path in sys.argv[1:]]
print("begins", flush=True)
try:
    while True:
        compare_rows(*tables, ["id"], Options(memory=256))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def write_tables(folder: Path, rows: int) -> list[str]:
    numbers = np.random.default_rng(1)
    old = pd.DataFrame(
        {
            "id": np.arange(rows),
            "text": np.char.add(
                "a text of some length ", numbers.integers(0, rows, rows).astype("U")
            ),
            "value": numbers.normal(size=rows),
        }
    )
    new = old.assign(value=old["value"] + 1).sample(frac=1, random_state=1)
    paths = [str(folder / "old.parquet"), str(folder / "new.parquet")]
    for frame, path in zip((old, new), paths, strict=True):
        frame.to_parquet(path, row_group_size=100_000)
    return paths


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the files of two large tables, which no test changes."""
    return write_tables(tmp_path_factory.mktemp("tables"), ROWS)


def spilled() -> list[Path]:
    return [*(cache_folder() / "spill").glob("*")]


def test_what_does_not_fit_into_memory_goes_to_disk_and_is_gone_afterwards(
    paths: list[str],
) -> None:
    tables = [relation_of_files([path], "parquet", pd.DataFrame) for path in paths]
    diff = compare_rows(*tables, ["id"], Options(memory=256))
    assert (diff.changed, diff.added, diff.unchanged) == (ROWS, 0, 0)
    assert diff.changed_by_column == {"value": ROWS}
    assert len(diff.in_full.rows("changed")) == ROWS  # they are too many to be kept, and read anew
    assert spilled() == []


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.9])
def test_an_interrupted_comparison_stops_and_leaves_no_file(
    paths: list[str], seconds: float
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMPARING, *paths], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert said == "interrupted\n"
    assert spilled() == []


def test_what_a_killed_comparison_left_goes_with_the_next_one() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = cache_folder() / "spill" / f"dsnb-{ended.pid}-0123456789ab"
    left.mkdir(parents=True)
    (left / "duckdb_temp_storage.tmp").write_bytes(b"spilled")
    mine = cache_folder() / "spill" / f"dsnb-{os.getpid()}-0123456789ab"
    mine.mkdir()
    tables = [
        relation_of_files([path], "parquet", pd.DataFrame) for path in write_tables(Path(), 10)
    ]
    assert compare_rows(*tables, ["id"]).changed == 10
    assert spilled() == [mine]
