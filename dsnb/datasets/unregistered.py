"""Files of a run that no version holds, as somebody sees them who only looks in passing.

`dsnb.datasets.candidates` asks the disk where each version lies, and may. Here the records come
from anywhere: a file is looked at only where `dsnb.storage.reach` admits it, no version's place is
touched, and of a file that is not looked at the records alone tell whether it was registered since.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from weakref import WeakKeyDictionary

from dsnb.catalog.base import View
from dsnb.datasets.candidates import name_for
from dsnb.datasets.drifting import quoted, typed_options
from dsnb.datasets.stores import Stores
from dsnb.errors import DsnbError
from dsnb.records import Source, Untracked, Version
from dsnb.storage.datastores import DEFAULT
from dsnb.storage.hashing import hash_files


def find_unregistered(stores: Stores, files: Iterable[Untracked], folder: str) -> dict[Source, str]:
    """Return the files that are still there and that no version holds as they are now.

    Each comes with the line that registers it, without ``%ds``; where none can be typed safely it
    is empty.

    Parameters
    ----------
    stores
        The workspace's keepers.
    files
        What a run read or wrote.
    folder
        Where the lines will be typed.
    """
    stores = stores.in_passing()
    view = stores.catalog.view()
    holders, contents = _holders_of(view), _Contents(stores)
    taken = set(view.names())
    found: dict[Source, str] = {}
    for file in {file.path: file for file in files}.values():
        try:
            place = stores.datastores.path(file.path.datastore, file.path.path)
        except DsnbError:
            continue  # it leads out of its datastore, or that is gone
        versions = holders.of(file.path)
        if _is_settled(stores, file, place, versions, contents):
            continue
        newest = next((one for one in versions if not one.definition.from_memory), None)
        found[file.path] = _line(stores, file.path, place, newest, taken, folder)
    return found


def _is_settled(
    stores: Stores,
    file: Untracked,
    place: str,
    versions: Sequence[Version],
    contents: _Contents,
) -> bool:
    """Tell whether a file is gone, or held by a version."""
    above, name = os.path.split(place)
    if not stores.reach.admits(place, above, [name]):
        return any(version.created >= file.at for version in versions)
    try:
        state = os.stat(place)
    except (OSError, ValueError):
        return True
    if not stat.S_ISREG(state.st_mode):
        return True
    return any(contents.is_in(version, file.path, place, state) for version in versions)


class _Contents:
    """What versions hold, by the files of their manifests; each is read once."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._files: dict[str, dict[tuple[str, str], tuple[int, str]]] = {}

    def is_in(self, version: Version, path: Source, place: str, state: os.stat_result) -> bool:
        """Tell whether a version holds a file as it is now; it is hashed only if it was touched."""
        size, digest = self._of(version).get((path.datastore, path.path), (-1, ""))
        if size != state.st_size:
            return False
        if state.st_mtime <= version.created.timestamp():
            return True
        try:
            [(content, _)] = hash_files([place])
        except (OSError, DsnbError):
            return False
        return content is not None and content.hex() == digest

    def _of(self, version: Version) -> dict[tuple[str, str], tuple[int, str]]:
        if version.id not in self._files:
            try:
                files = self._stores.manifest(version).files
                held = {(one.datastore, one.path): (one.size, one.hash) for one in files}
            except DsnbError:
                held = {}  # a damaged manifest is for `verify` to report
            self._files[version.id] = held
        return self._files[version.id]


class _Holders:
    """The newest version of each dataset, by the paths that its definition names."""

    def __init__(self, view: View) -> None:
        self._at: dict[tuple[str, str], list[Version]] = defaultdict(list)
        self._patterns: dict[str, list[tuple[str, Version]]] = defaultdict(list)
        for name in view.names():
            version = view.version(name, view.numbers(name)[-1])
            assert version is not None
            for source in version.definition.sources:
                self._at[source.datastore, source.path].append(version)
                if any(mark in source.path for mark in "*?["):
                    self._patterns[source.datastore].append((source.path, version))

    def of(self, path: Source) -> list[Version]:
        """Return the versions whose paths take a file in, newest first."""
        found = {
            version.id: version
            for above in _with_folders_above(path.path)
            for version in self._at.get((path.datastore, above), ())
        }
        for pattern, version in self._patterns.get(path.datastore, ()):
            if fnmatchcase(path.path, pattern):
                found[version.id] = version
        return sorted(found.values(), key=lambda version: version.created, reverse=True)


_KNOWN: WeakKeyDictionary[View, _Holders] = WeakKeyDictionary()


def _holders_of(view: View) -> _Holders:
    if view not in _KNOWN:
        _KNOWN[view] = _Holders(view)
    return _KNOWN[view]


def _with_folders_above(path: str) -> Iterator[str]:
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
    yield "."


def _line(
    stores: Stores, path: Source, place: str, holder: Version | None, taken: set[str], folder: str
) -> str:
    """Return what registers a file; as the next version of the dataset whose paths take it in."""
    try:
        if holder is None:
            name = name_for(place, taken)
            taken.add(name)  # the next file of that name is another dataset
            words = ["register", name, _typed(stores, path, folder)]
        else:
            verb = ["model", "register"] if holder.kind == "model" else ["register"]
            sources = holder.definition.sources
            typed = [_typed(stores, source, folder) for source in sources]
            words = [*verb, holder.name, *typed, *typed_options(holder)]
    except DsnbError:
        return ""
    line = " ".join(words)
    # A name that came from anywhere must not become code, nor look like something else.
    return line if line.isprintable() and not set(line) & set("{}$`\\'") else ""


def _typed(stores: Stores, path: Source, folder: str) -> str:
    """Return a path as it is typed in a folder, never to be taken for an option or a home."""
    place = stores.datastores.path(path.datastore, path.path)
    if path.datastore == DEFAULT and Path(folder).is_relative_to(stores.layout.root):
        place = os.path.relpath(place, folder)
    return quoted(f"./{place}" if place.startswith(("-", "~")) else place)
