"""Showing the steps of a notebook: one that was carried out, how all stand, a pass over them."""

from __future__ import annotations

from collections.abc import Sequence

from dsnb.display import html, text
from dsnb.display.text import shortened
from dsnb.pipelines.cellruns import Made, StepDone
from dsnb.pipelines.notebooks import Pipeline, Reading, Standing, State
from dsnb.pipelines.rerunning import PipelineRun, Ran
from dsnb.presenting import as_html, as_text
from dsnb.records import Run
from dsnb.units import ago, count_text, duration_text

_STATES: dict[State, str] = {
    "up to date": "✓ up to date",
    "running": "● running",
    "never run": "○ never run",
    "did not finish": "✗ did not finish",
    "code changed": "~ code changed",
    "newer inputs": "↑ inputs have newer versions",
    "input missing": "⚠ an input is missing",
    "output gone": "⚠ an output is gone",
    "replaced": "⊘ replaced",
}
_NONE = (
    "This notebook has no step. A cell is one that begins with "
    "%%ds step NAME --in REF --out DATASET"
)
_LONGEST = 60


@as_text.register
def _done_text(result: StepDone) -> str:
    lines = [text.line(f"step {text.brief(result.run.name)}  ", _done(result))]
    for made in result.made:
        lines.append(text.line(f"{made.version.ref}  ", _made(made), "  "))
    if commands := _commands(result):
        lines.append(text.line("next: ", commands, "  "))
    return "\n".join(lines)


@as_html.register
def _done_html(result: StepDone) -> str:
    rows = ((html.ref(one.version.ref), *_made(one)) for one in result.made)
    commands = " · ".join(html.code(one) for one in _commands(result))
    head = html.Html(f"step <b>{html.safe(result.run.name)}</b>&ensp;{html.line(*_done(result))}")
    return html.block(
        head,
        html.table((), rows, total=len(result.made)) if result.made else "",
        html.Html(f"{html.quiet('next:')} {commands}") if commands else "",
    )


@as_text.register
def _pipeline_text(result: Pipeline) -> str:
    if not result.rows:
        return text.paragraph(_NONE)
    lines = [text.line("", [count_text(len(result.rows), "step"), _due(result)])]
    for one in result.rows[: text.CAP]:
        lines.append(text.line(f"  {shortened(one.step.name, _LONGEST)}  ", _standing(one)))
        lines.append(text.facts(_facts(one), "    "))
    if len(result.rows) > text.CAP:
        lines.append(f"  … and {len(result.rows) - text.CAP:,} more")
    if any(one.is_due for one in result.rows):
        lines.append("  next: %ds pipeline run --changed")
    return "\n".join(line for line in lines if line)


@as_html.register
def _pipeline_html(result: Pipeline) -> str:
    if not result.rows:
        return html.block(html.quiet(_NONE))
    rows = (
        (
            one.step.name,
            html.line(*_standing(one)),
            ", ".join(map(_reading, one.reads)),
            _makes(one),
            _when(one.run),
        )
        for one in result.rows
    )
    due = any(one.is_due for one in result.rows)
    return html.block(
        html.line(count_text(len(result.rows), "step"), _due(result)),
        html.table(("Step", "State", "Reads", "Makes", "Ran"), rows, total=len(result.rows)),
        html.Html(f"{html.quiet('next:')} {html.code('%ds pipeline run --changed')}")
        if due
        else "",
    )


@as_text.register
def _run_text(result: PipelineRun) -> str:
    lines = [text.line("", _ran_all(result))]
    rows = [(one.name, *_ran(one)) for one in result.rows[: text.CAP]]
    lines += text.capped(text.table(rows, indent="  ").split("\n"), len(result.rows), indent="  ")
    return "\n".join(lines)


@as_html.register
def _run_html(result: PipelineRun) -> str:
    rows = ((one.name, *_ran(one)) for one in result.rows)
    return html.block(
        html.line(*_ran_all(result)),
        html.table((), rows, total=len(result.rows)) if result.rows else "",
        state="" if result else "bad",
    )


def _done(result: StepDone) -> list[str]:
    read = [ref for _, ref in result.read]
    return [
        f"done in {_took(result.run)}",
        f"from {_listed(read)}" if read else "",
        "" if result.made else "made nothing",
    ]


def _made(made: Made) -> list[str]:
    version = made.version
    table = version.rows is not None and version.columns is not None
    return [
        "made" if made.new else "nothing new: it holds this already",
        f"{version.rows:,} rows × {len(version.columns or ())}"
        if table
        else count_text(version.files, "file"),
    ]


def _commands(result: StepDone) -> list[str]:
    if not result.made:
        return []
    ref = result.made[0].version.ref
    return ["%ds pipeline", f"%ds lineage {ref}"]


def _due(result: Pipeline) -> str:
    due = sum(one.is_due for one in result.rows)
    return f"{due:,} not up to date" if due else "✓ all up to date"


def _standing(one: Standing) -> list[str]:
    state = _STATES[one.state]
    return [
        f"{state} by {one.by}" if one.by else state,
        "" if one.here or one.run is None else "not run in this session",
    ]


def _facts(one: Standing) -> list[tuple[str, str]]:
    ran = "" if one.run is None else _when(one.run)
    return [
        ("reads", ", ".join(map(_reading, one.reads))),
        ("makes", _makes(one)),
        ("ran", ran),
    ]


def _reading(one: Reading) -> str:
    if one.now is None:
        return f"{one.last or one.typed} (missing)"
    if one.last is None or one.last == one.now:
        return one.last or one.typed
    return f"{one.last} → {one.now}"


def _makes(one: Standing) -> str:
    return ", ".join(one.made or (output.dataset for output in one.step.outputs))


def _when(run: Run | None) -> str:
    if run is None:
        return ""
    return text.parts(ago(run.started), _took(run) if run.ended is not None else "")


def _took(run: Run) -> str:
    return "" if run.ended is None else duration_text((run.ended - run.started).total_seconds())


def _ran_all(result: PipelineRun) -> list[str]:
    done = [one for one in result.rows if one.done is not None]
    if not done and not result.failed:
        return ["✓ all steps are up to date: nothing was run"]
    left = len(result.rows) - len(done) - len(result.failed)
    return [
        f"{count_text(len(done), 'step')} done",
        f"{len(result.failed):,} failed" if result.failed else "",
        f"{left:,} not run" if left else "",
    ]


def _ran(one: Ran) -> tuple[str, str]:
    if one.error is not None:
        return "✗ failed", one.error.message
    if one.waits_for:
        return "⊘ not run", f"it reads what {_listed(one.waits_for)} makes"
    if one.done is None:
        return "–", _STATES[one.before.state] + (f" by {one.before.by}" if one.before.by else "")
    made = ", ".join(
        made.version.ref + ("" if made.new else " (nothing new)") for made in one.done.made
    )
    return f"✓ done in {_took(one.done.run)}", made or "made nothing"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5:,} more" if len(names) > 5 else shown
