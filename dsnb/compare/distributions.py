"""How the values of columns are distributed in two tables, counted side by side.

Both sides are counted into the same bins (`dsnb.tables.binning`) or into the same categories: the
commonest of both, and the rest. `dsnb.compare.stability` says how far a column has drifted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dsnb.compare.stability import Distribution, Kind
from dsnb.tables.binning import (
    HIGH,
    LOW,
    Bins,
    all_whole,
    bins_of,
    count_places,
    filled,
    finest,
    infinite,
    number,
    unit_of,
)
from dsnb.tables.categories import category, commonest, place_of
from dsnb.tables.database import Database
from dsnb.tables.evenly import SAMPLED, WHOLE, Rows, even_rows
from dsnb.tables.fields import Field
from dsnb.tables.moments import told
from dsnb.tables.scanning import Relation, name_of

CATEGORIES = 10
"""Categories that are counted one by one."""
_RARE = 0.01
"""Where no category has this share, values merely tell rows apart and have no distribution."""
_CELLS = 20_000_000
"""Cells that one statement sorts, at most; that bounds the memory of it."""
_COLUMNS = 200


def compare_distributions(
    database: Database,
    old: Relation,
    new: Relation,
    pairs: Sequence[tuple[int, int]],
    *,
    whole: int = WHOLE,
    wanted: int = SAMPLED,
) -> tuple[Distribution, ...]:
    """Return how the values of some columns are distributed in both tables.

    A column that holds numbers on one side and text on the other has no distribution, and is
    left out; whole numbers, floats and decimals go together, and so do times of any unit.

    Parameters
    ----------
    database
        One that is open.
    old, new
        The tables.
    pairs
        Positions of the columns, in the old and in the new table.
    whole
        Rows up to which a table is looked at whole; an even sample stands for a longer one.
    wanted
        Rows of a sample, about.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsnb.tables.database import open_database
    >>> from dsnb.tables.relations import FrameRelation
    >>> old = FrameRelation(pd.DataFrame({"temp": [78.08, 77.0, 76.1]}))
    >>> new = FrameRelation(pd.DataFrame({"temp": [78.08, 77.0, None]}))
    >>> with open_database(10**9, "Comparing") as database:
    ...     [temp] = compare_distributions(database, old, new, [(0, 0)])
    >>> temp.missing, round(temp.jensen_shannon, 2), temp.drift
    ((0, 1), 0.33, 'unclear')
    """
    columns = [
        column
        for place, (before, after) in enumerate(pairs)
        if (column := _column(place, before, after, old, new)) is not None
    ]
    longest = max(min(relation.rows, max(whole, wanted)) for relation in (old, new))
    size = max(1, min(_COLUMNS, _CELLS // max(longest, 1)))
    found: list[Distribution] = []
    for start in range(0, len(columns), size):
        group = columns[start : start + size]
        sides = [
            even_rows(
                database, side, [column.at(turn) for column in group], f"even_{turn}", whole, wanted
            )
            for turn, side in enumerate((old, new))
        ]
        found += _compare_group(database, sides, group)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of both tables; ``unit`` is what the numbers of its times count."""

    place: int
    positions: tuple[int, int]
    fields: tuple[Field, Field]
    kind: Kind
    unit: str

    @property
    def field(self) -> Field:
        """The field that says how values are told: one with values."""
        old, new = self.fields
        return old if new.family == "nothing" else new

    def at(self, side: int) -> int:
        return self.positions[side]

    def name(self, side: int) -> str:
        return name_of(self.positions[side])

    def number(self, side: int) -> str:
        """Return the SQL number of a cell."""
        field = self.fields[side]
        if field.family == "nothing":
            return "NULL::BIGINT"
        return number(self.name(side), field, self.unit)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a first look tells of a column on one side."""

    rows: int
    missing: int
    infinite: int
    low: Any
    high: Any
    first: Any
    last: Any
    mean: float | None
    whole: bool

    @property
    def filled(self) -> int:
        """Cells that are neither missing nor infinite."""
        return self.rows - self.missing - self.infinite


def _column(place: int, before: int, after: int, old: Relation, new: Relation) -> _Column | None:
    fields = (old.fields[before], new.fields[after])
    kinds = {_sort(field) for field in fields} - {"nothing"}
    if len(kinds) > 1:
        return None
    sort = next(iter(kinds), "presence")
    kind: Kind = {"number": "numbers", "text": "categories", "bool": "categories"}.get(sort)  # type: ignore[assignment]
    if kind is None:
        kind = "times" if sort in ("naive", "aware", "duration") else "presence"
    unit = finest([unit_of(field) for field in fields]) if kind == "times" else ""
    return _Column(place, (before, after), fields, kind, unit)


def _sort(field: Field) -> str:
    """Return which fields' cells can be counted into the same bins."""
    if field.family in ("int", "uint64", "float", "decimal"):
        return "number"
    return "naive" if field.family == "date" else field.family


def _compare_group(
    database: Database, sides: Sequence[Rows], group: Sequence[_Column]
) -> Iterator[Distribution]:
    facts = [_look(database, rows, group, side) for side, rows in enumerate(sides)]
    bins = [_bins(column, old, new) for column, old, new in zip(group, *facts, strict=True)]
    named = _categories(database, sides, group, facts)
    before, after = (
        _count(database, rows, group, bins, named, side) for side, rows in enumerate(sides)
    )
    for place, column in enumerate(group):
        old, new = facts[0][place], facts[1][place]
        kind: Kind = column.kind
        if kind == "categories" and not named[place]:
            kind = "presence"
        yield Distribution(
            column=column.fields[1].name,
            kind=kind,
            edges=_edges(column, bins[place]),
            categories=tuple(named[place]),
            before=before[place],
            after=after[place],
            rest=(old.filled - sum(before[place]), new.filled - sum(after[place])),
            infinite=(old.infinite, new.infinite),
            missing=(old.missing, new.missing),
            rows=(old.rows, new.rows),
            mean=(old.mean, new.mean),
            sampled=any(rows.sampled for rows in sides),
        )


def _look(database: Database, rows: Rows, group: Sequence[_Column], side: int) -> list[_Facts]:
    asked = ["count(*)"]
    for column in group:
        name, field = column.name(side), column.fields[side]
        asked += [filled(name, field), infinite(name, field)]
        if column.kind in ("numbers", "times"):
            value = column.number(side)
            asked += [f"min({value})", f"max({value})"]
            asked += [f"quantile_disc({value}, [{LOW}, {HIGH}])", f"avg(({value})::DOUBLE)"]
            asked += [all_whole(value, field)]
        else:
            asked += ["NULL"] * 5
    found = iter(database.row(f"SELECT {', '.join(asked)} FROM {rows.source}"))
    count = int(next(found))
    return [_facts(count, column, found) for column in group]


def _facts(rows: int, column: _Column, found: Iterator[Any]) -> _Facts:
    there, infinite, low, high, middle, mean, whole = (next(found) for _ in range(7))
    first, last = middle or (None, None)
    shown = mean if column.kind == "numbers" and mean is not None and math.isfinite(mean) else None
    return _Facts(rows, rows - there, infinite, low, high, first, last, shown, bool(whole))


def _bins(column: _Column, old: _Facts, new: _Facts) -> Bins | None:
    """Return the bins of both sides; None where neither has a number."""
    sides = [side for side in (old, new) if side.low is not None]
    if column.kind not in ("numbers", "times") or not sides:
        return None
    values = [
        min(side.low for side in sides),
        max(side.high for side in sides),
        min(side.first for side in sides),
        max(side.last for side in sides),
    ]
    return bins_of(values, whole=all(side.whole for side in sides))


def _edges(column: _Column, bins: Bins | None) -> tuple[int | float | str | None, ...]:
    if bins is None:
        return ()
    if column.kind == "numbers":
        return bins.edges
    return tuple(told(edge, column.field, column.unit) for edge in bins.edges)


def _categories(
    database: Database,
    sides: Sequence[Rows],
    group: Sequence[_Column],
    facts: Sequence[Sequence[_Facts]],
) -> list[list[str]]:
    """Return the commonest categories of both sides for each column; none where all are rare."""
    named: list[list[str]] = [[] for _ in group]
    asked = [place for place, column in enumerate(group) if column.kind == "categories"]
    shares: list[dict[str, float]] = [{} for _ in group]
    distinct = [0] * len(group)
    for side, rows in enumerate(sides):
        there = [place for place in asked if group[place].fields[side].family != "nothing"]
        forms = [category(group[place].name(side), group[place].fields[side]) for place in there]
        for place, found in zip(
            there, commonest(database, rows.source, forms, CATEGORIES), strict=True
        ):
            cells = facts[side][place].filled
            distinct[place] = max(distinct[place], found.distinct)
            for text, count in found.top:
                share = count / max(cells, 1)
                shares[place][text] = max(shares[place].get(text, 0.0), share)
    for place in asked:
        ranked = sorted(shares[place], key=lambda text: (-shares[place][text], text))
        top = max(shares[place].values(), default=0.0)
        if distinct[place] <= 2 * CATEGORIES or top >= _RARE:
            named[place] = ranked[:CATEGORIES]
    return named


def _count(
    database: Database,
    rows: Rows,
    group: Sequence[_Column],
    bins: Sequence[Bins | None],
    named: Sequence[Sequence[str]],
    side: int,
) -> list[tuple[int, ...]]:
    """Return the counts of each column's bins or categories on one side."""
    forms, sizes = [], []
    for column, own, texts in zip(group, bins, named, strict=True):
        if own is not None:
            forms.append(own.sql(f"({column.number(side)})"))
        elif texts and column.fields[side].family != "nothing":
            forms.append(place_of(category(column.name(side), column.fields[side]), texts))
        else:
            forms.append("NULL")
        sizes.append(own.count if own is not None else len(texts))
    return count_places(database, rows.source, forms, sizes)
