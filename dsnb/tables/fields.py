"""What a column of a relation holds, and the Arrow array in which DuckDB can scan it exactly.

DuckDB has no type for everything that Arrow and pandas have, and some of its types are coarser:
times become counts of their unit, and what has no type of its own is spelled as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dsnb.tables.spelling import spelled

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

Family = Literal[
    "bool", "int", "uint64", "float", "decimal", "text", "bytes",
    "date", "naive", "aware", "duration", "nothing", "other",
]  # fmt: skip
NUMBERS: frozenset[Family] = frozenset({"bool", "int", "uint64", "float", "decimal"})
TIMES: frozenset[Family] = frozenset({"date", "naive", "aware"})
_DIGITS = 38
"""Digits of the longest decimal that DuckDB holds."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a relation.

    Attributes
    ----------
    name
        The text of its label.
    type
        Its type as pandas names it, in the loaded table.
    family
        What its cells are.
    unit
        Of times: ``s``, ``ms``, ``us`` or ``ns``; they are scanned as counts of it since 1970,
        dates apart.
    scale, digits
        Of decimals: places after the point, and digits in all.
    identifying
        Whether it could tell rows apart: not when it holds floats or nested values.
    missing
        Whether cells are missing; None when nobody knows without reading them.
    """

    name: str
    type: str
    family: Family
    unit: str = ""
    scale: int = 0
    digits: int = 0
    identifying: bool = True
    missing: bool | None = None


def field_of(
    name: str,
    type: str,
    arrow: pyarrow.DataType,
    missing: bool | None,
    identifying: bool | None = None,
) -> Field:
    """Return the field of a column that is stored as an Arrow type.

    Parameters
    ----------
    name, type, missing
        As the field has them.
    arrow
        The Arrow type.
    identifying
        Whether it could tell rows apart; None leaves it to the type.

    Examples
    --------
    >>> import pyarrow as pa
    >>> field_of("temp", "float64", pa.float64(), False).family
    'float'
    """
    import pyarrow.types as types

    if types.is_dictionary(arrow):
        arrow = arrow.value_type
    family = _family(arrow)
    if identifying is None:
        identifying = family != "float" and not types.is_nested(arrow)
    return Field(
        name,
        type,
        family,
        unit=arrow.unit if family in ("naive", "aware", "duration") else "",
        scale=arrow.scale if family == "decimal" else 0,
        digits=arrow.precision if family == "decimal" else 0,
        identifying=identifying,
        missing=missing,
    )


def _family(arrow: pyarrow.DataType) -> Family:
    import pyarrow.types as types

    if types.is_timestamp(arrow):
        return "naive" if arrow.tz is None else "aware"
    if types.is_decimal(arrow):
        return "decimal" if arrow.precision <= _DIGITS and arrow.scale >= 0 else "other"
    families: tuple[tuple[Family, Any], ...] = (
        ("bool", types.is_boolean),
        ("uint64", types.is_uint64),
        ("int", types.is_integer),
        ("float", types.is_floating),
        ("text", types.is_string),
        ("text", types.is_large_string),
        ("bytes", types.is_binary),
        ("bytes", types.is_large_binary),
        ("bytes", types.is_fixed_size_binary),
        ("date", types.is_date),
        ("duration", types.is_duration),
        ("nothing", types.is_null),
    )
    return next((family for family, fits in families if fits(arrow)), "other")


def scannable(column: Any, family: Family, *, spell: bool) -> Any:
    """Return an Arrow column as DuckDB scans it without loss.

    Parameters
    ----------
    column
        An Arrow array, plain or chunked.
    family
        What its cells are.
    spell
        Whether to spell its cells as text, whatever they are.
    """
    import pyarrow
    import pyarrow.types as types

    if family == "other" and types.is_large_string(column.type):
        return column  # it is spelled already
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if spell or family == "other":
        cells = [spelled(cell) for cell in column.to_pylist()]
        return pyarrow.array(cells, pyarrow.large_string())
    if family in ("naive", "aware", "duration"):
        return column.cast(pyarrow.int64())
    if family == "decimal" and not types.is_decimal128(column.type):
        return column.cast(pyarrow.decimal128(column.type.precision, column.type.scale))
    wanted = {
        pyarrow.float16(): pyarrow.float32(),
        pyarrow.date64(): pyarrow.date32(),
        pyarrow.null(): pyarrow.int8(),
    }.get(column.type)
    return column if wanted is None else column.cast(wanted)


def arrow_column(column: pd.Series[Any]) -> tuple[Any, Field]:
    """Return a column of a DataFrame as an Arrow array, and what it holds.

    Nothing is copied where Arrow stores the cells as pandas does.

    Examples
    --------
    >>> import pandas as pd
    >>> array, field = arrow_column(pd.Series([78.08, None], name="temp"))
    >>> field.family, field.missing
    ('float', True)
    """
    import pandas as pd
    import pyarrow

    name, stored = str(column.name), str(column.dtype)
    missing = bool(column.isna().any())
    try:
        array = _as_arrow(column)
    except (pyarrow.ArrowException, ValueError, TypeError, OverflowError):
        array = None  # objects that no Arrow type holds, such as lone surrogates
    if array is not None:
        return array, field_of(name, stored, array.type, missing)
    cells = column
    if isinstance(column.dtype, pd.CategoricalDtype):
        cells = column.astype(object)
    array = pyarrow.array([spelled(cell) for cell in cells], pyarrow.large_string())
    field = Field(name, stored, "other", identifying=not _measures(cells), missing=missing)
    return array, field


def _as_arrow(column: pd.Series[Any]) -> Any:
    """Return the cells as one Arrow array, None where only their spelling tells them apart."""
    import numpy as np
    import pandas as pd
    import pyarrow

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        categories = _as_arrow(pd.Series(dtype.categories))
        if categories is None:
            return None
        codes = pyarrow.array(column.cat.codes.to_numpy(), mask=column.isna().to_numpy())
        return pyarrow.DictionaryArray.from_arrays(codes, categories).dictionary_decode()
    if isinstance(dtype, pd.SparseDtype):
        return pyarrow.array(np.asarray(column), from_pandas=True)
    if dtype == np.dtype(object):
        inferred = pd.api.types.infer_dtype(column, skipna=True)
        if inferred == "empty":
            return pyarrow.nulls(len(column))
        if inferred != "string":
            return None
        return pyarrow.array(column, pyarrow.large_string(), from_pandas=True)
    if isinstance(dtype, np.dtype) and dtype.kind in "iubf" and dtype.itemsize <= 8:
        # NaN needs no mask: it counts as missing wherever cells are compared.
        return pyarrow.array(column.to_numpy())
    if isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype):
        return None
    if isinstance(dtype, np.dtype) and dtype.kind in "cfV":
        return None
    return pyarrow.array(column, from_pandas=True)


def _measures(column: pd.Series[Any]) -> bool:
    """Tell whether objects are floats or nested values, which identify nothing."""
    import numpy as np

    nested = (list, tuple, dict, set, frozenset, np.ndarray)
    floating = (float, complex, np.floating)
    return any(
        isinstance(cell, nested) or (isinstance(cell, floating) and cell == cell)
        for cell in column.astype(object)
    )
