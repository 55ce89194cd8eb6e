"""`Model`: a version of a trained model, and what it was trained on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dsnb.azureml.calling import home, local_workspace, note_making, run_id, sdk_call
from dsnb.azureml.core.modeltags import (
    FRAMEWORK,
    FRAMEWORK_VERSION,
    fits,
    kept_tags,
    own_tags,
    properties_of,
)
from dsnb.azureml.data.abstract_dataset import AbstractDataset, as_tags, opened
from dsnb.azureml.exceptions import (
    ModelNotFoundException,
    UserErrorException,
    WebserviceException,
)
from dsnb.datasets.models import inputs_of
from dsnb.datasets.registration import Request
from dsnb.errors import NotFoundError
from dsnb.pipelines.folders import copy_files, located
from dsnb.records import Parent, Run, Version
from dsnb.refs import Latest, Number, Ref
from dsnb.workspace import Workspace


class Model:
    """A version of a model.

    Parameters
    ----------
    workspace
        The workspace.
    name
        The model's name.
    id
        Its name and version, ``name:2``, in the place of both.
    tags, properties
        Only a version that has these.
    version
        Its number; None is the newest.
    run_id
        Only a version that this run registered.
    model_framework
        Only a version of this library.
    expand, kwargs
        Accepted as the retired SDK accepts them; none has a meaning.

    Raises
    ------
    ModelNotFoundException
        When there is none.

    Examples
    --------
    >>> import dsnb, pathlib
    >>> from dsnb.azureml.core import Workspace
    >>> _ = dsnb.init(".")
    >>> _ = pathlib.Path("model.bin").write_text("weights")
    >>> Model.register(Workspace.from_config(), "model.bin", "weather-model")
    Model(weather-model, version 1)
    >>> Model(Workspace.from_config(), "weather-model").datasets
    {}
    """

    class Framework:
        """Names of libraries."""

        CUSTOM = "Custom"
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        TFKERAS = "TfKeras"
        PYTORCH = "PyTorch"
        MULTI = "Multi"

    @sdk_call()
    def __init__(
        self,
        workspace: Any,
        name: str | None = None,
        id: str | None = None,
        tags: Any = None,
        properties: Any = None,
        version: int | str | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        expand: bool = True,
        **kwargs: Any,
    ) -> None:
        if not (name or id):
            raise WebserviceException("Name the model: Model(workspace, name='…').")
        if id:
            name, _, version = id.rpartition(":")
        found = [
            one
            for one in _versions(local_workspace(workspace), name)
            if (version is None or str(one.version) == str(version))
            and fits(one, tags, properties, run_id, model_framework)
        ]
        if not found:
            which = "" if version is None else f", version {version}"
            raise ModelNotFoundException(
                f"There is no such model: {name}{which}. Model.list(workspace) has all."
            )
        self._take(workspace, found[0])

    def _take(self, workspace: Any, version: Version) -> None:
        self.workspace = workspace
        self._local = local_workspace(workspace)
        self._version = version

    # Finding

    @staticmethod
    @sdk_call()
    def list(
        workspace: Any,
        name: str | None = None,
        tags: Any = None,
        properties: Any = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,
        page_count: int = 255,
        model_framework: str | None = None,
    ) -> Sequence[Model]:
        """Return the versions of models, newest first.

        Parameters
        ----------
        workspace
            The workspace.
        name
            Only of this model.
        tags
            Only with these tags: a text for one of any value, a pair for one with its value, or a
            list of these.
        properties
            Only with these properties, likewise.
        run_id
            Only those that this run registered.
        latest
            Only the newest version of each model.
        dataset_id
            Only those that were trained on the dataset with this id.
        expand, page_count
            Have no effect.
        model_framework
            Only those of this library.
        """
        found = [
            one
            for one in _versions(local_workspace(workspace), name)
            if fits(one, tags, properties, run_id, model_framework)
            and (dataset_id is None or dataset_id in {parent.id for parent in one.parents})
        ]
        if latest:
            newest: dict[str, Version] = {}
            for one in found:
                if one.name not in newest or one.version > newest[one.name].version:
                    newest[one.name] = one
            found = [*newest.values()]
        return [_model(workspace, one) for one in found]

    @staticmethod
    @sdk_call()
    def register(
        workspace: Any,
        model_path: str,
        model_name: str,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        datasets: Sequence[tuple[str, Any]] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Sequence[str] | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: Any = None,
    ) -> Model:
        """Record a file or folder of this machine as a version of a model.

        Parameters
        ----------
        workspace
            The workspace.
        model_path
            The file or folder.
        model_name
            The model's name.
        child_paths
            Only these paths below the folder.
        tags, properties, description, datasets, model_framework, model_framework_version
            As for `Run.register_model`; datasets that are None are none.
        sample_input_dataset, sample_output_dataset, resource_configuration
            Likewise.
        """
        return register_model(
            workspace,
            Path(os.path.abspath(os.path.expanduser(model_path))),
            model_name,
            tags=tags,
            properties=properties,
            framework=model_framework,
            framework_version=model_framework_version,
            description=description,
            datasets=datasets,
            sample_input=sample_input_dataset,
            sample_output=sample_output_dataset,
            resources=resource_configuration,
            below=child_paths,
        )

    # What is known of it

    @property
    def name(self) -> str:
        """The model's name."""
        return self._now.name

    @property
    def version(self) -> int:
        """The version's number."""
        return self._now.version

    @property
    def id(self) -> str:
        """Name and version, ``name:2``."""
        return f"{self.name}:{self.version}"

    @property
    def description(self) -> str | None:
        """What was said of the version; None for nothing."""
        return self._now.description or None

    @property
    def created_time(self) -> datetime:
        """When it was registered (UTC)."""
        return self._now.created

    @property
    def run_id(self) -> str | None:
        """The id of the run that registered it; None for none."""
        return self._now.run

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return own_tags(self._now)

    @property
    def properties(self) -> dict[str, str]:
        """The properties."""
        return properties_of(self._now)

    @property
    def model_framework(self) -> str | None:
        """The library that it is of."""
        return self._now.tags.get(FRAMEWORK)

    @property
    def model_framework_version(self) -> str | None:
        """The version of that library."""
        return self._now.tags.get(FRAMEWORK_VERSION)

    @property
    @sdk_call()
    def datasets(self) -> dict[str, Sequence[Any]]:
        """What it was trained on: datasets by their roles; those that were deleted are left out."""
        view = self._local.view()
        found: dict[str, Any] = {}
        for parent in self._now.parents:
            version = view.by_id(parent.id)
            if version is not None:
                found.setdefault(parent.role, []).append(opened(self._local, version))
        return found

    # Using

    @sdk_call()
    def download(
        self, target_dir: str = ".", exist_ok: bool = False, exists_ok: bool | None = None
    ) -> str:
        """Copy its files to a folder, as they were registered.

        Parameters
        ----------
        target_dir
            The folder.
        exist_ok
            Whether files that are there may be written over.
        exists_ok
            An older name of it.

        Returns
        -------
        str
            The path of the copy: its one file, or the folder.

        Raises
        ------
        WebserviceException
            When files are there already and may not be written over; nothing is copied then.
        """
        files = located(self._local, self._now)
        folder = os.path.abspath(target_dir)
        pairs = [(place, os.path.join(folder, *name.split("/"))) for place, name in files]
        there = [target for _, target in pairs if os.path.lexists(target)]
        if there and not (exist_ok or exists_ok):
            raise WebserviceException(
                f"{there[0]} would be written over; nothing was. Pass exist_ok=True, or name an "
                "empty folder."
            )
        copy_files(pairs)
        return pairs[0][1] if len(pairs) == 1 else folder

    @staticmethod
    @sdk_call()
    def get_model_path(model_name: str, version: int | None = None, _workspace: Any = None) -> str:
        """Return where the files of a registered model lie: its one file, or their folder.

        Parameters
        ----------
        model_name
            The model's name.
        version
            Its number; None is the newest.
        """
        workspace = _workspace or Workspace.find(home())
        model = Model(workspace, model_name, version=version)
        places = [place for place, _ in located(model._local, model._now)]
        return places[0] if len(places) == 1 else os.path.commonpath(places)

    @sdk_call()
    def update(
        self,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: Any = None,
    ) -> None:
        """Change what is said of the version.

        Parameters
        ----------
        tags
            All tags from now on; None leaves them.
        description
            None leaves it.
        sample_input_dataset, sample_output_dataset, resource_configuration
            Refused: what a version was made with does not change.
        """
        if any((sample_input_dataset, sample_output_dataset, resource_configuration)):
            raise UserErrorException("Only tags and the description of a version can be changed.")
        if description is not None:
            self._local.set_description(self._ref, description)
        if tags is not None:
            gone = [key for key in self.tags if key not in tags]
            if tags or gone:
                self._local.set_tags(self._ref, as_tags(tags), gone)

    @sdk_call()
    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags of the version."""
        self._local.set_tags(self._ref, as_tags(tags))

    @sdk_call()
    def remove_tags(self, tags: Sequence[str]) -> None:
        """Take tags of the version away; what it does not have is passed over."""
        named = [tags] if isinstance(tags, str) else tags
        there = [key for key in dict.fromkeys(named) if key in self.tags]
        if there:
            self._local.set_tags(self._ref, {}, there)

    @sdk_call()
    def delete(self) -> None:
        """Remove the version; its number is never used again."""
        self._local.delete([self._ref])

    @property
    def _now(self) -> Version:
        return self._local.view().by_id(self._version.id) or self._version

    @property
    def _ref(self) -> Ref:
        return Ref(self.name, Number(self.version))

    def __repr__(self) -> str:
        return f"Model({self.name}, version {self.version})"


def register_model(
    workspace: Any,
    path: Path,
    name: str,
    *,
    tags: Mapping[str, str] | None,
    properties: Mapping[str, str] | None,
    framework: str | None,
    framework_version: str | None,
    description: str | None,
    datasets: Sequence[tuple[str, Any]] | None,
    sample_input: Any,
    sample_output: Any,
    resources: Any,
    run: Run | None = None,
    below: Sequence[str] | None = None,
) -> Model:
    """Record a file or folder as a version of a model; see `Run.register_model`."""
    if resources is not None:
        raise UserErrorException(
            "Nothing is deployed here, so a resource_configuration has no meaning. Leave it out."
        )
    local = local_workspace(workspace)
    roles = [*(datasets or ()), ("sample input", sample_input), ("sample output", sample_output)]
    parents = tuple(_parent(local, role, one) for role, one in roles if one is not None)
    if datasets is None and run is not None:
        parents = (*inputs_of(local.view(), run), *parents)
    request = Request(
        name=name,
        kind="model",
        description=description or "",
        tags=kept_tags(tags, properties, framework, framework_version),
        run=run_id(local) if run is None else run.id,
        parents=parents,
    )
    done = local.register([path / one for one in below] if below else [path], request)
    if not done.created:
        local.notify(f"{done.ref} holds this already: it is returned, nothing was registered.")
    if run is None:
        note_making(local, done.version)
    return _model(workspace, done.version)


def _model(workspace: Any, version: Version) -> Model:
    model = Model.__new__(Model)
    model._take(workspace, version)
    return model


def _parent(workspace: Workspace, role: str, dataset: Any) -> Parent:
    """Return a dataset as what a model was trained on."""
    given = getattr(dataset, "dataset", dataset)
    if not isinstance(given, AbstractDataset):
        raise UserErrorException(
            f"{dataset!r} is no dataset. Pass pairs, such as ('training data', dataset)."
        )
    identifier = given.id  # recorded now, so that the view below has it
    version = workspace.view().by_id(identifier)
    if version is None:
        raise UserErrorException(f"{given!r} is a dataset of another workspace.")
    return Parent(version.ref, version.id, version.digest, str(role))


def _versions(workspace: Workspace, name: str | None) -> list[Version]:
    """Return the versions of one model, or of all, newest first."""
    if name is None:
        return [*workspace.models().models]
    try:
        latest = workspace.resolve(Ref(name, Latest()))
    except NotFoundError:
        return []
    if latest.kind != "model":
        return []
    found = workspace.models(latest).models
    return sorted(found, key=lambda one: one.version, reverse=True)
