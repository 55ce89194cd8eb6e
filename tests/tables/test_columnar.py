"""Parts of Parquet and Feather files: read alone, they are what is cut out of the whole."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.tables import columnar
from dsnb.tables.columnar import read_arrow, read_part
from dsnb.tables.parts import Wanted, cut
from dsnb.tables.reading import read_table

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.uint32(): st.integers(0, 2**32 - 1),
    pa.bool_(): st.booleans(),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.string(): st.text(max_size=3),
    pa.large_string(): st.text(max_size=3),
    pa.binary(): st.binary(max_size=3),
    pa.date32(): st.dates(date(1990, 1, 1)),
    pa.timestamp("us"): st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),
    pa.timestamp("ns", "UTC"): st.datetimes(
        datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)
    ),
    pa.decimal128(6, 2): st.integers(-9999, 9999).map(lambda n: Decimal(n) / 100),
    pa.dictionary(pa.int8(), pa.string()): st.sampled_from(["EWR", "JFK", "LGA"]),
    pa.list_(pa.int64()): st.lists(st.none() | st.integers(0, 9), max_size=2),
    pa.struct([("a", pa.int64())]): st.fixed_dictionaries({"a": st.none() | st.integers(0, 9)}),
}
NAMES = ["a", "b", "a b", "ab", "late", "x.1"]


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(0, 12))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    columns = {}
    for name in names:
        kind = draw(st.sampled_from(list(VALUES)))
        # Often only the last rows have gaps: those that a limit never sees.
        gaps = draw(st.sampled_from(["none", "some", "late"]))
        values = draw(st.lists(VALUES[kind], min_size=rows, max_size=rows))
        if gaps == "some":
            values = [None if draw(st.booleans()) else value for value in values]
        elif gaps == "late" and rows:
            values[-1] = None
        columns[name] = pa.array(values, kind)
    table = pa.table(columns)
    how = draw(st.sampled_from(["arrow", "pandas", "index", "part"]))
    if how == "arrow":
        return table
    frame = table.to_pandas()
    if how == "index":
        frame.index = pd.Index(
            [f"r{row}" for row in range(rows)], name=draw(st.sampled_from(["i", None]))
        )
    elif how == "part":
        frame = frame[rows // 3 :]
    try:
        return pa.Table.from_pandas(frame)
    except pa.ArrowException:
        return table


def wanteds(draw: st.DrawFn, names: list[str]) -> Wanted:
    some = st.none() | st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)
    name = draw(st.sampled_from(names))
    quoted = name if name.isidentifier() else f"`{name}`"
    condition = st.sampled_from(
        [f"{quoted} == {quoted}", f"{quoted}.notna()", f"{quoted} != 1", "index > 1", "missing > 1"]
    )
    return Wanted(draw(some), draw(st.none() | condition), draw(st.none() | st.integers(0, 14)))


def put(table: pa.Table, format: str, rows_each: int, told: bool) -> str:
    path = f"a.{format}"
    if format == "feather":
        pa.feather.write_feather(table, path, chunksize=rows_each)
    else:
        pa.parquet.write_table(table, path, row_group_size=rows_each, write_statistics=told)
    return path


def answer(read: Any) -> Any:
    try:
        return read()
    except Exception as error:
        return str(error)


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.data(), tables(), st.integers(1, 6), st.booleans(), st.sampled_from(["parquet", "feather"])
)
def test_a_part_read_alone_is_the_part_cut_out_of_the_whole(
    data: st.DataObject, table: pa.Table, rows_each: int, told: bool, format: Any
) -> None:
    path = put(table, format, rows_each, told)
    names = [name for name in table.column_names if name in NAMES]
    wanted = data.draw(st.composite(wanteds)(names))

    def plainly() -> pd.DataFrame:
        read: Any = pd.read_parquet if format == "parquet" else pd.read_feather
        # Of an index that the file holds, pandas makes another one when it is asked for columns.
        return cut(read(path, columns=wanted.columns if wanted.where is None else None), wanted)

    found = answer(lambda: read_table([path], format, {}, wanted))
    plain = answer(plainly)
    if isinstance(plain, str):
        assert found == plain
    else:
        pd.testing.assert_frame_equal(found, plain)

    whole = (
        pa.parquet.ParquetFile(path).read() if format == "parquet" else pa.feather.read_table(path)
    )
    if wanted.where is None:
        part = whole if wanted.columns is None else whole.select(wanted.columns)
        expected = part if wanted.limit is None else part.slice(0, wanted.limit)
        arrow = read_arrow([path], format, wanted)
        assert arrow.schema.equals(expected.schema, check_metadata=True)
        assert repr(arrow.to_pylist()) == repr(expected.to_pylist())  # where NaN is NaN


@pytest.fixture
def path() -> str:
    table = pa.table({"n": range(100), "late": [None] * 99 + [True], "x": ["text"] * 100})
    return put(table, "parquet", 10, told=True)


def test_a_limit_reads_no_more_groups_of_rows_than_it_needs(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = []
    really = pa.parquet.ParquetFile.read_row_groups

    def read(self: Any, asked: list[int], **how: Any) -> Any:
        groups.append(asked)
        return really(self, asked, **how)

    monkeypatch.setattr(pa.parquet.ParquetFile, "read_row_groups", read)
    monkeypatch.setattr(pa.parquet.ParquetFile, "read", pytest.fail)
    assert len(read_table([path], "parquet", {}, Wanted(("n", "x"), limit=11))) == 11
    assert read_arrow([path], "parquet", Wanted(limit=5)).num_rows == 5
    assert groups == [[0, 1], [0]]


def test_a_condition_reads_no_column_that_nobody_asked_for(path: str) -> None:
    part = read_part(path, "parquet", Wanted(("x",), "n > 97"))
    assert part is not None
    assert list(part) == ["n", "x"]
    assert read_table([path], "parquet", {}, Wanted(("x",), "n > 97"))["x"].tolist() == ["text"] * 2


def test_gaps_far_below_decide_the_type_as_before() -> None:
    table = pa.table({"n": [*range(99), None], "late": [True] * 99 + [None]})
    for told in (True, False):
        path = put(table, "parquet", 10, told)
        part = read_table([path], "parquet", {}, Wanted(limit=3))
        assert [str(dtype) for dtype in part.dtypes] == ["float64", "object"]


def test_a_file_that_cannot_be_read_is_told_as_before() -> None:
    Path("a.parquet").write_bytes(b"garbage")
    for wanted in (Wanted(limit=1), Wanted(("a",), "a > 1")):
        assert columnar.read_part("a.parquet", "parquet", wanted) is None
        assert "cannot be read as parquet" in answer(
            lambda wanted=wanted: read_table(["a.parquet"], "parquet", {}, wanted)
        )
