"""Hashable stand-ins for single cells of any type, equal where the cells are the same.

What a column of one plain type holds is compared without them; they are for columns of objects,
where anything can lie beside anything. `dsnb.compare.equality` states the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# Nanoseconds: the units that pandas stores, and those that NumPy has besides.
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
COARSE_UNITS = {"m": 60 * 10**9, "h": 3600 * 10**9, "D": 86400 * 10**9, "W": 7 * 86400 * 10**9}


def token(value: Any) -> Any:
    """Return a hashable stand-in for any value, equal for values that are the same.

    Examples
    --------
    >>> token([1, float("nan")]) == token((1.0, None))
    True
    >>> token("1") == token(1)
    False
    """
    from datetime import date, datetime, timedelta

    import numpy as np
    import pandas as pd

    # The commonest types first: this runs once for every cell of an object column.
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str | int):
        return value
    if isinstance(value, float | complex):
        return None if value != value else value
    if isinstance(value, datetime | date | np.datetime64):
        return _instant(value)
    if isinstance(value, timedelta | np.timedelta64):
        return _duration(value)
    if isinstance(value, np.ndarray):
        return token(list(value)) if value.ndim else token(value[()])
    if isinstance(value, list | tuple):
        return ("items", tuple(token(item) for item in value))
    if isinstance(value, dict):
        items = ((token(key), token(item)) for key, item in value.items())
        return ("keys", frozenset(pair for pair in items if pair[1] is not None))
    if isinstance(value, set | frozenset):
        return ("members", frozenset(token(item) for item in value))
    return _other(value)


def _other(value: Any) -> Any:
    from decimal import Decimal

    import numpy as np
    import pandas as pd

    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, np.void):
        return token(value.item())
    if isinstance(value, np.floating) and not isinstance(value, float):
        # Comparing as a ratio keeps the digits that a long double has beyond a float.
        if np.isnan(value):
            return None
        exact = float(value)
        return exact if exact == value else ("ratio", *value.as_integer_ratio())
    if isinstance(value, np.generic):
        return token(value.item()) if type(value.item()) is not type(value) else value
    if isinstance(value, pd.Series | pd.Index):
        return token(list(value))
    if isinstance(value, bytearray):
        return bytes(value)
    try:
        hash(value)
    except TypeError:
        return ("repr", type(value).__qualname__, repr(value))
    return value


def _instant(value: Any) -> Any:
    from datetime import UTC, datetime

    import numpy as np
    import pandas as pd

    if isinstance(value, pd.Timestamp):
        instant = _nanoseconds(value.asm8)
        return ("aware" if value.tzinfo is not None else "naive", instant)
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else ("naive", _nanoseconds(value))
    if not isinstance(value, datetime):
        return ("naive", (value.toordinal() - 719163) * COARSE_UNITS["D"])
    if value.utcoffset() is None:
        return ("naive", _elapsed(value.replace(tzinfo=None) - datetime(1970, 1, 1)))
    return ("aware", _elapsed(value - datetime(1970, 1, 1, tzinfo=UTC)))


def _duration(value: Any) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.Timedelta):
        value = value.asm8
    if isinstance(value, np.timedelta64):
        return None if np.isnat(value) else ("duration", _nanoseconds(value))
    return ("duration", _elapsed(value))


def _elapsed(value: Any) -> int:
    seconds = value.days * 86400 + value.seconds
    return int(seconds * UNITS["s"] + value.microseconds * UNITS["us"])


def _nanoseconds(value: np.datetime64 | np.timedelta64) -> Any:
    from fractions import Fraction

    import numpy as np

    unit, step = np.datetime_data(value.dtype)
    number = int(value.astype(np.int64)) * step
    if unit in UNITS or unit in COARSE_UNITS:
        return number * (UNITS.get(unit) or COARSE_UNITS[unit])
    if unit in ("ps", "fs", "as"):
        # A whole fraction equals the integer, so finer units meet coarser ones.
        return Fraction(number, {"ps": 10**3, "fs": 10**6, "as": 10**9}[unit])
    if isinstance(value, np.datetime64):
        return _nanoseconds(value.astype("datetime64[s]"))
    return (unit, number)  # months and years have no length
