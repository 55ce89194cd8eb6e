"""Reading the files of a version as one table.

Text formats are parsed by pandas with the version's own reader options, whatever library the
result is wanted in, so that a version has one schema. Parquet and Feather carry theirs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsnb.errors import MissingColumnError, TableError, did_you_mean, first_line
from dsnb.tables.columns import is_plainly_numbered
from dsnb.tables.formats import Format

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow

OPTIONS: Mapping[str, frozenset[Format]] = {
    "sep": frozenset({"csv", "tsv"}),
    "decimal": frozenset({"csv", "tsv"}),
    "encoding": frozenset({"csv", "tsv", "json", "jsonl"}),
    "parse_dates": frozenset({"csv", "tsv", "excel"}),
    "dtype": frozenset({"csv", "tsv", "json", "jsonl", "excel"}),
    "sheet": frozenset({"excel"}),
}
"""The reader options, and the formats that each applies to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of a table that is asked for.

    Attributes
    ----------
    columns
        Names of columns, in the order wanted; None for all.
    where
        A condition in the language of `pandas.DataFrame.query`; None for every row.
    limit
        Largest number of rows; None for no limit. All files are read whatever it is: the types of
        columns, and even which ones there are, may depend on the last row of the last file.
    """

    columns: Sequence[str] | None = None
    where: str | None = None
    limit: int | None = None


EVERYTHING = Wanted()


def check_options(options: Mapping[str, Any], format: Format | None) -> None:
    """Refuse a reader option that is unknown, or does not apply to a format.

    Raises
    ------
    TableError
        When there is such an option.
    """
    for option in options:
        formats = OPTIONS.get(option)
        if formats is None:  # another might name a place to read from instead, or an engine
            raise TableError(
                f"{option[:80]!r} is no reader option of dsnb's.",
                hint=f"They are {', '.join(OPTIONS)}.",
            )
        if format not in formats:
            raise TableError(
                f"--{option.replace('_', '-')} applies to {', '.join(sorted(formats))} files, "
                f"and these are {format or 'no tables of one format'}.",
                hint="Leave it out.",
            )


def read_table(
    paths: Sequence[str],
    format: Format,
    options: Mapping[str, Any],
    wanted: Wanted = EVERYTHING,
    notify: Callable[[str], None] = lambda notice: None,
) -> pd.DataFrame:
    """Read files as one pandas DataFrame, one below the other in the order given.

    Files whose columns differ are joined by name: a column that a file lacks is missing there.

    Parameters
    ----------
    paths
        The files, all of one format.
    format
        What they are.
    options
        Reader options, see `OPTIONS`.
    wanted
        The part that is asked for.
    notify
        Told what the user should know, such as differing columns.

    Returns
    -------
    pandas.DataFrame
        Of shape (rows, columns); the index of a single file is kept, else rows are numbered.

    Raises
    ------
    TableError
        When a file cannot be read as such a table.
    MissingColumnError
        When a column that is asked for is not there.
    """
    import pandas as pd

    # What a condition looks at must be read even where it is not asked for.
    columns = wanted.columns if wanted.where is None else None
    single = len(paths) == 1
    frames = [
        _read_file(path, format, options, columns if single else None, None) for path in paths
    ]
    if single:
        whole = frames[0]
    else:
        _tell_differing_columns([list(frame.columns) for frame in frames], paths, notify)
        whole = pd.concat(frames, ignore_index=all(map(is_plainly_numbered, frames)), sort=False)
    return _cut(whole, wanted)


def read_sample(path: str, format: Format, options: Mapping[str, Any], rows: int) -> pd.DataFrame:
    """Read the first rows of a file in a text format; the whole may have other types.

    Parameters
    ----------
    path, format, options
        As for `read_table`.
    rows
        The largest number of rows.

    Raises
    ------
    TableError
        When the file cannot be read as such a table.
    """
    return _read_file(path, format, options, None, rows).head(rows)


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

    columns = wanted.columns if wanted.where is None else None
    single = len(paths) == 1
    tables = [_read_arrow_file(path, format, columns if single else None) for path in paths]
    if single:
        whole = tables[0]
    else:
        _tell_differing_columns([table.column_names for table in tables], paths, notify)
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
        whole = whole.filter(pyarrow.array(_rows_where(whole.to_pandas(), wanted.where)))
        columns = wanted.columns
    if columns is not None:
        for column in columns:
            if column not in whole.column_names:
                raise _missing_column(column, whole.column_names)
        whole = whole.select(list(columns))
    return whole if wanted.limit is None else whole.slice(0, wanted.limit)


def _read_arrow_file(path: str, format: Format, columns: Sequence[str] | None) -> pyarrow.Table:
    import pyarrow.feather
    import pyarrow.parquet

    try:
        if format == "feather":
            return pyarrow.feather.read_table(path)
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            for column in columns or ():
                if column not in names:
                    raise _missing_column(column, names)
            return file.read(None if columns is None else list(columns))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, format, error) from error


def _read_file(
    path: str,
    format: Format,
    options: Mapping[str, Any],
    columns: Sequence[str] | None,
    limit: int | None,
) -> pd.DataFrame:
    import pandas as pd

    check_options(options, format)  # they may come from a registry that others wrote
    try:
        return _reader(path, format, options, columns, limit)
    except (ValueError, KeyError) as error:
        missing = columns and _missing_columns(path, format, options, columns)
        if missing:
            raise missing from None
        raise _unreadable(path, format, error) from error
    except (pd.errors.ParserError, OSError, TypeError, LookupError, EOFError) as error:
        raise _unreadable(path, format, error) from error
    except Exception as error:
        # Each reader has exceptions of its own (zipfile's, openpyxl's, zstandard's, lzma's), and
        # whichever it is, the file is no such table.
        raise _unreadable(path, format, error) from error


def _reader(
    path: str,
    format: Format,
    options: Mapping[str, Any],
    columns: Sequence[str] | None,
    limit: int | None,
) -> pd.DataFrame:
    """Call the reader of a format, with the path itself: a file handle costs it twice the time."""
    import pandas as pd

    frame: pd.DataFrame
    given: dict[str, Any] = {key: options[key] for key in options if key != "sheet"}
    if format in ("csv", "tsv"):
        if format == "tsv":
            given.setdefault("sep", "\t")
        if columns is not None:
            given["usecols"] = list(columns)
            if "parse_dates" in given:
                given["parse_dates"] = [name for name in given["parse_dates"] if name in columns]
        if limit is not None:
            given["nrows"] = limit
        frame = pd.read_csv(path, **given)
    elif format in ("json", "jsonl"):
        frame = _read_json(path, lines=format == "jsonl", **given)
    elif format == "excel":
        frame = pd.read_excel(path, sheet_name=options.get("sheet", 0), nrows=limit, **given)
    elif format == "parquet":
        frame = pd.read_parquet(path, columns=None if columns is None else list(columns))
    else:
        frame = pd.read_feather(path, columns=None if columns is None else list(columns))
    return frame if columns is None else frame[list(columns)]


def _read_json(
    path: str, *, lines: bool, dtype: Mapping[str, Any] | None = None, **given: Any
) -> pd.DataFrame:
    """Read JSON with the types that it has: pandas would turn the text 00501 into a number."""
    import pandas as pd

    # Where this has a default of its own, dates are not covered by dtype; later it is deprecated.
    convert_dates = inspect.signature(pd.read_json).parameters.get("convert_dates")
    if convert_dates is not None and convert_dates.default is True:
        given["convert_dates"] = False
    frame = pd.read_json(path, lines=lines, dtype=False, convert_axes=False, **given)
    if not isinstance(frame, pd.DataFrame):
        raise ValueError("it holds no records")
    if all(map(_is_number, frame.index)):
        frame.index = frame.index.astype("int64")  # JSON has no other keys than texts
    types = {name: kind for name, kind in (dtype or {}).items() if name in frame.columns}
    return frame.astype(types) if types else frame


def _is_number(label: object) -> bool:
    return isinstance(label, str) and label.isdecimal() and str(int(label)) == label


def _cut(frame: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    if wanted.where is not None:
        frame = frame[_rows_where(frame, wanted.where)].copy()
    if wanted.columns is not None and list(frame.columns) != list(wanted.columns):
        for column in wanted.columns:
            if column not in frame.columns:
                raise _missing_column(column, [str(name) for name in frame.columns])
        frame = frame[list(wanted.columns)]
    return frame if wanted.limit is None else frame.head(wanted.limit)


def _rows_where(frame: pd.DataFrame, condition: str) -> np.ndarray[Any, Any]:
    """Return which rows fulfil a condition; rows of which it is unknown do not."""
    import pandas as pd

    try:
        fulfilled = frame.eval(condition, local_dict={}, global_dict={})
        if not isinstance(fulfilled, pd.Series) or not pd.api.types.is_bool_dtype(fulfilled):
            raise TypeError("it is not true or false for each row")
    except Exception as error:
        # What pandas raises for a condition it cannot evaluate has no common base.
        raise TableError(
            f"The condition {condition!r} cannot be evaluated: {first_line(error)}.",
            hint="Write it as in pandas' query, for example --where \"temp > 90 and "
            "origin == 'JFK'\".",
        ) from error
    return fulfilled.to_numpy(dtype=bool, na_value=False)


def _missing_columns(
    path: str, format: Format, options: Mapping[str, Any], columns: Sequence[str]
) -> MissingColumnError | None:
    """Return the error for a column that the file does not have, None when it has them all."""
    try:
        known = [str(name) for name in _reader(path, format, options, None, 1).columns]
    except Exception:
        return None  # the file cannot be read at all: that is the error to report
    for column in columns:
        if column not in known:
            return _missing_column(column, known)
    return None


def _missing_column(column: str, known: Sequence[str]) -> MissingColumnError:
    near = did_you_mean(column, known)
    listed = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return MissingColumnError(
        f"There is no column {column}. {near}".strip(), hint=f"The columns are {listed}."
    )


def _tell_differing_columns(
    columns: Sequence[Sequence[object]], paths: Sequence[str], notify: Callable[[str], None]
) -> None:
    first = set(columns[0])
    for these, path in zip(map(set, columns), paths, strict=False):
        if these != first:
            differing = sorted(map(str, these ^ first))
            notify(
                f"The files' columns differ: {', '.join(differing[:5])}"
                f"{', …' if len(differing) > 5 else ''} (first in {path}). "
                "They were joined by name; what a file lacks is missing there."
            )
            return


def _unreadable(path: str, format: Format, error: Exception) -> TableError:
    return TableError(
        f"{path} cannot be read as {format}: {first_line(error)}.",
        hint="Give the reader options it needs (%ds register --help), "
        "or register it as files with --kind file.",
    )
