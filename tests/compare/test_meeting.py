from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dsnb.tables.spelling import spelled

from .messy import compare, differing, differing_columns

NAN = float("nan")
NOON = datetime(2013, 7, 1, 12)


def differences(old: Any, new: Any) -> list[bool]:
    old = old if isinstance(old, pd.Series) else objects(*old)
    new = new if isinstance(new, pd.Series) else objects(*new)
    forth = differing(old, new)
    assert differing(new, old) == forth
    return forth


def objects(*cells: Any) -> pd.Series:
    stored = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        stored[place] = cell
    return pd.Series(stored, dtype=object)


def test_nan_equals_nan() -> None:
    old, new = pd.Series([NAN, NAN, 1.0]), pd.Series([NAN, 1.0, NAN])
    assert differences(old, new) == [False, True, True]


def test_everything_missing_is_the_same_and_like_nothing_else() -> None:
    kinds = [None, NAN, pd.NA, pd.NaT, Decimal("NaN"), np.float32("nan"), np.datetime64("NaT")]
    filled: list[Any] = [0, "", False, "nan", "None", [], {}]
    for others, expected in ((kinds, [False]), (filled, [True])):
        pairs = [*product(kinds, others)]
        # Each cell in a column of its own, as a column is looked at by all that it holds.
        old = {f"c{place}": objects(one) for place, (one, _) in enumerate(pairs)}
        new = {f"c{place}": objects(other) for place, (_, other) in enumerate(pairs)}
        wanted = dict.fromkeys(old, expected)
        assert differing_columns(old, new) == differing_columns(new, old) == wanted


@pytest.mark.parametrize(
    "dtype",
    ["Int64", "Float64", "boolean", "string", "datetime64[ns]", "datetime64[s, UTC]",
     "timedelta64[ns]", "category", "object", "float64", "period[D]",
     pd.ArrowDtype(pa.null()), pd.ArrowDtype(pa.int32()), pd.ArrowDtype(pa.decimal128(9, 2))],
)  # fmt: skip
def test_missing_is_the_same_in_every_storage(dtype: Any) -> None:
    empty = pd.Series([None, None], dtype=dtype)
    assert differences(empty, pd.Series([NAN, 1.5])) == [False, True]
    assert differences(empty, pd.Series([None, "a"], dtype="string")) == [False, True]


def test_nan_inside_a_nullable_float_is_missing() -> None:
    quotient = pd.Series([0, 1], dtype="Int64") / pd.Series([0, 1], dtype="Int64")
    assert differences(quotient, pd.Series([None, 1], dtype="Int64")) == [False, False]


def test_zero_equals_minus_zero() -> None:
    assert differences(pd.Series([0.0]), pd.Series([-0.0])) == [False]
    assert differences([0.0], [-0.0]) == [False]


def test_infinities_equal_themselves_only() -> None:
    old, new = pd.Series([np.inf, np.inf, -np.inf]), pd.Series([np.inf, -np.inf, 1e308])
    assert differences(old, new) == [False, True, True]


def test_an_int_equals_a_float_of_the_same_value() -> None:
    assert differences(pd.Series([1, 2]), pd.Series([1.0, 2.5])) == [False, True]


def test_large_ints_are_compared_exactly() -> None:
    assert differences(pd.Series([2**53, 2**53 + 1]), pd.Series([2.0**53] * 2)) == [False, True]
    assert differences(pd.Series([2**62, 2**62 + 1]), pd.Series([2**62] * 2)) == [False, True]


def test_unsigned_ints_beyond_the_signed_range_are_compared_exactly() -> None:
    huge = pd.Series([2**63, 2**64 - 1, 5], dtype="uint64")
    assert differences(huge, pd.Series([-(2**63), -1, 5])) == [True, True, False]
    assert differences(huge, pd.Series([2.0**63, 2.0**64, 5.0])) == [False, True, False]
    assert differences(huge, [2**63, 2**64 - 1, 5]) == [False, False, False]


def test_a_narrow_float_is_the_number_that_it_holds() -> None:
    narrow = pd.Series([0.5, 0.1], dtype="float32")
    assert differences(narrow, pd.Series([0.5, 0.1])) == [False, True]


def test_a_long_double_keeps_the_digits_that_a_float_has_not() -> None:
    third = np.longdouble(1) / 3
    old = pd.Series(np.array([third, np.longdouble("nan")]))
    new = pd.Series([float(third), NAN])
    assert differences(old, old.astype(object)) == [False, False]
    assert differences(old, new) == [bool(third != float(third)), False]


def test_true_equals_one_as_it_does_in_python_and_numpy() -> None:
    assert differences(pd.Series([True, False, True]), pd.Series([1, 0, 2])) == [False, False, True]
    assert differences([True], [1]) == [False]


def test_decimals_are_compared_by_exact_value() -> None:
    old = [Decimal("1.10"), Decimal("0.5"), Decimal("0.1"), Decimal("Infinity")]
    new = [Decimal("1.1"), 0.5, 0.1, np.inf]
    assert differences(old, new) == [False, False, True, False]
    assert differences([Decimal(2)], pd.Series([2])) == [False]
    assert differences([Fraction(1, 2)], pd.Series([0.5])) == [False]


def test_text_is_never_a_number() -> None:
    assert differences(pd.Series(["1", "2"]), pd.Series([1, 2])) == [True, True]
    assert differences(["1"], [1]) == [True]
    assert differences([b"a"], ["a"]) == [True]


@pytest.mark.parametrize("storage", ["string", "str", "object", "category", "string[python]"])
def test_text_is_the_same_in_every_storage(storage: str) -> None:
    old = pd.Series(["a", "b", None], dtype=storage)
    for other in ("string", "object", "category", pd.ArrowDtype(pa.string())):
        assert differences(old, pd.Series(["a", "c", None], dtype=other)) == [False, True, False]


def test_categories_are_what_they_stand_for() -> None:
    old = pd.Series(pd.Categorical([3, 1, None], categories=[9, 3, 1]))
    new = pd.Series(pd.Categorical([3.0, 2.0, None], categories=[1.0, 2.0, 3.0]))
    assert differences(old, new) == [False, True, False]
    assert differences(old, pd.Series([3, 1, 0])) == [False, False, True]


def test_different_texts_stay_apart_beside_a_column_without_text() -> None:
    for text in (pd.Series(["a", "b"]), objects([1], [2])):
        for other in (pd.Series([1, 2]), objects(None, None)):
            old = pd.DataFrame({"key": text, "x": [1, 2]})
            new = pd.DataFrame({"key": other, "x": [1, 2]})
            diff = compare(old, new, on=["key"])
            assert diff.removed == 2
            assert diff.repeated_keys_old == 0


def test_times_are_the_same_when_they_are_the_same_instant() -> None:
    utc = pd.Series(pd.to_datetime(["2013-07-01 12:00", "2013-07-01 13:00"]), dtype="M8[ns]")
    utc = utc.dt.tz_localize("UTC")
    berlin = utc.dt.tz_convert("Europe/Berlin")
    assert differences(utc, berlin) == [False, False]
    assert differences(utc, berlin.iloc[::-1].reset_index(drop=True)) == [True, True]
    east = datetime(2013, 7, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert differences(utc[:1], [east]) == [False]


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("other", ["s", "ms", "us", "ns", "objects"])
def test_times_of_another_unit_are_the_same_instant(
    unit: str, other: str, zone: str | None
) -> None:
    old = pd.Series([NOON, NOON, None], dtype=f"M8[{unit}]").dt.tz_localize(zone)
    later = NOON + timedelta(seconds=1)
    if other == "objects":
        tz = UTC if zone else None
        new = objects(NOON.replace(tzinfo=tz), later.replace(tzinfo=tz), None)
    else:
        new = pd.Series([NOON, later, None], dtype=f"M8[{other}]").dt.tz_localize(zone)
    assert differences(old, new) == [False, True, False]


def test_times_beyond_the_range_of_nanoseconds_are_compared() -> None:
    far, farther = datetime(9000, 1, 1), datetime(9000, 1, 1, 0, 0, 1)
    old = pd.Series([far, far], dtype="M8[us]")
    assert differences(old, pd.Series([far, farther], dtype="M8[s]")) == [False, True]
    assert differences(old, [far, farther]) == [False, True]
    # Multiplied by a thousand, these microseconds would wrap around to those nanoseconds.
    wrapping = np.array([2**62], dtype="int64")
    near = pd.Series((wrapping * 1000).view("M8[ns]"))
    assert differences(pd.Series(wrapping.view("M8[us]")), near) == [True]


def test_a_nanosecond_is_a_difference() -> None:
    old = pd.Series([pd.Timestamp("2013-07-01 12:00:00.000000001")])
    assert differences(old, pd.Series([NOON], dtype="M8[s]")) == [True]
    assert differences(old, [NOON]) == [True]
    assert differences(old, [old[0]]) == [False]


def test_a_time_without_a_zone_differs_from_one_with_a_zone() -> None:
    naive = pd.Series([NOON], dtype="M8[us]")
    assert differences(naive, naive.dt.tz_localize("UTC")) == [True]
    assert differences([NOON], [NOON.replace(tzinfo=UTC)]) == [True]


def test_a_date_is_its_midnight() -> None:
    midnight = pd.Series([datetime(2013, 7, 1), NOON], dtype="M8[ns]")
    days = [date(2013, 7, 1), date(2013, 7, 1)]
    assert differences(days, midnight) == [False, True]
    arrow = pd.Series(days, dtype=pd.ArrowDtype(pa.date32()))
    assert differences(arrow, midnight) == [False, True]
    assert differences(arrow, days) == [False, False]


def test_a_time_is_not_the_number_that_stores_it() -> None:
    times = pd.Series([NOON], dtype="M8[ns]")
    assert differences(times, times.astype("int64")) == [True]
    assert differences(pd.Series([NOON - datetime(1970, 1, 1)], dtype="m8[ns]"), times) == [True]


def test_durations_of_another_unit_are_the_same_length() -> None:
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    old = pd.Series([hour, hour, None], dtype="m8[s]")
    for new in (pd.Series([hour, minute, None], dtype="m8[ns]"), objects(hour, minute, None)):
        assert differences(old, new) == [False, True, False]
    assert differences(old[:1], [np.timedelta64(60, "m")]) == [False]


def test_nested_lists_tuples_and_arrays_are_compared_item_by_item() -> None:
    old = [[1, [2, NAN]], (1, 2), np.array([1.0, NAN]), [1, 2], [[1, 2]], []]
    new = [(1, (2, None)), np.array([1, 2]), [1, None], [2, 1], [1, 2], [None]]
    assert differences(old, new) == [False, False, False, True, True, True]
    assert differences([np.ones((2, 2))], [[[1, 1], [1, 1]]]) == [False]


def test_dicts_are_compared_in_any_order_and_a_missing_value_is_a_missing_key() -> None:
    old = [{"a": 1, "b": [2]}, {"a": 1}, {"a": 1}, {"a": 1}]
    new = [{"b": (2.0,), "a": 1}, {"a": 1, "b": None}, {"a": "1"}, {"b": 1}]
    assert differences(old, new) == [False, False, True, True]


def test_sets_are_compared_by_their_members() -> None:
    assert differences([{1, 2}, {1}], [frozenset({2.0, 1}), {2}]) == [False, True]


def test_values_that_cannot_be_hashed_are_compared_by_their_text() -> None:
    class Point:
        __hash__ = None  # type: ignore[assignment]

        def __init__(self, x: int) -> None:
            self.x = x

        def __repr__(self) -> str:
            return f"Point({self.x})"

    assert differences([Point(1), Point(1)], [Point(1), Point(2)]) == [False, True]


def test_arrow_storage_is_compared_like_any_other() -> None:
    def arrow(kind: Any, *cells: Any) -> pd.Series:
        return pd.Series(list(cells), dtype=pd.ArrowDtype(kind))

    assert differences(arrow(pa.int64(), 1, 2, None), pd.Series([1, 3, NAN])) == [0, 1, 0]
    assert differences(arrow(pa.uint8(), 1, 2, None), pd.Series([1, 3, NAN])) == [0, 1, 0]
    assert differences(arrow(pa.float32(), 0.5, 1, None), pd.Series([0.5, 3, NAN])) == [0, 1, 0]
    assert differences(arrow(pa.bool_(), True, None), [True, None]) == [0, 0]
    assert differences(arrow(pa.decimal128(5, 2), Decimal("1.5"), None), [1.5, None]) == [0, 0]
    times = arrow(pa.timestamp("ms", "UTC"), pd.Timestamp(NOON, tz="UTC"), None)
    assert differences(times, [NOON.replace(tzinfo=UTC), None]) == [0, 0]
    assert differences(arrow(pa.list_(pa.int64()), [1, 2], None), [[1, 2], None]) == [0, 0]
    assert differences(arrow(pa.binary(), b"a"), [b"a"]) == [0]
    words = arrow(pa.dictionary(pa.int8(), pa.string()), "a", None)
    assert differences(words, pd.Series(["a", "b"])) == [0, 1]


def test_sparse_columns_are_compared_by_their_cells() -> None:
    sparse = pd.Series(pd.arrays.SparseArray([0.0, 0.0, 1.0], fill_value=0.0))
    assert differences(sparse, pd.Series([0, 1, 1])) == [False, True, False]


def test_periods_intervals_and_complex_numbers_follow_their_own_equality() -> None:
    days, months = pd.Series(pd.period_range("2013-07", periods=2, freq="D")), pd.Series(
        pd.period_range("2013-07", periods=2, freq="M")
    )  # fmt: skip
    assert differences(days, days.astype(object)) == [False, False]
    assert differences(days, months) == [True, True]
    spans = pd.Series(pd.interval_range(0, 2))
    assert differences(spans, pd.Series(pd.interval_range(0.0, 2.0))) == [False, False]
    assert differences(pd.Series([1 + 0j, 1j]), pd.Series([1, 1])) == [False, True]


@pytest.mark.parametrize("cell", [np.int8(1), np.float32(1), np.bool_(True), np.longdouble(1)])
def test_numpy_scalars_in_objects_are_numbers(cell: Any) -> None:
    assert differences([cell], [1]) == [False]
    assert differences([cell], [2]) == [True]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a,b"], ["a", "b"]),
        (["1s", "a"], ["1", "sa"]),
        (["-"], [None]),
        ([["a"], "b"], [["a", "b"]]),
        ([{"a": "b"}], [["a", "b"]]),
        ([{"a": "b:c"}], [{"a:b": "c"}]),
        ("i1", 1),
        ("[]", []),
        (b"a", "61"),
        ("\ud800", "ed" + "a080"),
    ],
)
def test_spellings_do_not_run_into_each_other(one: Any, other: Any) -> None:
    assert spelled(one) != spelled(other)


def test_numbers_of_any_size_are_compared() -> None:
    huge = [10**5000, Decimal("1E+5000"), Decimal("1E+99999999"), Decimal("-1E+99999999")]
    assert differences(huge, huge[1:] + huge[:1]) == [False, True, True, True]


def test_comparing_changes_neither_column() -> None:
    old, new = pd.Series([1.0, NAN, -0.0]), pd.Series(["a", None, "c"])
    before = old.copy(), new.copy()
    differing(old, new)
    pd.testing.assert_series_equal(old, before[0])
    pd.testing.assert_series_equal(new, before[1])
