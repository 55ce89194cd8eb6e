"""The values of a column counted before and after, and how far they have drifted.

Two scores are taken over all bins or categories, infinite, missing and other cells being bins of
their own; bins that are empty on both sides are left out.

``psi``
    The population stability index, Σ (q − p) · ln(q / p) over the shares p before and q after, as
    credit scoring uses it (N. Siddiqi, *Credit Risk Scorecards*, 2006), whose customary bounds name
    the outcome: below 0.1 stable, below 0.25 shifted, else drifted. Half a row is added to every
    bin, so that an empty one costs much, but not infinitely much. In small tables it is large by
    chance: about as 1/n + 1/m times a χ² variable of as many degrees of freedom as there are bins
    less one (B. Yurdakul, *Statistical Properties of Population Stability Index*, 2018). What
    lies within two standard deviations of that is called unclear.
``jensen_shannon``
    The Jensen-Shannon divergence to base 2 (J. Lin, *Divergence Measures Based on the Shannon
    Entropy*, IEEE Trans. Inf. Theory 37, 1991): 0 for equal shares, 1 where nothing overlaps; it is
    the same in both directions, and needs nothing added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["numbers", "times", "categories", "presence"]
Drift = Literal["stable", "shifted", "drifted", "unclear"]
STABLE, SHIFTED = 0.1, 0.25
"""Population stability indices below which a column is stable, and merely shifted."""
_SMOOTHING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The values of one column, before and after.

    Attributes
    ----------
    column
        Its name, in the new table.
    kind
        What is counted: ``numbers`` and ``times`` in bins, ``categories``, or merely the
        ``presence`` of cells where values tell rows apart or have no order.
    edges
        Where bins begin and the last ends; times as text. The outermost take what lies beyond.
    categories
        The commonest of both sides.
    before, after
        The counts of bins or categories.
    rest
        Cells of other categories, before and after.
    infinite, missing
        Infinite and missing cells, before and after.
    rows
        Rows looked at, before and after.
    mean
        Of the finite numbers, before and after; None for what is no number, or has none.
    sampled
        Whether rows are an even sample of a longer table, on either side.
    psi, jensen_shannon
        The scores; None where a side has no rows.
    """

    column: str
    kind: Kind
    edges: tuple[int | float | str | None, ...] = ()
    categories: tuple[str, ...] = ()
    before: tuple[int, ...]
    after: tuple[int, ...]
    rest: tuple[int, int] = (0, 0)
    infinite: tuple[int, int] = (0, 0)
    missing: tuple[int, int]
    rows: tuple[int, int]
    mean: tuple[float | None, float | None] = (None, None)
    sampled: bool = False

    @property
    def psi(self) -> float | None:
        """The population stability index."""
        return population_stability(*self._counts) if all(self.rows) else None

    @property
    def jensen_shannon(self) -> float | None:
        """The Jensen-Shannon divergence."""
        return jensen_shannon(*self._counts) if all(self.rows) else None

    @property
    def drift(self) -> Drift | None:
        """The outcome in a word; None where a side has no rows."""
        if self.psi is None:
            return None
        if self.psi < STABLE:
            return "stable"
        filled = sum(1 for pair in zip(*self._counts, strict=True) if any(pair))
        chance = (filled - 1) + 2 * math.sqrt(2 * (filled - 1))
        if self.psi <= chance * (1 / self.rows[0] + 1 / self.rows[1]):
            return "unclear"
        return "shifted" if self.psi < SHIFTED else "drifted"

    @property
    def missing_share(self) -> tuple[float, float]:
        """The share of missing cells before and after, 0 to 1."""
        before, after = (
            missing / rows if rows else 0.0
            for missing, rows in zip(self.missing, self.rows, strict=True)
        )
        return before, after

    @property
    def _counts(self) -> tuple[list[int], list[int]]:
        before, after = (
            [*bins, self.rest[side], self.infinite[side], self.missing[side]]
            for side, bins in enumerate((self.before, self.after))
        )
        return before, after

    def to_dict(self) -> dict[str, Any]:
        """Return everything as what JSON can hold."""
        return {
            "column": self.column,
            "kind": self.kind,
            "edges": list(self.edges),
            "categories": list(self.categories),
            "before": list(self.before),
            "after": list(self.after),
            "rest": list(self.rest),
            "infinite": list(self.infinite),
            "missing": list(self.missing),
            "rows": list(self.rows),
            "mean": list(self.mean),
            "sampled": self.sampled,
            "psi": self.psi,
            "jensen_shannon": self.jensen_shannon,
            "drift": self.drift,
        }


def population_stability(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the population stability index of two rows of counts, half a row added to each.

    Examples
    --------
    >>> population_stability([50, 50], [50, 50])
    0.0
    >>> round(population_stability([90, 10], [70, 30]), 2)
    0.26
    """
    filled = [(old, new) for old, new in zip(before, after, strict=True) if old or new]
    old_rows = sum(old for old, _ in filled) + _SMOOTHING * len(filled)
    new_rows = sum(new for _, new in filled) + _SMOOTHING * len(filled)
    total = 0.0
    for old, new in filled:
        p, q = (old + _SMOOTHING) / old_rows, (new + _SMOOTHING) / new_rows
        total += (q - p) * math.log(q / p)
    return total


def jensen_shannon(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the Jensen-Shannon divergence of two rows of counts, 0 to 1; neither may be empty.

    Examples
    --------
    >>> jensen_shannon([1, 1], [50, 50]), jensen_shannon([1, 0], [0, 1])
    (0.0, 1.0)
    """
    old_rows, new_rows = sum(before), sum(after)
    total = 0.0
    for old, new in zip(before, after, strict=True):
        p, q = old / old_rows, new / new_rows
        middle = (p + q) / 2
        # Both at once, so that the same counts the other way round give the same float.
        total += _part(p, middle) + _part(q, middle)
    return min(1.0, max(0.0, total / 2))


def _part(share: float, middle: float) -> float:
    return share * math.log2(share / middle) if share else 0.0
