"""Which columns identify a row, and which rows they say are the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from dsnb.compare.equality import Coded, coded_alike, dense
from dsnb.errors import ComparisonError, MissingColumnError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from dsnb.compare.result import KeySource

    Ints = npt.NDArray[np.int64]

# What bounds the search for a key, so that a wide or long table costs no more than a second or so.
LARGEST_KEY = 3
SAMPLED_ROWS = 2_000
COMBINED_COLUMNS = 24
FULL_CHECKS = 32


class TablePair:
    """Two tables whose columns are found by name and coded alike.

    Parameters
    ----------
    old, new
        Frames whose column names are distinct on each side, by their text.
    ignore
        Names of columns to leave out.

    Attributes
    ----------
    shared
        Names of the columns on both sides, without the ignored, in the order of the new table.
    """

    def __init__(self, old: pd.DataFrame, new: pd.DataFrame, ignore: Iterable[str] = ()) -> None:
        self.old, self.new = old, new
        self._at_old = {str(label): position for position, label in enumerate(old.columns)}
        self._at_new = {str(label): position for position, label in enumerate(new.columns)}
        left_out = set(ignore)
        self.shared = [
            name for name in self._at_new if name in self._at_old and name not in left_out
        ]

    def columns(self, name: str) -> tuple[pd.Series[Any], pd.Series[Any]]:
        """Return a column of both tables."""
        return self.old.iloc[:, self._at_old[name]], self.new.iloc[:, self._at_new[name]]

    def coded(self, name: str) -> tuple[Coded, Coded]:
        """Return a column of both tables as integers that are equal where the cells are."""
        return coded_alike(*self.columns(name))

    def taken(self, old_rows: Ints, new_rows: Ints) -> TablePair:
        """Return a pair of the rows at these positions."""
        pair = TablePair(self.old.iloc[old_rows], self.new.iloc[new_rows])
        pair.shared = self.shared
        return pair

    def row_numbers(self, names: Sequence[str]) -> tuple[Ints, int]:
        """Return one number a row, old rows then new ones, equal where all named cells are.

        Returns
        -------
        tuple
            The numbers, from 0, and how many different ones there are.
        """
        return combined(self._dense(names), len(self.old) + len(self.new))

    def _dense(self, names: Sequence[str]) -> Iterator[tuple[Ints, int]]:
        for name in names:
            yield self.dense(name)

    def dense(self, name: str) -> tuple[Ints, int]:
        """Return a column as numbers from 0, old rows then new ones, and how many there are."""
        import numpy as np

        old, new = self.coded(name)
        both = Coded(np.concatenate([old.part, new.part]), np.concatenate([old.value, new.value]))
        return dense(both)


def combined(columns: Iterable[tuple[Ints, int]], length: int) -> tuple[Ints, int]:
    """Return one number a row, equal where the numbers in all columns are.

    Parameters
    ----------
    columns
        For each column its numbers, from 0, and how many there are.
    length
        Number of rows.

    Examples
    --------
    >>> import numpy as np
    >>> numbers, count = combined([(np.array([0, 0, 1]), 2), (np.array([0, 1, 0]), 2)], 3)
    >>> count, len(set(numbers.tolist()))
    (3, 3)
    """
    import numpy as np
    import pandas as pd

    numbers = np.zeros(length, dtype=np.int64)
    bound = 1
    for column, count in columns:
        if bound * count >= 2**62:
            numbers, bound = _renumbered(numbers)
        numbers = numbers * count + column
        bound *= max(count, 1)
    found, values = pd.factorize(numbers)
    return found.astype(np.int64), len(values)


def choose_key(
    pair: TablePair, on: Sequence[str] | None, key: Sequence[str], ignore: Sequence[str]
) -> tuple[tuple[str, ...], KeySource | None]:
    """Return the columns to match rows by, and who said so.

    Parameters
    ----------
    pair
        The tables.
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

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"temp": [78.1, 78.9], "origin": ["EWR", "JFK"]})
    >>> choose_key(TablePair(frame, frame), None, (), ())
    (('origin',), 'guessed')
    """
    if on:
        asked = tuple(dict.fromkeys(on))
        _check_on(pair, asked, ignore)
        return asked, "on"
    if key and all(name in pair.shared for name in key):
        return tuple(dict.fromkeys(key)), "key"
    guessed = guess_key(pair)
    return (guessed, "guessed") if guessed else ((), None)


def guess_key(pair: TablePair) -> tuple[str, ...]:
    """Return the smallest set of columns that is unique in both tables, or nothing.

    Columns are taken in the order of the new table, at most three, never floats (a measurement
    identifies nothing) and never nested values. A missing cell counts as a value of its own.
    Sets of two and three are sought among the first 24 such columns that vary within a sample of
    the rows; sets that the sample does not rule out are checked in full, at most 32 of them.

    Parameters
    ----------
    pair
        The tables.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"origin": ["EWR", "EWR", "JFK"], "hour": [1, 2, 1]})
    >>> guess_key(TablePair(frame, frame))
    ('origin', 'hour')
    """
    if not len(pair.old) and not len(pair.new):
        return ()
    sample = pair.taken(_sampled(len(pair.old)), _sampled(len(pair.new)))
    whole = len(sample.old) == len(pair.old) and len(sample.new) == len(pair.new)
    sampled = {name: sample.dense(name) for name in pair.shared if _identifying(sample, name)}
    in_full: dict[str, tuple[Ints, int]] = {}
    checks = 0
    for names in _candidates(sampled):
        if not _unique(sample, [sampled[name] for name in names]):
            continue
        if whole:
            return names
        if not all(_identifying(pair, name) for name in names):
            continue
        for name in names:
            in_full.setdefault(name, pair.dense(name))
        if _unique(pair, [in_full[name] for name in names]):
            return names
        checks += 1
        if checks == FULL_CHECKS:
            break
    return ()


def _candidates(sampled: dict[str, tuple[Ints, int]]) -> Iterator[tuple[str, ...]]:
    yield from ((name,) for name in sampled)
    # A column that never varies tells no rows apart, alone or with others.
    varying = [name for name, (_, count) in sampled.items() if count > 1][:COMBINED_COLUMNS]
    for size in range(2, LARGEST_KEY + 1):
        yield from combinations(varying, size)


def _unique(pair: TablePair, columns: Sequence[tuple[Ints, int]]) -> bool:
    import math

    import pandas as pd

    old, new = len(pair.old), len(pair.new)
    if math.prod(count for _, count in columns) < max(old, new):
        return False
    numbers = columns[0][0] if len(columns) == 1 else combined(columns, old + new)[0]
    return len(pd.unique(numbers[:old])) == old and len(pd.unique(numbers[old:])) == new


def _sampled(length: int) -> Ints:
    import numpy as np

    if length <= SAMPLED_ROWS:
        return np.arange(length)
    # Drawn at random, since neighbours are often alike, and with a fixed seed, so that the same
    # tables always give the same key.
    return np.random.default_rng(0).choice(length, SAMPLED_ROWS, replace=False)


def _identifying(pair: TablePair, name: str) -> bool:
    return not any(_measures(column) for column in pair.columns(name))


def _measures(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds floats or nested values, in any storage."""
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _measures(pd.Series(column.cat.categories))
    if isinstance(dtype, pd.SparseDtype):
        return dtype.kind in "fc"
    if isinstance(dtype, pd.StringDtype) or dtype.kind in "iubmM":
        return False
    if dtype.kind in "fc":
        return True
    if pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty", "decimal"):
        return False
    nested = (list, tuple, dict, set, frozenset, np.ndarray)
    floating = (float, complex, np.floating)
    return any(
        isinstance(cell, nested) or (isinstance(cell, floating) and cell == cell)
        for cell in column.astype(object)
    )


def _check_on(pair: TablePair, on: Sequence[str], ignore: Sequence[str]) -> None:
    both = sorted(set(on) & set(ignore))
    if both:
        raise ComparisonError(
            f"Rows cannot be matched on {', '.join(both)} and ignore it as well.",
            hint="Leave it out of --on or out of --ignore.",
        )
    for frame, side in ((pair.old, "old"), (pair.new, "new")):
        names = [str(label) for label in frame.columns]
        for name in on:
            if name not in names:
                near = did_you_mean(name, names)
                raise MissingColumnError(
                    f"The {side} table has no column {name} to match rows on.",
                    hint=near or f"Columns on both sides: {', '.join(pair.shared[:20]) or 'none'}.",
                )


def _renumbered(numbers: Ints) -> tuple[Ints, int]:
    import numpy as np
    import pandas as pd

    found, values = pd.factorize(numbers)
    return found.astype(np.int64), len(values)
