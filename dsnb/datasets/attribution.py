"""Attribution: which version a file that was read belongs to, by its place and its content."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from functools import cache

from dsnb.datasets.inspection import every_version
from dsnb.datasets.stores import Stores
from dsnb.errors import DsnbError
from dsnb.records import FileGroup, Version
from dsnb.storage.drift import places_of
from dsnb.storage.files import Stat, stat_of
from dsnb.storage.hashing import hash_files


def find_versions_of(stores: Stores, reads: Mapping[str, Stat]) -> Iterator[Version]:
    """Yield the version that each file belonged to when it was read.

    A file belongs to a version when it lies at one of its paths and had, when it was opened, the
    content that the version's manifest records. Of several such versions it is the newest. What
    belongs to none is passed over, and so is a file that was written since, unless its earlier
    content is still remembered.

    Parameters
    ----------
    stores
        The workspace's keepers.
    reads
        Absolute paths that were opened for reading, each with its state at that moment.
    """
    groups = _Groups(stores)
    for path, found in reads.items():
        real = os.path.realpath(path)
        content: bytes | None = None
        for version, place, group in groups.that_hold(real):
            name = os.path.relpath(real, groups.folder(group)).replace(os.sep, "/")
            wanted = groups.hashes(group).get(name)
            if wanted is None:
                continue
            if content is None:
                content = _content(stores, place, name, real, found)
            if content is not None and content.hex() == wanted:
                yield version
                break


class _Groups:
    """The paths of all versions, found by the folders above a file."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._at: dict[str, list[tuple[Version, str, int]]] = {}
        newest_first = sorted(every_version(stores), key=lambda one: one.created, reverse=True)
        for version in newest_first:
            try:
                places = places_of(version.definition, stores.datastores)
            except DsnbError:
                continue  # its datastore is not there any more
            for index, place in enumerate(places):
                above = place
                while glob.has_magic(above) and not os.path.exists(above):
                    above = os.path.dirname(above)
                held = self._at.setdefault(os.path.realpath(above), [])
                held.append((version, place, index))
        # The same manifest and group serve every file of a cell.
        self._group = cache(self._read_group)
        self.hashes = cache(lambda group: dict(zip(group.names, group.hashes, strict=True)))

    def that_hold(self, path: str) -> Iterator[tuple[Version, str, FileGroup]]:
        """Yield the versions with a path at or above a file, newest first."""
        found = []
        above = path
        while True:
            found += self._at.get(above, [])
            parent = os.path.dirname(above)
            if parent == above:
                break
            above = parent
        for version, place, index in sorted(found, key=lambda one: one[0].created, reverse=True):
            group = self._group(version.manifest, index)
            if group is not None:
                yield version, place, group

    def folder(self, group: FileGroup) -> str:
        """Return the real folder below which a group's names are."""
        return os.path.realpath(self._stores.datastores.path(group.datastore, group.base))

    def _read_group(self, manifest: str, index: int) -> FileGroup | None:
        try:
            return self._stores.manifests.read(manifest).groups[index]
        except (DsnbError, IndexError):
            return None  # a damaged manifest is for `verify` to report, not for a cell that reads


def _content(stores: Stores, place: str, name: str, path: str, found: Stat) -> bytes | None:
    """Return the hash of what a file held in a state, None when nobody knows any more."""
    remembered = stores.stats.load(place)
    if remembered is not None and (known := remembered.hash_of(name, found)) is not None:
        return known
    try:
        if stat_of(os.stat(path)) != found:
            return None
        [(content, state)] = hash_files([path])
    except (OSError, DsnbError):
        return None
    return content if state == found else None
