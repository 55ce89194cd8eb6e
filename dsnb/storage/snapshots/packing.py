"""Packing: many small contents in one file, which is written anew when most of it is useless."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from concurrent.futures import Executor
from itertools import accumulate
from pathlib import Path

from dsnb.storage.atomic import file_mode, sync_folder
from dsnb.storage.snapshots.contents import Content, Part, verified
from dsnb.storage.snapshots.index import Index
from dsnb.storage.snapshots.inventory import Packs
from dsnb.storage.snapshots.newfile import new_file
from dsnb.storage.snapshots.writing import ToKeep, read_small, write_pack

_SEGMENT = 1 << 20
_LARGEST = 256 << 20
_MOST_CONTENTS = 50_000


def batches(files: Iterable[ToKeep]) -> Iterator[list[ToKeep]]:
    """Divide small files among packs."""
    batch: list[ToKeep] = []
    size = 0
    for file in files:
        if batch and (size + file.size > _LARGEST or len(batch) == _MOST_CONTENTS):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def read_contents(
    files: Iterable[ToKeep], told: Callable[[int], None]
) -> Iterator[tuple[str, bytes]]:
    """Yield the hashes and contents of small files that are to be kept."""
    for file in files:
        content = read_small(file)
        told(len(content))
        yield file.hash, content


def pack(
    packs: Packs,
    contents: Iterable[tuple[str, bytes]],
    pool: Executor,
    written: dict[Path, int],
) -> None:
    """Write contents to a new pack; note it, and the bytes that it takes, in ``written``."""
    with new_file(packs.folder) as new:
        path = packs.path(write_pack(contents, new, pool, _SEGMENT))
        written[path] = 0  # before it is there, so that whatever happens it can be taken back
        written[path] = new.publish(path, mode=file_mode(path.parent), durable=True)


def repack(packs: Packs, path: Path, index: Index, needed: Set[str], pool: Executor) -> None:
    """Put what is needed of a pack into a new one.

    Raises
    ------
    SnapshotError
        When any of that is damaged; the pack stays as it is.
    """

    def contents(whole: Content) -> Iterator[tuple[str, bytes]]:
        starts = accumulate(index.sizes, initial=0)
        for address, start, size in zip(index.hashes, starts, index.sizes, strict=False):
            if address in needed:
                yield address, b"".join(verified(Part(whole, start, size), address, pool))

    if needed:
        with packs.opened(path) as whole:
            pack(packs, contents(whole), pool, {})
        sync_folder(path.parent)
    path.unlink(missing_ok=True)
