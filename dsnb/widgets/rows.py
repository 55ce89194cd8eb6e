"""Records as rows that JSON can hold, short enough to be shown at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dsnb.display.text import shortened
from dsnb.display.versions import holds, shape
from dsnb.presenting import one_line
from dsnb.records import Column, FileEntry, Version
from dsnb.units import ago, count_text, exact, size_text

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

_LINE = 300
"""Characters of a description that a row shows."""
_CELL = 80
"""Characters of one value of a table."""
_WIDE = 50
"""Columns of a table that are shown beside each other."""
_COLUMNS = 1000
"""Columns that are listed below each other."""
_FILES = 10
"""Files that stand for a version that is no table."""


def dataset_row(name: str, numbers: Sequence[int]) -> Row:
    """Return a dataset as the list of datasets shows it.

    Examples
    --------
    >>> dataset_row("weather_ds", [1, 2])
    {'name': 'weather_ds', 'latest': 2, 'count': '2 versions'}
    """
    return {"name": name, "latest": numbers[-1], "count": count_text(len(numbers), "version")}


def version_row(version: Version, aliases: Iterable[str], previous: int | None) -> Row:
    """Return a version as the list of versions shows it.

    Parameters
    ----------
    version
        The record.
    aliases
        What else it is called, ``latest`` included.
    previous
        Number of the version before it.
    """
    return {
        "ref": version.ref,
        "dataset": version.name,
        "number": version.version,
        "previous": previous,
        "when": ago(version.created),
        "exact": exact(version.created),
        "by": _cut(version.creator),
        "description": _cut(version.description),
        "aliases": [_cut(alias) for alias in aliases],
        "holds": holds(version),
        "shape": shape(version) or count_text(version.files, "file"),
        "size": size_text(version.size),
        "kind": version.kind,
        "badge": badge(version),
        "why": _cut(version.deprecated or ""),
    }


def badge(version: Version) -> str:
    """Return what is told of a version before all else: that it should not be used any more."""
    return "" if version.deprecated is None else "⊘ deprecated"


def fits(version: Version, aliases: Iterable[str], text: str) -> bool:
    """Tell whether a version is one that somebody looks for.

    Parameters
    ----------
    version
        The record.
    aliases
        What else it is called.
    text
        A number (``2`` or ``@2``), or part of a description, alias, tag, creator or day.
    """
    wanted = text.strip().lower()
    digits = wanted.removeprefix(version.name.lower()).removeprefix("@")
    if digits.isdecimal():
        return str(version.version).startswith(digits)
    said = (
        version.ref,
        version.description,
        version.creator,
        badge(version),
        version.deprecated or "",
        f"{version.created.astimezone():%Y-%m-%d}",
        *aliases,
        *(f"{key}={value}" for key, value in version.tags.items()),
    )
    return any(wanted in one.lower() for one in said)


def frame_table(frame: pd.DataFrame) -> Row:
    """Return the rows of a small frame as texts; a missing value is None.

    Returns
    -------
    dict
        ``headers``, ``right`` (positions of the columns of numbers), ``rows`` and ``note``.
    """
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    shown = frame.iloc[:, :_WIDE]
    types = list(shown.dtypes)
    more = len(frame.columns) - len(types)
    return {
        "headers": [_cut(str(name), _CELL) for name in shown.columns],
        "right": [
            position
            for position, kind in enumerate(types)
            if is_numeric_dtype(kind) and not is_bool_dtype(kind)
        ],
        "rows": [
            [_value(value) for value in values]
            for values in zip(*(shown.iloc[:, i] for i in range(len(types))), strict=True)
        ],
        "note": f"… and {count_text(more, 'further column')}" if more else "",
    }


def file_table(files: Iterable[FileEntry], total: int) -> Row:
    """Return the first files of a version, as `frame_table` does rows."""
    rows = [
        [_cut(file.path), size_text(file.size)]
        for _, file in zip(range(_FILES), files, strict=False)
    ]
    more = total - len(rows)
    note = f"… and {count_text(more, 'further file')}" if more > 0 else ""
    return {"headers": ["File", "Size"], "right": [1], "rows": rows, "note": note}


def column_table(columns: Sequence[Column], key: Sequence[str]) -> Row:
    """Return the columns of a version, as `frame_table` does rows."""
    rows = [
        [_cut(column.name, _CELL), column.type, "key" if column.name in key else ""]
        for column in columns[:_COLUMNS]
    ]
    more = len(columns) - len(rows)
    note = f"… and {count_text(more, 'further column')}" if more else ""
    return {"headers": ["Column", "Type", ""], "right": [], "rows": rows, "note": note}


def aliases_of(number: int, aliases: Mapping[str, int], latest: int) -> list[str]:
    """Return what a version is called beside its number.

    Examples
    --------
    >>> aliases_of(2, {"prod": 2, "old": 1}, 2)
    ['latest', 'prod']
    """
    named = sorted(alias for alias, to in aliases.items() if to == number)
    return ["latest", *named] if number == latest else named


def _value(value: object) -> str | None:
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, float):
        return f"{value:.12g}"
    return _cut(str(value), _CELL)


def _cut(text: str, length: int = _LINE) -> str:
    return one_line(shortened(text, length))
