import numpy as np
import pandas as pd
import pytest

from dsnb.compare.result import RowsDiff

from .messy import compare

OLD = pd.DataFrame(
    {
        "id": range(50),
        "wind": np.arange(50) % 7,
        "temp": np.arange(50) * 1.5,
        "origin": ["EWR", "JFK"] * 25,
    }
)


def renamed(diff: RowsDiff) -> list[tuple[str, str]]:
    return [(one.before, one.after) for one in diff.renamed]


@pytest.mark.parametrize("on", [["id"], None])
def test_a_column_with_the_same_content_under_another_name_was_renamed(
    on: list[str] | None,
) -> None:
    diff = compare(OLD, OLD.rename(columns={"wind": "gust", "temp": "temperature"}), on=on)
    assert renamed(diff) == [("wind", "gust"), ("temp", "temperature")]
    assert diff.unchanged == 50
    assert not diff


def test_cells_of_a_renamed_column_are_compared_under_its_new_name() -> None:
    new = OLD.rename(columns={"wind": "gust"})
    new.loc[3, "gust"] = 99
    diff = compare(OLD, new, on=["id"])
    assert renamed(diff) == [("wind", "gust")]
    assert diff.changed_by_column == {"gust": 1}
    [cell] = diff.cells
    assert (cell.column, cell.before, cell.after) == ("gust", 3, 99)
    assert list(diff.in_full.cells()["before"]) == [3]


def test_without_a_key_a_renamed_column_is_found_in_any_order() -> None:
    old = pd.DataFrame({"x": [1.5, 2.5, 2.5], "y": [1.0, 1.0, 2.0]})
    new = old.rename(columns={"y": "z"}).iloc[[2, 0, 1]]
    diff = compare(old, new)
    assert renamed(diff) == [("y", "z")]
    assert not diff


def test_a_column_of_other_content_was_not_renamed() -> None:
    new = OLD.drop(columns="wind").assign(gust=(np.arange(50) * 3) % 7)
    assert renamed(compare(OLD, new, on=["id"])) == []


def test_columns_that_never_vary_are_not_taken_for_each_other() -> None:
    old, new = OLD.assign(flag=1), OLD.assign(mark=1)
    assert renamed(compare(old, new, on=["id"])) == []


def test_when_several_columns_could_be_meant_none_was_renamed() -> None:
    new = OLD.rename(columns={"wind": "gust"}).assign(other=OLD["wind"])
    assert renamed(compare(OLD, new, on=["id"])) == []


def test_an_ignored_column_was_not_renamed() -> None:
    new = OLD.rename(columns={"wind": "gust"})
    assert renamed(compare(OLD, new, on=["id"], ignore=["wind"])) == []


def test_a_column_of_another_type_was_not_renamed() -> None:
    new = OLD.drop(columns="wind").assign(gust=OLD["wind"].astype(str))
    assert renamed(compare(OLD, new, on=["id"])) == []
