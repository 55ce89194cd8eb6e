"""Tables of other libraries: what a loaded table becomes when another library is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from dsnb.errors import MissingLibraryError, TableError, first_line
from dsnb.tables.columns import is_plainly_numbered

Library = Literal["pandas", "polars", "arrow", "duckdb", "dask", "paths"]
LIBRARIES: tuple[Library, ...] = get_args(Library)
ON_ARROW: frozenset[Library] = frozenset({"polars", "arrow", "duckdb"})
"""The libraries that take an Arrow table as it is."""
_PACKAGES = {"dask": '"dask[dataframe]"', "arrow": "pyarrow"}


def convert(table: Any, library: Library) -> Any:
    """Return a DataFrame, or an Arrow table, as a table of another library.

    Raises
    ------
    MissingLibraryError
        When the library is not installed.
    TableError
        When there is no such library here, or it cannot hold the table.
    """
    if library not in LIBRARIES or library == "paths":
        raise TableError(
            f"A table cannot become {library!r}.",
            hint=f"Choose one of {', '.join(one for one in LIBRARIES if one != 'paths')}.",
        )
    if library == "pandas":
        return table
    try:
        return _converted(table, library)
    except ImportError as error:
        raise MissingLibraryError(
            f"{library} is not installed ({error}).",
            hint=f"Install it: %pip install {_PACKAGES.get(library, library)}",
        ) from error
    except Exception as error:
        # Each library has exceptions of its own for what it cannot hold.
        raise TableError(
            f"{library} cannot hold this table: {first_line(error)}.",
            hint="Load it with --as pandas.",
        ) from error


def _converted(table: Any, library: Library) -> Any:
    import pandas as pd
    import pyarrow

    if library == "dask":
        from dask import dataframe

        parts = max(1, int(table.memory_usage().sum()) >> 26)
        make: Callable[..., Any] = dataframe.from_pandas
        return make(table, npartitions=parts)
    if library == "polars":
        import polars

        if isinstance(table, pd.DataFrame):
            return polars.from_pandas(table, include_index=not is_plainly_numbered(table))
        try:
            return polars.from_arrow(table)
        except polars.exceptions.PanicException as error:  # which is no Exception
            raise ValueError(first_line(error)) from error
    arrow = table if isinstance(table, pyarrow.Table) else pyarrow.Table.from_pandas(table)
    if library == "arrow":
        return arrow
    import duckdb

    return duckdb.connect().from_arrow(arrow)
