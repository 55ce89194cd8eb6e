"""Loading: a version's data, or an error that says what became of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from dsnb.datasets.originals import find_originals, is_still_so
from dsnb.datasets.origins import marked
from dsnb.datasets.stores import Stores
from dsnb.errors import TableError
from dsnb.records import Manifest, Version
from dsnb.settings import read_config
from dsnb.tables.columnar import read_arrow
from dsnb.tables.conversion import ON_ARROW, Library, convert
from dsnb.tables.filecolumns import names_asked
from dsnb.tables.formats import TEXT, Format
from dsnb.tables.parsed import CACHED, Text
from dsnb.tables.parts import EVERYTHING, Wanted
from dsnb.tables.reading import keep_parsed, read_parsed, read_sample, read_table

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
        if library == "paths" or (library is None and version.kind != "tabular"):
            if wanted != EVERYTHING:
                raise TableError(
                    f"{version.ref} is loaded as files, which have no rows or columns to choose.",
                    hint="Leave out --columns, --where, --limit, --union and --strict.",
                )
            return found.paths
        try:
            known = None if as_is and found.drift else manifest
            data = _read_for(library or "pandas", stores, version, found.paths, wanted, known)
        except TableError:
            if all(map(os.path.exists, found.paths)):
                raise
            continue  # one is gone since they were found
        # What was written while it was read is noticed here, and then read from its snapshot.
        if as_is or is_still_so(stores, version, manifest, found):
            if known is not None and _is_read_whole(found.paths, wanted):
                _keep_parsed(stores, version, found.paths, known)
            table = convert(data, library or "pandas")
            return table if known is None else marked(table, version)


def preview(stores: Stores, version: Version, rows: int) -> pd.DataFrame:
    """Return the first rows of a version to look at; their types may not be those of the whole.

    Raises
    ------
    DriftError
        When files changed or vanished and no snapshot keeps them.
    TableError
        When the version is no table, or cannot be read as one.
    """
    kind = format_of(version)
    manifest = stores.manifest(version)
    paths = find_originals(stores, version, manifest).paths
    if kind in TEXT and kind != "json":
        options = version.definition.options
        return read_sample(paths[0], kind, options, rows, names_asked(manifest.groups, options))
    return read(stores, version, paths, Wanted(limit=rows), manifest)


def read(
    stores: Stores,
    version: Version,
    paths: Sequence[str],
    wanted: Wanted = EVERYTHING,
    manifest: Manifest | None = None,
) -> pd.DataFrame:
    """Return the table that some files hold, read as those of a version, unchecked.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        How they are read.
    paths
        The files.
    wanted
        The part of the table that is asked for.
    manifest
        What they hold, in the same order, where that was checked: what was parsed before then comes
        from the cache.

    Raises
    ------
    TableError
        When the version is no table, or cannot be read as one.
    """
    hashes = None
    if manifest is not None and version.format in CACHED and _room(stores):
        hashes = [file.hash for file in manifest.files]
    options = version.definition.options
    groups = (manifest or stores.manifest(version)).groups
    names = names_asked(groups, options)
    return read_table(
        list(paths), format_of(version), options, wanted, stores.notify, hashes, names
    )


def _read_for(
    library: Library,
    stores: Stores,
    version: Version,
    paths: Sequence[str],
    wanted: Wanted,
    manifest: Manifest | None,
) -> Any:
    """Return the table as an Arrow table where files, or the cache, and library speak Arrow."""
    held = format_of(version)
    stored = held in ("parquet", "feather") and not version.definition.options
    if library in ON_ARROW and stored:
        return read_arrow(list(paths), held, wanted, stores.notify)
    if library in ON_ARROW and manifest is not None and wanted == EVERYTHING and len(paths) == 1:
        [file] = manifest.files
        if held in CACHED and _room(stores):
            table = read_parsed(Text(paths[0], file.hash, held, version.definition.options))
            if table is not None:
                return table
    return read(stores, version, paths, wanted, manifest)


def _is_read_whole(paths: Sequence[str], wanted: Wanted) -> bool:
    """Tell whether all of each file was parsed, whatever of it was asked for.

    Who asks for some columns of a file may have no room for the others.
    """
    return wanted.columns is None or wanted.where is not None or len(paths) > 1


def _keep_parsed(
    stores: Stores, version: Version, paths: Sequence[str], manifest: Manifest
) -> None:
    held, options, room = format_of(version), version.definition.options, _room(stores)
    if held in CACHED and room:
        keep_parsed(
            (
                Text(path, file.hash, held, options)
                for path, file in zip(paths, manifest.files, strict=True)
            ),
            room,
        )


def _room(stores: Stores) -> int:
    return read_config(stores.layout.config).cache_bytes


def format_of(version: Version) -> Format:
    """Return the format of a version's files.

    Raises
    ------
    TableError
        When it is no table.
    """
    if version.kind != "tabular" or version.format is None:
        raise TableError(
            f"{version.ref} holds files that are no table of one format.",
            hint=f"Load their paths: paths = %ds load {version.ref} --as paths",
        )
    return cast("Format", version.format)
