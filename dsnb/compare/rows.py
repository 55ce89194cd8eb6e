"""Rows of two tables: added, removed, changed, and the cells that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsnb.compare.equality import different
from dsnb.compare.keys import TablePair, choose_key
from dsnb.compare.plain import plain_value
from dsnb.compare.result import CellChange, RowKind, RowsDiff
from dsnb.errors import ComparisonError, MissingColumnError, did_you_mean
from dsnb.tables.columns import with_index_as_columns

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


def compare_rows(
    old: pd.DataFrame,
    new: pd.DataFrame,
    *,
    on: Sequence[str] | None = None,
    key: Sequence[str] = (),
    ignore: Sequence[str] = (),
    limit: int = 10,
) -> RowsDiff:
    """Compare two tables row by row.

    Rows are matched by ``on``, else by ``key`` when both tables have those columns, else by the
    smallest set of columns that is unique in both (`dsnb.compare.keys.guess_key`). Matched rows
    are compared over the columns that both tables have and that are not ignored; a column of one
    side only is a matter of the schema and changes no row. The order of rows and columns is
    irrelevant. `dsnb.compare.equality` says when two cells are the same.

    Without a key, whole rows are compared: a row that is three times in the old table and twice
    in the new one is removed once. The rows of a key value that several rows of a side have are
    compared in the same way, among themselves: what has an equal on the other side is unchanged,
    what has none is added or removed, and nothing is changed, for nobody can say which row became
    which. Such key values are counted.

    Parameters
    ----------
    old, new
        The tables; an index that holds data counts as columns. Neither is changed. Columns are
        named by the text of their label.
    on
        Columns to match rows by.
    key
        The version's key columns, used when ``on`` is not given.
    ignore
        Columns to leave out.
    limit
        Number of changed rows whose cells the result lists; it can give all of them on request.

    Raises
    ------
    MissingColumnError
        When a column of ``on`` is not in both tables, or one of ``ignore`` in neither.
    ComparisonError
        When a column is both in ``on`` and in ``ignore``, several columns of a table have the
        same name (ignoring that name helps), or two filled tables have no column to compare.

    Examples
    --------
    >>> import pandas as pd
    >>> old = pd.DataFrame({"hour": [1, 2, 3], "temp": [78.08, 77.0, 76.1]})
    >>> new = pd.DataFrame({"hour": [4, 2, 1], "temp": [75.2, 77.0, 78.98]})
    >>> diff = compare_rows(old, new, on=["hour"])
    >>> diff.added, diff.removed, diff.changed, diff.unchanged
    (1, 1, 1, 1)
    >>> diff.cells
    (CellChange(key=(1,), column='temp', before=78.08, after=78.98),)
    >>> diff.in_full.cells()
       hour column before  after
    0     1   temp  78.08  78.98
    """
    old, new = with_index_as_columns(old), with_index_as_columns(new)
    _check_ignored(old, new, ignore)
    _refuse_repeated_names(old, "old", ignore)
    _refuse_repeated_names(new, "new", ignore)
    pair = TablePair(old, new, ignore)
    names, source = choose_key(pair, on, key, ignore)
    if not pair.shared and len(old) and len(new):
        raise ComparisonError(
            "The rows cannot be compared: the two tables have no column in common"
            + (" that is not ignored." if ignore else ".")
        )
    compared = tuple(name for name in pair.shared if name not in names)
    match = _matched(pair, names, compared)
    changes = _changes(pair, match, names, compared)
    return RowsDiff(
        key=names,
        key_source=source,
        compared=compared,
        added=len(match.added),
        removed=len(match.removed),
        changed=len(changes.after),
        unchanged=match.equal + len(match.new_rows) - len(changes.after),
        repeated_keys_old=match.repeated_old,
        repeated_keys_new=match.repeated_new,
        changed_by_column={name: len(places) for name, places in changes.by_column.items()},
        cells=changes.first(limit),
        _in_full=changes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which rows belong together, as positions.

    Attributes
    ----------
    old_rows, new_rows
        Rows with the same key, pair by pair, in the order of the new table.
    removed, added
        Rows without a counterpart.
    equal
        Number of rows that have an equal one on the other side, matched as wholes.
    repeated_old, repeated_new
        Numbers of key values that several rows of a side have.
    """

    old_rows: Ints
    new_rows: Ints
    removed: Ints
    added: Ints
    equal: int
    repeated_old: int
    repeated_new: int


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """The rows behind the counts, kept apart from the tables they were taken from.

    Attributes
    ----------
    added, removed
        Whole rows of the new and of the old table.
    before, after
        The changed rows, pair by pair, as they were and as they are.
    key
        Names of the key columns.
    by_column
        For each column with changed cells, the places of these rows in ``before`` and ``after``.
    """

    added: pd.DataFrame
    removed: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    key: tuple[str, ...]
    by_column: dict[str, Ints]

    def rows(self, kind: RowKind) -> pd.DataFrame:
        """Return all rows of one kind; changed ones as they are in the new table."""
        frames = {"added": self.added, "removed": self.removed, "changed": self.after}
        return frames[kind].copy()

    def cells(self) -> pd.DataFrame:
        """Return every changed cell: key columns, column, before, after."""
        import numpy as np
        import pandas as pd

        pair = TablePair(self.before, self.after)
        places, columns = self._in_order(len(self.after))
        names = list(self.by_column)
        before = np.empty(len(places), dtype=object)
        after = np.empty(len(places), dtype=object)
        for number, name in enumerate(names):
            here = columns == number
            old, new = pair.columns(name)
            before[here] = _objects(old, places[here])
            after[here] = _objects(new, places[here])
        cells = {
            name: pair.columns(name)[1].iloc[places].reset_index(drop=True) for name in self.key
        }
        which = pd.Series(np.array(names, dtype=object)[columns], dtype=object)
        cells[_free("column", self.key)] = which
        cells[_free("before", self.key)] = pd.Series(before, dtype=object)
        cells[_free("after", self.key)] = pd.Series(after, dtype=object)
        return pd.DataFrame(cells)

    def first(self, limit: int) -> tuple[CellChange, ...]:
        """Return the changed cells of the first changed rows."""
        pair = TablePair(self.before, self.after)
        names = list(self.by_column)
        changes = []
        for place, column in zip(*self._in_order(limit), strict=True):
            old, new = pair.columns(names[column])
            key = (plain_value(pair.columns(name)[1].iloc[place]) for name in self.key)
            before, after = plain_value(old.iloc[place]), plain_value(new.iloc[place])
            changes.append(CellChange(tuple(key), names[column], before, after))
        return tuple(changes)

    def _in_order(self, limit: int) -> tuple[Ints, Ints]:
        """Return row and column number of the changed cells of the first rows, row by row."""
        import numpy as np

        none = np.empty(0, dtype=np.int64)
        places, columns = [none], [none]
        for number, rows in enumerate(self.by_column.values()):
            places.append(rows[: np.searchsorted(rows, limit)])
            columns.append(np.full(len(places[-1]), number, dtype=np.int64))
        row, column = np.concatenate(places), np.concatenate(columns)
        # Columns come one after the other already, so a stable sort by row keeps their order.
        order = np.argsort(row, kind="stable")
        return row[order], column[order]


def _matched(pair: TablePair, key: Sequence[str], compared: Sequence[str]) -> Match:
    import numpy as np

    length = len(pair.old)
    numbers, count = pair.row_numbers(key)
    old, new = numbers[:length], numbers[length:]
    in_old, in_new = np.bincount(old, minlength=count), np.bincount(new, minlength=count)
    single = (in_old == 1) & (in_new == 1)
    grouped = (in_old > 0) & (in_new > 0) & ~single

    place = np.zeros(count, dtype=np.int64)
    place[old] = np.arange(length)
    new_rows = np.flatnonzero(single[new])
    removed, added = in_new[old] == 0, in_old[new] == 0

    old_group, new_group = np.flatnonzero(grouped[old]), np.flatnonzero(grouped[new])
    equal = 0
    if len(old_group):
        wholes, _ = pair.taken(old_group, new_group).row_numbers([*key, *compared])
        left, right = wholes[: len(old_group)], wholes[len(old_group) :]
        gone, come = _surplus(left, right), _surplus(right, left)
        removed[old_group[gone]] = True
        added[new_group[come]] = True
        equal = len(old_group) - int(gone.sum())
    return Match(
        old_rows=place[new[new_rows]],
        new_rows=new_rows,
        removed=np.flatnonzero(removed),
        added=np.flatnonzero(added),
        equal=equal,
        # Without a key every row has the same, empty one, and that is no news.
        repeated_old=int((in_old > 1).sum()) if key else 0,
        repeated_new=int((in_new > 1).sum()) if key else 0,
    )


def _surplus(these: Ints, those: Ints) -> Mask:
    """Return which of these numbers are left when each takes an equal one of those away."""
    import numpy as np
    import pandas as pd

    count = int(max(these.max(initial=-1), those.max(initial=-1))) + 1
    available = np.bincount(those, minlength=count)
    turn = pd.Series(these).groupby(these).cumcount().to_numpy()
    mask: Mask = turn >= available[these]
    return mask


def _changes(
    pair: TablePair, match: Match, key: tuple[str, ...], compared: Sequence[str]
) -> Changes:
    import numpy as np

    masks: dict[str, Mask] = {}
    changed = np.zeros(len(match.new_rows), dtype=bool)
    matched = pair.taken(match.old_rows, match.new_rows)
    for name in compared:
        mask = different(*matched.coded(name))
        if mask.any():
            masks[name] = mask
            changed |= mask
    places = np.cumsum(changed) - 1
    return Changes(
        added=_rows_at(pair.new, match.added),
        removed=_rows_at(pair.old, match.removed),
        before=_rows_at(matched.old, np.flatnonzero(changed)),
        after=_rows_at(matched.new, np.flatnonzero(changed)),
        key=key,
        by_column={name: places[mask] for name, mask in masks.items()},
    )


def _rows_at(frame: pd.DataFrame, positions: Ints) -> pd.DataFrame:
    return frame.iloc[positions].reset_index(drop=True)


def _objects(column: pd.Series[Any], places: Ints) -> npt.NDArray[Any]:
    import numpy as np

    cells = np.empty(len(places), dtype=object)
    # One by one: handed a list of lists, NumPy would make a table of it.
    for number, cell in enumerate(column.iloc[places].astype(object)):
        cells[number] = cell
    return cells


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _check_ignored(old: pd.DataFrame, new: pd.DataFrame, ignore: Sequence[str]) -> None:
    known = list(dict.fromkeys(str(label) for frame in (old, new) for label in frame.columns))
    for name in ignore:
        if name not in known:
            raise MissingColumnError(
                f"Neither table has a column {name} to ignore.",
                hint=did_you_mean(name, known) or f"Columns: {', '.join(known[:20]) or 'none'}.",
            )


def _refuse_repeated_names(frame: pd.DataFrame, side: str, ignore: Sequence[str]) -> None:
    names = Counter(str(label) for label in frame.columns)
    repeated = [name for name, count in names.items() if count > 1 and name not in ignore]
    if repeated:
        raise ComparisonError(
            f"The rows cannot be compared: the {side} table has several columns named "
            f"{', '.join(repeated[:5])}, and none of them is the one to compare.",
            hint=f"Rename them, or leave them out: --ignore {','.join(repeated[:5])}.",
        )
