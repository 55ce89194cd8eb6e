"""Outputs of scripts and steps, and what becomes of them."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from dsnb.azureml.data.abstract_dataset import as_tags
from dsnb.azureml.data.abstract_datastore import AbstractDatastore
from dsnb.azureml.data.dataset_consumption_config import (
    DIRECT,
    DOWNLOAD,
    MOUNT,
    DatasetConsumptionConfig,
    check_input_name,
)
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.steps import Output, Registering

UPLOAD = "upload"


class OutputDatasetConfig:
    """An output of a script or step: a folder that is new in every run.

    Parameters
    ----------
    mode
        ``mount`` (it is written to in its place) or ``upload`` (copied there when it is done).
    name
        What the script calls it; None or empty makes one up.
    kwargs
        Accepted as the retired SDK accepts them; none has a meaning.
    """

    modes: ClassVar[tuple[str, ...]] = (DIRECT, MOUNT, DOWNLOAD)
    """How another step may read it."""

    def __init__(self, mode: str, name: str | None = None, **kwargs: Any) -> None:
        self.mode = mode
        self.is_named = bool(name)
        self._name = check_input_name(name, "output") if name else f"output_{uuid.uuid4().hex[:8]}"
        self.origin = object()
        """What all configurations of one output have in common."""
        self._registering: Registering | None = None

    @property
    def name(self) -> str:
        """What the script calls it."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = check_input_name(value, "output")
        self.is_named = True

    def register_on_complete(
        self, name: str, description: str | None = None, tags: Mapping[str, str] | None = None
    ) -> Any:
        """Return the output as one that becomes a version of a dataset when its script is done.

        Parameters
        ----------
        name
            The dataset's name; where there is one already, a version is added.
        description
            What this version is.
        tags
            Its tags.
        """
        changed = self._changed()
        changed._registering = Registering(
            name=name, description=description or "", tags=as_tags(tags)
        )
        return changed

    def as_input(self, name: str | None = None) -> DatasetConsumptionConfig:
        """Return the output as an input of another step, where it is a folder of links.

        Parameters
        ----------
        name
            What that step calls it; None is the output's name, where it has been given one.
        """
        # A name that was made up differs from run to run, and would hinder reuse.
        return DatasetConsumptionConfig(name or (self.name if self.is_named else None), self, MOUNT)

    def wired(self, name: str) -> Output:
        """Return the output as a step has it, under the name that it has there."""
        return Output(name=name, registering=self._registering)

    def _changed(self) -> Any:
        return copy.copy(self)


class OutputFileDatasetConfig(OutputDatasetConfig):
    """A folder of files as an output of a script or step.

    Parameters
    ----------
    name
        What the script calls it, which is also a variable of its environment that holds the folder.
    destination
        Datastore and path below it, where ``{run-id}`` and ``{output-name}`` are replaced; a path
        without the run's id is a folder of such folders, so that nothing is ever written over.
        None lets dsnb keep it.
    source
        Where the script writes, relative to its own folder, and which it makes itself; None makes a
        folder, which the script is told.
    partition_format
        Refused: a dataset of this output is read by the paths of its files later.
    """

    def __init__(
        self,
        name: str | None = None,
        destination: tuple[AbstractDatastore, str] | AbstractDatastore | None = None,
        source: str | None = None,
        partition_format: str | None = None,
    ) -> None:
        super().__init__(MOUNT if source is None else UPLOAD, name)
        if partition_format is not None:
            raise UserErrorException(
                "An output has no partition_format here. Pass it to Dataset.File.from_files or "
                "Dataset.Tabular when its files are read."
            )
        self.destination = _checked(destination)
        self.source = source
        self._globs: tuple[str, ...] = ()

    def as_mount(self, disable_metadata_cache: bool = False) -> OutputFileDatasetConfig:
        """Return the output as one that is written in its place.

        Parameters
        ----------
        disable_metadata_cache
            Has no effect.
        """
        changed: OutputFileDatasetConfig = self._changed()
        changed.mode = MOUNT
        changed.source, changed._globs = None, ()
        return changed

    def as_upload(
        self, overwrite: bool = False, source_globs: Sequence[str] | None = None
    ) -> OutputFileDatasetConfig:
        """Return the output as one whose files are copied to its place when the script is done.

        Parameters
        ----------
        overwrite
            Has no effect: the place is new in every run.
        source_globs
            Patterns of the files that are copied; None for all.
        """
        changed: OutputFileDatasetConfig = self._changed()
        changed.mode = UPLOAD
        globs = [source_globs] if isinstance(source_globs, str) else source_globs
        changed._globs = tuple(globs or ())
        return changed

    def wired(self, name: str) -> Output:
        """Return the output as a step has it, under the name that it has there."""
        return Output(
            name=name,
            registering=self._registering,
            place=self.destination,
            upload=self.mode == UPLOAD,
            written_to=self.source or "",
            globs=self._globs,
        )

    def __repr__(self) -> str:
        return f"<output {self.name}, {self.mode}>"


def _checked(destination: Any) -> tuple[str, str] | None:
    """Return a destination by the name of its datastore.

    Raises
    ------
    UserErrorException
        When it is none.
    """
    if destination is None:
        return None
    pair = destination if isinstance(destination, tuple) else (destination, "")
    if len(pair) == 2 and isinstance(pair[0], AbstractDatastore):
        store, path = pair
        store.place(path)  # refuses what leads out of it
        return store.name, "/".join(part for part in (path or "").split("/") if part)
    raise UserErrorException(
        f"{destination!r} is no destination. Pass a datastore and a path below it: "
        "(datastore, 'prepared/{run-id}')."
    )
