"""Columns that only changed their name: the content says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsnb.compare.pair import SIDES, Shared, Side, TablePair
from dsnb.tables.database import Database

_LARGEST = 24
"""Columns on one side only that are looked at: each is held against each of the other side."""
_SAMPLED_ROWS = 20_000
_ENOUGH = 0.9
"""Share of the cells that must be the same, where some may have been edited besides."""


def find_renamed(
    database: Database,
    pair: TablePair,
    key: Sequence[Shared],
    ignore: Sequence[str] = (),
) -> list[Shared]:
    """Return the columns that have one name in the old table and another in the new one.

    With a key, a column was renamed when nine tenths of its cells are in a column of the other
    side, in the rows with the same keys (of a sample of 20,000). Without a key it was when both
    tables have as many rows, and the same cells in any order. Cells must vary, and if several
    columns could be meant, none is. The first 24 columns of one side only are looked at.

    Parameters
    ----------
    database, pair
        The tables.
    key
        The columns to match rows by.
    ignore
        Columns that are not compared.
    """
    candidates = list(_candidates(pair, ignore))
    if not candidates:
        return []
    alike = (_alike_by_key if key else _alike_as_wholes)(database, pair, key, candidates)
    return [
        column
        for column in alike
        if sum(other.old == column.old or other.new == column.new for other in alike) == 1
    ]


def _candidates(pair: TablePair, ignore: Sequence[str]) -> Iterator[Shared]:
    shared = {column.name for column in pair.shared} | set(ignore)
    alone: dict[Side, list[int]] = {}
    for side in SIDES:
        names = pair.names(side)
        other = set(pair.names("new" if side == "old" else "old"))
        alone[side] = [
            position
            for position, name in enumerate(names)
            if name not in shared and name not in other and names.count(name) == 1
        ][:_LARGEST]
    for new in alone["new"]:
        for old in alone["old"]:
            column = pair.share(pair.new.fields[new].name, old, new)
            families = {field.family for field in column.fields}
            if len(families) == 1 and families != {"nothing"} and not column.meeting.spelled:
                yield column


def _alike_by_key(
    database: Database, pair: TablePair, key: Sequence[Shared], candidates: Sequence[Shared]
) -> list[Shared]:
    every = -(-max(pair.old.rows, pair.new.rows, 1) // _SAMPLED_ROWS)
    sampled = []
    for side in SIDES:
        forms = [form for column in key for form in column.expressions(side)]
        named = ", ".join(f"{form} AS k{number}" for number, form in enumerate(forms))
        scan = pair.scan(database, side, [*key, *candidates])
        sampled.append(
            f"(SELECT *, {named} FROM {scan} WHERE hash({', '.join(forms)}) % {every} = 0)"
        )
    same = " AND ".join(f"o.k{n} IS NOT DISTINCT FROM n.k{n}" for n in range(len(forms)))
    asked = []
    for column in candidates:
        equal = f"NOT {column.differs('o', 'n')}"
        [form, *_] = column.expressions("old", "o")
        asked.append(f"count(*) FILTER ({equal}), count(DISTINCT {form}) FILTER ({equal})")
    counts = iter(
        database.row(
            f"SELECT count(*), {', '.join(asked)} FROM {sampled[0]} o JOIN {sampled[1]} n ON {same}"
        )
    )
    rows = next(counts)
    return [
        column
        for column in candidates
        if (next(counts) >= _ENOUGH * rows) & (next(counts) > 1) and rows
    ]


def _alike_as_wholes(
    database: Database, pair: TablePair, key: Sequence[Shared], candidates: Sequence[Shared]
) -> list[Shared]:
    if pair.old.rows != pair.new.rows:
        return []
    found = []
    for side in SIDES:
        asked = []
        for column in candidates:
            forms = ", ".join(column.expressions(side))
            [form, *_] = column.expressions(side)
            asked.append(f"sum(hash({forms})::HUGEINT), approx_count_distinct({form})")
        scan = pair.scan(database, side, candidates)
        found.append(database.row(f"SELECT {', '.join(asked)} FROM {scan}"))
    old, new = (list(zip(one[::2], one[1::2], strict=True)) for one in found)
    return [
        column
        for column, before, after in zip(candidates, old, new, strict=True)
        if before == after and before[1] > 1
    ]
