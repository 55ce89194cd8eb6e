"""Which rows, or files, of a dataset are meant: the first, all but the first, some at random."""

from __future__ import annotations

import operator
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dsnb.azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    import numpy as np

    Positions = np.ndarray[Any, Any]
Choice = Callable[["Positions"], "Positions"]


def first(count: int) -> Choice:
    """Return the choice of the first rows or files."""
    _check_count(count)
    return lambda positions: positions[:count]


def after(count: int) -> Choice:
    """Return the choice of all but the first rows or files."""
    _check_count(count)
    return lambda positions: positions[count:]


def split(share: float, seed: int | None) -> tuple[Choice, Choice]:
    """Return two choices: each row or file is in the first by chance, else in the second.

    Parameters
    ----------
    share
        The probability that it is in the first, from 0 to 1.
    seed
        Settles the chance; None takes a new one, the same for both choices.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise UserErrorException(f"{share!r} is no share: pass a number from 0.0 to 1.0.")
    if seed is not None and not _is_whole(seed):
        raise UserErrorException(f"{seed!r} is no seed: pass a whole number from 0, or None.")
    settled = secrets.randbits(32) if seed is None else operator.index(seed)

    def drawn(positions: Positions) -> Positions:
        import numpy as np

        return np.random.default_rng(settled).random(len(positions)) < share

    return lambda positions: positions[drawn(positions)], lambda left: left[~drawn(left)]


def positions_of(count: int, choices: Sequence[Choice]) -> Positions:
    """Return which of so many rows or files are left after some choices, in order."""
    import numpy as np

    positions: Positions = np.arange(count)
    for choice in choices:
        positions = choice(positions)
    return positions


def _check_count(count: int) -> None:
    if not _is_whole(count):
        raise UserErrorException(f"{count!r} is no count: pass a whole number from 0.")


def _is_whole(number: object) -> bool:
    """Tell whether something is a whole number from 0, of Python's or NumPy's."""
    try:
        return not isinstance(number, bool) and operator.index(number) >= 0  # type: ignore[arg-type]
    except TypeError:
        return False
