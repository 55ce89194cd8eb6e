"""When two cells are the same.

The rule: a cell is what it says, not how it is stored. A column that is stored otherwise is told
as retyped by the schema; its cells have changed only where they say something else.

- Missing is missing: None, NaN, NaT, ``pd.NA`` and a Decimal NaN are all the same, and the same
  as nothing else.
- Numbers are compared by exact value, over int, float, bool, Decimal and Fraction: 1, 1.0 and
  True are the same, 0.0 and -0.0 too, ``Decimal("0.1")`` and 0.1 are not, nor are 2**53 and
  2**53 + 1 as float and int. A float32 is the number that it holds.
- Text is never a number: ``"1"`` and 1 differ. Categories are what they stand for.
- Times with a zone are the same when they are the same instant, whatever the zone or the unit.
  A time without a zone is no instant: it differs from every time with one. A date is its midnight.
- Lists, tuples and arrays are the same when their items are, in order. Dicts are the same when
  their values are, in any order, and a key that is missing is a key whose value is missing (which
  is how Parquet gives structs back). Sets are the same when their members are.
- Anything else follows its own ``==`` when it can be hashed, else the text of its ``repr``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from dsnb.compare.tokens import UNITS, token

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Ints = npt.NDArray[np.int64]
    Parts = npt.NDArray[np.int8]
    Mask = npt.NDArray[np.bool_]

# A cell is a pair of integers: the part says how the value is to be read. Equal cells have equal
# pairs, so that columns of any two types are compared by two comparisons of integers.
MISSING, WHOLE, HUGE, FRACTION, TEXT, TOKEN = range(6)
NAIVE, AWARE, DURATION = 10, 20, 30


class Coded(NamedTuple):
    """The cells of one column as integers.

    Attributes
    ----------
    part
        How each value is to be read, 0 for a missing cell.
    value
        The value, as 64 bits.
    """

    part: Parts
    value: Ints


def coded_alike(old: pd.Series[Any], new: pd.Series[Any]) -> tuple[Coded, Coded]:
    """Return two columns as integers that are equal where the cells are.

    Parameters
    ----------
    old, new
        Columns of any types and lengths.

    Examples
    --------
    >>> import pandas as pd
    >>> old, new = coded_alike(pd.Series([1, 2, None]), pd.Series([1.0, 2.5, float("nan")]))
    >>> ((old.part == new.part) & (old.value == new.value)).tolist()
    [True, False, True]
    """
    import numpy as np

    before, at_before = _spread(old)
    after, at_after = _spread(new)
    left, right = _family(before), _family(after)
    if "object" in (left, right):
        coded = _tokens(before, after)
    elif left == right == "text":
        coded = _texts(before, after)
    else:
        coded = _coded(before, left), _coded(after, right)
    result = []
    for one, positions in zip(coded, (at_before, at_after), strict=True):
        if positions is None:
            result.append(one)
            continue
        # Position -1 stands for a missing cell: it reads the pair appended at the end.
        part = np.append(one.part, np.int8(MISSING))[positions]
        result.append(Coded(part, np.append(one.value, np.int64(0))[positions]))
    return result[0], result[1]


def different(old: Coded, new: Coded) -> Mask:
    """Return where two columns of the same length differ.

    Examples
    --------
    >>> import pandas as pd
    >>> different(*coded_alike(pd.Series(["1", "b"]), pd.Series(["1", "c"]))).tolist()
    [False, True]
    """
    mask: Mask = (old.value != new.value) | (old.part != new.part)
    return mask


def dense(coded: Coded) -> tuple[Ints, int]:
    """Return the cells as numbers from 0, the same for equal cells, and how many there are.

    Examples
    --------
    >>> import pandas as pd
    >>> old, _ = coded_alike(pd.Series([7.5, 7.5, 8.0]), pd.Series([], dtype=float))
    >>> dense(old)[1]
    2
    """
    import numpy as np
    import pandas as pd

    codes = np.zeros(len(coded.part), dtype=np.int64)
    count = 0
    for part in pd.unique(coded.part):
        here = coded.part == part
        alone = bool(here.all())
        found, values = pd.factorize(coded.value if alone else coded.value[here])
        codes[slice(None) if alone else here] = found + count
        count += len(values)
    return codes, count


def _spread(column: pd.Series[Any]) -> tuple[pd.Series[Any], Ints | None]:
    """Return the categories and each cell's position among them; else the cells and None."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        positions = column.cat.codes.to_numpy().astype(np.int64)
        return pd.Series(column.cat.categories), positions
    if isinstance(column.dtype, pd.SparseDtype):
        column = pd.Series(np.asarray(column))
    return column, None


def _family(column: pd.Series[Any]) -> str:
    """Return which way of coding fits a column's type."""
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return "text"
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_family(dtype)
    if dtype.kind in "iub":
        return {"i": "int64", "u": "uint64", "b": "bool"}[dtype.kind]
    if dtype.kind == "f":
        # A long double has digits that float64 has not.
        return "float64" if getattr(dtype, "itemsize", 8) <= 8 else "object"
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind in "mM":
        return "duration" if dtype.kind == "m" else "instant"
    if dtype == np.dtype(object):
        inferred = pd.api.types.infer_dtype(column, skipna=True)
        return {"string": "text", "empty": "nothing"}.get(inferred, "object")
    return "object"


def _arrow_family(dtype: pd.ArrowDtype) -> str:
    import pyarrow as pa

    kind = dtype.pyarrow_dtype
    for family, fits in (
        ("int64", pa.types.is_signed_integer),
        ("uint64", pa.types.is_unsigned_integer),
        ("bool", pa.types.is_boolean),
        ("float64", pa.types.is_floating),
        ("text", pa.types.is_string),
        ("text", pa.types.is_large_string),
        ("instant", pa.types.is_timestamp),
        ("duration", pa.types.is_duration),
        ("nothing", pa.types.is_null),
    ):
        if fits(kind):
            return family
    return "object"


def _coded(column: pd.Series[Any], family: str) -> Coded:
    """Code a column on its own; what another type could equal is coded the same there."""
    import numpy as np
    import pandas as pd

    missing = column.isna().to_numpy(dtype=bool)
    value = np.zeros(len(column), dtype=np.int64)
    if family == "nothing":
        missing = np.ones(len(column), dtype=bool)
        part = np.zeros(len(column), dtype=np.int8)
    elif family == "text":
        value = pd.factorize(column)[0].astype(np.int64)
        part = np.full(len(column), TEXT, dtype=np.int8)
    elif family in ("instant", "duration"):
        part, value = _times(column, family)
    elif family == "float64":
        floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
        missing = missing | np.isnan(floats)
        part, value = _floats(floats)
    elif family == "uint64":
        unsigned = column.to_numpy(dtype=np.uint64, na_value=0)
        value = unsigned.astype(np.int64)
        part = np.where(unsigned > np.iinfo(np.int64).max, HUGE, WHOLE).astype(np.int8)
    else:
        value = column.to_numpy(dtype=np.dtype(family), na_value=0).astype(np.int64)
        part = np.full(len(column), WHOLE, dtype=np.int8)
    if missing.any():
        part = np.where(missing, np.int8(MISSING), part)
        value = np.where(missing, 0, value)
    return Coded(part, value)


def _floats(floats: npt.NDArray[np.float64]) -> tuple[Parts, Ints]:
    """Code floats: whole ones as the integers they are, so that no integer loses a digit."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        whole = (np.floor(floats) == floats) & (floats >= -(2.0**63)) & (floats < 2.0**64)
        huge = whole & (floats >= 2.0**63)
        small = whole & ~huge
    value = np.where(small, floats, 0.0).astype(np.int64)
    part = np.where(small, np.int8(WHOLE), np.int8(FRACTION))
    if huge.any():
        value[huge] = floats[huge].astype(np.uint64).astype(np.int64)
        part[huge] = HUGE
    rest = ~whole
    value[rest] = floats[rest].view(np.int64)
    return part, value


def _times(column: pd.Series[Any], family: str) -> tuple[Parts, Ints]:
    """Code times in the finest unit that has room for them, so that equal ones meet there."""
    import numpy as np
    import pandas as pd

    times: Any
    if family == "duration":
        times, base = pd.TimedeltaIndex(column), DURATION
    else:
        times = pd.DatetimeIndex(column)
        base = NAIVE if times.tz is None else AWARE
    stored = times.asi8
    part = np.full(len(stored), base, dtype=np.int8)
    if times.unit == "ns":
        return part, stored
    value = np.zeros(len(stored), dtype=np.int64)
    waiting = ~np.asarray(times.isna())
    for step, (unit, length) in enumerate(UNITS.items()):
        ratio = UNITS[times.unit] // length
        fits = waiting & (np.abs(stored) <= np.iinfo(np.int64).max // ratio)
        value[fits] = stored[fits] * ratio
        part[fits] = base + step
        waiting &= ~fits
        if unit == times.unit:
            break
    return part, value


def _texts(old: pd.Series[Any], new: pd.Series[Any]) -> tuple[Coded, Coded]:
    import pandas as pd

    if old.dtype != new.dtype:
        old, new = old.astype(object), new.astype(object)
    both = pd.concat([old, new], ignore_index=True)
    return _halves(pd.factorize(both)[0], len(old), TEXT)


def _tokens(old: pd.Series[Any], new: pd.Series[Any]) -> tuple[Coded, Coded]:
    import numpy as np

    numbers: dict[Any, int] = {None: -1}

    def numbered(cells: Iterable[Any]) -> Iterable[int]:
        for cell in cells:
            yield numbers.setdefault(token(cell), len(numbers))

    both = [*old.astype(object), *new.astype(object)]
    return _halves(np.fromiter(numbered(both), np.int64, len(both)), len(old), TOKEN)


def _halves(codes: npt.NDArray[Any], length: int, part: int) -> tuple[Coded, Coded]:
    import numpy as np

    parts = np.where(codes < 0, MISSING, part).astype(np.int8)
    values = np.where(codes < 0, 0, codes).astype(np.int64)
    return Coded(parts[:length], values[:length]), Coded(parts[length:], values[length:])
