"""Showing runs: one in full, and a list of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from dsnb.display import html, text
from dsnb.presenting import as_html, as_text
from dsnb.provenance.runs import Candidate, RunDetails, RunList, Status, count_versions
from dsnb.records import Failure, JobKind, Run, Use
from dsnb.units import ago, count_text, duration_text, exact

_NOT_BEGUN = "No run has begun: it does with the first dataset that is registered or loaded here."
_SHAPES = {"running": "●", "completed": "✓", "failed": "✗", "canceled": "⊘", "interrupted": "⚠"}
_KINDS: dict[JobKind, str] = {
    "script": "script",
    "pipeline": "pipeline",
    "step": "step",
    "cell": "step",
}
_NOTES = 10
_FILES = 10
_COLUMNS = 60


@as_text.register
def _run_text(result: RunDetails) -> str:
    run = result.run
    if run is None:
        return text.paragraph(_NOT_BEGUN)
    if result.done:
        return text.line(f"run {run.name}  ", [result.done])
    lines = [text.line("Run: ", _headline(run, result.status))]
    for title, uses in _parts(result, run):
        lines.append(f"  {title}s: {'' if uses else 'none'}".rstrip())
        if uses:
            rows = [(use.ref, use.how, _cells(use), _asked(use)) for use in uses[: text.CAP]]
            laid_out = text.table(rows, indent="    ").split("\n")
            lines += text.capped(laid_out, len(uses), indent="    ")
    if result.children:
        steps = [_child(*one) for one in result.children[: text.CAP]]
        laid_out = text.table(steps, indent="    ").split("\n")
        lines += ["  steps:", *text.capped(laid_out, len(result.children), indent="    ")]
    for title, files in _candidates(result):
        listed = [
            (text.brief(one.path), _cells_text(one.cells), text.brief(f"%ds {one.command}"))
            for one in files[:_FILES]
        ]
        laid_out = text.table(listed, indent="    ").split("\n")
        lines += [f"  {title}:", *text.capped(laid_out, len(files), indent="    ")]
    lines.append(text.facts(_facts(result, run), indent="  "))
    return "\n".join(lines)


@as_html.register
def _run_html(result: RunDetails) -> str:
    run = result.run
    if run is None:
        return html.block(html.quiet(_NOT_BEGUN))
    if result.done:
        return html.block(
            html.Html(f"run <b>{html.safe(run.name)}</b>&ensp;{html.safe(result.done)}")
        )
    uses = [
        (title, html.ref(use.ref), use.how, _cells(use), _asked(use), html.moment(use.at))
        for title, uses in _parts(result, run)
        for use in uses
    ]
    facts = html.table((), ((label, value) for label, value in _facts(result, run) if value))
    steps = html.details(
        f"steps ({len(result.children):,})",
        html.table(
            ("Step", "State", "Inputs", "Outputs"),
            (_child(*one) for one in result.children),
            total=len(result.children),
        ),
        open=len(result.children) <= _FILES,
    )
    files = [
        html.details(
            f"{title} ({len(found):,})",
            html.table(
                ("File", "", "Register it"),
                (
                    (html.code(one.path), _cells_text(one.cells), html.code(f"%ds {one.command}"))
                    for one in found
                ),
                total=len(found),
            ),
            open=len(found) <= _FILES,
        )
        for title, found in _candidates(result)
    ]
    return html.block(
        html.Html(f"Run: {html.line(*_headline(run, result.status))}"),
        html.table(("", "Version", "How", "Cells", "", "When"), uses, total=len(uses))
        if uses
        else "",
        steps if result.children else "",
        *files,
        html.details("where and with what", facts),
    )


@as_text.register
def _runs_text(result: RunList) -> str:
    if not result.rows:
        return "There are no runs yet."
    headers = ["run", "id", "started", "state", "inputs", "outputs"]
    measured = any(run.metrics for run, _ in result.rows[: text.CAP])
    headers += ["metrics"] * measured
    rows = [
        (
            text.parts(run.name, None if run.job is None else _kind(run)),
            run.id[:8],
            ago(run.started),
            f"{_SHAPES[status]} {status}",
            *_ends(run),
            *[metrics_text(run)] * measured,
        )
        for run, status in result.rows[: text.CAP]
    ]
    lines = text.table(rows, headers, whole=(1, 2, 3)).split("\n")
    return "\n".join(text.capped(lines, len(result.rows) + 1, text.CAP + 1))


@as_html.register
def _runs_html(result: RunList) -> str:
    headers = ("Run", "Kind", "Id", "Started", "State", "Inputs", "Outputs", "Metrics", "Tags")
    rows = (
        (
            run.name,
            _kind(run),
            html.code(run.id[:8]),
            html.moment(run.started),
            f"{_SHAPES[status]} {status}",
            *_ends(run),
            metrics_text(run),
            _tags(run),
        )
        for run, status in result.rows
    )
    listed = html.table(headers, rows, total=len(result.rows)) if result.rows else ""
    return html.block(count_text(len(result.rows), "run"), listed)


def _headline(run: Run, status: Status) -> list[str]:
    inputs, outputs = count_versions(run.inputs), count_versions(run.outputs)
    return [
        f"{count_text(inputs, 'input')}, {count_text(outputs, 'output')}",
        run.name,
        f"{_SHAPES[status]} {status}",
        *([failure_text(run.failure)] if run.failure and status != "canceled" else []),
        f"began {ago(run.started)}",
        f"id {run.id[:8]}",
    ]


def named(run: Run) -> str:
    """Return what a run is called among others of that name."""
    return f"{run.name} ({run.id[:8]})"


def failure_text(failure: Failure) -> str:
    """Return what failed in a run.

    Examples
    --------
    >>> failure_text(Failure(error="ValueError", cell=7))
    'cell 7 failed (ValueError)'
    """
    where = "it" if failure.cell is None else f"cell {failure.cell}"
    return f"{where} failed ({failure.error})"


def metrics_text(run: Run) -> str:
    """Return the last value of each metric."""
    return ", ".join(f"{name}={values[-1]:.6g}" for name, values in run.metrics.items() if values)


def _duration(run: Run) -> str:
    if run.ended is None:
        return ""
    return duration_text((run.ended - run.started).total_seconds())


def _kind(run: Run) -> str:
    return "session" if run.job is None else _KINDS[run.job.kind]


def _child(run: Run, status: Status) -> tuple[str, ...]:
    return f"{run.name} ({run.id[:8]})", f"{_SHAPES[status]} {status}", *_ends(run)


def _job_facts(run: Run) -> list[tuple[str, str]]:
    """Return how a run was carried out that is no session."""
    job = run.job
    if job is None:
        return []
    settings = ", ".join(f"{key}={value}" for key, value in job.settings.items())
    return [
        ("command", shlex.join(job.command)),
        ("exit code", "" if job.exit_code is None else str(job.exit_code)),
        ("reused", f"the outputs of run {job.reused[:8]}" if job.reused else ""),
        ("not done here", settings),
    ]


def _facts(result: RunDetails, run: Run) -> list[tuple[str, str]]:
    code = run.code
    commit = code.commit and f"{code.commit[:10]} on {code.branch or 'no branch'}"
    dirty = " with uncommitted changes" if code.dirty else ""
    packages = ", ".join(f"{name} {version}" for name, version in run.packages.items())
    return [
        ("kind", "" if run.job is None else _kind(run)),
        ("part of", "" if result.parent is None else named(result.parent)),
        *_job_facts(run),
        ("experiment", run.experiment),
        ("metrics", metrics_text(run)),
        *(("note", f"{one.text} ({ago(one.at)})") for one in run.notes[-_NOTES:]),
        ("tags", _tags(run)),
        ("notebook", text.parts(run.notebook, run.notebook_digest and run.notebook_digest[:12])),
        ("code", f"{commit}{dirty}" if commit else ""),
        (
            "process",
            text.parts(f"{run.process} on {run.host}", run.kernel and f"kernel {run.kernel[:8]}"),
        ),
        ("user", run.user),
        ("began", exact(run.started)),
        ("ended", text.parts(exact(run.ended) if run.ended else None, _duration(run))),
        ("with", packages),
    ]


def _parts(result: RunDetails, run: Run) -> Iterator[tuple[str, Sequence[Use]]]:
    models = frozenset(result.models)
    yield "input", run.inputs
    yield "output", [use for use in run.outputs if use.id not in models]
    if models:
        yield "model", [use for use in run.outputs if use.id in models]


def _asked(use: Use) -> str:
    """Return what was asked for of a version, and what the code of a step calls it."""
    columns = "" if use.columns is None else f"of {', '.join(use.columns)}"
    handed = use.handed
    if handed is None or (handed.mechanism == "direct" and handed.name == use.ref.split("@")[0]):
        return text.shortened(columns, _COLUMNS)
    how = "" if handed.mechanism == "direct" else f" ({handed.mechanism})"
    return text.shortened(text.parts(f"as {handed.name}{how}", columns), _COLUMNS)


def _candidates(result: RunDetails) -> Iterator[tuple[str, Sequence[Candidate]]]:
    if result.untracked:
        yield "untracked inputs", result.untracked
    if result.written:
        yield "unregistered outputs", result.written


def _cells(use: Use) -> str:
    also = f"also in {', '.join(use.also)}" if use.also else ""
    return text.parts(_cells_text(use.cells), also)


def _cells_text(cells: Sequence[int]) -> str:
    if not cells:
        return ""
    word = "cell" if len(cells) == 1 else "cells"
    return f"{word} {', '.join(map(str, cells[:10]))}{', …' if len(cells) > 10 else ''}"


def _ends(run: Run) -> tuple[str, str]:
    return _refs(run.inputs), _refs(run.outputs)


def _refs(uses: Sequence[Use]) -> str:
    refs = [*{use.id: use.ref for use in uses}.values()]
    shown = ", ".join(refs[:3])
    return f"{shown} and {len(refs) - 3:,} more" if len(refs) > 3 else shown


def _tags(run: Run) -> str:
    return ", ".join(f"{key}={value}" for key, value in run.tags.items())
