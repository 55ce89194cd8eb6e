"""How the cells of two columns meet: expressions that are equal where the cells are the same.

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
- Anything else is what its type and its ``repr`` say.
"""

from __future__ import annotations

from dataclasses import dataclass

from dsnb.tables.fields import NUMBERS, Family, Field
from dsnb.tables.spelling import UNITS

_WHOLE: frozenset[Family] = frozenset({"bool", "int", "uint64"})
_DIGITS = {"bool": 1, "int": 19, "uint64": 20}
_LONGEST = 38
_DAY = 86_400 * 10**9
_NAN = "'nan'::DOUBLE"
_HUGE = "18446744073709551616"  # 2**64: beyond it, no integer of 64 bits can equal a float


@dataclass(frozen=True, slots=True)
class Meeting:
    """How the cells of an old and a new column are made comparable.

    Attributes
    ----------
    old, new
        SQL expressions with ``{}`` for the column: two cells are the same when their expressions
        are, one by one, missing ones included.
    wide
        Whether the expressions give more than 64 bits, so that a hash of 64 could confuse them.
    spelled
        Whether the columns must be scanned as spelled text.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    wide: bool = False
    spelled: bool = False


def meeting_of(old: Field, new: Field) -> Meeting:
    """Return how the cells of two columns meet.

    Examples
    --------
    >>> whole, real = Field("n", "int64", "int"), Field("n", "float64", "float")
    >>> meeting_of(whole, whole).old
    ('{}::BIGINT',)
    >>> meeting_of(whole, real).old
    ('{}::HUGEINT', 'NULL::DOUBLE')
    """
    families = {old.family, new.family}
    if "other" in families:
        return _SPELLED
    if families == {"nothing"}:
        return Meeting(("NULL::VARCHAR",), ("NULL::VARCHAR",))
    if families <= NUMBERS:
        return _numbers(old, new)
    if old.family == new.family and old.unit == new.unit:
        return Meeting(("{}",), ("{}",), wide=old.family in ("text", "bytes"))
    if families <= {"date", "naive"} or (len(families) == 1 and old.unit):
        return Meeting((_nanoseconds(old),), (_nanoseconds(new),), wide=True)
    # Nothing of one is ever the same as anything of the other, except where both are missing.
    nothing = "NULL::VARCHAR"
    return Meeting((_on_its_own(old), nothing), (nothing, _on_its_own(new)), wide=True)


_SPELLED = Meeting(("{}",), ("{}",), wide=True, spelled=True)


def _numbers(old: Field, new: Field) -> Meeting:
    families = {old.family, new.family}
    if families <= _WHOLE:
        if "uint64" not in families:
            return Meeting(("{}::BIGINT",), ("{}::BIGINT",))
        same = len(families) == 1
        kind = "{}" if same else "{}::HUGEINT"
        return Meeting((kind,), (kind,), wide=not same)
    if families == {"float"}:
        kind = f"nullif({{}}::DOUBLE + 0.0, {_NAN})"
        return Meeting((kind,), (kind,))
    if "decimal" not in families:
        return Meeting(_whole_and_rest(old), _whole_and_rest(new), wide=True)
    if "float" in families:
        return _SPELLED
    scale = max(old.scale, new.scale)
    before_point = max(_DIGITS.get(one.family, one.digits - one.scale) for one in (old, new))
    if before_point + scale > _LONGEST:
        return _SPELLED
    return Meeting((_decimal(old, scale),), (_decimal(new, scale),), wide=True)


def _whole_and_rest(field: Field) -> tuple[str, str]:
    """Return a number as the integer that it is, else as the float: no integer loses a digit."""
    if field.family != "float":
        return "{}::HUGEINT", "NULL::DOUBLE"
    whole = f"(isfinite({{}}) AND {{}} = trunc({{}}) AND abs({{}}) < {_HUGE})"
    return (
        f"CASE WHEN {whole} THEN ({{}}::DOUBLE)::HUGEINT END",
        f"CASE WHEN NOT {whole} AND NOT isnan({{}}) THEN {{}}::DOUBLE END",
    )


def _decimal(field: Field, scale: int) -> str:
    number = "{}::INTEGER" if field.family == "bool" else "{}"
    return f"({number})::DECIMAL({_LONGEST}, {scale})"


def _nanoseconds(field: Field) -> str:
    if field.family == "date":
        return f"({{}} - DATE '1970-01-01')::HUGEINT * {_DAY}"
    return f"{{}}::HUGEINT * {UNITS[field.unit]}"


def _on_its_own(field: Field) -> str:
    """Return the text of a cell, the same for cells of one column that are the same."""
    return f"({meeting_of(field, field).old[0]})::VARCHAR"
