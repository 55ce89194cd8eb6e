"""Watching: what cells read and write by themselves becomes inputs and outputs of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Protocol

from dsnb.errors import DsnbError
from dsnb.provenance.runs import MOST_UNTRACKED, may_be_data, with_untracked
from dsnb.records import Access, Run, Version
from dsnb.session.notebook import Notebook
from dsnb.session.tracing import TRACER, Stat
from dsnb.storage.datastores import LOCAL
from dsnb.storage.files import stat_of
from dsnb.workspace import Workspace


class Recorder(Protocol):
    """What keeps the record of the run."""

    def run(self, workspace: Workspace) -> Run | None:
        """Return the run of this process, None before it begins."""

    def run_id(self, workspace: Workspace) -> str | None:
        """Return the id that the run has, or will have; None where nothing is recorded."""

    def record(
        self, workspace: Workspace, version: Version, how: Access, also: tuple[str, ...] = ()
    ) -> None:
        """Record that the run read or made a version."""

    def change(self, workspace: Workspace, change: Callable[[Run], Run]) -> Run:
        """Change what is recorded of the run."""


class Watch:
    """What cells do with files by themselves.

    Parameters
    ----------
    session
        Keeps the record.
    notebook
        Tells which cell is running.
    """

    def __init__(self, session: Recorder, notebook: Notebook) -> None:
        self._session = session
        self._notebook = notebook
        self._traced: Workspace | None = None
        self._traced_from: str | None = None
        self._decisive: tuple[str, ...] = ()
        self._looked_at: object = None
        notebook.before_cell.append(self._look_where_to_trace)

    def catch_up(self) -> None:
        """Record what the cell that is running has read and written until now.

        So what it registers next comes from what it has read before.
        """
        if self._notebook.cell is None or not TRACER.pending:
            return
        traced = TRACER.take()
        with suppress(Exception):  # whatever became of the trace, the verb is carried out
            self.record_files(traced.reads, traced.writes)

    def record_files(self, reads: Mapping[str, Stat], writes: Sequence[str]) -> None:
        """Record what the user's code read and wrote by itself: versions, and what could be some.

        Parameters
        ----------
        reads
            Absolute paths of files that were opened for reading, each with its state then.
        writes
            Absolute paths of files that were written and are still there.
        """
        try:
            workspace = Workspace.find(self._notebook.folder, lambda notice: None)
        except DsnbError:
            return
        self._traced, self._traced_from = workspace, self._notebook.folder
        self._decisive = (str(workspace.layout.registry), str(workspace.layout.config))
        if workspace.config["trace"] == "off":
            return
        states: dict[str, Stat] = {}
        for path in writes:
            with suppress(OSError):
                states[path] = stat_of(os.stat(path))
        with TRACER.not_the_users():
            untracked = []
            for path, version in workspace.attribute(reads):
                if version is None:
                    untracked.append(path)
                else:
                    self._record_trace(workspace, version, path)
            written = [path for path, version in workspace.attribute(states) if version is None]
            self._record_untracked(workspace, untracked, written)

    def _record_trace(self, workspace: Workspace, version: Version, path: str) -> None:
        run = self._session.run(workspace)
        known = run is not None and any(
            (use.id, use.how) == (version.id, "trace") for use in run.inputs
        )
        others = [] if known else workspace.others_with(path, version)
        self._session.record(workspace, version, "trace", tuple(one.ref for one in others))

    def _record_untracked(
        self, workspace: Workspace, read: Sequence[str], written: Sequence[str]
    ) -> None:
        """Record files that belong to no version, as far as they may be data in a datastore."""
        reads, writes = (
            [
                source
                for path in islice(filter(may_be_data, paths), MOST_UNTRACKED)
                if (source := workspace.locate(path)).datastore != LOCAL
            ]
            for paths in (read, written)
        )
        if not (reads or writes) or self._session.run_id(workspace) is None:
            return
        cell = self._notebook.cell

        def with_files(run: Run) -> Run:
            untracked = with_untracked(run.untracked, reads, cell)
            written = with_untracked(run.written, writes, cell)
            return replace(run, untracked=untracked, written=written)

        self._session.change(workspace, with_files)

    def _look_where_to_trace(self) -> None:
        """Let the tracer pass over the folders that have nothing to do with the workspace."""
        if self._traced is not None and self._traced_from != self._notebook.folder:
            self._traced, TRACER.roots = None, None  # the notebook is another workspace's now
        if self._traced is None:
            return
        # This is done before every cell, so that nothing is opened that has not changed.
        looked_at = tuple(map(_state_of, self._decisive))
        if TRACER.roots is not None and self._looked_at == looked_at:
            return
        self._looked_at = looked_at
        try:
            traced = self._traced.config["trace"] == "on"
            TRACER.roots = self._traced.data_folders() if traced else ()
        except (DsnbError, OSError):
            TRACER.roots = None  # the cell reads all the same


def _state_of(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
