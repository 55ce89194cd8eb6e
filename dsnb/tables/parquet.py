"""Parquet files as one table, scanned where they lie."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from dsnb.errors import TableError
from dsnb.tables.database import Database, literal, quoted
from dsnb.tables.fields import Family, Field
from dsnb.tables.scanning import ROW, Layout, name_of, scannable_table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow

    Ints = npt.NDArray[np.int64]

_FILE_SHIFT = 40
_PATTERN = set("*?[]{}")
"""What DuckDB takes for more than a letter of a file's name."""
_STATISTICS = 200_000
"""Statistics that are looked at to learn of missing cells; beyond, nobody waits for that."""


class ParquetRelation:
    """Parquet files of one schema, scanned where they lie.

    Use `relation_of_files`, which knows what else can hold them when their schemas differ.
    """

    def __init__(self, paths: Sequence[str], footers: Sequence[Footer]) -> None:
        self._paths = list(paths)
        self._states = [_state(path) for path in paths]
        self._layout = Layout(footers[0].schema)
        self.rows = sum(footer.rows for footer in footers)
        self.pieces = sum(footer.pieces for footer in footers)
        missing = [
            None if None in counts else any(counts)
            for counts in zip(*(footer.nulls for footer in footers), strict=True)
        ]
        self.fields = self._layout.fields(missing)
        self._native: list[str] | None = None
        self._described = False

    def scan(
        self,
        database: Database,
        spell: Collection[int] = (),
        only: Collection[int] | None = None,
    ) -> str:
        """Return what stands for the table in a statement."""
        names = None if spell else self._native_names(database)
        if names is None:
            return f"(SELECT * FROM {database.register(lambda: self._reader(spell, only))})"
        place = "file_row_number"
        if len(self._paths) > 1:
            place = f"((file_index::BIGINT << {_FILE_SHIFT}) | file_row_number)"
        columns = (
            f", {_scanned(quoted(names[position]), self.fields[number])} AS {name_of(number)}"
            for number, position in enumerate(self._layout.positions)
            if only is None or number in only
        )
        return f"(SELECT {place} AS {ROW}{''.join(columns)} FROM {self._source()})"

    def scan_some(self, database: Database, chosen: str, spell: Collection[int] = ()) -> str:
        """Return what stands for some rows, with all columns, in a statement."""
        return f"(FROM {self.scan(database, spell)} scanned WHERE {ROW} IN ({chosen}))"

    def take(self, database: Database, rows: Ints, copied: str | None = None) -> pd.DataFrame:
        """Return the rows at some places, in the order given.

        Raises
        ------
        TableError
            When a file is not what it was when this relation was made.
        """
        import numpy as np
        import pyarrow

        if [_state(path) for path in self._paths] != self._states:
            raise TableError("The files were written since they were compared.")
        if self._native_names(database) is None:
            order = np.argsort(rows, kind="stable")
            table = self._gathered(rows[order]).take(np.argsort(order))
            return self._layout.frame(table, self.fields)
        wanted = pyarrow.table({"place": rows, "turn": np.arange(len(rows))})
        asked = database.register(lambda: wanted)
        table = database.arrow(
            f"SELECT scanned.* EXCLUDE ({ROW}) FROM {copied or self.scan(database)} scanned"
            f" JOIN {asked} asked ON scanned.{ROW} = asked.place ORDER BY asked.turn"
        )
        return self._layout.frame(self._layout.restored(table), self.fields)

    def _source(self) -> str:
        files = ", ".join(literal(path) for path in self._paths)
        return f"read_parquet([{files}], file_row_number = true, hive_partitioning = false)"

    def _native_names(self, database: Database) -> list[str] | None:
        """Return DuckDB's names of the columns, None when it would read one inexactly."""
        if any(set(path) & _PATTERN for path in self._paths):
            return None
        if not self._described:
            described = database.all(
                f"DESCRIBE SELECT * EXCLUDE file_row_number FROM {self._source()}"
            )
            names = [name for name, *_ in described]
            types = [str(kind) for _, kind, *_ in described]
            fits = len(names) == self._layout.width and all(
                _is_native(types[position], self.fields[number])
                for number, position in enumerate(self._layout.positions)
            )
            self._native = names if fits else None
            self._described = True
        return self._native

    def _reader(
        self, spell: Collection[int], only: Collection[int] | None
    ) -> pyarrow.RecordBatchReader:
        import numpy as np
        import pyarrow

        def scannable_batches() -> Iterator[pyarrow.RecordBatch]:
            for place, batch in self._batches():
                arrays = [batch.column(position) for position in self._layout.positions]
                places = np.arange(place, place + len(batch))
                table = scannable_table(arrays, self.fields, len(batch), spell, only, places)
                yield from table.to_batches()

        empty = self._layout.schema.empty_table()
        arrays = [empty.column(position) for position in self._layout.positions]
        schema = scannable_table(arrays, self.fields, 0, spell, only).schema
        return pyarrow.RecordBatchReader.from_batches(schema, scannable_batches())

    def _batches(self) -> Iterator[tuple[int, pyarrow.RecordBatch]]:
        """Yield the rows in order, batch by batch, and the place of the first of each."""
        import pyarrow.parquet

        for number, path in enumerate(self._paths):
            place = number << _FILE_SHIFT
            with pyarrow.parquet.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    yield place, batch
                    place += len(batch)

    def _gathered(self, rows: Ints) -> pyarrow.Table:
        """Return the rows at places that only grow."""
        import numpy as np
        import pyarrow

        found = []
        for place, batch in self._batches():
            first, end = np.searchsorted(rows, (place, place + len(batch)))
            if first < end:
                found.append(batch.take(pyarrow.array(rows[first:end] - place)))
        return pyarrow.Table.from_batches(found, self._layout.schema)


class Footer:
    """What the end of a Parquet file says about it."""

    def __init__(self, path: str) -> None:
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(path) as file:
            self.schema, footer = file.schema_arrow, file.metadata
        self.rows, self.pieces = footer.num_rows, footer.num_row_groups
        self.size = sum(
            footer.row_group(number).total_byte_size for number in range(footer.num_row_groups)
        )
        self.nulls: list[int | None] = [0] * len(self.schema)
        if footer.num_columns * footer.num_row_groups > _STATISTICS:
            self.nulls = [None] * len(self.schema)
            return
        positions = {name: position for position, name in enumerate(self.schema.names)}
        flat = [
            (positions[path], column)
            for column in range(footer.num_columns)
            if (path := footer.schema.column(column).path) in positions
        ]
        for position in set(positions.values()) - {position for position, _ in flat}:
            self.nulls[position] = None
        for number in range(footer.num_row_groups):
            group = footer.row_group(number)
            for position, column in flat:
                statistics = group.column(column).statistics
                known = statistics is not None and statistics.has_null_count
                before = self.nulls[position]
                self.nulls[position] = (
                    before + statistics.null_count if known and before is not None else None
                )


def _scanned(column: str, field: Field) -> str:
    """Return a column of a Parquet file as it is scanned: times as counts of their unit."""
    if field.family not in ("naive", "aware"):
        return column
    if field.unit == "s":
        return f"epoch_ms({column}) // 1000"
    return f"epoch_{field.unit}({column})"


_NATIVE: dict[Family, tuple[str, ...]] = {
    "bool": ("BOOLEAN",),
    "int": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
    "uint64": ("UBIGINT",),
    "float": ("FLOAT", "DOUBLE"),
    "text": ("VARCHAR",),
    "bytes": ("BLOB",),
    "date": ("DATE",),
    "duration": ("BIGINT",),
}


def _is_native(type: str, field: Field) -> bool:
    """Tell whether DuckDB reads a Parquet column without loss."""
    if field.family == "nothing":
        return True
    if field.family == "decimal":
        return type == f"DECIMAL({field.digits},{field.scale})"
    if field.family in ("naive", "aware"):
        fine = field.unit == "ns"
        if field.family == "naive":
            return (
                type == "TIMESTAMP_NS"
                if fine
                else type.startswith("TIMESTAMP") and "TZ" not in type
            )
        return type == ("TIMESTAMPTZ_NS" if fine else "TIMESTAMP WITH TIME ZONE")
    return type in _NATIVE.get(field.family, ())


def _state(path: str) -> tuple[int, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (status.st_size, status.st_mtime_ns, status.st_ino)
