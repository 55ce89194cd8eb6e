"""Looking around: which datasets and versions there are, and how they stand."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dsnb.catalog.base import View
from dsnb.catalog.resolving import known_numbers
from dsnb.datasets.drifting import dependents_of, find_version_drift
from dsnb.datasets.profiles import NO_TABLE, Effort, Profiling, find_profile
from dsnb.datasets.stores import Stores
from dsnb.errors import RegistryDamagedError, RegistryError
from dsnb.presenting import Presentable
from dsnb.provenance.dependents import NONE, Dependents
from dsnb.provenance.stale import Stale, find_stale
from dsnb.records import FileEntry, Parent, Run, Version
from dsnb.refs import ANONYMOUS
from dsnb.storage.configuration import list_datastores
from dsnb.storage.discovery import cache_folder
from dsnb.storage.drift import Drift, FileDrift
from dsnb.tables.profiles import Profile


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version with the aliases that point to it."""

    version: Version
    aliases: tuple[str, ...]
    is_latest: bool


@dataclass(frozen=True, slots=True)
class DatasetList(Presentable):
    """The datasets of a workspace, each by its latest version.

    Attributes
    ----------
    workspace
        Its folder.
    rows
        The latest version of each dataset that was asked for, by name.
    counts
        Number of versions of each, as long as ``rows``.
    pattern, tags
        What was asked for.
    """

    workspace: str
    rows: tuple[VersionRow, ...]
    counts: tuple[int, ...]
    pattern: str = ""
    tags: Mapping[str, str] | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class VersionList(Presentable):
    """The versions of one dataset, newest first."""

    name: str
    rows: tuple[VersionRow, ...]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class VersionDetails(Presentable):
    """Everything about one version.

    Attributes
    ----------
    row
        The version and its aliases.
    drift
        How its files stand on disk now.
    files
        The first files of its manifest; ``row.version.files`` tells how many there are.
    newer
        Reference of the latest version, when this one is older.
    dependents
        What refers to it.
    parents
        References of the versions it was made from, as they are called now.
    profiling
        What its table holds, or why that is not told.
    """

    row: VersionRow
    drift: Drift
    files: tuple[FileEntry, ...]
    newer: str | None
    dependents: Dependents = NONE
    parents: tuple[str, ...] = ()
    profiling: Profiling = NO_TABLE

    @property
    def version(self) -> Version:
        """The version."""
        return self.row.version

    @property
    def profile(self) -> Profile | None:
        """What its table holds, column by column; None where ``profiling`` says why not."""
        return self.profiling.profile


@dataclass(frozen=True, slots=True)
class Verification(Presentable):
    """How the files of some versions stand on disk; true when none has drifted.

    Attributes
    ----------
    rows
        Each version with the state of its files.
    dependents
        What refers to each version, as long as ``rows``; looked up for those that drifted.
    """

    rows: tuple[tuple[Version, Drift], ...]
    dependents: tuple[Dependents, ...] = ()

    def __bool__(self) -> bool:
        return not any(drift for _, drift in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceStatus(Presentable):
    """What is where.

    Attributes
    ----------
    folder
        The workspace's folder.
    datasets, versions
        Their numbers.
    runs
        Number of runs, None when their records cannot be read.
    registry_size, kept_size, cache_size
        Bytes on disk: of the records, of snapshots and tables that dsnb keeps, of the cache.
    cache
        The user's cache folder, shared by all workspaces.
    datastores
        Name, folder and whether it is there.
    drifted
        References of latest versions whose files changed or vanished.
    run
        The session's run, if it has begun.
    stale
        Its inputs that have been overtaken.
    """

    folder: str
    datasets: int
    versions: int
    runs: int | None
    registry_size: int
    kept_size: int
    cache: str
    cache_size: int
    datastores: tuple[tuple[str, str, str], ...]
    drifted: tuple[str, ...]
    run: Run | None = None
    stale: tuple[Stale, ...] = ()


SHOWN_FILES = 1000


def list_datasets(
    stores: Stores, pattern: str = "", tags: Mapping[str, str] | None = None
) -> DatasetList:
    """Return the datasets whose name fits a pattern and whose latest version has some tags.

    Parameters
    ----------
    stores
        The workspace's keepers.
    pattern
        A shell pattern, or a part of the name.
    tags
        Tags that the latest version must have.
    """
    view = stores.catalog.view()
    rows, counts = [], []
    for name in view.names():
        if pattern and not _fits(name, pattern):
            continue
        numbers = view.numbers(name)
        [row] = _rows(view, name, numbers[-1:])
        if row.version.kind == "model":
            continue
        if all(row.version.tags.get(key) == value for key, value in (tags or {}).items()):
            rows.append(row)
            counts.append(len(numbers))
    return DatasetList(str(stores.layout.root), tuple(rows), tuple(counts), pattern, tags)


def list_versions(stores: Stores, name: str) -> VersionList:
    """Return the versions of a dataset, newest first.

    Raises
    ------
    DatasetNotFoundError
        When there is none of that name.
    """
    view = stores.catalog.view()
    numbers = known_numbers(view, name)
    return VersionList(name, tuple(_rows(view, name, numbers[::-1])))


def show(stores: Stores, version: Version, effort: Effort = "none") -> VersionDetails:
    """Return everything about a version, its state on disk included, as far as that is safe.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        Which one.
    effort
        What its profile may cost.
    """
    # Unasked, nothing is read that lies where this workspace was never used.
    profiling = find_profile(stores if effort == "any" else stores.in_passing(), version, effort)
    stores = stores.in_passing()
    view = stores.catalog.view()
    latest = view.numbers(version.name)[-1]
    [row] = _rows(view, version.name, [version.version])
    [dependents] = dependents_of(stores, [version])
    return VersionDetails(
        row,
        _state(stores, version, news=True),
        _first_files(stores, version),
        None if latest == version.version else f"{version.name}@{latest}",
        dependents,
        tuple(_called_now(view, parent) for parent in version.parents),
        profiling,
    )


def _called_now(view: View, parent: Parent) -> str:
    version = view.by_id(parent.id)
    ref = f"{parent.ref} (not here any more)" if version is None else version.ref
    return f"{ref} ({parent.role})" if parent.role else ref


def verify(
    stores: Stores, versions: Sequence[Version] | None, *, full: bool = False
) -> Verification:
    """Compare the files of some versions with what was registered.

    Parameters
    ----------
    stores
        The workspace's keepers.
    versions
        Which ones; None is every version of every dataset.
    full
        Whether to hash every file, rather than only those that seem touched.
    """
    rows = tuple(
        (version, _state(stores, version, full=full, news=True))
        for version in (_named_versions(stores) if versions is None else versions)
    )
    if not any(drift for _, drift in rows):
        return Verification(rows)
    concerned = dependents_of(stores, [version for version, _ in rows])
    return Verification(rows, tuple(concerned))


def every_version(stores: Stores) -> Iterator[Version]:
    """Yield every version of every dataset, and after them what was saved without a name."""
    yield from _named_versions(stores)
    view = stores.catalog.view()
    for number in view.numbers(ANONYMOUS):
        version = view.version(ANONYMOUS, number)
        assert version is not None
        yield version


def _named_versions(stores: Stores) -> Iterator[Version]:
    view = stores.catalog.view()
    for name in view.names():
        for row in _rows(view, name, view.numbers(name)):
            yield row.version


def used_datastores(stores: Stores) -> set[str]:
    """Return the names of the datastores in which versions lie."""
    return {
        source.datastore
        for version in every_version(stores)
        for source in version.definition.sources
    }


def find_status(stores: Stores) -> WorkspaceStatus:
    """Return what is where, and which latest versions have drifted, as far as that is safe."""
    stores = stores.in_passing()
    datasets = list_datasets(stores)
    states = ((row.version.ref, _state(stores, row.version)) for row in datasets.rows)
    drifted = [ref for ref, drift in states if drift and not drift.unseen]
    layout, cache = stores.layout, cache_folder()
    return WorkspaceStatus(
        folder=str(layout.root),
        datasets=len(datasets),
        versions=sum(datasets.counts),
        runs=_count_runs(stores),
        registry_size=_size(layout.registry) + _size(layout.runs) + _size(layout.manifests),
        kept_size=_size(layout.objects) + _size(layout.data),
        cache=str(cache),
        cache_size=_size(cache),
        datastores=list_datastores(layout, stores.reach).rows,
        drifted=tuple(drifted),
    )


def list_stale(stores: Stores, run: Run) -> list[Stale]:
    """Return the inputs of a run that have been overtaken, as far as looking is safe."""
    stores = stores.in_passing()
    view = stores.catalog.view()

    def newest(name: str) -> Version | None:
        # What has no name has no newer versions, only others.
        numbers = () if name == ANONYMOUS else view.numbers(name)
        return view.version(name, numbers[-1]) if numbers else None

    def is_drifted(version: Version) -> bool:
        drift = _state(stores, version)
        return bool(drift) and not drift.unseen

    return find_stale(run, lambda use: view.by_id(use.id), newest, is_drifted)


def _first_files(stores: Stores, version: Version) -> tuple[FileEntry, ...]:
    """Return the first files of a version; none when nobody knows them any more."""
    try:
        return tuple(islice(stores.manifest(version).files, SHOWN_FILES))
    except RegistryDamagedError:
        return ()


def _count_runs(stores: Stores) -> int | None:
    try:
        return len(stores.catalog.runs())
    except RegistryError as error:
        stores.notify(str(error))
        return None


def _state(stores: Stores, version: Version, *, full: bool = False, news: bool = False) -> Drift:
    """Return how a version's files stand.

    Without a good manifest nobody knows: that is reported as a file that cannot be read, so that
    the other versions are looked at all the same.
    """
    try:
        manifest = stores.manifest(version)
    except RegistryDamagedError:
        lost = FileDrift(
            f"the list of its files (manifest {version.manifest[:12]})", "unreadable", 0
        )
        return Drift(version.files, (lost,), full=full)
    return find_version_drift(stores, version, manifest, full=full, news=news)


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    size = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):  # other processes write here, too
                size += os.stat(os.path.join(folder, name)).st_size
    return size


def _fits(name: str, pattern: str) -> bool:
    if any(mark in pattern for mark in "*?["):
        return fnmatch.fnmatchcase(name.lower(), pattern.lower())
    return pattern.lower() in name.lower()


def _rows(view: View, name: str, numbers: Sequence[int]) -> Iterator[VersionRow]:
    """Yield some versions of a dataset with the aliases that point to each."""
    aliases: dict[int, list[str]] = {}
    for alias, number in sorted(view.aliases(name).items()):
        aliases.setdefault(number, []).append(alias)
    latest = view.numbers(name)[-1]
    for number in numbers:
        version = view.version(name, number)
        assert version is not None
        yield VersionRow(version, tuple(aliases.get(number, ())), number == latest)
