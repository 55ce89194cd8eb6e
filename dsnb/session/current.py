"""The current run of this process, in each workspace that it touches.

A run begins with the first version that is read or made, and ends with the process. What a cell
uses is written once, when the cell ends; outside a cell it is written at once. A script that was
submitted to be a run goes on with that one, which whoever submitted it began and will end.

Nothing is recorded of a forked child, such as a worker of multiprocessing, unless it begins a run
itself: its parent alone writes the parent's run, and workers are usually killed, which would leave
a run for each of them that seems to have been interrupted.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dsnb.errors import DsnbError
from dsnb.provenance.cells import hash_of_source
from dsnb.provenance.runs import last_read, with_use
from dsnb.records import Access, Failure, Run, Version, now
from dsnb.session import environment
from dsnb.session.notebook import NOTEBOOK, Notebook
from dsnb.session.watching import Watch
from dsnb.units import ago
from dsnb.workspace import Workspace

SUBMITTED = "DSNB_RUN"
"""Names, to a script that was submitted, the run that it is."""
Listener = Callable[[Version, Access, tuple[str, ...], Sequence[str] | None], None]
"""Is told what `Session.record` is told of a version."""


class Session:
    """What this process does with datasets.

    Parameters
    ----------
    notebook
        Tells which cell is running, and when it has ended.

    Attributes
    ----------
    listeners
        Told of each version that is read or made.
    watch
        Records what cells read and write by themselves.
    """

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self._began_in = _folder()
        self._runs: dict[Path, Run] = {}
        self._next_ids: dict[Path, str] = {}
        self._workspaces: dict[Path, Workspace] = {}
        self._unsaved: set[Path] = set()
        self._submitted: dict[Path, str] = {}  # ids of runs that others began and end
        self._told: set[tuple[str, str]] = set()
        self._refused: set[Path] = set()
        self.listeners: list[Listener] = []
        # Widget callbacks arrive on threads of their own.
        self._guard = threading.RLock()
        self._process = os.getpid()
        self._forked = False
        self.watch = Watch(self, notebook)
        notebook.after_cell.append(self._finish_cell)
        atexit.register(self.end)

    def run(self, workspace: Workspace) -> Run | None:
        """Return the run of this process in a workspace, None before it begins."""
        with self._guard:
            self._leave_parent()
            return self._runs.get(workspace.root)

    def run_so_far(self, workspace: Workspace) -> Run | None:
        """Return the run as `run` does, with the cells that were run until now."""
        with self._guard:
            run = self.run(workspace)
            return None if run is None else self._with_cells(workspace.root, run)

    def run_id(self, workspace: Workspace) -> str | None:
        """Return the id of the run, which is settled before the run begins.

        So a registration can name the run that makes it, and one that fails begins none. It is
        None in a forked child that has begun no run.
        """
        with self._guard:
            run = self.run(workspace) or self._taken_up(workspace)
            if run is not None:
                return run.id
            if self._forked:
                return None
            return self._next_ids.setdefault(workspace.root, str(uuid.uuid4()))

    def begin(self, workspace: Workspace, name: str | None = None, experiment: str = "") -> Run:
        """Begin a run; the one before ends.

        Parameters
        ----------
        workspace
            Where it is recorded.
        name
            What it is called; None names it after the notebook or script.
        experiment
            What it belongs to together with other runs.
        """
        with self._guard:
            self._leave_parent()
            self._end(workspace.root)
            notebook = environment.notebook_path(self.notebook.folder or self._began_in)
            run = Run(
                id=self._next_ids.pop(workspace.root, str(uuid.uuid4())),
                name=name or (Path(notebook).stem if notebook else "session"),
                experiment=experiment,
                notebook=notebook,
                notebook_digest=environment.digest_of(notebook),
                kernel=environment.kernel_id(),
                process=os.getpid(),
                process_started=environment.process_started(),
                host=environment.host(),
                user=environment.user(),
                started=now(),
                code=environment.code_state(self.notebook.folder or str(workspace.root)),
                packages=environment.packages(),
            )
            self._workspaces[workspace.root] = workspace
            self._put(workspace.root, run)
            return run

    def ensure(self, workspace: Workspace) -> Run:
        """Return the run of this process in a workspace; it begins now when it has not yet."""
        with self._guard:
            return self.run(workspace) or self._taken_up(workspace) or self.begin(workspace)

    def _taken_up(self, workspace: Workspace) -> Run | None:
        """Go on with the run that this process was submitted to be, None where it was not."""
        identifier = submitted_run()
        if identifier is None or workspace.root in self._workspaces:
            return None
        run = workspace.runs().get(identifier)
        if run is None or run.ended is not None:
            return None
        self._workspaces[workspace.root] = workspace
        self._submitted[workspace.root] = identifier
        self._runs[workspace.root] = run
        return run

    def record(
        self,
        workspace: Workspace,
        version: Version,
        how: Access,
        also: tuple[str, ...] = (),
        columns: Sequence[str] | None = None,
    ) -> None:
        """Record that the run read or made a version.

        Parameters
        ----------
        workspace, version, how
            Where, which, and in what way.
        also
            References of other versions that hold what was read as well.
        columns
            The columns that were asked for; None for all.
        """
        with self._guard:
            if (self.run(workspace) or self._taken_up(workspace)) is None and self._forked:
                return
            for hear in self.listeners:
                hear(version, how, also, columns)
            source = hash_of_source(self.notebook.source)
            asked = None if columns is None else tuple(columns)
            after = self.change(
                workspace,
                lambda run: with_use(run, version, how, self.notebook.cell, source, also, asked),
            )
            if how != "register":
                self._tell_of_change(workspace, after, version)

    def _tell_of_change(self, workspace: Workspace, run: Run, version: Version) -> None:
        """Say when the notebook's last run read another version of a dataset, once for each."""
        if (run.id, version.name) in self._told:
            return
        self._told.add((run.id, version.name))
        try:
            before = last_read(workspace.runs().values(), run, workspace.ids_of(version.name))
            if before is None or any(use.id == version.id for use in before.uses):
                return
            last = workspace.view().by_id(before.uses[-1].id)
        except DsnbError:
            return  # what was to be read is there
        if last is None:
            return
        workspace.notify(
            f"{version.ref} is another version than your last run read ({ago(before.run.started)}:"
            f" {last.ref}). See what changed: %ds diff {last.ref}..{version.version}"
        )

    def change(self, workspace: Workspace, change: Callable[[Run], Run]) -> Run:
        """Change what is recorded of the current run, which begins now when it has not yet."""
        with self._guard:
            before = self.ensure(workspace)
            if workspace.root in self._submitted:
                # Whoever submitted it may write to its record, too.
                try:
                    after = workspace.change_run(before.id, change) or before
                except (DsnbError, OSError) as error:
                    self._tell_refused(workspace.root, error)
                    after = change(before)
                self._runs[workspace.root] = after
                return after
            after = change(before)
            if after is not before:
                self._put(workspace.root, after)
            return after

    def finish(self, workspace: Workspace) -> Run | None:
        """End the run in a workspace and return it, None when there is none.

        What is read or made later begins another.
        """
        with self._guard:
            self._leave_parent()
            return self._end(workspace.root)

    def end(self) -> None:
        """End every run of this process."""
        with self._guard:
            if os.getpid() != self._process:
                return  # a forked child leaves its parent's runs alone
            self._runs = {root: _with_error(run) for root, run in self._runs.items()}
            for root in list(self._runs):
                self._end(root)

    def forget(self) -> None:
        """Leave the runs as they were last written, and know of none."""
        with self._guard:
            self._runs.clear()
            self._workspaces.clear()
            self._submitted.clear()
            self._next_ids.clear()
            self._unsaved.clear()

    def _end(self, root: Path) -> Run | None:
        run = self._runs.pop(root, None)
        if run is None:
            return None
        self._unsaved.discard(root)
        if self._submitted.pop(root, None) is not None:
            return run
        digest = environment.digest_of(run.notebook)
        run = replace(self._with_cells(root, run), ended=now(), notebook_digest=digest)
        # The next run has only what comes now.
        self._runs = {other: self._with_cells(other, its) for other, its in self._runs.items()}
        self.notebook.sources.clear()
        if self.notebook.cell is not None:
            self.notebook.sources[self.notebook.source] = None
        self._save(root, run)
        return run

    def _finish_cell(self) -> None:
        """Write what the cell that has just ended changed of the runs."""
        with self._guard:
            failed = self.notebook.failed
            failure = None if failed is None else Failure(error=failed[0], cell=failed[1])
            for root, run in self._runs.items():
                if run.failure != failure and root not in self._submitted:
                    self._runs[root] = replace(run, failure=failure)
                    self._unsaved.add(root)
            self._save_all()

    def _with_cells(self, root: Path, run: Run) -> Run:
        """Return a run with the cells that were run until now."""
        news = {hash_of_source(source): source for source in self.notebook.sources}
        if news.keys() <= run.cells.keys():
            return run
        kept = False
        with suppress(DsnbError):  # settings that cannot be read
            kept = self._workspaces[root].keeps_sources
        cells = {code: source if kept else "" for code, source in news.items()}
        return replace(run, cells={**run.cells, **cells})

    def _put(self, root: Path, run: Run) -> None:
        self._runs[root] = run
        self._unsaved.add(root)
        if self.notebook.cell is None:
            self._save_all()

    def _save_all(self) -> None:
        with self._guard:
            for root in list(self._unsaved):
                self._unsaved.discard(root)
                self._runs[root] = self._with_cells(root, self._runs[root])
                self._save(root, self._runs[root])

    def _save(self, root: Path, run: Run) -> None:
        """Write a run's record; the user's work goes on when the disk refuses it."""
        try:
            self._workspaces[root].save_run(run)
        except (DsnbError, OSError) as error:
            self._tell_refused(root, error)

    def _tell_refused(self, root: Path, error: Exception) -> None:
        """Say once that what a run does cannot be recorded."""
        if root not in self._refused:
            self._refused.add(root)
            with suppress(Exception):
                self._workspaces[root].notify(f"This run could not be recorded: {error}")

    def _leave_parent(self) -> None:
        """Forget in a forked child the runs, and the cell: they are the parent's."""
        if os.getpid() != self._process:
            from multiprocessing.util import Finalize

            self._process = os.getpid()
            self._forked = True
            # Workers of multiprocessing leave without what is registered with atexit.
            Finalize(None, self.end, exitpriority=0)
            self.notebook.cell = None
            self.forget()


def submitted_run() -> str | None:
    """Return the id of the run that this process was submitted to be, None of any other."""
    return os.environ.get(SUBMITTED) or None


def _with_error(run: Run) -> Run:
    """Return the run of a script with the error that ends it; that of a notebook knows already."""
    error = getattr(sys, "last_type", None)
    if run.kernel is not None or run.notebook is None or error is None:
        return run
    return replace(run, failure=Failure(error=error.__name__))


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return os.path.expanduser("~")


SESSION = Session(NOTEBOOK)
"""The session of this process."""
