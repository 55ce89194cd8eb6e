"""The files of a run: what its script wrote to ``outputs`` and ``logs``, and what was uploaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dsnb.azureml.calling import sdk_call
from dsnb.azureml.core.recorded import RecordedRun
from dsnb.azureml.core.rundetails import logs_of
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.carrying import CODE
from dsnb.pipelines.folders import copy_files
from dsnb.records import Run
from dsnb.workspace import Workspace

_UPLOADED = "files"
_KEPT = ("outputs", "logs")
"""Folders in a script's folder whose files belong to its run, as the retired SDK has it."""


class RunWithFiles(RecordedRun):
    """The files of one run."""

    @sdk_call()
    def get_file_names(self) -> Sequence[str]:
        """Return the names of its files: of ``outputs`` and ``logs``, and what was uploaded."""
        return [*files_of_run(self._local, self._record())]

    @sdk_call()
    def upload_file(
        self, name: str, path_or_stream: str, datastore_name: str | None = None
    ) -> None:
        """Copy a file to the run.

        Parameters
        ----------
        name
            Its name there.
        path_or_stream
            Where it lies.
        datastore_name
            Has no effect: a run's files lie with its record.
        """
        keep_files(self._local, self._id, {name: path_or_stream})

    @sdk_call()
    def upload_folder(self, name: str, path: str, datastore_name: str | None = None) -> None:
        """Copy the files below a folder to the run, as `upload_file` does."""
        if not os.path.isdir(path):
            raise UserErrorException(f"There is no folder {path}. Nothing was uploaded.")
        files = {
            f"{name}/{found.relative_to(path).as_posix()}": str(found)
            for found in sorted(Path(path).rglob("*"))
            if found.is_file()
        }
        keep_files(self._local, self._id, files)

    @sdk_call()
    def download_file(self, name: str, output_file_path: str | None = None) -> None:
        """Copy a file of the run to a folder or file; None is the current folder.

        Parameters
        ----------
        name
            Its name, see `get_file_names`.
        output_file_path
            Where to.
        """
        source = find_file(self._local, self._record(), name)
        target = output_file_path or "."
        if os.path.isdir(target) or target.endswith(("/", os.sep)):
            target = os.path.join(target, name.rpartition("/")[2])
        copy_files([(str(source), os.path.abspath(target))])

    @sdk_call()
    def download_files(
        self,
        prefix: str | None = None,
        output_directory: str | None = None,
        output_paths: Sequence[str] | None = None,
        batch_size: int = 100,
        append_prefix: bool = True,
    ) -> None:
        """Copy the files of the run to a folder.

        Parameters
        ----------
        prefix
            Only those whose names begin so.
        output_directory
            The folder; None is the current one.
        output_paths
            Where to, one for each file.
        batch_size
            Has no effect.
        append_prefix
            Whether the names keep the prefix.
        """
        wanted = prefix or ""
        files = {
            name: path
            for name, path in files_of_run(self._local, self._record()).items()
            if name.startswith(wanted)
        }
        if output_paths is not None and len(output_paths) != len(files):
            raise UserErrorException(
                f"There are {len(files)} such files, and {len(output_paths)} output_paths."
            )
        names = [name if append_prefix else name[len(wanted) :].lstrip("/") for name in files]
        folder = os.path.abspath(output_directory or ".")
        targets = output_paths or [os.path.join(folder, *name.split("/")) for name in names]
        copy_files(
            [
                (str(path), os.path.abspath(target))
                for path, target in zip(files.values(), targets, strict=True)
            ]
        )


def files_of_run(workspace: Workspace, run: Run) -> dict[str, Path]:
    """Return the files of a run by their names."""
    folder = workspace.layout.run(run.id)
    found = {name: Path(path) for name, path in logs_of(workspace, run).items()}
    for kept in _KEPT:
        found |= _below(folder / CODE / kept, f"{kept}/")
    found |= _below(folder / _UPLOADED)
    return {name: path for name, path in sorted(found.items()) if _is_of(folder, path)}


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
        if _is_of(folder, place):
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


def _is_of(folder: Path, path: Path) -> bool:
    """Tell whether a path is a file or folder in a run's folder, also where links lead there."""
    # What else is there, in a workspace from a stranger, could be a device or somebody's secret.
    inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
    return inside and not folder.is_symlink() and (path.is_file() or path.is_dir())


def _below(folder: Path, prefix: str = "") -> dict[str, Path]:
    found = (Path(above, name) for above, _, names in os.walk(folder) for name in names)
    return {f"{prefix}{path.relative_to(folder).as_posix()}": path for path in found}


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if not name or name.startswith("/") or ".." in parts or os.path.isabs(name):
        raise UserErrorException(f"{name!r} cannot name a file of a run: pass a relative path.")
