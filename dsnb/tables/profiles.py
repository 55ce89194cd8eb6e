"""What a table looks like, column by column, as frozen values that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from dsnb.presenting import Presentable

Kind = Literal["numbers", "times", "durations", "categories", "bytes", "other"]
Value = int | float | str | None
"""Times, durations and decimals are told as text, see `dsnb.tables.moments.told`."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What one column holds.

    Attributes
    ----------
    name, type
        As the loaded table has them.
    kind
        What is told of it.
    missing
        Number of missing cells; NaN is one.
    distinct
        Number of different values.
    distinct_is_exact
        Whether that was counted; else it was estimated (HyperLogLog), to a few per cent.
    infinite
        Number of infinite cells, which count for nothing below.
    minimum, maximum
        The smallest and the largest value.
    quantiles
        Those of `QUANTILES`: of all values the smallest that so many are not above.
    mean, std
        Of numbers; the standard deviation of a sample, None for fewer than two.
    lengths
        Characters of the shortest and the longest text, or bytes.
    edges
        Where the bins of the histogram begin and the last ends. All are of one width; the
        outermost take what lies beyond.
    counts
        How many values each bin holds; in a sampled profile, how many of the sample.
    categories
        The commonest texts and how often each is there.
    rest
        Cells of other texts.

    Examples
    --------
    >>> column = ColumnProfile(name="rain", type="bool", kind="categories", missing=0, distinct=2)
    >>> ColumnProfile.from_dict(column.to_dict()) == column
    True
    """

    name: str
    type: str
    kind: Kind
    missing: int
    distinct: int
    distinct_is_exact: bool = True
    infinite: int = 0
    minimum: Value = None
    maximum: Value = None
    quantiles: tuple[Value, ...] = ()
    mean: float | None = None
    std: float | None = None
    lengths: tuple[int, ...] = ()
    edges: tuple[Value, ...] = ()
    counts: tuple[int, ...] = ()
    categories: tuple[tuple[str, int], ...] = ()
    rest: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return everything as what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ColumnProfile:
        """Return what `to_dict` gave, or JSON that holds it.

        Raises
        ------
        ValueError, KeyError, TypeError
            When it is something else.
        """
        if set(data) != {field.name for field in fields(cls)}:
            raise ValueError("this is no profile of a column")
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list | tuple) else value
            for name, value in data.items()
        }
        given["categories"] = tuple((str(text), int(count)) for text, count in data["categories"])
        return cls(**given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Presentable):
    """What a table holds.

    Attributes
    ----------
    rows
        How many it has.
    sampled
        Rows of the even sample from which quantiles, standard deviations, lengths and histograms
        were taken; None when they were taken from all.
    columns
        Its columns, those of an index that holds data first.

    Examples
    --------
    >>> Profile(rows=0, columns=()).to_dict()
    {'rows': 0, 'sampled': None, 'columns': []}
    """

    rows: int
    sampled: int | None = None
    columns: tuple[ColumnProfile, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as what JSON can hold."""
        columns = [column.to_dict() for column in self.columns]
        return {"rows": self.rows, "sampled": self.sampled, "columns": columns}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Profile:
        """Return what `to_dict` gave, or JSON that holds it.

        Raises
        ------
        ValueError, KeyError, TypeError
            When it is something else.
        """
        columns = tuple(ColumnProfile.from_dict(column) for column in data["columns"])
        sampled = None if data["sampled"] is None else int(data["sampled"])
        return cls(rows=int(data["rows"]), sampled=sampled, columns=columns)
