"""Columns of two tables: added, removed, retyped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsnb.compare.result import Retyped, SchemaDiff
from dsnb.records import Column

if TYPE_CHECKING:
    import pandas as pd


def compare_columns(old: Sequence[Column], new: Sequence[Column]) -> SchemaDiff:
    """Compare two lists of columns by name.

    Where a name occurs more than once, its first occurrences are matched with each other, then
    its second ones, and so on.

    Parameters
    ----------
    old, new
        The columns, in the order of their tables.

    Examples
    --------
    >>> diff = compare_columns(
    ...     [Column("id", "int64"), Column("temp", "int64")],
    ...     [Column("id", "int64"), Column("temp", "float64"), Column("wind", "float64")],
    ... )
    >>> diff.added
    (Column(name='wind', type='float64'),)
    >>> diff.retyped
    (Retyped(name='temp', before='int64', after='float64'),)
    """
    before, after = _by_name(old), _by_name(new)
    shared = [place for place in after if place in before]
    retyped = tuple(
        Retyped(place[0], before[place].type, after[place].type)
        for place in shared
        if before[place].type != after[place].type
    )
    return SchemaDiff(
        added=tuple(column for place, column in after.items() if place not in before),
        removed=tuple(column for place, column in before.items() if place not in after),
        retyped=retyped,
        unchanged=len(shared) - len(retyped),
        reordered=shared != [place for place in before if place in after],
    )


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns of a frame, with its index where that holds data.

    Labels that are no strings are named by their text, as they would be in a file.

    Parameters
    ----------
    frame
        Any frame; see `with_index_as_columns` for what becomes of its index.

    Examples
    --------
    >>> import pandas as pd
    >>> columns_of(pd.DataFrame({"temp": [78.1], 2013: [7]}))
    (Column(name='temp', type='float64'), Column(name='2013', type='int64'))
    """
    flat = with_index_as_columns(frame)
    return tuple(
        Column(str(label), str(dtype))
        for label, dtype in zip(flat.columns, flat.dtypes, strict=True)
    )


def with_index_as_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its index turned into leading columns, where the index holds data.

    An unnamed index of integers numbers the rows: filtering, sorting and concatenating leave one
    behind, files never hold it, and it is dropped. Any other index becomes columns: one for each
    level, named as the level, else ``index`` (one level) or ``level_0``, ``level_1`` …. A level
    that merely repeats a column of its own name is dropped.

    Parameters
    ----------
    frame
        Any frame. It is not changed.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"temp": [78.1, 78.9]}, index=pd.Index(["EWR", "JFK"], name="origin"))
    >>> list(with_index_as_columns(frame))
    ['origin', 'temp']
    >>> list(with_index_as_columns(frame.reset_index(drop=True)[1:]))
    ['temp']
    """
    import pandas as pd

    index = frame.index
    flat = frame.reset_index(drop=True)
    if _numbers_rows(index):
        return flat
    levels = []
    for position in range(index.nlevels):
        values = index.get_level_values(position)
        label = values.name
        if label is None:
            label = "index" if index.nlevels == 1 else f"level_{position}"
        elif label in frame.columns and _repeats(values, frame[label]):
            continue
        levels.append((label, values))
    for label, values in reversed(levels):
        flat.insert(0, label, pd.Series(values), allow_duplicates=True)
    return flat


def _numbers_rows(index: pd.Index) -> bool:
    import pandas as pd

    if index.nlevels > 1 or index.name is not None:
        return False
    return len(index) == 0 or pd.api.types.is_integer_dtype(index.dtype)


def _repeats(values: pd.Index, column: pd.DataFrame | pd.Series) -> bool:
    import pandas as pd

    # A label that several columns share gives a frame here, which no level can repeat.
    return isinstance(column, pd.Series) and pd.Index(column).equals(values)


def _by_name(columns: Sequence[Column]) -> dict[tuple[str, int], Column]:
    seen: Counter[str] = Counter()
    places = {}
    for column in columns:
        places[column.name, seen[column.name]] = column
        seen[column.name] += 1
    return places
