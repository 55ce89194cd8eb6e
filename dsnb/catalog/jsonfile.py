"""A TinyDB storage whose file is replaced as a whole, so that it is never seen half-written."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from tinydb.storages import Storage

from dsnb.errors import RegistryDamagedError, RegistryError, writing
from dsnb.storage.atomic import write_atomically

KEPT_BACKUPS = 5
Tables = dict[str, dict[str, dict[str, Any]]]


class AtomicJSONStorage(Storage):
    """Keep TinyDB's tables in one JSON file that stock TinyDB reads too.

    Writes are collected and reach the disk together, by `commit`: several operations of one
    transaction cost one write, and are seen all at once or not at all. Like any TinyDB storage it
    also writes when it is closed; `discard` first to drop the changes.

    Parameters
    ----------
    path
        The file; it need not exist.
    backups
        Folder that gets the replaced files, the newest `KEPT_BACKUPS` of them; None for none.

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

    def __init__(self, path: Path, backups: Path | None = None) -> None:
        self._path = Path(path)
        self._backups = backups
        self._tables: Tables | None = None
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
            self._tables = _read_tables(self._path, self._backups)
        return self._tables

    def write(self, data: Tables) -> None:
        """Take the tables as they shall be."""
        self._tables = data
        self._changed = True

    def commit(self) -> None:
        """Replace the file when anything was written.

        Raises
        ------
        RegistryError
            When the disk refuses; the old file is then untouched.
        """
        if not self._changed:
            return
        with writing(self._path):
            content = msgspec.json.encode(self._tables)
            self._back_up()
            write_atomically(self._path, content)
        self._changed = False

    def discard(self) -> None:
        """Forget what was written since the last commit."""
        self._tables = None
        self._changed = False

    def close(self) -> None:
        """Write what is not written yet."""
        self.commit()

    def _back_up(self) -> None:
        if self._backups is None or not self._path.exists():
            return
        self._backups.mkdir(exist_ok=True)
        kept = self._backups / f"{self._path.stem}-{time.time_ns():020d}{self._path.suffix}"
        try:
            # The old file is about to lose its name, never to change: a second name is a copy.
            os.link(self._path, kept)
        except FileExistsError:
            return
        except OSError:
            shutil.copy2(self._path, kept)
        older = sorted(self._backups.glob(f"{self._path.stem}-*{self._path.suffix}"))
        for path in older[:-KEPT_BACKUPS]:
            with suppress(OSError):
                path.unlink()


def _read_tables(path: Path, backups: Path | None) -> Tables | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RegistryError(
            f"{path} cannot be read: {error.strerror}.",
            hint="Check its permissions, then run the same line again.",
        ) from error
    if not content:
        raise _damaged(path, backups, "it is empty")
    try:
        tables: Tables = msgspec.json.decode(content, type=dict[str, dict[str, dict[str, Any]]])
        if not all(map(str.isdecimal, chain.from_iterable(tables.values()))):
            raise ValueError("the documents of a table are not numbered")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _damaged(path, backups, str(error)) from error
    return tables


def _damaged(path: Path, backups: Path | None, why: str) -> RegistryDamagedError:
    if backups is None:
        return RegistryDamagedError(
            f"{path} is damaged: {why}.",
            hint="Move it away: what it records begins anew. Nothing was changed.",
        )
    return RegistryDamagedError(
        f"The registry {path} is damaged: {why}.",
        hint=f"Copy the newest good one of {backups} over it; nothing was changed.",
    )
