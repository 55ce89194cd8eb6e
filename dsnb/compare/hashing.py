"""Rows as hashes of 128 bits, so that most of two tables is compared without being kept.

DuckDB's ``hash`` gives 64 bits and mixes a value of at most 64 bits without loss. So two of them
are taken, in opposite orders of the columns and, for values of more than 64 bits, of another form
of the value. Two rows that differ pass for equal with a chance of about 2**-128; over ten million
pairs of rows that is 3e-32.
"""

from __future__ import annotations

from collections.abc import Sequence

from dsnb.compare.pair import Shared, Side, expressions_of

HASHES = ("ha", "hb")


def row_hashes(columns: Sequence[Shared], side: Side) -> tuple[str, str]:
    """Return the two expressions that together stand for a row.

    Parameters
    ----------
    columns
        The columns that count.
    side
        Of which table.
    """
    forms = list(expressions_of(columns, side))
    if not forms:
        return "0::UBIGINT", "0::UBIGINT"
    first = ", ".join(expression for expression, _ in forms)
    # A prefix moves every byte of a text, so that texts that one hash confuses differ here.
    second = ", ".join(
        f"'x' || ({expression})::VARCHAR" if wide else expression
        for expression, wide in reversed(forms)
    )
    return f"hash({first})", f"hash(27, {second})"
