"""Where each record of a registry's tables is: by name and number, by id, by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from dsnb.catalog.jsonfile import Tables, damaged

Document = Mapping[str, Any]
LARGEST_NUMBER = 2**53  # what every reader of JSON can hold


class Row(NamedTuple):
    """A document and the key of its row in the file."""

    key: str
    document: Document

    @property
    def number(self) -> int:
        """The number of the row, which is TinyDB's ``doc_id``."""
        return int(self.key)


class Name(NamedTuple):
    """What is remembered of a name, used now or once.

    Attributes
    ----------
    row
        The number of its row in the table of names, None while it has none.
    last
        The highest version number that it ever had.
    renamed_to
        What its dataset is called now, if it was renamed.
    deleted
        The numbers of the versions that were removed.
    """

    row: int | None = None
    last: int = 0
    renamed_to: str | None = None
    deleted: tuple[int, ...] = ()

    def as_document(self, name: str) -> dict[str, Any]:
        """Return the row as the table of names holds it."""
        return {
            "name": name,
            "last": self.last,
            "renamed_to": self.renamed_to,
            "deleted": list(self.deleted),
        }


@dataclass(slots=True)
class Index:
    """Where everything is. A copy can be changed without a trace in the original.

    Attributes
    ----------
    versions
        Rows by name and number. The inner mappings are shared by copies: replace, never change.
    by_id
        Rows by the version's id.
    aliases
        Rows by name and alias; shared by copies likewise.
    names
        What is remembered of each name.
    numbers
        The numbers of a name, sorted, as far as anybody asked.
    """

    versions: dict[str, dict[int, Row]] = field(default_factory=dict)
    by_id: dict[str, Row] = field(default_factory=dict)
    aliases: dict[str, dict[str, Row]] = field(default_factory=dict)
    names: dict[str, Name] = field(default_factory=dict)
    numbers: dict[str, Sequence[int]] = field(default_factory=dict)

    def copy(self) -> Index:
        """Return an index that can be changed without changing this one."""
        return Index(
            dict(self.versions),
            dict(self.by_id),
            dict(self.aliases),
            dict(self.names),
            dict(self.numbers),
        )

    def sorted_numbers(self, name: str) -> Sequence[int]:
        """Return the numbers of a dataset's versions, ascending."""
        numbers = self.numbers.get(name)
        if numbers is None:
            numbers = sorted(self.versions.get(name, ()))
            self.numbers[name] = numbers
        return numbers

    def last_number(self, name: str) -> int:
        """Return the highest number that a name ever had."""
        numbers = self.sorted_numbers(name)
        return max(self.names.get(name, Name()).last, numbers[-1] if numbers else 0)

    def enter(self, row: Row) -> None:
        """Add a version, or replace it."""
        name, number = row.document["name"], row.document["version"]
        self.versions[name] = {**self.versions.get(name, {}), number: row}
        self.by_id[row.document["id"]] = row
        self.numbers.pop(name, None)

    def leave(self, row: Row) -> None:
        """Take a version out."""
        name, number = row.document["name"], row.document["version"]
        left = {other: kept for other, kept in self.versions[name].items() if other != number}
        if left:
            self.versions[name] = left
        else:
            del self.versions[name]
        del self.by_id[row.document["id"]]
        self.numbers.pop(name, None)


def index_of(path: Path, tables: Tables) -> Index:
    """Return the index of a registry's tables.

    Raises
    ------
    RegistryDamagedError
        When a record lacks what it is found by.
    """
    index = Index()
    versions, by_id = index.versions, index.by_id
    new = tuple.__new__  # a row without the call: this loop is most of what opening adds to parsing
    for row, document in tables.get("versions", {}).items():
        get = document.get
        name, identifier = get("name"), get("id")
        number: Any = get("version")
        if (
            type(name) is not str
            or type(identifier) is not str
            or type(number) is not int
            or not 0 < number < LARGEST_NUMBER
        ):
            raise damaged(path, f"version record {row} has no proper name, version or id")
        by_id[identifier] = entry = new(Row, (row, document))
        numbers = versions.get(name)
        if numbers is None:
            numbers = versions[name] = {}
        numbers[number] = entry
    for row, document in tables.get("aliases", {}).items():
        name, alias = document.get("name"), document.get("alias")
        target = document.get("version")
        if type(name) is not str or type(alias) is not str or not is_number(target):
            raise damaged(path, f"alias record {row} has no proper name, alias or version")
        index.aliases.setdefault(name, {})[alias] = Row(row, document)
    for row, document in tables.get("names", {}).items():
        name, remembered = document.get("name"), name_in(int(row), document)
        if type(name) is not str or remembered is None:
            raise damaged(path, f"name record {row} has no proper name, number or new name")
        index.names[name] = remembered
    return index


def is_number(value: Any) -> bool:
    """Tell whether a value can be the number of a version."""
    return type(value) is int and 0 < value < LARGEST_NUMBER


def name_in(row: int, document: Document) -> Name | None:
    """Return what a row of the table of names says, None when it cannot."""
    last, new, deleted = document.get("last"), document.get("renamed_to"), document.get("deleted")
    if type(last) is not int or not 0 <= last < LARGEST_NUMBER:
        return None
    if not isinstance(new, str | None) or not isinstance(deleted, list | None):
        return None
    if not all(map(is_number, deleted or ())):
        return None
    return Name(row, last, new, tuple(deleted or ()))
