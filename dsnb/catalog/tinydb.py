"""The registry as TinyDB files: versions and aliases in one, runs in another.

A TinyDB handle that lives on overwrites what others wrote meanwhile, so one is opened inside the
lock for each transaction. Reading needs no lock, as files are only ever replaced whole; the
parsed content is kept until the file's inode, size or time changes.

Runs have a file of their own because they change with every cell that loads something, and every
change rewrites the file: beside 10,000 versions that would cost twenty times as much, and make
every other kernel parse the versions again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import UnionType
from typing import Any, Generic, TypeVar

from dsnb.catalog.base import Catalog, Transaction
from dsnb.errors import (
    RegistryDamagedError,
    RegistryError,
    RegistryLockedError,
    RegistryTooNewError,
    writing,
)
from dsnb.records import Run, Version, from_document, to_document

SCHEMA_VERSION = 1
Document = Mapping[str, Any]
Parsed = TypeVar("Parsed")
Identity = tuple[int, int, int] | None


class TinyCatalog(Catalog):
    """The registry of one workspace in TinyDB files.

    Parameters
    ----------
    registry, runs
        The two files; they need not exist.
    backups
        Folder for the last good registries.
    timeout
        Seconds to wait while another process writes.
    """

    def __init__(self, registry: Path, runs: Path, backups: Path, timeout: float = 30.0) -> None:
        self._registry: _File[TinyView] = _File(registry, backups, timeout, TinyView)
        self._runs: _File[dict[str, Run]] = _File(runs, None, timeout, _runs_of)

    def view(self) -> TinyView:
        """Return the present state; parsed again only when the file changed."""
        return self._registry.parsed()

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Return a context in which this process alone can write."""
        return self._transaction()

    @contextmanager
    def _transaction(self) -> Iterator[TinyTransaction]:
        with self._registry.locked() as database:
            yield TinyTransaction(database)

    def runs(self) -> Mapping[str, Run]:
        """Return every run by its id, oldest first."""
        return self._runs.parsed()

    def save_run(self, run: Run) -> None:
        """Add a run, or replace the record of one that has this id."""
        from tinydb import where

        with self._runs.locked() as database:
            database.table("runs").upsert(to_document(run), where("id") == run.id)


class TinyView:
    """The versions and aliases that one registry file holds."""

    def __init__(self, database: Any) -> None:
        self._versions: dict[str, dict[int, Document]] = {}
        self._ids: dict[str, Document] = {}
        for document in database.table("versions"):
            self._enter(document)
        self._aliases: dict[str, dict[str, int]] = {}
        for document in database.table("aliases"):
            name, alias, number = _fields(document, "An alias", "name", "alias", "version")
            self._aliases.setdefault(name, {})[alias] = number
        self._last: dict[str, int] = {}
        self._renamed: dict[str, str] = {}
        for document in database.table("names"):
            name, last, new = _fields(document, "A name", "name", "last", "renamed_to")
            self._last[name] = last
            if new is not None:
                self._renamed[name] = new
        self._records: dict[str, Version] = {}

    def _enter(self, document: Document) -> None:
        name, number, identifier = _fields(document, "A version", "name", "version", "id")
        self._versions.setdefault(name, {})[number] = document
        self._ids[identifier] = document

    def names(self) -> Sequence[str]:
        """Return the names of all datasets, sorted."""
        return sorted(self._versions)

    def numbers(self, name: str) -> Sequence[int]:
        """Return the version numbers of a dataset, ascending; none for an unknown name."""
        return sorted(self._versions.get(name, ()))

    def version(self, name: str, number: int) -> Version | None:
        """Return one version."""
        document = self._versions.get(name, {}).get(number)
        return None if document is None else self._record(document)

    def by_id(self, identifier: str) -> Version | None:
        """Return the version with this id, whatever it is called now."""
        document = self._ids.get(identifier)
        return None if document is None else self._record(document)

    def aliases(self, name: str) -> Mapping[str, int]:
        """Return the aliases of a dataset and the version numbers they point to."""
        return self._aliases.get(name, {})

    def next_number(self, name: str) -> int:
        """Return the number that the next version gets: one that was never used."""
        return max(self._last.get(name, 0), *self._versions.get(name, ()), 0) + 1

    def renamed_to(self, name: str) -> str | None:
        """Return what a dataset that had this name is called now."""
        new = self._renamed.get(name)
        seen = {name}
        # It may have been renamed again since, and even back.
        while new is not None and new not in self._versions and new not in seen:
            seen.add(new)
            new = self._renamed.get(new)
        return new if new in self._versions else None

    def _record(self, document: Document) -> Version:
        identifier = document["id"]
        record = self._records.get(identifier)
        if record is None:
            where = f"The record of {document['name']}@{document['version']}"
            record = self._records[identifier] = from_document(document, Version, where)
        return record


class TinyTransaction(TinyView):
    """The newest state, and the ways to change it."""

    def __init__(self, database: Any) -> None:
        super().__init__(database)
        self._database = database

    def add_version(self, version: Version) -> None:
        """Add a version; its number must be above all that its name ever used."""
        assert version.version >= self.next_number(version.name)
        document = to_document(version)
        self._database.table("versions").insert(document)
        self._enter(document)
        self._put_name(version.name, last=version.version, renamed_to=None)

    def update_version(self, version: Version) -> None:
        """Replace the record of a version, found by its id."""
        from tinydb import where

        document = to_document(version)
        self._database.table("versions").update(document, where("id") == version.id)
        self._records.pop(version.id, None)
        self._enter({**self._ids[version.id], **document})

    def remove_version(self, version: Version) -> None:
        """Remove a version and the aliases that point to it; its number stays used."""
        from tinydb import where

        self._database.table("versions").remove(where("id") == version.id)
        for alias, number in list(self.aliases(version.name).items()):
            if number == version.version:
                self.set_alias(version.name, alias, None)
        last = self.next_number(version.name) - 1
        self._ids.pop(version.id, None)
        self._records.pop(version.id, None)
        numbers = self._versions[version.name]
        numbers.pop(version.version, None)
        if not numbers:
            del self._versions[version.name]
        self._put_name(version.name, last=last, renamed_to=None)

    def set_alias(self, name: str, alias: str, number: int | None) -> None:
        """Point an alias to a version, or take it away."""
        from tinydb import where

        table = self._database.table("aliases")
        is_it = (where("name") == name) & (where("alias") == alias)
        aliases = self._aliases.setdefault(name, {})
        if number is None:
            table.remove(is_it)
            aliases.pop(alias, None)
        else:
            table.upsert({"name": name, "alias": alias, "version": number}, is_it)
            aliases[alias] = number

    def rename(self, name: str, new: str) -> None:
        """Give a dataset another name, with all its versions and aliases."""
        from tinydb import where

        last = self.next_number(name) - 1
        for table in ("versions", "aliases"):
            self._database.table(table).update({"name": new}, where("name") == name)
        self._versions[new] = {
            number: {**document, "name": new}
            for number, document in self._versions.pop(name).items()
        }
        for document in self._versions[new].values():
            self._ids[document["id"]] = document
            self._records.pop(document["id"], None)
        self._aliases[new] = self._aliases.pop(name, {})
        self._put_name(name, last=last, renamed_to=new)
        self._put_name(new, last=max(last, self.next_number(new) - 1), renamed_to=None)

    def _put_name(self, name: str, *, last: int, renamed_to: str | None) -> None:
        from tinydb import where

        document = {"name": name, "last": last, "renamed_to": renamed_to}
        self._database.table("names").upsert(document, where("name") == name)
        self._last[name] = last
        self._renamed.pop(name, None)
        if renamed_to is not None:
            self._renamed[name] = renamed_to


class _File(Generic[Parsed]):
    """One TinyDB file: parsed when it changed, written under a lock."""

    def __init__(
        self,
        path: Path,
        backups: Path | None,
        timeout: float,
        parse: Callable[[Any], Parsed],
    ) -> None:
        self._path = path
        self._backups = backups
        self._timeout = timeout
        self._parse = parse
        self._cached: tuple[Identity, Parsed] | None = None
        self._guard = threading.Lock()

    def parsed(self) -> Parsed:
        """Return the content, parsed again only when another file stands there."""
        with self._guard:
            identity = _identity(self._path)
            if self._cached is None or self._cached[0] != identity:
                with self._open() as database:
                    self._cached = (identity, self._parse(database))
            return self._cached[1]

    @contextmanager
    def locked(self) -> Iterator[Any]:
        """Open the file under its lock; what was written is kept unless an exception ends it."""
        from filelock import FileLock, Timeout

        with writing(self._path):
            lock = FileLock(self._path.with_suffix(".lock"), timeout=self._timeout)
            try:
                lock.acquire(poll_interval=0.01)
            except Timeout:
                raise RegistryLockedError(
                    f"Another process has been writing {self._path} for {self._timeout:g} s.",
                    hint="Wait for it, then run the same line again. The lock ends with the "
                    "process that holds it.",
                ) from None
        try:
            with self._open() as database:
                try:
                    yield database
                    database.table("meta").upsert(_stamp(), lambda document: True)
                except BaseException:
                    database.storage.discard()
                    raise
        finally:
            lock.release()

    @contextmanager
    def _open(self) -> Iterator[Any]:
        from tinydb import TinyDB

        from dsnb.catalog.jsonfile import AtomicJSONStorage

        with TinyDB(self._path, storage=AtomicJSONStorage, backups=self._backups) as database:
            for document in database.table("meta"):
                (schema,) = _fields(document, f"The registry {self._path}", "schema_version")
                if schema > SCHEMA_VERSION:
                    raise RegistryTooNewError(
                        f"The registry {self._path} was written by a newer dsnb (schema {schema}, "
                        f"this one knows {SCHEMA_VERSION}).",
                        hint="Upgrade: %pip install --upgrade dsnb",
                    )
            yield database


def _stamp() -> dict[str, int]:
    return {"schema_version": SCHEMA_VERSION}


def _runs_of(database: Any) -> dict[str, Run]:
    runs = (
        from_document(document, Run, f"The record of run {document.get('id')}")
        for document in database.table("runs")
    )
    return {run.id: run for run in runs}


def _identity(path: Path) -> Identity:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RegistryError(
            f"The registry {path} cannot be read: {error.strerror}.", hint="Check its permissions."
        ) from error
    return (found.st_ino, found.st_size, found.st_mtime_ns)


_TYPES: dict[str, type | UnionType] = {
    "name": str,
    "alias": str,
    "id": str,
    "version": int,
    "last": int,
    "renamed_to": str | None,
    "schema_version": int,
}


def _fields(document: Document, what: str, *keys: str) -> tuple[Any, ...]:
    """Return some values of a document, each of the type that its key must have."""
    for key in keys:
        if not isinstance(document.get(key), _TYPES[key]):
            raise RegistryDamagedError(
                f"{what} is damaged: its {key!r} is missing or of the wrong kind.",
                hint="Copy the newest good file of .dsnb/backups over it.",
            )
    return tuple(document[key] for key in keys)
