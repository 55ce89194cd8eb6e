"""Changing a workspace's settings and datastores, in its ``config.toml``."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace

from dsnb.errors import ConfigError, did_you_mean, writing
from dsnb.presenting import Outcome
from dsnb.refs import check_name
from dsnb.settings import SETTINGS, changed_config, check_key, check_value, read_config
from dsnb.storage.atomic import write_atomically
from dsnb.storage.datastores import BUILT_IN, Datastores
from dsnb.storage.layout import Layout
from dsnb.storage.reach import Reach


@dataclass(frozen=True, slots=True)
class SettingList(Outcome):
    """Settings with their value, whether it was set, and what they do.

    Attributes
    ----------
    rows
        Key, value, whether it was set, and the meaning.
    done
        What was just changed, if anything.
    """

    rows: tuple[tuple[str, str | int | float, bool, str], ...]
    done: str = ""


@dataclass(frozen=True, slots=True)
class DatastoreList(Outcome):
    """The datastores of a workspace.

    Attributes
    ----------
    rows
        Name, folder, and whether it is there.
    done
        What was just changed, if anything.
    """

    rows: tuple[tuple[str, str, str], ...]
    done: str = ""


def list_settings(layout: Layout, key: str | None = None) -> SettingList:
    """Return one setting, or all.

    Raises
    ------
    ConfigError
        When there is no such setting.
    """
    config = read_config(layout.config)
    keys = [check_key(key).key] if key is not None else list(SETTINGS)
    return SettingList(
        tuple((key, config[key], key in config.values, SETTINGS[key].help) for key in keys)
    )


def change_setting(layout: Layout, key: str, value: str) -> SettingList:
    """Set a setting.

    Raises
    ------
    ConfigError
        When there is no such setting, or the value does not fit it.
    """
    converted = check_value(key, value)
    table, _, last = key.rpartition(".")
    _write(layout, table or None, last, converted)
    return replace(list_settings(layout, key), done=f"{key} = {converted!r}")


def open_datastores(layout: Layout) -> Datastores:
    """Return the datastores of a workspace."""
    return Datastores(layout.root, read_config(layout.config).datastores)


def list_datastores(layout: Layout, reach: Reach) -> DatastoreList:
    """Return the datastores with their folders; what the user never used is not looked at."""
    reach = replace(reach, in_passing=True)
    rows = []
    for name, folder in open_datastores(layout).roots.items():
        state = "not looked at"
        if name in BUILT_IN or reach.admits(folder, folder):
            state = "there" if os.path.isdir(folder) else "not there"
        rows.append((name, folder, state))
    return DatastoreList(tuple(rows))


def add_datastore(layout: Layout, name: str, url: str, reach: Reach) -> DatastoreList:
    """Name a folder below which data lies.

    Raises
    ------
    ConfigError
        When the name is taken or the folder does not exist.
    """
    check_name(name, "datastore")
    roots = open_datastores(layout).roots
    if name in roots:
        raise ConfigError(
            f"There is a datastore {name} already: {roots[name]}.",
            hint=f"Choose another name, or take it away first: %ds datastore remove {name}",
        )
    folder = url.removeprefix("file://")
    if "://" in folder:
        raise ConfigError(
            f"{url} cannot be a datastore: only folders can.", hint="Give a folder's path."
        )
    path = os.path.abspath(os.path.expanduser(folder))
    if not os.path.isdir(path):
        raise ConfigError(f"There is no folder {path}.", hint="Make or mount the folder first.")
    _write(layout, "datastores", name, path)
    reach.take([path])
    return replace(list_datastores(layout, reach), done=f"datastore {name} is {path}")


def remove_datastore(
    layout: Layout, name: str, used: Collection[str], reach: Reach
) -> DatastoreList:
    """Forget a datastore; its data stays where it is.

    Parameters
    ----------
    layout
        The workspace.
    name
        Of the datastore.
    used
        Names of the datastores in which versions lie.
    reach
        Which places may be looked at.

    Raises
    ------
    ConfigError
        When none of that name was added, or versions lie in it.
    """
    added = read_config(layout.config).datastores
    if name not in added:
        raise ConfigError(
            f"No datastore {name} was added. {did_you_mean(name, list(added))}".strip(),
            hint="Type %ds datastore to see them.",
        )
    if name in used:
        raise ConfigError(
            f"Versions lie in the datastore {name}, so it stays.",
            hint="To point it to another folder, edit .dsnb/config.toml.",
        )
    _write(layout, "datastores", name, None)
    return replace(list_datastores(layout, reach), done=f"datastore {name} was taken away")


def _write(layout: Layout, table: str | None, key: str, value: object | None) -> None:
    read_config(layout.config)  # a file that cannot be read is not written over
    path = layout.config
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    with writing(path):
        write_atomically(path, changed_config(text, table, key, value).encode())
