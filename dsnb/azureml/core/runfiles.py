"""The files of a run: what its script wrote to ``outputs`` and ``logs``, and what was uploaded."""

from __future__ import annotations

import os
from pathlib import Path

from dsnb.azureml.core.rundetails import logs_of
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.carrying import CODE
from dsnb.pipelines.folders import copy_files
from dsnb.records import Run
from dsnb.workspace import Workspace

_UPLOADED = "files"
_KEPT = ("outputs", "logs")
"""Folders in a script's folder whose files belong to its run, as the retired SDK has it."""


def files_of_run(workspace: Workspace, run: Run) -> dict[str, Path]:
    """Return the files of a run by their names."""
    folder = workspace.layout.run(run.id)
    found = {name: Path(path) for name, path in logs_of(workspace, run).items()}
    for kept in _KEPT:
        found |= _below(folder / CODE / kept, f"{kept}/")
    return dict(sorted({**found, **_below(folder / _UPLOADED)}.items()))


def find_file(workspace: Workspace, run: Run, name: str) -> Path:
    """Return a file or folder of a run.

    Raises
    ------
    UserErrorException
        When it has none of that name.
    """
    _check_name(name)
    folder = workspace.layout.run(run.id)
    for place in (folder / _UPLOADED / name, folder / CODE / name):
        if place.exists():
            return place
    known = files_of_run(workspace, run)
    if name in known:
        return known[name]
    listed = ", ".join([*known][:10]) or "no files"
    raise UserErrorException(f"The run {run.id} has no file {name}. It has {listed}.")


def keep_files(workspace: Workspace, run_id: str, files: dict[str, str]) -> None:
    """Copy files to a run.

    Parameters
    ----------
    workspace, run_id
        Which run.
    files
        Where they lie, by the names that they shall have.

    Raises
    ------
    UserErrorException
        When one is not there, or the run has one of that name.
    """
    target = workspace.layout.run(run_id) / _UPLOADED
    for name, path in files.items():
        _check_name(name)
        if not os.path.isfile(path):
            raise UserErrorException(f"There is no file {path}. Nothing was uploaded.")
        if (target / name).exists():
            raise UserErrorException(
                f"The run {run_id} has a file {name} already. Nothing was uploaded: take another "
                "name."
            )
    copy_files([(path, str(target / name)) for name, path in files.items()])


def _below(folder: Path, prefix: str = "") -> dict[str, Path]:
    found = (Path(above, name) for above, _, names in os.walk(folder) for name in names)
    return {f"{prefix}{path.relative_to(folder).as_posix()}": path for path in found}


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if not name or name.startswith("/") or ".." in parts or os.path.isabs(name):
        raise UserErrorException(f"{name!r} cannot name a file of a run: pass a relative path.")
