"""The verbs of steps that are cells: step, pipeline and those below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from dsnb.commands.declaring import PAIRS, Arg, Call, declare
from dsnb.commands.parsing import HelpRequested, parse_line, split_line
from dsnb.errors import PipelineError, UsageError
from dsnb.pipelines.cellruns import StepDone, carry_out
from dsnb.pipelines.cells import CellStep, make_step
from dsnb.pipelines.notebooks import MARK, STEPS, Notebook, Pipeline, Standing
from dsnb.pipelines.rerunning import PipelineRun, run_pipeline
from dsnb.session.current import Session
from dsnb.workspace import Workspace

_STEP = Arg("NAME", "step")
_INPUT = Arg("[NAME=]REF", "input", form="many")
_OUTPUT = Arg("[NAME=]DATASET", "output", form="many")
_DESCRIPTION = Arg("TEXT", short="-d")


@declare(changes=True, cell=True)
def step(
    call: Call,
    name: Annotated[str, _STEP],
    *,
    in_: Annotated[Sequence[str] | None, _INPUT] = None,
    out: Annotated[Sequence[str] | None, _OUTPUT] = None,
    description: Annotated[str, _DESCRIPTION] = "",
    tag: Annotated[Mapping[str, str] | None, PAIRS] = None,
) -> StepDone:
    """Carry out a cell as a step: its inputs are loaded, its outputs become the next versions.

    The code below this line sees each input as a table under its name (what is no table as a list
    of paths), and each output as a folder. It assigns a table to an output's name, or writes files
    to its folder. When it ends without an error, each output becomes the next version of its
    dataset, made from the inputs; else nothing is registered. In names, what Python cannot have in
    a variable's is ``_``: flights-2013 is flights_2013.

    Parameters
    ----------
    name
        What the step is called; in a notebook there is one of that name.
    in_
        What it reads, any number of times: weather_ds is the newest version each time, weather_ds@2
        stays that one. NAME= before it gives it another name in the code.
    out
        What it makes, any number of times.
    description
        What the versions are that it makes.
    tag
        A tag of the versions that it makes, any number of times.

    Raises
    ------
    PipelineError
        When the code fails or is interrupted, or leaves an output empty.
    DsnbError
        When an input cannot be had, or an output not be registered.

    Examples
    --------
    In a notebook, with the step's code below::

        %%ds step prepare --in weather_ds --out prepared_weather_ds
        %%ds step split --in all=weather_ds@2 --out train_ds --out test_ds
    """
    if call.body is None:
        raise UsageError(
            "A step is a cell of a notebook: its code stands below the line that names it.",
            hint=f"Begin a cell with %%ds step {name} --in REF --out DATASET",
        )
    made = make_step(name, in_ or (), out or (), call.body, call.cell, description, tag)
    session = _session(call)
    if made.inputs:
        workspace = call.workspace()
    else:
        workspace, begins = Workspace.find_or_create(call.start, call.notify)
        if begins:
            call.notify(f"This workspace begins here: {workspace.root}")
    _tell_of_replaced(call, workspace, made)
    STEPS.add(workspace, made)
    return carry_out(session, workspace, made)


@declare(changes=False)
def pipeline(call: Call) -> Pipeline:
    """Show the steps of this notebook, in the order in which they read from each other.

    These are its cells that are steps (see step): those that were run here, and those in the
    notebook's file as it was saved.

    Raises
    ------
    PipelineError
        When steps read from each other.

    Examples
    --------
    In a notebook::

        %ds pipeline
    """
    return _notebook(call).pipeline()


@pipeline.verb("show", changes=False)
def _show_pipeline(call: Call) -> Pipeline:
    """Show the steps of this notebook: what each read and made last, and whether it is up to date.

    Raises
    ------
    PipelineError
        When steps read from each other.

    Examples
    --------
    In a notebook::

        %ds pipeline show
    """
    return _notebook(call).pipeline()


@pipeline.verb("run", changes=True)
def _run_pipeline(call: Call, *, changed: bool = False) -> PipelineRun:
    """Carry out the steps of this notebook again, each after those that it reads from.

    A step that fails stops those that read from it; the others are carried out.

    Parameters
    ----------
    changed
        Only those whose inputs have newer versions than they read last, whose code has changed,
        which did not finish or never ran, and those that read what is made in this pass.

    Raises
    ------
    PipelineError
        When a step failed, or steps read from each other.

    Examples
    --------
    In a notebook::

        %ds pipeline run --changed
    """
    notebook = _notebook(call)
    if not notebook.steps:
        raise PipelineError(
            "This notebook has no step.",
            hint="Begin a cell with %%ds step NAME --in REF --out DATASET",
        )

    def tell(standing: Standing) -> None:
        call.notify(f"{standing.step.name} begins{_why(standing) if changed else ''}")

    done = run_pipeline(notebook, changed=changed, tell=tell)
    if done.failed:
        raise _failed(done)
    return done


def understand(cell: str) -> CellStep:
    """Return the step that a cell is.

    Parameters
    ----------
    cell
        What it says.

    Raises
    ------
    DsnbError
        When it cannot be understood.
    """
    line, _, body = cell.lstrip().partition("\n")
    words = split_line(line.removeprefix(MARK))
    try:
        parsed = parse_line(words, {step.name: step}, prefix=MARK, variables=lambda name: None)
    except HelpRequested:
        raise UsageError("It only asks for help.", hint="Take --help away.") from None
    [name], asked = parsed.args, parsed.kwargs
    return make_step(
        name,
        asked["in_"] or (),
        asked["out"] or (),
        body,
        cell,
        asked["description"],
        asked["tag"],
    )


def _tell_of_replaced(call: Call, workspace: Workspace, made: CellStep) -> None:
    """Say which other steps made an output until now."""
    makers = {
        output.dataset: name
        for name, (other, _) in STEPS.of(workspace).items()
        for output in other.outputs
    }
    for output in made.outputs:
        maker = makers.get(output.dataset, made.name)
        if maker != made.name:
            call.notify(
                f"{output.dataset} is an output of the step {maker}, too: from now on "
                f"%ds pipeline run lets {made.name} make it."
            )


def _why(standing: Standing) -> str:
    newer = [f"{one.last} → {one.now}" for one in standing.reads if one.last not in (None, one.now)]
    reasons = {
        "never run": "it has not run yet",
        "did not finish": "it did not finish the last time",
        "code changed": "its code has changed",
        "output gone": "what it made is gone",
        "input missing": "an input was missing",
    }
    why = reasons.get(standing.state, ", ".join(newer))
    return f": {why}" if why else ""


def _failed(done: PipelineRun) -> PipelineError:
    """Return the error that tells what became of all steps."""
    said = [
        f"{len(done.failed)} of {len(done.rows)} steps failed."
        if not done.interrupted
        else f"The step {done.failed[-1].name} was interrupted, and no further one begun."
    ]
    if not done.interrupted:
        said += [f"{one.name}: {one.error.message}" for one in done.failed if one.error]
    said += [
        f"{one.name} was not run: it reads what {' and '.join(one.waits_for)} makes."
        for one in done.rows
        if one.waits_for
    ]
    made = [one.version.ref for row in done.rows if row.done for one in row.done.made if one.new]
    if made:
        said.append(f"Made: {', '.join(made)}.")
    return PipelineError(
        " ".join(said), hint="Mend it, and go on from there: %ds pipeline run --changed"
    )


def _notebook(call: Call) -> Notebook:
    return Notebook(_session(call), call.workspace(), understand)


def _session(call: Call) -> Session:
    if call.session is None:
        raise UsageError(
            "The steps of a pipeline are cells of a notebook, and a shell has none.",
            hint="Type it in the notebook.",
        )
    return call.session
