"""Tracing: the files that the user's cells open, for reading and for writing.

Python's audit hook tells of whatever goes through Python's own ``open``: pandas' CSV, JSON and
Excel readers, numpy, PIL, gzip. Libraries that open files themselves, such as pyarrow, polars and
DuckDB, are made to tell by `dsnb.session.readers`. An audit hook cannot be taken away, so it is put
there once, and does nothing outside a cell.

The hook runs for every file that a process opens. So it looks at a folder only once in a cell, and
at each file only once.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, NamedTuple

from dsnb.session.notebook import NOTEBOOK
from dsnb.session.places import Places, files_at

Stat = tuple[int, int, int, int]
"""Size, mtime and ctime in nanoseconds, inode; spelled out here to import nothing."""

_CODE = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".pth", ".ipynb", ".toml", ".typed")
_ON_WINDOWS = os.sep != "/"
_WRITING = os.O_WRONLY | os.O_RDWR
MOST = 100_000
"""So many files of one cell are remembered, and no more."""


class Traced(NamedTuple):
    """What a cell did with files.

    Attributes
    ----------
    reads
        Absolute paths that were opened for reading, each with its state just before.
    writes
        Absolute paths of files that were written and are still there.
    """

    reads: Mapping[str, Stat]
    writes: tuple[str, ...]


class _Before(NamedTuple):
    """What was at a place before it was written: one file, or those in a folder."""

    in_folder: bool
    states: Mapping[str, Stat]


class Tracer:
    """The files that cells opened since they were last asked for."""

    def __init__(self) -> None:
        self._reads: dict[str, os.stat_result] = {}  # by path as it was spelled
        self._writes: dict[str, _Before] = {}
        self._places = Places()
        self._own: set[int] = set()
        self._heeding = False
        self._installed = False

    @property
    def roots(self) -> tuple[str, ...] | None:
        """The folders below which files matter, without links; None takes every folder."""
        return self._places.roots

    @roots.setter
    def roots(self, roots: tuple[str, ...] | None) -> None:
        self._places = Places(roots)

    @property
    def heeding(self) -> bool:
        """Whether what this thread opens now is a cell's."""
        return self._heeding and NOTEBOOK.cell is not None and not self._is_own()

    @property
    def pending(self) -> bool:
        """Whether anything was opened since the last `take`."""
        return bool(self._reads or self._writes)

    def install(self) -> None:
        """Begin to see what cells open; a second time changes nothing."""
        self._heeding = True
        self.roots = None
        if not self._installed:
            self._installed = True
            sys.addaudithook(self._hear)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self.remove)

    def remove(self) -> None:
        """See nothing any more, and forget what was seen."""
        self._heeding = False
        self._reads, self._writes = {}, {}
        self.roots = None

    def take(self) -> Traced:
        """Return what was opened since the last time, and forget it."""
        self._settle()
        reads, self._reads = self._reads, {}
        writes, self._writes = self._writes, {}
        if self._places:
            self._places = Places(self.roots)
        return Traced(
            {path: _state(found) for path, found in reads.items()},
            tuple(dict.fromkeys(_written(writes))),
        )

    @contextmanager
    def not_the_users(self) -> Iterator[None]:
        """Let what this thread opens in the block pass, as dsnb opens it and not the user."""
        thread = threading.get_ident()
        if thread in self._own:
            yield
            return
        self._own.add(thread)
        try:
            yield
        finally:
            self._own.discard(thread)

    @contextmanager
    def the_users_again(self) -> Iterator[None]:
        """Within `not_the_users`, see what this thread opens in the block: it runs a cell."""
        thread = threading.get_ident()
        hidden = thread in self._own
        self._own.discard(thread)
        try:
            yield
        finally:
            if hidden:
                self._own.add(thread)

    def saw_reading(self, path: str, found: os.stat_result) -> None:
        """Remember that the cell is about to read a file.

        Parameters
        ----------
        path
            Where it is.
        found
            Its state.
        """
        if len(self._reads) < MOST and self._places[path[: _cut(path)]]:
            self._reads.setdefault(path, found)

    def saw_writing(self, path: str, *, reading: bool = False, in_folder: bool = False) -> None:
        """Remember that the cell is about to write a file, or files in a folder.

        Parameters
        ----------
        path
            Where it is, or will be.
        reading
            Whether it is opened for reading as well; then it was written only if it has changed.
        in_folder
            Whether it may be a folder, in which files are written.
        """
        place = self._place(path)
        if place is None or place in self._writes or len(self._writes) >= MOST:
            return
        before: dict[str, Stat] = {}
        if reading:
            with suppress(OSError):  # it is made just now
                found = os.stat(place)
                before = {place: _state(found)}
                self.saw_reading(place, found)
        elif in_folder and os.path.isdir(place):
            before = {file: _state(found) for file, found in islice(files_at(place), MOST)}
        self._writes[place] = _Before(in_folder, before)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        # Of a cell of another kind, or of none, not even the event is looked at.
        if NOTEBOOK.cell is None or not self._heeding:
            return
        try:
            if event == "open":
                path, mode, flags = args
                if type(path) is not str or flags & _WRITING or mode is None or _ON_WINDOWS:
                    self._opened(path, mode, flags)
                # This is done whenever a file is opened, and says little so that it is quick.
                elif (
                    path not in self._reads
                    and self._places[path[: path.rfind("/") + 1]]
                    and not ((self._own or threading.get_ident() != _MAIN) and self._is_own())
                    and len(self._reads) < MOST
                ):
                    self._reads[path] = os.stat(path)
            elif event == "sqlite3.connect":
                self._connected(*args)
            elif event == "os.rename":
                self._renamed(*args)
            elif event == "os.chdir":
                self._settle()
                self._places = Places(self.roots)
        except Exception:
            return  # whatever it is, the user's own open goes on

    def _opened(self, path: Any, mode: object, flags: int) -> None:
        """See a file be opened for writing, or in an unusual way."""
        if not isinstance(path, str | bytes | os.PathLike) or self._is_own():
            return  # a descriptor's file has been opened before
        path = os.fsdecode(path)
        if mode is None and not os.path.isabs(path):
            return  # what os.open is told may be relative to a folder that nobody tells of
        if flags & _WRITING:
            # A file that is emptied, or cannot be read, is not read.
            self.saw_writing(path, reading=not flags & (os.O_WRONLY | os.O_TRUNC))
        else:
            self.saw_reading(path, os.stat(path))

    def _connected(self, database: object) -> None:
        """See a database of SQLite, in which statements may read or write."""
        path = os.fsdecode(database) if isinstance(database, str | bytes | os.PathLike) else ""
        if path.startswith("file:"):
            from urllib.parse import unquote, urlsplit

            path = unquote(urlsplit(path).path)
        if path and path != ":memory:" and not self._is_own():
            self.saw_writing(path, reading=True)

    def _renamed(self, old: object, new: object, *folders: int) -> None:
        """See a file appear that was written under another name."""
        if not self._writes or any(folder != -1 for folder in folders):
            return
        if isinstance(old, str | os.PathLike) and isinstance(new, str | os.PathLike):
            before, after = self._place(os.fsdecode(old)), self._place(os.fsdecode(new))
            if before in self._writes and after is not None:
                self._writes.setdefault(after, _Before(False, {}))

    def _place(self, path: str) -> str | None:
        """Return the absolute path of what may be data, None of anything else."""
        cut = _cut(path)
        above, name = self._places[path[:cut]], path[cut:]
        return above + name if above and not name.endswith(_CODE) and name[:1] != "." else None

    def _settle(self) -> None:
        """Name what was read by absolute paths, as the current folder may change."""
        reads, self._reads = self._reads, {}
        for path, found in reads.items():
            if stat.S_ISREG(found.st_mode) and (place := self._place(path)) is not None:
                self._reads.setdefault(place, found)

    def _is_own(self) -> bool:
        """Tell whether dsnb is at work in this thread."""
        thread = threading.get_ident()
        if thread in self._own:
            return True
        if thread == _MAIN:
            return False
        # Threads that dsnb starts know nothing of the block in which they were started.
        frame = sys._getframe(1)
        while (above := frame.f_back) is not None:
            frame = above
            name = frame.f_globals.get("__name__", "")
            if name.startswith("dsnb.") and not name.startswith("dsnb.session."):
                return True
        return False


def _cut(path: str) -> int:
    """Return where the name of a file begins."""
    return max(path.rfind("/"), path.rfind(os.sep)) + 1


def _state(found: os.stat_result) -> Stat:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _written(writes: Mapping[str, _Before]) -> Iterator[str]:
    """Yield the files that are not what they were before they were opened."""
    for place, before in writes.items():
        # Python opens a folder, too, to make a temporary file there: that is not gone through.
        if before.in_folder or not os.path.isdir(place):
            for path, found in islice(files_at(place), MOST):
                if before.states.get(path) != _state(found):
                    yield path


_MAIN = threading.main_thread().ident

TRACER = Tracer()
"""The tracer of this process."""
