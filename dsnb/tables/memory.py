"""Tables in memory, kept as Parquet files that hold them exactly."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnb.errors import TableError

if TYPE_CHECKING:
    import pandas as pd

FILE = "part-0.parquet"


def is_table(value: object) -> bool:
    """Tell whether a value is a pandas, polars or Arrow table; imports none of them.

    Examples
    --------
    >>> is_table([1, 2])
    False
    """
    return library_of(value) is not None


def write_exactly(table: object, folder: Path) -> Path:
    """Write a table as one Parquet file, and read it back to prove that nothing was lost.

    Parameters
    ----------
    table
        A pandas DataFrame or Series, a polars DataFrame or LazyFrame, or an Arrow table.
    folder
        An existing folder that gets the file.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    TableError
        When it is no table, or Parquet cannot hold it exactly: the column is named.
    """
    path = folder / FILE
    match library_of(table):
        case "pandas":
            _write_pandas(table, path)
        case "polars":
            _write_polars(table, path)
        case "pyarrow":
            _write_arrow(table, path)
        case _:
            raise TableError(
                f"A {type(table).__name__} is no table that can be registered.",
                hint="Give a pandas or polars DataFrame, or an Arrow table.",
            )
    return path


def library_of(value: object) -> str | None:
    """Return the library that a table belongs to, None for what is no table."""
    for kind in type(value).__mro__:
        library = kind.__module__.partition(".")[0]
        if (library, kind.__name__) in {
            ("pandas", "DataFrame"),
            ("pandas", "Series"),
            ("polars", "DataFrame"),
            ("polars", "LazyFrame"),
            ("pyarrow", "Table"),
            ("pyarrow", "RecordBatch"),
        }:
            return library
    return None


def _write_pandas(table: Any, path: Path) -> None:
    import pandas as pd

    frame: pd.DataFrame = table.to_frame() if isinstance(table, pd.Series) else table
    # Attributes belong to the object in memory; pandas would write them into the file.
    frame = frame.copy(deep=False)
    frame.attrs = {}
    _check_labels(frame)
    try:
        frame.to_parquet(path, engine="pyarrow", index=None)
        again = pd.read_parquet(path, engine="pyarrow")
    except OSError:
        raise  # the disk refuses, not the format
    except Exception as error:
        # pyarrow has many exceptions for what it cannot convert; which column it was is asked next.
        raise _first_refused(frame, str(error).splitlines()[0]) from error
    _check_same(frame, again)


def _check_labels(frame: pd.DataFrame) -> None:
    if frame.columns.nlevels > 1:
        raise _inexact(
            "The columns have several levels",
            "df.columns = ['_'.join(map(str, c)) for c in df.columns]",
        )
    for label in frame.columns:
        if not isinstance(label, str):
            raise _inexact(f"The column {label!r} is not named by text", "df.columns.map(str)")
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise _inexact(f"There are several columns {repeated[0]!r}", "df.rename(columns=…)")


def _check_same(frame: pd.DataFrame, again: pd.DataFrame) -> None:
    if list(frame.columns) != list(again.columns) or frame.columns.name != again.columns.name:
        raise _inexact("The columns' own name would be lost", "df.rename_axis(columns=None)")
    for name in frame.columns:
        changed = _change_of(frame[name], again[name])
        if changed:
            raise _cannot_hold(name, changed, _exact_form_of(frame[name]))
    if changed := _change_of_index(frame.index, again.index):
        raise _index_refused(changed)


def _change_of(before: pd.Series[Any], after: pd.Series[Any]) -> str:
    """Say how the values of a column came back; nothing when they are what they were."""
    import pandas as pd

    try:
        pd.testing.assert_series_equal(
            before, after, check_exact=True, check_freq=False, check_index=False, check_names=False
        )
    except AssertionError as error:
        return _reason(error)
    except Exception as error:
        # Objects of any kind are compared here, and some refuse to be.
        return f"its values cannot be compared: {error}"
    if before.dtype != object:
        return ""
    # Equality of objects lets lists pass for arrays and 1.0 for 1.00; their types and text do not.
    for old, new in zip(before, after, strict=True):
        if type(old) is not type(new):
            return f"{type(old).__name__} values come back as {type(new).__name__}"
        if repr(old) != repr(new):
            return f"{old!r:.60} comes back as {new!r:.60}"
    return ""


def _change_of_index(before: pd.Index[Any], after: pd.Index[Any]) -> str:
    import pandas as pd

    if type(before) is not type(after) or len(before) != len(after):
        return f"a {type(before).__name__} comes back as a {type(after).__name__}"
    if list(map(repr, before.names)) != list(map(repr, after.names)):
        return f"its names {list(before.names)} come back as {list(after.names)}"
    for level in range(before.nlevels):
        old, new = before.get_level_values(level), after.get_level_values(level)
        if type(old) is not type(new):
            return f"a {type(old).__name__} comes back as a {type(new).__name__}"
        if old.dtype != new.dtype:
            return f"{old.dtype} comes back as {new.dtype}"
        kept = (pd.Series(index.array, dtype=old.dtype) for index in (old, new))
        if changed := _change_of(*kept):
            return changed
    return ""


def _first_refused(frame: pd.DataFrame, why: str) -> TableError:
    import pyarrow

    for name in frame.columns:
        try:
            pyarrow.array(frame[name], from_pandas=True)
        except Exception:
            return _cannot_hold(name, why)
    return _index_refused(why)


def _write_polars(table: Any, path: Path) -> None:
    import polars as pl

    frame = table.collect() if isinstance(table, pl.LazyFrame) else table
    for name, dtype in frame.schema.items():
        if dtype == pl.Object:
            raise _cannot_hold(name, "it holds Python objects")
    try:
        frame.write_parquet(path)
        again = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        # What the disk refuses comes as an error of the format, with the system's number in it.
        if refused := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(refused[1]), os.strerror(int(refused[1]))) from error
        raise _inexact(str(error).splitlines()[0], "df.cast(…)") from error
    for name in frame.columns:
        if again.schema[name] != frame.schema[name] or not frame[name].equals(
            again[name], check_dtypes=True, null_equal=True
        ):
            raise _cannot_hold(name, f"{frame.schema[name]} comes back as {again.schema[name]}")


def _write_arrow(table: Any, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    whole = table if isinstance(table, pyarrow.Table) else pyarrow.Table.from_batches([table])
    for name in whole.column_names:
        if whole.column_names.count(name) > 1:
            raise _inexact(f"There are several columns {name!r}", "table.rename_columns(…)")
    try:
        pyarrow.parquet.write_table(whole, path)
    except (pyarrow.ArrowException, ValueError) as error:
        raise _inexact(str(error), "table.cast(…)") from error
    again = pyarrow.parquet.ParquetFile(path).read()
    for name, before, after in zip(whole.column_names, whole.columns, again.columns, strict=True):
        if before.type != after.type:
            raise _cannot_hold(name, f"{before.type} comes back as {after.type}")
        # Equality of floats makes NaN differ from itself, so the representations are compared.
        if not before.equals(after) and before.to_pylist().__repr__() != repr(after.to_pylist()):
            raise _cannot_hold(name, "its values come back changed")


def _reason(error: AssertionError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    described = [line for line in lines if line.startswith(("[left]", "[right]"))]
    if len(described) == 2:
        before, after = (line.partition("]:")[2].strip()[:60] for line in described)
        return f"{before} comes back as {after}"
    return "; ".join(lines)[:200]


def _cannot_hold(column: str, why: str, exact: str = ".astype(str)") -> TableError:
    return _inexact(
        f"The column {column!r} cannot be held exactly by Parquet ({why})",
        f"df[{column!r}] = df[{column!r}]{exact}",
    )


def _exact_form_of(column: pd.Series[Any]) -> str:
    """Return the conversion to a type that Parquet has: it knows no seconds, for instance."""
    kind = str(column.dtype)
    if kind.startswith("datetime64[s"):
        return '.dt.as_unit("ms")'
    return ".astype(str)"


def _index_refused(why: str) -> TableError:
    return _inexact(
        f"The index cannot be held exactly by Parquet ({why})", "df = df.reset_index(drop=True)"
    )


def _inexact(what: str, example: str) -> TableError:
    return TableError(
        f"{what}, so the version would not be the table you have; nothing was registered.",
        hint=f"Convert it first (for example {example}), or write it to a file of your own choice "
        "and register that file.",
    )
