"""Tracing: the files that the user's cells open for reading, seen by Python's audit hook.

The hook sees whatever goes through Python's own ``open``: pandas' CSV, JSON and Feather readers,
numpy, PIL, gzip. It does not see libraries that open files themselves, such as pyarrow's and
pandas' Parquet readers, polars and DuckDB. An audit hook cannot be taken away, so it is put there
once and does nothing outside a cell.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dsnb.session.notebook import NOTEBOOK

Stat = tuple[int, int, int, int]
"""Size, mtime and ctime in nanoseconds, inode; spelled out here to import nothing."""

# Code and what belongs to it is opened all the time and is no data.
_CODE = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".pth", ".ipynb", ".toml", ".typed")
_WRITING = os.O_WRONLY | os.O_RDWR


class Tracer:
    """The files that were opened for reading since they were last asked for."""

    def __init__(self) -> None:
        self._reads: dict[str, Stat] = {}
        self._own = threading.local()
        self._installed = False

    def install(self) -> None:
        """Begin to see what cells open; a second time changes nothing."""
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._hear)

    def take(self) -> Mapping[str, Stat]:
        """Return what was opened for reading, each with its first state, and forget it."""
        reads, self._reads = self._reads, {}
        return reads

    @contextmanager
    def not_the_users(self) -> Iterator[None]:
        """Let what this thread opens in the block pass, as dsnb opens it and not the user."""
        before = getattr(self._own, "active", False)
        self._own.active = True
        try:
            yield
        finally:
            self._own.active = before

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if event != "open" or NOTEBOOK.cell is None:
            return
        try:
            self._see(*args)
        except Exception:
            return  # whatever it is, the user's own open goes on

    def _see(self, path: object, mode: object, flags: object) -> None:
        if type(path) is not str or path.endswith(_CODE) or getattr(self._own, "active", False):
            return
        if threading.current_thread().name == "dsnb-filling":
            return  # it reads again, for the cache, what was loaded
        if isinstance(flags, int) and flags & _WRITING:
            return
        absolute = os.path.abspath(path)
        if absolute.startswith((sys.prefix, sys.base_prefix, "/proc/", "/sys/", "/dev/")):
            return
        if absolute not in self._reads:
            found = os.stat(absolute)
            self._reads[absolute] = (
                found.st_size,
                found.st_mtime_ns,
                found.st_ctime_ns,
                found.st_ino,
            )


TRACER = Tracer()
"""The tracer of this process."""
