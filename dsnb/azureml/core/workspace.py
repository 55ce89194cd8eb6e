"""`Workspace`: the folder that holds ``.dsnb``, as the retired SDK speaks of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dsnb.azureml.calling import home, sdk_call
from dsnb.azureml.core.dataset import Dataset
from dsnb.azureml.core.datastore import Datastore
from dsnb.azureml.core.environment import Environment
from dsnb.azureml.core.experiment import Experiment
from dsnb.azureml.core.model import Model
from dsnb.azureml.exceptions import UserErrorException, WorkspaceException
from dsnb.errors import WorkspaceError
from dsnb.storage.discovery import current_folder
from dsnb.workspace import Workspace as LocalWorkspace

_CONFIGS = (".azureml/config.json", "aml_config/config.json", "config.json")
"""Where the retired SDK kept what names a workspace of the service."""


class Workspace:
    """The workspace that the current folder lies in.

    Parameters
    ----------
    subscription_id, resource_group, workspace_name, auth, kwargs
        What named a workspace of the retired service. A workspace is a folder here, so they are
        not looked at.

    Raises
    ------
    UserErrorException
        When the current folder lies in no workspace.
    """

    def __init__(
        self,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        workspace_name: str | None = None,
        auth: Any = None,
        **kwargs: Any,
    ) -> None:
        self._local = _found(None)

    @staticmethod
    def from_config(path: str | None = None, auth: Any = None, **kwargs: Any) -> Workspace:
        """Return the workspace that a folder lies in.

        Parameters
        ----------
        path
            The folder from which to walk up, or the ``config.json`` in one; None is the current
            folder.
        auth, kwargs
            Have no effect: nobody needs to be let in to a folder.

        Raises
        ------
        UserErrorException
            When no folder above is a workspace.
        """
        return _as_workspace(_found(path))

    @staticmethod
    def get(name: str, auth: Any = None, *details: Any, **named: Any) -> Workspace:
        """Return the workspace that the current folder lies in, whatever name is given."""
        return _as_workspace(_found(None))

    @staticmethod
    @sdk_call()
    def create(name: str, auth: Any = None, *details: Any, **named: Any) -> Workspace:
        """Make the current project a workspace.

        Parameters
        ----------
        name, auth, details, named
            Only ``exist_ok`` has a meaning: whether there may be one already.

        Raises
        ------
        WorkspaceException
            When there is one already.
        """
        local, made = LocalWorkspace.find_or_create(home())
        if not made and not named.get("exist_ok", False):
            raise WorkspaceException(
                f"{local.root} is a workspace already. Get it with Workspace.from_config(), or "
                "pass exist_ok=True."
            )
        return _as_workspace(local)

    @property
    def local(self) -> LocalWorkspace:
        """The workspace of dsnb's."""
        return self._local

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self._local.root.name

    @property
    def subscription_id(self) -> str:
        """What a ``config.json`` of the retired service in the folder says; empty without one."""
        return self._config("subscription_id")

    @property
    def resource_group(self) -> str:
        """What a ``config.json`` of the retired service in the folder says; empty without one."""
        return self._config("resource_group")

    @property
    def location(self) -> str:
        """Where it is: ``local``."""
        return "local"

    @property
    @sdk_call()
    def datastores(self) -> dict[str, Datastore]:
        """The datastores by their names."""
        return {row[0]: Datastore(self, row[0]) for row in self._local.datastores().rows}

    @property
    def datasets(self) -> Mapping[str, Any]:
        """The latest version of every dataset by its name, each read when it is asked for."""
        return Dataset.get_all(self)

    @property
    def experiments(self) -> dict[str, Experiment]:
        """The experiments that have runs, by their names."""
        return {experiment.name: experiment for experiment in Experiment.list(self)}

    @property
    def models(self) -> dict[str, Model]:
        """The newest version of every model by its name."""
        return {model.name: model for model in Model.list(self, latest=True)}

    @property
    def environments(self) -> dict[str, Environment]:
        """The environments that were registered, by their names."""
        return Environment.list(self)

    def get_default_datastore(self) -> Datastore:
        """Return the default datastore, the workspace's own folder."""
        return Datastore(self)

    def set_default_datastore(self, name: str) -> None:
        """Accept the default datastore, which only the workspace's own folder can be."""
        Datastore(self, name).set_as_default()

    def get_dataset(self, name: str, version: int | str | None = "latest") -> Any:
        """Return a registered dataset, as `Dataset.get_by_name` does."""
        return Dataset.get_by_name(self, name, version)

    def get_details(self) -> dict[str, str]:
        """Return what the workspace is."""
        return {"name": self.name, "location": self.location, "folder": str(self._local.root)}

    def write_config(self, path: str | None = None, file_name: str | None = None) -> None:
        """Say that there is nothing to write: `from_config` finds the workspace by its folder."""
        self._local.notify(f"{self._local.root} is found from every folder in it: nothing written.")

    def _config(self, key: str) -> str:
        for path in _configs_above(self._local.root):
            return str(_read(path).get(key, ""))
        return ""

    def __repr__(self) -> str:
        return f"Workspace({str(self._local.root)!r})"


def _as_workspace(local: LocalWorkspace) -> Workspace:
    workspace = Workspace.__new__(Workspace)
    workspace._local = local
    return workspace


@sdk_call()
def _found(path: str | None) -> LocalWorkspace:
    start = Path(os.path.join(current_folder(), os.path.expanduser(path or home() or ".")))
    if start.is_file():
        start = start.parent
    try:
        return LocalWorkspace.find(start)
    except WorkspaceError as error:
        config = next(_configs_above(start), None)
        if config is None:
            raise UserErrorException(str(error), inner_exception=error) from error
        folder = config.parent
        folder = folder.parent if folder.name in (".azureml", "aml_config") else folder
        called = _read(config).get("workspace_name", "a workspace")
        raise UserErrorException(
            f"{config} names {called} of the retired service, and there is no workspace here yet. "
            f'Make one of that folder: dsnb init "{folder}" – then bring your data there, and run '
            "the same line again.",
            inner_exception=error,
        ) from error


def _configs_above(start: Path) -> Iterator[Path]:
    """Yield the files of the retired SDK that name a workspace, the nearest first."""
    for folder in (start, *start.parents):
        yield from (path for name in _CONFIGS if (path := folder / name).is_file())


def _read(config: Path) -> dict[str, Any]:
    try:
        found = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
