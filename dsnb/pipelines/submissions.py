"""Submitting a script or a pipeline: it is carried out while the notebook goes on.

A thread of this process sees to it. A script that submits something waits for it before it ends; a
kernel that ends takes with it what it submitted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue

from dsnb.errors import PipelineError, writing
from dsnb.pipelines import processes
from dsnb.pipelines.carrying import CANCELED, CODE, LOG, Carried, Surroundings
from dsnb.pipelines.code import Code, find_code
from dsnb.pipelines.following import UNFINISHED, UNRECORDED, Unfinished
from dsnb.pipelines.ledger import Ledger
from dsnb.pipelines.reuse import find_equal, identity_of
from dsnb.pipelines.steps import Input, Output, Step, ordered
from dsnb.records import Failure, Job, Run, Version, now
from dsnb.refs import check_name
from dsnb.session import environment
from dsnb.session.tracing import TRACER
from dsnb.units import duration_text
from dsnb.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is submitted.

    Attributes
    ----------
    name
        What the run is called.
    experiment
        What it belongs to together with others.
    steps
        The steps; of a script alone the one.
    is_pipeline
        Whether each step becomes a run below the one that is returned.
    parent
        Id of the run that it is a part of; None for none.
    tags
        Tags of the runs.
    goes_on
        Whether steps that need nothing of a failed one are begun after it failed.
    anew
        Whether steps are carried out although an earlier run did the same.
    workers
        How many steps are carried out at the same time; None for as many as there are processors.
    """

    name: str
    experiment: str
    steps: tuple[Step, ...]
    is_pipeline: bool
    parent: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    goes_on: bool = False
    anew: bool = False
    workers: int | None = None


def submit(workspace: Workspace, plan: Plan) -> Submission:
    """Begin to carry out a script or a pipeline.

    Raises
    ------
    DsnbError
        When it cannot be begun; nothing is recorded then.
    """
    for step in plan.steps:
        for output in step.outputs:
            if output.registering is not None:
                check_name(output.registering.name)
    submission = Submission(workspace, plan)
    submission.start()
    return submission


class Submission:
    """A script or pipeline that this process carries out.

    Parameters
    ----------
    workspace
        Where it is recorded.
    plan
        What it is.
    """

    def __init__(self, workspace: Workspace, plan: Plan) -> None:
        self.id = str(uuid.uuid4())
        self.folder = workspace.layout.run(self.id)
        self.done = threading.Event()
        self._workspace = workspace
        self._plan = plan
        self._sorter = ordered(plan.steps)
        self._codes = {step.source: find_code(step.source) for step in plan.steps}
        for step in plan.steps:
            _check_script(step, self._codes[step.source])
        self._begun: SimpleQueue[tuple[Carried, subprocess.Popen[bytes]] | None] = SimpleQueue()
        self._ended: SimpleQueue[tuple[Carried, int | Exception]] = SimpleQueue()
        self._waiters = 0
        self._made: dict[Output, Version] = {}
        self._tried: list[Step] = []
        self._beginning: list[Carried] = []
        self._running: list[Carried] = []
        self._failure: Failure | None = None
        self._surroundings = Surroundings(
            experiment=plan.experiment,
            kind="step" if plan.is_pipeline else "script",
            parent=self.id if plan.is_pipeline else plan.parent,
            tags=dict(plan.tags),
            code=environment.code_state(str(plan.steps[0].source)),
            packages=environment.packages(),
            process_started=environment.process_started(),
            host=environment.host(),
            user=environment.user(),
        )
        self._ledger = Ledger(workspace)

    def start(self) -> None:
        """Take what is to be carried out as it is now, and begin a thread that does so."""
        carried = None
        # The record comes first: a folder without one is swept.
        if self._plan.is_pipeline:
            self._record_pipeline()
        else:
            [step] = self._plan.steps
            carried = self._carried(step, self.id)
            carried.record()
            self._ledger.write()
        try:
            if carried is None:
                self._keep_code()
            else:
                carried.take_code(self._codes[carried.step.source])
            UNFINISHED[self.id] = Unfinished(self._workspace, self.done)
            threading.Thread(
                target=self._carry_out,
                args=[carried],
                name=f"dsnb run {self.id[:8]}",
                # A script waits for it before it ends; a kernel that ends must not.
                daemon=environment.kernel_id() is not None,
            ).start()
        except BaseException as error:
            UNFINISHED.pop(self.id, None)
            if carried is None:
                self._failure = Failure(error=type(error).__name__)
                shutil.rmtree(self.folder / CODE, ignore_errors=True)
                self._end()
            else:
                carried.fail(error)
                self._ledger.write()
            raise

    def _keep_code(self) -> None:
        """Copy the code, so that what is carried out is what there was when it was submitted."""
        with writing(self.folder):
            for number, (source, code) in enumerate(self._codes.items()):
                self._codes[source] = code.copy_to(self.folder / CODE / str(number))

    # In the thread

    def _carry_out(self, carried: Carried | None) -> None:
        with TRACER.not_the_users():
            try:
                if carried is None:
                    self._carry_out_pipeline()
                else:
                    self._carry_out_script(carried)
            except BaseException as error:
                # Nobody is there to hear of it but who waits, and that only in this process.
                UNRECORDED[self.id] = error
            finally:
                UNFINISHED.pop(self.id, None)
                self.done.set()

    def _carry_out_script(self, carried: Carried) -> None:
        try:
            exit_code = carried.wait(carried.begin())
        except Exception as error:
            carried.fail(error)
        else:
            carried.finish(exit_code)
        self._ledger.write()

    def _carry_out_pipeline(self) -> None:
        try:
            self._carry_out_steps()
        except BaseException as error:
            self._say(f"This could not go on: {type(error).__name__}: {error}")
            self._failure = Failure(error=type(error).__name__)
            for carried in (*self._beginning, *self._running):
                with suppress(Exception):  # its record can be written no more than others
                    carried.fail(error)
        for _ in range(self._waiters):
            self._begun.put(None)
        left = [step.name for step in self._plan.steps if step not in self._tried]
        if left:
            self._say(f"Not carried out: {', '.join(left)}")
        self._end()

    def _carry_out_steps(self) -> None:
        workers = self._plan.workers or os.cpu_count() or 1
        waiting: list[Step] = []
        while self._sorter.is_active():
            waiting += self._sorter.get_ready()
            while waiting and self._busy < workers and self._goes_on:
                self._take_on(waiting.pop(0))
                waiting += self._sorter.get_ready() if self._sorter.is_active() else ()
            # A script finds its record when it begins.
            self._ledger.write()
            while self._beginning:
                self._begin(self._beginning.pop(0))
            if self._running:
                self._finish_some()
            elif not (waiting and self._goes_on):
                break

    @property
    def _busy(self) -> int:
        return len(self._beginning) + len(self._running)

    def _take_on(self, step: Step) -> None:
        """Let a step be begun, unless an earlier run did the same, or it cannot be."""
        self._tried.append(step)
        try:
            inputs = {one.name: self._version_of(one) for one in step.inputs}
            identity = identity_of(step, self._codes[step.source].identity, inputs)
            if step.reuse and not self._plan.anew and self._reuse(step, inputs, identity):
                self._sorter.done(step)
                return
            carried = self._carried(step, str(uuid.uuid4()), inputs, identity)
            carried.record()
            self._beginning.append(carried)
        except Exception as error:
            self._failed(step, type(error).__name__, [str(error)])

    def _begin(self, carried: Carried) -> None:
        """Begin the process of a step."""
        step = carried.step
        try:
            self._say(f"{step.name} begins as run {carried.run_id}")
            carried.take_code(self._codes[step.source])
            process = carried.begin()
        except Exception as error:
            self._failed(step, type(error).__name__, [str(error)])
            carried.fail(error)
            return
        self._running.append(carried)
        self._begun.put((carried, process))
        # A thread that is new is waited for until it runs, so those that there are go on.
        if self._waiters < len(self._running):
            self._waiters += 1
            threading.Thread(target=self._wait_for_processes, daemon=True).start()

    def _wait_for_processes(self) -> None:
        """Wait for one process after the other, and tell how each ended."""
        while (begun := self._begun.get()) is not None:
            carried, process = begun
            try:
                self._ended.put((carried, carried.wait(process)))
            except Exception as error:
                self._ended.put((carried, error))

    def _finish_some(self) -> None:
        """Wait until a step has ended, and finish all that have."""
        waiting = [self._ended.get()]
        with suppress(Empty):
            while True:
                waiting.append(self._ended.get_nowait())
        for carried, ended in waiting:
            self._running.remove(carried)
            self._finish(carried, ended)

    def _finish(self, carried: Carried, ended: int | Exception) -> None:
        run = carried.finish(ended) if isinstance(ended, int) else carried.fail(ended)
        step = carried.step
        assert run.job is not None
        assert run.ended is not None
        if run.job.canceled:
            self._say(f"{step.name} was canceled")
            self._failure = self._failure or Failure(error=f"{step.name} was canceled")
            return
        if run.failure is not None:
            self._failed(step, run.failure.error, processes.tail(carried.log))
            return
        took = duration_text((run.ended - run.started).total_seconds())
        made = self._take_up(step, run)
        self._say(f"{step.name} is done after {took}{made}")
        self._sorter.done(step)

    def _take_up(self, step: Step, run: Run) -> str:
        """Let what a step made be had by others; return it in words."""
        view = self._workspace.view()
        handed = {use.handed.name: use for use in run.outputs if use.handed is not None}
        for output in step.outputs:
            version = view.by_id(handed[output.name].id)
            assert version is not None
            self._made[output] = version
        named = [
            handed[output.name].ref for output in step.outputs if output.registering is not None
        ]
        return f": {', '.join(named)}" if named else ""

    def _reuse(self, step: Step, inputs: Mapping[str, Version], identity: str) -> bool:
        found = find_equal(self._workspace, identity)
        if found is None:
            return False
        earlier, versions = found
        carried = self._carried(step, str(uuid.uuid4()), inputs, identity)
        run = carried.record()
        assert run.job is not None
        assert earlier.job is not None
        outputs = tuple(
            replace(use, ref=versions[use.id].ref, at=now())
            for use in earlier.outputs
            if use.handed is not None
        )
        job = replace(run.job, exit_code=earlier.job.exit_code, reused=earlier.id)
        run = replace(run, job=job, outputs=outputs, metrics=earlier.metrics, ended=now())
        self._ledger.put(run)
        self._say(
            f"{step.name} is not carried out again: code, arguments and inputs are those of run "
            f"{earlier.id}{', whose output is taken' if outputs else ''}{self._take_up(step, run)}"
        )
        return True

    def _failed(self, step: Step, error: str, said: list[str]) -> None:
        self._failure = self._failure or Failure(error=error)
        self._say(f"{step.name} failed: {error}")
        for line in said:
            self._say(f"    {line}")

    # What both have in common

    @property
    def is_canceled(self) -> bool:
        """Whether somebody wants it to end."""
        return (self.folder / CANCELED).exists()

    @property
    def _goes_on(self) -> bool:
        return not self.is_canceled and (self._failure is None or self._plan.goes_on)

    def _carried(
        self,
        step: Step,
        run_id: str,
        inputs: Mapping[str, Version] | None = None,
        identity: str = "",
    ) -> Carried:
        known = inputs or {one.name: self._version_of(one) for one in step.inputs}
        surroundings, ledger = self._surroundings, self._ledger
        return Carried(self._workspace, step, run_id, known, surroundings, ledger, identity)

    def _version_of(self, one: Input) -> Version:
        return self._made[one.source] if isinstance(one.source, Output) else one.source

    def _record_pipeline(self) -> None:
        surroundings = self._surroundings
        self._ledger.put(
            Run(
                id=self.id,
                name=self._plan.name,
                parent=self._plan.parent,
                job=Job(kind="pipeline"),
                experiment=surroundings.experiment,
                process=os.getpid(),
                process_started=surroundings.process_started,
                host=surroundings.host,
                user=surroundings.user,
                started=now(),
                code=surroundings.code,
                packages=surroundings.packages,
                tags=surroundings.tags,
            )
        )
        self._ledger.write()

    def _end(self) -> None:
        failure, canceled, moment = self._failure, self.is_canceled, now()

        def ended(run: Run | None) -> Run | None:
            if run is None or run.job is None:
                return run
            job = replace(run.job, canceled=canceled)
            return replace(run, job=job, ended=moment, failure=failure)

        self._ledger.change(self.id, ended)
        self._ledger.write()

    def _say(self, text: str) -> None:
        with (
            suppress(OSError),
            (self.folder / LOG).open("a", encoding="utf-8", errors="replace") as log,
        ):
            log.write(f"{text}\n")


def _check_script(step: Step, code: Code) -> None:
    if step.script and Path(step.script).as_posix() not in code.names:
        raise PipelineError(
            f"There is no script {step.script} in {step.source}.",
            hint="Name it as it lies below source_directory; .amlignore and .gitignore leave files "
            "out.",
        )
