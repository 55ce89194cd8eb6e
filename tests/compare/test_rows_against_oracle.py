import math
import tempfile
from functools import cache
from itertools import combinations, cycle, islice, product

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dsnb.compare.keys import guess_key
from dsnb.compare.options import Options, Tolerance
from dsnb.compare.pair import TablePair
from dsnb.compare.result import RowsDiff
from dsnb.compare.rows import compare_rows
from dsnb.tables.database import open_database
from dsnb.tables.relations import FrameRelation, relation_of_files

from .messy import (
    NAN,
    POOLS,
    cells_of,
    column,
    columns,
    compare,
    differing,
    differing_columns,
    equal_rows,
    frames,
    left_over,
    plain_diff,
    rows_of,
    same,
)

numbers = st.sampled_from(
    [0.0, 1.0, 1.05, 1.5, -1.0, 100.0, 109.0, 1e300, NAN, math.inf, -math.inf]
)
thorough = settings(max_examples=120, deadline=None)


def counted(diff: RowsDiff) -> dict[str, object]:
    return {
        "added": diff.added,
        "removed": diff.removed,
        "changed": diff.changed,
        "unchanged": diff.unchanged,
        "repeated": [diff.repeated_keys_old, diff.repeated_keys_new],
        "changed_by_column": dict(diff.changed_by_column),
    }


Columns = dict[str, pd.Series]


@cache
def every_pair(old: str) -> tuple[Columns, Columns, dict[str, list[bool]]]:
    """Compare the cells of a storage with all of every other, which are beside them in a column."""
    left, columns_old, columns_new = POOLS[old][1], {}, {}
    rows = len(left) * max(len(right) for _, right in POOLS.values())
    for new, (_, right) in POOLS.items():
        # Columns of a frame are equally long, so the pairs of the shorter ones come again.
        pairs = list(islice(cycle(product(left, right)), rows))
        columns_old[new] = column(old, [one for one, _ in pairs])
        columns_new[new] = column(new, [other for _, other in pairs])
    return columns_old, columns_new, differing_columns(columns_old, columns_new)


@pytest.mark.parametrize("new", sorted(POOLS))
@pytest.mark.parametrize("old", sorted(POOLS))
def test_every_cell_is_compared_with_every_other_as_the_plain_rule_says(old: str, new: str) -> None:
    before, after, found = every_pair(old)
    expected = [
        not same(one, two)
        for one, two in zip(cells_of(before[new]), cells_of(after[new]), strict=True)
    ]
    assert found[new] == expected


@thorough
@given(st.integers(0, 6).flatmap(lambda size: st.tuples(columns(size), columns(size))))
def test_cells_of_any_two_storages_are_compared_as_the_plain_rule_says(
    pair: tuple[pd.Series, pd.Series],
) -> None:
    old, new = pair
    expected = [
        not same(before, after) for before, after in zip(cells_of(old), cells_of(new), strict=True)
    ]
    assert differing(old, new) == expected


@thorough
@given(frames(), frames(), st.sampled_from(["a", "b", "ab", "ba", "abc"]))
def test_keyed_rows_are_counted_as_the_plain_rule_says(
    old: pd.DataFrame, new: pd.DataFrame, key: str
) -> None:
    names = [name for name in "abc" if name not in key]
    expected = plain_diff(rows_of(old), rows_of(new), list(key), names)
    assert counted(compare(old, new, on=list(key))) == expected


@st.composite
def edited(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw a frame and what became of it: rows dropped, repeated and shuffled, cells replaced."""
    old = draw(frames(largest=8))
    places = draw(st.lists(st.integers(0, max(len(old) - 1, 0)), max_size=9 if len(old) else 0))
    new = old.iloc[places].reset_index(drop=True)
    if draw(st.booleans()):
        new = new.assign(c=draw(columns(len(new))))
    return old, new


@thorough
@given(edited(), st.sampled_from(["a", "ab"]))
def test_edited_tables_are_counted_as_the_plain_rule_says(
    pair: tuple[pd.DataFrame, pd.DataFrame], key: str
) -> None:
    old, new = pair
    names = [name for name in "abc" if name not in key]
    expected = plain_diff(rows_of(old), rows_of(new), list(key), names)
    assert counted(compare(old, new, on=list(key))) == expected


@thorough
@given(edited())
def test_rows_without_a_key_are_counted_as_the_plain_rule_says(
    pair: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    old, new = pair
    diff = compare(old, new)
    key, names = list(diff.key), [name for name in "abc" if name not in diff.key]
    assert counted(diff) == plain_diff(rows_of(old), rows_of(new), key, names)


@thorough
@given(edited(), st.sampled_from([["a"], ["a", "b"], None]))
def test_the_old_rows_with_the_differences_applied_are_the_new_rows(
    pair: tuple[pd.DataFrame, pd.DataFrame], on: list[str] | None
) -> None:
    old, new = pair
    diff = compare(old, new, on=on)
    names = list("abc")
    rows = left_over(rows_of(old), rows_of(diff.in_full.rows("removed")), names)
    for cell in rows_of(diff.in_full.cells()):
        (row,) = [row for row in rows if equal_rows(row, cell, list(diff.key))]
        assert same(row[cell["column"]], cell["before"])
        assert not same(cell["before"], cell["after"])
        row[cell["column"]] = cell["after"]
    rows += rows_of(diff.in_full.rows("added"))
    assert len(rows) == len(new)
    assert left_over(rows_of(new), rows, names) == []


@thorough
@given(frames())
def test_a_table_does_not_differ_from_its_own_rows_and_columns_in_another_order(
    frame: pd.DataFrame,
) -> None:
    turned = frame.iloc[::-1, ::-1]
    diff = compare(frame, turned)
    assert not diff
    assert diff.unchanged == len(frame)


@thorough
@given(frames(), frames())
def test_swapping_the_tables_swaps_added_and_removed(old: pd.DataFrame, new: pd.DataFrame) -> None:
    forth, back = compare(old, new, on=["a"]), compare(new, old, on=["a"])
    assert (forth.added, forth.removed) == (back.removed, back.added)
    assert (forth.changed, forth.unchanged) == (back.changed, back.unchanged)
    assert dict(forth.changed_by_column) == dict(back.changed_by_column)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_guessed_key_is_the_first_smallest_set_that_is_unique_in_both(
    data: st.DataObject,
) -> None:
    def drawn() -> pd.DataFrame:
        rows = data.draw(st.lists(st.tuples(*[st.integers(0, 2)] * 5), max_size=8))
        return pd.DataFrame(rows, columns=list("vwxyz")).astype({"w": "float64", "x": "string"})

    old, new = drawn(), drawn()
    expected: tuple[str, ...] = ()
    if len(old) or len(new):
        for size in (3, 2, 1):
            for names in reversed(list(combinations("vxyz", size))):
                if not any(frame.duplicated(list(names)).any() for frame in (old, new)):
                    expected = names
    pair = TablePair(FrameRelation(old), FrameRelation(new))
    with open_database(10**9, "Comparing") as database:
        guessed = guess_key(database, pair, pair.shared)
    assert tuple(column.name for column in guessed) == expected


@pytest.mark.parametrize("limit", [0, 1, 2, 99])
@given(frames(names="kab", largest=5), frames(names="kab", largest=5))
@settings(max_examples=25, deadline=None)
def test_the_first_cells_are_the_beginning_of_all_cells(
    limit: int, old: pd.DataFrame, new: pd.DataFrame
) -> None:
    old, new = old.assign(k=range(len(old))), new.assign(k=range(len(new)))
    diff = compare(old, new, on=["k"], limit=limit)
    every = rows_of(diff.in_full.cells())
    assert len(every) == sum(diff.changed_by_column.values())
    keys = list(dict.fromkeys(cell["k"] for cell in every))[:limit]
    first = [cell for cell in every if cell["k"] in keys]
    assert [(cell.key[0], cell.column) for cell in diff.cells] == [
        (cell["k"], cell["column"]) for cell in first
    ]


@thorough
@given(edited(), st.sampled_from([["a"], ["a", "b"], None]))
def test_files_are_compared_as_the_tables_that_they_hold(
    pair: tuple[pd.DataFrame, pd.DataFrame], on: list[str] | None
) -> None:
    relations, loaded = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, frame in enumerate(pair):
            path = f"{folder}/{number}.parquet"
            try:
                frame.to_parquet(path, row_group_size=2)
            except (pa.ArrowException, ValueError):
                assume(False)  # Parquet does not hold everything that a frame can
            loaded.append(pd.read_parquet(path))
            relations.append(relation_of_files([path], "parquet", pd.DataFrame))
        diff, plain = compare_rows(*relations, options=Options(on=on)), compare(*loaded, on=on)
        assert counted(diff) == counted(plain)
        for kind in ("added", "removed", "changed"):
            wanted = plain.in_full.rows(kind)
            found = diff.in_full.rows(kind)
            assert left_over(rows_of(found), rows_of(wanted), list("abc")) == []
            assert len(found) == len(wanted)


@thorough
@given(
    st.lists(st.tuples(numbers, numbers), max_size=8),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.1, 1.0]),
)
def test_numbers_within_their_tolerance_are_the_same(
    cells: list[tuple[float, float]], absolute: float, relative: float
) -> None:
    def close(old: float, new: float) -> bool:
        if same(old, new):
            return True
        if not (math.isfinite(old) and math.isfinite(new)):
            return False
        return abs(new - old) <= max(absolute, relative * max(abs(old), abs(new)))

    old, new = (
        pd.DataFrame({"id": range(len(cells)), "x": [pair[side] for pair in cells]})
        for side in (0, 1)
    )
    tolerance = {"x": Tolerance(absolute, relative)}
    diff = compare(old, new, on=["id"], tolerance=tolerance, limit=99)
    expected = [place for place, (one, other) in enumerate(cells) if not close(one, other)]
    assert [cell.key[0] for cell in diff.cells] == expected
    assert (diff.changed, diff.unchanged) == (len(expected), len(cells) - len(expected))
    assert len(diff.in_full.cells()) == len(expected)
