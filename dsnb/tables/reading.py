"""Reading the files of a version as one table.

Text formats are parsed by pandas with the version's own reader options, whatever library the
result is wanted in, so that a version has one schema. Parquet and Feather carry theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from dsnb.errors import MissingColumnError
from dsnb.tables import columnar, parsed
from dsnb.tables.columns import is_plainly_numbered
from dsnb.tables.delimited import names_in, read_delimited, text_columns, with_empty_texts
from dsnb.tables.filecolumns import FileName, with_columns_of_paths
from dsnb.tables.formats import Format
from dsnb.tables.jsontext import read_json
from dsnb.tables.options import (
    are_for_one_file,
    check_options,
    columns_of_paths,
    options_of_files,
)
from dsnb.tables.parsed import Text
from dsnb.tables.parts import (
    EVERYTHING,
    Wanted,
    cut,
    missing_column,
    settle_differing_columns,
    unreadable,
)
from dsnb.tables.retyping import retyped
from dsnb.units import count_text

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

__all__ = [
    "EVERYTHING",
    "Wanted",
    "keep_parsed",
    "read_parsed",
    "read_sample",
    "read_table",
]

T = TypeVar("T")
Lost = list[tuple[str, int]]
"""Files, and how many damaged lines of each were dropped."""


def read_table(
    paths: Sequence[str],
    format: Format,
    options: Mapping[str, Any],
    wanted: Wanted = EVERYTHING,
    notify: Callable[[str], None] = lambda notice: None,
    hashes: Sequence[str] | None = None,
    names: Sequence[FileName] = (),
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
    names
        What each file is called, where ``options`` ask for columns that paths tell.

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

    single = len(paths) == 1
    if single and format in columnar.FORMATS and not options:
        part = columnar.read_part(paths[0], format, wanted)
        if part is not None:
            return cut(part, wanted)
    columns = _columns_read(wanted, options) if single else None
    texts = [
        Text(path, digest, format, options_of_files(options))
        for path, digest in zip(paths, hashes or [""] * len(paths), strict=True)
    ]
    frames = _read_all(texts, columns, bool(options.get("empty_as_string")), notify)
    if single:
        whole = frames[0]
    else:
        labels = [list(frame.columns) for frame in frames]
        settle_differing_columns(labels, paths, wanted.differing, notify)
        whole = pd.concat(frames, ignore_index=all(map(is_plainly_numbered, frames)), sort=False)
    return cut(with_columns_of_paths(whole, [*map(len, frames)], names, options), wanted)


def read_parsed(text: Text) -> pyarrow.Table | None:
    """Return the table of a file from the cache, as `pyarrow.Table.from_pandas` would make it.

    Returns
    -------
    pyarrow.Table or None
        None where it is not in the cache, or is not all of the table, or has an index that
        libraries other than pandas would take for a column at the end.
    """
    if options_of_files(text.options) != text.options:
        return None
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
    alone = (replace(text, options=options_of_files(text.options)) for text in texts)
    new = [text for text in alone if _is_kept(text) and not parsed.is_settled(text)]
    if new:
        from dsnb.tables.filling import FILLER

        FILLER.add(new, _parse, limit)


def read_sample(
    path: str,
    format: Format,
    options: Mapping[str, Any],
    rows: int,
    names: Sequence[FileName] = (),
) -> pd.DataFrame:
    """Read the first rows of a file in a text format; the whole may have other types.

    Parameters
    ----------
    path, format, options
        As for `read_table`.
    rows
        The largest number of rows.
    names
        What the first files are called, as for `read_table`.

    Raises
    ------
    TableError
        When the file cannot be read as such a table.
    """
    own = options_of_files(options)
    frame = _read_file(path, format, own, None, rows, []).head(rows)
    if options.get("empty_as_string"):
        text = Text(path, "", format, own)
        frame = _with_empty_texts(text, frame, text_columns([frame], own), rows)
    return with_columns_of_paths(frame, [len(frame)], names[:1], options)


def as_read(
    empty: pd.DataFrame, path: str, options: Mapping[str, Any], names: Sequence[FileName]
) -> pd.DataFrame:
    """Return a frame without rows, as a Parquet file tells it, with what reader options add to it.

    Parameters
    ----------
    empty
        The frame.
    path, options, names
        As for `read_sample`.
    """
    own = options_of_files(options)
    text = Text(path, "", "parquet", own)
    types, dates = own.get("dtype", {}), own.get("date_formats", {})
    frame = _tried(text, lambda: retyped(empty, types, dates))
    return with_columns_of_paths(frame, [0], names[:1], options)


def _parse(text: Text) -> pd.DataFrame:
    return _read_file(text.path, text.format, text.options, None, None, [])


def _is_kept(text: Text) -> bool:
    return text.format in parsed.CACHED and are_for_one_file(text.options)


def _columns_read(wanted: Wanted, options: Mapping[str, Any]) -> list[str] | None:
    """Return the columns to read of a file so that the wanted part is there, None for all."""
    if wanted.columns is None or wanted.where is not None:
        return None  # what a condition looks at must be read even where it is not asked for
    told = columns_of_paths(options)
    # Without any column nobody would know how many rows there are.
    return [name for name in wanted.columns if name not in told] or None


def _read_all(
    texts: Sequence[Text],
    columns: Sequence[str] | None,
    empty_as_string: bool,
    notify: Callable[[str], None],
) -> list[pd.DataFrame]:
    """Read files, of which one may settle how the others are read."""
    first = texts[0]
    if first.options.get("header") == "first" and len(texts) > 1:
        names = _tried(first, lambda: names_in(first.path, first.format, first.options))
        below = {**first.options, "header": names}
        texts = [first, *(replace(text, options=below) for text in texts[1:])]
    lost: Lost = []
    frames = [_read_known(text, columns, lost) for text in texts]
    if lost:
        lines = count_text(sum(count for _, count in lost), "damaged line")
        notify(f"Dropped: {lines}, the first in {lost[0][0]}.")
    if not empty_as_string:
        return frames
    empty = text_columns(frames, first.options)
    return [
        _with_empty_texts(text, frame, empty) for text, frame in zip(texts, frames, strict=True)
    ]


def _with_empty_texts(
    text: Text, frame: pd.DataFrame, columns: Sequence[str], limit: int | None = None
) -> pd.DataFrame:
    options = {name: one for name, one in text.options.items() if name != "date_formats"}
    return _tried(
        text, lambda: with_empty_texts(frame, columns, text.path, text.format, options, limit)
    )


def _read_known(text: Text, columns: Sequence[str] | None, lost: Lost) -> pd.DataFrame:
    """Read a file, or what was parsed from the same content before."""
    if text.hash and _is_kept(text):
        found = parsed.find(text)
        # Whatever is wrong with what the cache holds, the file itself can be parsed.
        with suppress(Exception):
            frame = None if found is None else parsed.open_frame(found, columns)
            if frame is not None:
                return frame
    return _read_file(text.path, text.format, text.options, columns, None, lost)


def _read_file(
    path: str,
    format: Format,
    options: Mapping[str, Any],
    columns: Sequence[str] | None,
    limit: int | None,
    lost: Lost,
) -> pd.DataFrame:
    check_options(options, format)  # they may come from a registry that others wrote

    def read() -> pd.DataFrame:
        try:
            return _reader(path, format, options, columns, limit, lost)
        except (ValueError, KeyError):
            missing = columns and _missing_columns(path, format, options, columns)
            if missing:
                raise missing from None
            raise

    return _tried(Text(path, "", format, options), read)


def _tried(text: Text, read: Callable[[], T]) -> T:
    """Return what is read of a file.

    Each reader has exceptions of its own (pandas', zipfile's, openpyxl's, zstandard's, lzma's), and
    whichever it is, the file is no such table.
    """
    try:
        return read()
    except MissingColumnError:
        raise
    except Exception as error:
        raise unreadable(text.path, text.format, error) from error


def _reader(
    path: str,
    format: Format,
    options: Mapping[str, Any],
    columns: Sequence[str] | None,
    limit: int | None,
    lost: Lost,
) -> pd.DataFrame:
    """Call the reader of a format, with the path itself: a file handle costs it twice the time."""
    import pandas as pd

    frame: pd.DataFrame
    given = {name: one for name, one in options.items() if name not in ("sheet", "date_formats")}
    types: Mapping[str, str] = {}
    dates = options.get("date_formats", {})
    if columns is not None:
        dates = {name: tried for name, tried in dates.items() if name in columns}
    if format in ("csv", "tsv", "excel"):
        if options.get("date_formats"):  # read as texts, so that nothing is guessed
            given["dtype"] = {**given.get("dtype", {}), **dict.fromkeys(dates, "str")}
    else:
        types = given.pop("dtype", {})
    if format in ("csv", "tsv"):
        frame = read_delimited(path, format, given, columns, limit)
    elif format in ("json", "jsonl"):
        frame, dropped = read_json(path, lines=format == "jsonl", **given)
        lost.extend([(path, dropped)] if dropped else [])
    elif format == "excel":
        frame = pd.read_excel(path, sheet_name=options.get("sheet", 0), nrows=limit, **given)
    elif format == "parquet":
        frame = pd.read_parquet(path, columns=None if columns is None else list(columns))
    else:
        frame = pd.read_feather(path, columns=None if columns is None else list(columns))
    frame = frame if columns is None else frame[list(columns)]
    return retyped(frame, types, dates)


def _missing_columns(
    path: str, format: Format, options: Mapping[str, Any], columns: Sequence[str]
) -> MissingColumnError | None:
    """Return the error for a column that the file does not have, None when it has them all."""
    try:
        known = [str(name) for name in _reader(path, format, options, None, 1, []).columns]
    except Exception:
        return None  # the file cannot be read at all: that is the error to report
    for column in columns:
        if column not in known:
            return missing_column(column, known)
    return None
