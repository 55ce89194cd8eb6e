"""The verbs of the workspace itself: init, config, datastore, status."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from dsnb.commands.declaring import PATH, Arg, Call, declare
from dsnb.datasets.inspection import WorkspaceStatus
from dsnb.storage.configuration import DatastoreList, SettingList
from dsnb.storage.discovery import current_folder, project_root
from dsnb.storage.layout import FOLDER
from dsnb.workspace import Workspace, WorkspaceCreated

_KEY = Arg("KEY", "setting")
_VALUE = Arg("VALUE")
_FOLDER = Arg("FOLDER", "path")
_STORE = Arg("NAME")


@declare(changes=True)
def init(call: Call, folder: Annotated[str | None, PATH] = None) -> WorkspaceCreated:
    """Make a folder a workspace, so that its datasets have versions.

    Parameters
    ----------
    folder
        The folder; by default the project that this folder belongs to (the nearest one with
        ``.git`` or ``pyproject.toml`` below the home folder), else this folder.

    Raises
    ------
    DsnbError
        When the folder does not exist or cannot be written.

    Examples
    --------
    In a notebook::

        %ds init

    In Python:

    >>> import dsnb
    >>> dsnb.init(str(tmp)).created
    True
    """
    target = Path(folder or project_root(Path(call.start or current_folder()))).expanduser()
    existed = (target / FOLDER).is_dir()
    workspace = Workspace.create(target, call.notify)
    return WorkspaceCreated(str(workspace.root), not existed)


@declare(changes=True)
def config(
    call: Call,
    key: Annotated[str | None, _KEY] = None,
    value: Annotated[str | None, _VALUE] = None,
) -> SettingList:
    """Show the workspace's settings, or set one.

    Parameters
    ----------
    key
        The setting to show or set; all are shown without it.
    value
        What it shall be.

    Raises
    ------
    ConfigError
        When there is no such setting, or the value does not fit it.

    Examples
    --------
    In a notebook::

        %ds config
        %ds config diff.rows 25

    In Python:

    >>> import dsnb
    >>> print(dsnb.config("diff.rows", "25").done)
    diff.rows = 25
    """
    workspace = call.workspace()
    if key is None or value is None:
        return workspace.settings(key)
    return workspace.set_setting(key, value)


@declare(changes=False)
def datastore(call: Call) -> DatastoreList:
    """Show the datastores: the named folders below which data lies.

    ``default`` is the workspace's folder. Data that lies below another datastore is recorded
    relative to it, so that its folder can move as a whole.

    Examples
    --------
    In a notebook::

        %ds datastore

    In Python:

    >>> import dsnb
    >>> [name for name, folder, state in dsnb.datastore().rows]
    ['default', 'local']
    """
    return call.workspace().datastores()


@datastore.verb("list", changes=False)
def _list_datastores(call: Call) -> DatastoreList:
    """Show the datastores.

    Examples
    --------
    In a notebook::

        %ds datastore list
    """
    return call.workspace().datastores()


@datastore.verb("add", changes=True)
def _add_datastore(
    call: Call, name: Annotated[str, _STORE], folder: Annotated[str, _FOLDER]
) -> DatastoreList:
    """Name a folder below which data lies.

    Parameters
    ----------
    name
        What it is called.
    folder
        The folder.

    Raises
    ------
    ConfigError
        When the name is taken or the folder does not exist.

    Examples
    --------
    In a notebook::

        %ds datastore add bulk /mnt/bulk
    """
    return call.workspace().add_datastore(name, folder)


@datastore.verb("remove", changes=True)
def _remove_datastore(call: Call, name: Annotated[str, _STORE]) -> DatastoreList:
    """Forget a datastore; its data stays where it is.

    Parameters
    ----------
    name
        What it is called.

    Raises
    ------
    ConfigError
        When there is none of that name, or versions lie in it.

    Examples
    --------
    In a notebook::

        %ds datastore remove bulk
    """
    return call.workspace().remove_datastore(name)


@declare(changes=False)
def status(call: Call) -> WorkspaceStatus:
    """Tell what is where: the workspace, its datasets and datastores, this session's run.

    Cells of the run are stale when they read a version that has drifted since, or of which there is
    a newer one.

    Examples
    --------
    In a notebook::

        %ds status

    In Python:

    >>> import dsnb
    >>> dsnb.status().datasets
    0
    """
    workspace = call.workspace()
    run = call.session.run(workspace) if call.session else None
    stale = () if run is None else tuple(workspace.stale(run))
    return replace(workspace.status(), run=run, stale=stale)
