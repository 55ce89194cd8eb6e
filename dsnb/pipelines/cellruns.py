"""Carrying out one step of a notebook: what its code sees, its record, and what it made."""

from __future__ import annotations

import os
import uuid
from asyncio import CancelledError
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsnb.datasets.registration import Request
from dsnb.errors import DsnbError, PipelineError, UsageError, first_line
from dsnb.pipelines.cells import CellOutput, CellStep
from dsnb.pipelines.places import Place, Places
from dsnb.pipelines.steps import Output, Registering
from dsnb.presenting import Outcome
from dsnb.provenance.cells import hash_of_source
from dsnb.provenance.runs import with_use
from dsnb.records import Access, Failure, Handed, Job, Parent, Run, Use, Version, now
from dsnb.refs import parse
from dsnb.session import environment
from dsnb.session.current import Session
from dsnb.session.tracing import TRACER
from dsnb.tables.memory import is_table
from dsnb.tables.parts import EVERYTHING
from dsnb.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Made:
    """A version that a step made; not a new one where the newest held the very same already."""

    version: Version
    new: bool = True


@dataclass(frozen=True, slots=True)
class StepDone(Outcome):
    """The outcome of a step that was carried out.

    Attributes
    ----------
    run
        Its record.
    read
        References of the versions that it was given, by what its code calls them.
    made
        What became of its outputs, in their order.
    """

    run: Run
    read: tuple[tuple[str, str], ...]
    made: tuple[Made, ...]


_LONGEST = 120
_running: list[str] = []
"""The name of the step that is being carried out."""


def carry_out(session: Session, workspace: Workspace, step: CellStep) -> StepDone:
    """Carry out a step, and register what it made.

    Parameters
    ----------
    session
        The notebook's.
    workspace
        Where its inputs and outputs are.
    step
        The step.

    Raises
    ------
    PipelineError
        When its code fails or is interrupted, or leaves an output empty; nothing is registered
        then.
    DsnbError
        When an input cannot be had, or an output not be registered.
    """
    if session.notebook.run_body is None:
        raise UsageError("A step is a cell of a notebook.", hint="Carry it out in the notebook.")
    refuse_within_step()
    _running.append(step.name)
    try:
        with session.notebook.as_cell(step.cell):
            return _Carried(session, workspace, step).carry_out()
    finally:
        _running.clear()


def refuse_within_step() -> None:
    """Refuse to carry out steps while one is being carried out.

    Raises
    ------
    PipelineError
        When one is.
    """
    if _running:
        raise PipelineError(
            f"A step cannot carry out others, and {_running[-1]} is being carried out.",
            hint="Write it into a cell of its own.",
        )


class _Carried:
    """One step while it is carried out."""

    def __init__(self, session: Session, workspace: Workspace, step: CellStep) -> None:
        self._session = session
        self._workspace = workspace
        self._step = step
        self._versions = {one.name: workspace.resolve(one.ref) for one in step.inputs}
        self._refuse_models()
        self._run_id = str(uuid.uuid4())
        self._error: BaseException | None = None  # that of the step's own code
        self._heard: list[tuple[Version, Access, tuple[str, ...], tuple[str, ...] | None]] = []

    def _refuse_models(self) -> None:
        """Refuse now what could not be registered when the code has ended."""
        models = self._workspace.view().models()
        for output in self._step.outputs:
            if output.dataset in models:
                raise PipelineError(
                    f"{output.dataset} is a model, and a step makes datasets.",
                    hint="Give the output another name, and register the model in the step's code: "
                    f"%ds model register {output.dataset} PATH",
                )

    def carry_out(self) -> StepDone:
        """Load what it reads, run its code, and register what that made."""
        loaded = {
            name: self._workspace.load(version, None, EVERYTHING)
            for name, version in self._versions.items()
        }
        self._record()
        try:
            with ExitStack() as left:
                places = {one.name: self._make_place(one, left) for one in self._step.outputs}
                self._run_body(loaded, {name: one.all[0] for name, one in places.items()})
                made = self._register(places)
        except BaseException as error:
            with suppress(DsnbError):  # what went wrong says more than that it cannot be recorded
                self._end((), error)
            raise
        run = self._end(made, None)
        for one in made:
            self._session.record(self._workspace, one.version, "register")
        read = tuple((name, version.ref) for name, version in self._versions.items())
        return StepDone(run, read, tuple(made))

    def _record(self) -> None:
        """Record that the step begins, and what the session reads for it."""
        session, step = self._session, self._step
        above = session.ensure(self._workspace)
        for version in self._versions.values():
            session.record(self._workspace, version, "load")
        said = {hash_of_source(step.cell): step.cell} if step.cell else {}
        keeps = self._workspace.keeps_sources
        self._workspace.save_run(
            Run(
                id=self._run_id,
                name=step.name,
                parent=above.id,
                job=Job(
                    kind="cell",
                    identity=step.identity(
                        {name: version.digest for name, version in self._versions.items()}
                    ),
                ),
                experiment=above.experiment,
                notebook=above.notebook,
                notebook_digest=environment.digest_of(above.notebook),
                kernel=above.kernel,
                process=os.getpid(),
                process_started=environment.process_started(),
                host=above.host,
                user=above.user,
                started=now(),
                code=above.code,
                packages=above.packages,
                inputs=tuple(
                    self._use(version, Handed(name=name, mechanism="direct"), "load")
                    for name, version in self._versions.items()
                ),
                cells={code: source if keeps else "" for code, source in said.items()},
            )
        )

    def _make_place(self, output: CellOutput, left: ExitStack) -> Places:
        registering = Registering(
            name=output.dataset, description=self._step.description, tags=self._step.tags
        )
        asked = Output(name=output.name, registering=registering)
        places = Places(self._workspace, [asked], self._run_id, self._workspace.root)
        left.callback(places.release)
        places.make()
        return places

    def _run_body(self, loaded: dict[str, Any], places: dict[str, Place]) -> None:
        """Run the step's code where its inputs and outputs have their names."""
        notebook = self._session.notebook
        assert notebook.run_body is not None
        assert notebook.variables is not None
        notebook.variables.update(loaded)
        notebook.variables.update({name: place.told for name, place in places.items()})
        with self._hearing():
            with TRACER.the_users_again():
                error = notebook.run_body(self._step.body)
            self._session.watch.catch_up()
        if error is None:
            return
        self._error = error
        if is_interruption(error):
            raise PipelineError(
                f"The step {self._step.name} was interrupted; nothing was registered.",
                hint="Run the cell again to begin anew.",
            ) from error
        raise PipelineError(
            f"The step {self._step.name} failed with {_told(error)}; nothing was registered.",
            hint="Its error is shown above.",
        ) from error

    @contextmanager
    def _hearing(self) -> Iterator[None]:
        """Hear of what the code reads and makes by itself."""

        def hear(
            version: Version, how: Access, also: tuple[str, ...], columns: Sequence[str] | None
        ) -> None:
            given = {one.ref for one in self._versions.values()}
            if how != "trace" or not given & {version.ref, *also}:
                asked = None if columns is None else tuple(columns)
                self._heard.append((version, how, also, asked))

        self._session.listeners.append(hear)
        try:
            yield
        finally:
            self._session.listeners.remove(hear)

    # What it made

    def _register(self, places: dict[str, Places]) -> list[Made]:
        """Register all outputs, or none."""
        variables = self._session.notebook.variables
        assert variables is not None
        tables = {
            one.name: self._table(one, variables.get(one.name), places[one.name])
            for one in self._step.outputs
        }
        made: dict[str, Made] = {}
        try:
            # What a table holds may be refused, and then there is less to take back.
            for output in sorted(self._step.outputs, key=lambda one: tables[one.name] is None):
                table = tables[output.name]
                if table is None:
                    [version] = places[output.name].register(self._parents(), None)
                    made[output.name] = Made(version)
                else:
                    made[output.name] = self._register_table(output, table)
        except BaseException:
            self._take_back(made.values())
            raise
        return [made[one.name] for one in self._step.outputs]

    def _table(self, output: CellOutput, value: object, places: Places) -> object | None:
        """Return the table that an output is, None when it is what lies in its folder."""
        folder = places.all[0].told
        written = any(names for _, _, names in os.walk(folder))
        if is_table(value) and written:
            raise PipelineError(
                f"{output.name} was assigned a table, and files were written to its folder.",
                hint="Do one of the two: what is to be registered would be a guess.",
            )
        if is_table(value):
            return value
        if not written:
            left = value is None or (isinstance(value, Path) and value == folder)
            said = "" if left else f"; it is a {type(value).__name__} now"
            raise PipelineError(
                f"The step {self._step.name} left its output {output.name} empty: it was assigned "
                f"no table, and nothing was written to its folder{said}.",
                hint=f"Let its code say {output.name} = df, or write files: "
                f'df.to_parquet({output.name} / "part-0.parquet")',
            )
        return None

    def _register_table(self, output: CellOutput, table: object) -> Made:
        done = self._workspace.register_table(
            table,
            Request(
                name=output.dataset,
                description=self._step.description,
                tags=self._step.tags,
                run=self._run_id,
                parents=tuple(self._parents()),
            ),
        )
        return Made(done.version, done.created)

    def _take_back(self, made: Iterable[Made]) -> None:
        """Remove what was registered before another output could not be; gc frees its files."""
        new = [parse(one.version.ref) for one in made if one.new]
        if new:
            with suppress(DsnbError):  # somebody reads it already
                self._workspace.delete(new)

    def _parents(self) -> list[Parent]:
        """Return what it was given, and what its code loaded besides."""
        made = {version.id for version, how, *_ in self._heard if how == "register"}
        asked = [version for version, how, *_ in self._heard if how == "load"]
        all_of_them = {one.id: one for one in (*self._versions.values(), *asked)}
        return [
            Parent(one.ref, one.id, one.digest)
            for one in all_of_them.values()
            if one.id not in made
        ]

    def _end(self, made: Sequence[Made], error: BaseException | None) -> Run:
        """Record how the step ended."""
        error = self._error or error
        canceled = error is not None and is_interruption(error)
        failure = None if error is None else Failure(error=type(error).__name__, cell=self._cell)
        outputs = tuple(
            self._use(one.version, self._handed(output, one.version), "register")
            for output, one in zip(self._step.outputs, made, strict=False)
        )

        def ended(run: Run) -> Run:
            assert run.job is not None
            job = replace(run.job, canceled=canceled)
            for version, how, also, columns in self._heard:
                run = with_use(run, version, how, self._cell, "", also, columns)
            made = (*run.outputs, *outputs)
            return replace(run, job=job, ended=now(), failure=failure, outputs=made)

        run = self._workspace.change_run(self._run_id, ended)
        assert run is not None
        return run

    def _handed(self, output: CellOutput, version: Version) -> Handed:
        if version.definition.from_memory:
            return Handed(name=output.name, mechanism="direct")
        [source] = version.definition.sources
        return Handed(name=output.name, mechanism="mount", path=self._workspace.place(source))

    @property
    def _cell(self) -> int | None:
        return self._session.notebook.cell

    def _use(self, version: Version, handed: Handed, how: Access) -> Use:
        cells = () if self._cell is None else (self._cell,)
        return Use(
            ref=version.ref,
            id=version.id,
            digest=version.digest,
            how=how,
            cells=cells,
            sources=(hash_of_source(self._step.cell),) * len(cells),
            handed=handed,
            at=now(),
        )


def is_interruption(error: BaseException | None) -> bool:
    """Tell whether somebody wants what was going on to end."""
    return isinstance(error, KeyboardInterrupt | CancelledError)


def _told(error: BaseException) -> str:
    # A syntax error's text ends with a file's name, of which the cell has none.
    said = error.msg if isinstance(error, SyntaxError) else first_line(error)
    said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    name = type(error).__name__
    return name if said in ("", name) else f"{name} ({said})"
