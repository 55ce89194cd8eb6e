"""Registering tables from memory: they are kept as Parquet, in a folder of their own each time."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dsnb.datasets.content import find_content
from dsnb.datasets.drifting import find_version_drift
from dsnb.datasets.origins import parents_of
from dsnb.datasets.registration import (
    Registration,
    Request,
    asks_for_more,
    kept_if_asked,
    latest_of,
    record,
    unchanged,
)
from dsnb.datasets.stores import Stores
from dsnb.errors import writing
from dsnb.records import Definition, Source, Version, now
from dsnb.refs import check_name
from dsnb.storage.atomic import file_mode, make_folder
from dsnb.storage.claims import claimed
from dsnb.tables.hashing import hash_table
from dsnb.tables.memory import write_exactly


def register_table(stores: Stores, table: object, request: Request) -> Registration:
    """Keep a table that is in memory as Parquet, and record that as a version.

    It comes from what the request names; where that is nothing, from what the table itself carries.

    Raises
    ------
    TableError
        When it is no table, or Parquet cannot hold it exactly; nothing is left behind then.
    """
    check_name(request.name)
    if request.parents:
        request = replace(request, parents_matter=True)
    else:
        request = replace(request, parents=parents_of(stores.catalog.view(), table))
    request = replace(request, table=hash_table(table))
    if (known := _registered_table(stores, request)) is not None:
        return kept_if_asked(stores, known, request)
    moment = f"{now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    folder = stores.layout.tables(request.name) / moment
    try:
        with writing(folder), claimed(folder):
            try:
                make_folder(folder)
                path = write_exactly(table, folder)
                with suppress(PermissionError):  # a file system that knows no permissions
                    path.chmod(file_mode(folder))
                place = path.relative_to(stores.layout.root).as_posix()
                source = Source(datastore="default", path=place)
                definition = Definition(sources=(source,), from_memory=True)
                done = record(stores, find_content(stores, definition), request)
                if not done.created:
                    _put_back(stores, done.version, path)
                return kept_if_asked(stores, done, request)
            finally:
                _remove_unless_registered(stores, request.name, folder)
    finally:
        with suppress(OSError):
            # They stay while they hold other tables.
            folder.parent.rmdir()
            stores.layout.data.rmdir()


def _registered_table(stores: Stores, request: Request) -> Registration | None:
    """Return the latest version when its file is sound and holds this very table already."""
    view = stores.catalog.view()
    latest = latest_of(view, request.name)
    if latest is None or request.table is None or latest.table != request.table:
        return None
    if asks_for_more(latest, request) or not stores.manifests.is_whole(latest.manifest):
        return None
    if find_version_drift(stores, latest, stores.manifest(latest)):
        return None
    return unchanged(stores, view, latest, request)


def _put_back(stores: Stores, version: Version, path: Path) -> None:
    """Put a table's file where the version that holds the same has lost it."""
    definition = version.definition
    if not (definition.from_memory and definition.is_own and len(definition.sources) == 1):
        return  # dsnb writes only where it laid files out itself, whatever a record says
    if find_version_drift(stores, version, stores.manifest(version)):
        [source] = definition.sources
        place = Path(stores.datastores.path(source.datastore, source.path))
        make_folder(place.parent)
        os.replace(path, place)


def _remove_unless_registered(stores: Stores, name: str, folder: Path) -> None:
    """Remove a table's folder unless a version names it.

    Ctrl-C may come after the version was recorded, so that only the registry can tell.
    """
    place = folder.relative_to(stores.layout.root).as_posix()
    view = stores.catalog.view()
    for number in reversed(view.numbers(name)):
        version = view.version(name, number)
        if version and any(one.path.startswith(place) for one in version.definition.sources):
            return
    shutil.rmtree(folder, ignore_errors=True)
