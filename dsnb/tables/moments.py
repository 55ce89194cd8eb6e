"""Values of times, decimals and floats as a summary tells them, and as JSON can hold them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from dsnb.tables.fields import Field

_COARSER = {"ns": "us", "us": "ms", "ms": "s"}
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def told(value: Any, field: Field, unit: str = "") -> int | float | str | None:
    """Return a value as a summary tells it.

    Numbers stay numbers; decimals and times become text, times in ISO 8601.

    Parameters
    ----------
    value
        What the database answered; for times the count of their unit since 1970.
    field
        The column that it is of.
    unit
        What a time's number counts, where it is not the field's own.

    Examples
    --------
    >>> told(1372651200, Field("hour", "datetime64[s, UTC]", "aware", unit="s"))
    '2013-07-01T04:00:00Z'
    >>> told(93_784_500, Field("delay", "timedelta64[ms]", "duration", unit="ms"))
    '1 day 02:03:04.5'
    """
    if value is None:
        return None
    if field.family in ("naive", "aware", "date"):
        moment = _moment(int(value), unit or field.unit or "D", field.family == "date")
        return moment + "Z" if field.family == "aware" else moment
    if field.family == "duration":
        return _duration(int(value), unit or field.unit)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return int(value)


def _moment(count: int, unit: Any, day: bool) -> str:
    import numpy as np

    while abs(count) >= 2**63 and unit in _COARSER:
        # A time of seconds, told in nanoseconds beside others.
        count, unit = count // 1000, _COARSER[unit]
    text = str(np.datetime64(count, unit))
    if day:
        return text.partition("T")[0]
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(count: int, unit: str) -> str:
    sign = "-" if count < 0 else ""
    seconds, parts = divmod(abs(count), _PER_SECOND[unit])
    days, seconds = divmod(seconds, 86400)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if parts:
        text += "." + f"{parts:0{len(str(_PER_SECOND[unit])) - 1}}".rstrip("0")
    lead = f"{days:,} day{'' if days == 1 else 's'} " if days else ""
    return sign + lead + text
