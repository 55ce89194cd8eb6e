"""From what users pass to a script or step, its arguments, inputs and outputs, to a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol, runtime_checkable

from dsnb.azureml.calling import local_workspace
from dsnb.azureml.data.abstract_dataset import AbstractDataset
from dsnb.azureml.data.data_reference import DataReference
from dsnb.azureml.data.datapath import DataPath
from dsnb.azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from dsnb.azureml.data.dataset_factory import FileDatasetFactory
from dsnb.azureml.data.output_dataset_config import OutputDatasetConfig
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.steps import Input, Output, Step, Told
from dsnb.records import Mechanism, Version
from dsnb.workspace import Workspace

Role = Literal["argument", "input", "output"]
_MECHANISMS: Mapping[str, Mechanism] = {
    "direct": "direct",
    "mount": "mount",
    "download": "download",
}


@runtime_checkable
class Stands(Protocol):
    """Something that stands for another when a step is made of it."""

    def stands_for(self, wiring: Wiring, role: Role) -> Any:
        """Return what it stands for."""


class Pins:
    """The outputs of all steps of one submission: each is one, whoever names it.

    Parameters
    ----------
    workspace
        Where the datasets are recorded.
    parameters
        Values of the pipeline's parameters.
    """

    def __init__(self, workspace: Any, parameters: Mapping[str, Any] | None = None) -> None:
        self.workspace: Workspace = local_workspace(workspace)
        self.parameters = dict(parameters or {})
        self.used: set[str] = set()
        self.default_datastore: str | None = None
        self.outputs: dict[object, Output] = {}
        """What steps write, by the origins of their configurations."""
        self.awaited: dict[object, Output] = {}
        """What stands for outputs that were read before a step was found that writes them."""

    def source_of(self, config: OutputDatasetConfig) -> Output:
        """Return the output that a step reads, or what stands for it until it is known."""
        written = self.outputs.get(config.origin)
        return written or self.awaited.setdefault(config.origin, config.wired(config.name))

    def settled(self, step: Step) -> Step:
        """Return a step that reads the outputs themselves, now that all steps are known."""
        known = {
            awaited: self.outputs[origin]
            for origin, awaited in self.awaited.items()
            if origin in self.outputs
        }
        inputs = tuple(
            replace(one, source=known.get(one.source, one.source))
            if isinstance(one.source, Output)
            else one
            for one in step.inputs
        )
        return replace(step, inputs=inputs)


class Wiring:
    """The inputs and outputs of one step, as they turn up among what the user passes.

    Parameters
    ----------
    pins
        Those of the whole submission.
    """

    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self.inputs: dict[str, Input] = {}
        self.outputs: dict[str, Output] = {}
        self._known: dict[object, Told] = {}

    def add_outputs(self, given: Iterable[Any]) -> None:
        """Add what a step is said to write.

        Raises
        ------
        UserErrorException
            When something is no output.
        """
        for one in given:
            config = self.resolved(one, "output")
            if not isinstance(config, OutputDatasetConfig):
                raise UserErrorException(
                    f"{one!r} is no output. Pass an OutputFileDatasetConfig or a PipelineData."
                )
            self._output(config)

    def add_inputs(self, given: Iterable[Any]) -> None:
        """Add what a step is said to read.

        Raises
        ------
        UserErrorException
            When something is no input.
        """
        for one in given:
            config = self.resolved(one, "input")
            if isinstance(config, DataReference):
                self._reference(config)
            elif isinstance(config, OutputDatasetConfig):
                self._input(config.as_input())
            elif isinstance(config, DatasetConsumptionConfig):
                self._input(config)
            else:
                raise _no_input(one)

    def argument(self, given: Any) -> str | Told:
        """Return an argument as a step has it; an input or output that is named by it is added.

        Raises
        ------
        UserErrorException
            When a dataset has no name.
        """
        value = self.resolved(given, "argument")
        match value:
            case OutputDatasetConfig():
                return self._output(value)
            case DatasetConsumptionConfig():
                return self._input(value)
            case AbstractDataset():
                raise _no_input(given)
            case DataReference():
                return self._reference(value)
            case DataPath():
                return value.datastore.place(value.path_on_datastore) if value.datastore else ""
        return str(value)

    def knows(self, origin: object) -> bool:
        """Tell whether the step writes an output."""
        return origin in self._known and self._known[origin].what == "output"

    def resolved(self, given: Any, role: Role = "argument") -> Any:
        """Return what something stands for, such as the value of a parameter."""
        while isinstance(given, Stands):
            given = given.stands_for(self, role)
        return given

    def _output(self, config: OutputDatasetConfig) -> Told:
        told = self._known.get(config.origin)
        if told is not None:
            return told
        # A name that was made up differs from run to run, and would hinder reuse.
        name = config.name if config.is_named else f"output_{len(self.outputs) + 1}"
        if name in self.outputs:
            raise UserErrorException(f"Two outputs of one step are called {name}. Rename one.")
        output = self.pins.outputs.get(config.origin)
        if output is None:
            output = self.pins.outputs[config.origin] = self._wired(config, name)
        self.outputs[name] = output
        told = self._known[config.origin] = Told(name=output.name, what="output")
        return told

    def _input(self, config: DatasetConsumptionConfig) -> Told:
        known = self._known.get(config)
        if known is not None:
            return known
        dataset = self.resolved(config.dataset, "input")
        name = config.name if config.is_named else f"input_{len(self.inputs) + 1}"
        source: Version | Output
        if isinstance(dataset, OutputDatasetConfig):
            source = self.pins.source_of(dataset)
        elif isinstance(dataset, AbstractDataset):
            source = self._version(dataset)
        else:
            raise _no_input(dataset)
        added = Input(
            name=name,
            source=source,
            mechanism=_MECHANISMS[config.mode],
            folder=config.path_on_compute or "",
        )
        there = self.inputs.get(name)
        if there is not None and not _same(there, added):
            raise UserErrorException(f"Two inputs of one step are called {name}. Rename one.")
        self.inputs.setdefault(name, added)
        told = self._known[config] = Told(name=name, what="input")
        return told

    def _wired(self, config: OutputDatasetConfig, name: str) -> Output:
        output = config.wired(name)
        if output.place is None and self.pins.default_datastore is not None:
            output = replace(output, place=(self.pins.default_datastore, ""))
        return output

    def _reference(self, reference: DataReference) -> str:
        """Add what lies at a place of a datastore as an input, and return the place."""
        place = reference.datastore.place(reference.path_on_datastore)
        dataset = FileDatasetFactory.from_files((reference.datastore, reference.path_on_datastore))
        name = reference.data_reference_name or f"input_{len(self.inputs) + 1}"
        self.inputs.setdefault(name, Input(name=name, source=self._version(dataset)))
        return place

    def _version(self, dataset: AbstractDataset) -> Version:
        """Return the version that a dataset is, which is recorded now if need be."""
        identifier = dataset.id  # recorded now, so that the view below has it
        version = self.pins.workspace.view().by_id(identifier)
        if version is None:
            raise UserErrorException(f"{dataset!r} is a dataset of another workspace.")
        return version


def _same(one: Input, other: Input) -> bool:
    source, wanted = (
        each.source.id if isinstance(each.source, Version) else each.source for each in (one, other)
    )
    return source == wanted and (one.mechanism, one.folder) == (other.mechanism, other.folder)


def _no_input(given: Any) -> UserErrorException:
    if isinstance(given, AbstractDataset):
        return UserErrorException(
            "A script knows a dataset by a name. Pass dataset.as_named_input('weather_ds'), and "
            "of files .as_mount() or .as_download()."
        )
    return UserErrorException(
        f"{given!r} is no input. Pass dataset.as_named_input('name'), or an output of another step."
    )
