"""Importing: the versions of an archive, verified, become versions of this workspace."""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from dsnb.catalog.base import Transaction
from dsnb.datasets.archives import Archive, damaged, opened, read_archive, unpack
from dsnb.datasets.keeping import are_kept, keep_files
from dsnb.datasets.stores import Stores
from dsnb.errors import RegistryError, writing
from dsnb.presenting import Outcome
from dsnb.records import FileGroup, Manifest, Source, Version
from dsnb.storage.atomic import file_mode, make_folder
from dsnb.storage.claims import claimed
from dsnb.storage.datastores import DEFAULT
from dsnb.tables.filecolumns import as_registered
from dsnb.units import size_text

_SPARE = 64 << 20
"""Bytes that an import leaves free on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(Outcome):
    """The outcome of an import.

    Attributes
    ----------
    path
        The archive.
    versions
        Those that were added, as they are called here.
    renumbered
        What each of those was called where it came from, as long as ``versions``; the same where
        its number was free.
    present
        References of those that were here already.
    started_workspace
        Folder of the workspace when this import made it.
    """

    path: str
    versions: tuple[Version, ...]
    renumbered: tuple[str, ...]
    present: tuple[str, ...]
    started_workspace: str | None = None


def import_archive(stores: Stores, path: Path, *, keep: bool = False) -> Import:
    """Add the versions of an archive, with their bytes below ``.dsnb/data``.

    All of it is verified before anything is added. Ids stay; a number that is in use here, or was,
    becomes the next one.

    Parameters
    ----------
    stores
        The workspace's keepers.
    path
        The archive.
    keep
        Whether snapshots keep the bytes, too.

    Raises
    ------
    ArchiveError
        When anything in it is damaged, missing, too much or leads elsewhere.
    RegistryError
        When the disk has no room for it, or refuses.
    """
    with opened(path) as file:
        archive = read_archive(file, stores.datastores)
        wanted, present = _not_here(stores, archive)
        hashes = {
            entry.hash: entry.size
            for version in wanted
            for entry in archive.manifests[version.manifest].files
        }
        _check_room(stores, sum(hashes.values()))
        with ExitStack() as stack:
            staged = stack.enter_context(_staged(stores, file, hashes))
            ours = [stack.enter_context(_placed(stores, one, archive, staged)) for one in wanted]
            added = _record(stores, ours, keep) if ours else []
    return Import(
        path=str(path),
        versions=tuple(added),
        renumbered=tuple(version.ref for version in wanted),
        present=present,
    )


def _not_here(stores: Stores, archive: Archive) -> tuple[list[Version], tuple[str, ...]]:
    """Return the versions that are not here yet, and what the others are called here."""
    view = stores.catalog.view()
    wanted, present = [], []
    for version in sorted(archive.versions, key=lambda one: (one.name, one.version)):
        here = view.by_id(version.id)
        if here is None:
            wanted.append(version)
        elif here.digest != version.digest:
            raise damaged(f"its {version.ref} has the id of {here.ref} here, and holds other bytes")
        else:
            present.append(here.ref)
    if len({version.id for version in archive.versions}) < len(archive.versions):
        raise damaged("two of its versions have the same id")
    return wanted, tuple(present)


def _check_room(stores: Stores, size: int) -> None:
    free = shutil.disk_usage(stores.layout.folder).free
    # The contents are unpacked once, and copied to their places.
    if 2 * size + _SPARE > free and size:
        raise RegistryError(
            f"There is no room left for it: it holds {size_text(size)}, and {size_text(free)} are "
            "free. Nothing was imported.",
            hint="Free some space and run the same line again.",
        )


@contextmanager
def _staged(stores: Stores, file: zipfile.ZipFile, sizes: dict[str, int]) -> Iterator[Path]:
    """Unpack contents, each proved by its hash, into a folder that lasts as long as the context."""
    folder = stores.layout.data / ".import" / secrets.token_hex(8)
    progress = stores.progress(len(sizes), sum(sizes.values()))
    with writing(folder), claimed(folder):
        folder.mkdir(parents=True)
        try:
            for address, size in sizes.items():
                with open(folder / address, "xb") as target:
                    unpack(file, address, size, target)
                progress(size)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _placed(
    stores: Stores, version: Version, archive: Archive, staged: Path
) -> Iterator[tuple[Version, Manifest]]:
    """Lay a version's files out in a folder of their own; yield its record with those places.

    The folder is gone after the context unless the registry names the version.
    """
    folder = stores.layout.tables(version.name) / f"import-{secrets.token_hex(6)}"
    manifest = archive.manifests[version.manifest]
    with writing(folder), claimed(folder):
        try:
            groups, sources = [], []
            for number, group in enumerate(manifest.groups):
                place = folder / _folder_name(group, number, len(manifest.groups))
                for name, address in zip(group.names, group.hashes, strict=True):
                    target = place.joinpath(*name.split("/"))
                    make_folder(target.parent)
                    shutil.copyfile(staged / address, target)
                    with suppress(PermissionError):  # a file system that knows no permissions
                        target.chmod(file_mode(target.parent))
                base = place.relative_to(stores.layout.root).as_posix()
                groups.append(replace(group, datastore=DEFAULT, base=base))
                whole = version.definition.sources[number].path != _only_path(group)
                path = base if whole else f"{base}/{group.names[0]}"
                sources.append(Source(datastore=DEFAULT, path=path))
            _sync(folder)
            options = as_registered(manifest, version.definition.options)
            definition = replace(version.definition, sources=tuple(sources), options=options)
            yield replace(version, definition=definition), Manifest(tuple(groups))
        finally:
            if stores.catalog.view().by_id(version.id) is None:
                shutil.rmtree(folder, ignore_errors=True)


def _folder_name(group: FileGroup, number: int, count: int) -> str:
    """Return a name for the folder of a group: that of the folder it came from, while it is one."""
    name = PurePosixPath(group.base).name or "files"
    return name if count == 1 else f"{number + 1} {name}"


def _only_path(group: FileGroup) -> str | None:
    return group.path(group.names[0]) if len(group.names) == 1 else None


def _sync(folder: Path) -> None:
    """Make files and names survive a power cut, as the registry is about to rely on them."""
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file, suppress(OSError):
                os.fsync(file.fileno())


def _record(stores: Stores, ours: list[tuple[Version, Manifest]], keep: bool) -> list[Version]:
    """Add all versions in one transaction: all of them, or none."""
    while True:
        addresses = [stores.manifests.write(manifest) for _, manifest in ours]
        if keep:
            for _, manifest in ours:
                keep_files(stores, manifest, None)
        with stores.catalog.transaction() as transaction:
            if not all(map(stores.manifests.is_there, addresses)) or (
                keep and not all(are_kept(stores, manifest) for _, manifest in ours)
            ):
                continue  # `gc` came in between, when nothing referred to them yet
            return [
                _add(transaction, replace(version, manifest=address, kept=keep))
                for (version, _), address in zip(ours, addresses, strict=True)
                if transaction.by_id(version.id) is None  # another import may have been quicker
            ]


def _add(transaction: Transaction, version: Version) -> Version:
    number = max(version.version, transaction.next_number(version.name))
    added = replace(version, version=number)
    transaction.add_version(added)
    return added
