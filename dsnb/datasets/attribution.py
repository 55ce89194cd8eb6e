"""Attribution: which version a file that was read belongs to, by its place and its content."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from itertools import islice
from weakref import WeakKeyDictionary

from dsnb.catalog.base import View
from dsnb.catalog.pins import pinned_ids
from dsnb.datasets.inspection import every_version
from dsnb.datasets.stores import Stores
from dsnb.errors import DsnbError
from dsnb.records import Version
from dsnb.refs import ANONYMOUS
from dsnb.storage.datastores import LOCAL
from dsnb.storage.drift import places_of
from dsnb.storage.files import Stat, stat_of
from dsnb.storage.fingerprints import remember
from dsnb.storage.hashing import hash_files
from dsnb.storage.stats import clock

OTHERS = 5
"""Other versions with the same file that are told."""


def attribute(stores: Stores, reads: Mapping[str, Stat]) -> Iterator[tuple[str, Version | None]]:
    """Yield the versions that files belonged to when they were read, and what belongs to none.

    A file belongs to a version when it lies at one of its paths and had, when it was opened, the
    content that the version's manifest records. Of several such versions it is the newest. A file
    that was written since belongs to none, unless its earlier content is still remembered.

    Parameters
    ----------
    stores
        The workspace's keepers.
    reads
        Absolute paths that were opened for reading, each with its state at that moment.

    Yields
    ------
    tuple
        A path and its version, once for each version; or a path and None, for each of no version.
    """
    told: set[str] = set()
    for path, version in _attributed(stores, reads):
        if version is None or version.id not in told:
            yield path, version
        if version is not None:
            told.add(version.id)


def others_with(stores: Stores, path: str, version: Version) -> list[Version]:
    """Return versions that record the same content of a file as one does, `OTHERS` at most."""
    real = cache(os.path.realpath)
    places, groups = _places(stores), _Groups(stores)
    held_at = [*places.that_may_hold(path, real, lambda folder: places.near(folder, real))]
    own = [(held, name) for held, name in held_at if held.version.id == version.id]
    wanted = {groups.hash_of(held, name, real) for held, name in own} - {None}
    same = (
        held.version
        for held, name in held_at
        if held.version.id != version.id and groups.hash_of(held, name, real) in wanted
    )
    return list(islice({one.id: one for one in islice(same, 2 * OTHERS)}.values(), OTHERS))


def version_with_path(stores: Stores, path: str) -> Version | None:
    """Return the newest version whose paths take a file in, whatever the file holds now."""
    real = cache(os.path.realpath)
    places = _places(stores)
    for held, _ in places.that_may_hold(path, real, lambda folder: places.near(folder, real)):
        if _takes_in(held.place, real(path)):
            return held.version
    return None


def _takes_in(place: str, path: str) -> bool:
    """Tell whether a path of a definition is a file, or a folder or pattern that takes it in."""
    real = os.path.realpath(place)
    if real == path or path.startswith(os.path.join(real, "")):
        return True
    return glob.has_magic(place) and path in map(
        os.path.realpath, glob.iglob(place, recursive=True)
    )


def _attributed(stores: Stores, reads: Mapping[str, Stat]) -> Iterator[tuple[str, Version | None]]:
    """Yield each file with its newest version, or with None when there is none."""
    places, pinned = _places(stores), pinned_ids()
    groups, contents = _Groups(stores), _Contents(stores)
    # The files of a cell share their folders, and mostly their versions.
    real = cache(os.path.realpath)
    near = cache(lambda folder: places.near(folder, real))
    for path, found in reads.items():
        candidates: Iterable[tuple[_Held, str]] = places.that_may_hold(path, real, near)
        if pinned:  # what a notebook is run again with goes before what is newer
            candidates = sorted(candidates, key=lambda one: one[0].version.id not in pinned)
        for held, name in candidates:
            wanted = groups.hash_of(held, name, real)
            if wanted is not None and contents.of(held.place, name, path, found) == wanted:
                yield path, held.version
                break
        else:
            yield path, None
    contents.remember()


def data_folders(stores: Stores) -> tuple[str, ...]:
    """Return the real folders below which the files of all versions lie, and of all datastores."""
    return _places(stores).folders


@dataclass(frozen=True, slots=True)
class _Held:
    """One path of a version on this machine, and the real folder its files are named from."""

    version: Version
    index: int
    place: str
    base: str


class _Places:
    """The paths of all versions, found by the folders above a file."""

    def __init__(self, stores: Stores) -> None:
        self._at: dict[str, list[_Held]] = {}
        base_of = cache(_base_of)
        roots = stores.datastores.roots.items()
        self._roots = [os.path.realpath(root) for name, root in roots if name != LOCAL]
        for version in every_version(stores):
            if version.name == ANONYMOUS:
                continue  # a file is told to be of a dataset that the user knows, or of none
            try:
                places = places_of(version.definition, stores.datastores)
            except DsnbError:
                continue  # its datastore is not there any more
            for index, place in enumerate(places):
                held = _Held(version, index, place, base_of(place))
                self._at.setdefault(held.base, []).append(held)

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders of the datastores, and those of what lies outside of them."""
        return tuple(sorted({*self._roots, *self._at}))

    def that_may_hold(
        self, path: str, real: Callable[[str], str], near: Callable[[str], _Near]
    ) -> Iterator[tuple[_Held, str]]:
        """Yield the paths that a file lies below, each with its name there, newest version first.

        Files are recorded by names in which links are not resolved. So a file is looked for as it
        was opened, with its folder resolved, and with all links resolved.
        """
        folder, last = os.path.split(path)
        spellings = {(folder, last): None, (real(folder), last): None}
        if os.path.islink(path):
            spellings[os.path.split(real(path))] = None
        found = {
            (held.version.id, held.index, below + last): (held, below + last)
            for folder, last in spellings
            for held, below in near(folder)
        }
        if len(spellings) == 1:
            yield from found.values()
        else:
            yield from sorted(found.values(), key=_age, reverse=True)

    def near(self, folder: str, real: Callable[[str], str]) -> _Near:
        """Return the paths that a folder lies below, each with how names there begin.

        The newest version comes first.
        """
        found = []
        for above in _with_folders_above(folder):
            for held in self._at.get(real(above), ()):
                below = os.path.relpath(folder, above).replace(os.sep, "/")
                found.append((held, "" if below == "." else below + "/"))
        return sorted(found, key=_age, reverse=True)


_Near = list[tuple[_Held, str]]


def _age(found: tuple[_Held, str]) -> datetime:
    return found[0].version.created


_KNOWN: WeakKeyDictionary[View, tuple[Mapping[str, str], _Places]] = WeakKeyDictionary()
"""The paths of a registry's state, which is another object as soon as the registry changes."""


def _places(stores: Stores) -> _Places:
    view, roots = stores.catalog.view(), stores.datastores.roots
    known = _KNOWN.get(view)
    if known is None or known[0] != roots:
        known = _KNOWN[view] = (roots, _Places(stores))
    return known[1]


def _base_of(place: str) -> str:
    """Return the real folder that the files of a path are named from."""
    while glob.has_magic(place) and not os.path.exists(place):
        place = os.path.dirname(place)
    return os.path.realpath(place if os.path.isdir(place) else os.path.dirname(place))


def _with_folders_above(folder: str) -> Iterator[str]:
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        yield above
        folder = above


class _Groups:
    """The file lists of the versions in question, each read once for all files of a cell."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._read = cache(self._read_group)

    def hash_of(self, held: _Held, name: str, real: Callable[[str], str]) -> str | None:
        """Return the hash that a version records for a file, None when it has no such file."""
        base, hashes = self._read(held.version.manifest, held.index)
        return hashes.get(name) if base is not None and real(base) == held.base else None

    def _read_group(self, manifest: str, index: int) -> tuple[str | None, Mapping[str, str]]:
        try:
            group = self._stores.manifests.read(manifest).groups[index]
            base = self._stores.datastores.path(group.datastore, group.base)
        except (DsnbError, IndexError):
            return None, {}  # a damaged manifest is for `verify` to report, not for a cell
        return base, dict(zip(group.names, group.hashes, strict=True))


class _Contents:
    """What files held in the states in which they were opened."""

    def __init__(self, stores: Stores) -> None:
        self._cache = stores.stats
        self._began = clock()
        self._remembered = cache(stores.stats.load)
        self._hashed: dict[str, bytes | None] = {}
        self._fresh: dict[str, dict[str, tuple[Stat, bytes]]] = {}

    def of(self, place: str, name: str, path: str, found: Stat) -> str | None:
        """Return the hash of what a file held in a state, None when nobody knows any more."""
        remembered = self._remembered(place)
        content = None if remembered is None else remembered.hash_of(name, found)
        if content is None:
            if path not in self._hashed:
                self._hashed[path] = _hash_in_state(path, found)
            content = self._hashed[path]
            if content is not None:
                self._fresh.setdefault(place, {})[name] = (found, content)
        return None if content is None else content.hex()

    def remember(self) -> None:
        """Keep what had to be hashed, so that reading the same files again does not."""
        for place, files in self._fresh.items():
            stats = [found for found, _ in files.values()]
            hashes = b"".join(content for _, content in files.values())
            before = self._remembered(place)
            remember(place, list(files), stats, hashes, self._cache, self._began, before)


def _hash_in_state(path: str, found: Stat) -> bytes | None:
    try:
        if stat_of(os.stat(path)) != found:
            return None
        [(content, state)] = hash_files([path])
    except (OSError, DsnbError):
        return None
    return content if state == found else None
