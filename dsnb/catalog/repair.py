"""What is wrong with a registry on disk, and putting it right from its backups."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from dsnb.catalog.backups import Backups
from dsnb.catalog.base import Damage, Repair
from dsnb.catalog.jsonfile import (
    Tables,
    collecting_paused,
    damaged,
    encode_tables,
    parse_tables,
    read_file,
)
from dsnb.catalog.locking import locked
from dsnb.catalog.mending import REMEDY, Findings, mend_runs, mend_schema, mend_versions, whole
from dsnb.catalog.schema import migrated, schema_of
from dsnb.errors import RegistryDamagedError, RegistryError, writing
from dsnb.storage.atomic import make_folder, write_atomically

Mend = Callable[[Tables, Sequence[Tables], Findings], None]


class _Copy(NamedTuple):
    """A good backup, and how many newer ones are not."""

    path: Path
    tables: Tables
    newer_bad: int


@dataclass(frozen=True, slots=True)
class Mending:
    """How one file of a registry is checked and mended.

    Parameters
    ----------
    path
        The file.
    backups
        Its copies.
    timeout
        Seconds to wait while another process writes it.
    mend
        What puts its tables right.
    sparse
        Whether the newest copy may lack what was written last.
    """

    path: Path
    backups: Backups
    timeout: float
    mend: Mend
    sparse: bool = False

    def check(self) -> Sequence[Damage]:
        """Return what is wrong, without changing anything; this raises nothing."""
        try:
            return self._examine()[1].damages
        except RegistryError as error:
            return [Damage(str(self.path), error.message, mendable=False, remedy=error.hint)]

    def repair(self) -> Repair:
        """Mend what can be mended; what was there is kept beside the backups.

        Raises
        ------
        RegistryError
            When the file cannot be locked or written; nothing was changed then.
        """
        if not any(damage.mendable for damage in self.check()):
            return Repair()
        with locked(self.path, self.timeout):
            tables, findings = self._examine()
            if not any(damage.mendable for damage in findings.damages):
                return Repair()
            content = encode_tables(tables)
            with writing(self.path):
                kept = self._keep()
                write_atomically(self.path, content)
            self.backups.add(content)
        if kept is not None:
            findings.mended.append(f"What {self.path.name} held before is kept as {kept}.")
        return Repair(tuple(findings.mended), tuple(findings.lost))

    def _examine(self) -> tuple[Tables, Findings]:
        """Return good tables for the file, and what is wrong with those it has."""
        findings = Findings(str(self.path))
        copies = list(self._copies())
        with collecting_paused():
            raw = self._raw(copies, findings)
            tables = whole(raw, [copy.tables for copy in copies], findings)
            try:
                tables = migrated(tables, schema_of(self.path, tables))
            except RegistryDamagedError:
                tables = {**migrated(tables, 0), "meta": {}}
            tables = {name: dict(rows) for name, rows in tables.items()}
            mend_schema(tables, findings)
            self.mend(tables, [copy.tables for copy in copies], findings)
        return tables, findings

    def _raw(self, copies: Sequence[_Copy], findings: Findings) -> dict[str, Any]:
        """Return what the file holds, or what the newest copy does when that is nothing."""
        try:
            found = read_file(self.path)
            if found is not None:
                return self._loosely(found[0], findings)
            if not copies:
                return migrated({}, 0)
            what = f"{self.path} is missing, and there are backups of it."
        except RegistryDamagedError as error:
            what = error.message
        findings.damages.append(Damage(str(self.path), what, remedy=REMEDY))
        if not copies:
            findings.mended.append(f"{self.path.name} begins anew, empty.")
            findings.lost.append(f"Everything that {self.path.name} held: no backup of it is good.")
            return migrated({}, 0)
        copy = copies[0]
        made = _moment(copy.path)
        findings.mended.append(f"{self.path.name} came back from {copy.path.name}, of {made}.")
        if copy.newer_bad or self.sparse:
            findings.lost.append(f"What {self.path.name} got after {made}, if there was anything.")
        return dict(copy.tables)

    def _loosely(self, content: bytes, findings: Findings) -> dict[str, Any]:
        """Return what some content holds, when it is objects in an object at all."""
        found = _decoded(self.path, content)
        try:
            parse_tables(self.path, content)
        except RegistryDamagedError as error:
            # Whatever is the reason, among them one that a second reading does not see, such as
            # a record that is there twice: written anew, it is gone.
            findings.add(error.message, mended=f"{self.path.name} was written anew.")
        return found

    def _copies(self) -> Iterator[_Copy]:
        bad = 0
        for path in self.backups.newest_first():
            try:
                found = read_file(path)
                if found is None:
                    continue
                tables = parse_tables(path, found[0])
                yield _Copy(path, migrated(tables, schema_of(path, tables)), bad)
            except RegistryError:
                bad += 1

    def _keep(self) -> Path | None:
        """Put aside what stands in the file's place now."""
        try:
            found = read_file(self.path)
        except RegistryDamagedError:  # a folder or a pipe has no content to copy
            path = self.backups.free_name("damaged")
            make_folder(path.parent)
            os.replace(self.path, path)
            return path
        return None if found is None else self.backups.keep_aside(found[0], "damaged")


def registry_mending(path: Path, backups: Path, timeout: float) -> Mending:
    """Return how the file of versions is checked and mended."""
    return Mending(path, Backups(backups, path), timeout, mend_versions)


def runs_mending(path: Path, backups: Path, timeout: float) -> Mending:
    """Return how the file of runs is checked and mended."""
    return Mending(path, Backups(backups, path), timeout, mend_runs, sparse=True)


def _moment(path: Path) -> str:
    try:
        made = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    except (OSError, OverflowError, ValueError):
        return "a time that nobody knows"
    return f"{made:%Y-%m-%d %H:%M:%S}"


def _decoded(path: Path, content: bytes) -> dict[str, Any]:
    if not content:
        raise damaged(path, "it is empty")
    try:
        found = msgspec.json.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if not isinstance(found, dict):
        raise damaged(path, "it does not hold tables")
    return found
