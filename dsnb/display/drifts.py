"""Showing how the values of columns are distributed before and after, the most drifted first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dsnb.compare import DatasetDiff
from dsnb.compare.stability import Distribution
from dsnb.display import html, text
from dsnb.display.cells import ROOM
from dsnb.display.charts import (
    distribution_svg,
    distribution_text,
    drift_text,
    missing_text,
    value_text,
)
from dsnb.errors import ComparisonError, DsnbError, first_line

CELLS = 12_000_000
"""Cells of both tables up to which distributions are counted unasked: about a second's work."""
COLUMNS = 200
_SHOWN = 30
_FEW = 3
"""Columns that the text form shows."""
_NAME = 40
_ORDER = ("drifted", "shifted", "unclear", "stable")
_LEGEND = "outlined: before · filled: after"
_SCALE = (
    "PSI is the population stability index: below 0.1 stable, below 0.25 shifted, else drifted;"
    " unclear is what few rows do by chance"
)


@dataclass(frozen=True, slots=True)
class Drifts:
    """The distributions of a comparison, or why there are none to show.

    Attributes
    ----------
    found
        The distributions, the most drifted first.
    asked
        Whether they were counted; not unasked, where that would take long.
    why
        Why they could not be counted.
    """

    found: tuple[Distribution, ...] = ()
    asked: bool = True
    why: str = ""

    @property
    def title(self) -> str:
        """How many columns drifted, and how far."""
        counts: Counter[str] = Counter(one.drift or "not comparable" for one in self.found)
        said = [f"{counts[word]:,} {word}" for word in (*_ORDER, "not comparable") if counts[word]]
        return f"Distributions ({', '.join(said)})"

    def lines(self) -> list[str]:
        """Return those that drifted most as lines of text."""
        lines = []
        for one in [one for one in self.found if one.drift in ("drifted", "shifted")][:_FEW]:
            said = [text.shortened(one.column, _NAME) + ":", drift_text(one), *_facts(one)]
            lines += text.paragraph(f"{said[0]} {', '.join(said[1:])}", "    ").split("\n")
            picture = distribution_text(one)
            if one.kind == "categories":
                lines += text.paragraph(picture, "      ").split("\n")
            elif picture:
                lines.append(f"      {picture}".rstrip())
        return lines

    def html(self) -> html.Html:
        """Return them as a table of small pictures."""
        rows = (
            (
                html.code(text.shortened(one.column, _NAME)),
                drift_text(one),
                distribution_svg(one),
                missing_text(one).removeprefix("missing "),
                distribution_text(one) if one.kind == "categories" else ", ".join(_facts(one)),
            )
            for one in self.found[:_SHOWN]
        )
        sampled = any(one.sampled for one in self.found)
        any_missing = any(any(one.missing) for one in self.found[:_SHOWN])
        headers = ("Column", "Drift", "Before and after", "Missing" * any_missing, "")
        legend = html.line(_LEGEND, _SCALE, "counted in an even sample of the rows" * sampled)
        listed = html.table(headers, rows, (), len(self.found), 3 * ROOM)
        return html.Html(f"{listed}<div>{html.quiet(legend)}</div>")


def find_drifts(result: DatasetDiff, *, always: bool = False) -> Drifts:
    """Return the distributions of a comparison, if it has rows that differ.

    Parameters
    ----------
    result
        The comparison.
    always
        Whether to count them even where that takes long.
    """
    rows = result.row_changes
    if not rows:
        return Drifts()
    kept = rows.changed + rows.unchanged
    columns = len(rows.key) + len(rows.compared)
    cells = (2 * kept + rows.added + rows.removed) * columns
    if not always and (cells > CELLS or columns > COLUMNS):
        return Drifts(asked=False)
    try:
        _ = rows.in_full
    except ComparisonError:
        return Drifts()  # the counts are all there is
    try:
        found = result.distributions()
    except DsnbError as error:
        return Drifts(why=error.message)
    except Exception as error:  # whatever it is, the rest of the comparison is worth seeing
        return Drifts(why=first_line(error))
    return Drifts(tuple(sorted(found, key=_rank)))


def _rank(one: Distribution) -> tuple[int, float]:
    return (_ORDER.index(one.drift) if one.drift else len(_ORDER), -(one.psi or 0))


def _facts(one: Distribution) -> list[str]:
    before, after = one.mean
    facts = []
    if before is not None and after is not None:
        facts.append(f"mean {value_text(before)} → {value_text(after)}")
    elif one.kind == "times" and one.edges:
        facts.append(f"{value_text(one.edges[0])} to {value_text(one.edges[-1])}")
    elif one.kind == "presence":
        facts.append("only missing cells counted")
    return facts
