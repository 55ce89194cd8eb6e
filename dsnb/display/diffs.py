"""Showing a comparison: the headline first, then the parts one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsnb.compare import DatasetDiff, FilesDiff, SchemaDiff
from dsnb.display import html, text
from dsnb.display.cells import (
    MINUS,
    ROOM,
    cells_html,
    cells_text,
    cells_title,
    changes_html,
    changes_text,
    changes_title,
    first_rows,
)
from dsnb.display.drifts import Drifts, find_drifts
from dsnb.display.pages import page
from dsnb.presenting import as_html, as_page, as_text
from dsnb.units import count_text, size_text


@as_text.register
def _diff_text(result: DatasetDiff) -> str:
    lines = [text.paragraph(result.headline)]
    lines += [text.paragraph(note, "  ") for note in result.notes]
    drifts = find_drifts(result)
    for title, body in _text_parts(result, drifts):
        lines += ["", text.paragraph(title, "  "), *body]
    if drifts.why or not drifts.asked:
        lines += ["", text.paragraph(_without(drifts), "  ")]
    return "\n".join(lines)


def _text_parts(result: DatasetDiff, drifts: Drifts) -> Iterator[tuple[str, list[str]]]:
    rows, schema, files = result.row_changes, result.schema, result.files
    if rows is not None and rows.cells:
        yield cells_title(rows), cells_text(rows)
    if rows is not None and rows.changed_by_column:
        yield changes_title(rows), changes_text(rows)
    if schema is not None and (schema or schema.gaps):
        columns = list(_column_rows(schema))
        laid_out = text.table(columns, indent="    ").split("\n")
        yield _columns_title(schema), text.capped(laid_out, len(columns), indent="    ")
    if files:
        paths = list(_file_rows(files))
        laid_out = text.table(paths[: text.CAP], align=("left", "left"), indent="    ").split("\n")
        yield _files_title(files), text.capped(laid_out, len(paths), indent="    ")
    if drifts.found:
        yield drifts.title, drifts.lines()
    for part in first_rows(result):
        yield part.title, part.lines()


@as_html.register
def _diff_html(result: DatasetDiff) -> str:
    drifts = find_drifts(result)
    steps = html.line(
        *(
            html.Html(f"{html.code(code)} {html.safe(gives)}")
            for code, gives in _next(result, drifts)
        )
    )
    next_steps = html.quiet(html.Html(f"next: {steps}")) if steps else html.Html("")
    return html.block(*_parts(result, drifts), next_steps)


@as_page.register
def _diff_page(result: DatasetDiff) -> str:
    parts = _parts(result, find_drifts(result, always=True), whole=True)
    return page(result.headline, html.block(*parts))


def _parts(result: DatasetDiff, drifts: Drifts, *, whole: bool = False) -> Iterator[html.Html]:
    """Yield what there is to see; the whole of it is open, and below each other."""

    def part(title: str, body: html.Html | str, *, open: bool = False) -> html.Html:
        return html.details(title, body, open=open or whole, inline=not (open or whole))

    rows, schema, files = result.row_changes, result.schema, result.files
    yield _headline_html(result)
    for note in result.notes:
        yield html.quiet(note)
    if rows is not None and rows.cells:
        yield part(cells_title(rows), cells_html(rows), open=True)
    others = []
    if rows is not None and rows.changed_by_column:
        others.append(part(changes_title(rows), changes_html(rows)))
    if schema is not None:
        others.append(part(_columns_title(schema), _columns_html(schema)))
    if files is not None:
        others.append(part(_files_title(files), _files_html(files)))
    if drifts.found:
        others.append(part(drifts.title, drifts.html()))
    others += [part(first.title, first.html()) for first in first_rows(result)]
    if whole:
        yield from others
    else:
        yield html.Html("".join(others))
    if drifts.why:
        yield html.quiet(_without(drifts))


def _without(drifts: Drifts) -> str:
    """Return why no distributions are shown."""
    if drifts.why:
        return f"Distributions could not be counted: {drifts.why.rstrip('.')}."
    return "Distributions: ask .distributions(), which reads both tables once more."


def _headline_html(result: DatasetDiff) -> html.Html:
    _, _, found = result.headline.partition(": ")
    between = f"{html.ref(result.old)} → {html.ref(result.new)}"
    return html.Html(f"{between}&ensp;{html.safe(found)}")


def _columns_title(schema: SchemaDiff) -> str:
    filled = [one for one in schema.gaps if not one.after]
    said = [f"{schema.unchanged:,} same"]
    for count, what in (
        (len(schema.added), "added"),
        (len(schema.removed), "removed"),
        (len(schema.renamed), "renamed"),
        (len(schema.retyped), "retyped"),
        (len(schema.gaps) - len(filled), "now with missing cells"),
        (len(filled), "no longer with missing cells"),
    ):
        said += [f"{count:,} {what}"] * bool(count)
    said += ["reordered"] * schema.reordered
    return f"Columns ({', '.join(said)})"


def _columns_html(schema: SchemaDiff) -> html.Html:
    columns = [
        (html.signed(sign, sign), html.code(name), what)
        for sign, name, what in _column_rows(schema)
    ]
    if not columns:
        return html.Html("")
    return html.table(("", "Column", "Type"), columns, (), len(columns), ROOM)


def _column_rows(schema: SchemaDiff) -> Iterator[tuple[str, str, str]]:
    for column in schema.added:
        yield "+", column.name, column.type
    for column in schema.removed:
        yield MINUS, column.name, column.type
    for renamed in schema.renamed:
        yield "~", f"{renamed.before} → {renamed.after}", "renamed, as its content says"
    for change in schema.retyped:
        yield "~", change.name, f"{change.before} → {change.after}"
    for gaps in schema.gaps:
        yield (
            "~",
            gaps.name,
            f"{'now has' if gaps.after else 'no longer has'} missing cells",
        )


def _files_title(files: FilesDiff) -> str:
    said = [f"{files.unchanged:,} unchanged"]
    for count, what in (
        (len(files.added), "added"),
        (len(files.removed), "removed"),
        (len(files.changed), "changed"),
        (len(files.moved), "moved"),
    ):
        said += [f"{count:,} {what}"] * bool(count)
    return f"Files ({', '.join(said)})"


def _files_html(files: FilesDiff) -> html.Html:
    changes = [
        (html.signed(sign, sign), html.code(path), size) for sign, path, size in _file_rows(files)
    ]
    if not changes:
        return html.Html("")
    return html.table(("", "File", "Size"), changes, (2,), len(changes), ROOM)


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


def _next(result: DatasetDiff, drifts: Drifts) -> list[tuple[str, str]]:
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
    if not drifts.asked:
        steps.append(("_.distributions()", "counts the values of each column"))
        steps.append(("_.to_html('diff.html')", "writes them into a page"))
    return steps
