"""Keeping house: what nothing refers to any more goes.

Sweeping happens under the registry's lock. Whoever registers writes bytes and file lists before the
registry names them, and looks again under that lock whether they are still there: so nothing that a
version needs is ever swept, whichever of the two comes first.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dsnb.catalog.base import View
from dsnb.datasets.inspection import every_version
from dsnb.datasets.originals import copies
from dsnb.datasets.profiles import unused_profiles
from dsnb.datasets.removal import EVERY, Retention, find_expired
from dsnb.datasets.stores import Stores
from dsnb.errors import RegistryDamagedError, RegistryError, UsageError, writing
from dsnb.presenting import Outcome
from dsnb.provenance.dependents import find_dependents, readers_of_versions
from dsnb.records import Version
from dsnb.settings import read_config
from dsnb.storage.atomic import leftovers
from dsnb.storage.claims import is_claimed, tidy
from dsnb.storage.datastores import DEFAULT
from dsnb.storage.layout import SCRATCH
from dsnb.tables.cachefiles import excess

UNUSED = 7 * 86_400
"""Seconds after which a copy of a kept file in the cache goes when nobody used it."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How much of one kind went, or would go."""

    kind: str
    files: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageCollection(Outcome):
    """The outcome of keeping house.

    Attributes
    ----------
    versions
        Those that the retention let go.
    swept
        What went, by kind; kinds of which there was nothing are left out.
    dry_run
        Whether all is still there.
    """

    versions: tuple[Version, ...]
    swept: tuple[Swept, ...]
    dry_run: bool

    @property
    def size(self) -> int:
        """Bytes that were, or would be, freed."""
        return sum(one.size for one in self.swept)


def collect(
    stores: Stores, retention: Retention = EVERY, *, dry_run: bool = False
) -> GarbageCollection:
    """Remove versions that a retention lets go, and everything that nothing refers to.

    Parameters
    ----------
    stores
        The workspace's keepers.
    retention
        Which versions stay; by default all.
    dry_run
        Whether only to tell what would go.

    Raises
    ------
    UsageError
        When the retention would not let anything go.
    RegistryError
        When the registry, or the list of a version's files, cannot be read: nobody then knows what
        is needed, and nothing is removed.
    """
    if retention.tagged and not retention:
        raise UsageError(
            "--keep-tagged alone lets nothing go.",
            hint="Say which of the others go: --keep-last N or --older-than 30d",
        )
    readers = readers_of_versions(stores.catalog.runs().values())

    def expired(view: View) -> list[Version]:
        return find_expired(
            view,
            retention,
            lambda version: bool(
                find_dependents(
                    version, view.aliases(version.name), readers, view.made_from(version.id)
                )
            ),
        )

    if dry_run:
        going = expired(stores.catalog.view())
    elif retention:
        with stores.catalog.transaction() as transaction:
            going = expired(transaction)
            for version in going:
                transaction.remove_version(version)
    else:
        going = []
    # The registry must have let go of a version before its bytes do.
    gone = {version.id for version in going}
    contents: dict[str, frozenset[str]] = {}
    _Needs(stores, gone, contents)  # reads most file lists before the lock is taken
    with stores.catalog.transaction():
        needs = _Needs(stores, gone, contents)
        swept = tuple(_sweep(stores, needs, dry_run=dry_run))
    return GarbageCollection(versions=tuple(going), swept=swept, dry_run=dry_run)


class _Needs:
    """What the versions of a registry need: file lists, contents, folders.

    Parameters
    ----------
    stores
        The workspace's keepers.
    gone
        Ids of versions that need nothing any more.
    contents
        The contents that manifests list, by address; what is read is added.
    """

    def __init__(self, stores: Stores, gone: Set[str], contents: dict[str, frozenset[str]]) -> None:
        self.manifests: set[str] = set()
        self.contents: set[str] = set()
        self.folders: set[Path] = set()
        self.runs: set[str] = set()
        root, data = stores.layout.root, stores.layout.data
        runs = stores.layout.run_folders
        for version in every_version(stores):
            if version.id in gone:
                continue
            self.manifests.add(version.manifest)
            if version.kept:
                if version.manifest not in contents:
                    contents[version.manifest] = _contents(stores, version)
                self.contents |= contents[version.manifest]
            for source in version.definition.sources:
                place = root / source.path
                if source.datastore == DEFAULT and place.is_relative_to(data):
                    self.folders.add(data.joinpath(*place.relative_to(data).parts[:2]))
                elif source.datastore == DEFAULT and place.is_relative_to(runs):
                    self.runs.update(place.relative_to(runs).parts[:1])


def _contents(stores: Stores, version: Version) -> frozenset[str]:
    try:
        return frozenset(file.hash for file in stores.manifest(version).files)
    except RegistryDamagedError as error:
        raise RegistryError(
            f"What {version.ref} needs is unknown, so nothing was swept: {error.message}",
            hint="Mend it first: %ds doctor --repair",
        ) from error


def _sweep(stores: Stores, needs: _Needs, *, dry_run: bool) -> Iterator[Swept]:
    """Remove what is not needed; yield how much of each kind."""
    snapshots = stores.snapshots.sweep(needs.contents, dry_run=dry_run)
    layout, room = stores.layout, read_config(stores.layout.config).cache_bytes
    kinds = (
        ("snapshots", snapshots.files, snapshots.size),
        ("file lists", *_remove(stores.manifests.unneeded(needs.manifests), dry_run)),
        ("tables", *_remove(_unneeded_folders(layout.data, needs.folders), dry_run)),
        ("folders of runs", *_remove(_unneeded_runs(stores, needs), dry_run)),
        ("leftovers", *_remove(find_leftovers(stores), dry_run)),
        ("copies in the cache", *_remove(_unused_copies(), dry_run)),
        ("parsed tables in the cache", *_remove(excess(room), dry_run)),
        ("profiles in the cache", *_remove(unused_profiles(), dry_run)),
    )
    if not dry_run:
        tidy(layout.data)
    for kind, files, size in kinds:
        if files:
            yield Swept(kind, files, size)


def _unneeded_folders(data: Path, needed: set[Path]) -> Iterator[Path]:
    """Yield the folders of tables that no version names and nobody is filling."""
    for name in _listed(data):
        for folder in _listed(name):
            if folder.is_dir() and folder not in needed and not is_claimed(folder):
                yield folder


def _unneeded_runs(stores: Stores, needs: _Needs) -> Iterator[Path]:
    """Yield the folders of runs that are not recorded, and what killed runs left of others."""
    # A run is recorded before it has a folder, so the folders are looked at before the records.
    folders = _listed(stores.layout.run_folders)
    known = stores.catalog.runs()
    for folder in folders:
        if folder.is_symlink():
            continue  # dsnb makes none there, and what it leads to was never dsnb's
        if folder.name in known:
            scratch = folder / SCRATCH
            if scratch.is_dir() and not scratch.is_symlink() and not is_claimed(scratch):
                yield scratch
        elif folder.name not in needs.runs:
            yield folder


def find_leftovers(stores: Stores) -> Iterator[Path]:
    """Yield what processes that were killed left behind, beside what snapshots sweep themselves."""
    for path in leftovers(stores.layout.folder):
        if not path.is_relative_to(stores.layout.objects):
            yield path


def _unused_copies() -> Iterator[Path]:
    latest = time.time() - UNUSED
    for copy in copies():
        with suppress(OSError):
            if copy.stat().st_mtime < latest:
                yield copy


def _remove(paths: Iterable[Path], dry_run: bool) -> tuple[int, int]:
    """Remove files and folders; return how many files there were, and their bytes."""
    files = size = 0
    for path in list(paths):
        inside = [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
        for file in inside or [path]:
            with suppress(OSError):
                size += file.stat().st_size
                files += 1
        if not dry_run:
            if path.is_dir():
                _open_folders(path)
                shutil.rmtree(path, ignore_errors=True)
            else:
                with writing(path):
                    path.unlink(missing_ok=True)
    return files, size


def _open_folders(path: Path) -> None:
    """Let what lies in folders that are closed to writing be removed; links are not followed."""
    if not path.is_symlink():
        for folder, _, _ in os.walk(path):
            with suppress(OSError):
                os.chmod(folder, stat.S_IRWXU)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
