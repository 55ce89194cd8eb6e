"""A dataset's files as a folder, for as long as it is needed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from dsnb.azureml.calling import sdk_call
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.folders import empty, link_files


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
            link_files(files, Path(folder))
        except BaseException:
            self.stop()
            raise

    @sdk_call()
    def stop(self) -> None:
        """Take the folder away again; the dataset's files stay where they are."""
        folder, self._folder = self._folder, None
        if folder is None or not os.path.isdir(folder):
            return
        empty(Path(folder))
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
