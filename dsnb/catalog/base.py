"""The contract of a registry, whatever engine keeps it.

Reading goes through a `View`, a picture of one moment that never changes. Writing goes through a
`Transaction`, which sees the newest state and is kept whole or not at all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dsnb.records import Run, Version

RunChange = Callable[[Run | None], Run | None]


class View(Protocol):
    """The versions and aliases at one moment."""

    def names(self) -> Sequence[str]:
        """Return the names of all datasets, sorted; not that of what was saved without one."""

    def models(self) -> Sequence[str]:
        """Return those of the names that are models', sorted."""

    def numbers(self, name: str) -> Sequence[int]:
        """Return the version numbers of a dataset, ascending; none for an unknown name."""

    def version(self, name: str, number: int) -> Version | None:
        """Return one version."""

    def with_digest(self, name: str, digest: str) -> Sequence[int]:
        """Return the numbers of a dataset's versions that have this digest, ascending."""

    def by_id(self, identifier: str) -> Version | None:
        """Return the version with this id, whatever it is called now."""

    def made_from(self, identifier: str) -> Sequence[Version]:
        """Return the versions that name the one with this id as what they were made from."""

    def aliases(self, name: str) -> Mapping[str, int]:
        """Return the aliases of a dataset and the version numbers they point to."""

    def next_number(self, name: str) -> int:
        """Return the number that the next version gets: one above all that were ever used."""

    def deleted(self, name: str) -> Sequence[int]:
        """Return the numbers of a dataset's versions that were removed, ascending."""

    def renamed_to(self, name: str) -> str | None:
        """Return what a dataset that had this name is called now."""


class Transaction(View, Protocol):
    """A view that can be written; what is written is seen by later reads of the transaction."""

    def add_version(self, version: Version) -> None:
        """Add a version; its number must be above all that its name ever used."""

    def update_version(self, version: Version) -> None:
        """Replace the record of a version, found by its id."""

    def remove_version(self, version: Version) -> None:
        """Remove a version and the aliases that point to it; its number stays used."""

    def set_alias(self, name: str, alias: str, number: int | None) -> None:
        """Point an alias to a version, or take it away."""

    def rename(self, name: str, new: str) -> None:
        """Give a dataset another name, with all its versions and aliases."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is not right with a registry.

    Attributes
    ----------
    file
        The file that it is in.
    what
        What is wrong, as a sentence.
    records
        References of the versions, or ids of the runs, that it concerns, as far as they are known.
    mendable
        Whether `Catalog.repair` mends it.
    remedy
        What to do, as a sentence.
    harmless
        Whether nothing needs to be done about it.
    """

    file: str
    what: str
    records: tuple[str, ...] = ()
    mendable: bool = True
    remedy: str = ""
    harmless: bool = False


class Repair(NamedTuple):
    """What a repair did, in sentences: what is right again, and what could not be brought back."""

    mended: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class Catalog(ABC):
    """A registry."""

    @abstractmethod
    def view(self) -> View:
        """Return the present state.

        Raises
        ------
        RegistryError
            When the registry cannot be read.
        """

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Transaction]:
        """Return a context in which the registry is locked and can be written.

        The changes are kept when the context ends, and dropped when it ends by an exception.

        Raises
        ------
        RegistryError
            When the registry cannot be read, locked or written.
        """

    @abstractmethod
    def runs(self) -> Mapping[str, Run]:
        """Return every run by its id, oldest first."""

    @abstractmethod
    def change_runs(self, changes: Mapping[str, RunChange]) -> Mapping[str, Run]:
        """Change the records of some runs as they are now, which other processes may have changed.

        Parameters
        ----------
        changes
            By the run's id what returns its record as it shall be, of the record that it is now:
            None for a run that is not recorded. The very thing it is given means no change.

        Returns
        -------
        mapping
            The records as they are then, by id, without those of runs that are not recorded.
        """

    def save_run(self, run: Run) -> None:
        """Add a run, or replace the record of one that has this id."""
        self.change_runs({run.id: lambda before: run})

    def change_run(self, identifier: str, change: Callable[[Run], Run]) -> Run | None:
        """Change the record of one run; return it, None when there is no such run."""
        changes = {identifier: lambda before: None if before is None else change(before)}
        return self.change_runs(changes).get(identifier)

    @abstractmethod
    def check(self) -> Sequence[Damage]:
        """Return what is wrong with the registry; whatever it holds, this raises nothing."""

    @abstractmethod
    def repair(self) -> Repair:
        """Mend what can be mended; the damaged content is kept aside first.

        Raises
        ------
        RegistryError
            When the registry cannot be locked or written; nothing was changed then.
        """
