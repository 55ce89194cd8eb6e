"""Giving columns the types that reader options name, once they were read with those they had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ISO = ("ISO8601",)
"""The format of dates that nobody has to guess."""
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def retyped(
    frame: pd.DataFrame, types: Mapping[str, str], dates: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Return a frame with other types in some columns; what is missing stays missing.

    Parameters
    ----------
    frame
        A frame.
    types
        What columns become, as pandas names it. Those that are not there are passed over.
    dates
        Columns that become dates, and the formats of which each value must have one; see
        `as_dates`.

    Raises
    ------
    ValueError
        When a value cannot be of its type.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"day": ["31.12.2013", None], "n": ["7", None]})
    >>> [str(kind) for kind in retyped(frame, {"n": "Int64"}, {"day": ["%d.%m.%Y"]}).dtypes]
    ['datetime64[us]', 'Int64']
    """
    made: dict[str, Any] = {
        name: _as_type(frame[name], kind) for name, kind in types.items() if name in frame.columns
    }
    for name, tried in dates.items():
        if name not in frame.columns:
            raise ValueError(f"it has no column {name}, which was to hold dates")
        made[name] = as_dates(frame[name], tried)
    return frame.assign(**made) if made else frame


def as_dates(column: pd.Series[Any], formats: Sequence[str]) -> pd.Series[Any]:
    """Return a column of texts as dates: each value by the first format that it has.

    Parameters
    ----------
    column
        Texts, or whole numbers such as 20130701; dates stay as they are.
    formats
        As `datetime.strptime` has them, or ``ISO8601``. With ``%z`` the dates are in UTC.

    Raises
    ------
    ValueError
        When a value has none of them.
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    texts = _as_text(column)
    utc = "%z" in formats[0]
    dates: Any = None
    for pattern in formats:
        tried = pd.to_datetime(texts, format=pattern, errors="coerce", utc=utc)
        tried = tried.dt.as_unit("us")
        dates = tried if dates is None else dates.fillna(tried)
    left = texts[dates.isna() & texts.notna()]
    if len(left):
        raise ValueError(
            f"{str(left.iloc[0])[:80]!r} in column {column.name} is no date written as "
            f"{' or '.join(formats)}"
        )
    kept: pd.Series[Any] = dates
    return kept


def _as_type(column: Any, kind: str) -> Any:
    if kind == "str":
        return _as_text(column)
    if kind == "boolean" and _is_text(column):
        return _as_truths(column)
    return column.astype(kind)


def _as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as texts; `astype` of older pandas makes texts of what is missing, too."""
    import pandas as pd

    if isinstance(column.dtype, pd.StringDtype) or column.isna().all():
        return column.astype(text_type())
    texts = column.astype(object).map(str, na_action="ignore")
    return texts.where(column.notna(), None).astype(text_type())


def text_type() -> Any:
    """Return the type that pandas gives a column of texts."""
    import pandas as pd

    return pd.Series(["text"]).dtype


def _as_truths(column: pd.Series[Any]) -> pd.Series[Any]:
    truths = column.astype(object).map(_truth, na_action="ignore")
    return truths.where(column.notna(), None).astype("boolean")


def _truth(text: object) -> bool:
    found = _TRUTHS.get(str(text).strip().lower())
    if found is None:
        raise ValueError(f"{str(text)[:80]!r} is neither true nor false")
    return found


def _is_text(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return pd.api.types.infer_dtype(column, skipna=True) == "string"
