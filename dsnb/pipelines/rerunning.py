"""Carrying out the steps of a notebook again, each after those that it reads from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dsnb.errors import DsnbError
from dsnb.pipelines.cellruns import StepDone, carry_out, is_interruption, refuse_within_step
from dsnb.pipelines.notebooks import Notebook, Standing
from dsnb.presenting import Outcome


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one step.

    Attributes
    ----------
    before
        How it stood.
    done
        Its outcome, None when it was not carried out to its end.
    error
        Why it failed, None when it did not.
    waits_for
        The steps that it reads from, and that are not done.
    """

    before: Standing
    done: StepDone | None = None
    error: DsnbError | None = None
    waits_for: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The step's name."""
        return self.before.step.name


@dataclass(frozen=True, slots=True)
class PipelineRun(Outcome):
    """The outcome of carrying out a notebook's steps again; true when none of them failed.

    Attributes
    ----------
    rows
        What became of each step, in the order in which they came.
    changed
        Whether only what is not up to date was to be carried out.
    interrupted
        Whether somebody ended it; the steps after that are not among the rows.
    """

    rows: tuple[Ran, ...]
    changed: bool = False
    interrupted: bool = False

    def __bool__(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> tuple[Ran, ...]:
        """The steps that failed."""
        return tuple(one for one in self.rows if one.error is not None)


def run_pipeline(
    notebook: Notebook, *, changed: bool, tell: Callable[[Standing], None]
) -> PipelineRun:
    """Carry out the steps of a notebook; one that fails stops those that read from it.

    Parameters
    ----------
    notebook
        The notebook.
    changed
        Whether to pass over those that are up to date when their turn comes.
    tell
        Told of each step that is about to begin.

    Raises
    ------
    PipelineError
        When steps read from each other, or one of them is being carried out.
    """
    refuse_within_step()
    rows: list[Ran] = []
    undone: set[str] = set()
    for step in notebook.ordered():
        before = notebook.standing(step)
        waits_for = tuple(one for one in notebook.before[step.name] if one in undone)
        if before.state == "replaced" or (changed and not before.is_due and not waits_for):
            rows.append(Ran(before))
            continue
        if waits_for:
            undone.add(step.name)
            rows.append(Ran(before, waits_for=waits_for))
            continue
        tell(before)
        try:
            rows.append(Ran(before, done=carry_out(notebook.session, notebook.workspace, step)))
        except DsnbError as error:
            undone.add(step.name)
            rows.append(Ran(before, error=error))
            if is_interruption(error.__cause__):
                return PipelineRun(tuple(rows), changed, interrupted=True)
    return PipelineRun(tuple(rows), changed)
