"""Which columns identify a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from dsnb.compare.pair import GROUP, SIDES, Shared, Side, TablePair
from dsnb.errors import ComparisonError, MissingColumnError, did_you_mean
from dsnb.tables.database import Database
from dsnb.tables.scanning import ROW

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow

    from dsnb.compare.result import KeySource

    Ints = npt.NDArray[np.int64]
    Codes = dict[Side, tuple[Ints, int]]

# What bounds the search for a key, so that a wide or long table costs no more than a second or so.
LARGEST_KEY = 3
SAMPLED_ROWS = 10_000
COMBINED_COLUMNS = 24
FULL_CHECKS = 16


def choose_key(
    database: Database,
    pair: TablePair,
    shared: Sequence[Shared],
    on: Sequence[str] | None,
    key: Sequence[str],
    ignore: Sequence[str] = (),
) -> tuple[list[Shared], KeySource | None]:
    """Return the columns to match rows by, and who said so.

    Parameters
    ----------
    database, pair
        The tables.
    shared
        The columns to choose from.
    on
        Columns that the user asked for now; they are taken or refused.
    key
        Columns that the version names as its key; they are taken when both tables have them.
    ignore
        Columns that the user asked to leave out.

    Raises
    ------
    MissingColumnError
        When a column of ``on`` is not in both tables.
    ComparisonError
        When a column of ``on`` is to be ignored.
    """
    by_name = {column.name: column for column in shared}
    if on:
        asked = list(dict.fromkeys(on))
        check_on(pair, asked, ignore)
        return [by_name[name] for name in asked], "on"
    if key and all(name in by_name for name in key):
        return [by_name[name] for name in dict.fromkeys(key)], "key"
    guessed = guess_key(database, pair, shared)
    return guessed, "guessed" if guessed else None


def guess_key(database: Database, pair: TablePair, shared: Sequence[Shared]) -> list[Shared]:
    """Return the smallest set of columns that is unique in both tables, or nothing.

    Columns are taken in their order, at most three, never floats (a measurement identifies
    nothing) and never nested values. A missing cell counts as a value of its own. Sets of two and
    three are sought among the first 24 such columns that vary within a sample of the rows; sets
    that the sample does not rule out are checked in full, at most 16 of them.

    Parameters
    ----------
    database, pair
        The tables.
    shared
        The columns to choose from.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsnb.tables.database import open_database
    >>> from dsnb.tables.relations import FrameRelation
    >>> table = FrameRelation(
    ...     pd.DataFrame({"origin": ["EWR", "EWR", "JFK"], "temp": [78.1, 78.9, 77.0],
    ...                   "hour": [1, 2, 1]})
    ... )
    >>> pair = TablePair(table, table)
    >>> with open_database(10**9, "Comparing") as database:
    ...     [column.name for column in guess_key(database, pair, pair.shared)]
    ['origin', 'hour']
    """
    if not pair.old.rows and not pair.new.rows:
        return []
    candidates = [column for column in shared if all(field.identifying for field in column.fields)]
    if not candidates:
        return []
    codes = [
        code
        for start in range(0, len(candidates), GROUP)
        for code in _sampled(database, pair, candidates[start : start + GROUP])
    ]
    whole = max(pair.old.rows, pair.new.rows) <= SAMPLED_ROWS
    checks = 0
    for numbers in _sets(codes):
        if not all(_unique([codes[number][side] for number in numbers]) for side in SIDES):
            continue
        columns = [candidates[number] for number in numbers]
        if whole or _is_unique(database, pair, columns):
            return columns
        checks += 1
        if checks == FULL_CHECKS:
            break
    return []


def _sampled(database: Database, pair: TablePair, columns: Sequence[Shared]) -> list[Codes]:
    """Return a sample of columns as numbers from 0, equal where cells are, and how many."""
    found: list[Codes] = [{} for _ in columns]
    for side in SIDES:
        every = -(-max(pair.side(side).rows, 1) // SAMPLED_ROWS)
        forms = [column.expressions(side) for column in columns]
        asked = ", ".join(form for of_column in forms for form in of_column)
        scan = pair.scan(database, side, columns)
        sample = database.arrow(f"SELECT {asked} FROM {scan} WHERE hash({ROW}) % {every} = 0")
        arrays = iter(sample.columns)
        for number, of_column in enumerate(forms):
            found[number][side] = _numbered([_coded(next(arrays)) for _ in of_column], len(sample))
    return found


def _coded(column: pyarrow.ChunkedArray) -> tuple[Ints, int]:
    coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return coded.indices.to_numpy().astype("int64"), len(coded.dictionary)


def _numbered(forms: Sequence[tuple[Ints, int]], length: int) -> tuple[Ints, int]:
    import pandas as pd

    if len(forms) == 1:
        return forms[0]
    codes, values = pd.factorize(combined(forms, length))
    return codes, len(values)


def _sets(codes: Sequence[Codes]) -> Iterator[tuple[int, ...]]:
    yield from ((number,) for number in range(len(codes)))
    # A column that never varies tells no rows apart, alone or with others.
    varying = [
        number
        for number, sides in enumerate(codes)
        if max(count for _, count in sides.values()) > 1
    ][:COMBINED_COLUMNS]
    for size in range(2, LARGEST_KEY + 1):
        yield from combinations(varying, size)


def _unique(columns: Sequence[tuple[Ints, int]]) -> bool:
    import math

    import pandas as pd

    length = len(columns[0][0])
    if math.prod(count for _, count in columns) < length:
        return False
    return len(columns) == 1 or len(pd.unique(combined(columns, length))) == length


def combined(columns: Iterable[tuple[Ints, int]], length: int) -> Ints:
    """Return one number a row, equal where the numbers in all columns are.

    Parameters
    ----------
    columns
        For each column its numbers, from 0, and how many there are: at most three, of a sample.
    length
        Number of rows.

    Examples
    --------
    >>> import numpy as np
    >>> numbers = combined([(np.array([0, 0, 1]), 2), (np.array([0, 1, 0]), 2)], 3)
    >>> len(set(numbers.tolist()))
    3
    """
    import numpy as np

    numbers = np.zeros(length, dtype=np.int64)
    for column, count in columns:
        numbers = numbers * count + column
    return numbers


def _is_unique(database: Database, pair: TablePair, columns: Sequence[Shared]) -> bool:
    repeated = []
    for side in SIDES:
        forms = ", ".join(form for column in columns for form in column.expressions(side))
        scan = pair.scan(database, side, columns)
        repeated.append(f"(SELECT count(*) - count(DISTINCT row({forms})) FROM {scan})")
    return not any(database.row(f"SELECT {', '.join(repeated)}"))


def check_on(pair: TablePair, on: Sequence[str], ignore: Sequence[str]) -> None:
    """Refuse columns to match rows on that are not in both tables, or that are to be ignored.

    Raises
    ------
    MissingColumnError
        When one is not in both tables.
    ComparisonError
        When one is to be ignored.
    """
    both = sorted(set(on) & set(ignore))
    if both:
        raise ComparisonError(
            f"Rows cannot be matched on {', '.join(both)} and ignore it as well.",
            hint="Leave it out of --on or out of --ignore.",
        )
    shared = [column.name for column in pair.shared if column.name not in ignore]
    for side in SIDES:
        names = pair.names(side)
        for name in on:
            if name not in names:
                near = did_you_mean(name, names)
                raise MissingColumnError(
                    f"The {side} table has no column {name} to match rows on.",
                    hint=near or f"Columns on both sides: {', '.join(shared[:20]) or 'none'}.",
                )
