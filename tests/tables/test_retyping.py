"""Other types for columns that were read: exact, and what is missing stays missing."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.tables.retyping import as_dates, retyped

FORMATS = ["%d/%m/%Y %H:%M:%S", "%m-%d-%Y %I.%M.%S %p", "%Y%m%d%H%M%S", "%d %b %Y %H:%M:%S"]
MOMENTS = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


def column(*values: Any) -> "pd.Series[Any]":
    return pd.Series(list(values), name="day", dtype=object)


@given(st.lists(st.none() | st.tuples(MOMENTS, st.sampled_from(FORMATS))))
def test_each_date_is_read_by_the_format_that_it_has(
    cells: list[tuple[datetime, str] | None],
) -> None:
    texts = column(*(None if cell is None else cell[0].strftime(cell[1]) for cell in cells))
    found = as_dates(texts, FORMATS)
    assert found.dtype == "datetime64[us]"
    wanted = [None if cell is None else cell[0] for cell in cells]
    assert [None if pd.isna(one) else one.to_pydatetime() for one in found] == wanted


def test_the_first_format_that_a_value_has_counts() -> None:
    for formats, month in ((["%d.%m.%Y", "%m.%d.%Y"], 2), (["%m.%d.%Y", "%d.%m.%Y"], 1)):
        found = as_dates(column("01.02.2013", "31.12.2013", "12.31.2013"), formats)
        assert found.dt.month.tolist() == [month, 12, 12]


def test_a_time_zone_makes_utc_of_all() -> None:
    found = as_dates(column("01.07.2013 +0200", "01.07.2013 -0700", None), ["%d.%m.%Y %z"])
    assert found.dtype == "datetime64[us, UTC]"
    assert found[0] == datetime(2013, 6, 30, 22, tzinfo=UTC)
    assert found[1] == datetime(2013, 7, 1, 7, tzinfo=UTC)


def test_what_has_none_of_the_formats_is_named_and_never_made_missing() -> None:
    with pytest.raises(ValueError, match=r"'31/31/2013' in column day .* %d/%m/%Y or %m/%d/%Y"):
        as_dates(column("01/01/2013", "31/31/2013"), ["%d/%m/%Y", "%m/%d/%Y"])


def test_numbers_and_dates_are_dates_too() -> None:
    assert as_dates(pd.Series([20130701]), ["%Y%m%d"]).tolist() == [pd.Timestamp("2013-07-01")]
    dates = pd.Series(pd.to_datetime(["2013-07-01"]))
    assert as_dates(dates, ["%d"]) is dates


@pytest.mark.parametrize(
    ("values", "kind", "wanted"),
    [
        ([1, None], "str", ["1.0", None]),
        (["x", None], "str", ["x", None]),
        ([None, None], "str", [None, None]),
        ([True, None, "x", 7], "str", ["True", None, "x", "7"]),
        (["9007199254740993", None], "Int64", [9007199254740993, None]),
        ([1.0, None], "Int64", [1, None]),
        (["1.5", None], "float64", [1.5, None]),
        (["True", "false", "0", "1", None], "boolean", [True, False, False, True, None]),
        ([True, None], "boolean", [True, None]),
        ([1, 0], "boolean", [True, False]),
    ],
)
def test_values_are_kept_and_missing_ones_stay_missing(
    values: list[Any], kind: str, wanted: list[Any]
) -> None:
    for given_as in (pd.Series(values), pd.Series(values, dtype=object)):
        found = retyped(pd.DataFrame({"a": given_as}), {"a": kind}, {})["a"]
        told = [None if pd.isna(value) else value for value in found]
        assert told == (["1", None] if given_as.dtype == object and wanted[0] == "1.0" else wanted)
        if kind == "str":
            assert found.dtype == pd.Series(["text"]).dtype


@pytest.mark.parametrize(
    ("value", "kind"), [("1.5", "Int64"), ("x", "float64"), ("yes", "boolean"), (1.5, "Int64")]
)
def test_a_value_that_is_not_of_its_type_is_an_error(value: Any, kind: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        retyped(pd.DataFrame({"a": [value]}), {"a": kind}, {})


def test_columns_that_are_not_there_are_an_error_only_as_dates() -> None:
    frame = pd.DataFrame({"a": [1]})
    assert retyped(frame, {"b": "str"}, {}) is frame
    with pytest.raises(ValueError, match="no column b"):
        retyped(frame, {}, {"b": ["%d"]})
