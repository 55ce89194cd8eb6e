"""What file and tabular datasets have in common: registering, finding, using.

A dataset is a registered version, or paths that were named and are not recorded yet. The latter
reads what is there whenever it is asked; its `id` records it, and from then on it is that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from dsnb.azureml.calling import (
    local_workspace,
    note_making,
    note_reading,
    run_id,
    sdk_call,
)
from dsnb.azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError
from dsnb.azureml.data.describing import DescribedDataset, as_tags
from dsnb.azureml.data.mapping import DatasetMapping
from dsnb.azureml.data.origin import Origin, files_of
from dsnb.azureml.data.partitioning import asked_keys, distinct_values, keys_in
from dsnb.azureml.exceptions import UserErrorException
from dsnb.datasets.registration import Registration, Request
from dsnb.errors import NewVersionRefusedError, NotFoundError
from dsnb.records import FileEntry, Version
from dsnb.refs import ANONYMOUS, Latest, Number, Ref
from dsnb.tables.filecolumns import FileName, named
from dsnb.workspace import Workspace

__all__ = ["AbstractDataset", "as_tags", "opened"]


class AbstractDataset(DescribedDataset):
    """What file and tabular datasets have in common; made by `Dataset.File` and `Dataset.Tabular`.

    Parameters
    ----------
    origin
        Where the data comes from.
    choices
        Which rows or files of it are meant.
    """

    kind: ClassVar[Literal["file", "tabular"]]
    modes: ClassVar[tuple[str, ...]]
    """The ways in which a script can be handed such a dataset."""
    _classes: ClassVar[dict[str, type[AbstractDataset]]] = {}

    def __init_subclass__(cls) -> None:
        cls._classes[cls.kind] = cls

    @property
    def id(self) -> str:
        """The id by which `get_by_id` finds it; a dataset without one is recorded now."""
        return self._record().id

    # Finding

    @staticmethod
    @sdk_call()
    def get_by_name(
        workspace: Any, name: str, version: int | str | None = "latest", **kwargs: Any
    ) -> Any:
        """Return a registered dataset; it becomes an input of the session's run.

        Parameters
        ----------
        workspace
            The workspace.
        name
            Its name.
        version
            A number, also as text; ``latest`` or None is the newest.
        kwargs
            Accepted as the retired SDK accepts them; none has a meaning.

        Raises
        ------
        UserErrorException
            When there is no such dataset or version.
        """
        local = local_workspace(workspace)
        if not isinstance(name, str):
            raise UserErrorException(f"{name!r} is no name of a dataset.")
        if version is None or version == "latest":
            ref = Ref(name, Latest())
        elif _is_number(version):
            ref = Ref(name, Number(int(version)))
        else:
            raise UserErrorException(
                f"{version!r} is no version of {name}: pass a number, or 'latest'."
            )
        try:
            if name == ANONYMOUS:
                raise NotFoundError("What was saved without a name is found by its id.")
            found = local.resolve(ref)
        except NotFoundError as error:
            raise UserErrorException(
                f"The dataset {name}, version {ref.selector}, cannot be had: {error}",
                inner_exception=error,
            ) from error
        dataset = opened(local, found)
        note_reading(local, found)
        return dataset

    @staticmethod
    @sdk_call()
    def get_by_id(workspace: Any, id: str, **kwargs: Any) -> Any:
        """Return the dataset with an id, registered or not; it becomes an input of the run.

        Raises
        ------
        UserErrorException
            When there is none.
        """
        local = local_workspace(workspace)
        found = local.view().by_id(id) if isinstance(id, str) else None
        if found is None:
            raise UserErrorException(
                f"There is no dataset with the id {id}. Dataset.get_all(workspace) has all names."
            )
        found = local.resolve(Ref(found.name, Number(found.version)))
        dataset = opened(local, found)
        note_reading(local, found)
        return dataset

    @staticmethod
    @sdk_call()
    def get_all(workspace: Any) -> Mapping[str, Any]:
        """Return the latest version of every dataset by its name, read when it is asked for."""
        local = local_workspace(workspace)
        return DatasetMapping(local, lambda name: AbstractDataset.get_by_name(local, name))

    # Registering

    @sdk_call()
    def register(
        self,
        workspace: Any,
        name: str,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        create_new_version: bool = False,
    ) -> Any:
        """Record what the dataset holds now under a name; it becomes an output of the run.

        The first version of a name is 1. Where the latest version has the same definition and
        content already, that version is returned, and it says so.

        Parameters
        ----------
        workspace
            The workspace.
        name
            The dataset's name.
        description
            What this version is.
        tags
            Its tags.
        create_new_version
            Whether a further version may be made of a name that exists.

        Returns
        -------
        FileDataset or TabularDataset
            The registered dataset.

        Raises
        ------
        UserErrorException
            When the name holds something else already and no further version may be made, or the
            data cannot be registered.
        """
        local = local_workspace(workspace)
        request = Request(
            name=name,
            new_version=create_new_version,
            kind=self.kind,
            key=None if self._recorded is None else self._recorded.key or None,
            options=self._origin.options,
            include_hidden=self._origin.include_hidden,
            description=description or "",
            tags=as_tags(tags),
            run=run_id(local),
        )
        try:
            done = self._register(local, request)
        except NewVersionRefusedError as error:
            raise UserErrorException(
                f"There is a dataset {name} already, and it holds something else. Pass "
                "create_new_version=True to register the next version; what is said of the one "
                "that is there is changed by its update() and add_tags().",
                inner_exception=error,
            ) from error
        if not done.created:
            local.notify(f"{done.ref} holds this already: it is returned, nothing was registered.")
        note_making(local, done.version)
        return opened(local, done.version)

    # Using

    def as_named_input(self, name: str | None) -> DatasetConsumptionConfig:
        """Return the dataset as an input that a script knows by a name."""
        return DatasetConsumptionConfig(name, self)

    @sdk_call(DatasetExecutionError)
    def to_path(self) -> list[str]:
        """Return the paths of the files below the folder that holds them all, each with ``/``."""
        local = self._local
        return [f"/{name}" for name, _ in self._files(local, self._held(local))]

    @property
    def partition_keys(self) -> list[str]:
        """The keys that ``partition_format`` names: texts in their order, then the date."""
        return keys_in(self._origin.options)

    @sdk_call(DatasetExecutionError)
    def get_partition_key_values(
        self, partition_keys: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the values that the files' paths have for the partition keys, each once.

        Parameters
        ----------
        partition_keys
            Which keys; None takes all.

        Returns
        -------
        list of dict
            The values by their keys, in the order of the files: texts, or `datetime.datetime`.

        Raises
        ------
        UserErrorException
            When the dataset has no such keys.
        DatasetExecutionError
            When the path of a file does not fit.
        """
        wanted = asked_keys(self.partition_keys, partition_keys)
        local = self._local
        names = self._called(local, self._held(local))
        return distinct_values(names, self._origin.options["partition_format"], wanted)

    # Within

    def _record(self) -> Version:
        """Return the version that holds just this dataset, which is recorded now if need be."""
        if self._recorded is None:
            self._recorded = self._saved()
        return self._recorded

    @sdk_call(DatasetExecutionError)
    def _saved(self) -> Version:
        return self._save(self._local)

    def _held(self, local: Workspace) -> Version:
        """Return the version that the choices are made from, recorded now if need be."""
        held = self._origin.version
        if held is None and not self._choices:
            held = self._recorded
        return held or local.save(self._origin.paths_in(local), self._unnamed(local))

    def _unnamed(self, local: Workspace) -> Request:
        return Request(
            name=ANONYMOUS,
            kind=self.kind,
            options=self._origin.options,
            include_hidden=self._origin.include_hidden,
            run=run_id(local),
        )

    def _files(self, local: Workspace, held: Version) -> list[tuple[str, FileEntry]]:
        """Return the files of a version, each with its path below the folder that holds all."""
        return files_of(local, held)

    def _called(self, local: Workspace, held: Version) -> list[FileName]:
        """Return what the files of a version are called where they were registered."""
        return named(local.manifest(held).groups, held.definition.options)

    def _save(self, local: Workspace) -> Version:
        """Record the dataset without a name."""
        return self._held(local)

    def _register(self, local: Workspace, request: Request) -> Registration:
        """Record the dataset under a name."""
        return local.register(self._origin.paths_in(local), request)


def opened(workspace: Workspace, version: Version) -> Any:
    """Return a version as a dataset of its kind.

    Raises
    ------
    UserErrorException
        When it is a model.
    """
    made = AbstractDataset._classes.get(version.kind)
    if made is None:
        raise UserErrorException(f"{version.ref} is a {version.kind}, and no dataset.")
    definition = version.definition
    hidden = definition.include_hidden
    return made(Origin(workspace, definition.sources, definition.options, version, hidden))


def _is_number(version: object) -> bool:
    if isinstance(version, str):
        return version.isascii() and version.isdecimal()
    return isinstance(version, int) and not isinstance(version, bool)
