"""Reading the files of a version as one table.

Text formats are parsed by pandas with the version's own reader options, whatever library the
result is wanted in, so that a version has one schema. Parquet and Feather carry theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from dsnb.errors import MissingColumnError, MissingLibraryError, TableError, did_you_mean
from dsnb.records import Column
from dsnb.tables.formats import Format

if TYPE_CHECKING:
    import pandas as pd

Library = Literal["pandas", "polars", "arrow", "duckdb", "dask", "paths"]
LIBRARIES: tuple[Library, ...] = get_args(Library)

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
        Largest number of rows; None for no limit.
    """

    columns: Sequence[str] | None = None
    where: str | None = None
    limit: int | None = None


EVERYTHING = Wanted()


def check_options(options: Mapping[str, Any], format: Format | None) -> None:
    """Refuse a reader option that does not apply to a format.

    Raises
    ------
    TableError
        When there is such an option.
    """
    for option in options:
        formats = OPTIONS[option]
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
    limit = wanted.limit if wanted.where is None else None
    single = len(paths) == 1
    frames: list[pd.DataFrame] = []
    left = limit
    for path in paths:
        if left is not None and left <= 0 and frames:
            break
        frame = _read_file(path, format, options, columns if single else None, left)
        if left is not None:
            frame = frame.head(left)
            left -= len(frame)
        frames.append(frame)
    if single:
        whole = frames[0]
    else:
        _tell_differing_columns(frames, paths, notify)
        whole = pd.concat(frames, ignore_index=_plainly_numbered(frames), sort=False)
    return _cut(whole, wanted)


def convert(frame: pd.DataFrame, library: Library) -> Any:
    """Return a DataFrame as a table of another library.

    Raises
    ------
    MissingLibraryError
        When the library is not installed.
    TableError
        When the library cannot hold the table.
    """
    if library == "pandas":
        return frame
    try:
        match library:
            case "polars":
                import polars

                return polars.from_pandas(frame, include_index=not _plainly_numbered([frame]))
            case "arrow":
                return _arrow(frame)
            case "duckdb":
                import duckdb

                return duckdb.connect().from_arrow(_arrow(frame))
            case "dask":
                import dask.dataframe

                parts = max(1, int(frame.memory_usage().sum()) >> 26)
                return dask.dataframe.from_pandas(frame, npartitions=parts)
            case _:
                raise AssertionError(library)
    except ImportError as error:
        raise MissingLibraryError(
            f"{library} is not installed ({error}).", hint=f"Install it: %pip install {library}"
        ) from error
    except (ValueError, TypeError) as error:
        raise TableError(
            f"{library} cannot hold this table: {error}.", hint="Load it with --as pandas."
        ) from error


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns of a DataFrame with their types as pandas names them."""
    return tuple(
        Column(str(name), str(dtype))
        for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
    )


def _arrow(frame: pd.DataFrame) -> Any:
    import pyarrow

    return pyarrow.Table.from_pandas(frame)


def _read_file(
    path: str,
    format: Format,
    options: Mapping[str, Any],
    columns: Sequence[str] | None,
    limit: int | None,
) -> pd.DataFrame:
    import pandas as pd

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
        if limit is not None:
            given["nrows"] = limit
        frame = pd.read_csv(path, **given)
    elif format in ("json", "jsonl"):
        frame = pd.read_json(path, lines=format == "jsonl", **given)
        if not isinstance(frame, pd.DataFrame):
            raise ValueError("it holds no records")
    elif format == "excel":
        frame = pd.read_excel(path, sheet_name=options.get("sheet", 0), nrows=limit, **given)
    elif format == "parquet":
        frame = pd.read_parquet(path, columns=None if columns is None else list(columns))
    else:
        frame = pd.read_feather(path, columns=None if columns is None else list(columns))
    return frame if columns is None else frame[list(columns)]


def _cut(frame: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    if wanted.where is not None:
        try:
            frame = frame.query(wanted.where, local_dict={}, global_dict={})
        except Exception as error:
            # What pandas raises for a condition it cannot evaluate has no common base.
            raise TableError(
                f"The condition {wanted.where!r} cannot be evaluated: {error}.",
                hint="Write it as in pandas' query, for example --where \"temp > 90 and "
                "origin == 'JFK'\".",
            ) from error
        frame = frame.copy()
    if wanted.columns is not None and list(frame.columns) != list(wanted.columns):
        for column in wanted.columns:
            if column not in frame.columns:
                raise _missing_column(column, [str(name) for name in frame.columns])
        frame = frame[list(wanted.columns)]
    return frame if wanted.limit is None else frame.head(wanted.limit)


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
    frames: Sequence[pd.DataFrame], paths: Sequence[str], notify: Callable[[str], None]
) -> None:
    first = list(frames[0].columns)
    for frame, path in zip(frames, paths, strict=False):
        if set(frame.columns) != set(first):
            differing = sorted(map(str, set(frame.columns) ^ set(first)))
            notify(
                f"The files' columns differ: {', '.join(differing[:5])}"
                f"{', …' if len(differing) > 5 else ''} (first in {path}). "
                "They were joined by name; what a file lacks is missing there."
            )
            return


def _plainly_numbered(frames: Sequence[pd.DataFrame]) -> bool:
    import pandas as pd

    return all(
        isinstance(frame.index, pd.RangeIndex) and frame.index.name is None for frame in frames
    )


def _unreadable(path: str, format: Format, error: Exception) -> TableError:
    reason = (str(error) or type(error).__name__).strip().splitlines()[0][:300]
    return TableError(
        f"{path} cannot be read as {format}: {reason}.",
        hint="Give the reader options it needs (%ds register --help), "
        "or register it as files with --kind file.",
    )
