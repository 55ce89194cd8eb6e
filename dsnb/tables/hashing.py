"""The hash of a table in memory, over its Arrow buffers: no file is written to know it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnb.storage.hashing import parallel_hasher
from dsnb.tables.memory import library_of

if TYPE_CHECKING:
    import pyarrow


def hash_table(table: object) -> str | None:
    """Return the BLAKE3 of a table's Arrow buffers and schema, None where that would not be exact.

    Equal hashes mean tables that Parquet holds alike. Unequal ones mean nothing: the same values
    may lie in memory in more than one way.

    Parameters
    ----------
    table
        A pandas or polars DataFrame or an Arrow table, of any shape.

    Returns
    -------
    str or None
        64 hexadecimal digits. None for pandas columns of Python objects, whose types Arrow does not
        tell apart, for what Arrow cannot hold, and for what is not there yet (a LazyFrame).

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"temp": [78.08, 73.04]})
    >>> hash_table(frame) == hash_table(frame.copy()), hash_table(frame) == hash_table(frame + 1)
    (True, False)
    """
    import pyarrow

    library = library_of(table)
    try:
        whole = _as_arrow(table, library)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        return None  # whoever writes it says what is wrong
    if whole is None:
        return None
    hasher = parallel_hasher()
    hasher.update(f"{library}\0".encode())
    with pyarrow.ipc.new_stream(pyarrow.PythonFile(_Sink(hasher), "w"), whole.schema) as stream:
        stream.write_table(whole.combine_chunks())
    return str(hasher.hexdigest())


def _as_arrow(table: Any, library: str | None) -> pyarrow.Table | None:
    """Return a table as Arrow holds it, sharing its memory where that is possible."""
    import pyarrow
    from pandas.api.types import is_object_dtype

    if library == "pyarrow":
        return table if isinstance(table, pyarrow.Table) else pyarrow.Table.from_batches([table])
    if library == "polars":
        return None if hasattr(table, "collect") else table.to_arrow()
    if library != "pandas":
        return None
    frame = table.to_frame() if hasattr(table, "to_frame") else table.copy(deep=False)
    frame.attrs = {}  # they belong to the object in memory
    levels = range(frame.index.nlevels)
    types = [*frame.dtypes, *(frame.index.get_level_values(level).dtype for level in levels)]
    if any(map(is_object_dtype, types)):
        return None
    return pyarrow.Table.from_pandas(frame)


class _Sink:
    """A file that hashes what is written to it."""

    closed = False

    def __init__(self, hasher: Any) -> None:
        self._hasher = hasher

    def write(self, content: bytes) -> int:
        self._hasher.update(content)
        return len(content)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
