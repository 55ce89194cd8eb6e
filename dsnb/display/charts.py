"""Small pictures of distributions: inline SVG for notebooks, blocks for terminals.

Colours are the theme's, and nothing rests on them alone: what was before is an outline, what is
now is filled. Each picture says in words what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from dsnb.compare.stability import Distribution
from dsnb.display.html import Html, safe
from dsnb.display.text import shortened
from dsnb.presenting import one_line

WIDTH, HEIGHT = 160, 32
_BLOCKS = " ▁▂▃▄▅▆▇█"
_FILL = "fill:var(--jp-brand-color1,#1976d2);fill-opacity:.55"
_OUTLINE = "fill:none;stroke:var(--jp-content-font-color1,currentColor);stroke-width:1.2"
_FLOOR = "stroke:var(--jp-border-color1,#9e9e9e);stroke-width:1"
_LABEL = 24
_SAID = 3
"""Categories that a picture names in words."""


def histogram_svg(counts: Sequence[int], said: str) -> Html:
    """Return a histogram as SVG.

    Parameters
    ----------
    counts
        The bins or categories.
    said
        What it shows, in words.

    Examples
    --------
    >>> histogram_svg([1, 2], "2 bins").startswith('<svg role="img"')
    True
    """
    return _svg(_bars(counts), "", said)


def histogram_text(counts: Sequence[int]) -> str:
    """Return a histogram as a row of blocks; whatever is there at all shows.

    Examples
    --------
    >>> histogram_text([0, 1, 500, 1000])
    ' ▁▄█'
    """
    return "".join(_BLOCKS[_height(share, len(_BLOCKS) - 1)] for share in _relative(counts))


def distribution_svg(distribution: Distribution) -> Html:
    """Return both histograms of a distribution in one SVG: before outlined, after filled."""
    before, after = _compared(distribution)
    if not before:
        return Html("")
    highest = max(*before, *after)
    return _svg(
        _bars(after, highest),
        _steps(before, highest),
        f"{distribution.column}: {distribution_words(distribution)}",
    )


def distribution_text(distribution: Distribution) -> str:
    """Return both histograms of a distribution as blocks, or its categories with their shares."""
    if distribution.kind == "categories":
        return _category_words(distribution)
    before, after = _compared(distribution)
    if not before:
        return ""
    highest = max(*before, *after)
    return f"{_blocks(before, highest)} → {_blocks(after, highest)}"


def distribution_words(distribution: Distribution) -> str:
    """Return what a distribution shows, in words.

    Examples
    --------
    >>> print(distribution_words(Distribution(
    ...     column="temp", kind="numbers", edges=(0, 5, 10), before=(50, 50), after=(52, 50),
    ...     missing=(0, 2), rows=(100, 104), mean=(5.0, 4.9),
    ... )))
    from 0 to 10 in 2 bins, mean 5 → 4.9, missing 0.0 % → 1.9 %, stable (PSI 0.03)
    """
    said = []
    if distribution.edges:
        low, high = distribution.edges[0], distribution.edges[-1]
        bins = len(distribution.before)
        said.append(
            f"from {value_text(low)} to {value_text(high)} in {bins} bin{'s' * (bins != 1)}"
        )
    elif distribution.categories:
        said.append(_category_words(distribution))
    before, after = distribution.mean
    if before is not None and after is not None:
        said.append(f"mean {value_text(before)} → {value_text(after)}")
    said += [text for text in (missing_text(distribution), drift_text(distribution)) if text]
    return ", ".join(said)


def missing_text(distribution: Distribution) -> str:
    """Return the shares of missing cells; nothing where none is missing on either side."""
    before, after = distribution.missing_share
    if not any(distribution.missing):
        return ""
    return f"missing {percent(before)} → {percent(after)}"


def drift_text(distribution: Distribution) -> str:
    """Return the outcome with its score, such as ``shifted (PSI 0.13)``."""
    if distribution.psi is None:
        return ""
    # Equal counts score a rounding error above or below nothing.
    return f"{distribution.drift} (PSI {abs(distribution.psi):.2f})"


def percent(share: float) -> str:
    """Return a share of 0 to 1 in per cent; what is not quite all or nothing is not called so.

    Examples
    --------
    >>> percent(0.0), percent(0.00001), percent(0.5), percent(0.99999), percent(1)
    ('0.0 %', '<0.1 %', '50.0 %', '>99.9 %', '100.0 %')
    """
    if 0 < share < 0.001:
        return "<0.1 %"
    if 0.999 < share < 1:
        return ">99.9 %"
    return f"{100 * share:.1f} %"


def value_text(value: object, digits: int = 6) -> str:
    """Return a number or a time as briefly as a summary needs it.

    Examples
    --------
    >>> value_text(70.00244243000014), value_text(1006), value_text("2013-07-01T04:00:00Z")
    ('70.0024', '1,006', '2013-07-01 04:00:00Z')
    """
    if isinstance(value, float):
        return f"{value:,.{digits}g}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else f"{value:.6e}"
    return "" if value is None else one_line(shortened(str(value), 40)).replace("T", " ")


def _category_words(distribution: Distribution) -> str:
    filled = [
        max(rows - missing, 1)
        for rows, missing in zip(distribution.rows, distribution.missing, strict=True)
    ]
    said = [
        f"{one_line(shortened(text, _LABEL)) or '(empty)'}"
        f" {percent(before / filled[0])} → {percent(after / filled[1])}"
        for text, before, after in list(
            zip(distribution.categories, distribution.before, distribution.after, strict=True)
        )[:_SAID]
    ]
    return ", ".join([*said, "…"] if len(distribution.categories) > _SAID else said)


def _compared(distribution: Distribution) -> tuple[list[float], list[float]]:
    """Return the shares of all bins; those of other categories stand last."""
    if not distribution.before or not any([*distribution.before, *distribution.after]):
        return [], []
    before, after = (
        [
            count / max(rows, 1)
            for count in ([*counts, rest] if distribution.kind == "categories" else counts)
        ]
        for counts, rest, rows in zip(
            (distribution.before, distribution.after),
            distribution.rest,
            distribution.rows,
            strict=True,
        )
    )
    return before, after


def _relative(counts: Sequence[float], highest: float = 0) -> list[float]:
    largest = highest or max(counts, default=0) or 1
    return [count / largest for count in counts]


def _height(share: float, most: int) -> int:
    return max(1, round(share * most)) if share > 0 else 0


def _blocks(counts: Sequence[float], highest: float) -> str:
    return "".join(_BLOCKS[_height(share, 8)] for share in _relative(counts, highest))


def _bars(counts: Sequence[float], highest: float = 0) -> str:
    """Return filled bars, a gap between them."""
    width = WIDTH / max(len(counts), 1)
    gap = min(1.0, width / 4)
    return "".join(
        f"M{_short(place * width)},{HEIGHT}v-{_tall(share)}h{_short(width - gap)}v{_tall(share)}z"
        for place, share in enumerate(_relative(counts, highest))
        if share > 0
    )


def _steps(counts: Sequence[float], highest: float) -> str:
    """Return the outline of bars."""
    width = WIDTH / max(len(counts), 1)
    tops = [_short(HEIGHT - float(_tall(share))) for share in _relative(counts, highest)]
    return f"M0,{HEIGHT}" + "".join(f"V{top}h{_short(width)}" for top in tops) + f"V{HEIGHT}"


def _tall(share: float) -> str:
    return _short(max(1.0, share * (HEIGHT - 2)) if share > 0 else 0.0)


def _short(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")


def _svg(filled: str, outline: str, said: str) -> Html:
    label = safe(said, 300)
    return Html(
        f'<svg role="img" aria-label="{label}" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}"><title>{label}</title>'
        f'<path d="M0,{HEIGHT - 0.5}h{WIDTH}" style="{_FLOOR}"/>'
        f'<path d="{filled}" style="{_FILL}"/>'
        + (f'<path d="{outline}" style="{_OUTLINE}"/>' if outline else "")
        + "</svg>"
    )
