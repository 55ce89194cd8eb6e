"""What it takes to scan a table: its columns by number, its rows by place.

A `Relation` says which columns a table has, lets a database scan it, and gives rows back as the
DataFrame that loading them would give. `dsnb.tables.relations` makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from dsnb.tables.columns import index_levels
from dsnb.tables.database import Database
from dsnb.tables.fields import Field, field_of, scannable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow

    Ints = npt.NDArray[np.int64]

ROW = "r"
"""The column of a scan that tells a row's place: places grow from row to row."""


def name_of(position: int) -> str:
    """Return what a scan calls the column at a position."""
    return f"c{position}"


class Relation(Protocol):
    """A table that a database can scan.

    Attributes
    ----------
    fields
        Its columns, those of a data index first.
    rows
        Number of rows.
    pieces
        Number of parts that can be scanned side by side.
    """

    fields: tuple[Field, ...]
    rows: int
    pieces: int

    def scan(
        self,
        database: Database,
        spell: Collection[int] = (),
        only: Collection[int] | None = None,
    ) -> str:
        """Return what stands for the table in a statement, in parentheses.

        Its columns are `ROW` and, for each field, `name_of` its position. Those named by
        ``spell`` are spelled as text, see `dsnb.tables.spelling.spelled`. With ``only``, the
        others are left out: a table of thousands of columns is asked about a few at a time.
        """

    def scan_some(self, database: Database, chosen: str, spell: Collection[int] = ()) -> str:
        """Return what stands for some rows, with all columns, in a statement.

        Parameters
        ----------
        database
            One that is open.
        chosen
            A statement that gives the places of the rows, each once.
        spell
            As for `scan`.
        """

    def take(self, database: Database, rows: Ints, copied: str | None = None) -> pd.DataFrame:
        """Return the rows at some places, in the order given, as loading them gives them.

        Parameters
        ----------
        database
            One that is open.
        rows
            The places.
        copied
            Name of a table in the database that holds a scan of all these rows, with nothing
            spelled that need not be.
        """


def scannable_table(
    columns: Sequence[Any],
    fields: Sequence[Field],
    rows: int,
    spell: Collection[int],
    only: Collection[int] | None = None,
    places: Ints | None = None,
) -> pyarrow.Table:
    """Return columns as a table that DuckDB scans without loss.

    Parameters
    ----------
    columns, fields
        The columns, as Arrow stores them, and what they hold.
    rows
        How many they have.
    spell, only
        As for `Relation.scan`.
    places
        The places of the rows; they are numbered when there are none.
    """
    import numpy as np
    import pyarrow

    named = {ROW: pyarrow.array(np.arange(rows) if places is None else places)}
    for number, (column, field) in enumerate(zip(columns, fields, strict=True)):
        if only is None or number in only:
            named[name_of(number)] = scannable(column, field.family, spell=number in spell)
    return pyarrow.table(named)


class Layout:
    """How the columns of a stored table stand to those of the DataFrame that it becomes."""

    def __init__(self, schema: pyarrow.Schema) -> None:
        self.schema = schema
        self.width = len(schema)
        self._empty = schema.empty_table().to_pandas()
        self._levels = index_levels(schema)
        stored = {position for _, position, _ in self._levels} | _dropped_levels(schema)
        own = [position for position in range(self.width) if position not in stored]
        self.positions = [position for _, position, _ in self._levels] + own
        labels = [label for _, _, label in self._levels]
        self.labels = labels + [str(label) for label in self._empty.columns]

    def fields(self, missing: Sequence[bool | None]) -> tuple[Field, ...]:
        """Return the fields; ``missing`` goes by the columns of the schema."""
        levels = (self._empty.index.get_level_values(number) for number, _, _ in self._levels)
        types = [str(level.dtype) for level in levels]
        types += [str(dtype) for dtype in self._empty.dtypes]
        return tuple(
            field_of(
                label,
                _with_gaps(kind, missing[position]),
                self.schema.field(position).type,
                missing[position],
            )
            for label, kind, position in zip(self.labels, types, self.positions, strict=True)
        )

    def restored(self, scanned: pyarrow.Table) -> pyarrow.Table:
        """Return scanned columns as they were stored; those of a dropped index are missing."""
        import pyarrow

        columns = [pyarrow.nulls(len(scanned), type=field.type) for field in self.schema]
        for number, position in enumerate(self.positions):
            wanted = self.schema.field(position).type
            column = scanned.column(name_of(number))
            if pyarrow.types.is_dictionary(wanted):
                column = column.cast(wanted.value_type)
            columns[position] = column.cast(wanted)
        return pyarrow.Table.from_arrays(columns, schema=self.schema)

    def frame(self, table: pyarrow.Table, fields: Sequence[Field]) -> pd.DataFrame:
        """Return rows of the table with the types that the whole of it has in pandas."""
        frame: pd.DataFrame = table.to_pandas()
        flat = frame.reset_index(drop=True)
        for number, (level, _, label) in enumerate(self._levels):
            values = frame.index.get_level_values(level).to_series().reset_index(drop=True)
            flat.insert(number, label, values, allow_duplicates=True)
        for position, field in enumerate(fields):
            if str(flat.dtypes.iloc[position]) != field.type:
                column: Any = flat.iloc[:, position]
                flat.isetitem(position, column.astype(field.type))
        return flat


def _dropped_levels(schema: pyarrow.Schema) -> set[int]:
    """Return the positions of index columns that only number the rows."""
    stored = (schema.pandas_metadata or {}).get("index_columns", ())
    names = [level for level in stored if isinstance(level, str)]
    return {schema.get_field_index(name) for name in names} - {-1}


def _with_gaps(type: str, missing: bool | None) -> str:
    """Return the type that pandas gives a column of NumPy's when cells are missing."""
    if not missing:
        return type
    if type == "bool":
        return "object"
    return "float64" if type.startswith(("int", "uint")) else type
