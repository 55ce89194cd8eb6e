"""Showing where something came from: the version behind a change, or a variable."""

from __future__ import annotations

from dsnb.datasets.bisecting import Bisection, Step
from dsnb.datasets.origins import Trace
from dsnb.datasets.tracefile import FileTrace
from dsnb.display import html, text
from dsnb.presenting import as_html, as_text
from dsnb.units import count_text

_SHAPES = {"good": "✓ holds", "bad": "⚠ fails", "skipped": "○ skipped"}


@as_text.register
def _bisection_text(result: Bisection) -> str:
    lines = [text.paragraph(f"{_found(result)}: {result.test}")]
    lines.append(text.line("", [f"last good: {result.last_good}", _effort(result)], "  "))
    rows = [_row(step) for step in result.steps]
    lines += text.capped(text.table(rows, indent="    ").split("\n"), len(rows), 2 * text.CAP)
    lines.append(text.line("next: ", _next(result), "  "))
    return "\n".join(lines)


@as_html.register
def _bisection_html(result: Bisection) -> str:
    found = _found(result).removeprefix(result.first_bad or "")
    first = html.ref(result.first_bad) if result.first_bad else ""
    rows = ((html.ref(ref), verdict, why) for ref, verdict, why in map(_row, result.steps))
    listed = html.table(("Version", "", ""), rows, total=len(result.steps))
    commands = html.Html(" · ".join(html.code(command) for command in _next(result)))
    return html.block(
        html.Html(f"{first}{html.safe(found)}: {html.code(result.test)}"),
        html.Html(f"last good: {html.ref(result.last_good)} · {html.safe(_effort(result))}"),
        html.details(count_text(len(result.steps), "step"), listed),
        html.quiet(html.Html(f"next: {commands}")),
    )


@as_text.register
def _trace_text(result: Trace) -> str:
    lines = [text.paragraph(_came_from(result))]
    lines += [text.paragraph(note, "  ") for note in _notes(result)]
    lines += [text.line("next: ", _look(result), "  ")] * bool(result)
    return "\n".join(lines)


@as_html.register
def _trace_html(result: Trace) -> str:
    commands = html.Html(" · ".join(html.code(command) for command in _look(result)))
    return html.block(
        _came_from(result),
        *map(html.quiet, _notes(result)),
        html.quiet(html.Html(f"next: {commands}")) if result else "",
    )


@as_text.register
def _file_text(result: FileTrace) -> str:
    lines = [text.paragraph(_held_by(result))]
    lines += [text.line("next: ", [f"%ds {result.command}"], "  ")] * bool(result.command)
    return "\n".join(lines)


@as_html.register
def _file_html(result: FileTrace) -> str:
    command = html.code(f"%ds {result.command}") if result.command else ""
    return html.block(
        _held_by(result), html.quiet(html.Html(f"next: {command}")) if command else ""
    )


def _held_by(result: FileTrace) -> str:
    path = text.brief(result.path)
    if result.versions:
        first, *others = map(text.brief, result.versions)
        also = f", and so do {', '.join(others)}" if others else ""
        return f"{first} holds {path} as it is now{also}."
    if result.was is not None:
        return f"{path} lies at the paths of {text.brief(result.was)}, but holds something else."
    return f"{path} belongs to no version."


def _came_from(result: Trace) -> str:
    if result.ref is not None:
        sure = "proved by its hash" if result.proved else "a hint, no proof"
        return f"{result.called} came from {result.ref} ({sure})."
    if result.carried is not None:
        return f"{result.called} came from {result.carried}, which is not in this workspace."
    return f"{result.called} carries no reference to a version."


def _notes(result: Trace) -> list[str]:
    return [*_notes_on_cell(result), *_notes_on_origin(result)]


def _notes_on_cell(result: Trace) -> list[str]:
    if result.cell is None:
        return []
    read = f", which read {', '.join(map(text.brief, result.read[:5]))}" if result.read else ""
    more = f" and {len(result.read) - 5:,} more" if len(result.read) > 5 else ""
    return [f"It was last assigned in cell {result.cell}{read}{more}."]


def _notes_on_origin(result: Trace) -> list[str]:
    if result.ref is None:
        if result.carried is not None:
            return ["It was deleted since, or is another workspace's."]
        if result.library != "pandas":
            return [f"Tables of {result.library} carry none; load it with --as pandas for that."]
        return [
            "It was not loaded by dsnb, or made in a way that loses it, such as a pivot, "
            "or a merge of frames from different versions."
        ]
    was = "" if result.ref == result.carried else f"It was called {result.carried} then."
    return [note for note in (was, _change(result)) if note]


def _change(result: Trace) -> str:
    """Say whether a variable still has the version's rows and columns."""
    if result.proved:
        return "It holds the very table that was registered."
    if result.held is None or not result.shape:
        return ""
    if result.shape == result.held:
        return f"It has the version's {_size(result.shape)}; whether cells changed is not known."
    return f"It has {_size(result.shape)}, and the version {_size(result.held)}."


def _size(shape: tuple[int, ...]) -> str:
    rows = count_text(shape[0], "row")
    return f"{rows} × {count_text(shape[1], 'column')}" if len(shape) > 1 else rows


def _look(result: Trace) -> list[str]:
    look = [f"%ds show {result.ref}"]
    if result.called.isidentifier():
        look.append(f"%ds diff {result.ref} --from {result.called}")
    return look


def _found(result: Bisection) -> str:
    if result.first_bad is not None:
        return f"{result.first_bad} is the first version for which this fails"
    first, last = result.candidates[0], result.candidates[-1]
    return (
        f"The first version for which this fails is one of {first} to {last}; all but the last "
        "of them were skipped"
    )


def _effort(result: Bisection) -> str:
    skipped = len(result.skipped)
    said = f"{len(result.steps):,} of {count_text(result.versions, 'version')} looked at"
    return f"{said}, {skipped:,} of them skipped" if skipped else said


def _row(step: Step) -> tuple[str, str, str]:
    return step.ref, _SHAPES[step.verdict], step.why


def _next(result: Bisection) -> list[str]:
    last = result.candidates[-1]
    changed = f"%ds diff {result.last_good}..{last.rpartition('@')[2]}"
    return [changed, f"df = %ds load {last}"]
