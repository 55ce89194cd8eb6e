"""Equal hashes mean equal tables; different tables never share one."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.tables.hashing import hash_table

FRAME = pd.DataFrame(
    {
        "origin": ["EWR", "JFK", None],
        "temp": [78.08, np.nan, 75.92],
        "count": pd.array([1, None, 3], dtype="Int64"),
        "when": pd.to_datetime(["2013-07-01", None, "2013-07-03"], utc=True),
        "kind": pd.Categorical(["a", "b", "a"]),
        "flag": [True, False, True],
    }
)


def test_the_same_table_has_the_same_hash() -> None:
    assert hash_table(FRAME) == hash_table(FRAME.copy(deep=True)) is not None
    assert hash_table(pl.from_pandas(FRAME)) == hash_table(pl.from_pandas(FRAME)) is not None
    arrow = pa.table({"a": [1, 2, 3]})
    assert hash_table(arrow) == hash_table(pa.concat_tables([arrow.slice(0, 1), arrow.slice(1)]))


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(temp=[78.08, np.nan, 75.93]),
        lambda frame: frame.assign(origin=["EWR", "JFK", ""]),
        lambda frame: frame.assign(origin=["EW", "RJFK", None]),
        lambda frame: frame.assign(count=frame["count"].astype("Float64")),
        lambda frame: frame.assign(kind=frame["kind"].cat.add_categories(["c"])),
        lambda frame: frame.assign(when=frame["when"].dt.tz_convert("Europe/Berlin")),
        lambda frame: frame.rename(columns={"temp": "tmp"}),
        lambda frame: frame[frame.columns[::-1]],
        lambda frame: frame.iloc[::-1],
        lambda frame: frame.iloc[:2],
        lambda frame: frame.set_index("flag"),
        lambda frame: frame.rename_axis("row"),
        lambda frame: pl.from_pandas(frame),
    ],
)
def test_another_table_has_another_hash(change: Callable[[pd.DataFrame], Any]) -> None:
    changed = hash_table(change(FRAME))
    assert changed is not None
    assert changed != hash_table(FRAME)


@given(
    st.lists(st.tuples(st.text(), st.integers(-5, 5)), max_size=5),
    st.lists(st.tuples(st.text(), st.integers(-5, 5)), max_size=5),
)
def test_hashes_are_equal_just_when_rows_are(one: list[Any], other: list[Any]) -> None:
    def table(rows: list[Any]) -> pa.Table:
        names, numbers = zip(*rows, strict=True) if rows else ((), ())
        return pa.table({"name": pa.array(names, pa.string()), "n": pa.array(numbers, pa.int64())})

    assert (hash_table(table(one)) == hash_table(table(other))) == (one == other)


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [dt.date(2013, 7, 1), "x"]}, dtype=object),
        pd.DataFrame({"a": [1]}, index=pd.Index(["x"], dtype=object)),
        pl.LazyFrame({"a": [1]}),
        [1, 2],
        "text",
        pd.DataFrame({"a": pd.Series([1 + 2j])}),
    ],
)
def test_what_arrow_does_not_tell_apart_has_none(value: object) -> None:
    assert hash_table(value) is None
