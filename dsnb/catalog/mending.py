"""Making good tables of damaged ones, with the help of older copies; nothing here touches a disk.

Finding and mending are one: what is reported as damage is exactly what was mended, so that mended
tables have none left.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from dsnb.catalog.base import Damage
from dsnb.catalog.index import Name, is_number, name_in
from dsnb.catalog.jsonfile import Tables, is_row
from dsnb.catalog.schema import SCHEMA_VERSION
from dsnb.errors import RegistryDamagedError
from dsnb.records import Run, Version, from_document, now

REMEDY = "Mend it: %ds doctor --repair"
Rows = dict[str, dict[str, Any]]
Record = TypeVar("Record", Version, Run)


@dataclass
class Findings:
    """What was wrong with one file, and what became of it.

    Attributes
    ----------
    file
        The file's path.
    """

    file: str
    damages: list[Damage] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def add(self, what: str, *records: str, mended: str = "", lost: str = "") -> None:
        """Add something that is mended now, or is lost."""
        self.damages.append(Damage(self.file, what, records, remedy=REMEDY))
        self.mended += filter(None, [mended])
        self.lost += filter(None, [lost])


def whole(tables: Mapping[str, Any], copies: Sequence[Tables], findings: Findings) -> Tables:
    """Return those tables that are some, with those records that are some."""
    shaped: Tables = {}
    for name, rows in tables.items():
        if not isinstance(rows, dict):
            findings.add(
                f"{name!r} is no table.", mended=f"What stood for the table {name!r} is gone."
            )
            continue
        shaped[name] = good = {row: one for row, one in rows.items() if _is_record(row, one)}
        for row in (row for row in rows if row not in good):
            _mend_record(name, row, rows[row], good, copies, findings)
    return shaped


def _mend_record(
    table: str, row: str, found: object, good: Rows, copies: Sequence[Tables], findings: Findings
) -> None:
    called = f"Record {row[:20]!r} of {table!r}"
    twin = next((one for copy in copies if (one := copy.get(table, {}).get(row))), None)
    if isinstance(found, dict):
        good[_free(good)] = found
        findings.add(f"{called} is not numbered.", mended=f"{called} has a number now.")
    elif twin is not None:
        good[row] = twin
        findings.add(f"{called} is no record.", mended=f"{called} came back from a backup.")
    else:
        findings.add(f"{called} is no record.", lost=f"{called}, whatever it was.")


def mend_schema(tables: Tables, findings: Findings) -> None:
    """Put right what says which schema the tables are in."""
    right = {"schema_version": SCHEMA_VERSION}
    rows = list(tables.get("meta", {}).values())
    if not rows or any(row.get("schema_version") != right["schema_version"] for row in rows):
        tables["meta"] = {"1": right}
        findings.add(
            "The version of its schema is missing or wrong.",
            mended="The version of its schema is recorded again.",
        )


def mend_versions(tables: Tables, copies: Sequence[Tables], findings: Findings) -> None:
    """Put right the tables of versions, aliases and names.

    Parameters
    ----------
    tables
        The tables; they are changed.
    copies
        Older copies of them, the newest first.
    findings
        Told what was wrong.
    """
    _VersionMending(tables, copies, findings).mend()


def mend_runs(tables: Tables, copies: Sequence[Tables], findings: Findings) -> None:
    """Put right the table of runs; parameters as for `mend_versions`."""
    rows = tables.get("runs", {})
    good = _readable(rows, Run)
    for row, document in rows.items():
        if row in good:
            continue
        called = _text(document.get("id")) or f"in row {row}"
        taken = {run.id for run in good.values()}
        twin = next((one for one in _twins(row, document, "runs", copies, Run, taken)), None)
        what = f"The record of run {called} cannot be read."
        if twin is None:
            findings.add(what, called, lost=f"The run {called}.")
        else:
            rows[row], good[row] = twin, _record(twin, Run)
            findings.add(what, called, mended=f"The run {called} came back from a backup.")
    last = {run.id: row for row, run in good.items()}
    for row, run in good.items():
        if last[run.id] != row:
            findings.add(
                f"The run {run.name} is there twice.",
                run.id,
                mended=f"The run {run.name} is there once, as it was recorded last.",
            )
    if "runs" in tables:
        tables["runs"] = {row: rows[row] for row, run in good.items() if last[run.id] == row}


class _VersionMending:
    def __init__(self, tables: Tables, copies: Sequence[Tables], findings: Findings) -> None:
        self._tables = tables
        self._copies = copies
        self._findings = findings
        self._versions = tables.get("versions", {})
        self._last: dict[str, int] = {}
        self._there: set[tuple[str, int]] = set()
        self._renumbered: set[str] = set()

    def mend(self) -> None:
        self._see_numbers()
        names = self._mend_names()
        good = self._bring_back_versions()
        self._tell_apart(good)
        self._add_missing(good, names)
        self._tables["versions"] = self._versions
        self._mend_aliases()
        self._remember_numbers(names)

    def _see_numbers(self) -> None:
        """Note the highest number of each name anywhere, in damaged records too."""
        for tables in (self._tables, *self._copies):
            for document in tables.get("versions", {}).values():
                self._see(document.get("name"), document.get("version"))
            for document in tables.get("names", {}).values():
                self._see(document.get("name"), document.get("last"))

    def _see(self, name: object, number: object) -> None:
        if isinstance(name, str) and isinstance(number, int) and is_number(number):
            self._last[name] = max(number, self._last.get(name, 0))

    def _bring_back_versions(self) -> dict[str, Version]:
        good = _readable(self._versions, Version)
        for row, document in list(self._versions.items()):
            if row in good:
                if good[row].created > now() + timedelta(days=1):
                    self._remark_future(good[row])
                continue
            called = _called(document) or f"the version in row {row}"
            taken = {version.id for version in good.values()}
            for twin in _twins(row, document, "versions", self._copies, Version, taken):
                name = document.get("name")
                # It may have been renamed since the copy was made.
                found = {**twin, "name": name} if isinstance(name, str) else twin
                self._versions[row], good[row] = found, _record(found, Version)
                self._see(good[row].name, good[row].version)
                outcome = {"mended": f"{good[row].ref} came back from a backup."}
                break
            else:
                del self._versions[row]
                outcome = {"lost": f"{_capital(called)}: no backup has it."}
            self._findings.add(f"The record of {called} cannot be read.", called, **outcome)
        return good

    def _remark_future(self, version: Version) -> None:
        what = f"{version.ref} is dated in the future: the clock was wrong then, or is now."
        self._findings.damages.append(
            Damage(
                self._findings.file,
                what,
                (version.ref,),
                mendable=False,
                remedy="Nothing needs to be done: numbers, not dates, tell the order.",
                harmless=True,
            )
        )

    def _tell_apart(self, good: dict[str, Version]) -> None:
        """Give each version an id and a number of its own."""
        ids: dict[str, str] = {}
        for row, version in list(good.items()):
            document, ref = self._versions[row], version.ref
            if document == self._versions.get(ids.get(version.id, "")):
                del self._versions[row], good[row]
                self._findings.add(
                    f"{ref} is there twice.", ref, mended=f"{ref} is there once again."
                )
                continue
            if version.id in ids:
                document = {**document, "id": str(uuid.uuid4())}
                self._findings.add(
                    f"{ref} has the id of another version.",
                    ref,
                    mended=f"{ref} has an id of its own.",
                )
            if (version.name, version.version) in self._there:
                self._last[version.name] += 1
                self._renumbered.add(version.name)
                document = {**document, "version": self._last[version.name]}
                self._findings.add(
                    f"There are two different versions {ref}.",
                    ref,
                    mended=f"The later of two versions {ref} is "
                    f"{version.name}@{document['version']} now.",
                )
            self._versions[row], good[row] = document, _record(document, Version)
            ids[document["id"]] = row
            self._there.add((document["name"], document["version"]))

    def _add_missing(self, good: dict[str, Version], names: Mapping[str, Name]) -> None:
        """Bring back what the newest copy has and nobody removed."""
        ids = {version.id for version in good.values()}
        for document in self._copies[0].get("versions", {}).values() if self._copies else ():
            version = _record_or_none(document, Version)
            if version is None or version.id in ids:
                continue
            name, seen = version.name, {version.name}
            removed = {*names.get(name, Name()).deleted}
            while (new := names.get(name, Name()).renamed_to) is not None and new not in seen:
                name = new
                seen.add(new)
                removed |= {*names.get(name, Name()).deleted}
            if version.version in removed or (name, version.version) in self._there:
                continue
            ref = f"{name}@{version.version}"
            self._versions[_free(self._versions)] = {**document, "name": name}
            self._there.add((name, version.version))
            self._see(name, version.version)
            ids.add(version.id)
            self._findings.add(
                f"{ref} is in the newest backup and missing here.",
                ref,
                mended=f"{ref} came back from a backup.",
            )

    def _mend_aliases(self) -> None:
        rows, known = self._tables.get("aliases", {}), dict[tuple[str, str], str]()
        for row in list(rows):
            document = self._alias_in(row, rows[row])
            called = f"alias {_text(rows[row].get('alias')) or f'in row {row}'}"
            if document is not rows[row]:
                del rows[row]
                outcome = "lost" if document is None else "mended"
                said = f"The {called}" + (" came back from a backup." if document else ".")
                self._findings.add(f"The {called} cannot be read.", **{outcome: said})
            if document is None:
                continue
            rows[row] = document
            name, alias, number = document["name"], document["alias"], document["version"]
            if (name, number) not in self._there:
                del rows[row]
                self._findings.add(
                    f"The {called} points to {name}@{number}, which is not there.",
                    f"{name}@{number}",
                    lost=f"The {called}: {name}@{number} is not there.",
                )
            else:
                earlier = known.pop((name, alias), None)
                if earlier is not None:
                    del rows[earlier]
                    self._findings.add(
                        f"The {called} of {name} is there twice.",
                        mended=f"The {called} of {name} points to @{number}, as it did.",
                    )
                known[name, alias] = row

    def _alias_in(self, row: str, document: dict[str, Any]) -> dict[str, Any] | None:
        """Return the alias that a record is, or that it was in a copy."""
        older = (copy.get("aliases", {}).get(row, {}) for copy in self._copies)
        for one in (document, *older):
            if _text(one.get("name")) and _text(one.get("alias")) and is_number(one.get("version")):
                return one
        return None

    def _mend_names(self) -> dict[str, Name]:
        """Return what is remembered of each name; what cannot be read is sought in the copies."""
        names: dict[str, Name] = {}
        for row, document in list(self._tables.get("names", {}).items()):
            known, name = name_in(int(row), document), document.get("name")
            if isinstance(name, str) and known is not None and name not in names:
                names[name] = known
                continue
            del self._tables["names"][row]
            for copy in self._copies:
                older = copy.get("names", {}).get(row, {})
                known, name = name_in(int(row), older), older.get("name")
                if isinstance(name, str) and known is not None and name not in names:
                    names[name] = known
                    self._tables["names"][row] = older
                    break
            self._findings.add(
                f"Record {row} of the names cannot be read, or is there twice.",
                mended="What was known of a name was put together again.",
            )
        return names

    def _remember_numbers(self, names: Mapping[str, Name]) -> None:
        rows = self._tables.setdefault("names", {})
        known = {name for name, _ in self._there} | {*names}
        for name in sorted(known):
            old, last = names.get(name, Name()), self._last.get(name, 0)
            deleted = tuple(one for one in old.deleted if (name, one) not in self._there)
            new = old._replace(last=max(old.last, last), deleted=deleted)
            if old.row is not None and new == old:
                continue
            rows[_free(rows) if old.row is None else str(old.row)] = new.as_document(name)
            if name in self._renumbered:
                continue  # that is what raised the number, and it was told
            self._findings.add(
                f"It is not remembered that {name} had versions up to @{last}.",
                mended=f"No number of {name} up to @{last} will be used again.",
            )


def _twins(
    row: str,
    document: Mapping[str, Any],
    table: str,
    copies: Sequence[Tables],
    kind: type[Record],
    taken: set[str],
) -> Iterator[dict[str, Any]]:
    """Yield the same record in the copies, where it is good: by id, or by row when it has none."""
    identifier = document.get("id")
    for copy in copies:
        for other, candidate in copy.get(table, {}).items():
            same = candidate.get("id") == identifier if _text(identifier) else other == row
            record = _record_or_none(candidate, kind) if same else None
            if record is not None and record.id not in taken:
                yield candidate


def _readable(rows: Rows, kind: type[Record]) -> dict[str, Record]:
    records = ((row, _record_or_none(document, kind)) for row, document in rows.items())
    return {row: record for row, record in records if record is not None}


def _record_or_none(document: Mapping[str, Any], kind: type[Record]) -> Record | None:
    try:
        record = _record(document, kind)
    except (RegistryDamagedError, ValueError, OverflowError, RecursionError):
        return None
    if isinstance(record, Version) and not is_number(record.version):
        return None
    return record


def _record(document: Mapping[str, Any], kind: type[Record]) -> Record:
    return from_document(document, kind, "A record")


def _is_record(row: str, document: object) -> bool:
    return isinstance(document, dict) and is_row(row) is not None


def _free(rows: Mapping[str, object]) -> str:
    return str(max(map(int, rows), default=0) + 1)


def _called(document: Mapping[str, Any]) -> str:
    name, number = _text(document.get("name")), document.get("version")
    return f"{name}@{number}" if name and is_number(number) else ""


def _text(value: object) -> str:
    return value[:255] if isinstance(value, str) else ""


def _capital(text: str) -> str:
    return f"T{text[1:]}" if text.startswith("the ") else text
