"""Showing what two versions share."""

from __future__ import annotations

from collections.abc import Iterator

from dsnb.compare.overlap import SHOWN, Overlap
from dsnb.compare.plain import plain_value
from dsnb.display import html, text
from dsnb.display.cells import shown
from dsnb.presenting import as_html, as_text, one_line
from dsnb.units import count_text

_LINES = 5
_TABLE = 20
_COLUMNS_TEXT = 5
_COLUMNS = 20
_NAME = 40


@as_text.register
def _overlap_text(result: Overlap) -> str:
    lines = [text.paragraph(_headline(result)), *(f"  {one}" for one in _shares(result))]
    if result:
        rows = list(_rows(result, _LINES, _COLUMNS_TEXT))
        laid_out = text.table(rows, _headers(result, _COLUMNS_TEXT), indent="    ").split("\n")
        total = result.rows_first + 1
        lines += [f"  {_title(result)}:"]
        lines += text.capped(laid_out, total, _LINES + 1, indent="    ")
        lines.append("  next: _.rows has the first of them" if result.rows_first > _LINES else "")
    return "\n".join(line for line in lines if line)


@as_html.register
def _overlap_html(result: Overlap) -> str:
    head = html.Html(
        f"{html.ref(result.first)} {html.safe('and')} {html.ref(result.second)}&ensp;"
        f"{html.safe(_found(result))}"
    )
    parts = [html.line(*_shares(result))]
    if result:
        rows = _rows(result, _TABLE, _COLUMNS)
        listed = html.table(_headers(result, _COLUMNS), rows, total=result.rows_first)
        parts.append(html.details(_title(result), listed, open=True))
    return html.block(head, *parts, state="warn" if result else "")


def _headline(result: Overlap) -> str:
    return f"{_called(result.first)} and {_called(result.second)} {_found(result)}"


def _called(name: str) -> str:
    return one_line(text.shortened(name, _NAME))


def _found(result: Overlap) -> str:
    by = f"by {', '.join(map(_called, result.on[:5]))}"
    if len(result.on) > 5:
        by += f" and {len(result.on) - 5:,} more columns"
    if not result:
        return f"share no row ({by})"
    return f"share {count_text(result.shared, 'row')} ({by})"


def _shares(result: Overlap) -> list[str]:
    said = []
    for name, rows, total in (
        (result.first, result.rows_first, result.total_first),
        (result.second, result.rows_second, result.total_second),
    ):
        share = f" ({rows / total:.2%})" if rows else ""
        said.append(f"{rows:,} of {count_text(total, 'row')} of {_called(name)}{share}")
    if result.missing:
        said.append(f"{count_text(result.missing, 'row')} with nothing in these columns left out")
    return said


def _title(result: Overlap) -> str:
    first = "" if result.rows_first <= len(result.rows) else f", the first {SHOWN:,}"
    return f"Shared rows, as {_called(result.first)} has them{first}"


def _headers(result: Overlap, columns: int) -> list[str]:
    return [_called(str(label)) for label in _labels(result)[:columns]]


def _labels(result: Overlap) -> list[object]:
    """Return the columns, those that were looked at first."""
    labels = list(result.rows.columns)
    return sorted(labels, key=lambda label: str(label) not in result.on)


def _rows(result: Overlap, rows: int, columns: int) -> Iterator[list[str]]:
    labels = list(result.rows.columns)
    places = sorted(range(len(labels)), key=lambda place: str(labels[place]) not in result.on)
    for row in range(min(rows, len(result.rows))):
        yield [shown(plain_value(result.rows.iat[row, place])) for place in places[:columns]]
