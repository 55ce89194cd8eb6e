"""Writing contents to new files of the store: whole, as a delta, as a clone, or many in a pack."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, overload

from dsnb.errors import SnapshotError, UnreadableFileError
from dsnb.storage.compression import SHORTEST_PREFIX, compress
from dsnb.storage.hashing import parallel_hasher
from dsnb.storage.snapshots.cloning import clone
from dsnb.storage.snapshots.contents import Content, Raw, in_order, verify
from dsnb.storage.snapshots.index import Index, encode_index
from dsnb.storage.snapshots.newfile import NewFile
from dsnb.storage.snapshots.resemblance import WINDOW, Alignment

# A delta must save at least half of what the content takes by itself.
_GAIN = 0.5
_SAMPLE = 1 << 18
_SAMPLES = 4
# What is hardly smaller when compressed is not worth a search for what it may resemble.
_INCOMPRESSIBLE = 0.9
_PLACES = 16


@dataclass(frozen=True, slots=True)
class ToKeep:
    """One file whose content is to be kept.

    Attributes
    ----------
    path
        The file on this machine.
    hash
        BLAKE3 that its content must have.
    size
        Bytes that it must have.
    like
        Hash of a kept content that this one probably resembles, such as that of the same name in
        the version before.
    """

    path: str
    hash: str
    size: int
    like: str | None = None


class Original:
    """A file whose content is to be kept, open to be read.

    Parameters
    ----------
    wanted
        What it must hold.
    file
        The file.
    """

    def __init__(self, wanted: ToKeep, file: BinaryIO) -> None:
        self.wanted = wanted
        self.file = file

    def read(self, start: int, size: int) -> bytes:
        """Return a part of the file; it is shorter where the file ends.

        Raises
        ------
        UnreadableFileError
            When it cannot be read.
        """
        try:
            self.file.seek(start)
            return self.file.read(size)
        except OSError as error:
            raise _unreadable(self.wanted.path, error) from error

    def segments(self, size: int, told: Callable[[int], None]) -> Iterator[bytes]:
        """Yield the file from its start to its end.

        Raises
        ------
        UnreadableFileError
            At the latest after the last, when what was read is not what the file must hold.
        """
        hasher = parallel_hasher()
        for start in range(0, self.wanted.size, size):
            segment = self.read(start, min(size, self.wanted.size - start))
            hasher.update(segment)
            told(len(segment))
            yield segment
        if hasher.hexdigest() != self.wanted.hash or self.read(self.wanted.size, 1):
            raise _changed(self.wanted.path)


@contextmanager
def open_original(wanted: ToKeep) -> Iterator[Original]:
    """Open a file that is to be kept.

    Raises
    ------
    UnreadableFileError
        When it cannot be opened, or has another size.
    """
    try:
        file = open(wanted.path, "rb", buffering=0)  # noqa: SIM115 - closed below
    except OSError as error:
        raise _unreadable(wanted.path, error) from error
    with file:
        if os.fstat(file.fileno()).st_size != wanted.size:
            raise _changed(wanted.path)
        yield Original(wanted, file)


def read_small(wanted: ToKeep) -> bytes:
    """Return the content of a small file that is to be kept.

    Raises
    ------
    UnreadableFileError
        When it cannot be read, or is not what it must be.
    """
    from blake3 import blake3

    try:
        descriptor = os.open(wanted.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            content = os.read(descriptor, wanted.size + 1)
            while 0 < len(content) < wanted.size:  # a slow file system may give a part
                further = os.read(descriptor, wanted.size + 1 - len(content))
                if not further:
                    break
                content += further
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(wanted.path, error) from error
    if blake3(content).hexdigest() != wanted.hash:
        raise _changed(wanted.path)
    return content


def write_clone(original: Original, new: NewFile, pool: Executor) -> bool:
    """Make a new file a clone of an original; False where the file system cannot.

    Raises
    ------
    UnreadableFileError
        When the original has been changed.
    """
    if not clone(original.file, new.file):
        return False
    raw = Raw(new.path, new.file)
    try:
        # What counts is the clone: the original may change at any time.
        verify(raw, original.wanted.hash, pool)
    except SnapshotError as error:
        raise _changed(original.wanted.path) from error
    return True


def write_whole(
    original: Original, new: NewFile, pool: Executor, segment: int, told: Callable[[int], None]
) -> None:
    """Write an original to a new file, compressed by itself.

    Raises
    ------
    UnreadableFileError
        When the original cannot be read, or has been changed.
    """
    frames = _write_frames(
        (partial(compress, part) for part in original.segments(segment, told)), new, pool
    )
    new.write(encode_index(Index(original.wanted.size, segment, frames)))


def write_delta(
    original: Original,
    base: Content,
    address: str,
    generation: int,
    new: NewFile,
    pool: Executor,
    segment: int,
    told: Callable[[int], None],
) -> bool:
    """Write an original to a new file, compressed against a content that it resembles.

    Parameters
    ----------
    original
        What is to be kept.
    base, address
        The other content, and its hash.
    generation
        Higher than the base's.
    new
        The file; nothing is in it when the delta turns out to be no gain.
    pool
        Does the work.
    segment
        Bytes that are compressed at once.
    told
        Called with a number of further bytes that are done.

    Returns
    -------
    bool
        Whether the delta is there.

    Raises
    ------
    UnreadableFileError
        When the original cannot be read, or has been changed.
    SnapshotError
        When the base is damaged.
    """
    plain = _ratio_of(original)
    alignment = Alignment(base, pool, segment)
    if not _resembles(original, alignment, search=plain < _INCOMPRESSIBLE):
        return False
    most = int(_GAIN * plain * original.wanted.size)
    ranges = []
    done = 0

    def tasks() -> Iterator[Callable[[], bytes]]:
        nonlocal done
        for part in original.segments(segment, told):
            done += len(part)
            start, end = alignment.follow(part)
            ranges.append((start, end))
            yield partial(_compress_like, part, base, start, end)

    frames = _write_frames(tasks(), new, pool, most)
    if frames is None:
        new.restart()
        told(-done)
        return False
    index = Index(original.wanted.size, segment, frames, address, generation, tuple(ranges))
    new.write(encode_index(index))
    return True


def write_pack(
    contents: Iterable[tuple[str, bytes]], new: NewFile, pool: Executor, segment: int
) -> str:
    """Write small contents to a new file, one after another; return the hash of that file."""
    from blake3 import blake3

    hashes: list[str] = []
    sizes: list[int] = []

    def tasks() -> Iterator[Callable[[], bytes]]:
        waiting = bytearray()
        for address, content in contents:
            hashes.append(address)
            sizes.append(len(content))
            waiting += content
            while len(waiting) >= segment:
                yield partial(compress, bytes(waiting[:segment]))
                del waiting[:segment]
        if waiting:
            yield partial(compress, bytes(waiting))

    frames = _write_frames(tasks(), new, pool)
    new.write(
        encode_index(Index(sum(sizes), segment, frames, hashes=tuple(hashes), sizes=tuple(sizes)))
    )
    return blake3().update_mmap(new.path).hexdigest()


@overload
def _write_frames(
    tasks: Iterable[Callable[[], bytes]], new: NewFile, pool: Executor
) -> tuple[int, ...]: ...
@overload
def _write_frames(
    tasks: Iterable[Callable[[], bytes]], new: NewFile, pool: Executor, most: int
) -> tuple[int, ...] | None: ...
def _write_frames(
    tasks: Iterable[Callable[[], bytes]], new: NewFile, pool: Executor, most: int | None = None
) -> tuple[int, ...] | None:
    """Write the frames that tasks make, return the bytes of each; None if they get too many."""
    frames = []
    written = 0
    with closing(in_order(pool, tasks)) as made:
        for frame in made:
            new.write(frame)
            frames.append(len(frame))
            written += len(frame)
            if most is not None and written > most:
                return None
    return tuple(frames)


def _compress_like(part: bytes, base: Content, start: int, end: int) -> bytes:
    prefix = base.read(start, end) if end - start >= SHORTEST_PREFIX else b""
    return compress(part, prefix=prefix)


def _ratio_of(original: Original) -> float:
    """Return about how much of its size a content takes when it is compressed by itself."""
    last = max(original.wanted.size - _SAMPLE, 0)
    samples = [
        original.read(last * number // (_SAMPLES - 1), _SAMPLE) for number in range(_SAMPLES)
    ]
    return sum(len(compress(sample)) for sample in samples) / max(sum(map(len, samples)), 1)


def _resembles(original: Original, alignment: Alignment, *, search: bool) -> bool:
    """Tell whether a look at a few places finds anything that a content shares with another.

    Parameters
    ----------
    original, alignment
        The one, and the other.
    search
        Whether to search all of the other when nothing is where it would be first expected.
    """
    size, older = original.wanted.size, alignment.base.size
    # Something was changed; or rows were added before the end, or before the start.
    for place, expected in ((0, 0), (size // 2, size // 2), (size - WINDOW, older - WINDOW)):
        if alignment.is_near(original.read(max(place, 0), WINDOW), max(expected, 0)):
            return True
    return search and any(
        alignment.is_anywhere(original.read(size * number // _PLACES, WINDOW))
        for number in range(_PLACES)
    )


def _unreadable(path: str, error: OSError) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path} cannot be read: {error.strerror}.",
        hint="Check that it still exists and its permissions, then run the same line again.",
    )


def _changed(path: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path} was changed while its content was to be kept.",
        hint="Wait until the writer is done, then run the same line again.",
    )
