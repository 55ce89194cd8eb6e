"""Distributions before and after, and how far they have drifted."""

import json
import math
from bisect import bisect_right
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.compare.distributions import compare_distributions
from dsnb.compare.stability import Distribution, jensen_shannon, population_stability
from dsnb.tables.binning import bins_of
from dsnb.tables.database import open_database
from dsnb.tables.relations import FrameRelation
from tests.compare.messy import cells_of, columns, missing

counts = st.lists(st.integers(0, 50), min_size=1, max_size=8)


def compared(old: pd.Series, new: pd.Series, **bounds: int) -> Distribution | None:
    with open_database(10**9, "Comparing") as database:
        sides = [FrameRelation(pd.DataFrame({"a": side})) for side in (old, new)]
        found = compare_distributions(database, *sides, [(0, 0)], **bounds)
    return found[0] if found else None


def finite(cell: Any) -> bool:
    return not missing(cell) and math.isfinite(cell)


def binned(values: list[float], edges: tuple[Any, ...]) -> list[set[int]]:
    """Return the bins that may take each value: two of them where it lies on their very edge."""
    last = len(edges) - 2
    close = 1e-9 * (edges[-1] / 2 - edges[0] / 2)
    return [
        {
            min(max(bisect_right(edges, value + shift) - 1, 0), last)
            for shift in ((0,) if isinstance(edges[0], int) else (-close, 0, close))
        }
        for value in values
    ]


@given(st.data(), st.integers(0, 8), st.integers(0, 8))
def test_bins_hold_what_plain_counting_finds(data: st.DataObject, before: int, after: int) -> None:
    old, new = data.draw(columns(before)), data.draw(columns(after))
    found = compared(old, new)
    if found is None:
        return
    json.dumps(found.to_dict(), allow_nan=False)
    for side, column in enumerate((old, new)):
        cells = cells_of(column)
        assert found.rows[side] == len(cells)
        assert found.missing[side] == sum(map(missing, cells))
        counted = (found.before, found.after)[side]
        filled = len(cells) - found.missing[side] - found.infinite[side]
        assert sum(counted) + found.rest[side] == filled
        if found.kind == "numbers" and found.edges:
            values = [cell for cell in cells if finite(cell)]
            assert found.rest[side] == 0
            allowed = binned(values, found.edges)
            if all(len(places) == 1 for places in allowed):
                expected = Counter(min(places) for places in allowed)
                assert list(counted) == [expected[place] for place in range(len(counted))]
        if found.kind == "categories":
            expected = Counter(str(cell) for cell in cells if not missing(cell))
            assert list(counted) == [expected[text] for text in found.categories]


@given(st.data(), st.integers(1, 8))
def test_a_column_has_not_drifted_from_itself(data: st.DataObject, size: int) -> None:
    column = data.draw(columns(size))
    found = compared(column, column)
    assert found is not None
    assert (found.psi, found.jensen_shannon, found.drift) == (0, 0, "stable")


@given(counts, st.data())
def test_scores_follow_their_definition(before: list[int], data: st.DataObject) -> None:
    after = data.draw(st.lists(st.integers(0, 50), min_size=len(before), max_size=len(before)))
    filled = [pair for pair in zip(before, after, strict=True) if any(pair)]
    smooth = [[(count + 0.5) for count in side] for side in zip(*filled, strict=True)]
    shares = [[count / sum(side) for count in side] for side in smooth]
    expected = sum((q - p) * np.log(q / p) for p, q in zip(*shares, strict=True)) if filled else 0
    assert population_stability(before, after) == pytest.approx(float(expected), abs=1e-12)
    if not (sum(before) and sum(after)):
        return
    both = [np.array(side) / sum(side) for side in (before, after)]
    middle = (both[0] + both[1]) / 2

    def entropy(share: Any) -> float:
        return -sum(part * math.log2(part) for part in share if part)

    divergence = entropy(middle) - (entropy(both[0]) + entropy(both[1])) / 2
    assert jensen_shannon(before, after) == pytest.approx(divergence, abs=1e-12)
    assert jensen_shannon(before, after) == jensen_shannon(after, before)
    assert 0 <= jensen_shannon(before, after) <= 1


@given(
    st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=9),
)
def test_whole_numbers_fall_into_bins_of_whole_widths(numbers: list[int]) -> None:
    numbers.sort()
    bins = bins_of([numbers[0], numbers[-1], numbers[0], numbers[-1]], whole=True)
    edges = bins.edges
    assert edges[0] <= numbers[0] <= numbers[-1] < edges[-1]
    assert all(isinstance(edge, int) for edge in edges)
    assert len(edges) <= 21


def test_a_shift_of_a_long_column_is_called_so() -> None:
    random = np.random.default_rng(27)
    old = pd.Series(random.normal(0, 1, 5000))
    outcomes = [compared(old, old + shift) for shift in (0.05, 0.4, 3)]
    assert [found and found.drift for found in outcomes] == ["stable", "shifted", "drifted"]


def test_a_few_rows_prove_nothing() -> None:
    found = compared(pd.Series([1.5, 2.5, 9.5]), pd.Series([1.5, 3.5, 8.5]))
    assert found is not None
    assert found.psi is not None
    assert found.psi > 0.25
    assert found.drift == "unclear"


def test_missing_cells_drift_too() -> None:
    old = pd.Series([1.0] * 1000)
    new = pd.Series([1.0] * 600 + [None] * 400)
    found = compared(old, new)
    assert found is not None
    assert found.missing_share == (0, 0.4)
    assert found.drift == "drifted"


def test_a_value_far_off_does_not_hide_the_others() -> None:
    old = pd.Series([*range(1000), 10**12], dtype="int64")
    found = compared(old, old)
    assert found is not None
    assert sum(count > 0 for count in found.before) >= 8


def test_infinite_cells_are_a_bin_of_their_own() -> None:
    found = compared(pd.Series([1.0, np.inf, -np.inf]), pd.Series([1.0, 2.0, 3.0]))
    assert found is not None
    assert found.infinite == (2, 0)
    assert found.mean == (1.0, 2.0)


def test_the_whole_range_of_floats_has_bins() -> None:
    extremes = pd.Series([-1.7e308, 0.0, 1.7e308, 5e-324])
    found = compared(extremes, extremes)
    assert found is not None
    assert sum(found.before) == 4
    assert found.mean == (pytest.approx(0.0), pytest.approx(0.0))


def test_times_of_different_units_share_bins() -> None:
    old = pd.Series(pd.to_datetime(["2013-07-01", "9000-01-01"]).astype("datetime64[s]"))
    new = pd.Series(pd.to_datetime(["2013-07-01 00:00:00.5"]).astype("datetime64[us]"))
    found = compared(old, new)
    assert found is not None
    assert found.kind == "times"
    assert found.edges[0] == "2013-07-01T00:00:00"
    assert (sum(found.before), sum(found.after)) == (2, 1)


def test_whole_numbers_floats_and_decimals_go_together() -> None:
    found = compared(pd.Series([1, 2, 3]), pd.Series([Decimal("1.5"), Decimal(2), None]))
    assert found is None or found.kind == "presence"
    decimals = pd.Series(
        [Decimal("1.5"), Decimal("2.0"), None],
        dtype=pd.ArrowDtype(__import__("pyarrow").decimal128(9, 1)),
    )
    for other in (pd.Series([1.0, 2.5]), decimals):
        found = compared(pd.Series([1, 2, 3]), other)
        assert found is not None
        assert found.kind == "numbers"


@pytest.mark.parametrize(
    ("old", "new"),
    [([1, 2], ["a", "b"]), ([True, False], [1, 2]), (["2013"], [pd.Timestamp("2013")])],
)
def test_columns_of_another_kind_have_no_distribution(old: list[Any], new: list[Any]) -> None:
    assert compared(pd.Series(old), pd.Series(new)) is None


def test_texts_that_tell_rows_apart_are_only_counted() -> None:
    names = pd.Series([f"n{number}" for number in range(1000)])
    found = compared(names, names)
    assert found is not None
    assert (found.kind, found.categories) == ("presence", ())


def test_categories_of_both_sides_are_counted_exactly() -> None:
    old = pd.Series(["EWR"] * 3 + ["it's\0odd"] * 2 + [""])
    new = pd.Series(["JFK"] * 4 + ["EWR"])
    found = compared(old, new)
    assert found is not None
    before = dict(zip(found.categories, found.before, strict=True))
    after = dict(zip(found.categories, found.after, strict=True))
    assert before == {"EWR": 3, "it's\0odd": 2, "": 1, "JFK": 0}
    assert after == {"EWR": 1, "it's\0odd": 0, "": 0, "JFK": 4}


def test_a_long_table_is_sampled_and_says_so() -> None:
    random = np.random.default_rng(27)
    old = pd.Series(random.normal(0, 1, 20_000))
    found = compared(old, old, whole=5000, wanted=5000)
    assert found is not None
    assert found.sampled
    assert 4000 < found.rows[0] == found.rows[1] < 6000
    assert found.psi == 0


def test_an_empty_side_has_no_score() -> None:
    found = compared(pd.Series([], dtype="float64"), pd.Series([1.0]))
    assert found is not None
    assert (found.psi, found.jensen_shannon, found.drift) == (None, None, None)


def test_thousands_of_columns_are_compared_in_groups() -> None:
    frame = pd.DataFrame(np.arange(3000).reshape(3, 1000))
    with open_database(10**9, "Comparing") as database:
        sides = [FrameRelation(frame), FrameRelation(frame + 1)]
        found = compare_distributions(database, *sides, [(at, at) for at in range(1000)])
    assert [one.column for one in found] == [str(label) for label in range(1000)]
    assert all(sum(one.before) == sum(one.after) == 3 for one in found)
