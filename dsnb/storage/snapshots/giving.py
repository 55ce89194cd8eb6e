"""Giving kept contents back: each is compared with its hash before it appears anywhere."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from pathlib import Path

from dsnb.errors import SnapshotError, writing
from dsnb.storage.snapshots.cloning import clone
from dsnb.storage.snapshots.contents import Content, Part, Raw, verified, verify
from dsnb.storage.snapshots.inventory import Inventory, Slot
from dsnb.storage.snapshots.newfile import new_file


def each_content(
    hashes: Iterable[str], inventory: Inventory
) -> Iterator[tuple[str, Content | SnapshotError]]:
    """Yield contents to be read, or why they cannot be; those of a pack come together."""
    packed: dict[Path, list[tuple[Slot, str]]] = defaultdict(list)
    for address in hashes:
        place = inventory.place(address)
        if isinstance(place, Slot):
            packed[place.path].append((place, address))
            continue
        try:
            with inventory.opened(address) as content:
                yield address, content
        except SnapshotError as error:
            yield address, error
    for path, slots in packed.items():
        slots.sort(key=lambda pair: pair[0].start)
        with ExitStack() as stack:
            try:
                pack = stack.enter_context(inventory.packs.opened(path))
            except SnapshotError as error:
                yield from ((address, error) for _, address in slots)
                continue
            for slot, address in slots:
                yield address, Part(pack, slot.start, slot.size)


def broken_contents(
    hashes: Iterable[str],
    inventory: Inventory,
    pool: Executor,
    told: Callable[[int], None] = lambda count: None,
) -> Iterator[tuple[str, str]]:
    """Yield the contents that cannot be given back, and what is wrong with each."""
    for address, content in each_content(hashes, inventory):
        try:
            if isinstance(content, SnapshotError):
                raise content
            for piece in verified(content, address, pool):
                told(len(piece))
        except SnapshotError as error:
            yield address, error.message


def restore_content(
    address: str,
    content: Content,
    path: Path,
    mode: int | None,
    pool: Executor,
    told: Callable[[int], None],
) -> None:
    """Write a content to a file, which has it whole or stays as it was."""
    with writing(path), new_file(path.parent) as new:
        if mode is None:
            with suppress(FileNotFoundError):
                mode = stat.S_IMODE(os.stat(path).st_mode)
        if isinstance(content, Raw) and clone(content.file, new.file):
            verify(Raw(content.path, new.file), address, pool)
            told(content.size)
        else:
            for piece in verified(content, address, pool):
                new.write(piece)
                told(len(piece))
        new.publish(path, mode=mode, durable=False)
