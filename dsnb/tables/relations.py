"""Tables as DuckDB scans them: Parquet where it lies, all else as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from dsnb.errors import TableError, first_line
from dsnb.tables.columns import has_unstored_index, with_index_as_columns
from dsnb.tables.database import Database
from dsnb.tables.fields import Field, arrow_column
from dsnb.tables.formats import Format
from dsnb.tables.parquet import Footer, ParquetRelation
from dsnb.tables.scanning import Layout, Relation, scannable_table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow

    Ints = npt.NDArray[np.int64]

_WIDE = 1000
_WIDE_BYTES = 500 << 20


class FrameRelation:
    """A DataFrame; its index counts as columns where it holds data."""

    pieces = 1

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = with_index_as_columns(frame)
        self.rows = len(self._frame)
        described = [
            arrow_column(self._frame.iloc[:, position]) for position in range(self._frame.shape[1])
        ]
        self._arrays = [array for array, _ in described]
        self.fields = tuple(field for _, field in described)

    def scan(
        self,
        database: Database,
        spell: Collection[int] = (),
        only: Collection[int] | None = None,
    ) -> str:
        """Return what stands for the table in a statement."""
        table = scannable_table(self._arrays, self.fields, self.rows, spell, only)
        return f"(SELECT * FROM {database.register(lambda: table)})"

    def scan_some(self, database: Database, chosen: str, spell: Collection[int] = ()) -> str:
        """Return what stands for some rows, with all columns, in a statement."""
        return _scan_some(database, chosen, self._arrays, self.fields, spell)

    def take(self, database: Database, rows: Ints, copied: str | None = None) -> pd.DataFrame:
        """Return the rows at some places, in the order given."""
        return self._frame.iloc[rows].reset_index(drop=True)


class ArrowRelation:
    """An Arrow table with what pandas noted in it, such as a Feather file in memory."""

    pieces = 1

    def __init__(self, table: pyarrow.Table) -> None:
        self._table = table
        self.rows = table.num_rows
        self._layout = Layout(table.schema)
        nulls = [table.column(position).null_count > 0 for position in self._layout.positions]
        self.fields = self._layout.fields(nulls)

    def scan(
        self,
        database: Database,
        spell: Collection[int] = (),
        only: Collection[int] | None = None,
    ) -> str:
        """Return what stands for the table in a statement."""
        columns = [self._table.column(position) for position in self._layout.positions]
        table = scannable_table(columns, self.fields, self.rows, spell, only)
        return f"(SELECT * FROM {database.register(lambda: table)})"

    def scan_some(self, database: Database, chosen: str, spell: Collection[int] = ()) -> str:
        """Return what stands for some rows, with all columns, in a statement."""
        columns = [self._table.column(position) for position in self._layout.positions]
        return _scan_some(database, chosen, columns, self.fields, spell)

    def take(self, database: Database, rows: Ints, copied: str | None = None) -> pd.DataFrame:
        """Return the rows at some places, in the order given."""
        return self._layout.frame(self._table.take(rows), self.fields)


def relation_of_files(
    paths: Sequence[str],
    format: Format,
    read: Callable[[], pd.DataFrame],
    *,
    as_stored: bool = True,
) -> Relation:
    """Return the table that some files hold as a relation.

    Parameters
    ----------
    paths
        The files, in order, all of one format.
    format
        What they are.
    read
        Reads them as one DataFrame; asked only where the files cannot be scanned themselves.
    as_stored
        Whether the table has the very columns that lie in the files; reader options may add some,
        and give others another type.

    Raises
    ------
    TableError
        When one cannot be read.
    """
    import pyarrow
    import pyarrow.feather
    import pyarrow.parquet

    if not as_stored:
        return FrameRelation(read())
    try:
        if format == "parquet":
            footers = [Footer(path) for path in paths]
            alike = all(footer.schema.equals(footers[0].schema) for footer in footers)
            if alike and not has_unstored_index(footers[0].schema):
                size = sum(footer.size for footer in footers)
                if len(footers[0].schema) < _WIDE or size > _WIDE_BYTES:
                    return ParquetRelation(paths, footers)
                # Each statement would look at thousands of columns anew.
                tables = [pyarrow.parquet.ParquetFile(path).read() for path in paths]
                return ArrowRelation(pyarrow.concat_tables(tables))
        elif format == "feather" and len(paths) == 1:
            table = pyarrow.feather.read_table(paths[0], memory_map=False)
            if not has_unstored_index(table.schema):
                return ArrowRelation(table)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise TableError(
            f"{', '.join(paths[:3])} cannot be read as {format}: {first_line(error)}."
        ) from error
    return FrameRelation(read())


def _scan_some(
    database: Database,
    chosen: str,
    columns: Sequence[Any],
    fields: Sequence[Field],
    spell: Collection[int],
) -> str:
    places = database.arrow(chosen).column(0).combine_chunks()
    taken = [column.take(places) for column in columns]
    table = scannable_table(taken, fields, len(places), spell, places=places.to_numpy())
    return f"(SELECT * FROM {database.register(lambda: table)})"
