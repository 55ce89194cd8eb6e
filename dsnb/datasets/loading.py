"""Loading: a version's data, or an error that says what became of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from dsnb.datasets.originals import find_originals, is_still_so
from dsnb.datasets.stores import Stores
from dsnb.errors import TableError
from dsnb.records import Version
from dsnb.tables.conversion import ON_ARROW, Library, convert
from dsnb.tables.formats import TEXT, Format
from dsnb.tables.reading import EVERYTHING, Wanted, read_arrow, read_sample, read_table

if TYPE_CHECKING:
    import pandas as pd


def load(
    stores: Stores,
    version: Version,
    library: Library | None = None,
    wanted: Wanted = EVERYTHING,
    *,
    verify: bool = False,
    as_is: bool = False,
) -> Any:
    """Return the data of a version.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        What to load.
    library
        What the table shall be; None is a DataFrame of pandas for a table, else the list of the
        local paths.
    wanted
        The part of the table that is asked for.
    verify
        Whether to hash every file, rather than only those that seem touched.
    as_is
        Whether to load what is there although it is not what was registered.

    Raises
    ------
    DriftError
        When files changed or vanished and no snapshot keeps them.
    TableError
        When the version is no table, or cannot be read as one.
    """
    if version.deprecated is not None:
        why = f": {version.deprecated}" if version.deprecated else ""
        stores.notify(f"{version.ref} is deprecated{why}.")
    manifest = stores.manifest(version)
    while True:
        found = find_originals(stores, version, manifest, verify=verify, as_is=as_is)
        if found.notice:
            stores.notify(found.notice)
        if library == "paths" or (library is None and version.kind == "file"):
            if wanted != EVERYTHING:
                raise TableError(
                    f"{version.ref} is loaded as files, which have no rows or columns to choose.",
                    hint="Leave out --columns, --where and --limit.",
                )
            return found.paths
        try:
            data = _read_for(library or "pandas", stores, version, found.paths, wanted)
        except TableError:
            if all(map(os.path.exists, found.paths)):
                raise
            continue  # one is gone since they were found
        # What was written while it was read is noticed here, and then read from its snapshot.
        if as_is or is_still_so(stores, version, manifest, found):
            return convert(data, library or "pandas")


def preview(stores: Stores, version: Version, rows: int) -> pd.DataFrame:
    """Return the first rows of a version to look at; their types may not be those of the whole.

    Raises
    ------
    DriftError
        When files changed or vanished and no snapshot keeps them.
    TableError
        When the version is no table, or cannot be read as one.
    """
    kind = _format_of(version)
    paths = find_originals(stores, version, stores.manifest(version)).paths
    if kind in TEXT and kind != "json":
        return read_sample(paths[0], kind, version.definition.options, rows)
    return read(stores, version, paths, Wanted(limit=rows))


def read(
    stores: Stores, version: Version, paths: Sequence[str], wanted: Wanted = EVERYTHING
) -> pd.DataFrame:
    """Return the table that some files hold, read as those of a version, unchecked.

    Raises
    ------
    TableError
        When the version is no table, or cannot be read as one.
    """
    options = version.definition.options
    return read_table(list(paths), _format_of(version), options, wanted, stores.notify)


def _read_for(
    library: Library, stores: Stores, version: Version, paths: Sequence[str], wanted: Wanted
) -> Any:
    """Return the table as an Arrow table where files and library both speak Arrow."""
    held = _format_of(version)
    if library in ON_ARROW and held in ("parquet", "feather"):
        return read_arrow(list(paths), held, wanted, stores.notify)
    return read(stores, version, paths, wanted)


def _format_of(version: Version) -> Format:
    if version.kind != "tabular" or version.format is None:
        raise TableError(
            f"{version.ref} holds files that are no table of one format.",
            hint=f"Load their paths: paths = %ds load {version.ref} --as paths",
        )
    return cast("Format", version.format)
