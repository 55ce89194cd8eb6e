"""Telling whether two frames are the very same: types, labels and every bit of every value.

`pandas.testing.assert_frame_equal` takes None for NaN, and 0.0 for -0.0; this does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_SCALARS = frozenset({str, bool, float, type(None)})


def are_identical(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Tell whether nobody could tell two frames apart, but for how they lie in memory.

    What cannot be judged, such as Python objects other than texts, truth values and missing ones,
    counts as different.

    Parameters
    ----------
    one, other
        Frames of any shape.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"temp": [78.1, None]})
    >>> are_identical(frame, frame.copy()), are_identical(frame, frame + 0.1)
    (True, False)
    """
    return (
        type(one) is type(other)
        and one.shape == other.shape
        and one.attrs == other.attrs
        and _same_index(one.columns, other.columns)
        and _same_index(one.index, other.index)
        and all(
            _same_array(mine.array, theirs.array)
            for (_, mine), (_, theirs) in zip(one.items(), other.items(), strict=True)
        )
    )


def _same_index(one: pd.Index, other: pd.Index) -> bool:
    import pandas as pd

    if type(one) is not type(other) or isinstance(one, pd.MultiIndex):
        return False
    if not _same_objects([one.name], [other.name]):
        return False
    if isinstance(one, pd.RangeIndex) and isinstance(other, pd.RangeIndex):
        return (one.start, one.stop, one.step) == (other.start, other.stop, other.step)
    return _freq(one) == _freq(other) and _same_array(one.array, other.array)


def _freq(index: pd.Index) -> Any:
    return getattr(index, "freq", None)


def _same_array(one: Any, other: Any) -> bool:
    import pandas as pd

    if type(one) is not type(other) or len(one) != len(other):
        return False
    if one.dtype != other.dtype or repr(one.dtype) != repr(other.dtype):
        return False
    if isinstance(one, pd.Categorical):
        return _same_bits(one.codes, other.codes) and _same_index(one.categories, other.categories)
    if isinstance(one.dtype, pd.DatetimeTZDtype) and type(one.dtype.tz) is not type(other.dtype.tz):
        return False
    if hasattr(one, "asi8"):  # times and spans of time
        return _same_bits(one.asi8, other.asi8)
    if isinstance(one, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        plain = one.dtype.name.lower()  # Int8 holds int8, and boolean may be written bool
        plain = "bool" if plain == "boolean" else plain
        return _same_bits(one.isna(), other.isna()) and _same_bits(
            one.to_numpy(dtype=plain, na_value=0), other.to_numpy(dtype=plain, na_value=0)
        )
    if isinstance(one.dtype, pd.StringDtype):
        if one.dtype.storage == "pyarrow":
            mine, theirs = one.__arrow_array__(), other.__arrow_array__()
            return bool(mine.type == theirs.type and mine.equals(theirs))
        texts = (each.to_numpy(dtype=object, na_value=None).tolist() for each in (one, other))
        return _same_objects(*texts)
    if isinstance(one, pd.arrays.NumpyExtensionArray):  # which texts may be, too
        return _same_numpy(one.to_numpy(), other.to_numpy())
    return False


def _same_numpy(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    if one.dtype == object:
        return _same_objects(one.tolist(), other.tolist())
    return _same_bits(one, other)


def _same_bits(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    import numpy as np

    def bits(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.ascontiguousarray(array).view(f"u{min(array.dtype.itemsize, 8)}")

    return one.dtype == other.dtype and np.array_equal(bits(one), bits(other))


def _same_objects(one: list[Any], other: list[Any]) -> bool:
    types = list(map(type, one))
    if types != list(map(type, other)) or not _SCALARS.issuperset(types):
        return False
    if float in types:
        if any(value == value for values in (one, other) for value in values if _is_float(value)):
            return False  # only those that stand for missing belong here
        one, other = ([value for value in each if not _is_float(value)] for each in (one, other))
    return one == other


def _is_float(value: object) -> bool:
    return type(value) is float
