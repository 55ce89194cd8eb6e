"""Histograms: which bins a column's numbers fall into, and the SQL that counts them.

Numbers are binned in equal widths. Whole numbers and times get bins of a whole width, so that none
holds one value more than its neighbour. A few values far off must not push all others into one
bin: the bins end half the spread of the middle 98 % beyond it, and the outermost ones take
what lies further out.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dsnb.tables.database import Database
from dsnb.tables.fields import TIMES, Family, Field

BINS = 20
"""Bins of a histogram, at most."""
LOW, HIGH = 0.01, 0.99
"""Quantiles between which the middle lies."""
MEASURED: frozenset[Family] = TIMES | {"int", "uint64", "float", "decimal", "duration"}
"""Families whose cells lie on a line."""
_PRECISE = 2**53
_NARROWEST = 1e-300
_NOWHERE = 255
_NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "D": 86400 * 10**9}


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of equal width.

    Attributes
    ----------
    low
        Where the first begins.
    width
        Of each; 0 for the one bin of floats that are all the same.
    count
        How many there are.

    Examples
    --------
    >>> bins = bins_between(1, 100, 1, 99)
    >>> bins, bins.edges[:3]
    (Bins(low=1, width=5, count=20), (1, 6, 11))
    >>> [bins.place(value) for value in (1, 6, 100, 10**9)]
    [0, 1, 19, 19]
    """

    low: int | float
    width: int | float
    count: int

    @property
    def edges(self) -> tuple[int | float, ...]:
        """Where each bin begins, and where the last ends."""
        if isinstance(self.width, int):
            return tuple(self.low + number * self.width for number in range(self.count + 1))
        # In halves: the whole range of floats is wider than any of them.
        halves = (self.low / 2 + number * (self.width / 2) for number in range(self.count + 1))
        return tuple(2 * min(half, sys.float_info.max / 2) for half in halves)

    def place(self, value: int | float) -> int:
        """Return the number of the bin that takes a value."""
        if self.count == 1:
            return 0
        if isinstance(self.width, int):
            found = (value - self.low) / self.width if self._short else self._whole(value)
        else:
            found = (value / 2 - self.low / 2) / (self.width / 2)
        return int(max(0, min(self.count - 1, found)))

    def sql(self, number: str) -> str:
        """Return the number of the bin of an SQL number, as `Bins.place` does."""
        # greatest() and least() would make something of a missing cell.
        filled = f"CASE WHEN {number} IS NOT NULL THEN"
        if self.count == 1:
            return f"{filled} 0::UTINYINT END"
        if not isinstance(self.width, int):
            found = f"trunc(({number} / 2 - {real(self.low / 2)}) / {real(self.width / 2)})"
        elif self._short:
            found = f"trunc(({number}::DOUBLE - {real(self.low)}) / {real(self.width)})"
        else:
            found = f"(({number})::HUGEINT - ({self.low})::HUGEINT) // {self.width}::HUGEINT"
        return f"{filled} greatest(0, least({self.count - 1}, {found}))::UTINYINT END"

    @property
    def _short(self) -> bool:
        """Whether floats hold all whole numbers there are between the edges."""
        return max(abs(self.low), abs(self.low + self.width * self.count)) <= _PRECISE

    def _whole(self, value: int | float) -> int:
        return (int(value) - int(self.low)) // int(self.width)


def bins_of(values: Sequence[int | float], *, whole: bool) -> Bins:
    """Return bins for a column's numbers.

    Parameters
    ----------
    values
        The smallest and the largest, and those between which the middle lies.
    whole
        Whether all numbers of the column are whole, even if they are stored as floats.

    Examples
    --------
    >>> bins_of([1.0, 12.0, 1.0, 12.0], whole=True).count
    12
    """
    low, high, first, last = values
    if not all(isinstance(value, int) for value in values):
        if whole and all(abs(value) <= _PRECISE for value in values):
            return bins_between(int(low), int(high), int(first), int(last))
        return bins_between(float(low), float(high), float(first), float(last))
    return bins_between(low, high, first, last)


def bins_between(
    low: int | float, high: int | float, first: int | float, last: int | float, most: int = BINS
) -> Bins:
    """Return bins for numbers.

    Parameters
    ----------
    low, high
        The smallest and the largest.
    first, last
        Between these the middle lies.
    most
        Largest number of bins.

    Examples
    --------
    >>> bins_between(0.0, 1e9, 0.0, 10.0, most=5)
    Bins(low=0.0, width=3.0, count=5)
    """
    whole = all(isinstance(one, int) for one in (low, high, first, last))
    if whole:
        beyond = (int(last) - int(first)) // 2
        if first < last:
            low, high = max(low, first - beyond), min(high, last + beyond)
        width = max(1, -(-(int(high) - int(low) + 1) // most))
        return Bins(int(low), width, -(-(int(high) - int(low) + 1) // width))
    margin = float(last) / 2 - float(first) / 2
    if margin > 0:
        low, high = max(low, first - margin), min(high, last + margin)
    half = (float(high) / 2 - float(low) / 2) / most
    if half < _NARROWEST:
        return Bins(float(low), 0.0, 1)
    return Bins(float(low), half * 2, most)


def filled(column: str, field: Field) -> str:
    """Return the SQL count of cells that are not missing."""
    if field.family == "nothing":
        return "0"
    return (
        f"count(CASE WHEN NOT isnan({column}) THEN 1 END)"
        if is_float(field)
        else f"count({column})"
    )


def infinite(column: str, field: Field) -> str:
    """Return the SQL count of infinite cells."""
    return f"count(CASE WHEN isinf({column}) THEN 1 END)" if is_float(field) else "0"


def all_whole(column: str, field: Field) -> str:
    """Return the SQL condition that all numbers of a column are whole."""
    if field.family in ("float", "decimal"):
        return f"bool_and({column} = trunc({column}))"
    return "true"


def is_float(field: Field) -> bool:
    """Tell whether a column may hold what is no number, and infinities."""
    return field.family == "float"


def number(column: str, field: Field, unit: str = "") -> str:
    """Return the SQL number of a cell; it has none where it is missing or infinite.

    Parameters
    ----------
    column
        The column in SQL.
    field
        What it holds, one of `MEASURED`.
    unit
        Of times: what the number counts; without one, the field's own unit.
    """
    if is_float(field):
        return f"CASE WHEN isfinite({column}) THEN {column}::DOUBLE END"
    if field.family == "decimal":
        return f"{column}::DOUBLE"
    counted = f"({column} - DATE '1970-01-01')" if field.family == "date" else column
    if unit and unit != unit_of(field):
        factor = _NANOSECONDS[unit_of(field)] // _NANOSECONDS[unit]
        return f"({counted}::HUGEINT * {factor})"
    return counted


def unit_of(field: Field) -> str:
    """Return what a time counts; nothing for what is no time.

    Examples
    --------
    >>> unit_of(Field("day", "object", "date"))
    'D'
    """
    return "D" if field.family == "date" else field.unit


def finest(units: Sequence[str]) -> str:
    """Return the unit in which times of all these units are whole numbers.

    Examples
    --------
    >>> finest(["s", "us"])
    'us'
    """
    return min((unit for unit in units if unit), key=lambda unit: _NANOSECONDS[unit], default="")


def count_places(
    database: Database, source: str, places: Sequence[str], sizes: Sequence[int]
) -> list[tuple[int, ...]]:
    """Return how many rows are at each place, for some columns of places.

    DuckDB's own histograms take megabytes for every column, however short it is; places take a
    byte for every cell.

    Parameters
    ----------
    database
        One that is open.
    source
        What is scanned.
    places
        The columns as SQL: small numbers, NULL for what is not counted.
    sizes
        The number of places of each, at most 255.
    """
    import numpy as np

    if not places:
        return []
    forms = (f"coalesce({one}, {_NOWHERE})::UTINYINT AS p{at}" for at, one in enumerate(places))
    table = database.arrow(f"SELECT {', '.join(forms)} FROM {source}")
    counts = (
        np.bincount(column.to_numpy(), minlength=_NOWHERE)[:size]
        for column, size in zip(table.columns, sizes, strict=True)
    )
    return [tuple(one.tolist()) for one in counts]


def real(value: Any) -> str:
    """Return a float as SQL writes it; bare, it would be a decimal.

    Examples
    --------
    >>> real(0.5)
    "'0.5'::DOUBLE"
    """
    return f"'{float(value)!r}'::DOUBLE"
