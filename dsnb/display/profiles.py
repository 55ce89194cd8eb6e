"""Showing what a table holds, column by column."""

from __future__ import annotations

from dsnb.display import html, text
from dsnb.display.charts import histogram_svg, histogram_text, percent, value_text
from dsnb.presenting import as_html, as_text, one_line
from dsnb.tables.profiles import ColumnProfile, Profile, Value
from dsnb.units import count_text

_ROOM = 200_000
"""Characters of HTML that the columns of a profile may take."""
_SAID = 3
"""Categories that are named in words."""
_BARS = 10
"""Bars of a histogram in a terminal."""
_NAME = 40
_FEW = 20
_RARE = 0.01
_DAY = len("2013-07-01")


@as_text.register
def _profile_text(result: Profile) -> str:
    return "\n".join([title(result), *profile_lines(result, "  ")])


@as_html.register
def _profile_html(result: Profile) -> str:
    return html.block(title(result), profile_html(result))


def title(profile: Profile) -> str:
    """Return how much a table holds."""
    counts = f"{count_text(profile.rows, 'row')} × {count_text(len(profile.columns), 'column')}"
    return f"profile ({counts})"


def profile_lines(profile: Profile, indent: str) -> list[str]:
    """Return the columns of a profile as lines for a terminal."""
    if not profile.columns:
        return []
    headers = ("column", "type", "missing", "distinct", "min · median · max", "")
    rows = [
        (
            text.shortened(column.name, 20),
            text.shortened(column.type, 12),
            missing_share(column, profile.rows),
            distinct_text(column),
            text.shortened(range_text(column, profile.rows, 4), 30),
            _small_histogram(column),
        )
        for column in profile.columns[: text.CAP]
    ]
    align: tuple[text.Align, ...] = ("left", "left", "right", "right")
    laid_out = text.table(rows, headers, align, indent=indent).split("\n")
    lines = text.capped(laid_out, len(profile.columns) + 1, text.CAP + 1, indent=indent)
    return [*lines, *[text.paragraph(note, indent) for note in notes(profile)]]


def profile_html(profile: Profile) -> html.Html:
    """Return the columns of a profile as a table with small pictures."""
    figures = ("Min · median · max", "Mean ± std")
    headers = ("Column", "Type", "Missing", "Distinct", "Distribution", *figures)
    rows = (
        (
            html.code(text.shortened(column.name, _NAME)),
            text.shortened(column.type, _NAME),
            missing_share(column, profile.rows),
            distinct_text(column),
            _picture(column, profile.rows),
            range_text(column, profile.rows),
            mean_text(column),
        )
        for column in profile.columns
    )
    listed = html.table(headers, rows, (2, 3), len(profile.columns), _ROOM)
    said = html.line(*notes(profile))
    return html.Html(f"{listed}<div>{html.quiet(said)}</div>" if said else listed)


def notes(profile: Profile) -> list[str]:
    """Return what a reader must know about the figures."""
    said = []
    if any(not column.distinct_is_exact for column in profile.columns):
        said.append("≈ is estimated, to a few per cent")
    if profile.sampled is not None:
        said.append(
            f"medians, standard deviations and histograms are those of {profile.sampled:,} rows, "
            "an even sample"
        )
    infinite = sum(column.infinite for column in profile.columns)
    if infinite:
        said.append(f"{count_text(infinite, 'infinite cell')} left out of figures and histograms")
    return said


def missing_share(column: ColumnProfile, rows: int) -> str:
    """Return the share of missing cells; nothing where none is missing."""
    return percent(column.missing / rows) if column.missing else ""


def distinct_text(column: ColumnProfile) -> str:
    """Return how many different values a column holds.

    Examples
    --------
    >>> distinct_text(ColumnProfile(
    ...     name="id", type="int64", kind="numbers", missing=0, distinct=98_123,
    ...     distinct_is_exact=False,
    ... ))
    '≈98,123'
    """
    return f"{'' if column.distinct_is_exact else '≈'}{column.distinct:,}"


def range_text(column: ColumnProfile, rows: int, digits: int = 6) -> str:
    """Return between which values a column lies, or which are the commonest."""
    if column.kind == "categories":
        return _category_text(column, rows)
    if column.minimum is None:
        return ""
    median = column.quantiles[2] if len(column.quantiles) == 5 else None
    ends = [column.minimum, median, column.maximum]
    if column.kind == "times" and str(column.minimum)[:_DAY] != str(column.maximum)[:_DAY]:
        return " · ".join(_day(end) for end in ends if end is not None)
    return " · ".join(value_text(end, digits) for end in ends if end is not None)


def mean_text(column: ColumnProfile) -> str:
    """Return mean and standard deviation, as far as a column has them."""
    if column.mean is None:
        return ""
    spread = "" if column.std is None else f" ± {value_text(column.std, 4)}"
    return value_text(column.mean) + spread


def picture_words(column: ColumnProfile, rows: int) -> str:
    """Return in words what the histogram of a column shows."""
    if column.kind == "categories":
        return f"{column.name}: {_category_text(column, rows)}"
    low, high = (value_text(edge) for edge in (column.edges[0], column.edges[-1]))
    return f"{column.name}: from {low} to {high} in {count_text(len(column.counts), 'bin')}"


def bars(column: ColumnProfile) -> tuple[int, ...]:
    """Return the counts that a picture of a column shows; none where there is nothing to see."""
    if column.kind == "categories":
        counts = [] if _tells_rows_apart(column) else [count for _, count in column.categories]
        return (*counts, column.rest) if counts and column.rest else tuple(counts)
    return column.counts


def _picture(column: ColumnProfile, rows: int) -> html.Html:
    counts = bars(column)
    return histogram_svg(counts, picture_words(column, rows)) if counts else html.Html("")


def _small_histogram(column: ColumnProfile) -> str:
    counts = bars(column)
    if len(counts) > _BARS + 1:
        together = -(-len(counts) // _BARS)
        counts = tuple(
            sum(counts[start : start + together]) for start in range(0, len(counts), together)
        )
    return histogram_text(counts).rstrip()


def _category_text(column: ColumnProfile, rows: int) -> str:
    if _tells_rows_apart(column):
        return ""
    filled = max(rows - column.missing, 1)
    said = [
        f"{one_line(text.shortened(name, 24)) or '(empty)'} {percent(count / filled)}"
        for name, count in column.categories[:_SAID]
    ]
    return ", ".join(said)


def _tells_rows_apart(column: ColumnProfile) -> bool:
    """Tell whether no text is common, so that none is worth its name."""
    cells = sum(count for _, count in column.categories) + column.rest
    commonest = max((count for _, count in column.categories), default=0)
    return column.distinct > _FEW and commonest < _RARE * cells


def _day(value: Value) -> str:
    day, _, _ = str(value).partition("T")
    return day
