"""Showing how two runs differ, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsnb.display import html, text
from dsnb.display.runs import named
from dsnb.presenting import as_html, as_text, one_line
from dsnb.provenance.rundiff import Change, MetricChange, RunDiff
from dsnb.units import ago, count_text

_SAME = "nothing differs: the same data, code, libraries and metrics"
_CELL = 60
_CELLS = 20

Row = tuple[str, str, str, str]


@as_text.register
def _diff_text(result: RunDiff) -> str:
    lines = [text.line(f"{named(result.old)} → {named(result.new)}: ", [_headline(result)])]
    for title, rows in _parts(result):
        shown = [tuple(text.shortened(cell, 40) for cell in row) for row in rows[: text.CAP]]
        laid_out = text.table(shown, indent="    ").split("\n")
        lines += [f"  {title}:", *text.capped(laid_out, len(rows), indent="    ")]
    lines += [f"  {line}" for line in _cell_lines(result)]
    if commands := _commands(result):
        lines.append(text.paragraph(f"next: {' · '.join(commands)}", "  "))
    return "\n".join(lines)


@as_html.register
def _diff_html(result: RunDiff) -> str:
    head = html.Html(
        f"{html.safe(named(result.old))} → {html.safe(named(result.new))}&ensp;"
        f"{html.safe(_headline(result))}"
    )
    tables = []
    for title, rows in _parts(result):
        headers = (title.capitalize(), _when(result, new=False), _when(result, new=True), "")
        tables.append(html.table(headers, rows, total=len(rows)))
    head_of_cells, *cells = _cell_lines(result) or [""]
    listed = html.Html("".join(f"<div>{html.code(one)}</div>" for one in cells))
    tables.append(html.details(head_of_cells, listed) if cells else html.quiet(head_of_cells))
    commands = [html.code(one) for one in _commands(result)]
    after = html.Html(f"{html.quiet('next:')} {' · '.join(commands)}") if commands else ""
    return html.block(head, *tables, after)


def _headline(result: RunDiff) -> str:
    if not result:
        return _SAME
    moved = [one for one in result.data if not one.same]
    said = []
    if moved:
        said.append(f"other data ({', '.join(one.name for one in moved[:3])})")
    changed = len(result.cells.added) + len(result.cells.removed)
    if changed or result.code:
        said.append(f"other code ({count_text(changed, 'cell')})" if changed else "other code")
    if result.packages:
        said.append(f"{count_text(len(result.packages), 'other library', 'other libraries')}")
    measured = [one for one in result.metrics if one.before != one.after]
    if measured:
        said.append(f"{count_text(len(measured), 'metric')} moved")
    return ", ".join(said or ["other tags"])


def _parts(result: RunDiff) -> Iterator[tuple[str, Sequence[Row]]]:
    data = [
        (one.name, ", ".join(one.before), ", ".join(one.after), "same" if one.same else "")
        for one in result.data
    ]
    metrics = [
        (one.name, _number(one.before), _number(one.after), _shift(one)) for one in result.metrics
    ]
    for title, rows in (
        ("data", data),
        ("metrics", metrics),
        ("code", _rows(result.code)),
        ("libraries", _rows(result.packages)),
        ("tags", _rows(result.tags)),
    ):
        if rows:
            yield title, rows


def _rows(changes: Sequence[Change]) -> list[Row]:
    return [(one.name, one.before or "–", one.after or "–", "") for one in changes]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def _shift(one: MetricChange) -> str:
    if one.before is None or one.after is None:
        return ""
    return "same" if one.before == one.after else f"{one.after - one.before:+.4g}"


def _cell_lines(result: RunDiff) -> list[str]:
    cells = result.cells
    if not cells.removed and not cells.added:
        return []
    head = f"cells ({cells.same} same, {len(cells.removed)} gone, {len(cells.added)} new)"
    marked = [
        f"{sign} {one}"
        for sign, some in (("−", cells.removed), ("+", cells.added))
        for one in some
        if one
    ]
    if not marked:
        return [f"{head}; to see them next time: %ds config run.cells source"]
    lines = [f"{head}:"]
    lines += [f"  {text.shortened(one_line(one), _CELL)}" for one in marked[:_CELLS]]
    return lines if len(marked) <= _CELLS else [*lines, f"  … {len(marked) - _CELLS} more"]


def _when(result: RunDiff, *, new: bool) -> str:
    run = result.new if new else result.old
    return f"{run.name}, {ago(run.started)}"


def _commands(result: RunDiff) -> list[str]:
    return [f"%ds diff {one.compare}" for one in result.data if one.compare][:3]
