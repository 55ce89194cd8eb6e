"""A dataset's files as a folder, for as long as it is needed."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Sequence
from types import TracebackType

from dsnb.azureml.calling import sdk_call
from dsnb.azureml.data.copying import copy_files
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError
from dsnb.azureml.exceptions import UserErrorException

_CLOSED = stat.S_IRUSR | stat.S_IXUSR | stat.S_IRGRP | stat.S_IXGRP
_OPEN = _CLOSED | stat.S_IWUSR


class MountContext:
    """A folder that holds a dataset's files from `start` to `stop`, or inside a ``with`` block.

    It is made of links to the files, so nothing is copied; where there can be no links it holds
    copies. The folder is read-only: nothing can be added to it or taken away. A program that
    writes to a link writes to the file itself, which is noticed when the version is read next.

    Parameters
    ----------
    files
        Finds the files, each with its path in the folder, when the folder is made.
    mount_point
        The folder, which must be empty or not there; None makes a temporary one.
    """

    def __init__(
        self, files: Callable[[], Sequence[tuple[str, str]]], mount_point: str | None
    ) -> None:
        self._files = files
        self._asked = mount_point
        self._folder: str | None = None
        self._made = False

    @property
    def mount_point(self) -> str:
        """The folder.

        Raises
        ------
        UserErrorException
            When it was to be a temporary one, which does not exist before `start`.
        """
        if self._folder is not None:
            return self._folder
        if self._asked is None:
            raise UserErrorException(
                "This is not mounted yet. Call start(), or use it in a with block."
            )
        return os.path.abspath(self._asked)

    @sdk_call(DatasetExecutionError)
    def start(self) -> None:
        """Make the folder and what is in it.

        Raises
        ------
        UserErrorException
            When the folder that was named is not empty.
        DatasetExecutionError
            When the files are not what was registered, and were not kept.
        """
        if self._folder is not None:
            return
        files = self._files()
        if self._asked is None:
            folder, self._made = tempfile.mkdtemp(prefix="dsnb-"), True
        else:
            folder, self._made = os.path.abspath(self._asked), not os.path.isdir(self._asked)
            if not self._made and os.listdir(folder):
                raise UserErrorException(
                    f"{folder} is not empty, so nothing can be mounted there. Name another folder."
                )
            os.makedirs(folder, exist_ok=True)
        self._folder = folder
        try:
            for source, name in files:
                _link(source, os.path.join(folder, *name.split("/")))
            _set_modes(folder, _CLOSED)
        except BaseException:
            self.stop()
            raise

    @sdk_call()
    def stop(self) -> None:
        """Take the folder away again; the dataset's files stay where they are."""
        folder, self._folder = self._folder, None
        if folder is None or not os.path.isdir(folder):
            return
        _set_modes(folder, _OPEN)
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        if self._made:
            os.rmdir(folder)

    def __enter__(self) -> MountContext:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _link(source: str, place: str) -> None:
    os.makedirs(os.path.dirname(place), exist_ok=True)
    try:
        os.symlink(os.path.realpath(source), place)
    except (OSError, NotImplementedError):  # Windows lets only some users make links
        copy_files([(source, place)])
        os.chmod(place, stat.S_IRUSR | stat.S_IRGRP)


def _set_modes(folder: str, mode: int) -> None:
    """Close, or open, a folder and those below it; links are not followed."""
    os.chmod(folder, mode)
    for above, folders, _ in os.walk(folder):
        for name in folders:
            path = os.path.join(above, name)
            if not os.path.islink(path):
                os.chmod(path, mode)
