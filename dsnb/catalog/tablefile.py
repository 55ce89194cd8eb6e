"""One TinyDB file: parsed when it changed, written under its lock.

A TinyDB handle that lives on overwrites what others wrote meanwhile, so one is opened inside the
lock for each transaction. Reading needs no lock, as files are only ever replaced whole; what was
parsed, or was written here, is kept until another file stands there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from dsnb.catalog.backups import Backups
from dsnb.catalog.jsonfile import (
    AtomicJSONStorage,
    Identity,
    Tables,
    collecting_paused,
    damaged,
    identity,
    parse_tables,
    read_file,
)
from dsnb.catalog.locking import locked
from dsnb.catalog.schema import SCHEMA_VERSION, migrated, schema_of
from dsnb.errors import writing

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class _State(Generic[Parsed]):
    """What one file held: which file it was, its tables in the present schema, what they mean."""

    identity: Identity | None
    schema: int
    tables: Tables
    parsed: Parsed


@dataclass(slots=True)
class Change(Generic[Parsed]):
    """A file that is being changed.

    Attributes
    ----------
    database
        The TinyDB to change it with.
    parsed
        What the file means; to be set to what it means after the change.
    """

    database: Any
    parsed: Parsed


class TableFile(Generic[Parsed]):
    """A TinyDB file that many processes read and write.

    Parameters
    ----------
    path
        The file; it need not exist.
    backups
        The copies of what is written.
    timeout
        Seconds to wait while another process writes.
    parse
        Makes of a path and its tables what they mean.
    precious
        Whether it is an error that the file is gone while there are copies of it, rather than a new
        beginning.
    """

    def __init__(
        self,
        path: Path,
        backups: Backups,
        timeout: float,
        parse: Callable[[Path, Tables], Parsed],
        *,
        precious: bool,
    ) -> None:
        self._path = path
        self._backups = backups
        self._timeout = timeout
        self._parse = parse
        self._precious = precious
        self._cached: _State[Parsed] | None = None
        self._guard = threading.Lock()

    def parsed(self) -> Parsed:
        """Return what the file means, parsed again only when another file stands there.

        Raises
        ------
        RegistryError
            When it cannot be read, is damaged, or was written by a newer dsnb.
        """
        return self._state().parsed

    @contextmanager
    def changing(self) -> Iterator[Change[Parsed]]:
        """Open the file under its lock; what was written is kept unless an exception ends it.

        Raises
        ------
        RegistryError
            When it cannot be read, locked or written.
        """
        from tinydb import TinyDB

        with locked(self._path, self._timeout):
            state = self._state()
            storage = AtomicJSONStorage(self._path, tables=state.tables, backups=self._backups)
            with TinyDB(storage=lambda: storage) as database:
                change = Change(database, state.parsed)
                try:
                    yield change
                    self._commit(storage, state, change)
                except BaseException:
                    storage.discard()
                    raise

    def _commit(
        self, storage: AtomicJSONStorage, state: _State[Parsed], change: Change[Parsed]
    ) -> None:
        if state.schema < SCHEMA_VERSION and storage.changed:
            self._keep_older(state.schema)
        written = storage.commit()
        if written is not None:
            tables = storage.read() or {}
            with self._guard:
                self._cached = _State(written, SCHEMA_VERSION, tables, change.parsed)

    def _keep_older(self, schema: int) -> None:
        found = read_file(self._path)
        if found is not None:
            with writing(self._path):
                self._backups.keep_aside(found[0], f"schema{schema}")

    def _state(self) -> _State[Parsed]:
        with self._guard:
            if self._cached is None or self._cached.identity != identity(self._path):
                self._cached = self._read()
            return self._cached

    def _read(self) -> _State[Parsed]:
        found = read_file(self._path)
        if found is None:
            if self._precious and self._backups.exist():
                raise damaged(self._path, "it is gone")
            tables = migrated({}, 0)
            return _State(None, SCHEMA_VERSION, tables, self._parse(self._path, tables))
        content, identity = found
        with collecting_paused():
            tables = parse_tables(self._path, content)
            schema = schema_of(self._path, tables)
            tables = migrated(tables, schema)
            return _State(identity, schema, tables, self._parse(self._path, tables))
