"""Columns that no file holds: what the path of each row's file tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dsnb.errors import TableError
from dsnb.records import FileGroup, Manifest
from dsnb.tables.options import PATH, ask_for_paths, check_values, columns_of_paths
from dsnb.tables.partitions import Value, partitions_of
from dsnb.tables.retyping import ISO, retyped

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class FileName:
    """What a file is called, wherever its bytes are read from.

    Attributes
    ----------
    path
        Below the root of its datastore.
    below
        Below the folder that holds all files of its version.
    """

    path: str
    below: str


def named(groups: Iterable[FileGroup], options: Mapping[str, Any]) -> list[FileName]:
    """Return what files are called, and were called where they were registered.

    Parameters
    ----------
    groups
        The files, as a manifest has them.
    options
        Reader options of their version.

    Examples
    --------
    >>> groups = [FileGroup("default", f"data/{week}", ("weather.csv",), (), ()) for week in "ab"]
    >>> [name.below for name in named(groups, {})]
    ['a/weather.csv', 'b/weather.csv']
    """
    check_values(options)  # they may come from a registry that others wrote
    bases = options.get("file_bases", ())
    groups = list(groups)
    for number, (datastore, base) in enumerate(bases[: len(groups)]):
        groups[number] = replace(groups[number], datastore=datastore, base=base.lstrip("/"))
    several = len({group.datastore for group in groups}) > 1
    folders = [PurePosixPath(*([one.datastore] if several else []), one.base) for one in groups]
    common = _common_folder(folders)
    names = []
    for folder, group in zip(folders, groups, strict=True):
        within = folder.relative_to(common).as_posix()
        above = "" if within == "." else f"{within}/"
        names += [FileName(group.path(name), f"{above}{name}") for name in group.names]
    return names


def names_asked(groups: Iterable[FileGroup], options: Mapping[str, Any]) -> list[FileName]:
    """Return what files are called where reader options ask for that, else nothing.

    Raises
    ------
    TableError
        When they ask for what cannot be.
    """
    return named(groups, options) if ask_for_paths(options) else []


def as_registered(manifest: Manifest, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return reader options that still mean the same when the files lie elsewhere."""
    if not ask_for_paths(options):
        return options
    check_values(options)
    known = [list(base) for base in options.get("file_bases", ())]
    bases = [[group.datastore, group.base] for group in manifest.groups]
    return {**options, "file_bases": known + bases[len(known) :]}


def keys_of(names: Sequence[FileName], format: str) -> list[tuple[Value, ...]]:
    """Return the values of a partition format's keys for each file.

    Raises
    ------
    TableError
        When a file's path does not fit.
    """
    partitions = partitions_of(format)
    return [partitions.values_of(f"/{name.path}") for name in names]


def check_names(names: Sequence[FileName], options: Mapping[str, Any]) -> None:
    """Refuse files whose paths do not fit what reader options ask of them.

    Raises
    ------
    TableError
        When there is one.
    """
    if "partition_format" in options:
        keys_of(names, options["partition_format"])


def with_columns_of_paths(
    frame: pd.DataFrame,
    rows: Sequence[int],
    names: Sequence[FileName],
    options: Mapping[str, Any],
) -> pd.DataFrame:
    """Return a frame with the columns that the paths of its files tell.

    Parameters
    ----------
    frame
        The rows of all files; it may be changed.
    rows
        How many are of each file.
    names
        What each file is called.
    options
        Reader options.

    Raises
    ------
    TableError
        When a path does not fit, or the files hold a column of that name.
    """
    added = columns_of_paths(options)
    if not added:
        return frame
    for name in added:
        if name in frame.columns or added.count(name) > 1:
            raise TableError(
                f"The column {name}, which the paths of the files tell, is there already.",
                hint="Name the key of the partition format otherwise.",
            )
    told = _repeated(_told(names, options), rows)
    for number, name in enumerate(added):
        # The path comes first, as who reads the table looks for it there; what it tells, last.
        place = 0 if number == 0 and name == PATH and options.get("include_path") else None
        values = told[name].array
        frame.insert(frame.shape[1] if place is None else place, name, values)
    return frame


def _told(names: Sequence[FileName], options: Mapping[str, Any]) -> pd.DataFrame:
    """Return what the paths tell, a row for each file."""
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    if options.get("include_path"):
        columns[PATH] = pd.Series([f"/{name.below}" for name in names])
    if "partition_format" in options:
        partitions = partitions_of(options["partition_format"])
        found = zip(*keys_of(names, partitions.format), strict=True)
        for key, values in zip(partitions.keys, found, strict=True):
            dates = key == partitions.date
            columns[key] = pd.Series(list(values), dtype="datetime64[us]" if dates else None)
    frame = pd.DataFrame(columns)
    formats: dict[str, Sequence[str]] = dict.fromkeys(options.get("parse_dates", ()), ISO)
    formats |= options.get("date_formats", {})
    try:
        return retyped(
            frame,
            {name: kind for name, kind in options.get("dtype", {}).items() if name in columns},
            {name: tried for name, tried in formats.items() if name in columns},
        )
    except (ValueError, TypeError, ArithmeticError) as error:
        raise TableError(
            f"What the files' paths tell cannot be read so: {error}.",
            hint="Choose other types for these columns.",
        ) from error


def _repeated(told: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    import numpy as np

    return told.take(np.repeat(np.arange(len(rows)), rows))


def _common_folder(folders: Sequence[PurePosixPath]) -> PurePosixPath:
    common = folders[0]
    while not all(folder.is_relative_to(common) for folder in folders):
        common = common.parent
    return common
