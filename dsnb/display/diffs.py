"""Showing a comparison: the headline first, then cells, columns, files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from dsnb.compare import DatasetDiff, FilesDiff, RowsDiff, SchemaDiff
from dsnb.display import html, text
from dsnb.presenting import as_html, as_text, one_line
from dsnb.units import count_text, size_text

MINUS = "−"
_CELL = 40
_CELLS = 100
"""Changed cells that the text form lists; the setting ``diff.rows`` rarely asks for as many."""
_KEYS = 4
"""Key columns that fit beside a changed cell."""


@as_text.register
def _diff_text(result: DatasetDiff) -> str:
    lines = [text.paragraph(result.headline)]
    lines += [text.paragraph(note, "  ") for note in result.notes]
    if result.row_changes is not None and result.row_changes.cells:
        lines += ["", f"  {_cells_title(result.row_changes)}"]
        cells, headers, align = _cell_table(result.row_changes)
        laid_out = text.table(cells[:_CELLS], headers, align, indent="    ").split("\n")
        lines += text.capped(laid_out, len(cells) + 1, _CELLS + 1, indent="    ")
    if result.schema:
        lines += ["", f"  Columns ({_columns_title(result.schema)})"]
        rows = [(sign, name, types) for sign, name, types in _column_rows(result.schema)]
        laid_out = text.table(rows, indent="    ").split("\n")
        lines += text.capped(laid_out, len(rows), indent="    ")
    if result.files:
        lines += ["", f"  Files ({_files_title(result.files)})"]
        files = list(_file_rows(result.files))
        laid_out = text.table(files[: text.CAP], align=("left", "left"), indent="    ").split("\n")
        lines += text.capped(laid_out, len(files), indent="    ")
    return "\n".join(lines)


@as_html.register
def _diff_html(result: DatasetDiff) -> str:
    parts: list[object] = [_headline_html(result)]
    parts += [html.quiet(note) for note in result.notes]
    rows, schema, files = result.row_changes, result.schema, result.files
    if rows is not None and rows.cells:
        cells, headers, _ = _cell_table(rows)
        marked = ([*row[:-1], html.signed(row[-1], row[-1][:1])] for row in cells)
        listed = html.table(headers, marked, (len(headers) - 1,), len(cells))
        parts.append(html.details(_cells_title(rows), listed, open=True))
    inline = []
    if schema is not None:
        columns = [
            (html.signed(sign, sign), html.code(name), types)
            for sign, name, types in _column_rows(schema)
        ]
        body = html.table(("", "Column", "Type"), columns, total=len(columns))
        title = f"Columns ({_columns_title(schema)})"
        inline.append(html.details(title, body if columns else "", inline=True))
    if files is not None:
        changes = [
            (html.signed(sign, sign), html.code(path), size)
            for sign, path, size in _file_rows(files)
        ]
        body = html.table(("", "File", "Size"), changes, (2,), len(changes))
        title = f"Files ({_files_title(files)})"
        inline.append(html.details(title, body if changes else "", inline=True))
    parts.append(html.Html("".join(inline)))
    steps = html.line(
        *(html.Html(f"{html.code(code)} {html.safe(gives)}") for code, gives in _next(result))
    )
    parts.append(html.quiet(html.Html(f"next: {steps}")) if steps else "")
    return html.block(*parts)


def _headline_html(result: DatasetDiff) -> html.Html:
    _, _, found = result.headline.partition(": ")
    between = f"{html.ref(result.old)} → {html.ref(result.new)}"
    return html.Html(f"{between}&ensp;{html.safe(found)}")


def _cells_title(rows: RowsDiff) -> str:
    # A key may hold lists, which have no hash.
    listed = len({repr(cell.key) for cell in rows.cells})
    of = "" if listed >= rows.changed else f": the first {listed:,} of {rows.changed:,} rows"
    return f"Changed cells{of}"


def _cell_table(
    rows: RowsDiff,
) -> tuple[list[list[str]], tuple[str, ...], tuple[text.Align, ...]]:
    headers = (*rows.key[:_KEYS], "column", "before", "", "after", "change")
    cells = [
        [
            *(_shown(value) for value in cell.key[:_KEYS]),
            cell.column,
            _shown(cell.before),
            "→",
            _shown(cell.after),
            _change(cell.before, cell.after),
        ]
        for cell in rows.cells
    ]
    left: list[text.Align] = ["left"] * (len(headers) - 1)
    return cells, headers, (*left, "right")


def _shown(value: Any) -> str:
    if value is None:
        return "(missing)"
    if isinstance(value, float):
        return f"{value:.12g}"
    return one_line(text.shortened(str(value), _CELL))


def _change(before: Any, after: Any) -> str:
    """Return the signed difference of two numbers, nothing for other values."""
    numbers = (int, float, Decimal)
    for value in (before, after):
        if isinstance(value, bool) or not isinstance(value, numbers):
            return ""
    try:
        change = after - before
    except (TypeError, ArithmeticError):
        return ""
    if change != change:  # NaN, as between infinities
        return ""
    # As many digits as the operands show: 78.98 − 78.08 is 0.9 to a reader.
    shown = f"{float(change):.6g}" if isinstance(change, float) else f"{change}"
    return shown.replace("-", MINUS) if shown.startswith("-") else f"+{shown}"


def _columns_title(schema: SchemaDiff) -> str:
    said = [f"{schema.unchanged:,} same"]
    said += [f"{len(schema.added):,} added"] * bool(schema.added)
    said += [f"{len(schema.removed):,} removed"] * bool(schema.removed)
    said += [f"{len(schema.retyped):,} retyped"] * bool(schema.retyped)
    said += ["reordered"] * schema.reordered
    return ", ".join(said)


def _column_rows(schema: SchemaDiff) -> Iterator[tuple[str, str, str]]:
    for column in schema.added:
        yield "+", column.name, column.type
    for column in schema.removed:
        yield MINUS, column.name, column.type
    for change in schema.retyped:
        yield "~", change.name, f"{change.before} → {change.after}"


def _files_title(files: FilesDiff) -> str:
    said = [f"{files.unchanged:,} unchanged"]
    for count, what in (
        (len(files.added), "added"),
        (len(files.removed), "removed"),
        (len(files.changed), "changed"),
        (len(files.moved), "moved"),
    ):
        said += [f"{count:,} {what}"] * bool(count)
    return ", ".join(said)


def _file_rows(files: FilesDiff) -> Iterator[Sequence[str]]:
    for file in files.added:
        yield "+", file.path, size_text(file.size)
    for file in files.removed:
        yield MINUS, file.path, size_text(file.size)
    for pair in files.changed:
        before, after = size_text(pair.before.size), size_text(pair.after.size)
        yield "~", pair.after.path, before if before == after else f"{before} → {after}"
    for pair in files.moved:
        yield "~", f"{pair.before.path} → {pair.after.path}", size_text(pair.after.size)


def _next(result: DatasetDiff) -> list[tuple[str, str]]:
    """Return what may be typed next, and what it gives."""
    rows = result.row_changes
    if not rows:
        return []
    steps = [
        (f"_.rows('{kind}')", f"has the {count_text(count, f'{kind} row')}")
        for kind, count in (("added", rows.added), ("removed", rows.removed))
        if count
    ]
    if rows.changed:
        steps.append(("_.cells()", "has every changed cell"))
    return steps
