"""A version's files as a folder of their own: of links to them, or of copies."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dsnb.errors import PipelineError, writing
from dsnb.records import Mechanism, Version
from dsnb.storage.atomic import TEMPORARY
from dsnb.tables.filecolumns import named
from dsnb.tables.parts import EVERYTHING
from dsnb.workspace import Workspace

_CLOSED = stat.S_IRUSR | stat.S_IXUSR | stat.S_IRGRP | stat.S_IXGRP
_OPEN = _CLOSED | stat.S_IWUSR

Located = Sequence[tuple[str, str]]
"""Where files lie, each with its POSIX path in the folder that is to hold them."""


def located(workspace: Workspace, version: Version) -> Located:
    """Return where the files of a version can be read as they were registered.

    Raises
    ------
    DriftError
        When they changed or vanished since, and were not kept.
    """
    places = workspace.load(version, "paths", EVERYTHING)
    names = named(workspace.manifest(version).groups, {})
    return [(place, name.below) for place, name in zip(places, names, strict=True)]


def hand_over(files: Located, folder: Path, mechanism: Mechanism) -> None:
    """Make a folder of links to some files, closed to writing, or of copies of them.

    What was begun is taken away where it cannot be done.

    Raises
    ------
    PipelineError
        When there is a folder that is not empty.
    RegistryError
        When it cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if os.listdir(folder):
            raise PipelineError(
                f"{folder} is not empty, so the files of an input cannot be put there.",
                hint="Name another folder, or none.",
            )
    try:
        if mechanism == "mount":
            with writing(folder):
                link_files(files, folder)
        else:
            copy_files([(place, os.path.join(folder, *name.split("/"))) for place, name in files])
    except BaseException:
        empty(folder)
        raise


def link_files(files: Located, folder: Path) -> None:
    """Fill a folder with links to files, or copies where there can be no links, and close it."""
    for place, name in files:
        _link(place, os.path.join(folder, *name.split("/")))
    _set_modes(folder, _CLOSED)


def copy_files(pairs: Sequence[tuple[str, str]]) -> None:
    """Copy files, each whole or not at all, making the folders that they need.

    Parameters
    ----------
    pairs
        From where and to where. What is there already is written over.

    Raises
    ------
    PipelineError
        When a file cannot be read.
    RegistryError
        When a place cannot be written.
    """
    for source, target in pairs:
        place = Path(target)
        temporary = place.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                copy_file(source, temporary)
                os.replace(temporary, place)
            finally:
                temporary.unlink(missing_ok=True)


def copy_file(
    source: str | os.PathLike[str],
    target: Path,
    copy: Callable[[Any, Any], object] = shutil.copyfile,
) -> None:
    """Copy one file, and say so when it is the source that cannot be read.

    Raises
    ------
    PipelineError
        When the source cannot be read.
    OSError
        When the target cannot be written.
    """
    try:
        copy(source, target)
    except shutil.SpecialFileError as error:
        raise PipelineError(f"{source} cannot be copied: it is no regular file.") from error
    except OSError as error:
        unread = error.errno in (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EISDIR)
        if unread and error.filename in (source, os.fspath(source)):
            raise PipelineError(f"{source} cannot be copied: {error.strerror}.") from error
        raise


def let_write(folder: Path) -> None:
    """Let the owner change a folder and those below it, which may be copies of closed ones."""
    for above, _, _ in os.walk(folder):
        if not os.path.islink(above):
            os.chmod(above, os.stat(above).st_mode | stat.S_IRWXU)


def empty(folder: Path) -> None:
    """Take everything out of a folder that `hand_over` filled; what its links lead to stays."""
    _set_modes(folder, _OPEN)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _link(source: str, place: str) -> None:
    os.makedirs(os.path.dirname(place), exist_ok=True)
    try:
        os.symlink(os.path.realpath(source), place)
    except (OSError, NotImplementedError):  # Windows lets only some users make links
        copy_files([(source, place)])
        os.chmod(place, stat.S_IRUSR | stat.S_IRGRP)


def _set_modes(folder: str | os.PathLike[str], mode: int) -> None:
    """Close, or open, a folder and those below it; links are not followed."""
    os.chmod(folder, mode)
    for above, folders, _ in os.walk(folder):
        for name in folders:
            path = os.path.join(above, name)
            if not os.path.islink(path):
                os.chmod(path, mode)
