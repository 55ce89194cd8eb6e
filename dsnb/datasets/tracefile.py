"""Which versions a file on disk belongs to, as it is now."""

from __future__ import annotations

import os
from dataclasses import dataclass

from dsnb.datasets.attribution import attribute, others_with, version_with_path
from dsnb.datasets.candidates import command_for
from dsnb.datasets.stores import Stores
from dsnb.errors import MissingPathError
from dsnb.presenting import Presentable
from dsnb.storage.files import stat_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTrace(Presentable):
    """What is known of a file; true when a version holds it as it is now.

    Attributes
    ----------
    path
        The file, as it was typed.
    versions
        References of the versions that hold it as it is now, the newest first, some of them.
    was
        Reference of the newest version at whose paths it lies, although that holds another
        content; None when there is none.
    command
        What registers it, to be typed after ``%ds``; empty where a version holds it.
    """

    path: str
    versions: tuple[str, ...]
    was: str | None
    command: str

    def __bool__(self) -> bool:
        return bool(self.versions)


def trace_file(stores: Stores, typed: str) -> FileTrace:
    """Tell which versions hold a file as it is now.

    Raises
    ------
    MissingPathError
        When there is no such file.
    """
    path = os.path.abspath(os.path.expanduser(typed))
    try:
        found = stat_of(os.stat(path))
    except (OSError, ValueError) as error:
        raise MissingPathError(
            f"There is no file {typed}.", hint="Name a file, or a variable of the notebook."
        ) from error
    if not os.path.isfile(path):
        raise MissingPathError(f"{typed} is no file.", hint="Name one of the files in it.")
    [(_, version)] = attribute(stores, {path: found})
    if version is not None:
        refs = [version.ref, *(one.ref for one in others_with(stores, path, version))]
        return FileTrace(path=typed, versions=tuple(refs), was=None, command="")
    before = version_with_path(stores, path)
    return FileTrace(
        path=typed,
        versions=(),
        was=None if before is None else before.ref,
        command=command_for(stores, path, {*stores.catalog.view().names()}),
    )
