"""A dataset as a named input of a step or script."""

from __future__ import annotations

import re
import uuid
from typing import Any

from dsnb.azureml.exceptions import UserErrorException

DIRECT, MOUNT, DOWNLOAD = "direct", "mount", "download"
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def check_input_name(name: str, what: str = "input") -> str:
    """Return the name of an input or output, which must do for an environment variable.

    Raises
    ------
    UserErrorException
        When it does not match ``[a-zA-Z_][a-zA-Z0-9_]*``.

    Examples
    --------
    >>> check_input_name("weather_ds")
    'weather_ds'
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UserErrorException(
            f"{name!r} cannot name an {what}: it takes letters, digits and _, and begins with no "
            "digit."
        )
    return name


class DatasetConsumptionConfig:
    """A dataset, the name that a script knows it by, and how the script gets at it.

    Parameters
    ----------
    name
        The input's name; None or empty makes one up.
    dataset
        The dataset, or what stands for one.
    mode
        ``direct`` (the dataset itself), ``mount`` or ``download`` (a folder of its files).
    path_on_compute
        The folder for its files; None leaves that open.

    Raises
    ------
    UserErrorException
        When the name or the mode cannot be, or the dataset cannot be had in that way.
    """

    def __init__(
        self,
        name: str | None,
        dataset: Any,
        mode: str = DIRECT,
        path_on_compute: str | None = None,
    ) -> None:
        mode = mode.lower()
        if mode not in (DIRECT, MOUNT, DOWNLOAD):
            raise UserErrorException(
                f"{mode!r} is no way to hand a dataset to a script here. "
                "Pass direct, mount or download."
            )
        if isinstance(dataset, tuple):
            workspace, *rest = dataset
            dataset = workspace.get_dataset(*rest)
        given = getattr(dataset, "default_value", dataset)
        if mode not in getattr(given, "modes", (DIRECT, MOUNT, DOWNLOAD)):
            raise UserErrorException(
                f"A {type(given).__name__} is handed over as itself, and not by {mode}. "
                "Make a FileDataset of the same files: Dataset.File.from_files(…)."
            )
        self.dataset = dataset
        self.is_named = bool(name)
        self._name = check_input_name(name) if name else f"input_{uuid.uuid4().hex[:8]}"
        self.mode = mode
        self.path_on_compute = path_on_compute

    @property
    def name(self) -> str:
        """The input's name."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = check_input_name(value)
        self.is_named = True

    def as_mount(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the input as a folder of links to its files."""
        return self._in_mode(MOUNT, path_on_compute)

    def as_download(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the input as a folder of copies of its files."""
        return self._in_mode(DOWNLOAD, path_on_compute)

    def _in_mode(self, mode: str, path_on_compute: str | None) -> DatasetConsumptionConfig:
        name = self.name if self.is_named else None
        return DatasetConsumptionConfig(name, self.dataset, mode, path_on_compute)

    def __repr__(self) -> str:
        return f"<input {self.name}: {self.dataset!r}, {self.mode}>"
