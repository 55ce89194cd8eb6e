"""What the tables of a registry look like, and how those of an older dsnb become so.

Schema 1 has a table ``names``, which remembers the highest number that each dataset ever used, and
a table ``meta``, which holds the schema's number. A registry without them, as the first notebooks
wrote with TinyDB alone, is schema 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from dsnb.catalog.jsonfile import Tables, damaged
from dsnb.errors import RegistryTooNewError

SCHEMA_VERSION = 1


def schema_of(path: Path, tables: Tables) -> int:
    """Return the number of the schema that a file is written in.

    Raises
    ------
    RegistryDamagedError
        When the file gives no number where it should.
    RegistryTooNewError
        When a newer dsnb wrote it.
    """
    schema = 0
    for document in tables.get("meta", {}).values():
        found = document.get("schema_version")
        if type(found) is not int or found < 0:
            raise damaged(path, "its schema_version is missing or no number")
        schema = max(schema, found)
        if schema > SCHEMA_VERSION:
            raise RegistryTooNewError(
                f"The registry {path} was written by a newer dsnb (schema {schema}, "
                f"this one knows {SCHEMA_VERSION}).",
                hint="Upgrade: %pip install --upgrade dsnb",
            )
    return schema


def migrated(tables: Tables, schema: int) -> Tables:
    """Return the tables of an older schema in the present one; a present one as it is.

    Parameters
    ----------
    tables
        The tables; they are left as they are.
    schema
        The number of their schema.

    Examples
    --------
    >>> migrated({"versions": {"1": {"name": "ds", "version": 3}}}, 0)["names"]
    {'1': {'name': 'ds', 'last': 3, 'renamed_to': None}}
    """
    if schema == SCHEMA_VERSION:
        return tables
    tables = dict(tables)
    for step in range(schema, SCHEMA_VERSION):
        _STEPS[step](tables)
    tables["meta"] = {"1": {"schema_version": SCHEMA_VERSION}}
    return tables


def _remember_last_numbers(tables: Tables) -> None:
    names = dict(tables.get("names", {}))
    names_so_far = (document.get("name") for document in names.values())
    known = {name for name in names_so_far if isinstance(name, str)}
    last: dict[str, int] = {}
    for document in tables.get("versions", {}).values():
        name, number = document.get("name"), document.get("version")
        # What is of another type is damage, and reported when it is read.
        if type(name) is str and type(number) is int and name not in known:
            last[name] = max(number, last.get(name, 0))
    first = max(map(int, names), default=0) + 1
    for row, (name, number) in enumerate(last.items(), first):
        names[str(row)] = {"name": name, "last": number, "renamed_to": None}
    tables["names"] = names


_STEPS: Mapping[int, Callable[[Tables], None]] = {0: _remember_last_numbers}
"""What leads from each older schema to the next; a step may replace tables and change none."""
