"""Reading CSV and TSV files: with names in a first line or not, and fields that hold nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dsnb.tables.formats import Format
from dsnb.tables.retyping import text_type

if TYPE_CHECKING:
    import pandas as pd


def read_delimited(
    path: str,
    format: Format,
    options: Mapping[str, Any],
    columns: Sequence[str] | None = None,
    limit: int | None = None,
) -> pd.DataFrame:
    """Return what pandas reads of a file, with the path itself.

    Parameters
    ----------
    path, format
        The file.
    options
        Those that are pandas' own, and ``header``.
    columns
        Names of the columns wanted; None for all.
    limit
        The largest number of rows; None for no limit.
    """
    import pandas as pd

    given = _given(path, format, options)
    if columns is not None:
        given["usecols"] = list(columns)
        if "parse_dates" in given:
            given["parse_dates"] = [name for name in given["parse_dates"] if name in columns]
    frame: pd.DataFrame = pd.read_csv(path, nrows=limit, **given)
    return frame


def names_in(path: str, format: Format, options: Mapping[str, Any]) -> list[str]:
    """Return the names of a file's columns, from its first line."""
    plain = {name: options[name] for name in ("sep", "encoding", "header") if name in options}
    return [str(name) for name in read_delimited(path, format, plain, limit=0).columns]


def text_columns(frames: Sequence[pd.DataFrame], options: Mapping[str, Any]) -> list[str]:
    """Return the columns that are texts in all files, or hold nothing at all.

    Parameters
    ----------
    frames
        What was read of each file.
    options
        Reader options; a column that they give another type is none of these.
    """
    kinds: dict[str, set[str]] = {}
    for frame in frames:
        for name in frame.columns:
            kinds.setdefault(name, set()).add(_kind(frame[name]))
    other = {name for name, kind in options.get("dtype", {}).items() if kind != "str"}
    other.update(options.get("parse_dates", ()), options.get("date_formats", ()))
    return [name for name, found in kinds.items() if found <= {"", "text"} and name not in other]


def with_empty_texts(
    frame: pd.DataFrame,
    names: Iterable[str],
    path: str,
    format: Format,
    options: Mapping[str, Any],
    limit: int | None = None,
) -> pd.DataFrame:
    """Return what was read of a file with empty texts where fields of some columns hold nothing.

    Parameters
    ----------
    frame
        What was read.
    names
        The columns.
    path, format, options, limit
        As for `read_delimited`.
    """
    import pandas as pd

    wanted = [name for name in names if name in frame.columns]
    if not wanted:
        return frame
    # What pandas takes for missing is an empty field, or one of many words such as NA; the field
    # itself tells which.
    given = {**_given(path, format, options), "dtype": "str", "parse_dates": False}
    fields = pd.read_csv(path, usecols=wanted, na_filter=False, nrows=limit, **given)
    if len(fields) != len(frame):
        raise ValueError("its rows have more values than its first line has names")
    made = {}
    for name in wanted:
        texts = pd.Series(fields[name].to_numpy(), index=frame.index, dtype=text_type())
        made[name] = texts.mask(frame[name].isna() & (texts != ""))
    return frame.assign(**made)


def _given(path: str, format: Format, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what pandas' reader is to be told."""
    given = {name: value for name, value in options.items() if name != "header"}
    if format == "tsv":
        given.setdefault("sep", "\t")
    header = options.get("header", "first")
    if header == "first":
        return given
    width = _width(path, given)
    names = [f"Column{number}" for number in range(1, width + 1)] if header == "none" else header
    if len(names) != width:  # pandas would take the first values for labels of the rows
        raise ValueError(f"its first line has {width:,} values, and there are {len(names):,} names")
    return {**given, "header": None, "names": list(names)}


def _width(path: str, given: Mapping[str, Any]) -> int:
    """Return the number of values in the first line."""
    import pandas as pd

    how = {name: given[name] for name in ("sep", "encoding") if name in given}
    return len(pd.read_csv(path, header=None, nrows=1, **how).columns)


def _kind(column: pd.Series[Any]) -> str:
    """Return what a column holds: ``text``, nothing or something else."""
    import pandas as pd

    if column.isna().all():
        return "" if column.dtype in ("float64", "object", text_type()) else "other"
    return "text" if pd.api.types.infer_dtype(column, skipna=True) == "string" else "other"
