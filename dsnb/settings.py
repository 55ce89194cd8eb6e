"""A workspace's settings: what they are, and the file ``.dsnb/config.toml`` that holds them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsnb.errors import ConfigError, did_you_mean


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its key, its default, what it does, and the words it may be, if only some."""

    key: str
    default: str | int | float
    help: str
    choices: tuple[str, ...] = ()


SETTINGS = {
    setting.key: setting
    for setting in (
        Setting(
            "cache.size",
            5.0,
            "gigabytes of parsed tables kept in your cache folder, so that a text file is parsed "
            "only once (0: keep none)",
        ),
        Setting("creator", "", "name recorded as the creator of versions (empty: your user name)"),
        Setting("diff.rows", 10, "how many changed rows %ds diff lists cell by cell"),
        Setting("diff.memory", 1000, "megabytes a comparison takes before it moves to disk"),
        Setting("lock.timeout", 30.0, "seconds to wait while another process writes the registry"),
        Setting(
            "notebook.lock",
            "on",
            "whether JupyterLab writes into a notebook's file which versions it read and made",
            ("on", "off"),
        ),
        Setting(
            "run.cells",
            "hash",
            "what a run records of the cells that were run: only a hash of each, or its source",
            ("hash", "source"),
        ),
        Setting(
            "snapshot",
            "auto",
            "which versions' bytes are kept: auto (up to 50 MB, or any size where the file system "
            "clones for free), always, never",
            ("auto", "always", "never"),
        ),
        Setting(
            "trace",
            "on",
            "whether files that cells read and write by themselves are noticed",
            ("on", "off"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Config:
    """The settings and datastores of one workspace.

    Attributes
    ----------
    values
        The settings that were set, by key.
    datastores
        The added datastores' folders, by name.
    """

    values: Mapping[str, str | int | float] = field(default_factory=dict)
    datastores: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key, SETTINGS[key].default)

    @property
    def cache_bytes(self) -> int:
        """Bytes of parsed tables that the user's cache folder may hold."""
        return int(self["cache.size"] * 10**9)


def read_config(path: Path) -> Config:
    """Read a workspace's ``config.toml``; a missing file means every default.

    Raises
    ------
    ConfigError
        When the file cannot be read, is not TOML, or a value has the wrong type.
    """
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error
    # A number of 5,000 digits is a ValueError of its own, and brackets nest without end.
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path} is not a readable TOML file: {error}.",
            hint="Mend the line it names, or move the file away to start from the defaults.",
        ) from error
    datastores = document.pop("datastores", {})
    if not isinstance(datastores, dict) or not all(map(_is_folder, datastores.values())):
        raise ConfigError(
            f'[datastores] in {path} must hold lines like NAME = "/folder".',
            hint="Mend it, then run the same line again.",
        )
    values = {
        key: check_value(key, value)
        for key, value in _flattened(document).items()
        if key in SETTINGS
    }
    return Config(values, datastores)


def _is_folder(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def check_value(key: str, value: object) -> str | int | float:
    """Return the value of a setting with the setting's own type.

    Parameters
    ----------
    key
        Name of the setting.
    value
        What was typed, or what the file holds.

    Raises
    ------
    ConfigError
        When there is no such setting, or the value does not fit it.

    Examples
    --------
    >>> check_value("diff.rows", "25")
    25
    """
    setting = check_key(key)
    wanted = type(setting.default)
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        if wanted is int and isinstance(value, float):
            raise ValueError
        converted = wanted(value)
        if isinstance(converted, int | float) and not 0 <= converted < 10**9:
            raise ValueError
    except (ValueError, OverflowError):
        what = {int: "a whole number from 0", float: "a number from 0", str: "text"}[wanted]
        raise ConfigError(
            f"{key} takes {what}, not {value!r}.",
            hint=f"For example: %ds config {key} {setting.default}",
        ) from None
    if setting.choices and converted not in setting.choices:
        raise ConfigError(
            f"{key} cannot be {value!r}.", hint=f"It is one of {', '.join(setting.choices)}."
        )
    return converted


def check_key(key: str) -> Setting:
    """Return the setting of that name.

    Raises
    ------
    ConfigError
        When there is none.
    """
    if key not in SETTINGS:
        near = did_you_mean(key, list(SETTINGS))
        raise ConfigError(
            f"There is no setting {key!r}.", hint=f"{near} Type %ds config to see them all.".strip()
        )
    return SETTINGS[key]


def changed_config(text: str, table: str | None, key: str, value: object | None) -> str:
    r"""Return a config file's text with one value set (or removed, for None); comments are kept.

    Raises
    ------
    ConfigError
        When the file has something else where the table belongs.

    Examples
    --------
    >>> print(changed_config("# mine\n", "diff", "rows", 25))
    # mine
    <BLANKLINE>
    [diff]
    rows = 25
    <BLANKLINE>
    """
    import tomlkit

    document = tomlkit.parse(text)
    holder: Any = document
    if table is not None:
        if table not in document:
            document[table] = tomlkit.table()
        holder = document[table]
        if not isinstance(holder, Mapping):
            raise ConfigError(
                f"{table!r} is no table in the settings' file.",
                hint=f"Write [{table}] in a line of its own, with its settings below.",
            )
    if value is None:
        holder.pop(key, None)
    else:
        holder[key] = value
    return tomlkit.dumps(document)


def _flattened(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update(_flattened(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat
