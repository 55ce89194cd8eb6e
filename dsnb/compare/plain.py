"""Single cell values as plain Python, and as what JSON can hold."""

from __future__ import annotations

from typing import Any


def plain_value(value: Any) -> Any:
    """Return a cell as a Python value: None when missing, lists for arrays, no NumPy scalars.

    Examples
    --------
    >>> import numpy as np
    >>> plain_value(np.float64("nan")) is None
    True
    >>> plain_value(np.array([1, 2]))
    [1, 2]
    """
    from datetime import timedelta

    import numpy as np
    import pandas as pd

    if isinstance(value, np.ndarray):
        # Not tolist(): it turns nanosecond timestamps into bare integers.
        return [plain_value(item) for item in value]
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value)
    if isinstance(value, np.timedelta64):
        return pd.Timedelta(value)
    if isinstance(value, np.generic) and not isinstance(value, str | bytes | timedelta):
        return value.item()
    return value


def json_value(value: Any) -> Any:
    """Return a cell as what JSON can hold; what JSON has no word for becomes text.

    Examples
    --------
    >>> from datetime import date
    >>> json_value({"day": date(2013, 7, 1), "hours": (1, float("inf"))})
    {'day': '2013-07-01', 'hours': [1, 'inf']}
    """
    import math
    from datetime import date, datetime, time

    value = plain_value(value)
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_value(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((json_value(item) for item in value), key=repr)
    return str(value)
