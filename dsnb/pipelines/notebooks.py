"""The steps of a notebook: which there are, in which order, and how each of them stands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal

from dsnb.datasets.notebooks import read_notebook
from dsnb.errors import DsnbError, PipelineError
from dsnb.pipelines.cells import CellInput, CellStep
from dsnb.presenting import Presentable
from dsnb.provenance.runs import Status, status_of
from dsnb.records import Run, Version, now
from dsnb.session import environment
from dsnb.session.current import Session
from dsnb.workspace import Workspace

MARK = "%%ds"
"""What the cell of a step begins with."""
State = Literal[
    "up to date",
    "running",
    "never run",
    "did not finish",
    "code changed",
    "newer inputs",
    "input missing",
    "output gone",
    "replaced",
]
Understand = Callable[[str], CellStep]


@dataclass(frozen=True, slots=True)
class Reading:
    """An input of a step, as it was read last and would be read now.

    Attributes
    ----------
    name
        What the step's code calls it.
    typed
        The reference as it was typed.
    last
        Reference of the version that was read last, None where none was.
    now
        Reference of the version that would be read now, None where there is none.
    """

    name: str
    typed: str
    last: str | None
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a step stands.

    Attributes
    ----------
    step
        The step.
    state
        Whether it would do what it did last, and if not, why.
    reads
        Its inputs.
    made
        References of what it made last.
    run
        Its last run, None where it never ran.
    status
        How that ended.
    by
        The step that makes its output in its place.
    here
        Whether this session carried it out.
    """

    step: CellStep
    state: State
    reads: tuple[Reading, ...] = ()
    made: tuple[str, ...] = ()
    run: Run | None = None
    status: Status = "not begun"
    by: str = ""
    here: bool = True

    @property
    def is_due(self) -> bool:
        """Whether carrying it out could make something else than there is."""
        return self.state not in ("up to date", "running", "replaced")


@dataclass(frozen=True, slots=True)
class Pipeline(Presentable):
    """The steps of a notebook, in an order in which they can be carried out.

    Attributes
    ----------
    notebook
        Its file, None where it is not known.
    rows
        How each step stands.
    """

    notebook: str | None
    rows: tuple[Standing, ...]

    def __len__(self) -> int:
        return len(self.rows)


class Steps:
    """The steps that cells of this process were, by the workspace that they are of."""

    def __init__(self) -> None:
        self._known: dict[Path, dict[str, tuple[CellStep, datetime]]] = {}

    def add(self, workspace: Workspace, step: CellStep) -> None:
        """Know a step whose cell was run just now; it takes the place of one of that name."""
        known = self._known.setdefault(workspace.root, {})
        known.pop(step.name, None)
        known[step.name] = (step, now())

    def of(self, workspace: Workspace) -> Mapping[str, tuple[CellStep, datetime]]:
        """Return the steps by their names, each with when its cell was run, in that order."""
        return self._known.get(workspace.root, {})


STEPS = Steps()
"""The steps of this process."""


class Notebook:
    """The steps of the notebook that a session is of.

    Parameters
    ----------
    session
        The session.
    workspace
        The workspace.
    understand
        Reads the cell of a step.
    """

    def __init__(self, session: Session, workspace: Workspace, understand: Understand) -> None:
        self.session = session
        self.workspace = workspace
        self._known = STEPS.of(workspace)
        self.path = environment.notebook_path(session.notebook.folder or str(workspace.root))
        self.steps = self._merged(understand)
        self._owners = self._find_owners()
        self.before = self._find_before()

    # Which steps there are

    def _merged(self, understand: Understand) -> dict[str, CellStep]:
        """Return all steps by their names, as the newer of cell and file has them."""
        saved = self._read_saved(understand)
        if saved is None:
            return {name: step for name, (step, _) in self._known.items()}
        found, moment = saved
        for name, (step, ran) in self._known.items():
            # What was saved later without this cell has lost it; it may have another name there.
            if ran > moment or not step.cell:
                found[name] = step
        return found

    def _read_saved(self, understand: Understand) -> tuple[dict[str, CellStep], datetime] | None:
        """Return the steps in the notebook's file, and when that was written; None without one.

        Of two that have one name it is the later.
        """
        if self.path is None or not self.path.endswith(".ipynb") or not os.path.exists(self.path):
            return None
        try:
            moment = datetime.fromtimestamp(os.stat(self.path).st_mtime, UTC)
            cells = read_notebook(Path(self.path))["cells"]
        except (DsnbError, OSError) as error:
            self.workspace.notify(f"Only the steps that were run here are known: {error}")
            return None
        found: dict[str, CellStep] = {}
        for source in filter(None, map(_source_of, cells)):
            try:
                step = understand(source)
            except DsnbError as error:
                first = source.strip().partition("\n")[0]
                self.workspace.notify(f"The cell {first[:80]!r} is left out: {error}")
                continue
            if step.name in found:
                self.workspace.notify(
                    f"Two cells are the step {step.name}: the later one counts. "
                    "Give one of them another name."
                )
            found[step.name] = step
        return found, moment

    def _find_owners(self) -> dict[str, str]:
        """Return the step that makes each dataset: of several the one that was run last."""
        ran = list(self._known)
        ranked = sorted(self.steps, key=lambda name: ran.index(name) if name in ran else -1)
        return {made.dataset: name for name in ranked for made in self.steps[name].outputs}

    def replaced_by(self, step: CellStep) -> str:
        """Return the step that makes an output of this one in its place; empty where none does."""
        makers = (self._owners[one.dataset] for one in step.outputs)
        return next((maker for maker in makers if maker != step.name), "")

    # In which order

    def _find_before(self) -> dict[str, tuple[str, ...]]:
        """Return the steps whose outputs each step reads."""
        return {
            name: tuple(
                dict.fromkeys(
                    maker
                    for one in step.inputs
                    if (maker := self._owners.get(one.follows or "", name)) != name
                )
            )
            for name, step in self.steps.items()
        }

    def pipeline(self) -> Pipeline:
        """Return all steps with how each of them stands."""
        return Pipeline(self.path, tuple(map(self.standing, self.ordered())))

    def ordered(self) -> Iterator[CellStep]:
        """Yield the steps so that each comes after those it reads from, else as they are written.

        Raises
        ------
        PipelineError
            When steps read from each other.
        """
        try:
            TopologicalSorter(self.before).prepare()
        except CycleError as error:
            names = " → ".join(reversed(error.args[1]))
            raise PipelineError(
                f"These steps read from each other: {names}.",
                hint="Let one of them read a version that stays, such as --in NAME@1.",
            ) from None
        left = list(self.steps)
        while left:
            name = next(one for one in left if not {*self.before[one]} & {*left})
            left.remove(name)
            yield self.steps[name]

    # How they stand

    def standing(self, step: CellStep) -> Standing:
        """Return how a step stands now."""
        run = self._last_run(step)
        last = {} if run is None else {use.handed.name: use for use in run.inputs if use.handed}
        made = [] if run is None else [use for use in run.outputs if use.handed]
        found = {one.name: self._find(one) for one in step.inputs}
        # What a step made itself is no news to it.
        own = {use.id for use in made}
        reads = []
        for one in step.inputs:
            use, version = last.get(one.name), found[one.name]
            newest = None if version is None else version.ref
            if use is not None and version is not None and version.id in {use.id, *own}:
                newest = use.ref
            before = None if use is None else use.ref
            reads.append(Reading(one.name, str(one.ref), before, newest))
        by = self.replaced_by(step)
        status = "not begun" if run is None else status_of(run, environment.is_alive)
        return Standing(
            step=step,
            state="replaced" if by else self._state(step, run, status, reads),
            reads=tuple(reads),
            made=tuple(use.ref for use in made),
            run=run,
            status=status,
            by=by,
            here=run is not None and _is_own(run),
        )

    def _state(
        self, step: CellStep, run: Run | None, status: Status, reads: Sequence[Reading]
    ) -> State:
        if any(one.now is None for one in reads):
            return "input missing"
        if run is None:
            return "never run"
        if status == "running":
            return "running"
        if status != "completed":
            return "did not finish"
        if not step.did(run):
            return "code changed"
        view = self.workspace.view()
        if any(view.by_id(use.id) is None for use in run.outputs if use.handed):
            return "output gone"
        return "newer inputs" if any(one.now != one.last for one in reads) else "up to date"

    def _last_run(self, step: CellStep) -> Run | None:
        return max(
            (run for run in self.workspace.runs().values() if self._is_run_of(run, step)),
            key=lambda run: run.started,
            default=None,
        )

    def _is_run_of(self, run: Run, step: CellStep) -> bool:
        """Tell whether a run was this step, in this notebook."""
        if run.job is None or run.job.kind != "cell" or run.name != step.name:
            return False
        return _is_own(run) or (
            run.notebook is not None
            and self.path is not None
            and os.path.realpath(run.notebook) == os.path.realpath(self.path)
        )

    def _find(self, one: CellInput) -> Version | None:
        try:
            return self.workspace.resolve(one.ref)
        except DsnbError:
            return None


def _is_own(run: Run) -> bool:
    """Tell whether it was this process that carried out a run."""
    if run.process != os.getpid() or run.host != environment.host():
        return False
    return abs(run.process_started - environment.process_started()) < 1.0


def _source_of(cell: Any) -> str | None:
    """Return what the cell of a step says, None of any other cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source")
    if isinstance(source, Sequence) and not isinstance(source, str):
        source = "".join(map(str, source))
    if not isinstance(source, str):
        return None
    head = source.lstrip("\n").split(maxsplit=2)
    return source if head[:2] == [MARK, "step"] else None
