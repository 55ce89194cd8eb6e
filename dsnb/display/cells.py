"""Showing how rows differ: changed cells, changes by column, the first added and removed rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dsnb.compare import ColumnChanges, DatasetDiff, RowsDiff
from dsnb.compare.plain import plain_value
from dsnb.display import html, text
from dsnb.errors import DsnbError
from dsnb.presenting import one_line
from dsnb.units import count_text

MINUS = "−"
ROOM = 30_000
"""Characters of HTML that each table of a comparison may take, as there are several."""
_CELL = 40
_LOOKED_AT = 10_000
"""Characters of a cell within which what differs is looked for."""
_CELLS = 100
"""Changed cells that the text form lists; the setting ``diff.rows`` rarely asks for as many."""
_KEYS = 4
"""Key columns that fit beside a changed cell."""
_CHANGED_COLUMNS = 50
_FEW_COLUMNS = 10
"""Changed columns that the text form tells of."""
_SAMPLES = 3
_WIDE = 20
"""Columns that are shown of added and removed rows; `_NARROW` in the text form."""
_NARROW = 6
_FEW_ROWS = 3
"""Added and removed rows that the text form shows."""


def cells_title(rows: RowsDiff) -> str:
    """Return the title of the changed cells, which says when they are not all there."""
    # A key may hold lists, which have no hash.
    listed = len({repr(cell.key) for cell in rows.cells})
    of = "" if listed >= rows.changed else f": the first {listed:,} of {rows.changed:,} rows"
    return f"Changed cells{of}"


def cells_text(rows: RowsDiff) -> list[str]:
    """Return the changed cells as lines of text."""
    headers, listed = _cells(rows)
    align: list[text.Align] = [*["left" for _ in headers[1:]], "right"]  # type: ignore[list-item]
    laid_out = text.table(listed[:_CELLS], headers, align, indent="    ").split("\n")
    return text.capped(laid_out, len(listed) + 1, _CELLS + 1, indent="    ")


def cells_html(rows: RowsDiff) -> html.Html:
    """Return the changed cells as a table: old and new in their colours, an arrow between."""
    headers, listed = _cells(rows)
    marked = (
        [*row[:-4], html.signed(row[-4], MINUS), row[-3], html.signed(row[-2], "+"), row[-1]]
        for row in listed
    )
    return html.table(headers, marked, (len(headers) - 1,), len(listed), ROOM)


def changes_title(rows: RowsDiff) -> str:
    """Return the title of the changes by column."""
    return f"Changes by column ({len(rows.changed_by_column):,})"


def changes_text(rows: RowsDiff) -> list[str]:
    """Return what changed in each column as lines of text, the most changed first."""
    headers = ("column", "cells", "shift", "for example")
    listed = [
        (name, f"{count:,}", _shift_text(changes), _samples(changes, 1))
        for name, count, changes in _most_changed(rows)
    ]
    laid_out = text.table(
        listed[:_FEW_COLUMNS], headers, ("left", "right", "left", "left"), indent="    "
    ).split("\n")
    return text.capped(laid_out, len(listed) + 1, _FEW_COLUMNS + 1, indent="    ")


def changes_html(rows: RowsDiff) -> html.Html:
    """Return what changed in each column as a table, the most changed first."""
    told = _most_changed(rows)
    numeric = any(changes is not None and changes.shift for _, _, changes in told)
    shift = ("Mean shift", "Least", "Most", "Mean |shift|", "Relative") if numeric else ()
    headers = ("Column", "Cells", *shift, "For example")
    listed = (
        (
            html.code(text.shortened(name, _CELL)),
            f"{count:,}",
            *(_shift(changes) if numeric else ()),
            _samples(changes, _SAMPLES),
        )
        for name, count, changes in told[:_CHANGED_COLUMNS]
    )
    return html.table(headers, listed, range(1, len(headers) - 1), len(told), ROOM)


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The first rows that one side alone has, as text: the key columns come first."""

    kind: str
    total: int
    more_columns: int
    headers: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    @property
    def title(self) -> str:
        """What they are, and how many there are of them."""
        return f"{self.kind.capitalize()} rows ({self.total:,})"

    @property
    def sign(self) -> str:
        """What stands before each row, so that its colour is not all there is to tell."""
        return "+" if self.kind == "added" else MINUS

    def lines(self) -> list[str]:
        """Return them as lines of text."""
        headers = ("", *self.headers[:_NARROW])
        rows = [(self.sign, *row[:_NARROW]) for row in self.cells[:_FEW_ROWS]]
        hidden = len(self.headers) + self.more_columns - _NARROW
        left_out = [
            count_text(count, noun) + " more"
            for count, noun in ((self.total - len(rows), "row"), (hidden, "column"))
            if count > 0
        ]
        lines = text.table(rows, headers, indent="    ").split("\n")
        return [*lines, *([f"    … and {', '.join(left_out)}"] if left_out else [])]

    def html(self) -> html.Html:
        """Return them as a table."""
        more = (f"… {self.more_columns:,} more columns",) if self.more_columns else ()
        rows = (
            (html.signed(self.sign, self.sign), *row, *("" for _ in more)) for row in self.cells
        )
        return html.table(("", *self.headers, *more), rows, (), self.total, ROOM)


def first_rows(result: DatasetDiff) -> Iterator[FirstRows]:
    """Yield the first added and the first removed rows, as far as the result has any."""
    rows = result.row_changes
    if rows is None:
        return
    for kind, total in (("added", rows.added), ("removed", rows.removed)):
        try:
            frame = rows.in_full.first(kind) if total else None  # type: ignore[arg-type]
        except DsnbError:
            return  # only the counts were kept
        if frame is None or not len(frame):
            continue
        names = [str(label) for label in frame.columns]
        places = [names.index(name) for name in rows.key if name in names]
        places += [place for place in range(len(names)) if place not in places]
        columns = [frame.iloc[:, place] for place in places[:_WIDE]]
        yield FirstRows(
            kind,
            total,
            max(0, len(names) - _WIDE),
            tuple(text.shortened(names[place], _CELL) for place in places[:_WIDE]),
            tuple(
                tuple(shown(plain_value(column.iloc[row])) for column in columns)
                for row in range(min(len(frame), html.CAP))
            ),
        )


def shown(value: Any) -> str:
    """Return a cell's value, briefly and on one line.

    Examples
    --------
    >>> shown(None), shown(0.1 + 0.2), shown("two" + chr(10) + "lines")
    ('(missing)', '0.3', 'two lines')
    """
    if value is None:
        return "(missing)"
    if isinstance(value, float | Decimal):
        return f"{value:.12g}"
    return one_line(text.shortened(_written(value), _CELL))


def shown_apart(before: Any, after: Any) -> tuple[str, str]:
    """Return two values of a changed cell so that the reader can tell them apart, if possible.

    Examples
    --------
    >>> shown_apart(78.08, 78.98), shown_apart(0.3, 0.1 + 0.2), shown_apart("1", 1)
    (('78.08', '78.98'), ('0.3', '0.30000000000000004'), ("'1'", '1'))
    >>> shown_apart("x" * 100 + "yes", "x" * 100 + "no")
    ('…xxxxxxxxxxxxxxxxxxxxyes', '…xxxxxxxxxxxxxxxxxxxxno')
    """
    told = shown(before), shown(after)
    if told[0].split() != told[1].split():
        return told
    for form in (str, repr):
        texts = [_written(value, form)[:_LOOKED_AT] for value in (before, after)]
        pairs = enumerate(zip(*texts, strict=False))
        same = next((place for place, (old, new) in pairs if old != new), min(map(len, texts)))
        start = same - _CELL // 2 if same >= _CELL - 1 else 0
        apart = [one_line(_from(start, each)) for each in texts]
        if apart[0].split() != apart[1].split():
            return apart[0], apart[1]
    return told


def _written(value: Any, form: Callable[[Any], str] = str) -> str:
    try:
        return form(value)
    except Exception:  # an object's own, or an integer of more digits than Python writes
        return f"({type(value).__name__})"


def _from(start: int, cell: str) -> str:
    return text.shortened(f"…{cell[start:]}" if start else cell, _CELL)


def signed_number(change: Any) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> signed_number(78.98 - 78.08), signed_number(-3), signed_number(0)
    ('+0.9', '−3', '0')
    """
    if not change:
        return "0"
    # As many digits as the operands show: 78.98 − 78.08 is 0.9 to a reader.
    told = f"{change}" if isinstance(change, int) else f"{change:.6g}"
    return told.replace("-", MINUS, 1) if told.startswith("-") else f"+{told}"


def _cells(rows: RowsDiff) -> tuple[tuple[str, ...], list[list[str]]]:
    headers = (*rows.key[:_KEYS], "column", "before", "", "after", "change")
    return headers, [
        [
            *(shown(value) for value in cell.key[:_KEYS]),
            cell.column,
            before,
            "→",
            after,
            _change(cell.before, cell.after),
        ]
        for cell in rows.cells
        for before, after in [shown_apart(cell.before, cell.after)]
    ]


def _change(before: Any, after: Any) -> str:
    """Return the signed difference of two numbers, nothing for other values."""
    numbers = (int, float, Decimal)
    for value in (before, after):
        if isinstance(value, bool) or not isinstance(value, numbers):
            return ""
    try:
        change = after - before
        return "" if change != change else signed_number(change)  # NaN, as between infinities
    except (TypeError, ValueError, ArithmeticError):
        return ""


def _most_changed(rows: RowsDiff) -> list[tuple[str, int, ColumnChanges | None]]:
    described = {changes.column: changes for changes in rows.columns}
    most = sorted(rows.changed_by_column.items(), key=lambda item: -item[1])
    return [(name, count, described.get(name)) for name, count in most]


def _shift(changes: ColumnChanges | None) -> Sequence[str]:
    if changes is None or changes.shift is None:
        return ("",) * 5
    shift = changes.shift
    moved = (signed_number(number) for number in (shift.mean, shift.least, shift.most))
    return (*moved, f"{shift.absolute:,.6g}", _relative(shift.relative))


def _shift_text(changes: ColumnChanges | None) -> str:
    if changes is None or changes.shift is None:
        return ""
    mean, least, most, _, relative = _shift(changes)
    if least == most:
        return f"{mean} ({relative})" if relative else mean
    return f"mean {mean} ({least} to {most}{f', {relative}' if relative else ''})"


def _relative(share: float | None) -> str:
    if share is None or not math.isfinite(share):
        return ""
    return f"{100 * share:,.3g} %"


def _samples(changes: ColumnChanges | None, count: int) -> str:
    if changes is None:
        return ""
    return ", ".join(" → ".join(shown_apart(*sample)) for sample in changes.samples[:count])
