"""Running a notebook again, in a kernel of its own, on the versions that it was recorded with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsnb.catalog.pins import as_environment, every, latest
from dsnb.datasets.notebooks import find_lock, find_recorded, no_lock, read_notebook
from dsnb.errors import NotebookError, UsageError, writing
from dsnb.presenting import Outcome
from dsnb.progress import waiting
from dsnb.provenance.cells import hash_of_source
from dsnb.provenance.lock import KEY, Lock, Locked, joined, lock_document, lock_of, sessions
from dsnb.provenance.lockdiff import LockChange, compare_locked
from dsnb.provenance.rundiff import RunDiff, compare_runs
from dsnb.records import Run, Version
from dsnb.session.execution import Execution, FailedCell, kernel_of, nbclient_class, validated
from dsnb.storage.atomic import write_atomically
from dsnb.storage.discovery import find_root
from dsnb.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun(Outcome):
    """The outcome of running a notebook again; true when every cell was run without an error.

    Attributes
    ----------
    notebook, output
        The notebook, and the file that the executed one was written to.
    replaced
        References of the versions that were put in the place of recorded ones.
    cells, of
        Number of cells with code that were run, and that there are.
    recorded, lock
        What the notebook says that it used, and what it used now.
    inputs, outputs
        Both compared, by dataset.
    difference
        The recorded run compared with this one, metrics included; None where the records of this
        workspace do not have both.
    run
        The run that this was, with all its runs joined; None when it used no dataset.
    failed
        The cell at which it stopped, None when it did not.
    """

    notebook: str
    output: str
    replaced: tuple[str, ...]
    cells: int
    of: int
    recorded: Lock
    lock: Lock
    inputs: tuple[LockChange, ...]
    outputs: tuple[LockChange, ...]
    difference: RunDiff | None
    run: Run | None
    failed: FailedCell | None

    def __bool__(self) -> bool:
        return self.failed is None

    @property
    def same(self) -> bool:
        """Whether it read and made the same contents as were recorded."""
        return all(one.same for one in (*self.inputs, *self.outputs))


def rerun(
    workspace: Workspace, path: Path, replaced: Sequence[Version] = (), output: Path | None = None
) -> Rerun:
    """Run a notebook again on the versions that it was recorded with, and write it to a file.

    Parameters
    ----------
    workspace
        Where its inputs are looked for.
    path
        The notebook.
    replaced
        Versions to use in the place of every version of the same datasets.
    output
        Where to write the executed notebook; None is beside the notebook.

    Raises
    ------
    NotebookError
        When it cannot be read or run, or what it read is not in the workspace.
    UsageError
        When it did not read a dataset that shall be replaced.
    MissingLibraryError
        When nbclient is not installed.
    """
    client_class = nbclient_class()
    document = read_notebook(path)
    notebook = validated(document, path)
    target = output or path.with_name(f"{path.stem}-rerun.ipynb")
    if target.is_dir() or not target.parent.is_dir():
        raise NotebookError(
            f"{target} cannot be written: no file can be there.",
            hint="Name a file in a folder that there is: -o FILE",
        )
    before = list(workspace.runs().values())
    recorded = find_lock(document)
    if recorded is None:
        recorded = _lock_of_last(before, path)
    if recorded is None:
        raise no_lock(path)
    pins = _pins(workspace, recorded, replaced)
    environment = _environment(workspace, path, target, pins)
    execution = Execution(client_class, notebook, kernel_of(notebook, path, workspace.notify))
    with waiting(f"Running {path.name}") as tell:
        execution.run(path.parent, environment, tell)
    run = _run_of(workspace, execution.kernel)
    lock = Lock() if run is None else lock_of([run])
    _write(notebook, target, lock if workspace.config["notebook.lock"] == "on" else Lock())
    earlier = _recorded_run(before, path, recorded, notebook)
    view = workspace.view()
    return Rerun(
        notebook=str(path),
        output=str(target),
        replaced=tuple(version.ref for version in replaced),
        cells=execution.begun,
        of=execution.total,
        recorded=recorded,
        lock=lock,
        inputs=compare_locked(recorded.inputs, lock.inputs),
        outputs=compare_locked(recorded.outputs, lock.outputs),
        difference=None
        if run is None or earlier is None
        else compare_runs(earlier, run, lambda use: view.by_id(use.id)),
        run=run,
        failed=execution.failed,
    )


def _environment(
    workspace: Workspace, path: Path, target: Path, pins: Mapping[str, str]
) -> dict[str, str]:
    environment = {**os.environ, **as_environment(pins), "JPY_SESSION_NAME": str(target)}
    if find_root(path.parent) != workspace.root:
        environment["DSNB_WORKSPACE"] = str(workspace.root)
    return environment


def _pins(workspace: Workspace, recorded: Lock, replaced: Sequence[Version]) -> dict[str, str]:
    """Return what references mean in the notebook; see `dsnb.catalog.pins`."""
    view = workspace.view()
    found = {one: find_recorded(view, one) for one in recorded.inputs}
    _refuse_missing(found, recorded, {version.name for version in replaced})
    pins: dict[str, str] = {}
    for one, version in found.items():  # by number: the highest is the newest that was read
        if version is not None:
            pins[latest(one.name)] = version.id
            if version.ref != one.ref:
                pins[one.ref] = version.id
    for version in replaced:
        names = {one.name for one, here in found.items() if _is_of(version, one, here)}
        if not names:
            read = ", ".join(sorted({one.name for one in found})) or "no dataset"
            raise UsageError(
                f"The notebook did not read {version.name}, so {version.ref} can replace nothing.",
                hint=f"It read {read}.",
            )
        pins |= {every(name): version.id for name in names}
    return pins


def _is_of(version: Version, recorded: Locked, here: Version | None) -> bool:
    return version.name in (recorded.name, None if here is None else here.name)


def _refuse_missing(
    found: Mapping[Locked, Version | None], recorded: Lock, replaced: set[str]
) -> None:
    """Refuse to run what cannot load its inputs; what it makes itself it need not have yet."""
    made = {one.name for one in recorded.outputs}
    missing = [
        one.ref
        for one, version in found.items()
        if version is None and "load" in one.how and one.name not in made | replaced
    ]
    if missing:
        listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" * (len(missing) > 5))
        raise NotebookError(
            f"The notebook read {listed}, which this workspace does not have.",
            hint="Import what its author exports (%ds export, %ds import), or replace it: --with "
            f"{missing[0].rpartition('@')[0]}@latest",
        )


def _lock_of_last(runs: Sequence[Run], path: Path) -> Lock | None:
    """Return what the records of the workspace say that a notebook used when it last ran."""
    locks = (lock_of(session) for session in sessions(runs) if _is_notebook(session[-1], path))
    return next((lock for lock in reversed([*locks]) if lock), None)


def _recorded_run(runs: Sequence[Run], path: Path, recorded: Lock, notebook: Any) -> Run | None:
    """Return the run that a lock was written of.

    It is one of this notebook, or, where the file came from elsewhere, one of the same cells.
    """
    cells = {hash_of_source(cell.source) for cell in notebook.cells if cell.cell_type == "code"}
    found = [joined(session) for session in sessions(runs) if lock_of(session) == recorded]
    own = [run for run in found if _is_notebook(run, path)]
    alike = [run for run in found if run.cells and run.cells.keys() <= cells]
    return next(reversed(own or alike), None)


def _is_notebook(run: Run, path: Path) -> bool:
    return run.notebook is not None and os.path.realpath(run.notebook) == os.path.realpath(path)


def _run_of(workspace: Workspace, kernel: str) -> Run | None:
    found = sessions(run for run in workspace.runs().values() if run.kernel == kernel)
    return joined(found[-1]) if found else None


def _write(notebook: Any, target: Path, lock: Lock) -> None:
    import nbformat

    if lock:
        notebook.metadata[KEY] = lock_document(lock)
    else:
        notebook.metadata.pop(KEY, None)
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    with writing(target):
        write_atomically(target, text.encode("utf-8", "backslashreplace") + b"\n")
