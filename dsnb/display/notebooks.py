"""Showing what became of a notebook's inputs, and what came of running it again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dsnb.datasets.drifting import describe_drift
from dsnb.datasets.notebooks import NotebookVerification, RecordedInput
from dsnb.display import html, text
from dsnb.presenting import as_html, as_text, one_line
from dsnb.provenance.lockdiff import LockChange
from dsnb.provenance.rundiff import Change, MetricChange
from dsnb.session.rerunning import Rerun
from dsnb.units import count_text

_TOLD = 3
_UNKNOWN = "The recorded run is not known in this workspace: its metrics cannot be compared."
_LONGEST = 200


@as_text.register
def _verification_text(result: NotebookVerification) -> str:
    lines = [text.line(f"{_name(result.notebook)}: ", _verified(result))]
    # Of many inputs only those are listed that there is something to say about.
    listed = [one for one in result.inputs if not one.available or len(result.inputs) <= text.CAP]
    width = min(max((len(one.recorded.ref) for one in listed), default=0), 30)
    for one in listed[: text.CAP]:
        lines.append(text.line(f"{one.recorded.ref:{width}}  ", [_state(one)], "  "))
        lines += [text.paragraph(said, "    ") for said in _remarks(one)]
    if len(listed) > text.CAP:
        lines.append(f"  … and {len(listed) - text.CAP:,} more")
    lines += [text.paragraph(said, "  ") for said in _advice(result)]
    return "\n".join(lines)


@as_html.register
def _verification_html(result: NotebookVerification) -> str:
    ordered = sorted(result.inputs, key=lambda one: one.available)
    rows = (
        (
            html.ref(one.recorded.ref),
            _state(one),
            ", ".join(one.recorded.how),
            one.recorded.digest[:12],
            "; ".join(_remarks(one)),
        )
        for one in ordered
    )
    headers = ("It read", "Now", "How", "Digest", "")
    return html.block(
        html.Html(f"{html.code(_name(result.notebook))}&ensp;{html.line(*_verified(result))}"),
        html.table(headers, rows, total=len(ordered)) if ordered else "",
        *(html.quiet(said) for said in _advice(result)),
        state="" if result else "warn",
    )


@as_text.register
def _rerun_text(result: Rerun) -> str:
    lines = [text.line(f"{_name(result.notebook)}: ", _told(result))]
    if result.failed is not None:
        said = f"{result.failed.error}: {_cut(result.failed.message)}"
        lines += [
            text.paragraph(said, "    "),
            text.paragraph(_cut(result.failed.source), "    > "),
        ]
    for title, rows in _parts(result):
        shown = [tuple(text.shortened(cell, 40) for cell in row) for row in rows[: text.CAP]]
        laid_out = text.table(shown, indent="    ").split("\n")
        lines += [f"  {title}:", *text.capped(laid_out, len(rows), indent="    ")]
    if result.run is not None and result.difference is None:
        lines.append(text.paragraph(_UNKNOWN, "  "))
    if commands := _commands(result):
        lines.append(text.line("next: ", commands, "  "))
    return "\n".join(lines)


@as_html.register
def _rerun_html(result: Rerun) -> str:
    failed: list[object] = []
    if result.failed is not None:
        said = f"{result.failed.error}: {_cut(result.failed.message)}"
        failed = [said, html.code(_cut(result.failed.source))]
    commands = [html.code(one) for one in _commands(result)]
    tables = [
        html.table((title.capitalize(), "Recorded", "Now", ""), rows, total=len(rows))
        for title, rows in _parts(result)
    ]
    return html.block(
        html.Html(f"{html.code(_name(result.notebook))}&ensp;{html.line(*_told(result))}"),
        *failed,
        *tables,
        html.quiet(_UNKNOWN) if result.run is not None and result.difference is None else "",
        html.Html(f"{html.quiet('next:')} {' · '.join(commands)}") if commands else "",
        state="" if result else "bad",
    )


def _verified(result: NotebookVerification) -> list[str]:
    if not result.inputs:
        return ["it read no version"]
    missing = sum(one.version is None for one in result.inputs)
    lost = sum(not one.available for one in result.inputs) - missing
    return [
        f"{count_text(len(result.inputs), 'input')} checked",
        "✓ all can be loaded as they were read" if result else "",
        f"✗ {missing:,} not in this workspace" if missing else "",
        f"⚠ {lost:,} drifted" if lost else "",
        f"⚠ {result.lock.left_out:,} more had no room in it" if result.lock.left_out else "",
    ]


def _state(one: RecordedInput) -> str:
    if one.version is None:
        return "✗ not in this workspace"
    named = "" if one.version.ref == one.recorded.ref else f", called {one.version.ref} here"
    if not one.drift:
        return f"✓ unchanged{named}"
    drifted = f"{len(one.drift.drifted):,} of {count_text(one.drift.files, 'file')} drifted"
    if one.kept:
        return f"✓ kept (snapshot; {drifted}){named}"
    return f"⚠ {drifted}, and not kept{named}"


def _remarks(one: RecordedInput) -> Iterator[str]:
    """Yield what is to be said of an input that cannot be had."""
    if one.version is None:
        yield f"digest {one.recorded.digest[:12]}"
        if one.here:
            yield f"{one.here} is something else here: its content is another"
    elif one.drift and not one.kept:
        yield from (describe_drift(file) for file in one.drift.drifted[:_TOLD])
        if len(one.drift.drifted) > _TOLD:
            yield f"… and {len(one.drift.drifted) - _TOLD:,} more"


def _advice(result: NotebookVerification) -> Iterator[str]:
    missing = [one.recorded.ref for one in result.inputs if one.version is None]
    if missing:
        yield (
            f"Looked for in {result.workspace}. Who has them writes them to a file with "
            f"%ds export {' '.join(missing[:_TOLD])}{' …' * (len(missing) > _TOLD)}, and "
            "%ds import FILE adds them here."
        )


def _told(result: Rerun) -> list[str]:
    count = count_text(result.of, "cell")
    replaced = ", ".join(result.replaced)
    told = [f"with {replaced}"] if replaced else []
    if result.failed is not None:
        told.append(f"✗ cell [{result.failed.cell}] of {count} failed")
    else:
        told.append(f"{count} run")
        told.append("same inputs and outputs" if result.same else "⚠ not the same as recorded")
    return [*told, f"written to {_name(result.output)}"]


def _parts(result: Rerun) -> Iterator[tuple[str, Sequence[tuple[str, str, str, str]]]]:
    difference = result.difference
    metrics = [] if difference is None else [_metric(one) for one in difference.metrics]
    libraries = [] if difference is None else [_library(one) for one in difference.packages]
    for title, rows in (
        ("inputs", [_change(one) for one in result.inputs]),
        ("outputs", [_change(one) for one in result.outputs]),
        ("metrics", metrics),
        ("libraries", libraries),
    ):
        if rows:
            yield title, rows


def _change(one: LockChange) -> tuple[str, str, str, str]:
    before, after = ", ".join(one.before) or "–", ", ".join(one.after) or "–"
    return one.name, before, after, "same" if one.same else "⚠ differs"


def _metric(one: MetricChange) -> tuple[str, str, str, str]:
    before, after = ("–" if v is None else f"{v:.6g}" for v in (one.before, one.after))
    return one.name, before, after, "same" if one.before == one.after else "⚠ differs"


def _library(one: Change) -> tuple[str, str, str, str]:
    return one.name, one.before or "–", one.after or "–", ""


def _commands(result: Rerun) -> list[str]:
    commands = [
        f"%ds diff {one.before[-1]} {one.after[-1]}"
        for one in (*result.inputs, *result.outputs)
        if not one.same and one.before and one.after and one.before[-1] != one.after[-1]
    ]
    return [*dict.fromkeys(commands)][:_TOLD]


def _name(path: str) -> str:
    return os.path.basename(path) or path


def _cut(said: str) -> str:
    return text.shortened(one_line(said), _LONGEST)
