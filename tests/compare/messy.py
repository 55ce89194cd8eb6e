"""Small messy columns, and comparisons so plain that they are obviously right."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from dsnb.compare.options import Options
from dsnb.compare.result import RowsDiff
from dsnb.compare.rows import compare_frames

NAN = float("nan")
NOON = datetime(2013, 7, 1, 12)
BIG = 2**53

POOLS: dict[str, tuple[Any, list[Any]]] = {
    "int64": ("int64", [0, 1, 2, -1, BIG, BIG + 1]),
    "uint64": ("uint64", [0, 1, 2**63, 2**64 - 1]),
    "Int64": ("Int64", [0, 1, None, BIG + 1]),
    "float64": ("float64", [0.0, -0.0, 1.0, 0.5, float(BIG), 2.0**63, 1e300, NAN, np.inf, -np.inf]),
    "float32": ("float32", [0.0, 1.0, 0.5, 0.1, NAN]),
    "Float64": ("Float64", [0.0, 1.0, 0.1, None]),
    "bool": ("bool", [True, False]),
    "boolean": ("boolean", [True, False, None]),
    "text": ("string", ["a", "b", "1", "", None]),
    "text objects": ("object", ["a", "b", "1", None, NAN]),
    "text categories": ("category", ["a", "b", "1", None]),
    "number categories": ("category", [0, 1, 2, None]),
    "numbers in pieces": ("object", [1, 1.0, True, Decimal(1), Decimal("0.1"), 0.1, BIG + 1, None]),
    "anything": (
        "object",
        [1, "1", "a", None, pd.NA, pd.NaT, NAN, b"1", [1, 2], (1, 2), [1, None], [1, NAN],
         {"a": 1}, {"a": 1.0, "b": None}, date(2013, 7, 1), NOON, pd.Timestamp(NOON, tz="UTC")],
    ),
    "seconds": ("datetime64[s]", [NOON, datetime(2013, 7, 1), datetime(9000, 1, 1), None]),
    "nanoseconds": ("datetime64[ns]", [NOON, pd.Timestamp("2013-07-01 12:00:00.000000001"), None]),
    "microseconds": ("datetime64[us]", [NOON, datetime(9000, 1, 1), None]),
    "UTC": ("datetime64[us, UTC]", [NOON.replace(tzinfo=UTC), None]),
    "Berlin": ("datetime64[ns, Europe/Berlin]", [NOON.replace(tzinfo=UTC), None]),
}  # fmt: skip


def column(storage: str, cells: list[Any]) -> pd.Series:
    """Return the cells, stored in this way."""
    dtype, _ = POOLS[storage]
    if dtype == "object":
        stored = np.empty(len(cells), dtype=object)
        for place, cell in enumerate(cells):
            stored[place] = cell
        return pd.Series(stored, dtype=object)
    return pd.Series(cells, dtype=dtype)


def cells_of(stored: pd.Series) -> list[Any]:
    """Return what a column holds, as Python values."""
    cells = stored.astype(object)
    return [cell.tolist() if isinstance(cell, np.ndarray) else cell for cell in cells]


@st.composite
def columns(draw: st.DrawFn, size: int) -> pd.Series:
    """Draw a column of any storage."""
    storage = draw(st.sampled_from(sorted(POOLS)))
    pool = st.sampled_from(POOLS[storage][1])
    return column(storage, draw(st.lists(pool, min_size=size, max_size=size)))


@st.composite
def frames(draw: st.DrawFn, names: str = "abc", largest: int = 6) -> pd.DataFrame:
    """Draw a frame whose columns are of any storage and in any order."""
    size = draw(st.integers(0, largest))
    order = draw(st.permutations(list(names)))
    return pd.DataFrame({name: draw(columns(size)) for name in order})


def missing(cell: Any) -> bool:
    """Tell whether a cell is missing."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return isinstance(cell, float) and cell != cell


def same(old: Any, new: Any) -> bool:
    """Tell whether two cells are the same, case by case."""
    if missing(old) or missing(new):
        return missing(old) and missing(new)
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return all(same(old.get(name), new.get(name)) for name in {*old, *new})
    if isinstance(old, date) and isinstance(new, date):
        old, new = pd.Timestamp(old), pd.Timestamp(new)
        return (old.tzinfo is None) == (new.tzinfo is None) and old == new
    for kind in (str, bytes, date, list | tuple, dict):
        if isinstance(old, kind) or isinstance(new, kind):
            return isinstance(old, kind) and isinstance(new, kind) and old == new
    return bool(old == new)


Row = dict[str, Any]


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame as dicts."""
    cells = {name: cells_of(frame[name]) for name in frame.columns}
    return [{name: cells[name][place] for name in cells} for place in range(len(frame))]


def equal_rows(old: Row, new: Row, names: list[str]) -> bool:
    """Tell whether two rows are the same in these columns."""
    return all(same(old[name], new[name]) for name in names)


def left_over(these: list[Row], those: list[Row], names: list[str]) -> list[Row]:
    """Return these rows without those: each of those takes one equal row away."""
    rest = list(these)
    for row in those:
        for place, other in enumerate(rest):
            if equal_rows(other, row, names):
                del rest[place]
                break
    return rest


def plain_diff(old: list[Row], new: list[Row], key: list[str], names: list[str]) -> dict[str, Any]:
    """Count added, removed, changed and unchanged rows and changed cells with nothing but loops."""
    counts = {"added": 0, "removed": 0, "changed": 0, "unchanged": 0}
    changed_by_column = dict.fromkeys(names, 0)
    repeated = [0, 0]
    keys: list[Row] = []
    for row in [*old, *new]:
        if not any(equal_rows(row, known, key) for known in keys):
            keys.append(row)
    for known in keys:
        before = [row for row in old if equal_rows(row, known, key)]
        after = [row for row in new if equal_rows(row, known, key)]
        repeated[0] += len(before) > 1
        repeated[1] += len(after) > 1
        if len(before) == len(after) == 1:
            cells = [name for name in names if not same(before[0][name], after[0][name])]
            counts["changed" if cells else "unchanged"] += 1
            for name in cells:
                changed_by_column[name] += 1
            continue
        removed = left_over(before, after, [*key, *names])
        counts["removed"] += len(removed)
        counts["added"] += len(left_over(after, before, [*key, *names]))
        counts["unchanged"] += len(before) - len(removed)
    return {
        **counts,
        "repeated": repeated if key else [0, 0],
        "changed_by_column": {name: count for name, count in changed_by_column.items() if count},
    }


def compare(
    old: pd.DataFrame,
    new: pd.DataFrame,
    *,
    on: Sequence[str] | None = None,
    key: Sequence[str] = (),
    limit: int = 10,
    **asked: Any,
) -> RowsDiff:
    """Compare two frames."""
    return compare_frames(old, new, key, Options(on=on, rows=limit, **asked))


def differing(old: pd.Series, new: pd.Series) -> list[bool]:
    """Return where two columns differ, cell by cell."""
    return differing_columns({"cells": old}, {"cells": new})["cells"]


def differing_columns(
    old: Mapping[str, pd.Series], new: Mapping[str, pd.Series]
) -> dict[str, list[bool]]:
    """Return where columns of one length differ, each from the one of its name, cell by cell."""
    before, after = (
        pd.DataFrame({name: cells.reset_index(drop=True) for name, cells in side.items()})
        for side in (old, new)
    )
    places = range(len(before))
    diff = compare(
        before.assign(place=places), after.assign(place=places), on=["place"], limit=len(places)
    )
    changed = {(cell.column, cell.key[0]) for cell in diff.cells}
    return {name: [(name, place) in changed for place in places] for name in old}
