"""Carrying out one step: its folder, its process, its record, and what it made."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dsnb.errors import PipelineError, writing
from dsnb.pipelines import processes
from dsnb.pipelines.code import Code
from dsnb.pipelines.folders import empty, hand_over, let_write, located
from dsnb.pipelines.ledger import Ledger
from dsnb.pipelines.places import Place, Places
from dsnb.pipelines.steps import Input, Step, Told
from dsnb.records import (
    Access,
    CodeState,
    Failure,
    Handed,
    Job,
    JobKind,
    Mechanism,
    Parent,
    Run,
    Use,
    Version,
    now,
)
from dsnb.session import environment
from dsnb.session.current import SUBMITTED
from dsnb.storage.atomic import make_folder
from dsnb.storage.claims import claimed
from dsnb.storage.discovery import WORKSPACE_VARIABLE
from dsnb.workspace import Workspace

LOG = "log.txt"
CODE = "code"
_REFERENCE = "AZUREML_DATAREFERENCE_"
"""Begins another name of the variables that hold where an input or output is."""
CANCELED = "canceled"
"""Name of a file that tells, in a run's folder, that somebody wants it to end."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What is recorded of every step of a submission alike.

    Attributes
    ----------
    kind
        What sort of job they are.
    experiment
        What the runs belong to.
    parent
        Id of the run that they are a part of; None for none.
    tags
        Tags of the runs.
    code
        The state of the git work tree.
    packages
        Versions of the libraries that shape results.
    process_started, host, user
        Who sees to them.
    """

    kind: JobKind
    experiment: str
    parent: str | None
    tags: Mapping[str, str]
    code: CodeState
    packages: Mapping[str, str]
    process_started: float
    host: str
    user: str


class Carried:
    """One step while it is carried out.

    Parameters
    ----------
    workspace
        Where it is recorded.
    step, run_id
        The step, and the run that it becomes.
    inputs
        What it reads, by the names of its inputs.
    surroundings
        What is recorded beside.
    ledger
        Keeps what is to be recorded until it is written.
    identity
        What would do the same has the same; empty for a script alone.
    """

    def __init__(
        self,
        workspace: Workspace,
        step: Step,
        run_id: str,
        inputs: Mapping[str, Version],
        surroundings: Surroundings,
        ledger: Ledger,
        identity: str = "",
    ) -> None:
        self.step = step
        self.run_id = run_id
        self.folder = workspace.layout.run(run_id)
        self.log = self.folder / LOG
        self._workspace = workspace
        self._inputs = inputs
        self._surroundings = surroundings
        self._ledger = ledger
        self._identity = identity
        self._working = self.folder / CODE
        self._scratch = workspace.layout.scratch(run_id)
        self._claim = ExitStack()
        self._filled: list[Path] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._places = Places(workspace, step.outputs, run_id, self._working)
        self._handed = {
            one.name: Handed(name=one.name, mechanism=one.mechanism, path=self._input_path(one))
            for one in step.inputs
        }

    def record(self) -> Run:
        """Let it be recorded that the run begins, and return the record."""
        surroundings, step = self._surroundings, self.step
        script = str(step.source / step.script) if step.script else None
        run = Run(
            id=self.run_id,
            name=step.name,
            parent=surroundings.parent,
            job=Job(
                kind=surroundings.kind,
                command=(*([step.script] if step.script else []), *self._arguments),
                places={place.output.name: str(place.told) for place in self._places.all},
                identity=self._identity,
                settings=step.settings,
            ),
            experiment=surroundings.experiment,
            notebook=script,
            notebook_digest=environment.digest_of(script),
            process=os.getpid(),
            process_started=surroundings.process_started,
            host=surroundings.host,
            user=surroundings.user,
            started=now(),
            code=surroundings.code,
            packages=surroundings.packages,
            inputs=tuple(
                _use(version, self._handed[name]) for name, version in self._inputs.items()
            ),
            tags=surroundings.tags,
        )
        self._ledger.put(run)
        return run

    def take_code(self, code: Code) -> None:
        """Copy the code to where it is to work, so that later changes do not matter.

        Raises
        ------
        DsnbError
            When it cannot be read, or not be written there.
        """
        with writing(self._working):
            code.copy_to(self._working)

    def begin(self) -> subprocess.Popen[bytes]:
        """Lay out what the code reads and writes, and begin its process.

        The thread that does so must let the step `finish` or `fail`, too: what it claims is its.

        Raises
        ------
        DsnbError
            When an input cannot be had, or the program cannot be begun.
        """
        if self._needs_scratch:
            with writing(self._scratch):
                self._claim.enter_context(claimed(self._scratch))
        for one in self.step.inputs:
            handed = self._handed[one.name]
            if handed.mechanism != "direct":
                files = located(self._workspace, self._inputs[one.name])
                hand_over(files, Path(handed.path), handed.mechanism)
                self._filled.append(Path(handed.path))
        self._places.make()
        try:
            process = processes.begin(
                self._command, self._working, processes.environment_of(self._variables), self.log
            )
        except (OSError, ValueError) as error:
            raise PipelineError(
                f"{self._command[0]} cannot be run: {error}.",
                hint="See whether it is installed and may be run.",
            ) from error
        self._process = process
        return process

    @property
    def _needs_scratch(self) -> bool:
        mounts = any(handed.mechanism != "direct" for handed in self._handed.values())
        return mounts or any(output.upload for output in self.step.outputs)

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """Wait until the process has ended, and return its exit code."""
        processes.remember(self.folder, process)
        if self.is_canceled:
            processes.end_tree(self.folder)
        return processes.wait(process)

    @property
    def is_canceled(self) -> bool:
        """Whether somebody wants the run to end, or the pipeline that it is a part of."""
        parent = self._surroundings.parent
        runs = [self.run_id, *([] if parent is None else [parent])]
        return any((self._workspace.layout.run(one) / CANCELED).exists() for one in runs)

    def finish(self, exit_code: int) -> Run:
        """Register what the step made, unless it failed; how it ended is to be recorded."""
        if self.is_canceled:
            return self._end((), None, exit_code, canceled=True)
        if exit_code != 0:
            return self._end((), Failure(error=processes.error_in(self.log, exit_code)), exit_code)
        try:
            made = self._places.register(self._parents(), "file")
        except Exception as error:
            self.say(str(error))
            return self._end((), Failure(error=type(error).__name__), exit_code)
        return self._end(made, None, exit_code)

    def fail(self, error: BaseException) -> Run:
        """Let it be recorded that the run could not begin, or not go on."""
        if self._process is not None:
            processes.end_tree(self.folder)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(processes.GRACE)  # or it would stay in the list of processes
        shutil.rmtree(self._working, ignore_errors=True)  # half of it may be missing
        if self.is_canceled:
            return self._end((), None, None, canceled=True)
        self.say(str(error))
        return self._end((), Failure(error=type(error).__name__), None)

    def say(self, text: str) -> None:
        """Add a line of dsnb's own to the log."""
        with suppress(OSError):
            make_folder(self.folder)
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"dsnb: {text}\n")

    def _end(
        self,
        made: Sequence[Version],
        failure: Failure | None,
        exit_code: int | None,
        *,
        canceled: bool = False,
    ) -> Run:
        # What is taken away first makes room for the record, where the disk is full.
        self._places.release()
        self._take_inputs_away()
        outputs = tuple(
            _use(version, _handed_place(place), "register")
            for place, version in zip(self._places.all, made, strict=False)
        )

        moment = now()

        def ended(run: Run | None) -> Run | None:
            if run is None or run.job is None:
                return run
            job = replace(run.job, exit_code=exit_code, canceled=canceled)
            known = [use for use in run.outputs if use.id not in {one.id for one in outputs}]
            return replace(run, job=job, ended=moment, failure=failure, outputs=(*known, *outputs))

        run = self._ledger.change(self.run_id, ended)
        if run is None:
            raise PipelineError(f"There is no record of the run {self.run_id} any more.")
        return run

    def _parents(self) -> list[Parent]:
        """Return what the step read, also what its code asked for by itself."""
        run = self._workspace.runs()[self.run_id]
        made = {use.id for use in run.outputs}
        uses = {use.id: use for use in run.inputs if use.id not in made}
        return [Parent(use.ref, use.id, use.digest) for use in uses.values()]

    def _take_inputs_away(self) -> None:
        for folder in self._filled:
            with suppress(OSError):
                empty(folder)
        if self._needs_scratch:
            with suppress(OSError):
                let_write(self._scratch)
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._claim.close()

    def _input_path(self, one: Input) -> str:
        if one.mechanism == "direct":
            return ""
        asked = os.path.expanduser(one.folder)
        if asked:
            return os.path.normpath(self._working / asked)
        return str(self._scratch / "inputs" / one.name)

    @property
    def _arguments(self) -> tuple[str, ...]:
        return tuple(
            self._told(argument) if isinstance(argument, Told) else argument
            for argument in self.step.arguments
        )

    def _told(self, argument: Told) -> str:
        """Return what the code is told of an input or output: where it is, or its id."""
        if argument.what == "output":
            return next(
                str(place.told) for place in self._places.all if place.output.name == argument.name
            )
        return self._handed[argument.name].path or self._inputs[argument.name].id

    @property
    def _command(self) -> list[str]:
        script = [self.step.interpreter, self.step.script]
        return [*(script if self.step.script else []), *self._arguments]

    @property
    def _variables(self) -> dict[str, str]:
        inputs = {name: self._told(Told(name=name, what="input")) for name in self._inputs}
        outputs = {place.output.name: str(place.told) for place in self._places.all}
        beside = os.path.dirname(self.step.interpreter)
        told = {**inputs, **outputs}
        return {
            **told,
            **{f"{_REFERENCE}{name}": place for name, place in told.items()},
            # A command that begins with python means the one that runs scripts.
            "PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]),
            **self.step.variables,
            WORKSPACE_VARIABLE: str(self._workspace.root),
            SUBMITTED: self.run_id,
        }


def _handed_place(place: Place) -> Handed:
    mechanism: Mechanism = "upload" if place.output.upload else "mount"
    return Handed(name=place.output.name, mechanism=mechanism, path=str(place.told))


def _use(version: Version, handed: Handed, how: Access = "load") -> Use:
    return Use(
        ref=version.ref,
        id=version.id,
        digest=version.digest,
        how=how,
        handed=handed,
        at=now(),
    )
