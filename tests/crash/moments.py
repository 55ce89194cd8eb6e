"""Something happens at a chosen moment: before the n-th call to the system while dsnb works."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

CALLS = {
    *("open", "write", "writev", "sendfile", "copy_file_range", "ioctl"),
    *("truncate", "ftruncate", "fsync", "fdatasync", "flock", "utime", "chmod", "fchmod"),
    *("rename", "replace", "link", "symlink", "unlink", "remove", "mkdir", "rmdir"),
}
"""The calls that can change what is on the disk, or who is let to."""
CLOSINGS = {"close", "__exit__"}
"""The calls that may write the last of a file, and let go of a lock."""


class Moment:
    """The moment before a call to the system.

    Parameters
    ----------
    number
        Of the call, counted over everything that is done within `awaited`.
    happens
        What then happens; when it raises, the call is not made.
    calls
        Names of those that count.
    """

    def __init__(
        self, number: int, happens: Callable[[], None], calls: Collection[str] = CALLS
    ) -> None:
        self.left = number
        self._calls = calls
        self._happens = happens

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Count the calls within a context, also those of threads that are started there."""
        threading.setprofile(self._watch)
        sys.setprofile(self._watch)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _watch(self, frame: Any, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in self._calls:
            self.left -= 1
            if self.left == 0:
                self._happens()
