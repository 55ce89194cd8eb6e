"""What a pipeline is built of: data between steps, steps, sequences of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dsnb.azureml.core.wiring import Pins, Role, Wiring
from dsnb.azureml.data.dataset_consumption_config import (
    DOWNLOAD,
    MOUNT,
    DatasetConsumptionConfig,
    check_input_name,
)
from dsnb.azureml.data.output_dataset_config import UPLOAD, OutputDatasetConfig
from dsnb.azureml.exceptions import UserErrorException
from dsnb.azureml.pipeline.core.pipeline_output_dataset import PipelineOutputFileDataset
from dsnb.pipelines.steps import Output, Registering, Step


class PipelineData:
    """Data that one step of a pipeline writes and others read.

    Parameters
    ----------
    name
        Letters, digits and ``_``.
    datastore
        Where it is kept; None lets dsnb keep it.
    output_name
        What the step that writes it calls it; None is the name.
    output_mode
        ``mount`` (it is written in its place) or ``upload`` (copied there when the step is done).
    output_path_on_compute
        Where the step writes, relative to its own folder, when it is copied.
    output_overwrite
        Has no effect: the place is new in every run.
    data_type, pipeline_output_name, training_output
        Accepted as the retired SDK accepts them; none has a meaning.
    is_directory
        False where the step writes one file to the place itself; else the place is a folder, which
        is made before.
    """

    def __init__(
        self,
        name: str,
        datastore: Any = None,
        output_name: str | None = None,
        output_mode: str = MOUNT,
        output_path_on_compute: str | None = None,
        output_overwrite: bool | None = None,
        data_type: str | None = None,
        is_directory: bool | None = None,
        pipeline_output_name: str | None = None,
        training_output: Any = None,
    ) -> None:
        self._name = check_input_name(name, "output")
        if output_mode not in (MOUNT, UPLOAD):
            raise UserErrorException(
                f"{output_mode!r} is no way to write data. Pass mount or upload."
            )
        self._datastore = datastore
        self._data_type = data_type
        self._config = _DataConfig(
            output_mode,
            check_input_name(output_name or name, "output"),
            None if datastore is None else datastore.name,
            output_path_on_compute or "",
            is_directory,
        )

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def datastore(self) -> Any:
        """Where it is kept; None where dsnb keeps it."""
        return self._datastore

    @property
    def data_type(self) -> str | None:
        """What was said of its kind."""
        return self._data_type

    def as_dataset(self) -> PipelineOutputFileDataset:
        """Return the data as a dataset, which can be registered when the step is done."""
        return PipelineOutputFileDataset(self)

    def as_input(self, input_name: str) -> DatasetConsumptionConfig:
        """Return the data as an input of a step under another name."""
        return DatasetConsumptionConfig(input_name, self._config, MOUNT)

    def as_mount(self, input_name: str | None = None) -> DatasetConsumptionConfig:
        """Return the data as an input of a step: a folder of links."""
        return DatasetConsumptionConfig(input_name or self._name, self._config, MOUNT)

    def as_download(
        self,
        input_name: str | None = None,
        path_on_compute: str | None = None,
        overwrite: bool | None = None,
    ) -> DatasetConsumptionConfig:
        """Return the data as an input of a step: a folder of copies.

        Parameters
        ----------
        input_name
            What the step calls it; None is the name.
        path_on_compute
            Where that folder shall be.
        overwrite
            Has no effect: the folder is a new one.
        """
        return DatasetConsumptionConfig(
            input_name or self._name, self._config, DOWNLOAD, path_on_compute
        )

    def get_env_variable_name(self) -> str:
        """Return the variable of a step's environment that holds where the data is."""
        return f"AZUREML_DATAREFERENCE_{self._config.name}"

    @property
    def config(self) -> OutputDatasetConfig:
        """The output that it is."""
        return self._config

    def stands_for(self, wiring: Wiring, role: Role) -> Any:
        """Return the output, or what reads it in a step that does not write it."""
        if role == "output" or (role == "argument" and wiring.knows(self._config.origin)):
            return self._config
        source = wiring.pins.source_of(self._config)
        known = [one.name for one in wiring.inputs.values() if one.source is source]
        return self.as_mount(known[0] if known else None)

    def __repr__(self) -> str:
        return f"<PipelineData {self._name}>"


class _DataConfig(OutputDatasetConfig):
    """The output that data between steps is."""

    def __init__(
        self, mode: str, name: str, datastore: str | None, written_to: str, is_folder: bool | None
    ) -> None:
        super().__init__(mode, name)
        self._datastore = datastore
        self._written_to = written_to
        self._is_folder = is_folder

    def register_as(self, registering: Registering) -> None:
        """Let the output become a version of a dataset when its step is done."""
        self._registering = registering

    def wired(self, name: str) -> Output:
        """Return the output as a step has it, under the name that it has there."""
        return Output(
            name=name,
            registering=self._registering,
            place=None if self._datastore is None else (self._datastore, ""),
            upload=self.mode == UPLOAD,
            written_to=self._written_to,
            is_folder=self._is_folder is not False,
        )


class PipelineStep(ABC):
    """One step of a pipeline; what sort of step it is, its class tells.

    Parameters
    ----------
    name
        What it is called.
    inputs, outputs
        What it reads and writes.
    arguments
        What it is told.
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[Any] | None,
        outputs: Sequence[Any] | None,
        arguments: Sequence[Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise UserErrorException(f"{name!r} is no name of a step.")
        self.name = name
        self._inputs = _listed(inputs)
        self._outputs = _listed(outputs)
        self._arguments = _listed(arguments)
        self.after: list[PipelineStep] = []

    def run_after(self, step: PipelineStep) -> None:
        """Begin this step only when another is done."""
        if not isinstance(step, PipelineStep):
            raise UserErrorException(f"{step!r} is no step to run after.")
        self.after.append(step)

    @abstractmethod
    def made(self, pins: Pins, default_source: str | None) -> tuple[Step, str]:
        """Return the step as it is carried out, and what to warn of."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class StepSequence:
    """Steps that are carried out one after the other.

    Parameters
    ----------
    steps
        Steps, or lists of steps that need not wait for each other.
    """

    def __init__(self, steps: Iterable[Any] | None = None) -> None:
        self._steps = [*(steps or ())]
        before: list[PipelineStep] = []
        for one in self._steps:
            members = [*flat([one])]
            for step in members:
                for earlier in before:
                    step.run_after(earlier)
            before = members

    def __iter__(self) -> Iterator[Any]:
        return iter(self._steps)


def flat(steps: Iterable[Any]) -> Iterator[PipelineStep]:
    """Yield the steps in lists, and lists of lists, in order.

    Raises
    ------
    UserErrorException
        When something is no step.
    """
    for one in steps:
        if isinstance(one, PipelineStep):
            yield one
        elif isinstance(one, list | tuple | StepSequence):
            yield from flat(one)
        else:
            raise UserErrorException(f"{one!r} is no step of a pipeline.")


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return [*given] if isinstance(given, list | tuple) else [given]
