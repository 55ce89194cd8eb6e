"""Remembered file states: which hash a file had when its size, times and inode were these.

The memory lives in the user's cache folder, one file for each path that was registered, and can be
thrown away at any time. It is held in columns, so that "nothing changed" among 100,000 files is a
few comparisons of arrays.
"""

from __future__ import annotations

import os
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from dsnb.storage.atomic import write_atomically
from dsnb.storage.files import Stat

HASH_BYTES = 32
_MAGIC = b"dsnb stats 1 " + sys.byteorder.encode() + b"\n"
_NEVER = -1
_LARGEST = (1 << 63) - 1
# A file changed again within the clock's tick keeps its times, so a state this young when it was
# read proves nothing. Two seconds is the coarsest tick in use (FAT).
_TICK = 2_000_000_000


@dataclass(frozen=True)
class Remembered:
    """What was found below one path, last time.

    Attributes
    ----------
    digest
        The digest over all files.
    encoded_names
        The files in order, as `encode_names` writes them.
    encoded_stats
        Size, mtime, ctime and inode of each, one after another.
    hashes
        BLAKE3 of each content, 32 bytes, one after another.
    """

    digest: bytes
    encoded_names: bytes
    encoded_stats: bytes
    hashes: bytes

    def equals(self, names: Sequence[str], stats: Sequence[Stat]) -> bool:
        """Tell whether these very files are there, none of them touched."""
        return (
            encode_names(names) == self.encoded_names
            and flatten(stats).tobytes() == self.encoded_stats
        )

    def hash_of(self, name: str, found: Stat) -> bytes | None:
        """Return the hash of a file when its state is the remembered one."""
        index = self._index.get(name)
        if index is None or self._stat(index) != found:
            return None
        return _hash_at(self.hashes, index)

    def updated(
        self, names: Sequence[str], stats: Sequence[Stat], hashes: bytes
    ) -> tuple[Sequence[str], Sequence[Stat], bytes]:
        """Return these files, with the states of some of them, and of others, as found since.

        Parameters
        ----------
        names, stats, hashes
            What was found, as for `StatCache.save`.
        """
        if self._index.keys() <= set(names):
            return names, stats, hashes
        files = {
            name: (self._stat(index), _hash_at(self.hashes, index))
            for name, index in self._index.items()
        }
        for index, name in enumerate(names):
            files[name] = (stats[index], _hash_at(hashes, index))
        joined = b"".join(content for _, content in files.values())
        return list(files), [found for found, _ in files.values()], joined

    def _stat(self, index: int) -> Stat:
        size, modified, changed, inode = self._stats[4 * index : 4 * index + 4]
        return size, modified, changed, inode

    @cached_property
    def _index(self) -> dict[str, int]:
        names = self.encoded_names.decode().split("\0")
        return {name: index for index, name in enumerate(names)}

    @cached_property
    def _stats(self) -> array[int]:
        stats = array("q")
        stats.frombytes(self.encoded_stats)
        return stats


class StatCache:
    """The remembered states in a folder of the user's cache.

    Parameters
    ----------
    folder
        Where they are kept; made when first written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, place: str) -> Remembered | None:
        """Return what was remembered of a path, or None; a damaged file counts as none."""
        from blake3 import blake3

        try:
            content = self._file(place).read_bytes()
        except OSError:
            return None
        head, body = content[: len(_MAGIC)], content[len(_MAGIC) + HASH_BYTES :]
        if head != _MAGIC or blake3(body).digest() != content[len(_MAGIC) :][:HASH_BYTES]:
            return None
        digest, sizes = body[:HASH_BYTES], array("q")
        sizes.frombytes(body[HASH_BYTES : HASH_BYTES + 16])
        count, length = sizes
        names_end = HASH_BYTES + 16 + length
        stats_end = names_end + 32 * count
        return Remembered(
            digest,
            body[HASH_BYTES + 16 : names_end],
            body[names_end:stats_end],
            body[stats_end:],
        )

    def save(
        self,
        place: str,
        names: Sequence[str],
        stats: Sequence[Stat],
        hashes: bytes,
        digest: bytes,
        read_at: int,
    ) -> None:
        """Remember the states of the files below a path.

        Parameters
        ----------
        place
            The path that was registered, absolute.
        names, stats
            The files and their states when they had the hashes.
        hashes
            BLAKE3 of each content, 32 bytes, one after another.
        digest
            The digest over all of them.
        read_at
            The moment before the first of them was read (nanoseconds since the epoch).
        """
        from blake3 import blake3

        flat = flatten(stats)
        for index, found in enumerate(stats):
            if max(found[1], found[2]) > read_at - _TICK:
                flat[4 * index + 3] = _NEVER
        encoded = encode_names(names)
        body = b"".join(
            (
                digest,
                array("q", (len(names), len(encoded))).tobytes(),
                encoded,
                flat.tobytes(),
                hashes,
            )
        )
        try:
            write_atomically(
                self._file(place), _MAGIC + blake3(body).digest() + body, durable=False
            )
        except OSError:
            return  # without a cache the files are hashed again: slower, never wrong

    def _file(self, place: str) -> Path:
        from blake3 import blake3

        address = blake3(os.fsencode(place)).hexdigest()[:32]
        return self._folder / address[:2] / address[2:]


def _hash_at(hashes: bytes, index: int) -> bytes:
    return hashes[HASH_BYTES * index : HASH_BYTES * (index + 1)]


def encode_names(names: Sequence[str]) -> bytes:
    r"""Return names as one run of bytes.

    Examples
    --------
    >>> encode_names(["a.csv", "b.csv"])
    b'a.csv\x00b.csv'
    """
    return "\0".join(names).encode()


def flatten(stats: Sequence[Stat]) -> array[int]:
    """Return states as one array: size, mtime, ctime and inode of each.

    Examples
    --------
    >>> flatten([(1, 2, 3, 4), (5, 6, 7, 8)])
    array('q', [1, 2, 3, 4, 5, 6, 7, 8])
    """
    try:
        return array("q", chain.from_iterable(stats))
    except OverflowError:  # some file systems have inodes of 64 bits
        return array("q", (number & _LARGEST for found in stats for number in found))


def clock() -> int:
    """Return the present moment as file systems count it, in nanoseconds since the epoch."""
    return time.time_ns()
