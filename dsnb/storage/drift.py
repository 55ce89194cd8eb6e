"""Drift: what became of a version's files since it was registered."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from dsnb.records import Definition, FileEntry, FileGroup, Manifest
from dsnb.storage.datastores import Datastores
from dsnb.storage.files import Listing, Stat, stat_of
from dsnb.storage.fingerprints import Progress, fingerprint, quiet
from dsnb.storage.manifests import hash_bytes
from dsnb.storage.reach import Reach
from dsnb.storage.stats import HASH_BYTES, StatCache

Fate = Literal["changed", "missing", "unreadable", "not a file", "not looked at"]


@dataclass(frozen=True, slots=True)
class FileDrift:
    """What became of one file.

    Attributes
    ----------
    path
        Below its datastore's root.
    fate
        What happened.
    size_before, size_now
        Bytes; now is None when the file cannot be read.
    modified
        When it was last written (UTC), where it is still there.
    datastore
        The datastore that it belongs to.
    """

    path: str
    fate: Fate
    size_before: int
    size_now: int | None = None
    modified: datetime | None = None
    datastore: str = "default"

    @property
    def key(self) -> tuple[str, str]:
        """Datastore and path, by which a manifest finds the file."""
        return (self.datastore, self.path)


@dataclass(frozen=True, slots=True)
class Drift:
    """The state of a version's files on disk.

    Attributes
    ----------
    files
        Number of files in the manifest.
    drifted
        Those that changed or vanished, or were not looked at.
    news
        Files that are below the registered paths now and were not then; no drift.
    full
        Whether every content was hashed, rather than only what seemed touched.
    """

    files: int
    drifted: tuple[FileDrift, ...]
    news: tuple[str, ...] = ()
    full: bool = False

    def __bool__(self) -> bool:
        return bool(self.drifted)

    @property
    def unseen(self) -> int:
        """Number of files outside the workspace that were not looked at in passing."""
        return sum(file.fate == "not looked at" for file in self.drifted)


def places_of(definition: Definition, datastores: Datastores) -> list[str]:
    """Return the paths of a definition on this machine, in order."""
    return [datastores.path(source.datastore, source.path) for source in definition.sources]


def find_drift(
    manifest: Manifest,
    definition: Definition,
    datastores: Datastores,
    reach: Reach,
    cache: StatCache,
    *,
    full: bool = False,
    progress: Progress = quiet,
) -> Drift:
    """Compare the files on disk with a version's manifest.

    Size and times are looked at first; a file is hashed when those are not the remembered ones.

    Parameters
    ----------
    manifest, definition
        Of the version.
    datastores
        Where its files lie.
    reach
        Which places may be looked at.
    cache
        The remembered states.
    full
        Whether to hash every file.
    progress
        Told how much there is to hash, and then of each piece that is done.
    """
    drifted: list[FileDrift] = []
    places = places_of(definition, datastores)
    for place, group in zip(places, manifest.groups, strict=True):
        paths = datastores.paths(group)
        base = datastores.path(group.datastore, group.base)
        if reach.admits(place, base, group.names):
            drifted += _drift_of_group(place, base, group, paths, cache, full, progress)
        else:
            drifted += [_lost(file, "not looked at") for file in group.files]
    return Drift(manifest.count, tuple(drifted), full=full)


def _drift_of_group(
    place: str,
    base: str,
    group: FileGroup,
    paths: Sequence[str],
    cache: StatCache,
    full: bool,
    progress: Progress,
) -> list[FileDrift]:
    drifted: list[FileDrift] = []
    names: list[str] = []
    stats: list[Stat] = []
    expected: list[FileEntry] = []
    for file, name, path in zip(group.files, group.names, paths, strict=True):
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            drifted.append(_lost(file, "missing"))
            continue
        except OSError:
            drifted.append(_lost(file, "unreadable"))
            continue
        if not stat.S_ISREG(found.st_mode):
            drifted.append(_lost(file, "not a file"))
        elif found.st_size != file.size:
            drifted.append(_changed(file, found))
        elif not os.access(path, os.R_OK):
            drifted.append(_lost(file, "unreadable"))
        else:
            names.append(name)
            stats.append(stat_of(found))
            expected.append(file)
    if names:
        listing = Listing(base, names, stats)
        now = fingerprint(place, listing, cache, full=full, part=True, progress=progress)
        drifted += _differing(expected, now.hashes, base, names)
    return drifted


def _differing(
    expected: Sequence[FileEntry], hashes: bytes, base: str, names: Sequence[str]
) -> list[FileDrift]:
    wanted = hash_bytes(file.hash for file in expected)
    if wanted == hashes:
        return []
    drifted = []
    for index, file in enumerate(expected):
        span = slice(HASH_BYTES * index, HASH_BYTES * (index + 1))
        if wanted[span] != hashes[span]:
            drifted.append(_changed(file, os.stat(os.path.join(base, names[index]))))
    return drifted


def _changed(file: FileEntry, found: os.stat_result) -> FileDrift:
    modified = datetime.fromtimestamp(found.st_mtime, UTC)
    return FileDrift(
        file.path, "changed", file.size, found.st_size, modified, datastore=file.datastore
    )


def _lost(file: FileEntry, fate: Fate) -> FileDrift:
    return FileDrift(file.path, fate, file.size, datastore=file.datastore)
