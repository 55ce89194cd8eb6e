from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from dsnb.errors import TableError
from dsnb.tables.columns import columns_of, with_index_as_columns
from dsnb.tables.database import open_database
from dsnb.tables.parquet import ParquetRelation
from dsnb.tables.relations import ArrowRelation, FrameRelation, relation_of_files
from dsnb.tables.scanning import Relation, name_of

NOON = datetime(2013, 7, 1, 12)
MOMENTS = pd.Series([NOON, None, pd.Timestamp("2013-07-01 12:00:00.000000001")])

FRAMES: dict[str, pd.DataFrame] = {
    "plain": pd.DataFrame({"id": [3, 1, 2], "temp": [78.08, None, 75.5], "origin": list("abc")}),
    "numbers": pd.DataFrame(
        {
            "small": np.array([1, 2, 3], dtype="int8"),
            "huge": np.array([2**64 - 1, 0, 1], dtype="uint64"),
            "narrow": np.array([0.5, np.nan, 1], dtype="float32"),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "flag": [True, False, True],
            "perhaps": pd.array([True, None, False], dtype="boolean"),
            "price": [Decimal("1.50"), None, Decimal("2.25")],
        }
    ),
    "times": pd.DataFrame(
        {
            "seconds": MOMENTS.astype("M8[s]"),
            "nanoseconds": MOMENTS.astype("M8[ns]"),
            "utc": MOMENTS.astype("M8[us]").dt.tz_localize("UTC"),
            "berlin": MOMENTS.astype("M8[ns]").dt.tz_localize("Europe/Berlin"),
            "day": [date(2013, 7, 1), None, date(9000, 1, 1)],
            "lasting": pd.to_timedelta([1, None, 3], unit="s"),
        }
    ),
    "texts": pd.DataFrame(
        {"category": pd.Categorical(["a", None, "b"]), "bytes": [b"a", None, b""], "A": list("xyz")}
    ),
    "nested": pd.DataFrame(
        {"items": [[1, 2], None, []], "record": [{"a": 1.5}, None, {"a": None}]}
    ),
    "alike names": pd.DataFrame({"a": [1, 2, 3], "A": [4, 5, 6], "file_index": [7, 8, 9]}),
    "an index": pd.DataFrame({"x": [1, 2, 3]}, index=pd.Index(["a", "b", "c"], name="key")),
    "a nameless index": pd.DataFrame({"x": [1, 2, 3]}, index=["a", "b", "c"]),
    "two levels": pd.DataFrame(
        {"x": [1, 2, 3]}, index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    ),
    "a numbered index": pd.DataFrame({"x": [1, 2, 3]}, index=[5, 7, 9]),
    "a named range": pd.DataFrame({"x": [1, 2, 3]}, index=pd.RangeIndex(3, name="row")),
    "empty": pd.DataFrame({"x": pd.Series([], dtype="int64")}),
    "nothing": pd.DataFrame({"x": [None, None, None]}),
}  # fmt: skip


def in_parquet(frame: pd.DataFrame) -> Relation:
    frame.to_parquet("table.parquet", row_group_size=2)
    return relation_of_files(["table.parquet"], "parquet", lambda: pd.read_parquet("table.parquet"))


def in_feather(frame: pd.DataFrame) -> Relation:
    feather.write_feather(frame, "table.feather")
    return relation_of_files(["table.feather"], "feather", lambda: pd.read_feather("table.feather"))


MAKERS = [FrameRelation, in_parquet, in_feather]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", FRAMES)
def test_rows_come_back_as_loading_gives_them(name: str, make: Callable[..., Relation]) -> None:
    relation = make(FRAMES[name])
    loaded = FRAMES[name]
    if Path("table.parquet").exists():
        loaded = pd.read_parquet("table.parquet")
    if Path("table.feather").exists():
        loaded = pd.read_feather("table.feather")
    whole = with_index_as_columns(loaded)
    assert relation.rows == len(whole)
    described = [(field.name, field.type) for field in relation.fields]
    assert described == [(column.name, column.type) for column in columns_of(loaded)]
    with open_database(10**9, "Reading") as database:
        places = database.all(f"SELECT r FROM {relation.scan(database)} ORDER BY r")
        order = [number for number in (2, 0, 1) if number < len(whole)]
        rows = np.array([places[number][0] for number in order], dtype=np.int64)
        taken = relation.take(database, rows)
        wanted = whole.iloc[order].reset_index(drop=True)
        pd.testing.assert_frame_equal(taken, wanted, check_categorical=False)
        database.run(f"CREATE TABLE copy AS FROM {relation.scan(database)}")
        again = relation.take(database, rows, "copy")
    pd.testing.assert_frame_equal(again, taken, check_categorical=False)


@pytest.mark.parametrize("name", FRAMES)
def test_a_file_is_scanned_as_its_frame_is(name: str) -> None:
    relation = in_parquet(FRAMES[name])
    frame = FrameRelation(pd.read_parquet("table.parquet"))
    # Objects of a frame are only told apart by their spelling, and some have a type in files.
    alike = [
        name_of(number)
        for number, (one, other) in enumerate(zip(relation.fields, frame.fields, strict=True))
        if one.family == other.family
    ]
    every = range(len(frame.fields))
    with open_database(10**9, "Reading") as database:
        for columns, spell in ((alike, ()), (map(name_of, every), every)):
            asked = ", ".join(["r", *columns])
            found, expected = (
                database.all(f"SELECT {asked} FROM {one.scan(database, spell)} ORDER BY r")
                for one in (relation, frame)
            )
            assert _plain(found) == _plain(expected)


def _plain(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [[None if cell != cell else cell for cell in row] for row in rows]


@pytest.mark.parametrize("number", [1, 3])
def test_several_files_are_one_table_in_order(number: int) -> None:
    frames = [pd.DataFrame({"x": [place * 2, place * 2 + 1]}) for place in range(number)]
    for place, frame in enumerate(frames):
        frame.to_parquet(f"{place}.parquet")
    paths = [f"{place}.parquet" for place in range(number)]
    relation = relation_of_files(paths, "parquet", lambda: pd.DataFrame())
    assert isinstance(relation, ParquetRelation)
    with open_database(10**9, "Reading") as database:
        found = database.all(f"SELECT c0 FROM {relation.scan(database)} ORDER BY r")
        spelled = database.all(f"SELECT r, c0 FROM {relation.scan(database, [0])} ORDER BY r")
        rows = np.array([place for place, _ in spelled])
        taken = relation.take(database, rows[::-1].copy())
    assert [value for (value,) in found] == list(range(2 * number))
    assert [text for _, text in spelled] == [f"i{value:x}" for value in range(2 * number)]
    assert list(taken["x"]) == list(range(2 * number))[::-1]


@pytest.mark.parametrize("name", ["a*.parquet", "[a].parquet", "it's.parquet", "x=1.parquet"])
def test_a_file_is_read_whatever_its_name(name: str) -> None:
    pd.DataFrame({"x": [1]}).to_parquet(name)
    pd.DataFrame({"x": [2]}).to_parquet("a.parquet")
    relation = relation_of_files([name], "parquet", pd.DataFrame)
    with open_database(10**9, "Reading") as database:
        assert database.all(f"SELECT * FROM {relation.scan(database)}") == [(0, 1)]


def test_files_of_differing_columns_are_read_as_loading_reads_them() -> None:
    pd.DataFrame({"x": [1]}).to_parquet("1.parquet")
    pd.DataFrame({"x": [1.5], "y": [2]}).to_parquet("2.parquet")
    read = pd.DataFrame({"x": [1.0, 1.5], "y": [None, 2]})
    relation = relation_of_files(["1.parquet", "2.parquet"], "parquet", lambda: read)
    assert isinstance(relation, FrameRelation)
    assert relation.rows == 2


def test_thousands_of_columns_are_looked_at_in_memory() -> None:
    pd.DataFrame(np.zeros((2, 1500)), columns=[f"c{n}" for n in range(1500)]).to_parquet(
        "w.parquet"
    )
    assert isinstance(relation_of_files(["w.parquet"], "parquet", pd.DataFrame), ArrowRelation)


def test_a_file_that_was_written_since_gives_no_rows() -> None:
    relation = in_parquet(FRAMES["plain"])
    FRAMES["numbers"].to_parquet("table.parquet")
    with (
        open_database(10**9, "Reading") as database,
        pytest.raises(TableError, match="written since"),
    ):
        relation.take(database, np.array([0]))


def test_a_file_that_is_no_parquet_is_refused() -> None:
    Path("table.parquet").write_text("no")
    with pytest.raises(TableError, match=r"table\.parquet cannot be read as parquet"):
        relation_of_files(["table.parquet"], "parquet", pd.DataFrame)


def test_missing_cells_are_known_without_reading_them() -> None:
    [_, temp, origin] = in_parquet(FRAMES["plain"]).fields
    assert (temp.missing, origin.missing) == (True, False)
    pq.write_table(pa.table({"x": [1, None]}), "bare.parquet", write_statistics=False)
    [bare] = relation_of_files(["bare.parquet"], "parquet", pd.DataFrame).fields
    assert bare.missing is None
