from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dsnb.compare import keys
from dsnb.compare.keys import guess_key
from dsnb.compare.pair import TablePair
from dsnb.tables.database import open_database
from dsnb.tables.relations import FrameRelation


def guessed(old: pd.DataFrame, new: pd.DataFrame | None = None) -> tuple[str, ...]:
    pair = TablePair(FrameRelation(old), FrameRelation(old if new is None else new))
    with open_database(10**9, "Comparing") as database:
        return tuple(column.name for column in guess_key(database, pair, pair.shared))


def test_a_single_column_is_preferred_to_several() -> None:
    assert guessed(pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 1], "c": [1, 2, 3]})) == ("c",)


def test_earlier_columns_are_preferred() -> None:
    assert guessed(pd.DataFrame({"a": [1, 2], "b": [1, 2]})) == ("a",)


@pytest.mark.parametrize(
    "cells",
    [
        np.array([1.5, 2.5]),
        pd.array([1.5, 2.5], dtype="Float64"),
        pd.array([1.5, 2.5], dtype="double[pyarrow]"),
        pd.Categorical([1.5, 2.5]),
        np.array([1.5, "a"], dtype=object),
        np.array([1j, 2j]),
        pd.arrays.SparseArray([1.5, 2.5]),
    ],
)
def test_floats_are_never_guessed_however_they_are_stored(cells: Any) -> None:
    assert guessed(pd.DataFrame({"a": cells})) == ()
    assert guessed(pd.DataFrame({"a": cells, "b": [1, 2]})) == ("b",)


def test_a_column_that_is_float_on_one_side_is_not_guessed() -> None:
    old, new = pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1.0, 2.0]})
    assert guessed(old, new) == guessed(new, old) == ()


def test_nested_values_are_never_guessed() -> None:
    assert guessed(pd.DataFrame({"a": [[1], [2]], "b": [{"x": 1}, {"x": 2}]})) == ()


def test_decimals_and_missing_values_can_be_guessed() -> None:
    assert guessed(pd.DataFrame({"a": [Decimal(1), Decimal(2)]})) == ("a",)
    assert guessed(pd.DataFrame({"a": ["x", None]})) == ("a",)


def test_a_set_must_be_unique_in_both_tables() -> None:
    old, new = pd.DataFrame({"a": [1, 2], "b": [1, 2]}), pd.DataFrame({"a": [1, 1], "b": [1, 2]})
    assert guessed(old, new) == guessed(new, old) == ("b",)


def test_three_columns_are_guessed_and_four_are_not() -> None:
    bits = pd.DataFrame([(a, b, c, d) for a in (0, 1) for b in (0, 1) for c in (0, 1)
                         for d in (0, 1)], columns=list("abcd"))  # fmt: skip
    assert guessed(bits.query("d == 0")) == ("a", "b", "c")
    assert guessed(bits) == ()


def test_a_column_that_only_a_sample_finds_unique_is_not_guessed() -> None:
    numbers = np.arange(50_000)
    almost = numbers.copy()
    almost[-1] = 0
    assert guessed(pd.DataFrame({"almost": almost, "id": numbers})) == ("id",)
    pair = guessed(pd.DataFrame({"almost": almost, "weekday": numbers % 7}))
    assert pair == ("almost", "weekday")


def test_a_float_that_only_the_whole_column_shows_is_not_guessed() -> None:
    cells = pd.Series(range(50_000), dtype=object)
    cells[49_999] = 0.5
    assert guessed(pd.DataFrame({"a": cells})) == ()


def test_the_same_tables_give_the_same_guess() -> None:
    almost = np.arange(9_000)
    almost[-1] = 0
    rare = (np.arange(9_000) == 8_999).astype(int)  # whether a sample sees it is chance
    frame = pd.DataFrame({"almost": almost, "rare": rare})
    assert len({guessed(frame) for _ in range(30)}) == 1


def test_the_order_of_the_rows_does_not_change_the_guess() -> None:
    frame = pd.DataFrame({"a": np.arange(9_000) // 2, "b": np.arange(9_000) % 2})
    assert {guessed(frame.sample(frac=1, random_state=seed)) for seed in range(5)} == {("a", "b")}


def test_the_search_is_bounded_on_wide_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    is_unique = keys._is_unique

    def counting(*arguments: Any) -> bool:
        checked.append(arguments)
        return is_unique(*arguments)

    monkeypatch.setattr(keys, "_is_unique", counting)
    columns = {}
    for number in range(200):
        columns[f"c{number}"] = np.arange(20_000)
        columns[f"c{number}"][-1] = 0
    assert guessed(pd.DataFrame(columns)) == ()
    assert len(checked) <= keys.FULL_CHECKS
