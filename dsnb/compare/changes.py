"""What changed in the rows that have the same key: cells, counted by column, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsnb.compare.distributions import compare_distributions
from dsnb.compare.matching import COPIES, PAIRS, copy_rows
from dsnb.compare.options import Options, Tolerance
from dsnb.compare.pair import GROUP, Shared, Side, TablePair
from dsnb.compare.plain import plain_value
from dsnb.compare.result import CellChange, ColumnChanges, NumericShift, RowKind
from dsnb.compare.stability import Distribution
from dsnb.tables.database import Database, open_database
from dsnb.tables.fields import NUMBERS
from dsnb.tables.scanning import ROW, name_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

_JOINED = (
    f"{PAIRS} p JOIN {COPIES['old']} o ON o.{ROW} = p.o JOIN {COPIES['new']} n ON n.{ROW} = p.n"
)
_SAMPLES = 3
_SAMPLED_COLUMNS = 100
KEPT_CELLS = 250_000
"""Cells of differing rows that a result keeps; beyond, it reads them again when asked."""
LISTED = 100
"""Rows of a kind that a result keeps in any case, at most."""


def drop_tolerated(database: Database, compared: Sequence[Shared], options: Options) -> int:
    """Take pairs away whose numbers are all within their tolerance; return how many."""
    if not any(_tolerance_of(column, options) for column in compared):
        return 0
    database.run("CREATE TABLE beyond (o BIGINT)")
    for group in _groups(compared):
        differs = " OR ".join(_differs(column, options) for column in group)
        database.run(f"INSERT INTO beyond SELECT p.o FROM {_JOINED} WHERE {differs}")
    count = f"SELECT count(*) FROM {PAIRS}"
    [before] = database.row(count)
    database.run(
        f"DELETE FROM {PAIRS} WHERE n IS NOT NULL AND o IS NOT NULL"
        " AND o NOT IN (SELECT o FROM beyond)"
    )
    [after] = database.row(count)
    return int(before - after)


def count_changes(
    database: Database, compared: Sequence[Shared], options: Options
) -> dict[str, int]:
    """Return how many cells changed in each column that has any."""
    counts: dict[str, int] = {}
    for group in _groups(compared):
        asked = ", ".join(f"count(*) FILTER ({_differs(column, options)})" for column in group)
        found = database.row(f"SELECT {asked} FROM {_JOINED}")
        counts.update(
            {column.name: count for column, count in zip(group, found, strict=True) if count}
        )
    return counts


def describe_changes(
    database: Database,
    pair: TablePair,
    compared: Sequence[Shared],
    counts: Mapping[str, int],
    options: Options,
) -> tuple[ColumnChanges, ...]:
    """Return for each changed column some of its changes and, of numbers, how far they moved."""
    changed = [column for column in compared if column.name in counts][:_SAMPLED_COLUMNS]
    if not changed:
        return ()
    asked = ", ".join(_asked_of(column, options) for column in changed)
    found = iter(database.row(f"SELECT {asked} FROM {_JOINED}"))
    places: dict[str, list[int]] = {}
    shifts: dict[str, NumericShift | None] = {}
    for column in changed:
        places[column.name] = next(found) or []
        moved: list[Any] = [next(found) for _ in range(5)] if _is_numeric(column) else [None]
        shifts[column.name] = None if moved[0] is None else NumericShift(*moved)
    samples = _samples(database, pair, changed, places)
    return tuple(
        ColumnChanges(name, counts[name], tuple(samples[name]), shifts[name]) for name in places
    )


def _samples(
    database: Database,
    pair: TablePair,
    changed: Sequence[Shared],
    places: Mapping[str, Sequence[int]],
) -> dict[str, list[tuple[Any, Any]]]:
    """Return for each column the cells of the pairs at some places of the new table."""
    listed = ", ".join(map(str, sorted({place for some in places.values() for place in some})))
    rows = database.all(f"SELECT o, n FROM {PAIRS} WHERE n IN ({listed}) ORDER BY n")
    before, after = _frames(database, pair, rows)
    turns = {new: turn for turn, (_, new) in enumerate(rows)}
    return {
        column.name: [
            (
                plain_value(before.iloc[turns[place], column.old]),
                plain_value(after.iloc[turns[place], column.new]),
            )
            for place in places[column.name]
        ]
        for column in changed
    }


def _asked_of(column: Shared, options: Options) -> str:
    differs = _differs(column, options)
    asked = f"min(p.n, {_SAMPLES}) FILTER ({differs})"
    if not _is_numeric(column):
        return asked
    old, new = (f"{side}.{name_of(column.at(at))}::DOUBLE" for side, at in _ALIASES)
    moved = f"({new} - {old})"
    where = f"FILTER ({differs} AND isfinite({moved}))"
    relative = f"abs({moved}) / nullif(abs({old}), 0)"
    return (
        f"{asked}, avg({moved}) {where}, min({moved}) {where}, max({moved}) {where},"
        f" avg(abs({moved})) {where}, avg({relative}) {where}"
    )


_ALIASES: tuple[tuple[str, Side], ...] = (("o", "old"), ("n", "new"))


def first_cells(
    database: Database,
    pair: TablePair,
    key: Sequence[Shared],
    changed: Sequence[Shared],
    options: Options,
) -> tuple[CellChange, ...]:
    """Return the changed cells of the first changed rows, in the order of the new table."""
    if not changed:
        return ()
    rows = database.all(
        f"SELECT o, n FROM {PAIRS} WHERE o IS NOT NULL AND n IS NOT NULL"
        f" ORDER BY n LIMIT {options.rows}"
    )
    if not rows:
        return ()
    before, after = _frames(database, pair, rows)
    listed = ", ".join(str(n) for _, n in rows)
    masks = _masks(database, changed, options, f"WHERE p.n IN ({listed})")
    cells = []
    for place in range(len(rows)):
        identity = tuple(plain_value(after.iloc[place, column.new]) for column in key)
        cells += [
            CellChange(
                identity,
                column.name,
                plain_value(before.iloc[place, column.old]),
                plain_value(after.iloc[place, column.new]),
            )
            for column in changed
            if masks[column.name][place]
        ]
    return tuple(cells)


def _masks(
    database: Database, changed: Sequence[Shared], options: Options, where: str = ""
) -> dict[str, Mask]:
    """Return for each column in which of the pairs, in the order of the new table, it differs."""
    masks: dict[str, Mask] = {}
    for group in _groups(changed):
        asked = ", ".join(
            f"{_differs(column, options)} AS d{number}" for number, column in enumerate(group)
        )
        table = database.arrow(f"SELECT {asked} FROM {_JOINED} {where} ORDER BY p.n")
        for number, column in enumerate(group):
            masks[column.name] = table.column(number).to_numpy()
    return masks


def take(database: Database, pair: TablePair, side: Side, rows: Ints) -> pd.DataFrame:
    """Return some of the rows that differ as loading gives them."""
    # What was spelled to be compared is no longer what it was.
    spelled = any(column.meeting.spelled for column in pair.shared)
    return pair.side(side).take(database, rows, None if spelled else COPIES[side])


def _frames(
    database: Database, pair: TablePair, rows: Sequence[tuple[int, int]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    import numpy as np

    places = np.array(rows, dtype=np.int64).reshape(-1, 2)
    before = take(database, pair, "old", places[:, 0])
    return before, take(database, pair, "new", places[:, 1])


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """The rows behind the counts: kept while they are few, else read again when asked for.

    Attributes
    ----------
    pair
        The tables.
    key, compared
        The columns that identify a row, and those in which rows of the same key may differ.
    options
        How they are compared.
    places
        Places of the removed and of the added rows, and of the changed ones on both sides.
    kept
        The rows themselves, if they were kept.
    listed
        The first of them, which are always kept.
    """

    pair: TablePair
    key: tuple[Shared, ...]
    compared: tuple[Shared, ...]
    options: Options
    places: _Places
    kept: _Kept | None
    listed: _Kept
    _counted: list[tuple[Distribution, ...]] = field(default_factory=list)

    def rows(self, kind: RowKind) -> pd.DataFrame:
        """Return all rows of one kind; changed ones as they are in the new table."""
        return self._in_full().rows(kind).copy()

    def first(self, kind: RowKind) -> pd.DataFrame:
        """Return the first rows of one kind, as many as are listed; no file is read for it."""
        return self.listed.rows(kind).head(min(self.options.rows, LISTED))

    def cells(self) -> pd.DataFrame:
        """Return every changed cell: key columns, column, before, after."""
        import numpy as np
        import pandas as pd

        kept = self._in_full()
        by_name = {column.name: column for column in self.compared}
        rows, columns = _in_order(kept.masks)
        names = list(kept.masks)
        before = np.empty(len(rows), dtype=object)
        after = np.empty(len(rows), dtype=object)
        for number, name in enumerate(names):
            here = columns == number
            before[here] = _objects(kept.before.iloc[:, by_name[name].old], rows[here])
            after[here] = _objects(kept.after.iloc[:, by_name[name].new], rows[here])
        cells: dict[str, Any] = {
            column.name: kept.after.iloc[:, column.new].iloc[rows].reset_index(drop=True)
            for column in self.key
        }
        which = pd.Series(np.array(names, dtype=object)[columns], dtype=object)
        cells[_free("column", cells)] = which
        cells[_free("before", cells)] = pd.Series(before, dtype=object)
        cells[_free("after", cells)] = pd.Series(after, dtype=object)
        return pd.DataFrame(cells)

    def distributions(self) -> tuple[Distribution, ...]:
        """Return how the values of the shared columns are distributed on both sides."""
        if not self._counted:
            columns = [(column.old, column.new) for column in (*self.key, *self.compared)]
            with open_database(self.options.memory * 10**6, "Counting values") as database:
                found = compare_distributions(database, self.pair.old, self.pair.new, columns)
            self._counted.append(found)
        return self._counted[0]

    def _in_full(self) -> _Kept:
        if self.kept is not None:
            return self.kept
        with open_database(self.options.memory * 10**6, "Reading rows") as database:
            self.places.write_down(database)
            columns = [*self.key, *self.compared]
            copy_rows(database, self.pair, columns)
            return _keep(database, self.pair, self.compared, self.options, self.places)


def gather(
    database: Database,
    pair: TablePair,
    key: Sequence[Shared],
    compared: Sequence[Shared],
    changed: Sequence[Shared],
    options: Options,
) -> Differences:
    """Return the rows behind the counts."""
    places = _Places.read(database)
    kept = None
    width = max(len(pair.old.fields), len(pair.new.fields), 1)
    if places.count * width <= KEPT_CELLS:
        kept = _keep(database, pair, changed, options, places)
    first = kept or _keep(database, pair, (), options, places.first(min(options.rows, LISTED)))
    return Differences(pair, tuple(key), tuple(compared), options, places, kept, first)


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    removed: Ints
    added: Ints
    before: Ints
    after: Ints

    @classmethod
    def read(cls, database: Database) -> _Places:
        def column(name: str, where: str) -> Ints:
            other = "n" if name == "o" else "o"
            asked = f"SELECT {name} FROM {PAIRS} WHERE {where} ORDER BY {where[0]}, {other}"
            places: Ints = database.arrow(asked).column(0).to_numpy()
            return places

        both = "n IS NOT NULL AND o IS NOT NULL"
        return cls(
            column("o", "o IS NOT NULL AND n IS NULL"),
            column("n", "n IS NOT NULL AND o IS NULL"),
            column("o", both),
            column("n", both),
        )

    @property
    def count(self) -> int:
        return len(self.removed) + len(self.added) + 2 * len(self.before)

    def first(self, count: int) -> _Places:
        every = (self.removed, self.added, self.before, self.after)
        return _Places(*(places[:count] for places in every))

    def write_down(self, database: Database) -> None:
        """Make the table of differing rows anew."""
        import numpy as np
        import pyarrow

        gone, come = len(self.removed), len(self.added)
        old = np.concatenate([self.removed, np.zeros(come, dtype=np.int64), self.before])
        new = np.concatenate([np.zeros(gone, dtype=np.int64), self.added, self.after])
        number = np.arange(len(old))
        table = pyarrow.table(
            {
                "o": pyarrow.array(old, mask=(number >= gone) & (number < gone + come)),
                "n": pyarrow.array(new, mask=number < gone),
            }
        )
        database.run(f"CREATE TABLE {PAIRS} AS FROM {database.register(lambda: table)}")


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    removed: pd.DataFrame
    added: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    masks: dict[str, Mask]

    def rows(self, kind: RowKind) -> pd.DataFrame:
        return {"added": self.added, "removed": self.removed, "changed": self.after}[kind]


def _keep(
    database: Database,
    pair: TablePair,
    changed: Sequence[Shared],
    options: Options,
    places: _Places,
) -> _Kept:
    masks = _masks(database, changed, options) if len(places.after) else {}
    return _Kept(
        take(database, pair, "old", places.removed),
        take(database, pair, "new", places.added),
        take(database, pair, "old", places.before),
        take(database, pair, "new", places.after),
        {name: mask for name, mask in masks.items() if mask.any()},
    )


def _in_order(masks: Mapping[str, Mask]) -> tuple[Ints, Ints]:
    """Return row and column number of all changed cells, row by row."""
    import numpy as np

    none = np.empty(0, dtype=np.int64)
    rows, columns = [none], [none]
    for number, mask in enumerate(masks.values()):
        rows.append(np.flatnonzero(mask))
        columns.append(np.full(len(rows[-1]), number, dtype=np.int64))
    row, column = np.concatenate(rows), np.concatenate(columns)
    # Columns come one after the other already, so a stable sort by row keeps their order.
    order = np.argsort(row, kind="stable")
    return row[order], column[order]


def _objects(column: pd.Series[Any], places: Ints) -> npt.NDArray[Any]:
    import numpy as np

    cells = np.empty(len(places), dtype=object)
    # One by one: handed a list of lists, NumPy would make a table of it.
    for number, cell in enumerate(column.iloc[places].astype(object)):
        cells[number] = cell
    return cells


def _free(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name


def _differs(column: Shared, options: Options) -> str:
    differs = column.differs("o", "n")
    tolerance = _tolerance_of(column, options)
    if tolerance is None:
        return differs
    old, new = (f"{side}.{name_of(column.at(at))}::DOUBLE" for side, at in _ALIASES)
    apart = f"abs({new} - {old})"
    share = f"{tolerance.relative!r} * greatest(abs({old}), abs({new}))"
    close = f"{apart} <= greatest({tolerance.absolute!r}, {share})"
    # What is missing or infinite is close to nothing.
    return f"({differs} AND NOT coalesce(isfinite({apart}) AND {close}, false))"


def _tolerance_of(column: Shared, options: Options) -> Tolerance | None:
    return options.tolerance_of(column.name) if _is_numeric(column) else None


def _is_numeric(column: Shared) -> bool:
    return not column.meeting.spelled and all(
        field.family in NUMBERS and field.family != "bool" for field in column.fields
    )


def _groups(columns: Sequence[Shared]) -> Iterator[Sequence[Shared]]:
    for start in range(0, len(columns), GROUP):
        yield columns[start : start + GROUP]
