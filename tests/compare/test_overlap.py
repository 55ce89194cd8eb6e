"""Rows that two tables share, against plain loops."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsnb
from dsnb.compare.overlap import SHOWN, Overlap, find_overlap
from dsnb.errors import ComparisonError, MissingColumnError
from dsnb.tables.relations import FrameRelation, relation_of_files
from tests.compare.messy import cells_of, columns, missing, same
from tests.workbench import write


def overlap(first: pd.DataFrame, second: pd.DataFrame, *on: str) -> Overlap:
    return find_overlap(FrameRelation(first), FrameRelation(second), on)


def in_both(first: pd.DataFrame, second: pd.DataFrame, on: list[str]) -> list[int]:
    """Return the places of the rows of one table that have an equal in another."""
    one, other = (
        [list(row) for row in zip(*(cells_of(table[name]) for name in on), strict=True)]
        for table in (first, second)
    )
    return [
        place
        for place, row in enumerate(one)
        if not all(map(missing, row))
        and any(all(same(a, b) for a, b in zip(row, found, strict=True)) for found in other)
    ]


@given(st.data(), st.integers(0, 7), st.integers(0, 7), st.booleans())
def test_it_finds_what_plain_loops_find(
    data: st.DataObject, rows: int, others: int, by_one: bool
) -> None:
    first, second = (
        pd.DataFrame({"a": data.draw(columns(size)), "b": data.draw(columns(size))})
        for size in (rows, others)
    )
    on = ["a"] if by_one else ["a", "b"]
    found = overlap(first, second, *on)
    places, others_places = in_both(first, second, on), in_both(second, first, on)
    assert (found.rows_first, found.rows_second) == (len(places), len(others_places))
    assert bool(found) == bool(places)
    pd.testing.assert_frame_equal(found.rows, first.iloc[places].reset_index(drop=True))


def test_repeated_rows_are_one_that_is_shared() -> None:
    first = pd.DataFrame({"id": [1, 1, 2, 3]})
    found = overlap(first, pd.DataFrame({"id": [1, 3, 3, 3, 9]}))
    assert (found.shared, found.rows_first, found.rows_second) == (2, 3, 4)


def test_rows_without_a_key_are_the_same_as_nothing() -> None:
    first = pd.DataFrame({"id": [1, None], "x": [1, 2]})
    found = overlap(first, first, "id")
    assert (found.shared, found.missing) == (1, 2)
    assert overlap(first, first).shared == 2


def test_whole_numbers_and_floats_of_equal_value_are_the_same() -> None:
    found = overlap(pd.DataFrame({"id": [1, 2]}), pd.DataFrame({"id": [2.0, 2.5]}))
    assert found.shared == 1


def test_columns_of_one_side_alone_do_not_count() -> None:
    found = overlap(pd.DataFrame({"id": [1], "x": [1]}), pd.DataFrame({"id": [1], "y": [2]}))
    assert found.on == ("id",)
    assert found.shared == 1


def test_what_cannot_be_looked_at_is_refused() -> None:
    frame = pd.DataFrame({"id": [1]})
    with pytest.raises(MissingColumnError, match="no column ident"):
        overlap(frame, frame, "ident")
    with pytest.raises(ComparisonError, match="no column in common"):
        overlap(frame, pd.DataFrame({"x": [1]}))
    twice = pd.DataFrame([[1, 2, 3]], columns=["id", "id", "x"])
    with pytest.raises(ComparisonError, match="several columns named id"):
        overlap(twice, twice)
    assert overlap(twice, twice, "x").shared == 1


def test_of_many_shared_rows_the_first_are_given_back(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": range(3 * SHOWN), "x": 0.5})
    path = str(tmp_path / "a.parquet")
    frame.to_parquet(path)

    def unread() -> Any:
        raise AssertionError("a Parquet file is scanned, not loaded")

    found = find_overlap(
        relation_of_files([path], "parquet", unread), FrameRelation(frame.iloc[::-1]), ["id"]
    )
    assert found.shared == 3 * SHOWN
    pd.testing.assert_frame_equal(found.rows, frame.head(SHOWN))


def test_versions_are_compared_as_they_were_registered() -> None:
    dsnb.register("train", write("train.csv", "id,x\n1,a\n2,b\n3,c\n"))
    dsnb.register("test", write("test.csv", "id,x\n3,z\n4,d\n"))
    found = dsnb.overlap("train@1", "test@1", on=["id"])
    assert found.to_dict()["rows"] == [{"id": 3, "x": "c"}]
    assert "train@1 and test@1 share 1 row (by id)" in str(found)
    assert "1 of 2 rows of test@1 (50.00%)" in str(found)
    assert not dsnb.overlap("train", "test")
    write("test.csv", "id,x\n9,z\n")
    assert dsnb.overlap("train", "test", on=["id"]).shared == 1
    dsnb.register("pictures", write("a.txt", "x"))
    with pytest.raises(ComparisonError, match="no table"):
        dsnb.overlap("train", "pictures")
