"""A picture of the registry at one moment, and the transaction that makes the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsnb.catalog.index import Document, Index, Name, Row
from dsnb.catalog.jsonfile import REMEDY
from dsnb.errors import RegistryDamagedError
from dsnb.records import Version, from_document, to_document
from dsnb.refs import ANONYMOUS


class TinyView:
    """The versions and aliases that a registry file held at one moment.

    Parameters
    ----------
    index
        Where its records are.
    records
        Versions that were made of their documents before, by id.
    """

    def __init__(self, index: Index, records: dict[str, Version] | None = None) -> None:
        self._index = index
        self._records = {} if records is None else records
        self._names: Sequence[str] | None = None
        self._models: tuple[Sequence[str], Sequence[str]] = ((), ())
        self._children: dict[str, list[str]] | None = None

    def names(self) -> Sequence[str]:
        """Return the names of all datasets, sorted; not that of what was saved without one."""
        if self._names is None:
            self._names = sorted(self._index.versions.keys() - {ANONYMOUS})
        return self._names

    def models(self) -> Sequence[str]:
        """Return those of the names that are models', sorted."""
        names = self.names()
        if self._models[0] is not names:
            # All versions of a name are models or none is; a record need not be made to know it.
            latest = ((name, self._index.versions[name][self.numbers(name)[-1]]) for name in names)
            found = [name for name, row in latest if row.document.get("kind") == "model"]
            self._models = (names, found)
        return self._models[1]

    def numbers(self, name: str) -> Sequence[int]:
        """Return the version numbers of a dataset, ascending; none for an unknown name."""
        return self._index.sorted_numbers(name)

    def version(self, name: str, number: int) -> Version | None:
        """Return one version."""
        rows = self._index.versions.get(name)
        row = rows and rows.get(number)
        return self._record(row.document) if row else None

    def with_digest(self, name: str, digest: str) -> Sequence[int]:
        """Return the numbers of a dataset's versions that have this digest, ascending."""
        rows = self._index.versions.get(name, {})
        return sorted(
            number for number, row in rows.items() if row.document.get("digest") == digest
        )

    def by_id(self, identifier: str) -> Version | None:
        """Return the version with this id, whatever it is called now."""
        row = self._index.by_id.get(identifier)
        return self._record(row.document) if row else None

    def made_from(self, identifier: str) -> Sequence[Version]:
        """Return the versions that name the one with this id as what they were made from."""
        if self._children is None:
            self._children = {}
            for child, row in self._index.by_id.items():
                parents = row.document.get("parents")
                for parent in parents if isinstance(parents, list | tuple) else ():
                    if isinstance(parent, dict):  # else the record is damaged
                        self._children.setdefault(str(parent.get("id")), []).append(child)
        found = (self.by_id(child) for child in self._children.get(identifier, ()))
        return [version for version in found if version is not None]

    def aliases(self, name: str) -> Mapping[str, int]:
        """Return the aliases of a dataset and the version numbers they point to."""
        rows = self._index.aliases.get(name, {})
        return {alias: row.document["version"] for alias, row in rows.items()}

    def next_number(self, name: str) -> int:
        """Return the number that the next version gets: one that was never used."""
        return self._index.last_number(name) + 1

    def deleted(self, name: str) -> Sequence[int]:
        """Return the numbers of a dataset's versions that were removed."""
        return self._index.names.get(name, Name()).deleted

    def renamed_to(self, name: str) -> str | None:
        """Return what a dataset that had this name is called now."""
        known, versions = self._index.names, self._index.versions
        new, seen = known.get(name, Name()).renamed_to, {name}
        # It may have been renamed again since, and even back.
        while new is not None and new not in versions and new not in seen:
            seen.add(new)
            new = known.get(new, Name()).renamed_to
        return new if new in versions else None

    def _record(self, document: Document) -> Version:
        record = self._records.get(document["id"])
        if record is None:
            where = f"The record of {document['name']}@{document['version']}"
            try:
                record = from_document(document, Version, where)
            except RegistryDamagedError as error:
                raise RegistryDamagedError(error.message, hint=REMEDY) from error
            self._records[record.id] = record
        return record


class TinyTransaction(TinyView):
    """The newest state, and the ways to change it.

    Parameters
    ----------
    database
        The TinyDB that takes the changes.
    view
        The state to start from; it stays as it is.
    """

    def __init__(self, database: Any, view: TinyView) -> None:
        super().__init__(view._index.copy(), dict(view._records))
        self._database = database

    def add_version(self, version: Version) -> None:
        """Add a version; its number must be above all that its name ever used."""
        assert version.version >= self.next_number(version.name)
        document = to_document(version)
        row = self._database.table("versions").insert(document)
        self._enter(Row(str(row), document))
        self._remember(version.name, last=version.version, renamed_to=None)

    def update_version(self, version: Version) -> None:
        """Replace the record of a version, found by its id."""
        row = self._index.by_id[version.id]
        changed = to_document(version)
        self._update("versions", [row.number], changed)
        self._enter(Row(row.key, {**row.document, **changed}))

    def remove_version(self, version: Version) -> None:
        """Remove a version and the aliases that point to it; its number stays used."""
        row = self._index.by_id[version.id]
        name, number = row.document["name"], row.document["version"]
        self._database.table("versions").remove(doc_ids=[row.number])
        for alias, target in self.aliases(name).items():
            if target == number:
                self.set_alias(name, alias, None)
        last = self._index.last_number(name)
        self._index.leave(row)
        self._records.pop(version.id, None)
        self._names = self._children = None
        self._remember(name, last=last, deleted=tuple(sorted({*self.deleted(name), number})))

    def set_alias(self, name: str, alias: str, number: int | None) -> None:
        """Point an alias to a version, or take it away."""
        table, rows = self._database.table("aliases"), dict(self._index.aliases.get(name, {}))
        row = rows.pop(alias, None)
        if number is None:
            if row is not None:
                table.remove(doc_ids=[row.number])
        else:
            document = {"name": name, "alias": alias, "version": number}
            if row is None:
                place = table.insert(document)
            else:
                [place] = self._update("aliases", [row.number], document)
            rows[alias] = Row(str(place), document)
        self._index.aliases[name] = rows

    def rename(self, name: str, new: str) -> None:
        """Give a dataset another name, with all its versions and aliases."""
        index = self._index
        own, other = index.last_number(name), index.last_number(new)
        versions = index.versions.pop(name)
        aliases = index.aliases.pop(name, {})
        self._update("versions", [row.number for row in versions.values()], {"name": new})
        self._update("aliases", [row.number for row in aliases.values()], {"name": new})
        index.versions[new] = {number: _named(row, new) for number, row in versions.items()}
        index.aliases[new] = {alias: _named(row, new) for alias, row in aliases.items()}
        for row in index.versions[new].values():
            index.by_id[row.document["id"]] = row
            self._records.pop(row.document["id"], None)
        index.numbers.pop(name, None)
        index.numbers.pop(new, None)
        self._names = None
        gone = {*self.deleted(name), *self.deleted(new)} - set(versions)
        self._remember(name, renamed_to=new, last=own, deleted=())
        self._remember(new, renamed_to=None, last=max(own, other), deleted=tuple(sorted(gone)))

    def finished(self) -> TinyView:
        """Return the state as it is now, to be kept when the transaction has ended."""
        view = TinyView(self._index, self._records)
        view._names = self._names
        return view

    def _enter(self, row: Row) -> None:
        if row.document["name"] not in self._index.versions:
            self._names = None
        self._index.enter(row)
        self._children = None
        self._records.pop(row.document["id"], None)

    def _remember(self, name: str, **changes: Any) -> None:
        known = self._index.names.get(name, Name())
        changed = known._replace(**changes)
        if known.row is None:
            row = self._database.table("names").insert(changed.as_document(name))
            changed = changed._replace(row=row)
        elif changed != known:
            self._update("names", [known.row], changed.as_document(name))
        self._index.names[name] = changed

    def _update(self, table: str, rows: Sequence[int], fields: Document) -> list[int]:
        # TinyDB updates a document in place, and views that were taken before hold this one.
        documents = self._database.storage.read().get(table, {})
        for row in map(str, rows):
            documents[row] = dict(documents[row])
        changed: list[int] = self._database.table(table).update(fields, doc_ids=rows)
        return changed


def _named(row: Row, name: str) -> Row:
    return Row(row.key, {**row.document, "name": name})
