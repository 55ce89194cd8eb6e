"""The runs that a file held at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsnb.catalog.index import Row
from dsnb.catalog.jsonfile import REMEDY, Tables
from dsnb.errors import RegistryDamagedError
from dsnb.records import Run, from_document, to_document


class TinyRuns:
    """The runs in the tables of one file; their records are made when somebody asks.

    Parameters
    ----------
    rows
        Rows by the run's id, oldest first.
    records
        Runs that were made of their rows before, by id.
    """

    def __init__(self, rows: dict[str, Row], records: Mapping[str, Run]) -> None:
        self._rows = rows
        self._records = records

    @classmethod
    def of(cls, path: Path, tables: Tables) -> TinyRuns:
        """Return the runs in the tables of a file."""
        rows = {}
        for row, document in tables.get("runs", {}).items():
            identifier = document.get("id")
            key = identifier if isinstance(identifier, str) else f"row {row}"
            rows[key] = Row(row, document)
        return cls(rows, {})

    def records(self) -> Mapping[str, Run]:
        """Return every run by its id, oldest first.

        Raises
        ------
        RegistryDamagedError
            When one is damaged.
        """
        if len(self._records) < len(self._rows):
            self._records = {key: self._record(key, row) for key, row in self._rows.items()}
        return self._records

    def record(self, identifier: str) -> Run | None:
        """Return one run, None for an unknown id.

        Raises
        ------
        RegistryDamagedError
            When it is damaged.
        """
        row = self._rows.get(identifier)
        return None if row is None else self._record(identifier, row)

    def saved(self, database: Any, run: Run) -> TinyRuns:
        """Write a run, and return the runs with it.

        Parameters
        ----------
        database
            The TinyDB that takes the change.
        run
            A new run, or a new record of one that has this id.
        """
        document, table = to_document(run), database.table("runs")
        old = self._rows.get(run.id)
        if old is None:
            row = Row(str(table.insert(document)), document)
        else:
            # TinyDB updates a document in place, and runs that were read before hold this one.
            database.storage.read()["runs"][old.key] = dict(old.document)
            table.update(document, doc_ids=[old.number])
            row = Row(old.key, {**old.document, **document})
        known = {key: record for key, record in self._records.items() if key != run.id}
        return TinyRuns({**self._rows, run.id: row}, known)

    def _record(self, key: str, row: Row) -> Run:
        record = self._records.get(key)
        if record is not None:
            return record
        try:
            return from_document(row.document, Run, f"Run record {row.number}")
        except RegistryDamagedError as error:
            raise RegistryDamagedError(error.message, hint=REMEDY) from error
