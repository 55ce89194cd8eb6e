"""Where in the store each content lies: in a file of its own, or in a pack with many small ones."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from dsnb.errors import SnapshotError
from dsnb.storage.snapshots.contents import Compressed, Content, Part, Raw, Work, open_regular
from dsnb.storage.snapshots.index import LAST_GENERATION, Index, damaged, is_hash, read_index

RAW, WHOLE, DELTA, PACK = ".raw", ".zst", ".delta", ".pack"
# In the order in which they are looked for: a delta comes last, it is nothing without its base.
_KINDS = (RAW, WHOLE, DELTA)
_PACKS = "packs"
# A generation has one bit fewer in its base, so that no honest chain is longer.
_LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a content lies in a pack.

    Attributes
    ----------
    path
        The pack.
    start, size
        The bytes of what is packed.
    """

    path: Path
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class _Link:
    """One of the contents that are opened to read one of them."""

    address: str
    place: Path | Slot
    raw: Raw
    index: Index | None

    @property
    def generation(self) -> int:
        return self.index.generation if self.index else 0

    @property
    def size(self) -> int:
        if isinstance(self.place, Slot):
            return self.place.size
        return self.index.size if self.index else self.raw.size

    def content(self, base: Content | None, work: Work) -> Content:
        content: Content = self.raw
        if self.index is not None:
            content = Compressed(self.raw, self.index, base, work)
        if isinstance(self.place, Slot):
            content = Part(content, self.place.start, self.place.size)
        return content


class Packs:
    """The packs of a store, whose indexes are read once: a pack never changes under its name.

    Parameters
    ----------
    folder
        The store's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / _PACKS
        self._indexes: dict[Path, Index | None] = {}
        self._slots: dict[str, Slot] = {}
        self._guard = threading.Lock()

    def path(self, address: str) -> Path:
        """Return the name of the pack whose bytes have this hash."""
        return self.folder / f"{address}{PACK}"

    def look(self) -> tuple[dict[Path, Index | None], dict[str, Slot]]:
        """Return the index of each pack, None of a damaged one, and where each content lies."""
        with self._guard:
            self._look()
            return self._indexes, self._slots

    @contextmanager
    def opened(self, path: Path) -> Iterator[Content]:
        """Give all contents of a pack to be read, one after another.

        Raises
        ------
        SnapshotError
            When it is missing or damaged.
        """
        try:
            file = open_regular(path)
        except FileNotFoundError:
            raise damaged(path, "it is missing") from None
        with file:
            raw = Raw(path, file)
            index = read_index(path, file, raw.size)
            yield Compressed(raw, index, None, Work(index.size))

    def _look(self) -> None:
        paths = set()
        with suppress(FileNotFoundError, NotADirectoryError):
            for name in os.listdir(self.folder):
                if name.endswith(PACK) and is_hash(name.removesuffix(PACK)):
                    paths.add(self.folder / name)
        if paths == self._indexes.keys():
            return
        indexes = {path: index for path, index in self._indexes.items() if path in paths}
        for path in paths - indexes.keys():
            try:
                with open_regular(path) as file:
                    indexes[path] = read_index(path, file, os.fstat(file.fileno()).st_size)
            except FileNotFoundError:
                continue  # swept meanwhile
            except SnapshotError:
                indexes[path] = None
        # Others may still use what they were given, so that both are made anew.
        self._indexes = indexes
        self._slots = {
            address: Slot(path, start, size)
            for path, index in indexes.items()
            if index is not None
            for address, start, size in zip(
                index.hashes, accumulate(index.sizes, initial=0), index.sizes, strict=False
            )
        }


class Inventory:
    """What the store holds at one moment; folders are listed once, when they are first asked for.

    Parameters
    ----------
    folder
        The store's.
    packs
        Its packs.

    Attributes
    ----------
    indexes
        The index of each pack, None of a damaged one.
    slots
        Where each content lies that is in a pack.
    """

    def __init__(self, folder: Path, packs: Packs) -> None:
        self._folder = folder
        self.packs = packs
        self.indexes, self.slots = packs.look()
        self._listed: dict[str, frozenset[str]] = {}

    def places(self, address: str) -> Iterator[Path | Slot]:
        """Yield where a content lies: usually one place, none when it is not kept."""
        if not is_hash(address):
            return
        names = self._listed.get(address[:2])
        if names is None:
            names = self._listed[address[:2]] = self._list(address[:2])
        for kind in _KINDS[:2]:
            if address[2:] + kind in names:
                yield self._folder / address[:2] / (address[2:] + kind)
        if address in self.slots:
            yield self.slots[address]
        if address[2:] + DELTA in names:
            yield self._folder / address[:2] / (address[2:] + DELTA)

    def place(self, address: str) -> Path | Slot | None:
        """Return where a content is best read, None when it is not kept."""
        return next(self.places(address), None)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield the hash and the file of each content that has a file of its own."""
        with suppress(FileNotFoundError, NotADirectoryError):
            for shard in sorted(os.listdir(self._folder)):
                if len(shard) == 2:
                    for name in sorted(self._list(shard)):
                        path = self._folder / shard / name
                        if path.suffix in _KINDS and is_hash(shard + path.stem):
                            yield shard + path.stem, path

    def lineage(self, address: str) -> Iterator[tuple[str, int]]:
        """Yield a content and all that it needs, each with its generation.

        Raises
        ------
        SnapshotError
            After those that are there, when one is missing or damaged.
        """
        with ExitStack() as stack:
            for link in self._links(address, stack):
                yield link.address, link.generation

    def size(self, address: str) -> int:
        """Return the bytes of a content.

        Raises
        ------
        SnapshotError
            When it is missing, or its file is damaged.
        """
        place = self.place(address)
        if isinstance(place, Slot):
            return place.size
        with ExitStack() as stack:
            return next(self._links(address, stack)).size

    @contextmanager
    def opened(self, address: str, size: int | None = None) -> Iterator[Content]:
        """Give a content to be read.

        Parameters
        ----------
        address
            Its hash.
        size
            Bytes that it must have, when that is known.

        Raises
        ------
        SnapshotError
            When it is missing, damaged, or has another size.
        """
        with ExitStack() as stack:
            links = list(self._links(address, stack))
            first = links[0]
            if size is not None and first.size != size:
                raise damaged(first.raw.path, f"it holds {first.size:,} bytes, not {size:,}")
            work = Work(first.size)
            base: Content | None = None
            for link in reversed(links):
                base = link.content(base, work)
            assert base is not None
            yield base

    def _links(self, address: str, stack: ExitStack) -> Iterator[_Link]:
        """Open the file of a content and those of all that it needs; the stack closes them."""
        above, count = LAST_GENERATION + 1, 0
        path = self._folder
        while address or not count:
            needing = path
            path, place, raw = self._open(address, stack)
            index = self.indexes.get(path)
            if path.suffix != RAW and index is None:
                index = read_index(path, raw.file, raw.size)
            link = _Link(address, place, raw, index)
            if index is not None and (index.base != "") != (path.suffix == DELTA):
                raise damaged(path, "it holds something else than its name says")
            if (count and link.generation >= above) or count > _LONGEST_CHAIN:
                raise damaged(needing, "what it needs has no end")
            yield link
            above, count = link.generation, count + 1
            address = index.base if index else ""

    def _open(self, address: str, stack: ExitStack) -> tuple[Path, Path | Slot, Raw]:
        for _ in range(2):
            place = self.place(address)
            if place is None:
                break
            path = place.path if isinstance(place, Slot) else place
            try:
                return path, place, Raw(path, stack.enter_context(open_regular(path)))
            except FileNotFoundError:
                # Another process has put it into another pack, or swept it.
                self._listed.clear()
                self.indexes, self.slots = self.packs.look()
        raise SnapshotError(
            f"The snapshots in {self._folder} do not hold the content {address[:16]}….",
            hint="Type %ds doctor --repair: it keeps the content anew while the data still has it.",
        )

    def _list(self, shard: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(self._folder / shard))
        except (FileNotFoundError, NotADirectoryError):
            return frozenset()
