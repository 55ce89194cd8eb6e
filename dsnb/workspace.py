"""The workspace: the one facade that every face goes through.

It finds and opens the folder, wires the keepers together and hands each call to the module that
knows; the knowledge lives below.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnb.errors import BadReferenceError, ConfigError, WorkspaceError, writing
from dsnb.presenting import Outcome, one_line
from dsnb.records import Column, Manifest, Run, Source, Untracked, Version
from dsnb.refs import ANONYMOUS, Number, Ref, check_new_name, is_pair, parse, parse_pair
from dsnb.settings import Config, read_config
from dsnb.storage.discovery import (
    cache_folder,
    current_folder,
    find_root,
    named_root,
    project_root,
)
from dsnb.storage.layout import FOLDER, Layout

if TYPE_CHECKING:
    import pandas as pd

    from dsnb.catalog.base import Catalog, RunChange, View
    from dsnb.compare import DatasetDiff, Options
    from dsnb.compare.overlap import Overlap
    from dsnb.datasets.archives import Export
    from dsnb.datasets.bisecting import Bisection
    from dsnb.datasets.health import Examination
    from dsnb.datasets.housekeeping import GarbageCollection
    from dsnb.datasets.importing import Import
    from dsnb.datasets.inspection import (
        DatasetList,
        Verification,
        VersionDetails,
        VersionList,
        WorkspaceStatus,
    )
    from dsnb.datasets.judging import Test
    from dsnb.datasets.keeping import Snapshot
    from dsnb.datasets.metadata import MetadataChange
    from dsnb.datasets.models import ModelList
    from dsnb.datasets.notebooks import NotebookVerification
    from dsnb.datasets.origins import Trace
    from dsnb.datasets.profiles import Effort, Profiling
    from dsnb.datasets.registration import Registration, Request
    from dsnb.datasets.removal import Deletion, Retention
    from dsnb.datasets.restoring import Restoration
    from dsnb.datasets.stores import Stores
    from dsnb.datasets.tracefile import FileTrace
    from dsnb.provenance.lineage import Direction, Lineage
    from dsnb.provenance.lock import Lock
    from dsnb.provenance.runs import Candidate
    from dsnb.provenance.stale import Stale
    from dsnb.storage.configuration import DatastoreList, SettingList
    from dsnb.storage.files import Stat
    from dsnb.storage.reach import Reach
    from dsnb.tables.conversion import Library
    from dsnb.tables.formats import Format
    from dsnb.tables.reading import Wanted

Notify = Callable[[str], None]


def tell_on_stderr(notice: str) -> None:
    """Tell the user something without disturbing a script's output."""
    print(f"dsnb: {one_line(notice)}", file=sys.stderr)


@dataclass(frozen=True, slots=True)
class WorkspaceCreated(Outcome):
    """The outcome of making a folder a workspace, and whether it was none before."""

    folder: str
    created: bool


_CATALOGS: dict[tuple[Path, float], Catalog] = {}
"""The registries that this process has read, by workspace folder and patience."""


class Workspace:
    """A folder whose datasets have versions.

    Parameters
    ----------
    folder
        The folder that holds ``.dsnb``.
    notify
        Told what the user should know, one sentence at a time.

    Examples
    --------
    >>> import tempfile
    >>> workspace = Workspace.create(tempfile.mkdtemp())
    >>> len(workspace.datasets())
    0
    """

    def __init__(self, folder: str | os.PathLike[str], notify: Notify = tell_on_stderr) -> None:
        self.root = Path(os.path.realpath(folder))
        self.layout = Layout(self.root)
        self.notify = notify
        self._in_passing = False
        if not os.path.isdir(self.layout.folder):  # nor when it may not be looked at
            raise WorkspaceError(
                f"{self.root} is not a workspace: it has no {FOLDER} folder.",
                hint=f"Make it one: %ds init {_quoted(str(folder))}",
            )
        self.layout.check()

    def in_passing(self) -> Workspace:
        """Return the same workspace for somebody who only shows what there is.

        It looks at nothing outside the workspace's folder that this user has not used here before.
        """
        other = copy(self)
        other._in_passing = True
        return other

    # Finding and making

    @classmethod
    def find(
        cls, start: str | os.PathLike[str] | None = None, notify: Notify = tell_on_stderr
    ) -> Workspace:
        """Open the workspace that a folder lies in.

        Parameters
        ----------
        start
            Where to begin to walk up; None is the current folder. ``DSNB_WORKSPACE`` overrides it.
        notify
            Told what the user should know.

        Raises
        ------
        WorkspaceError
            When there is none.
        """
        named = named_root()
        if named is not None:
            return cls(named, notify)
        folder = Path(os.path.abspath(start or current_folder()))
        root = find_root(folder)
        if root is not None:
            return cls(root, notify)
        raise WorkspaceError(
            f"{folder} is not in a workspace: no folder above it holds {FOLDER}.",
            hint="Make one with %ds init, or register something: %ds register NAME PATH",
        )

    @classmethod
    def find_or_create(
        cls, start: str | os.PathLike[str] | None = None, notify: Notify = tell_on_stderr
    ) -> tuple[Workspace, bool]:
        """Open the workspace that a folder lies in, or make one where one belongs.

        That is the nearest project (a folder with ``.git`` or ``pyproject.toml``) below the home
        folder, else the folder itself.

        Returns
        -------
        tuple
            The workspace, and whether it was made.
        """
        folder = Path(os.path.abspath(start or current_folder()))
        root = named_root() or find_root(folder) or project_root(folder)
        existed = (root / FOLDER).is_dir()
        return cls.create(root, notify), not existed

    @classmethod
    def create(cls, folder: str | os.PathLike[str], notify: Notify = tell_on_stderr) -> Workspace:
        """Make a folder a workspace; one that is already stays as it is.

        Raises
        ------
        WorkspaceError
            When the folder does not exist.
        RegistryError
            When it cannot be written.
        """
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise WorkspaceError(
                f"There is no folder {path} to make a workspace of.", hint="Make the folder first."
            )
        layout = Layout(Path(os.path.realpath(path)))
        with writing(layout.folder):
            layout.create()
        return cls(path, notify)

    def remove_if_empty(self) -> None:
        """Take the folder away again while nobody has put anything in it."""
        with suppress(OSError):
            if os.listdir(self.layout.folder) == [self.layout.gitignore.name]:
                self.layout.gitignore.unlink()
                try:
                    self.layout.folder.rmdir()
                except OSError:  # another process came in between: the workspace stays
                    self.layout.create()

    # Registering, loading, comparing

    def register(
        self, paths: Sequence[str | os.PathLike[str] | Source], request: Request
    ) -> Registration:
        """Record what some paths hold now as a version of a dataset."""
        from dsnb.catalog.pins import move
        from dsnb.datasets.registration import register

        check_new_name(request.name)
        found = register(self._stores, self._locate(paths), self._as_configured(request))
        move(request.name, found.version)
        return found

    def register_all(
        self, asked: Sequence[tuple[Sequence[str | os.PathLike[str] | Source], Request]]
    ) -> Sequence[Registration]:
        """Record what some paths hold now as versions, all of them or none.

        Those that are called `ANONYMOUS` have an id, and no name to speak of.
        """
        from dsnb.catalog.pins import move
        from dsnb.datasets.registration import register_all

        for _, request in asked:
            if request.name != ANONYMOUS:
                check_new_name(request.name)
        found = register_all(
            self._stores,
            [(self._locate(paths), self._as_configured(request)) for paths, request in asked],
        )
        for one in found:
            move(one.version.name, one.version)
        return found

    def register_table(self, table: object, request: Request) -> Registration:
        """Keep a table that is in memory as Parquet, and record that as a version."""
        from dsnb.catalog.pins import move
        from dsnb.datasets.memory import register_table

        check_new_name(request.name)
        found = register_table(self._stores, table, self._as_configured(request))
        move(request.name, found.version)
        return found

    def save(self, paths: Sequence[str | os.PathLike[str] | Source], request: Request) -> Version:
        """Record what some paths hold now as a version that has an id, and no name to speak of."""
        from dsnb.datasets.anonymous import save

        return save(self._stores, self._locate(paths), self._as_configured(request))

    def save_table(self, table: object, request: Request) -> Version:
        """Keep a table that is in memory as a version that has an id, and no name to speak of."""
        from dsnb.datasets.anonymous import save_table

        return save_table(self._stores, table, self._as_configured(request))

    def check(
        self,
        paths: Sequence[str | os.PathLike[str] | Source],
        request: Request,
        formats: Collection[Format] = (),
    ) -> Sequence[Column] | None:
        """Refuse paths that cannot be registered; nothing is recorded, and nothing hashed.

        Parameters
        ----------
        paths, request
            As for `register`.
        formats
            One of which the files must have; none when they are to be mere files.

        Returns
        -------
        sequence of Column or None
            The columns of the table.
        """
        from dsnb.datasets.anonymous import check

        return check(self._stores, self._locate(paths), request, formats)

    def load(
        self,
        version: Version,
        library: Library | None,
        wanted: Wanted,
        *,
        verify: bool = False,
        as_is: bool = False,
    ) -> Any:
        """Return the data of a version."""
        from dsnb.datasets.loading import load

        return load(self._stores, version, library, wanted, verify=verify, as_is=as_is)

    def preview(self, version: Version, rows: int) -> pd.DataFrame:
        """Return the first rows of a version to look at."""
        from dsnb.datasets.loading import preview

        return preview(self._stores, version, rows)

    def manifest(self, version: Version) -> Manifest:
        """Return the files of a version, in order."""
        return self._stores.manifest(version)

    def compare(self, old: Version, new: Version, options: Options) -> DatasetDiff:
        """Compare two versions."""
        from dsnb.datasets.comparison import compare_versions

        return compare_versions(self._stores, old, new, options)

    def compare_with_disk(self, old: Version, options: Options) -> DatasetDiff:
        """Compare a version with what its paths hold now."""
        from dsnb.datasets.comparison import compare_with_disk

        return compare_with_disk(self._stores, old, options)

    def compare_with_table(
        self, old: Version, table: object, label: str, options: Options
    ) -> DatasetDiff:
        """Compare a version with a table in memory."""
        from dsnb.datasets.comparison import compare_with_table

        return compare_with_table(self._stores, old, table, label, options)

    def bisect(
        self, name: str, test: Test, called: str, good: str | None, bad: str | None
    ) -> Bisection:
        """Find the first version of a dataset that fails a test."""
        from dsnb.datasets.bisecting import bisect

        ends = [
            None if end is None else self.resolve(f"{name}@{end.removeprefix(f'{name}@')}")
            for end in (good, bad)
        ]
        return bisect(self._stores, name, test, called, *ends)

    def trace(self, table: object, called: str) -> Trace:
        """Tell which version a table in memory came from."""
        from dsnb.datasets.origins import trace

        return trace(self._stores, table, called)

    def trace_file(self, path: str) -> FileTrace:
        """Tell which versions hold a file as it is now."""
        from dsnb.datasets.tracefile import trace_file

        return trace_file(self._stores, path)

    # Keeping, restoring, removing

    def snapshot(self, ref: Ref) -> Snapshot:
        """Keep the bytes of a version."""
        from dsnb.datasets.keeping import snapshot

        return snapshot(self._stores, ref)

    def release(self, ref: Ref) -> Snapshot:
        """Keep the bytes of a version no longer."""
        from dsnb.datasets.keeping import release

        return release(self._stores, ref)

    def restore(
        self, version: Version, folder: str | None = None, *, overwrite: bool = False
    ) -> Restoration:
        """Write a version's files as they were registered."""
        from dsnb.datasets.restoring import restore

        target = None if folder is None else self._from_here(folder)
        return restore(self._stores, version, target, overwrite=overwrite)

    def delete(self, refs: Sequence[Ref], *, force: bool = False) -> Deletion:
        """Remove versions; their numbers are never used again."""
        from dsnb.datasets.removal import delete

        return delete(self._stores, refs, force=force)

    def collect_garbage(self, retention: Retention, *, dry_run: bool = False) -> GarbageCollection:
        """Remove what a retention lets go, and everything that nothing refers to."""
        from dsnb.datasets.housekeeping import collect

        return collect(self._stores, retention, dry_run=dry_run)

    def examine(self, *, repair: bool = False) -> Examination:
        """Look for what is broken, and mend what can be mended."""
        from dsnb.datasets.health import examine, without_settings

        try:
            stores = self._stores
        except ConfigError as error:
            return without_settings(self.layout, error)
        return examine(stores, repair=repair)

    # Sharing

    def export(self, versions: Sequence[Version], path: str, *, overwrite: bool = False) -> Export:
        """Write versions with all they hold to one file."""
        from dsnb.datasets.archives import export

        return export(self._stores, versions, self._from_here(path), overwrite=overwrite)

    def import_archive(self, path: str) -> Import:
        """Add the versions of an archive."""
        from dsnb.datasets.importing import import_archive

        keep = self.config["snapshot"] == "always"
        return import_archive(self._stores, self._from_here(path), keep=keep)

    # Looking around

    def resolve(self, ref: Ref | str) -> Version:
        """Return the version that a reference means now."""
        from dsnb.catalog.resolving import resolve

        return resolve(self._catalog.view(), parse(ref) if isinstance(ref, str) else ref)

    def expand(self, text: str) -> list[Ref]:
        """Return the references that a text means: one, or each of ``name@1..3``."""
        if not is_pair(text):
            return [parse(text)]
        view = self._catalog.view()
        first, last = (self.resolve(ref) for ref in parse_pair(text))
        if first.name != last.name or first.version > last.version:
            raise BadReferenceError(
                f"{text!r} is no range of versions.",
                hint="A range is written name@1..3, the older version first.",
            )
        numbers = view.numbers(first.name)
        return [
            Ref(first.name, Number(number))
            for number in numbers
            if first.version <= number <= last.version
        ]

    def datasets(self, pattern: str = "", tags: Mapping[str, str] | None = None) -> DatasetList:
        """Return the datasets, each by its latest version."""
        from dsnb.datasets.inspection import list_datasets

        return list_datasets(self._stores, pattern, tags)

    def versions(self, name: str) -> VersionList:
        """Return the versions of a dataset, newest first."""
        from dsnb.datasets.inspection import list_versions

        return list_versions(self._stores, name)

    def show(self, version: Version, effort: Effort = "none") -> VersionDetails:
        """Return everything about a version; its profile where that costs no more than allowed."""
        from dsnb.datasets.inspection import show

        return show(self._stores, version, effort)

    def profile(self, version: Version, effort: Effort = "any") -> Profiling:
        """Return what the table of a version holds, or why that is not told."""
        from dsnb.datasets.profiles import find_profile

        return find_profile(self._stores, version, effort)

    def lineage(
        self, version: Version, direction: Direction = "both", depth: int | None = None
    ) -> Lineage:
        """Return what a version was made from, and what was made from it."""
        from dsnb.datasets.descent import find_lineage

        return find_lineage(self._stores, version, direction, depth)

    def models(self, on: Version | None = None, *, any_version: bool = False) -> ModelList:
        """Return the models, or those that were trained on some data."""
        from dsnb.datasets.models import list_models

        return list_models(self._stores, on, any_version=any_version)

    def overlap(self, first: Version, second: Version, on: Sequence[str] = ()) -> Overlap:
        """Return which rows two versions share."""
        from dsnb.datasets.overlapping import overlap_versions

        return overlap_versions(self._stores, first, second, on)

    def verify(self, versions: Sequence[Version] | None, *, full: bool = False) -> Verification:
        """Compare the files of some versions, or of all, with what was registered."""
        from dsnb.datasets.inspection import verify

        return verify(self._stores, versions, full=full)

    def verify_notebook(
        self, path: Path, lock: Lock, *, full: bool = False
    ) -> NotebookVerification:
        """Tell whether everything that a notebook read can still be had."""
        from dsnb.datasets.notebooks import verify_notebook

        return verify_notebook(self._stores, path, lock, full=full)

    def attribute(self, reads: Mapping[str, Stat]) -> Iterator[tuple[str, Version | None]]:
        """Yield the versions that files belonged to when they were opened, and files of none."""
        from dsnb.datasets.attribution import attribute

        return attribute(self._stores, reads)

    def others_with(self, path: str, version: Version) -> list[Version]:
        """Return versions that record the same content of a file as one does."""
        from dsnb.datasets.attribution import others_with

        return others_with(self._stores, path, version)

    def candidates(self, files: Sequence[Untracked]) -> list[Candidate]:
        """Return the files of a run that still belong to no version, and what registers them."""
        from dsnb.datasets.candidates import find_candidates

        return find_candidates(self._stores, files)

    def unregistered(self, files: Iterable[Untracked], folder: str) -> Mapping[Source, str]:
        """Return the files of a run that belong to no version, as far as looking is safe.

        Each comes with what registers it, typed in a folder after ``%ds``.
        """
        from dsnb.datasets.unregistered import find_unregistered

        return find_unregistered(self._stores, files, folder)

    def locate(self, path: str) -> Source:
        """Return the portable form of an absolute path."""
        return self._stores.datastores.locate(path, str(self.root))

    def place(self, source: Source) -> str:
        """Return where a path of a datastore lies on this machine.

        Raises
        ------
        DsnbError
            When there is no such datastore, or the path leads out of it.
        """
        return self._stores.datastores.path(source.datastore, source.path)

    def data_folders(self) -> tuple[str, ...]:
        """Return the folders below which all data of the workspace lies, with links resolved."""
        from dsnb.datasets.attribution import data_folders

        return data_folders(self._stores)

    def view(self) -> View:
        """Return the registry as it is now: names, numbers, aliases."""
        return self._catalog.view()

    def status(self) -> WorkspaceStatus:
        """Return what is where."""
        from dsnb.datasets.inspection import find_status

        return find_status(self._stores)

    # Changing what is recorded beside the data

    def set_alias(self, ref: Ref, alias: str, *, remove: bool = False) -> MetadataChange:
        """Point an alias to a version, or take it away."""
        from dsnb.datasets.metadata import set_alias

        return set_alias(self._catalog, ref, alias, remove=remove)

    def set_tags(
        self, ref: Ref, tags: Mapping[str, str], remove: Sequence[str] = ()
    ) -> MetadataChange:
        """Set tags of a version, and take some away."""
        from dsnb.datasets.metadata import set_tags

        return set_tags(self._catalog, ref, tags, remove)

    def set_description(self, ref: Ref, text: str) -> MetadataChange:
        """Give a version another description."""
        from dsnb.datasets.metadata import set_description

        return set_description(self._catalog, ref, text)

    def deprecate(self, ref: Ref, why: str = "", *, remove: bool = False) -> MetadataChange:
        """Say that a version should not be used any more, or take that back."""
        from dsnb.datasets.metadata import deprecate

        return deprecate(self._catalog, ref, why, remove=remove)

    def rename(self, name: str, new: str) -> MetadataChange:
        """Give a dataset another name; its versions keep their numbers and ids."""
        from dsnb.datasets.metadata import rename

        return rename(self._catalog, name, check_new_name(new))

    # Runs

    def runs(self) -> Mapping[str, Run]:
        """Return every run by its id, oldest first."""
        return self._catalog.runs()

    def ids_of(self, name: str) -> frozenset[str]:
        """Return the ids of all versions of a dataset; what has no name is no one dataset."""
        if name == ANONYMOUS:
            return frozenset()
        view = self.view()
        versions = (view.version(name, number) for number in view.numbers(name))
        return frozenset(version.id for version in versions if version is not None)

    @property
    def keeps_sources(self) -> bool:
        """Whether runs record what their cells say, and not only its hash."""
        return bool(self.config["run.cells"] == "source")

    def stale(self, run: Run) -> list[Stale]:
        """Return the inputs of a run that have been overtaken, as far as looking is safe."""
        from dsnb.datasets.inspection import list_stale

        return list_stale(self._stores, run)

    def save_run(self, run: Run) -> None:
        """Keep the record of a run."""
        self._catalog.save_run(run)

    def change_run(self, identifier: str, change: Callable[[Run], Run]) -> Run | None:
        """Change the record of a run as it is now; return it, None when there is no such run."""
        return self._catalog.change_run(identifier, change)

    def change_runs(self, changes: Mapping[str, RunChange]) -> Mapping[str, Run]:
        """Change the records of some runs as they are now, all in one write."""
        return self._catalog.change_runs(changes)

    # Settings and datastores

    @property
    def config(self) -> Config:
        """The settings and datastores, as the file has them now."""
        return read_config(self.layout.config)

    def settings(self, key: str | None = None) -> SettingList:
        """Return one setting, or all."""
        from dsnb.storage.configuration import list_settings

        return list_settings(self.layout, key)

    def set_setting(self, key: str, value: str) -> SettingList:
        """Set a setting."""
        from dsnb.storage.configuration import change_setting

        return change_setting(self.layout, key, value)

    def datastores(self) -> DatastoreList:
        """Return the datastores with their folders."""
        from dsnb.storage.configuration import list_datastores

        return list_datastores(self.layout, self._reach)

    def add_datastore(self, name: str, url: str) -> DatastoreList:
        """Name a folder below which data lies."""
        from dsnb.storage.configuration import add_datastore

        return add_datastore(self.layout, name, url, self._reach)

    def remove_datastore(self, name: str) -> DatastoreList:
        """Forget a datastore; its data stays where it is."""
        from dsnb.datasets.inspection import used_datastores
        from dsnb.storage.configuration import remove_datastore

        used = used_datastores(self._stores)
        return remove_datastore(self.layout, name, used, self._reach)

    # Wiring

    @staticmethod
    def _from_here(path: str) -> Path:
        """Return a path that the user typed, from the folder that the user works in."""
        return Path(os.path.join(current_folder(), os.path.expanduser(path)))

    def _locate(self, paths: Sequence[str | os.PathLike[str] | Source]) -> list[Source]:
        folder, datastores = str(current_folder()), self._stores.datastores
        return [
            path if isinstance(path, Source) else datastores.locate(os.fspath(path), folder)
            for path in paths
        ]

    def _as_configured(self, request: Request) -> Request:
        config = self.config
        return replace(
            request,
            creator=request.creator or config["creator"],
            snapshot=request.snapshot or config["snapshot"],
        )

    @property
    def _catalog(self) -> Catalog:
        from dsnb.catalog.tinydb import TinyCatalog

        layout, timeout = self.layout, self.config["lock.timeout"]
        # Every verb opens its workspace anew; what was parsed of the registry outlives it.
        key = (self.root, timeout)
        if key not in _CATALOGS:
            _CATALOGS[key] = TinyCatalog(layout.registry, layout.runs, layout.backups, timeout)
        return _CATALOGS[key]

    @property
    def _reach(self) -> Reach:
        from dsnb.storage.reach import Reach, UsedPlaces

        used = UsedPlaces(cache_folder() / "used")
        return Reach(str(self.root), used, self.notify, self._in_passing)

    @property
    def _stores(self) -> Stores:
        from dsnb.datasets.stores import Stores
        from dsnb.progress import hashing
        from dsnb.storage.configuration import open_datastores
        from dsnb.storage.manifests import ManifestStore
        from dsnb.storage.snapshots import SnapshotStore
        from dsnb.storage.stats import StatCache

        return Stores(
            layout=self.layout,
            datastores=open_datastores(self.layout),
            catalog=self._catalog,
            manifests=ManifestStore(self.layout.manifests),
            snapshots=SnapshotStore(self.layout.objects),
            stats=StatCache(cache_folder() / "stats"),
            reach=self._reach,
            notify=self.notify,
            progress=hashing,
        )


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
