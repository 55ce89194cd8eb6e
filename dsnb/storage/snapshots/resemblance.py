"""Finding the range of an older content that a piece of a newer one resembles.

Rows that were added or removed shift all that follows, so equal places say little. Instead some
places of the older content are remembered by their next 32 bytes, and the newer one is searched
for those at every place: whatever is found tells where the two lie alongside each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from dsnb.storage.snapshots.contents import Content, pieces

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[Any]]

WINDOW = 1 << 15
"""Bytes that are searched for anchors at once; a few of them come before long."""
SLACK = 1 << 20
"""Bytes by which a range may be longer than what it was found by, at either end."""

_WINDOWS = 6
_SPACING = 1 << 12
_MOST_ANCHORS = 1 << 20
_WORDS = 4
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)

Range = tuple[int, int]
NOTHING: Range = (0, 0)


class Anchors:
    """Places of a content, known by the bytes that follow them.

    Parameters
    ----------
    parts
        Places and the bytes that begin there.
    spacing
        Bytes from one anchor to the next.
    """

    def __init__(self, parts: Iterable[tuple[int, bytes]], spacing: int = _SPACING) -> None:
        import numpy as np

        keys, places = [], []
        for place, part in parts:
            keys.append(_keys(part, 0, spacing // 8))
            places.append(place + spacing * np.arange(len(keys[-1])))
        every = np.concatenate([np.empty(0, np.uint64), *keys])
        known, first, count = np.unique(every, return_index=True, return_counts=True)
        # What occurs several times tells nothing.
        self._keys: Numbers = known[count == 1]
        self._places: Numbers = np.concatenate([np.empty(0, int), *places])[first[count == 1]]
        self.telling = 4 * len(self._keys) >= len(every)
        # Most keys of the newer content are none of these: a table of a few bits tells so sooner.
        bits = max(16, len(self._keys).bit_length() + 7)
        self._shift = np.uint64(64 - bits)
        self._likely = np.zeros(1 << bits, bool)
        self._likely[self._keys >> self._shift] = True

    def find(self, part: bytes, place: int) -> Iterator[tuple[int, int]]:
        """Yield pairs of places, in the newer and in the older content, that go together.

        Parameters
        ----------
        part
            Bytes of the newer content.
        place
            Where they begin there.
        """
        import numpy as np

        if not len(self._keys):
            return
        for shift in range(8):
            keys = _keys(part, shift)
            at = np.flatnonzero(self._likely[keys >> self._shift])
            nearest = np.minimum(np.searchsorted(self._keys, keys[at]), len(self._keys) - 1)
            same = self._keys[nearest] == keys[at]
            yield from zip(
                (place + shift + 8 * at[same]).tolist(),
                self._places[nearest[same]].tolist(),
                strict=True,
            )


def _keys(part: bytes, shift: int, step: int = 1) -> Numbers:
    """Return a number for the 32 bytes at every eighth place, or further apart by ``step``."""
    import numpy as np

    words = np.frombuffer(part, "<u8", max(len(part) - shift, 0) // 8, shift)
    count = max(len(words) - _WORDS + 1, 0)
    keys = np.zeros(-(-count // step), np.uint64)
    for number, factor in enumerate(_FACTORS):
        keys ^= words[number : number + count : step] * np.uint64(factor)
    return keys * np.uint64(_FACTORS[0])


class Alignment:
    """Follows where the segments of a newer content lie in an older one.

    Parameters
    ----------
    base
        The older content.
    pool
        Reads it, so that Ctrl-C cannot stop anyone amid it whom others wait for.
    segment
        Bytes of a segment.
    """

    def __init__(self, base: Content, pool: Executor, segment: int) -> None:
        self.base = base
        self._pool = pool
        self._segment = segment
        self._slack = min(SLACK, segment)
        self._next = 0
        self._everywhere: Anchors | None = None
        self._coming: deque[tuple[Range, Future[bytes]]] = deque(maxlen=1)
        self._read_ahead()

    def follow(self, segment: bytes) -> Range:
        """Return the range of the base for the next segment; `NOTHING` when none resembles it."""
        (start, _), future = self._coming[0]
        near = Anchors([(start, future.result())])
        pairs = _pairs(near, segment)
        if not pairs and not near.telling:
            # The same few rows again and again: one place is as good as another.
            pairs = [(0, self._next)]
        # After the end of the base come most likely rows that were appended, like none of it.
        if not pairs and (self._everywhere is not None or self._next < self.base.size):
            pairs = self._main_course(_pairs(self._all(), segment))
        if not pairs:
            return NOTHING
        (first, low), (last, high) = pairs[0], pairs[-1]
        self._next = min(high + len(segment) - last, self.base.size)
        self._read_ahead()
        return (
            max(low - first - self._slack, 0),
            min(max(high + len(segment) - last, low) + self._slack, self.base.size),
        )

    def is_near(self, part: bytes, place: int) -> bool:
        """Tell whether some bytes have anything in common with a place of the older content."""
        start = max(place - self._slack, 0)
        end = min(place + len(part) + self._slack, self.base.size)
        near = Anchors([(start, self._pool.submit(self.base.read, start, end).result())])
        return not near.telling or any(near.find(part, 0))

    def is_anywhere(self, part: bytes) -> bool:
        """Tell whether some bytes have anything in common with the older content."""
        return any(self._all().find(part, 0))

    def _read_ahead(self) -> None:
        start = max(self._next - self._slack, 0)
        end = min(self._next + self._segment + self._slack, self.base.size)
        self._coming.append(((start, end), self._pool.submit(self.base.read, start, end)))

    def _all(self) -> Anchors:
        if self._everywhere is None:
            self._everywhere = anchors_of(self.base, self._pool)
        return self._everywhere

    def _main_course(self, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Leave out what was found far from where most was."""
        shifts = sorted(old - new for new, old in pairs)
        middle = shifts[len(shifts) // 2] if shifts else 0
        return [pair for pair in pairs if abs(pair[1] - pair[0] - middle) <= self._segment]


def anchors_of(content: Content, pool: Executor) -> Anchors:
    """Return anchors all over a content, which is read for that."""
    spacing = _SPACING
    while content.size // spacing > _MOST_ANCHORS:
        spacing *= 2

    def parts() -> Iterator[tuple[int, bytes]]:
        place = 0
        for piece in pieces(content, pool):
            yield place, piece
            place += len(piece)

    return Anchors(parts(), spacing)


def _pairs(anchors: Anchors, segment: bytes) -> list[tuple[int, int]]:
    """Return what a few windows of a segment have in common with a content, in order."""
    last = max(len(segment) - WINDOW, 0)
    places = {last * number // (_WINDOWS - 1) for number in range(_WINDOWS)}
    return sorted(
        pair for place in places for pair in anchors.find(segment[place : place + WINDOW], place)
    )
