"""Reading the files of a version as one table.

Text formats are parsed by pandas with the version's own reader options, whatever library the
result is wanted in, so that a version has one schema. Parquet and Feather carry theirs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dsnb.errors import MissingColumnError, TableError
from dsnb.tables import columnar, parsed
from dsnb.tables.columns import is_plainly_numbered
from dsnb.tables.formats import Format
from dsnb.tables.parsed import Text
from dsnb.tables.parts import (
    EVERYTHING,
    Wanted,
    cut,
    missing_column,
    settle_differing_columns,
    unreadable,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

__all__ = [
    "EVERYTHING",
    "OPTIONS",
    "Wanted",
    "check_options",
    "keep_parsed",
    "read_parsed",
    "read_sample",
    "read_table",
]

OPTIONS: Mapping[str, frozenset[Format]] = {
    "sep": frozenset({"csv", "tsv"}),
    "decimal": frozenset({"csv", "tsv"}),
    "encoding": frozenset({"csv", "tsv", "json", "jsonl"}),
    "parse_dates": frozenset({"csv", "tsv", "excel"}),
    "dtype": frozenset({"csv", "tsv", "json", "jsonl", "excel"}),
    "sheet": frozenset({"excel"}),
}
"""The reader options, and the formats that each applies to."""


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
    hashes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read files as one pandas DataFrame, one below the other in the order given.

    Files whose columns differ are joined by name, unless ``wanted`` refuses that: a column that a
    file lacks is missing there.

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
    hashes
        What each file holds, as its manifest has it. A table that was parsed from that before then
        comes from the cache; the frame is the very same.

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
    if single and format in columnar.FORMATS:
        part = columnar.read_part(paths[0], format, wanted)
        if part is not None:
            return cut(part, wanted)
    frames = [
        _read_known(Text(path, digest, format, options), columns if single else None)
        for path, digest in zip(paths, hashes or [""] * len(paths), strict=True)
    ]
    if single:
        whole = frames[0]
    else:
        labels = [list(frame.columns) for frame in frames]
        settle_differing_columns(labels, paths, wanted.differing, notify)
        whole = pd.concat(frames, ignore_index=all(map(is_plainly_numbered, frames)), sort=False)
    return cut(whole, wanted)


def read_parsed(text: Text) -> pyarrow.Table | None:
    """Return the table of a file from the cache, as `pyarrow.Table.from_pandas` would make it.

    Returns
    -------
    pyarrow.Table or None
        None where it is not in the cache, or has an index that libraries other than pandas would
        take for a column at the end.
    """
    found = parsed.find(text)
    with suppress(OSError):  # it went just now
        table = None if found is None else parsed.open_table(found)
        if table is not None and parsed.is_plainly_numbered(table.schema):
            return table
    return None


def keep_parsed(texts: Iterable[Text], limit: int) -> None:
    """Have the tables of files kept in the cache soon, in the background.

    Parameters
    ----------
    texts
        The files. What they hold is checked once more.
    limit
        Bytes that the cache may take.
    """
    new = [text for text in texts if text.format in parsed.CACHED and not parsed.is_settled(text)]
    if new:
        from dsnb.tables.filling import FILLER

        FILLER.add(new, _parse, limit)


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


def _parse(text: Text) -> pd.DataFrame:
    return _read_file(text.path, text.format, text.options, None, None)


def _read_known(text: Text, columns: Sequence[str] | None) -> pd.DataFrame:
    """Read a file, or what was parsed from the same content before."""
    if text.hash and text.format in parsed.CACHED:
        found = parsed.find(text)
        # Whatever is wrong with what the cache holds, the file itself can be parsed.
        with suppress(Exception):
            frame = None if found is None else parsed.open_frame(found, columns)
            if frame is not None:
                return frame
    return _read_file(text.path, text.format, text.options, columns, None)


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
        raise unreadable(path, format, error) from error
    except (pd.errors.ParserError, OSError, TypeError, LookupError, EOFError) as error:
        raise unreadable(path, format, error) from error
    except Exception as error:
        # Each reader has exceptions of its own (zipfile's, openpyxl's, zstandard's, lzma's), and
        # whichever it is, the file is no such table.
        raise unreadable(path, format, error) from error


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
            return missing_column(column, known)
    return None
