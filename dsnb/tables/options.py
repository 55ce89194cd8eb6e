"""Reader options: what a version says of how its files become a table.

They are part of its definition, so that whoever loads it gets the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsnb.errors import TableError
from dsnb.tables.formats import FORMATS, Format
from dsnb.tables.partitions import partitions_of

_DELIMITED: frozenset[Format | None] = frozenset({"csv", "tsv"})
_JSON: frozenset[Format | None] = frozenset({"json", "jsonl"})
_TABLES: frozenset[Format | None] = frozenset(FORMATS)

OPTIONS: Mapping[str, frozenset[Format | None]] = {
    "sep": _DELIMITED,
    "decimal": _DELIMITED,
    "encoding": _DELIMITED | _JSON,
    "parse_dates": _DELIMITED | {"excel"},
    "dtype": _TABLES,
    "sheet": frozenset({"excel"}),
    "date_formats": _TABLES - {"excel"},
    "header": _DELIMITED,
    "empty_as_string": _DELIMITED,
    "invalid_lines": frozenset({"jsonl"}),
    "include_path": _TABLES,
    "partition_format": _TABLES | {None},
    "file_bases": _TABLES | {None},
}
"""The reader options, and the formats that each applies to; None are files that are no table.

- ``date_formats``: columns that are dates, and the formats to try for each, as `strptime` has them.
- ``header``: ``none``, ``first`` (the first file alone has one), or the names themselves.
- ``empty_as_string``: whether fields that hold nothing are empty texts where a column is text.
- ``invalid_lines``: ``drop`` leaves out lines that are no JSON objects.
- ``include_path``: whether a first column tells the path of each row's file.
- ``partition_format``: columns that the path of each row's file tells, see `partitions_of`.
- ``file_bases``: where the files were when they were registered, if they were brought here.
"""

TYPED = frozenset({"sep", "decimal", "encoding", "parse_dates", "dtype", "sheet"})
"""Those that can be typed after `%ds register`."""

PATH = "Path"
"""The column that tells the path of each row's file."""
_OF_PATHS = frozenset({"include_path", "partition_format", "file_bases"})
_OF_COLUMNS = ("dtype", "date_formats")


def check_options(options: Mapping[str, Any], format: Format | None) -> None:
    """Refuse a reader option that is unknown, or does not apply to a format.

    Raises
    ------
    TableError
        When there is such an option.
    """
    for option in options:
        formats = OPTIONS.get(option)
        if formats is None:  # another might name a place to read from instead, or an engine
            raise TableError(
                f"{option[:80]!r} is no reader option of dsnb's.",
                hint=f"They are {', '.join(OPTIONS)}.",
            )
        if format not in formats:
            named = f"--{option.replace('_', '-')}" if option in TYPED else option
            raise TableError(
                f"{named} applies to {', '.join(sorted(filter(None, formats)))} files, "
                f"and these are {format or 'no tables of one format'}.",
                hint="Leave it out.",
            )
    check_values(options)


def check_values(options: Mapping[str, Any]) -> None:
    """Refuse what a reader option cannot be.

    Raises
    ------
    TableError
        When there is such a value.
    """
    for option, value in options.items():
        if not _can_be(option, value):
            raise TableError(f"The reader option {option} cannot be {value!r:.80}.")
    if "partition_format" in options:
        partitions_of(options["partition_format"])


def ask_for_paths(options: Mapping[str, Any]) -> bool:
    """Tell whether what is read depends on what the files are called."""
    return bool(options.get("include_path") or options.get("partition_format"))


def columns_of_paths(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that the files' paths tell, and no file holds.

    Examples
    --------
    >>> columns_of_paths({"include_path": True, "partition_format": "/{city}.csv"})
    ('Path', 'city')
    """
    if not ask_for_paths(options):
        return ()
    check_values(options)  # they may come from a registry that others wrote
    told: tuple[str, ...] = (PATH,) if options.get("include_path") else ()
    if "partition_format" in options:
        told += partitions_of(options["partition_format"]).keys
    return told


def options_of_files(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that bear on what is read of each file alone, whatever its path is."""
    told = columns_of_paths(options)
    own = {
        name: value
        for name, value in options.items()
        if name not in _OF_PATHS and name != "empty_as_string"
    }
    if not told:
        return own
    for option, value in own.items():
        if option == "parse_dates" and isinstance(value, list | tuple):
            own[option] = [name for name in value if name not in told]
        elif option in _OF_COLUMNS and isinstance(value, Mapping):
            own[option] = {name: one for name, one in value.items() if name not in told}
    return own


def are_for_one_file(options: Mapping[str, Any]) -> bool:
    """Tell whether what is read of a file is settled by that file, and says all there is to say."""
    return options.get("header") != "first" and "invalid_lines" not in options


def _can_be(option: str, value: Any) -> bool:
    if option in ("include_path", "empty_as_string"):
        return isinstance(value, bool)
    if option == "partition_format":
        return isinstance(value, str)
    if option == "invalid_lines":
        return bool(value == "drop")
    if option == "header":
        return value in ("none", "first") or _are_texts(value)
    if option == "date_formats":
        return isinstance(value, Mapping) and all(map(_are_texts, value.values()))
    if option == "file_bases":
        return isinstance(value, list | tuple) and all(
            _are_texts(one) and len(one) == 2 for one in value
        )
    return True


def _are_texts(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(one, str) for one in value)
    )
