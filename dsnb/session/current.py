"""The current run of this process, in each workspace that it touches.

A run begins with the first version that is read or made, and ends with the process. What a cell
uses is written once, when the cell ends; outside a cell it is written at once.

Nothing is recorded of a forked child, such as a worker of multiprocessing, unless it begins a run
itself: its parent alone writes the parent's run, and workers are usually killed, which would leave
a run for each of them that seems to have been interrupted.
"""

from __future__ import annotations

import atexit
import os
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dsnb.errors import DsnbError
from dsnb.provenance.runs import with_use
from dsnb.records import Access, Run, Version, now
from dsnb.session import environment
from dsnb.session.notebook import NOTEBOOK, Notebook
from dsnb.session.tracing import TRACER, Stat
from dsnb.workspace import Workspace


class Session:
    """What this process does with datasets.

    Parameters
    ----------
    notebook
        Tells which cell is running, and when it has ended.
    """

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self._began_in = _folder()
        self._runs: dict[Path, Run] = {}
        self._next_ids: dict[Path, str] = {}
        self._workspaces: dict[Path, Workspace] = {}
        self._unsaved: set[Path] = set()
        self._refused: set[Path] = set()
        # Widget callbacks arrive on threads of their own.
        self._guard = threading.RLock()
        self._process = os.getpid()
        self._forked = False
        notebook.after_cell.append(self._save_all)
        atexit.register(self.end)

    def run(self, workspace: Workspace) -> Run | None:
        """Return the run of this process in a workspace, None before it begins."""
        with self._guard:
            self._leave_parent()
            return self._runs.get(workspace.root)

    def run_id(self, workspace: Workspace) -> str | None:
        """Return the id of the run, which is settled before the run begins.

        So a registration can name the run that makes it, and one that fails begins none. It is
        None in a forked child that has begun no run.
        """
        with self._guard:
            run = self.run(workspace)
            if run is not None:
                return run.id
            if self._forked:
                return None
            return self._next_ids.setdefault(workspace.root, str(uuid.uuid4()))

    def begin(self, workspace: Workspace, name: str | None = None) -> Run:
        """Begin a run; the one before ends.

        Parameters
        ----------
        workspace
            Where it is recorded.
        name
            What it is called; None names it after the notebook or script.
        """
        with self._guard:
            self._leave_parent()
            self._end(workspace.root)
            notebook = environment.notebook_path(self.notebook.folder or self._began_in)
            run = Run(
                id=self._next_ids.pop(workspace.root, str(uuid.uuid4())),
                name=name or (Path(notebook).stem if notebook else "session"),
                notebook=notebook,
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
            return self.run(workspace) or self.begin(workspace)

    def record(self, workspace: Workspace, version: Version, how: Access) -> None:
        """Record that the run read or made a version."""
        with self._guard:
            if self.run(workspace) is None and self._forked:
                return
            run = self.ensure(workspace)
            after = with_use(run, version, how, self.notebook.cell)
            if after is not run:
                self._put(workspace.root, after)

    def record_reads(self, reads: Mapping[str, Stat]) -> None:
        """Record the versions to which files belong that the user's code opened for reading.

        Parameters
        ----------
        reads
            Absolute paths, each with the file's state when it was opened.
        """
        try:
            workspace = Workspace.find(self.notebook.folder, lambda notice: None)
        except DsnbError:
            return
        with TRACER.not_the_users():
            for version in workspace.versions_of(reads):
                self.record(workspace, version, "trace")

    def tag(self, workspace: Workspace, tags: dict[str, str]) -> Run:
        """Set tags of the current run."""
        with self._guard:
            run = self.ensure(workspace)
            run = replace(run, tags={**run.tags, **tags})
            self._put(workspace.root, run)
            return run

    def end(self) -> None:
        """End every run of this process."""
        with self._guard:
            if os.getpid() != self._process:
                return  # a forked child leaves its parent's runs alone
            for root in list(self._runs):
                self._end(root)

    def forget(self) -> None:
        """Leave the runs as they were last written, and know of none."""
        with self._guard:
            self._runs.clear()
            self._next_ids.clear()
            self._unsaved.clear()

    def _end(self, root: Path) -> None:
        run = self._runs.pop(root, None)
        if run is None:
            return
        self._unsaved.discard(root)
        self._save(root, replace(run, ended=now()))

    def _put(self, root: Path, run: Run) -> None:
        self._runs[root] = run
        self._unsaved.add(root)
        if self.notebook.cell is None:
            self._save_all()

    def _save_all(self) -> None:
        with self._guard:
            for root in list(self._unsaved):
                self._unsaved.discard(root)
                self._save(root, self._runs[root])

    def _save(self, root: Path, run: Run) -> None:
        """Write a run's record; the user's work goes on when the disk refuses it."""
        try:
            self._workspaces[root].save_run(run)
        except (DsnbError, OSError) as error:
            if root in self._refused:
                return
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


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return os.path.expanduser("~")


SESSION = Session(NOTEBOOK)
"""The session of this process."""
