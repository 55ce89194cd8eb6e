"""Data between steps as a dataset."""

from __future__ import annotations

from typing import Any, Protocol

from dsnb.azureml.core.wiring import Role, Wiring
from dsnb.azureml.data.dataset_consumption_config import (
    DIRECT,
    DOWNLOAD,
    MOUNT,
    DatasetConsumptionConfig,
    check_input_name,
)
from dsnb.pipelines.steps import Registering


class _Data(Protocol):
    name: Any
    config: Any


class PipelineOutputFileDataset:
    """Data that a step writes, as a dataset; made by `PipelineData.as_dataset`.

    Parameters
    ----------
    pipeline_data
        The data.
    """

    def __init__(self, pipeline_data: Any) -> None:
        self._data: _Data = pipeline_data
        self._input_name: str | None = None
        self._mode = MOUNT
        self._path: str | None = None

    @property
    def name(self) -> str:
        """The name of the data."""
        return str(self._data.name)

    @property
    def input_name(self) -> str:
        """What a step calls it that reads it."""
        return self._input_name or self.name

    def register(self, name: str, create_new_version: bool = True) -> PipelineOutputFileDataset:
        """Let the data become a version of a dataset whenever the step that writes it is done.

        Parameters
        ----------
        name
            The dataset's name.
        create_new_version
            Whether a further version may be made of a name that exists.
        """
        self._data.config.register_as(Registering(name=name, new_version=create_new_version))
        return self

    def as_named_input(self, name: str) -> PipelineOutputFileDataset:
        """Return the dataset as an input of a step under another name."""
        return self._changed(_input_name=check_input_name(name))

    def as_mount(self, path_on_compute: str | None = None) -> PipelineOutputFileDataset:
        """Return the dataset as an input: a folder of links to its files."""
        return self._changed(_mode=MOUNT, _path=path_on_compute)

    def as_download(self, path_on_compute: str | None = None) -> PipelineOutputFileDataset:
        """Return the dataset as an input: a folder of copies of its files."""
        return self._changed(_mode=DOWNLOAD, _path=path_on_compute)

    def as_direct(self) -> PipelineOutputFileDataset:
        """Return the dataset as an input that the script opens by itself."""
        return self._changed(_mode=DIRECT, _path=None)

    def stands_for(self, wiring: Wiring, role: Role) -> Any:
        """Return the output, or what reads it in a step that does not write it."""
        config = self._data.config
        if role == "output" or (role == "argument" and wiring.knows(config.origin)):
            return config
        return DatasetConsumptionConfig(self.input_name, config, self._mode, self._path)

    def _changed(self, **changes: Any) -> PipelineOutputFileDataset:
        other = PipelineOutputFileDataset(self._data)
        vars(other).update({**vars(self), **changes})
        return other

    def __repr__(self) -> str:
        return f"<dataset of PipelineData {self.name}>"
