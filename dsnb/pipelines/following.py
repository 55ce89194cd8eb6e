"""Following a run, of this process or any other: what it says, when it ends; and ending it."""

from __future__ import annotations

import atexit
import codecs
import math
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from dsnb.errors import PipelineError
from dsnb.pipelines import processes
from dsnb.pipelines.carrying import CANCELED, LOG
from dsnb.records import Run, now
from dsnb.session import environment
from dsnb.session.environment import is_alive
from dsnb.storage.atomic import make_folder
from dsnb.workspace import Workspace

_GLANCE = 0.1
_LEAVE = 5.0
"""Seconds that whoever ends a run waits for that to be recorded."""


@dataclass(frozen=True)
class Unfinished:
    """What this process carries out.

    Attributes
    ----------
    workspace
        Where it is recorded.
    done
        Set when it has ended.
    """

    workspace: Workspace
    done: threading.Event


UNFINISHED: dict[str, Unfinished] = {}
"""What this process carries out now, by the runs' ids."""
UNRECORDED: dict[str, BaseException] = {}
"""Why the end of a run that this process carried out is not in its record, by the runs' ids."""


def follow(workspace: Workspace, run_id: str, seconds: float = math.inf) -> Iterator[str]:
    """Yield what a run says, as it says it, until it has ended.

    Parameters
    ----------
    workspace
        Where it is recorded.
    run_id
        The run, of this process or any other.
    seconds
        How long to wait.
    """
    deadline = time.monotonic() + seconds
    log = workspace.layout.run(run_id) / LOG
    at = 0
    # Half a character at the end waits for its other half.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        ended = has_ended(workspace, run_id)
        said = b""
        if log.is_file() and not log.is_symlink():
            with log.open("rb") as file:
                file.seek(at)
                said = file.read()
        at += len(said)
        if text := decoder.decode(said, final=ended):
            yield text
        if ended or time.monotonic() > deadline:
            return
        _wait(run_id)


def wait(workspace: Workspace, run_id: str, seconds: float = math.inf) -> None:
    """Wait until a run, of this process or any other, has ended, or the time is over."""
    deadline = time.monotonic() + seconds
    while not has_ended(workspace, run_id) and time.monotonic() < deadline:
        _wait(run_id)


def has_ended(workspace: Workspace, run_id: str) -> bool:
    """Tell whether a run has ended, or its process is gone.

    Raises
    ------
    PipelineError
        When there is no such run.
    """
    if run_id in UNFINISHED:
        return False
    run = workspace.runs().get(run_id)
    if run is None:
        raise PipelineError(f"There is no run {run_id}.", hint="Type %ds runs to see them all.")
    if error := unrecorded(run):
        raise PipelineError(
            f"How the run {run_id} ended could not be recorded: {error}",
            hint="What it wrote is not registered. Submit it again.",
        ) from error
    return run.ended is not None or not is_alive(run)


def unrecorded(run: Run) -> BaseException | None:
    """Return why the end of a run, or of the pipeline around it, is not in its record."""
    if run.ended is not None:
        return None
    return UNRECORDED.get(run.id) or UNRECORDED.get(run.parent or "")


def cancel(workspace: Workspace, run_id: str) -> None:
    """End a run with every process that it began; one that has ended stays as it is.

    Raises
    ------
    PipelineError
        When it runs on another machine.
    """
    run = workspace.runs().get(run_id)
    if run is None or run.ended is not None or run.job is None:
        return
    if run.host and run.host != environment.host():
        raise PipelineError(
            f"The run {run_id} was submitted on {run.host}, and this is {environment.host()}.",
            hint="Cancel it there.",
        )
    for one in _family(workspace, run_id):
        _mark(workspace.layout.run(one.id))
    family = _family(workspace, run_id)  # some may have begun before they were all marked
    for one in family:
        _mark(workspace.layout.run(one.id))
        processes.end_tree(workspace.layout.run(one.id))
    for one in family:
        if not is_alive(one):
            _record_canceled(workspace, one.id)
    if is_alive(run):
        wait(workspace, run_id, _LEAVE)


def _family(workspace: Workspace, run_id: str) -> list[Run]:
    """Return a run and all that are a part of it, as far as they have not ended."""
    runs = workspace.runs()
    ids = [run_id]
    for above in ids:
        ids += [one.id for one in runs.values() if one.parent == above and one.id not in ids]
    return [run for one in ids if (run := runs[one]).ended is None and run.job is not None]


def _mark(folder: Path) -> None:
    if folder.is_symlink():
        return  # dsnb makes none there
    make_folder(folder)
    with suppress(FileExistsError):
        (folder / CANCELED).open("x").close()


def _record_canceled(workspace: Workspace, run_id: str) -> None:
    """Record the end of a run whose submitter is gone, so that nobody else does."""

    def canceled(run: Run) -> Run:
        if run.ended is not None or run.job is None:
            return run
        return replace(run, job=replace(run.job, canceled=True), ended=now())

    workspace.change_run(run_id, canceled)


def _wait(run_id: str) -> None:
    mine = UNFINISHED.get(run_id)
    if mine is None:
        time.sleep(_GLANCE)
    else:
        mine.done.wait(_GLANCE)


def _end_all() -> None:
    """End what a process that ends submitted, and let that be recorded."""
    for run_id, mine in list(UNFINISHED.items()):
        cancel(mine.workspace, run_id)


def _forget() -> None:
    UNFINISHED.clear()  # in a forked child they are the parent's


def _end_all_when_interrupted(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Do not let a script that Ctrl-C ends wait for what it submitted, as it does otherwise."""
    _show_error(kind, error, traceback)
    if issubclass(kind, KeyboardInterrupt):
        _end_all()


_show_error, sys.excepthook = sys.excepthook, _end_all_when_interrupted
atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
