"""Candidates: files that a run read or wrote, and that could be registered."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from dsnb.datasets.attribution import attribute, version_with_path
from dsnb.datasets.drifting import registering, registering_file
from dsnb.datasets.stores import Stores
from dsnb.errors import DsnbError
from dsnb.provenance.runs import Candidate
from dsnb.records import Untracked
from dsnb.refs import nearest_name
from dsnb.storage.files import stat_of


def find_candidates(stores: Stores, files: Sequence[Untracked]) -> list[Candidate]:
    """Return the files that are still there and that no version holds as they are now.

    Parameters
    ----------
    stores
        The workspace's keepers.
    files
        What a run read or wrote.
    """
    states, known = {}, {}
    for file in files:
        try:
            place = stores.datastores.path(file.path.datastore, file.path.path)
            states[place] = stat_of(os.stat(place))
        except (DsnbError, OSError):
            continue  # it is gone, or so is its datastore
        known[place] = file
    unheld = [place for place, version in attribute(stores, states) if version is None]
    view = stores.catalog.view()
    taken = {*view.names()}
    return [
        Candidate(
            path=stores.datastores.typed(known[place].path, str(stores.layout.root)),
            cells=known[place].cells,
            command=command_for(stores, place, taken),
        )
        for place in unheld
    ]


def command_for(stores: Stores, place: str, taken: set[str]) -> str:
    """Return what registers a file: as a dataset's next version where it lies at its paths."""
    version = version_with_path(stores, place)
    if version is not None and not version.definition.from_memory:
        try:
            if again := registering(stores, version):
                return again
        except DsnbError:
            pass  # its datastore is gone; the file is not
    return registering_file(stores, name_for(place, taken), place)


def name_for(place: str, taken: Collection[str]) -> str:
    """Return a name for what a file holds, if possible one that no dataset has yet."""
    stem = os.path.basename(place).split(".")[0]
    name = nearest_name(stem) or "data"
    if name in taken:
        folder = nearest_name(os.path.basename(os.path.dirname(place)))
        name = f"{folder}_{name}" if folder else f"{name}_2"
    return name
