"""Comparing two versions by key, against pyarrow merely reading both, and against others.

Twelve mixed columns; of the rows 1 % changed, 0.5 % were added and 0.5 % removed.
``DSNB_BENCH_ROWS`` sets the size of the large tables, ten million rows by default.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from dsnb.compare import Options
from dsnb.compare.rows import compare_rows
from dsnb.datasets.registration import Request
from dsnb.tables.reading import Wanted
from dsnb.tables.relations import relation_of_files
from dsnb.workspace import Workspace
from tests.benchmarks.timing import Row, in_turn, ratio

MILLION = 1_000_000
LARGE = int(os.environ.get("DSNB_BENCH_ROWS", 10 * MILLION))
DAFF_ROWS = 50_000
SIDES = ("old", "new")


def measure(folder: Path) -> Iterator[Row]:
    """Time Parquet of a million rows and of many, CSV, and what others do."""
    paths = write_sides(folder, MILLION)
    times = in_turn(
        {
            "diff": lambda: compare(paths),
            "read": lambda: [pq.ParquetFile(path).read() for path in paths],
            **_peers(paths),
        },
        5,
    )
    yield ratio("diff of 1M rows of Parquet / pyarrow reading both", 2.5, times, "diff", "read")
    for name in sorted(set(times) - {"diff", "read"}):
        yield ratio(f"  {name} / pyarrow reading both", None, times, name, "read")
    yield from _distributions(paths)
    yield from _daff(folder)
    yield from _csv(folder, paths)
    yield from _versions(folder, paths)
    yield from _large(folder)


def compare(paths: list[str]) -> Any:
    """Compare two Parquet files by their key."""
    old, new = (relation_of_files([path], "parquet", pd.DataFrame) for path in paths)
    return compare_rows(old, new, ["id"], Options())


def _distributions(paths: list[str]) -> Iterator[Row]:
    """Time what is counted when distributions are looked at; each comparison counts them once."""
    compared: list[Any] = []
    times = in_turn(
        {"distributions": lambda: compared[-1].in_full.distributions()},
        3,
        lambda: compared.append(compare(paths)),
    )
    times |= in_turn({"diff": lambda: compare(paths)}, 3)
    yield ratio("distributions of 1M rows / diff", 1.0, times, "distributions", "diff")


def _daff(folder: Path) -> Iterator[Row]:
    """Time daff, where it is installed, at a size that it can do."""
    if not find_spec("daff"):
        return
    import daff

    paths = write_sides(folder, DAFF_ROWS)
    tables = [[list(frame), *frame.to_numpy().tolist()] for frame in map(pd.read_parquet, paths)]

    def by_daff() -> None:
        flags = daff.CompareFlags()
        flags.addPrimaryKey("id")
        old, new = map(daff.PythonTableView, tables)
        found = daff.PythonTableView([])
        daff.TableDiff(daff.compareTables(old, new, flags).align(), flags).hilite(found)

    times = in_turn({"daff": by_daff, "diff": lambda: compare(paths)}, 3)
    yield ratio("  daff, 50,000 rows / diff", None, times, "daff", "diff")


def _csv(folder: Path, paths: list[str]) -> Iterator[Row]:
    texts = []
    for path in paths:
        texts.append(path.replace(".parquet", ".csv"))
        pd.read_parquet(path).to_csv(texts[-1], index=False)

    def parsed(text: str) -> Any:
        return relation_of_files([text], "csv", lambda: pd.read_csv(text))

    times = in_turn(
        {
            "diff": lambda: compare_rows(parsed(texts[0]), parsed(texts[1]), ["id"], Options()),
            "read_csv": lambda: [pd.read_csv(text) for text in texts],
            "pyarrow": lambda: [pacsv.read_csv(text) for text in texts],
        },
        5,
    )
    yield ratio("diff of 1M rows of CSV / pandas reading both", 1.5, times, "diff", "read_csv")
    yield ratio("diff of 1M rows of CSV / pyarrow reading both", None, times, "diff", "pyarrow")


def _versions(folder: Path, paths: list[str]) -> Iterator[Row]:
    """Time versions as the user compares them, those of the same content among them."""
    workspace = Workspace.create(folder, lambda notice: None)
    texts = [path.replace(".parquet", ".csv") for path in paths]
    old, new = (
        workspace.register([text], Request(name="text", key=("id",))).version for text in texts
    )
    twin = workspace.register([texts[0]], Request(name="twin")).version
    small = folder / "small.csv"
    pd.read_csv(texts[0], nrows=10).to_csv(small, index=False)
    few, same = (
        workspace.register([small], Request(name=name)).version for name in ("few", "same")
    )
    for version in (old, new):
        workspace.load(version, None, Wanted())
    time.sleep(4)  # what was parsed is being cached, and file states come of age
    times = in_turn(
        {
            "diff": lambda: workspace.compare(old, new, Options()),
            "read_csv": lambda: [pd.read_csv(text) for text in texts],
            "same, 1M rows": lambda: workspace.compare(old, twin, Options()),
            "same, 10 rows": lambda: workspace.compare(few, same, Options()),
        },
        5,
    )
    yield ratio("diff of two CSV versions, parsed before / pandas", None, times, "diff", "read_csv")
    yield ratio(
        "diff of equal digests, 1M rows / 10 rows", 1.5, times, "same, 1M rows", "same, 10 rows"
    )


def _large(folder: Path) -> Iterator[Row]:
    """Time each in a process of its own, as memory that was used once is quick to use again."""
    paths = write_sides(folder, LARGE)
    seconds: dict[str, list[float]] = {"diff": [], "read": []}
    peak = 0.0
    for turn in range(3):
        for what in ("diff", "read") if turn % 2 else ("read", "diff"):
            found = _in_a_process(what, paths)
            seconds[what].append(found["seconds"])
            if what == "diff":
                peak = max(peak, found["peak"])
    rows = f"{LARGE / MILLION:g}M rows"
    yield ratio(f"diff of {rows} of Parquet / pyarrow reading both", 1.0, seconds, "diff", "read")
    median = {what: statistics.median(each) for what, each in seconds.items()}
    yield Row(f"diff of {rows}: peak memory of the process", peak / 1e9, 1.2, "GB", median)
    times = in_turn(
        {
            "diff": lambda: compare(paths),
            "read": lambda: [pq.ParquetFile(path).read() for path in paths],
        },
        3,
    )
    yield ratio(f"diff of {rows}, again and again / pyarrow", None, times, "diff", "read")


def _in_a_process(what: str, paths: list[str]) -> dict[str, float]:
    code = (
        "import json, re, sys, time\n"
        "import duckdb, pandas, pyarrow.parquet as pq\n"
        "from tests.benchmarks.diffs import compare\n"
        "began = time.perf_counter()\n"
        "what, *paths = sys.argv[1:]\n"
        "found = compare(paths) if what == 'diff' else [pq.ParquetFile(p).read() for p in paths]\n"
        "seconds = time.perf_counter() - began\n"
        # What getrusage tells begins with the memory of the process that this one came from.
        "[peak] = re.findall(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())\n"
        "print(json.dumps({'seconds': seconds, 'peak': int(peak) * 1024}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, what, *paths], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _peers(paths: list[str]) -> dict[str, Callable[[], Any]]:
    import duckdb
    import polars

    names = pq.read_schema(paths[0]).names[1:]
    counted = ", ".join(
        f'count(*) FILTER (o."{name}" IS DISTINCT FROM n."{name}")' for name in names
    )

    def by_duckdb() -> Any:
        old, new = (f"read_parquet('{path}')" for path in paths)
        sql = f"SELECT {counted} FROM {old} o FULL JOIN {new} n ON o.id = n.id"
        return duckdb.connect().execute(sql).fetchall()

    def by_polars() -> Any:
        old, new = map(polars.read_parquet, paths)
        joined = old.join(new, on="id", how="full", suffix="_new")
        return joined.select(
            polars.col(name).ne_missing(polars.col(f"{name}_new")).sum() for name in names
        )

    def by_pandas() -> Any:
        old, new = map(pd.read_parquet, paths)
        joined = old.merge(new, on="id", how="outer", suffixes=("", "_new"), indicator=True)
        both = joined[joined["_merge"] == "both"]
        return {
            name: int(
                (
                    both[name].ne(both[f"{name}_new"])
                    & ~(both[name].isna() & both[f"{name}_new"].isna())
                ).sum()
            )
            for name in names
        }

    peers: dict[str, Callable[[], Any]] = {
        "a DuckDB join by hand": by_duckdb,
        "a Polars join by hand": by_polars,
        "pandas merge": by_pandas,
    }
    if find_spec("datacompy"):

        def by_datacompy() -> Any:
            import datacompy

            compared = getattr(datacompy, "PandasCompare", None) or datacompy.Compare
            return compared(*map(pd.read_parquet, paths), join_columns="id").report()

        peers["datacompy"] = by_datacompy
    return peers


def write_sides(folder: Path, rows: int) -> list[str]:
    """Write two tables as Parquet files; return their paths."""
    old = _table(rows, 27)
    paths = [str(folder / f"{side}-{rows}.parquet") for side in SIDES]
    pq.write_table(old, paths[0])
    pq.write_table(_edited(old), paths[1])
    return paths


def _table(rows: int, seed: int) -> pa.Table:
    numbers = np.random.default_rng(seed)
    stations = np.array(["EWR", "JFK", "LGA", "BOS", "SFO"])
    since = np.datetime64("2013-01-01", "us")
    return pa.table(
        {
            "id": np.arange(rows),
            "station": stations[numbers.integers(0, 5, rows)],
            "temp": numbers.normal(70, 10, rows).round(2),
            "humid": pa.array(numbers.uniform(0, 100, rows), mask=numbers.random(rows) < 0.02),
            "wind": numbers.integers(0, 360, rows),
            "gust": pa.array(numbers.integers(0, 90, rows), mask=numbers.random(rows) < 0.1),
            "rain": numbers.random(rows) < 0.2,
            "time": since + numbers.integers(0, 10**13, rows).astype("timedelta64[us]"),
            "note": np.char.add("note ", numbers.integers(0, rows, rows).astype("U")),
            "price": numbers.lognormal(3, 1, rows),
            "code": numbers.integers(0, 1000, rows).astype("int32"),
            "level": numbers.normal(0, 1, rows).astype("float32"),
        }
    )


def _edited(old: pa.Table) -> pa.Table:
    rows = len(old)
    numbers = np.random.default_rng(28)
    kept = np.sort(numbers.permutation(rows)[: rows - rows // 200])
    new = old.take(pa.array(kept))
    in_temp, in_wind, in_note = np.array_split(numbers.permutation(len(new))[: rows // 100], 3)
    for name, places in (("temp", in_temp), ("wind", in_wind)):
        values = new[name].to_numpy().copy()
        values[places] += 1
        new = new.set_column(new.schema.get_field_index(name), name, pa.array(values))
    changed = np.zeros(len(new), dtype=bool)
    changed[in_note] = True
    note = new["note"].combine_chunks()
    edited = pc.if_else(pa.array(changed), pc.binary_join_element_wise(note, "edited", " "), note)
    new = new.set_column(new.schema.get_field_index("note"), "note", edited)
    added = _table(rows // 200, 29)
    return pa.concat_tables(
        [new, added.set_column(0, "id", pa.array(np.arange(rows, rows + len(added))))]
    )
