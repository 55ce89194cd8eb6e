"""The format of what is kept: a Zstandard file that says at its end what it holds.

A content is cut into segments of equal size (the last is shorter), and each is one frame. After
them comes a skippable frame, which Zstandard's own tools pass over; it holds the index, which is
JSON compressed to a frame, then the length of that frame (4 bytes, little-endian) and ``dsnb``::

    frame  frame  …  50 2A 4D 18  length  [ frame of the index  its length  "dsnb" ]

So ``zstd -d`` gives back a whole content, and that of a pack is its contents one after another,
in the order of ``hashes``.

A delta (``.delta``) shares most of its content with another one, its base. Each of its frames is
compressed with a range of the base as prefix, which the index names, and only needs that range::

    zstd -d --patch-from=RANGE_OF_BASE FRAME

The base may be a delta again. Its generation is lower, so that a chain has an end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dsnb.errors import SnapshotError

SEGMENT = 4 << 20
"""Bytes of a content that are compressed at once: enough to be quick, small in memory."""
LONGEST_RANGE = 64 << 20
"""Bytes of a base that one segment may need."""
LAST_GENERATION = (1 << 16) - 1

_SEGMENTS = range(1 << 12, (16 << 20) + 1)
_MAGIC = b"dsnb"
_SKIPPABLE = 0x184D2A50
_HEAD = struct.Struct("<II")
_FOOT = struct.Struct("<I4s")
_HEXADECIMAL = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Index:
    """What a file of the store holds.

    Attributes
    ----------
    size
        Bytes of the content.
    segment
        Bytes of it in each segment but the last.
    frames
        Bytes that each segment takes in the file.
    base
        Hash of the content that the segments are compressed against, empty when none is.
    generation
        Higher than the base's; 0 without a base.
    ranges
        For each segment the range of the base, empty without a base.
    hashes, sizes
        What a pack holds, in order; empty when the content is a single one.
    """

    size: int
    segment: int
    frames: tuple[int, ...]
    base: str = ""
    generation: int = 0
    ranges: tuple[tuple[int, int], ...] = ()
    hashes: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()


def is_hash(text: str) -> bool:
    """Tell whether a text is a BLAKE3 as dsnb writes it, and so is safe in a file name.

    Examples
    --------
    >>> is_hash("0f" * 32), is_hash("../" + "0" * 61)
    (True, False)
    """
    return len(text) == 64 and _HEXADECIMAL.issuperset(text)


def damaged(path: Path, why: str) -> SnapshotError:
    """Return the error that tells that a file of the store cannot be used."""
    return SnapshotError(
        f"The snapshot {path} is damaged: {why}.",
        hint="Type %ds doctor --repair: it keeps the content anew while the data still has it.",
    )


def encode_index(index: Index) -> bytes:
    """Return the end of a file that has the index's frames before it.

    Examples
    --------
    >>> encode_index(Index(0, 4096, ()))[-4:]
    b'dsnb'
    """
    import msgspec

    from dsnb.storage.compression import compress

    frame = compress(msgspec.json.encode(index))
    return _HEAD.pack(_SKIPPABLE, len(frame) + _FOOT.size) + frame + _FOOT.pack(len(frame), _MAGIC)


def read_index(path: Path, file: BinaryIO, length: int) -> Index:
    """Read and check the index of a file.

    Parameters
    ----------
    path
        Its name, for errors.
    file
        The file, open.
    length
        Its bytes.

    Raises
    ------
    SnapshotError
        When it is not one that `encode_index` ends, or states what cannot be.
    """
    import msgspec

    from dsnb.storage.compression import library

    end = length - _FOOT.size
    try:
        file.seek(max(end, 0))
        size, magic = _FOOT.unpack(file.read(_FOOT.size))
        start = end - size
        if magic != _MAGIC or start < _HEAD.size:
            raise ValueError("it does not end as it should")
        file.seek(start - _HEAD.size)
        if _HEAD.unpack(file.read(_HEAD.size)) != (_SKIPPABLE, size + _FOOT.size):
            raise ValueError("its index does not begin as it should")
        # Hashes do not get shorter than half, so that an index never honestly needs more.
        most = 20 * size + (1 << 16)
        decompressor = library().ZstdDecompressor()
        text = decompressor.decompress(file.read(size), max_length=most)
        if not decompressor.eof:
            raise ValueError("its index is too long or cut off")
        index = msgspec.json.decode(text, type=Index)
        _check(index, start - _HEAD.size)
    except OSError as error:
        raise damaged(path, f"it cannot be read ({error.strerror})") from error
    except (ValueError, struct.error, msgspec.MsgspecError, library().ZstdError) as error:
        raise damaged(path, str(error).rstrip(".")) from error
    return index


def _check(index: Index, length: int) -> None:
    """Refuse an index that cannot be true of a file whose frames take ``length`` bytes."""
    if index.segment not in _SEGMENTS or index.size < 0:
        raise ValueError("its index states impossible sizes")
    if len(index.frames) != -(-index.size // index.segment):
        raise ValueError("its index does not have a frame for each segment")
    if sum(index.frames) != length or min(index.frames, default=1) < 1:
        raise ValueError("its index does not fit its length")
    if index.base:
        if not is_hash(index.base) or not 0 < index.generation <= LAST_GENERATION:
            raise ValueError("its index does not name a possible base")
        if len(index.ranges) != len(index.frames) or not all(
            0 <= start <= end <= start + LONGEST_RANGE for start, end in index.ranges
        ):
            raise ValueError("its index names impossible ranges of its base")
    elif index.generation or index.ranges:
        raise ValueError("its index names ranges of no base")
    if index.hashes or index.sizes:
        if len(index.hashes) != len(index.sizes) or not all(map(is_hash, index.hashes)):
            raise ValueError("its index lists impossible contents")
        if sum(index.sizes) != index.size or min(index.sizes) < 0:
            raise ValueError("the contents in its index do not fit its size")
