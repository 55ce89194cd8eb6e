"""Cells of any kind spelled as text, alike where the cells are the same.

A column of one plain type is compared as it is stored. What anything can lie in, objects and
nested values, is spelled first: `dsnb.compare.equality` states when two cells are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# Nanoseconds: the units that pandas stores, and those that NumPy has besides.
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
_COARSE = {"m": 60 * 10**9, "h": 3600 * 10**9, "D": 86400 * 10**9, "W": 7 * 86400 * 10**9}
_EPOCH = 719163  # the ordinal of 1970-01-01


def spelled(value: Any) -> str | None:
    """Return a cell as text, None when it is missing.

    Examples
    --------
    >>> spelled(1.0) == spelled(1), spelled("1") == spelled(1)
    (True, False)
    >>> spelled([1, float("nan")]) == spelled((1, None))
    True
    """
    from datetime import date, datetime, timedelta

    import numpy as np
    import pandas as pd

    # The commonest kinds first: this runs once for every cell.
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime | date | np.datetime64):
        return _instant(value)
    if isinstance(value, timedelta | np.timedelta64):
        return _duration(value)
    if isinstance(value, np.ndarray):
        return spelled(list(value)) if value.ndim else spelled(value[()])
    if isinstance(value, list | tuple):
        return f"[{','.join(_inner(item) for item in value)}]"
    if isinstance(value, dict):
        items = ((_inner(key), spelled(item)) for key, item in value.items())
        kept = sorted(f"{key}:{_framed(item)}" for key, item in items if item is not None)
        return "{" + ",".join(kept) + "}"
    if isinstance(value, set | frozenset):
        return f"({','.join(sorted({_inner(item) for item in value}))})"
    return _other(value)


def _inner(value: Any) -> str:
    return _framed(spelled(value))


def _framed(text: str | None) -> str:
    """Return a part of a nested value; its length keeps what follows from running into it."""
    return "-" if text is None else f"{len(text)}{text}"


def _text(value: str) -> str:
    if value.isascii():
        return f"s{value}"
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate, which no UTF-8 can hold
        return f"S{value.encode('utf-8', 'surrogatepass').hex()}"
    return f"s{value}"


def _number(value: Any) -> str | None:
    """Return a number by its exact value, as a whole one or as a ratio."""
    if value != value:
        return None
    if isinstance(value, int):
        return f"i{int(value):x}"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    over, under = value.as_integer_ratio()
    return f"i{int(over):x}" if under == 1 else f"q{int(over):x}/{int(under):x}"


def _other(value: Any) -> str | None:
    from decimal import Decimal
    from fractions import Fraction

    import numpy as np
    import pandas as pd

    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, Fraction | np.floating):
        return _number(value)
    if isinstance(value, np.void):
        return spelled(value.item())
    if isinstance(value, np.generic) and not isinstance(value, str | bytes | complex):
        item = value.item()
        return spelled(item) if type(item) is not type(value) else f"o{value!r}"
    if isinstance(value, complex):
        if value != value:
            return None
        return _number(value.real) if not value.imag else f"c{complex(value)!r}"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"b{bytes(value).hex()}"
    if isinstance(value, pd.Series | pd.Index):
        return spelled(list(value))
    if isinstance(value, pd.Interval):
        return f"v{_inner(value.left)},{_inner(value.right)},{value.closed}"
    shown = f"o{type(value).__qualname__}:{value!r}"
    return shown if shown.isprintable() else f"O{shown.encode('utf-8', 'surrogatepass').hex()}"


def _decimal(value: Any) -> str | None:
    if value.is_nan():
        return None
    if not value.is_finite() or abs(value.adjusted()) < 10_000:
        return _number(value)
    # Its exact value would be millions of digits; nothing but such another one can equal it.
    sign, digits, exponent = value.as_tuple()
    shown = "".join(map(str, digits))
    bare = shown.rstrip("0")
    return f"d{sign}{bare}e{exponent + len(shown) - len(bare)}"


def _instant(value: Any) -> str | None:
    from datetime import UTC, datetime

    import numpy as np
    import pandas as pd

    if isinstance(value, pd.Timestamp):
        return f"{'z' if value.tzinfo is not None else 't'}{_nanoseconds(value.asm8)}"
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else f"t{_nanoseconds(value)}"
    if not isinstance(value, datetime):
        return f"t{(value.toordinal() - _EPOCH) * _COARSE['D']}"
    if value.utcoffset() is None:
        return f"t{_elapsed(value.replace(tzinfo=None) - datetime(1970, 1, 1))}"
    return f"z{_elapsed(value - datetime(1970, 1, 1, tzinfo=UTC))}"


def _duration(value: Any) -> str | None:
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.Timedelta):
        value = value.asm8
    if isinstance(value, np.timedelta64):
        return None if np.isnat(value) else f"e{_nanoseconds(value)}"
    return f"e{_elapsed(value)}"


def _elapsed(value: Any) -> int:
    seconds = value.days * 86400 + value.seconds
    return int(seconds * UNITS["s"] + value.microseconds * UNITS["us"])


def _nanoseconds(value: np.datetime64 | np.timedelta64) -> Any:
    from fractions import Fraction

    import numpy as np

    unit, step = np.datetime_data(value.dtype)
    number = int(value.astype(np.int64)) * step
    if unit in UNITS or unit in _COARSE:
        return number * (UNITS.get(unit) or _COARSE[unit])
    if unit in ("ps", "fs", "as"):
        # A whole fraction reads like the integer, so finer units meet coarser ones.
        return Fraction(number, {"ps": 10**3, "fs": 10**6, "as": 10**9}[unit])
    if isinstance(value, np.datetime64):
        return _nanoseconds(value.astype("datetime64[s]"))
    return f"{number}{unit}"  # months and years have no length
