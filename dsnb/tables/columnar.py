"""Reading Parquet and Feather files, and no more of them than is asked for.

Only what certainly gives the very same table is left unread: the types of a DataFrame may depend on
values far below the rows that are asked for.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from dsnb.errors import TableError, first_line
from dsnb.tables.formats import Format
from dsnb.tables.parts import (
    EVERYTHING,
    Wanted,
    missing_column,
    rows_where,
    settle_differing_columns,
    unreadable,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

FORMATS: frozenset[Format] = frozenset({"parquet", "feather"})
"""The formats that hold columns with types of their own."""

# Names that a condition may use without naming a column.
_OTHER_NAMES = ("index", "columns", "level")


def read_arrow(
    paths: Sequence[str],
    format: Format,
    wanted: Wanted = EVERYTHING,
    notify: Callable[[str], None] = lambda notice: None,
) -> pyarrow.Table:
    """Read Parquet or Feather files as one Arrow table, with the very types that they hold.

    A DataFrame between would turn whole numbers with gaps into floats, for instance.

    Parameters
    ----------
    paths, format, wanted, notify
        As for `read_table`.

    Raises
    ------
    TableError
        When a file cannot be read as such a table, or the files' columns do not fit together.
    MissingColumnError
        When a column that is asked for is not there.
    """
    import pyarrow

    if len(paths) == 1:
        whole = _read_arrow_part(paths[0], format, wanted)
    else:
        tables = [_read_arrow_file(path, format, None) for path in paths]
        names = [table.column_names for table in tables]
        settle_differing_columns(names, paths, wanted.differing, notify)
        # What pandas noted of one file, such as its number of rows, is not true of all.
        tables = [table.replace_schema_metadata(None) for table in tables]
        try:
            whole = pyarrow.concat_tables(tables, promote_options="permissive")
        except pyarrow.ArrowException as error:
            raise TableError(
                f"The files' columns do not fit together: {first_line(error)}.",
                hint="Load it with --as pandas.",
            ) from error
    if wanted.where is not None:
        whole = whole.filter(pyarrow.array(rows_where(whole.to_pandas(), wanted.where)))
    if wanted.columns is not None:
        for column in wanted.columns:
            if column not in whole.column_names:
                raise missing_column(column, whole.column_names)
        whole = whole.select(list(wanted.columns))
    return whole if wanted.limit is None else whole.slice(0, wanted.limit)


def read_part(path: str, format: Format, wanted: Wanted) -> pd.DataFrame | None:
    """Read what is needed of one file to cut the wanted part out of it.

    Returns
    -------
    pandas.DataFrame or None
        None where nothing can be left out, or it is not certain that the same would come of it.
    """
    # Whatever is wrong here is told by whoever reads all of the file.
    with suppress(Exception):
        if wanted.where is not None:
            return _columns_needed(path, format, wanted)
        if wanted.limit is not None and format == "parquet":
            return _first_rows(path, wanted.columns, wanted.limit)
    return None


def _columns_needed(path: str, format: Format, wanted: Wanted) -> pd.DataFrame | None:
    import pandas as pd

    schema = _schema(path, format)
    needed = _needed(schema.names, wanted) if _has_plain_index(schema) else None
    if needed is None:
        return None
    read = pd.read_parquet if format == "parquet" else pd.read_feather
    frame: pd.DataFrame = read(path, columns=needed)
    return frame if list(frame.columns) == needed else None


def _needed(names: Sequence[str], wanted: Wanted) -> list[str] | None:
    """Return the columns that are asked for, or that a condition may look at.

    A column that a condition looks at is written out in it, quoted or not. Python reads other
    letters than ASCII's in several ways.
    """
    if wanted.where is None or wanted.columns is None or not set(wanted.columns) <= set(names):
        return None
    if not wanted.where.isascii() or any(name in wanted.where for name in _OTHER_NAMES):
        return None
    needed = [name for name in names if name in wanted.columns or name in wanted.where]
    return None if len(needed) == len(names) else needed


def _schema(path: str, format: Format) -> pyarrow.Schema:
    import pyarrow.ipc
    import pyarrow.parquet

    if format == "feather":
        with pyarrow.OSFile(path) as file:
            return pyarrow.ipc.open_file(file).schema
    return pyarrow.parquet.read_schema(path)


def _first_rows(path: str, columns: Sequence[str] | None, limit: int) -> pd.DataFrame | None:
    """Return the first rows of a Parquet file as they are at the head of the whole frame."""
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        groups = _first_groups(file, limit)
        if groups is None or not _has_plain_index(file.schema_arrow):
            return None
        names = None if columns is None else list(columns)
        first = file.read_row_groups(groups, columns=names).slice(0, limit)
        if not all(_is_told(file, field, first[field.name]) for field in first.schema):
            return None
    # pandas itself makes the frame, of a file that holds these rows only.
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(first, sink, compression="none", use_dictionary=False)
    content = sink.getvalue()
    again = pyarrow.parquet.read_schema(pyarrow.BufferReader(content))
    if not again.equals(first.schema, check_metadata=True):
        return None
    return pd.read_parquet(io.BytesIO(content))


def _first_groups(file: pyarrow.parquet.ParquetFile, limit: int) -> list[int] | None:
    """Return the groups of rows that hold the first ones, None when those are all or none."""
    groups: list[int] = []
    rows = 0
    while rows < limit and len(groups) < file.metadata.num_row_groups:
        rows += file.metadata.row_group(len(groups)).num_rows
        groups.append(len(groups))
    return groups if 0 < len(groups) < file.metadata.num_row_groups else None


def _has_plain_index(schema: pyarrow.Schema) -> bool:
    """Tell whether pandas numbers the rows from 0, however many there are."""
    if schema.pandas_metadata is None:
        return True
    return all(
        isinstance(index, dict)
        and (index["kind"], index["name"], index["start"], index["step"]) == ("range", None, 0, 1)
        for index in schema.pandas_metadata["index_columns"]
    )


def _is_told(
    file: pyarrow.parquet.ParquetFile, field: pyarrow.Field, values: pyarrow.ChunkedArray
) -> bool:
    """Tell whether the first values of a column tell which type all of it has in pandas."""
    import pyarrow.types as types

    if types.is_floating(field.type) or types.is_timestamp(field.type):
        return True
    if types.is_string(field.type) or types.is_large_string(field.type):
        return True
    if not types.is_integer(field.type) and not types.is_boolean(field.type):
        return False
    if values.null_count:
        return True
    # A single missing number far below makes floats of all, and objects of what is true or false.
    groups = [file.metadata.row_group(group) for group in range(file.metadata.num_row_groups)]
    [column] = [
        index
        for index in range(file.metadata.num_columns)
        if groups[0].column(index).path_in_schema == field.name
    ]
    found = [group.column(column).statistics for group in groups]
    return all(one is not None and one.has_null_count and not one.null_count for one in found)


def _read_arrow_part(path: str, format: Format, wanted: Wanted) -> pyarrow.Table:
    """Read what is needed of one file to cut the wanted part out of it."""
    import pyarrow
    import pyarrow.parquet

    columns = wanted.columns if wanted.where is None else None
    with suppress(pyarrow.ArrowException, OSError, ValueError):  # told by whoever reads all of it
        if wanted.where is not None:
            schema = _schema(path, format)
            columns = _needed(schema.names, wanted) if _has_plain_index(schema) else None
        elif wanted.limit is not None and format == "parquet":
            with pyarrow.parquet.ParquetFile(path) as file:
                groups = _first_groups(file, wanted.limit)
                if groups is not None and set(columns or ()) <= set(file.schema_arrow.names):
                    names = None if columns is None else list(columns)
                    return file.read_row_groups(groups, columns=names)
    return _read_arrow_file(path, format, columns)


def _read_arrow_file(path: str, format: Format, columns: Sequence[str] | None) -> pyarrow.Table:
    import pyarrow.feather
    import pyarrow.parquet

    names = None if columns is None else list(columns)
    try:
        known = _schema(path, format).names if names is not None else []
        for name in names or ():
            if name not in known:
                raise missing_column(name, known)
        if format == "feather":
            return pyarrow.feather.read_table(path, columns=names)
        with pyarrow.parquet.ParquetFile(path) as file:
            return file.read(names)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise unreadable(path, format, error) from error
