"""The pieces of the plain-text forms."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from dsnb.presenting import one_line

WIDTH = 80
CAP = 20
"""Rows of a list that the text form shows before it says how many more there are."""
LONGEST = 1000
"""Characters of one text, such as a description, that are shown."""

Align = Literal["left", "right"]


def paragraph(text: str, indent: str = "") -> str:
    """Wrap a text to the width of a terminal, without breaking paths or references.

    Examples
    --------
    >>> print(paragraph("short", "  "))
      short
    """
    return textwrap.fill(
        brief(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def parts(*texts: str | None) -> str:
    """Join what there is of some texts by dots.

    Examples
    --------
    >>> parts("2 files", None, "", "81.2 kB")
    '2 files · 81.2 kB'
    """
    return " · ".join(text for text in texts if text)


def line(lead: str, texts: Sequence[str], indent: str = "") -> str:
    """Join some texts by dots after a lead, in lines that break between them where they can.

    Examples
    --------
    >>> print(line("next: ", ["%ds load weather_ds@2", "%ds show weather_ds@2"], "  "))
      next: %ds load weather_ds@2 · %ds show weather_ds@2
    """
    told = [brief(text) for text in texts if text]
    start = indent + brief(lead)
    hanging = indent + " " * min(len(start) - len(indent), 6)
    lines = [start]
    for number, text in enumerate(told):
        joined = f"{lines[-1]}{' · ' if number else ''}{text}"
        dot = 2 if number < len(told) - 1 else 0
        if len(joined) + dot <= WIDTH:
            lines[-1] = joined
        else:
            lines[-1] += " ·" if number else ""
            lines += paragraph(text, hanging).split("\n")
    return "\n".join(each.rstrip() for each in lines if each.strip())


def table(
    rows: Sequence[Sequence[str]],
    headers: Sequence[str] = (),
    align: Sequence[Align] = (),
    indent: str = "",
    whole: Collection[int] = (),
) -> str:
    """Lay out rows in columns; the widest column gives way where the line is too long.

    Parameters
    ----------
    rows, headers
        The cells.
    align
        Which side each column keeps to.
    indent
        What every line begins with.
    whole
        Positions of columns that never give way.

    Examples
    --------
    >>> print(table([("@2", "1,006"), ("@1", "502")], align=("left", "right")))
    @2  1,006
    @1    502
    """
    lines = [
        [one_line(shortened(cell, WIDTH)) for cell in row]
        for row in ([headers] if headers else []) + [*rows]
    ]
    if not lines:
        return ""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    room = WIDTH - len(indent) - 2 * (len(widths) - 1)
    giving = [position for position in range(len(widths)) if position not in whole]
    while giving and sum(widths) > room:
        widest = max(giving, key=widths.__getitem__)
        if widths[widest] <= 4:
            break
        widths[widest] -= 1
    left: list[Align] = ["left"] * (len(widths) - len(align))
    aligned = [*align, *left]
    return "\n".join(
        indent
        + "  ".join(
            _fit(cell, width, side) for cell, width, side in zip(line, widths, aligned, strict=True)
        ).rstrip()
        for line in lines
    )


def facts(rows: Sequence[tuple[str, str]], indent: str = "") -> str:
    """Lay out labels with their values, wrapped; a label without a value is left out.

    Examples
    --------
    >>> print(facts([("user", "ada"), ("kernel", ""), ("tags", "stage=raw")]))
    user:  ada
    tags:  stage=raw
    """
    told = [(f"{label}:", value) for label, value in rows if value]
    column = max((len(label) for label, _ in told), default=0) + 2
    lines: list[str] = []
    for label, value in told:
        wrapped = textwrap.wrap(
            brief(value),
            max(20, WIDTH - len(indent) - column),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for first, part in zip([label, *[""] * len(wrapped)], wrapped, strict=False):
            lines.append(indent + first.ljust(column) + part)
    return "\n".join(lines)


def capped(lines: Iterable[str], total: int, cap: int = CAP, indent: str = "") -> list[str]:
    """Return the first lines, and one that says how many more there are."""
    shown = [line for _, line in zip(range(cap), lines, strict=False)]
    if total > len(shown):
        shown.append(f"{indent}… and {total - len(shown):,} more")
    return shown


def brief(text: str) -> str:
    """Return a text on one line, cut where it would fill the screen.

    Examples
    --------
    >>> len(brief("weather " * 1_000_000))
    1000
    """
    return one_line(shortened(text, LONGEST))


def shortened(text: str, length: int) -> str:
    """Return at most so many characters of a text.

    Examples
    --------
    >>> shortened("weather data", 8)
    'weather…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def _fit(cell: str, width: int, side: Align) -> str:
    cell = shortened(cell, width)
    return cell.rjust(width) if side == "right" else cell.ljust(width)
