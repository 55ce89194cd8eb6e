"""Progress of work that takes longer than about a second; it disappears when done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_PATIENCE = 1.0


def hashing(files: int, size: int) -> Callable[[int], None]:
    """Begin to tell how much was hashed; nothing is shown within the first second.

    Parameters
    ----------
    files
        Number of files.
    size
        Bytes in all of them together.

    Returns
    -------
    callable
        To be told of further bytes done; the bar goes when all are.
    """
    return _Progress(f"Reading {files:,} file{'' if files == 1 else 's'}", size)


@contextmanager
def waiting(what: str) -> Iterator[Callable[[float], None]]:
    """Tell how far some work is; nothing is shown within the first second.

    Parameters
    ----------
    what
        What is done.

    Yields
    ------
    callable
        To be told the percentage done, now and then; a negative one says that nobody knows.
    """
    progress = _Progress(what, 100, "%")
    done = 0.0

    def tell(percentage: float) -> None:
        nonlocal done
        # Statement after statement begins at 0 again: the bar only ever grows.
        done = max(done, min(percentage, 99.0))
        progress.reach(int(done))

    try:
        yield tell
    finally:
        progress.close()


class _Progress:
    """A bar that is made when the work turns out to be long, so that short work imports nothing."""

    def __init__(self, what: str, total: int, unit: str = "B") -> None:
        self._what = what
        self._total = total
        self._unit = unit
        self._done = 0
        self._shown_from = time.monotonic() + _PATIENCE
        self._bar: Any = None
        self._guard = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._guard:
            self._done += count
            if self._bar is not None:
                self._bar.update(count)
            elif self._done < self._total and time.monotonic() > self._shown_from:
                self._bar = self._new_bar()
            if self._done >= self._total:
                self._take_away()

    def reach(self, done: int) -> None:
        """Tell how much is done in all; told too little, it only shows that work goes on."""
        self(max(done - self._done, 0))

    def close(self) -> None:
        """Take the bar away."""
        with self._guard:
            self._take_away()

    def _take_away(self) -> None:
        if self._bar is not None:
            # In a notebook one that is not full would turn red and stay.
            self._bar.total = self._bar.n
            self._bar.close()

    def _new_bar(self) -> Any:
        from tqdm.auto import tqdm

        return tqdm(
            total=self._total,
            initial=self._done,
            desc=self._what,
            unit=self._unit,
            unit_scale=self._unit == "B",
            leave=False,
        )

    def __del__(self) -> None:
        self._take_away()
