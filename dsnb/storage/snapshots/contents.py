"""Reading kept contents, any part of them, without ever holding one whole in memory."""

from __future__ import annotations

import os
import stat
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from dsnb.storage.compression import SHORTEST_PREFIX, decompress
from dsnb.storage.hashing import parallel_hasher
from dsnb.storage.snapshots.index import SEGMENT, Index, damaged

_T = TypeVar("_T")
_AHEAD = 4
# Neighbouring segments of a delta need overlapping ranges of its base.
_REMEMBERED = 6


class Content(Protocol):
    """The bytes of one content.

    Attributes
    ----------
    path
        The file that they come from, for errors.
    size
        How many there are.
    segment
        Reading is quickest from multiples of this on.
    """

    path: Path
    size: int
    segment: int

    def read(self, start: int, end: int) -> bytes:
        """Return a part.

        Raises
        ------
        SnapshotError
            When it is damaged, or cannot be read.
        """


class Work:
    """The bytes that may be made while one content is read.

    An honest chain of deltas makes each byte a few times. One that was made up could let every
    segment need others without end.

    Parameters
    ----------
    size
        Bytes of the content.
    """

    def __init__(self, size: int) -> None:
        self._left = 64 * size + (1 << 28)

    def spend(self, size: int) -> bool:
        """Tell whether this many bytes more are fine."""
        self._left -= size
        return self._left >= 0


class Raw:
    """A content that lies in a file as it is.

    Parameters
    ----------
    path, file
        The file, open; it is read by one thread at a time.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        self.segment = SEGMENT
        self._guard = threading.Lock()

    def read(self, start: int, end: int) -> bytes:
        """Return a part."""
        try:
            with self._guard:
                self.file.seek(start)
                content = self.file.read(end - start)
        except OSError as error:
            raise damaged(self.path, f"it cannot be read ({error.strerror})") from error
        if len(content) != end - start:
            raise damaged(self.path, "it was cut off")
        return content


class Compressed:
    """A content in compressed segments, or many one after another.

    Parameters
    ----------
    raw
        The file.
    index
        What it holds.
    base
        The content that the segments need, when they need one.
    work
        How much may be done.
    """

    def __init__(self, raw: Raw, index: Index, base: Content | None, work: Work) -> None:
        self.path = raw.path
        self.size = index.size
        self.segment = index.segment
        self._raw = raw
        self._index = index
        self._base = base
        self._work = work
        self._offsets = list(accumulate(index.frames, initial=0))
        self._remembered: OrderedDict[int, Future[bytes]] = OrderedDict()
        self._guard = threading.Lock()

    def read(self, start: int, end: int) -> bytes:
        """Return a part."""
        parts = []
        for number in range(start // self.segment, -(-end // self.segment)):
            segment, at = self._read_segment(number), number * self.segment
            whole = start <= at and end >= at + len(segment)
            parts.append(segment if whole else segment[max(start - at, 0) : end - at])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_segment(self, number: int) -> bytes:
        with self._guard:
            known = self._remembered.get(number)
            future = self._remembered[number] = known or Future()
            self._remembered.move_to_end(number)
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        if known is None:
            # Whoever else needs it meanwhile waits for this thread, which waits for no other
            # segment of this content.
            try:
                future.set_result(self._decompress(number))
            except BaseException as error:
                future.set_exception(error)
        return future.result()

    def _decompress(self, number: int) -> bytes:
        size = min(self.segment, self.size - number * self.segment)
        frame = self._raw.read(self._offsets[number], self._offsets[number + 1])
        prefix = b""
        if self._base is not None:
            start, end = self._index.ranges[number]
            if end > self._base.size:
                raise damaged(self.path, "it needs more of its base than there is")
            if end - start >= SHORTEST_PREFIX:
                prefix = self._base.read(start, end)
        if not self._work.spend(size + len(prefix)):
            raise damaged(self.path, "to read it would take absurdly long")
        try:
            return decompress(frame, size, prefix=prefix)
        except ValueError as error:
            raise damaged(self.path, str(error)) from error


class Part:
    """A part of another content, such as one of many in a pack.

    Parameters
    ----------
    whole
        The other content.
    start, size
        Where it lies there.
    """

    def __init__(self, whole: Content, start: int, size: int) -> None:
        self.path = whole.path
        self.size = size
        self.segment = whole.segment
        self._whole = whole
        self._start = start

    def read(self, start: int, end: int) -> bytes:
        """Return a part."""
        return self._whole.read(self._start + start, self._start + end)


def open_regular(path: Path) -> BinaryIO:
    """Open a file of the store for reading; it is no link, and no pipe that would block.

    Raises
    ------
    FileNotFoundError
        When it is not there.
    SnapshotError
        When it is something else or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise damaged(path, "it is no regular file")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise damaged(path, f"it cannot be read ({error.strerror})") from error
    return open(descriptor, "rb", buffering=0)


def pieces(content: Content, pool: Executor) -> Iterator[bytes]:
    """Yield a content from its start to its end, the next pieces being made meanwhile.

    Raises
    ------
    SnapshotError
        When it is damaged, or cannot be read.
    """
    step = content.segment
    if content.size <= step:
        yield content.read(0, content.size)
        return
    starts = range(0, content.size, step)
    yield from in_order(
        pool, (partial(content.read, at, min(at + step, content.size)) for at in starts)
    )


def in_order(pool: Executor, tasks: Iterable[Callable[[], _T]]) -> Generator[_T, None, None]:
    """Yield what tasks return, in their order; a few of them run ahead."""
    running: deque[Future[_T]] = deque()
    try:
        for task in tasks:
            running.append(pool.submit(task))
            if len(running) > _AHEAD:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()


def verified(content: Content, address: str, pool: Executor) -> Iterator[bytes]:
    """Yield a content from its start to its end, comparing it with its hash on the way.

    Raises
    ------
    SnapshotError
        At the latest after the last piece, when it is another content or cannot be read.
    """
    hasher = parallel_hasher()
    for piece in pieces(content, pool):
        hasher.update(piece)
        yield piece
    if hasher.hexdigest() != address:
        raise damaged(content.path, "its content does not match its hash")


def verify(content: Content, address: str, pool: Executor) -> None:
    """Read a content and compare it with its hash.

    Raises
    ------
    SnapshotError
        When it is another content, or cannot be read.
    """
    for _ in verified(content, address, pool):
        pass
