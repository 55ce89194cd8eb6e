"""A TinyDB storage whose file is replaced as a whole, so that it is never seen half-written."""

from __future__ import annotations

import gc
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from tinydb.storages import Storage

from dsnb.catalog.backups import Backups
from dsnb.errors import RegistryDamagedError, RegistryError, UsageError, writing
from dsnb.storage.atomic import write_atomically

REMEDY = "Type %ds doctor --repair: it mends the file from its backups. Nothing was changed."
Tables = dict[str, dict[str, dict[str, Any]]]
Identity = tuple[int, int, int, int]

# As TinyDB writes them: "01" would be the same document as "1".
LONGEST_ROW = 18
is_row = re.compile(f"0|[1-9][0-9]{{0,{LONGEST_ROW - 1}}}").fullmatch


class AtomicJSONStorage(Storage):
    """Keep TinyDB's tables in one JSON file that stock TinyDB reads too.

    Writes are collected and reach the disk together, by `commit`: several operations of one
    transaction cost one write, and are seen all at once or not at all. Like any TinyDB storage it
    also writes when it is closed; `discard` first to drop the changes. What it holds is strict
    JSON: a number that is none, or is infinite, becomes null.

    Parameters
    ----------
    path
        The file; it need not exist.
    tables
        What the file holds, when that is known already; read from it otherwise. Its documents are
        shared: replace one by a copy before TinyDB updates it, which it does in place.
    backups
        Gets a copy of everything that is written.

    Examples
    --------
    >>> import tempfile
    >>> from tinydb import TinyDB
    >>> path = Path(tempfile.mkdtemp()) / "db.json"
    >>> with TinyDB(path, storage=AtomicJSONStorage) as db:
    ...     _ = db.insert({"name": "weather_ds"})
    >>> with TinyDB(path) as stock:
    ...     stock.all()
    [{'name': 'weather_ds'}]
    """

    def __init__(
        self, path: Path, *, tables: Tables | None = None, backups: Backups | None = None
    ) -> None:
        self._path = Path(path)
        self._backups = backups
        self._tables = tables and {name: dict(rows) for name, rows in tables.items()}
        self._changed = False

    def read(self) -> Tables | None:
        """Return the tables, or None when there is no file yet.

        Raises
        ------
        RegistryError
            When the file cannot be read.
        RegistryDamagedError
            When it is not what TinyDB writes.
        """
        if self._tables is None:
            found = read_file(self._path)
            self._tables = None if found is None else parse_tables(self._path, found[0])
        return self._tables

    def write(self, data: Tables) -> None:
        """Take the tables as they shall be."""
        self._tables = data
        self._changed = True

    def commit(self) -> Identity | None:
        """Replace the file when anything was written, and return what tells the new one.

        Raises
        ------
        RegistryError
            When the disk refuses; the old file is then untouched.
        UsageError
            When JSON cannot hold what was written.
        """
        if not self._changed:
            return None
        content = encode_tables(self._tables or {})
        with writing(self._path):
            written = write_atomically(self._path, content)
        if self._backups is not None:
            self._backups.add(content)
        self._changed = False
        return _identity_of(written)

    @property
    def changed(self) -> bool:
        """Whether anything was written since the last commit."""
        return self._changed

    def discard(self) -> None:
        """Forget what was written since the last commit."""
        self._tables = None
        self._changed = False

    def close(self) -> None:
        """Write what is not written yet."""
        self.commit()


def identity(path: Path) -> Identity | None:
    """Return what tells a file from any other that stood or will stand there, None for no file.

    Raises
    ------
    RegistryError
        When nobody may look.
    """
    try:
        return _identity_of(os.stat(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def read_file(path: Path) -> tuple[bytes, Identity] | None:
    """Return what a file holds and what tells it from any other, None for no file.

    Raises
    ------
    RegistryError
        When it cannot be read.
    RegistryDamagedError
        When a folder, a pipe or a device stands there.
    """
    # Opening a pipe would wait for its writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        with open(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise damaged(path, "it is no regular file")
            return file.read(), _identity_of(found)
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise damaged(path, "it is no regular file") from error
    except OSError as error:
        raise _unreadable(path, error) from error


def parse_tables(path: Path, content: bytes) -> Tables:
    """Return the tables in the content of a file.

    Raises
    ------
    RegistryDamagedError
        When it is not what TinyDB writes.
    """
    if not content:
        raise damaged(path, "it is empty")
    try:
        with collecting_paused():
            tables: Tables = msgspec.json.decode(content, type=Tables)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if not _are_rows(list(chain.from_iterable(tables.values()))):
        raise damaged(path, "the documents of a table are not numbered")
    return tables


def _are_rows(keys: list[str]) -> bool:
    """Tell whether all keys are numbers of rows; together first, as there may be many."""
    digits = "".join(keys)
    if digits.isascii() and digits.isdecimal() and {"0", ""}.isdisjoint(key[:1] for key in keys):
        return max(map(len, keys)) <= LONGEST_ROW
    return all(map(is_row, keys))


def encode_tables(tables: Tables) -> bytes:
    """Return tables as JSON.

    Raises
    ------
    UsageError
        When JSON cannot hold them.
    """
    try:
        return msgspec.json.encode(tables)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"This cannot be recorded: {error}.", hint="Give plain text and numbers."
        ) from error


def damaged(path: Path, why: str) -> RegistryDamagedError:
    """Return the error for a file that does not hold what dsnb writes there."""
    return RegistryDamagedError(f"{path} is damaged: {why}.", hint=REMEDY)


@contextmanager
def collecting_paused() -> Iterator[None]:
    """Pause the garbage collector, which would walk through all of a growing heap in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _identity_of(found: os.stat_result) -> Identity:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _unreadable(path: Path, error: OSError) -> RegistryError:
    return RegistryError(
        f"{path} cannot be read: {error.strerror}.",
        hint="Check its permissions, then run the same line again.",
    )
