"""The snapshot store: contents of files, kept by their hash and given back only unchanged."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dsnb.errors import SnapshotError, writing
from dsnb.storage.atomic import file_mode, sync_folder
from dsnb.storage.fingerprints import Progress, quiet
from dsnb.storage.snapshots.cloning import clone
from dsnb.storage.snapshots.contents import Raw, verify
from dsnb.storage.snapshots.giving import broken_contents, each_content, restore_content
from dsnb.storage.snapshots.index import LAST_GENERATION, SEGMENT, damaged
from dsnb.storage.snapshots.inventory import DELTA, RAW, WHOLE, Inventory, Packs, Slot
from dsnb.storage.snapshots.newfile import NewFile, new_file
from dsnb.storage.snapshots.packing import batches, pack, read_contents, repack
from dsnb.storage.snapshots.sweeping import Swept, remove, share_of, size_on_disk, sweep
from dsnb.storage.snapshots.writing import (
    Original,
    ToKeep,
    open_original,
    write_clone,
    write_delta,
    write_whole,
)

SMALL = 1 << 20
"""Bytes up to which a content goes into a pack, when there are more than `HANDFUL` of them."""
HANDFUL = 8

# Below this a delta, or a clone, saves less than the smallest unit of a disk is worth.
_LEAST_SHARED = 1 << 16
_MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping some files came to.

    Attributes
    ----------
    new
        Contents that were not kept before.
    size
        Bytes that they take on disk; clones take none until the file they share is changed.
    cloned
        Whether all of them are clones.
    """

    new: int
    size: int
    cloned: bool


class SnapshotStore:
    r"""The contents that one workspace keeps.

    Parameters
    ----------
    folder
        Where they are kept; it is made when the first is.
    segment
        Bytes of a large content that are worked on at once.

    Examples
    --------
    >>> import tempfile
    >>> from blake3 import blake3
    >>> folder = Path(tempfile.mkdtemp())
    >>> file = folder / "weather.csv"
    >>> file.write_bytes(b"temp\n78.08\n")
    11
    >>> address = blake3(file.read_bytes()).hexdigest()
    >>> store = SnapshotStore(folder / "objects")
    >>> store.keep([ToKeep(str(file), address, 11)]).new
    1
    >>> file.write_bytes(b"overwritten")
    11
    >>> store.restore(address, file)
    >>> file.read_text()
    'temp\n78.08\n'
    """

    def __init__(self, folder: Path, *, segment: int = SEGMENT) -> None:
        self._folder = folder
        self._segment = segment
        self._packs = Packs(folder)

    def missing(self, hashes: Iterable[str]) -> set[str]:
        """Return the contents that are not there, or whose base is not, without reading them.

        Parameters
        ----------
        hashes
            BLAKE3 of each, hexadecimal.
        """
        inventory = self._inventory()
        return {address for address in hashes if not _is_there(address, inventory)}

    def keep(self, files: Sequence[ToKeep], progress: Progress = quiet) -> Kept:
        """Keep the contents of files that are not kept yet.

        Parameters
        ----------
        files
            What they must hold, and where that lies.
        progress
            Told how much there is to keep, and then of each piece that is done.

        Raises
        ------
        UnreadableFileError
            When a file cannot be read, or does not hold what it must.
        RegistryError
            When the disk refuses. Whatever stops the work, what was kept by then stays for the next
            attempt, until it is swept: another version may have come to need it.
        """
        inventory = self._inventory()
        wanted = {file.hash: file for file in reversed(files)}
        todo = [file for file in wanted.values() if not _is_there(file.hash, inventory)][::-1]
        if not todo:
            return Kept(0, 0, cloned=False)
        told = progress(len(todo), sum(file.size for file in todo))
        small = [file for file in todo if file.size <= SMALL]
        packed = small if len(small) > HANDFUL else []
        written: dict[Path, int] = {}
        with writing(self._folder), _pool() as pool:
            for batch in batches(packed):
                pack(self._packs, read_contents(batch, told), pool, written)
            for file in todo:
                if file.size > SMALL or not packed:
                    self._keep_alone(file, inventory, pool, written, told)
            for folder in {path.parent for path in written} | {self._folder}:
                sync_folder(folder)
            sync_folder(self._folder.parent)
        for file in todo:
            # A delta whose base is gone; what was written now stands by itself.
            for place in inventory.places(file.hash):
                if isinstance(place, Path) and place not in written:
                    with suppress(OSError):
                        place.unlink()
        taken = sum(size for path, size in written.items() if path.suffix != RAW)
        return Kept(len(todo), taken, cloned=all(path.suffix == RAW for path in written))

    def restore(
        self, hash: str, path: Path, *, size: int | None = None, mode: int | None = None
    ) -> None:
        """Write a kept content to a file, which has it whole or stays as it was.

        The file is not forced to the disk: the store still has its content.

        Parameters
        ----------
        hash
            BLAKE3 of the content.
        path
            The file; its folder is made when missing.
        size
            Bytes that the content must have, when that is known: no more are written then.
        mode
            Permissions; by default those of the file that is replaced, or of any new file.

        Raises
        ------
        SnapshotError
            When the content is missing or damaged.
        RegistryError
            When the disk refuses.
        """
        with _pool() as pool, self._inventory().opened(hash, size) as content:
            restore_content(hash, content, path, mode, pool, lambda count: None)

    def restore_many(self, wanted: Sequence[tuple[str, Path]], progress: Progress = quiet) -> None:
        """Write kept contents to files, each whole; a pack is read once for all that it has.

        Parameters
        ----------
        wanted
            The BLAKE3 of a content and the file to write it to, any number of times.
        progress
            Told how much there is to write, and then of each piece that is done.

        Raises
        ------
        SnapshotError
            When a content is missing or damaged.
        RegistryError
            When the disk refuses.
        """
        paths = defaultdict(list)
        for address, path in wanted:
            paths[address].append(path)
        inventory = self._inventory()
        size = sum(len(paths[address]) * inventory.size(address) for address in paths)
        told = progress(len(wanted), size)
        with _pool() as pool:
            for address, content in each_content(paths, inventory):
                if isinstance(content, SnapshotError):
                    raise content
                for path in paths[address]:
                    restore_content(address, content, path, None, pool, told)

    def check(
        self, hashes: Iterable[str] | None = None, progress: Progress = quiet
    ) -> Iterator[tuple[str, str]]:
        """Read kept contents and yield those that cannot be given back.

        Parameters
        ----------
        hashes
            BLAKE3 of each; by default all that the store has files of.
        progress
            Told how much there is to read, and then of each piece that is done.

        Yields
        ------
        tuple
            The hash, and what is wrong, which names the file of the store.
        """
        inventory = self._inventory()
        if hashes is None:
            hashes = {address for address, _ in inventory.files()} | inventory.slots.keys()
            for path, index in inventory.indexes.items():
                if index is None:
                    yield path.stem, str(damaged(path, "its index cannot be read").message)
        sizes = {address: _size_or_none(address, inventory) for address in hashes}
        told = progress(len(sizes), sum(size or 0 for size in sizes.values()))
        with _pool() as pool:
            yield from broken_contents(sizes, inventory, pool, told)

    def discard(self, hashes: Iterable[str]) -> None:
        """Drop damaged contents, so that `keep` writes them anew.

        Parameters
        ----------
        hashes
            BLAKE3 of each; what is not there is passed over. That of a pack whose index is damaged
            drops the pack.

        Raises
        ------
        RegistryError
            When the disk refuses.
        """
        inventory = self._inventory()
        dropped = set(hashes)
        packs = {slot.path for one in dropped for slot in [inventory.slots.get(one)] if slot}
        with writing(self._folder), _pool() as pool:
            for address in dropped:
                for place in inventory.places(address):
                    if isinstance(place, Path):
                        remove(place)
            for path, index in inventory.indexes.items():
                if path in packs and index is not None:
                    others = set(index.hashes) - dropped
                    broken = {address for address, _ in broken_contents(others, inventory, pool)}
                    repack(self._packs, path, index, others - broken, pool)
                elif index is None and path.stem in dropped:
                    path.unlink(missing_ok=True)

    def size_of(self, hashes: Iterable[str] | None = None) -> int:
        """Return the bytes that contents take on disk, without what their deltas need.

        Parameters
        ----------
        hashes
            BLAKE3 of each, by default all. A clone counts whole, though it may share its bytes.
        """
        inventory = self._inventory()
        if hashes is None:
            hashes = {address for address, _ in inventory.files()} | inventory.slots.keys()
        shares: dict[Path, int] = defaultdict(int)
        size = 0
        for address in set(hashes):
            place = inventory.place(address)
            if isinstance(place, Slot):
                shares[place.path] += place.size
            elif place is not None:
                size += size_on_disk(place)
        return size + sum(
            share_of(path, inventory.indexes[path], part) for path, part in shares.items()
        )

    def sweep(self, needed: Set[str], *, dry_run: bool = False) -> Swept:
        """Remove contents that are not needed, unfinished files and empty folders.

        The caller sees to it that no version is being recorded meanwhile. Contents may be: what
        another process is writing stays, and it looks whether all is there once it has the lock.

        Parameters
        ----------
        needed
            BLAKE3 of each content that is; what their deltas need stays, too.
        dry_run
            Whether to only tell what would be removed.

        Raises
        ------
        RegistryError
            When the disk refuses.
        """
        with writing(self._folder), _pool() as pool:
            return sweep(self._folder, self._inventory(), needed, pool, dry_run=dry_run)

    def clones(self, path: str) -> bool:
        """Tell whether the file system clones a file into the store for free.

        Parameters
        ----------
        path
            The file; nothing of it is kept.
        """
        folder = self._folder
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        try:
            with open(path, "rb", buffering=0) as source, new_file(folder) as new:
                return clone(source, new.file)
        except OSError:
            return False

    def _inventory(self) -> Inventory:
        return Inventory(self._folder, self._packs)

    def _keep_alone(
        self,
        wanted: ToKeep,
        inventory: Inventory,
        pool: Executor,
        written: dict[Path, int],
        told: Callable[[int], None],
    ) -> None:
        """Keep a content in a file of its own, in the way that takes least."""
        folder = self._folder / wanted.hash[:2]
        with open_original(wanted) as original, new_file(folder) as new:
            if self._write_delta(original, inventory, new, pool, told):
                kind = DELTA
            elif wanted.size >= _LEAST_SHARED and write_clone(original, new, pool):
                kind = RAW
                told(wanted.size)
            else:
                kind = WHOLE
                write_whole(original, new, pool, self._segment, told)
            path = folder / (wanted.hash[2:] + kind)
            written[path] = 0  # before it is there, so that whatever happens it can be taken back
            written[path] = new.publish(path, mode=file_mode(folder), durable=True)

    def _write_delta(
        self,
        original: Original,
        inventory: Inventory,
        new: NewFile,
        pool: Executor,
        told: Callable[[int], None],
    ) -> bool:
        wanted = original.wanted
        if wanted.like in (None, wanted.hash) or wanted.size < _LEAST_SHARED:
            return False
        assert wanted.like is not None
        try:
            base, generation = _base_of(wanted.like, inventory)
            with inventory.opened(base) as content:
                if isinstance(content, Raw):
                    # Compressed segments have checksums. This has none, and what is damaged must
                    # not become what others rest on.
                    verify(content, base, pool)
                return generation <= LAST_GENERATION and write_delta(
                    original, content, base, generation, new, pool, self._segment, told
                )
        except SnapshotError:
            new.restart()
            return False


def _pool() -> ThreadPoolExecutor:
    # Threads are started when there is something for them to do.
    return ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS), "dsnb-snapshots")


def _is_there(address: str, inventory: Inventory) -> bool:
    place = inventory.place(address)
    if isinstance(place, Path) and place.suffix == DELTA:
        try:
            return bool(list(inventory.lineage(address)))
        except SnapshotError:
            return False
    return place is not None


def _base_of(like: str, inventory: Inventory) -> tuple[str, int]:
    """Return the base for a content that follows another one, and the content's generation.

    As in Subversion, the base of the n-th is the one whose number is n without its lowest bit: 7
    needs 6, which needs 4, which needs 0. So a chain is never longer than n has bits, and a delta
    spans about two versions on average.
    """
    lineage = list(inventory.lineage(like))
    generation = lineage[0][1] + 1
    wanted = generation & (generation - 1)
    return next(one for one, number in lineage if number <= wanted), generation


def _size_or_none(address: str, inventory: Inventory) -> int | None:
    try:
        return inventory.size(address)
    except SnapshotError:
        return None
