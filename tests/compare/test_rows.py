from typing import Any

import numpy as np
import pandas as pd
import pytest

from dsnb.compare.result import CellChange
from dsnb.errors import ComparisonError, MissingColumnError

from .messy import compare

WEEK = pd.DataFrame(
    {
        "origin": ["EWR", "EWR", "JFK", "JFK"],
        "hour": [1, 2, 1, 2],
        "temp": [78.08, 77.0, 76.1, np.nan],
        "wind": [5, 6, 7, 8],
    }
)


def with_cell(row: int, column: str, value: Any, frame: pd.DataFrame = WEEK) -> pd.DataFrame:
    return frame.assign(
        **{column: [value if place == row else cell for place, cell in enumerate(frame[column])]}
    )


def test_changed_cells_are_given_old_then_new_with_their_key() -> None:
    diff = compare(WEEK, with_cell(0, "temp", 78.98), on=["origin", "hour"])
    assert diff.cells == (CellChange(("EWR", 1), "temp", 78.08, 78.98),)
    assert (diff.changed, diff.unchanged, diff.changed_by_column) == (1, 3, {"temp": 1})
    assert diff.compared == ("temp", "wind")


def test_missing_cells_are_given_as_none() -> None:
    diff = compare(WEEK, with_cell(3, "temp", 70.0), on=["origin", "hour"])
    assert diff.cells == (CellChange(("JFK", 2), "temp", None, 70.0),)


def test_rows_of_one_side_are_added_or_removed() -> None:
    diff = compare(WEEK[:3], WEEK[1:], on=["origin", "hour"])
    assert (diff.added, diff.removed, diff.changed, diff.unchanged) == (1, 1, 0, 2)
    pd.testing.assert_frame_equal(diff.in_full.rows("added"), WEEK[3:].reset_index(drop=True))
    pd.testing.assert_frame_equal(diff.in_full.rows("removed"), WEEK[:1])


def test_changed_rows_are_given_as_they_are_now() -> None:
    new = with_cell(2, "wind", 9)
    diff = compare(WEEK, new, on=["origin", "hour"])
    pd.testing.assert_frame_equal(diff.in_full.rows("changed"), new[2:3].reset_index(drop=True))


def test_the_order_of_rows_and_columns_is_irrelevant() -> None:
    turned = WEEK.iloc[::-1, ::-1]
    assert not compare(WEEK, turned, on=["origin", "hour"])
    assert not compare(WEEK, turned[["temp", "wind", "hour", "origin"]])


def test_a_column_of_one_side_changes_no_row_but_comes_with_added_ones() -> None:
    diff = compare(WEEK[:3], WEEK.assign(visib=10.0), on=["origin", "hour"])
    assert (diff.added, diff.changed, diff.unchanged) == (1, 0, 3)
    assert diff.in_full.rows("added")["visib"].tolist() == [10.0]


def test_an_ignored_column_changes_no_row() -> None:
    new = with_cell(0, "wind", 99)
    assert compare(WEEK, new, on=["origin", "hour"])
    diff = compare(WEEK, new, on=["origin", "hour"], ignore=["wind"])
    assert not diff
    assert diff.compared == ("temp",)


def test_an_ignored_column_stays_in_the_rows() -> None:
    diff = compare(WEEK[:3], WEEK, on=["origin", "hour"], ignore=["wind"])
    assert list(diff.in_full.rows("added")) == list(WEEK)


def test_the_asked_key_comes_before_the_versions_key_and_that_before_a_guess() -> None:
    asked = compare(WEEK, WEEK, on=["wind"], key=["origin", "hour"])
    assert (asked.key, asked.key_source) == (("wind",), "on")
    kept = compare(WEEK, WEEK, key=["origin", "hour"])
    assert (kept.key, kept.key_source) == (("origin", "hour"), "key")
    guessed = compare(WEEK, WEEK)
    assert (guessed.key, guessed.key_source) == (("wind",), "guessed")


def test_a_versions_key_that_one_side_lacks_gives_way_to_a_guess() -> None:
    diff = compare(WEEK, WEEK.drop(columns="hour"), key=["origin", "hour"])
    assert (diff.key, diff.key_source) == (("wind",), "guessed")
    diff = compare(WEEK, WEEK, key=["origin", "hour"], ignore=["hour"])
    assert diff.key == ("wind",)


def test_a_key_is_named_once_however_often_it_is_asked_for() -> None:
    assert compare(WEEK, WEEK, on=["wind", "wind"]).key == ("wind",)


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_key_that_one_side_lacks_is_refused_with_a_suggestion(side: str) -> None:
    lacking = WEEK.drop(columns="wind").assign(winds=1)
    tables = (lacking, WEEK) if side == "old" else (WEEK, lacking)
    with pytest.raises(MissingColumnError, match=f"The {side} table has no column wind.*winds"):
        compare(*tables, on=["wind"])


def test_a_key_that_is_ignored_as_well_is_refused() -> None:
    with pytest.raises(ComparisonError, match=r"hour.*--on.*--ignore"):
        compare(WEEK, WEEK, on=["origin", "hour"], ignore=["hour"])


def test_an_ignored_column_that_neither_side_has_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="Did you mean wind"):
        compare(WEEK, WEEK, ignore=["wnd"])
    assert compare(WEEK, WEEK.drop(columns="wind"), ignore=["wind"]).unchanged == 4


def test_without_a_key_repeated_rows_are_counted() -> None:
    old = pd.DataFrame({"temp": [1.0, 1.0, 1.0, 2.0]})
    new = pd.DataFrame({"temp": [1.0, 2.0, 2.0, 3.0]})
    diff = compare(old, new)
    assert (diff.key, diff.key_source) == ((), None)
    assert (diff.added, diff.removed, diff.changed, diff.unchanged) == (2, 2, 0, 2)
    assert diff.in_full.rows("added")["temp"].tolist() == [2.0, 3.0]
    assert diff.in_full.rows("removed")["temp"].tolist() == [1.0, 1.0]
    assert diff.in_full.cells().empty
    assert (diff.repeated_keys_old, diff.repeated_keys_new) == (0, 0)


def test_rows_of_a_repeated_key_are_compared_as_wholes_and_counted() -> None:
    old = pd.DataFrame({"id": [1, 1, 2, 3], "temp": [5, 6, 7, 8]})
    new = pd.DataFrame({"id": [3, 1, 1, 1, 2], "temp": [9, 6, 6, 5, 7]})
    diff = compare(old, new, on=["id"])
    assert (diff.added, diff.removed, diff.changed, diff.unchanged) == (1, 0, 1, 3)
    assert (diff.repeated_keys_old, diff.repeated_keys_new) == (1, 1)
    assert diff.in_full.rows("added").to_dict("list") == {"id": [1], "temp": [6]}


def test_a_changed_row_of_a_repeated_key_is_removed_and_added() -> None:
    old = pd.DataFrame({"id": [1, 1], "temp": [5, 6]})
    new = pd.DataFrame({"id": [1, 1], "temp": [5, 7]})
    diff = compare(old, new, on=["id"])
    assert (diff.added, diff.removed, diff.changed, diff.unchanged) == (1, 1, 0, 1)


def test_many_rows_of_one_key_are_not_multiplied() -> None:
    size = 200_000
    old = pd.DataFrame({"id": 1, "temp": np.arange(size)})
    diff = compare(old, old[::-1].assign(temp=old["temp"] + 1), on=["id"])
    assert (diff.added, diff.removed, diff.unchanged) == (1, 1, size - 1)


def test_a_missing_key_is_a_key() -> None:
    old = pd.DataFrame({"id": [1.0, np.nan], "temp": [5, 6]})
    new = pd.DataFrame({"id": [None, "1"], "temp": [7, 5]}, dtype=object)
    diff = compare(old, new, on=["id"])
    assert diff.cells == (CellChange((None,), "temp", 6, 7),)
    assert (diff.added, diff.removed) == (1, 1)


def test_keys_match_across_storages() -> None:
    old = pd.DataFrame({"id": [1, 2], "at": pd.Categorical(["a", "b"])})
    new = pd.DataFrame({"id": [2.0, 1.0], "at": ["b", "a"]})
    assert compare(old, new, on=["id", "at"]).unchanged == 2


def test_only_the_first_changed_rows_are_listed_in_the_order_of_the_new_table() -> None:
    old = pd.DataFrame({"id": [1, 2, 3], "a": 0, "b": 0})
    new = pd.DataFrame({"id": [3, 2, 1], "a": [1, 0, 1], "b": [1, 1, 1]})
    diff = compare(old, new, on=["id"], limit=2)
    assert [(cell.key, cell.column) for cell in diff.cells] == [
        ((3,), "a"), ((3,), "b"), ((2,), "b"),
    ]  # fmt: skip
    cells = diff.in_full.cells()
    assert cells.to_dict("list") == {
        "id": [3, 3, 2, 1, 1],
        "column": ["a", "b", "b", "a", "b"],
        "before": [0] * 5,
        "after": [1] * 5,
    }


def test_cells_of_different_types_keep_their_own_type() -> None:
    old = pd.DataFrame({"id": [1], "big": [2**60], "temp": [0.5], "name": ["a"]})
    new = pd.DataFrame({"id": [1], "big": [2**60 + 1], "temp": [1.5], "name": ["b"]})
    cells = compare(old, new, on=["id"]).in_full.cells()
    assert cells["after"].tolist() == [2**60 + 1, 1.5, "b"]


def test_nested_cells_are_given_as_lists() -> None:
    old = pd.DataFrame({"id": [1], "tags": [np.array([1, 2])]})
    new = pd.DataFrame({"id": [1], "tags": [np.array([1, 3])]})
    diff = compare(old, new, on=["id"])
    assert diff.cells == (CellChange((1,), "tags", [1, 2], [1, 3]),)
    assert diff.in_full.cells()["after"][0].tolist() == [1, 3]


def test_key_columns_named_like_ours_are_not_lost() -> None:
    old = pd.DataFrame({"column": [1], "before": [2], "x": [3]})
    cells = compare(old, old.assign(x=4), on=["column", "before"]).in_full.cells()
    assert cells.to_dict("list") == {
        "column": [1], "before": [2], "column_": ["x"], "before_": [3], "after": [4],
    }  # fmt: skip


@pytest.mark.parametrize("side", ["old", "new"])
def test_columns_of_the_same_name_are_refused_by_name(side: str) -> None:
    twice = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    once = pd.DataFrame({"a": [1], "b": [3]})
    tables = (twice, once) if side == "old" else (once, twice)
    with pytest.raises(ComparisonError, match=f"the {side} table has several columns named a,"):
        compare(*tables)
    assert not compare(*tables, ignore=["a"])


def test_labels_that_are_no_text_are_matched_by_their_text() -> None:
    old = pd.DataFrame({1: [1, 2], 2013: [5.0, 6.0]})
    new = pd.DataFrame({"2013": [5.0, 7.0], "1": [1, 2]})
    diff = compare(old, new, on=["1"])
    assert diff.cells == (CellChange((2,), "2013", 6.0, 7.0),)
    assert list(compare(old, new[:1], on=["1"]).in_full.rows("removed")) == [1, 2013]


def test_labels_of_the_same_text_are_refused() -> None:
    with pytest.raises(ComparisonError, match="named 1"):
        compare(pd.DataFrame({1: [1], "1": [2]}), pd.DataFrame({"1": [2]}))


def test_two_empty_tables_do_not_differ() -> None:
    for old in (pd.DataFrame(), WEEK[:0]):
        for new in (pd.DataFrame(), WEEK[:0]):
            diff = compare(old, new)
            assert not diff
            assert diff.unchanged == 0


def test_every_row_is_added_to_an_empty_table() -> None:
    assert compare(WEEK[:0], WEEK).added == 4
    assert compare(WEEK, WEEK[:0], on=["origin", "hour"]).removed == 4
    assert compare(pd.DataFrame(), WEEK).added == 4
    assert compare(WEEK, pd.DataFrame()).removed == 4


def test_tables_without_a_common_column_are_refused() -> None:
    with pytest.raises(ComparisonError, match="no column in common"):
        compare(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))
    with pytest.raises(ComparisonError, match="that is not ignored"):
        compare(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}), ignore=["a"])


def test_a_named_index_is_a_key_like_any_column() -> None:
    indexed = WEEK.set_index(["origin", "hour"])
    changed = with_cell(0, "wind", 9).set_index(["origin", "hour"])[::-1]
    diff = compare(indexed, changed, on=["origin", "hour"])
    assert diff.cells == (CellChange(("EWR", 1), "wind", 5, 9),)
    assert not compare(indexed, WEEK, on=["origin", "hour"])


def test_an_index_is_guessed_before_the_columns() -> None:
    old = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["a", "b"], name="id"))
    diff = compare(old, old.assign(n=[2, 3]))
    assert (diff.key, diff.changed) == (("id",), 2)


def test_filtered_rows_are_compared_without_their_row_numbers() -> None:
    diff = compare(WEEK, WEEK[WEEK["origin"] == "JFK"])
    assert (diff.removed, diff.unchanged) == (2, 2)


def test_the_tables_are_left_alone_and_later_edits_do_not_reach_the_result() -> None:
    old, new = WEEK.copy(), with_cell(0, "wind", 9)
    before = old.copy(), new.copy()
    diff = compare(old, new, on=["origin", "hour"])
    pd.testing.assert_frame_equal(old, before[0])
    pd.testing.assert_frame_equal(new, before[1])
    old["wind"] = 0
    new.loc[0, "wind"] = 0
    assert diff.in_full.cells()["before"].tolist() == [5]
    assert diff.in_full.rows("changed")["wind"].tolist() == [9]


def test_editing_the_rows_that_were_given_does_not_reach_the_result() -> None:
    diff = compare(WEEK[:3], WEEK, on=["origin", "hour"])
    given = diff.in_full.rows("added")
    given["wind"] = 0
    assert diff.in_full.rows("added")["wind"].tolist() == [8]


def test_a_thousand_columns_are_compared_column_by_column() -> None:
    wide = pd.DataFrame(np.arange(300_000).reshape(300, 1000) % 7)
    new = wide.copy()
    new.iloc[5, 999] += 1
    diff = compare(wide.assign(id=range(300)), new.assign(id=range(300)))
    assert (diff.key, diff.changed_by_column) == (("id",), {"999": 1})
    whole = compare(wide, new, ignore=[])
    assert (whole.added, whole.removed) == (1, 1)
