"""Sweeping: what nothing needs any more goes, and what a delta needs stays."""

from __future__ import annotations

from collections.abc import Set
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dsnb.errors import SnapshotError
from dsnb.storage.atomic import leftovers
from dsnb.storage.snapshots.index import Index
from dsnb.storage.snapshots.inventory import DELTA, Inventory
from dsnb.storage.snapshots.packing import repack


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed, or could be.

    Attributes
    ----------
    files
        Number of contents and unfinished files.
    size
        Bytes that they take on disk.
    """

    files: int
    size: int


def sweep(
    folder: Path, inventory: Inventory, needed: Set[str], pool: Executor, *, dry_run: bool
) -> Swept:
    """Remove what is not needed from a store, or tell what would be.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    needed = _with_bases(needed, inventory)
    files = size = 0
    useless = list(leftovers(folder))
    useless += [path for address, path in inventory.files() if address not in needed]
    for path, index in inventory.indexes.items():
        if index is None:
            # Somebody may still rescue its contents, unless all of them are there again.
            if all(inventory.place(address) for address in needed):
                useless.append(path)
            continue
        here = needed.intersection(index.hashes)
        unneeded = sum(
            length
            for address, length in zip(index.hashes, index.sizes, strict=True)
            if address not in here
        )
        share = share_of(path, index, unneeded)
        if here and 2 * unneeded <= index.size:
            continue
        with suppress(SnapshotError):  # damaged: doctor tells, and mends it
            if not dry_run:
                repack(inventory.packs, path, index, here, pool)
            files += len(index.hashes) - len(here)
            size += share
    for path in useless:
        files, size = files + 1, size + size_on_disk(path)
        if not dry_run:
            remove(path)
    if not dry_run:
        _remove_empty_folders(folder)
    return Swept(files, size)


def _with_bases(needed: Set[str], inventory: Inventory) -> set[str]:
    every = set(needed)
    for address in needed:
        place = inventory.place(address)
        if isinstance(place, Path) and place.suffix == DELTA:
            with suppress(SnapshotError):  # what is there of the others stays
                for one, _ in inventory.lineage(address):
                    every.add(one)
    return every


def _remove_empty_folders(folder: Path) -> None:
    if folder.is_dir():
        for shard in list(folder.iterdir()):
            with suppress(OSError):  # not empty, or no folder
                shard.rmdir()


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    # Another process may sweep, too; a folder of that name is nothing that dsnb made.
    with suppress(FileNotFoundError, IsADirectoryError):
        path.unlink()


def size_on_disk(path: Path) -> int:
    """Return the bytes of a file, none when it is gone."""
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def share_of(path: Path, index: Index | None, size: int) -> int:
    """Return what a part of a pack's contents takes of the pack."""
    return round(size_on_disk(path) * size / index.size) if index and index.size else 0
