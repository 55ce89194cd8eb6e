"""Looking through a table column by column, without loading it.

What can be added up on the way is exact: missing and infinite cells, the smallest and the largest
value, the mean, and the counts of categories. Of a table of more than `evenly.WHOLE` rows the
quantiles, the standard deviation, lengths and histograms are those of an even sample, and the
number of different values beyond `_FEW` is estimated: the exact ones would take several times as
long as reading it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dsnb.tables.binning import (
    HIGH,
    LOW,
    MEASURED,
    Bins,
    all_whole,
    bins_of,
    count_places,
    filled,
    infinite,
    is_float,
    number,
    real,
)
from dsnb.tables.categories import TOGETHER, category, commonest, count_texts
from dsnb.tables.database import Database
from dsnb.tables.evenly import SAMPLED, WHOLE, Rows, even_rows
from dsnb.tables.fields import TIMES, Field
from dsnb.tables.moments import told
from dsnb.tables.profiles import QUANTILES, ColumnProfile, Kind, Profile, Value
from dsnb.tables.scanning import Relation, name_of

CATEGORIES = 10
"""Categories that are counted one by one."""
_LONGEST = 200
"""Characters of a category that are kept."""
_FEW = 2000
"""Different values that are counted in a long table too."""
_RARE = 0.001
"""Share of a sample below which a text is no category."""
_CELLS = 20_000_000
"""Cells that one statement sorts, at most; that bounds the memory of it."""
_COLUMNS = 200


def profile_relation(
    database: Database, relation: Relation, *, whole: int = WHOLE, wanted: int = SAMPLED
) -> Profile:
    """Return what a table holds, column by column.

    Parameters
    ----------
    database
        One that is open.
    relation
        The table.
    whole
        Rows up to which everything is exact.
    wanted
        Rows of the sample of a longer table, about.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsnb.tables.database import open_database
    >>> from dsnb.tables.relations import FrameRelation
    >>> frame = pd.DataFrame({"temp": [78.08, 77.0, None], "origin": ["EWR", "JFK", "EWR"]})
    >>> with open_database(10**9, "Profiling") as database:
    ...     temp, origin = profile_relation(database, FrameRelation(frame)).columns
    >>> temp.missing, temp.minimum, temp.maximum, origin.categories
    (1, 77.0, 78.08, (('EWR', 2), ('JFK', 1)))
    """
    looked_at = min(relation.rows, max(whole, wanted))
    size = max(1, min(_COLUMNS, _CELLS // max(looked_at, 1)))
    found: list[ColumnProfile] = []
    sampled = None
    positions = range(len(relation.fields))
    for start in range(0, len(positions), size):
        group = positions[start : start + size]
        rows = even_rows(database, relation, group, "even", whole, wanted)
        if rows.sampled and sampled is None:
            [sampled] = database.row(f"SELECT count(*) FROM {rows.source}")
        columns = [_Column(relation.fields[at], name_of(at)) for at in group]
        scan = relation.scan(database, only=group) if rows.sampled else rows.source
        found += _profile_group(database, rows, scan, columns, relation.rows)
    return Profile(rows=relation.rows, sampled=sampled, columns=tuple(found))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column, and what it is called in SQL."""

    field: Field
    name: str

    @property
    def kind(self) -> Kind:
        """What is told of it."""
        if self.field.family in TIMES:
            return "times"
        if self.field.family in MEASURED:
            return "durations" if self.field.family == "duration" else "numbers"
        if self.field.family in ("text", "bool"):
            return "categories"
        return "bytes" if self.field.family == "bytes" else "other"

    @property
    def measured(self) -> bool:
        """Whether its cells lie on a line."""
        return self.field.family in MEASURED

    @property
    def number(self) -> str:
        """The SQL number of a cell, to reckon with."""
        return number(self.name, self.field)

    @property
    def value(self) -> str:
        """The SQL value of a cell, exactly; none where it is missing or infinite."""
        return self.name if self.field.family == "decimal" else self.number

    @property
    def cell(self) -> str:
        """The SQL cell, none where it is missing."""
        if is_float(self.field):
            return f"CASE WHEN NOT isnan({self.name}) THEN {self.name} END"
        return self.name


@dataclass(frozen=True, slots=True)
class _Close:
    """What a close look told of a column, at all rows or those that stand for them."""

    quantiles: tuple[Any, ...] = ()
    whole: bool = False
    std: float | None = None
    lengths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at all rows told of a column."""

    filled: int
    infinite: int
    distinct: int
    exact: bool
    low: Any = None
    high: Any = None
    mean: float | None = None


def _profile_group(
    database: Database, rows: Rows, scan: str, columns: Sequence[_Column], total: int
) -> Iterator[ColumnProfile]:
    close = _look_closely(database, rows, columns)
    looks = _look(database, scan, columns)
    looks = _count_different(database, scan, columns, looks, exact=not rows.sampled)
    bins = [_bins(*each) for each in zip(columns, close, looks, strict=True)]
    forms = [
        "NULL" if own is None else own.sql(f"({column.number})")
        for column, own in zip(columns, bins, strict=True)
    ]
    sizes = [0 if own is None else own.count for own in bins]
    counts = count_places(database, rows.source, forms, sizes)
    texts, looks = _find_categories(database, rows, scan, columns, looks)
    for place, column in enumerate(columns):
        own, look = bins[place], looks[place]
        yield ColumnProfile(
            name=column.field.name,
            type=column.field.type,
            kind=column.kind,
            missing=total - look.filled,
            distinct=look.distinct,
            distinct_is_exact=look.exact,
            infinite=look.infinite,
            minimum=told(look.low, column.field),
            maximum=told(look.high, column.field),
            quantiles=tuple(told(one, column.field) for one in close[place].quantiles[1:-1]),
            mean=look.mean,
            std=close[place].std,
            lengths=close[place].lengths,
            edges=() if own is None else _told_edges(column, own),
            counts=counts[place],
            categories=tuple((_shortened(text), count) for text, count in texts[place]),
            rest=look.filled - sum(count for _, count in texts[place])
            if column.kind == "categories"
            else 0,
        )


def _look_closely(database: Database, rows: Rows, columns: Sequence[_Column]) -> list[_Close]:
    """Return what only the rows that stand for all are asked."""
    asked = ["count(*)"]
    wanted = ", ".join(map(str, (LOW, *QUANTILES, HIGH)))
    for column in columns:
        if column.measured:
            asked += [f"quantile_disc({column.value}, [{wanted}])"]
            asked += [f"avg(({column.number})::DOUBLE)", all_whole(column.number, column.field)]
        else:
            length = {"text": "length({})", "bytes": "octet_length({})"}.get(column.field.family)
            form = "NULL" if length is None else length.format(column.name)
            asked += [f"min({form})", f"max({form})", "NULL"]
    first = database.row(f"SELECT {', '.join(asked)} FROM {rows.source}")[1:]
    # Squares of what lies far from 0 drown the differences: the mean is taken off first.
    centres = [
        found if column.kind == "numbers" and found is not None and math.isfinite(found) else None
        for column, found in zip(columns, first[1::3], strict=True)
    ]
    asked = ["count(*)"]
    for column, centre in zip(columns, centres, strict=True):
        off = f"(({column.number})::DOUBLE - {real(centre)})" if centre is not None else "NULL"
        asked += [f"sum({off} * {off})" if centre is not None else "NULL"]
        asked += [f"count({off})" if centre is not None else "NULL"]
    second = database.row(f"SELECT {', '.join(asked)} FROM {rows.source}")[1:]
    return [
        _close(column, first[3 * at : 3 * at + 3], *second[2 * at : 2 * at + 2])
        for at, column in enumerate(columns)
    ]


def _close(column: _Column, found: Sequence[Any], squares: Any, count: Any) -> _Close:
    if not column.measured:
        shortest, longest, _ = found
        return _Close(lengths=() if shortest is None else (shortest, longest))
    quantiles, _, whole = found
    spread = None
    if squares is not None and count > 1 and math.isfinite(squares):
        spread = math.sqrt(squares / (count - 1))
    return _Close(quantiles=tuple(quantiles or ()), whole=bool(whole), std=spread)


def _look(database: Database, scan: str, columns: Sequence[_Column]) -> list[_Look]:
    """Return what can be added up over all rows."""
    asked = ["count(*)"]
    for column in columns:
        asked += [filled(column.name, column.field), infinite(column.name, column.field)]
        # The estimate may count what is no number as one value more.
        some = column.field.family != "nothing"
        asked += [f"approx_count_distinct({column.name})" if some else "0"]
        asked += [f"{end}({column.value})" if column.measured else "NULL" for end in ("min", "max")]
        asked += [f"avg(({column.number})::DOUBLE)" if column.kind == "numbers" else "NULL"]
    found = database.row(f"SELECT {', '.join(asked)} FROM {scan}")[1:]
    looks = []
    for at in range(0, len(found), 6):
        there, unbounded, different, low, high, mean = found[at : at + 6]
        told_mean = mean if mean is not None and math.isfinite(mean) else None
        looks.append(
            _Look(there, unbounded, min(different, there), not there, low, high, told_mean)
        )
    return looks


def _count_different(
    database: Database,
    scan: str,
    columns: Sequence[_Column],
    looks: Sequence[_Look],
    *,
    exact: bool,
) -> list[_Look]:
    """Return the looks with a true count of different values: of all columns, or of those of few.

    Those of categories are counted with them.
    """
    asked = [
        place
        for place, look in enumerate(looks)
        if not look.exact
        and (exact or look.distinct <= _FEW)
        and columns[place].kind != "categories"
    ]
    counts: dict[int, int] = {}
    for start in range(0, len(asked), TOGETHER):
        branches = (
            f"SELECT {place}, count(*) FROM (SELECT DISTINCT {columns[place].cell} AS cell"
            f" FROM {scan}) WHERE cell IS NOT NULL"
            for place in asked[start : start + TOGETHER]
        )
        counts |= dict(database.all(" UNION ALL ".join(branches)))
    return [
        replace(look, distinct=counts[place], exact=True) if place in counts else look
        for place, look in enumerate(looks)
    ]


def _bins(column: _Column, close: _Close, look: _Look) -> Bins | None:
    """Return the bins of a column's histogram; None for what has none."""
    if not close.quantiles or look.low is None:
        return None
    ends = [look.low, look.high, close.quantiles[0], close.quantiles[-1]]
    if column.field.family == "decimal":
        ends = [float(end) for end in ends]
    # A sample need not show that the rest is whole, but only the ends of bins rest on it.
    return bins_of(ends, whole=close.whole and all(end == int(end) for end in ends))


def _told_edges(column: _Column, bins: Bins) -> tuple[Value, ...]:
    if column.kind == "numbers":
        return bins.edges
    return tuple(told(edge, column.field) for edge in bins.edges)


def _find_categories(
    database: Database,
    rows: Rows,
    scan: str,
    columns: Sequence[_Column],
    looks: Sequence[_Look],
) -> tuple[list[Sequence[tuple[str, int]]], list[_Look]]:
    """Return the commonest texts of each column, and the looks with what that tells besides.

    Where there are few texts, all rows are grouped by them. Where there are many, the sample tells
    which are common, and these alone are counted in all rows.
    """
    texts: list[Sequence[tuple[str, int]]] = [() for _ in columns]
    seen = list(looks)
    asked = [place for place, column in enumerate(columns) if column.kind == "categories"]
    few = [place for place in asked if not rows.sampled or looks[place].distinct <= _FEW]
    forms = [category(columns[place].name, columns[place].field) for place in few]
    for place, found in zip(few, commonest(database, scan, forms, CATEGORIES), strict=True):
        texts[place] = found.top
        seen[place] = replace(looks[place], distinct=found.distinct, exact=True)
    many = [place for place in asked if place not in set(few)]
    forms = [category(columns[place].name, columns[place].field) for place in many]
    if many:
        [sampled] = database.row(f"SELECT count(*) FROM {rows.source}")
        for place, form, found in zip(
            many, forms, commonest(database, rows.source, forms, CATEGORIES), strict=True
        ):
            named = [text for text, count in found.top if count >= _RARE * sampled]
            texts[place] = count_texts(database, scan, form, named)
    return texts, seen


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
