"""The registry as TinyDB files: versions and aliases in one, runs in another.

Runs have a file of their own because they change with every cell that loads something, and every
change rewrites the file: beside 10,000 versions that would cost twenty times as much, and make
every other kernel parse the versions again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from dsnb.catalog.backups import Backups
from dsnb.catalog.base import Catalog, Damage, Repair, RunChange, Transaction
from dsnb.catalog.index import index_of
from dsnb.catalog.jsonfile import Tables
from dsnb.catalog.repair import registry_mending, runs_mending
from dsnb.catalog.runs import TinyRuns
from dsnb.catalog.tablefile import TableFile
from dsnb.catalog.view import TinyTransaction, TinyView
from dsnb.records import Run

RUNS_BACKED_UP_EVERY = 60.0


class TinyCatalog(Catalog):
    """The registry of one workspace in TinyDB files.

    Parameters
    ----------
    registry, runs
        The two files; they need not exist.
    backups
        Folder for the last good copies of both.
    timeout
        Seconds to wait while another process writes.
    """

    def __init__(self, registry: Path, runs: Path, backups: Path, timeout: float = 30.0) -> None:
        self._registry = TableFile(
            registry, Backups(backups, registry), timeout, _view_of, precious=True
        )
        # A run is written after every cell that loads something: a copy a minute is enough.
        copies = Backups(backups, runs, RUNS_BACKED_UP_EVERY)
        self._runs = TableFile(runs, copies, timeout, TinyRuns.of, precious=False)
        self._mendings = (
            registry_mending(registry, backups, timeout),
            runs_mending(runs, backups, timeout),
        )

    def view(self) -> TinyView:
        """Return the present state; parsed again only when the file changed."""
        return self._registry.parsed()

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Return a context in which this process alone can write."""
        return self._transaction()

    @contextmanager
    def _transaction(self) -> Iterator[TinyTransaction]:
        with self._registry.changing() as change:
            transaction = TinyTransaction(change.database, change.parsed)
            yield transaction
            change.parsed = transaction.finished()

    def runs(self) -> Mapping[str, Run]:
        """Return every run by its id, oldest first."""
        return self._runs.parsed().records()

    def change_runs(self, changes: Mapping[str, RunChange]) -> Mapping[str, Run]:
        """Change the records of some runs as they are now, in one write."""
        found = {}
        with self._runs.changing() as opened:
            for identifier, change in changes.items():
                before = opened.parsed.record(identifier)
                after = change(before)
                if after is not None:
                    found[identifier] = after
                    if after is not before:
                        opened.parsed = opened.parsed.saved(opened.database, after)
        return found

    def check(self) -> Sequence[Damage]:
        """Return what is wrong with the two files; whatever they hold, this raises nothing."""
        return [damage for mending in self._mendings for damage in mending.check()]

    def repair(self) -> Repair:
        """Mend what can be mended from the backups; the damaged files are kept beside them."""
        done = [mending.repair() for mending in self._mendings]
        return Repair(
            tuple(said for repair in done for said in repair.mended),
            tuple(said for repair in done for said in repair.lost),
        )


def _view_of(path: Path, tables: Tables) -> TinyView:
    return TinyView(index_of(path, tables))
