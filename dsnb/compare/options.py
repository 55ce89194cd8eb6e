"""How rows are compared: what the user may ask of a comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsnb.errors import UsageError

MEMORY = 1000
"""Megabytes that a comparison may take before it moves to disk, unless the settings say more."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two numbers may be apart and still be the same.

    Attributes
    ----------
    absolute
        Largest difference.
    relative
        Largest difference as a share of the greater of the two.
    """

    absolute: float = 0.0
    relative: float = 0.0


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are compared.

    Attributes
    ----------
    on
        Columns that identify a row; None leaves it to the version's key, or a guess.
    ignore
        Columns that are not compared.
    columns
        The only columns that are compared, besides those that identify a row; None for all.
    tolerance
        How far numbers may be apart, by column; None as a column stands for all others.
    where
        A condition on the rows of both sides, in the language of `pandas.DataFrame.query`.
    sample
        Share of the rows that is compared, from 0 to 1: those of the same keys on both sides.
    rows
        Number of changed rows whose cells are listed.
    memory
        Megabytes that may be taken before what is compared moves to disk; at least 256.
    """

    on: Sequence[str] | None = None
    ignore: Sequence[str] = ()
    columns: Sequence[str] | None = None
    tolerance: Mapping[str | None, Tolerance] = field(default_factory=dict)
    where: str | None = None
    sample: float | None = None
    rows: int = 10
    memory: int = MEMORY

    @property
    def takes_anything(self) -> bool:
        """Whether nothing is named that the tables would have to have."""
        return self.on is None and not self.ignore and self.columns is None and not self.where

    def tolerance_of(self, column: str) -> Tolerance | None:
        """Return how far numbers of a column may be apart; None when they must be equal."""
        return self.tolerance.get(column, self.tolerance.get(None))


def parse_tolerance(
    written: str | float | Mapping[str, str | float],
) -> dict[str | None, Tolerance]:
    """Return how far numbers may be apart, from how people write it.

    Parameters
    ----------
    written
        A difference for all columns (``1e-9``), with ``%`` a share of the greater number
        (``0.1%``); or a mapping of columns to such differences. As text also
        ``temp=0.5,wind=1%``.

    Raises
    ------
    UsageError
        When it is no such thing.

    Examples
    --------
    >>> parse_tolerance("1e-9")
    {None: Tolerance(absolute=1e-09, relative=0.0)}
    >>> parse_tolerance("temp=0.5,wind=1%")["wind"]
    Tolerance(absolute=0.0, relative=0.01)
    """
    if isinstance(written, Mapping):
        return {str(column): _tolerance(value) for column, value in written.items()}
    parts = written.split(",") if isinstance(written, str) else [written]
    found: dict[str | None, Tolerance] = {}
    for part in parts:
        column, named, value = part.rpartition("=") if isinstance(part, str) else ("", "", part)
        found[column.strip() if named else None] = _tolerance(value)
    return found


def parse_share(written: str | float) -> float:
    """Return a share of the rows, from how people write it.

    Raises
    ------
    UsageError
        When it is not between 0 and 1.

    Examples
    --------
    >>> parse_share("5%"), parse_share(0.05)
    (0.05, 0.05)
    """
    share = _number(str(written).strip())
    if not 0 < share <= 1:
        raise UsageError(
            f"{written!r} is no share of the rows.", hint="For example: --sample 0.05, or 5%."
        )
    return share


def _number(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return math.nan
    return value / 100 if text.endswith("%") else value


def _tolerance(written: str | float) -> Tolerance:
    text = str(written).strip()
    value = _number(text)
    if not (math.isfinite(value) and value >= 0):
        raise UsageError(
            f"{text!r} is no tolerance.",
            hint="Write a number (--tolerance 1e-9), a share (--tolerance 0.1%), or one for each "
            "column (--tolerance temp=0.5,wind=1%).",
        )
    return Tolerance(relative=value) if text.endswith("%") else Tolerance(absolute=value)
