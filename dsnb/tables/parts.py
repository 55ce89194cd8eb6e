"""The part of a table that is asked for, and what is said when it cannot be had."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dsnb.errors import MissingColumnError, TableError, did_you_mean, first_line
from dsnb.tables.formats import Format

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


Differing = Literal["told", "joined", "refused"]
"""What happens where files' columns differ: they are joined by name, and that is told or not."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of a table that is asked for.

    Attributes
    ----------
    columns
        Names of columns, in the order wanted; None for all.
    where
        A condition in the language of `pandas.DataFrame.query`; None for every row.
    limit
        Largest number of rows; None for no limit. All files are read whatever it is: the types of
        columns, and even which ones there are, may depend on the last row of the last file.
    differing
        What happens where files' columns differ.
    """

    columns: Sequence[str] | None = None
    where: str | None = None
    limit: int | None = None
    differing: Differing = "told"


EVERYTHING = Wanted()


def cut(frame: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """Return the part of a frame that is asked for.

    Raises
    ------
    TableError
        When the condition cannot be evaluated.
    MissingColumnError
        When a column is not there.
    """
    if wanted.where is not None:
        frame = frame[rows_where(frame, wanted.where)].copy()
    if wanted.columns is not None and list(frame.columns) != list(wanted.columns):
        for column in wanted.columns:
            if column not in frame.columns:
                raise missing_column(column, [str(name) for name in frame.columns])
        frame = frame[list(wanted.columns)]
    return frame if wanted.limit is None else frame.head(wanted.limit)


def rows_where(frame: pd.DataFrame, condition: str) -> np.ndarray[Any, Any]:
    """Return which rows fulfil a condition; rows of which it is unknown do not."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # Where numexpr is installed: pandas says that it does without, which is no matter.
            warnings.filterwarnings("ignore", "Engine has switched to 'python'", RuntimeWarning)
            fulfilled = frame.eval(condition, local_dict={}, global_dict={})
        if not isinstance(fulfilled, pd.Series) or not pd.api.types.is_bool_dtype(fulfilled):
            raise TypeError("it is not true or false for each row")
    except Exception as error:
        # What pandas raises for a condition it cannot evaluate has no common base.
        raise TableError(
            f"The condition {condition!r} cannot be evaluated: {first_line(error)}.",
            hint="Write it as in pandas' query, for example --where \"temp > 90 and "
            "origin == 'JFK'\".",
        ) from error
    return fulfilled.to_numpy(dtype=bool, na_value=False)


def missing_column(column: str, known: Sequence[str]) -> MissingColumnError:
    """Return the error for a column that is not there."""
    near = did_you_mean(column, known)
    listed = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return MissingColumnError(
        f"There is no column {column}. {near}".strip(), hint=f"The columns are {listed}."
    )


def settle_differing_columns(
    columns: Sequence[Sequence[object]],
    paths: Sequence[str],
    differing: Differing,
    notify: Callable[[str], None],
) -> None:
    """Say so, or refuse, where the columns of files are not the same; their order may differ.

    Parameters
    ----------
    columns
        The labels in each file.
    paths
        The files.
    differing
        What is to happen.
    notify
        Told what the user should know.

    Raises
    ------
    TableError
        When they differ and that is refused.
    """
    first = set(columns[0])
    for these, path in zip(map(set, columns), paths, strict=False):
        if these != first and differing != "joined":
            lacks, more = first - these, these - first
            said = " and ".join(
                [f"lacks {_listed(lacks)}"] * bool(lacks)
                + [f"has {_listed(more)} besides"] * bool(more)
            )
            if differing == "refused":
                raise TableError(
                    f"The files' columns differ: {path} {said}, compared with {paths[0]}.",
                    hint="Leave out --strict, or give --union, to join them by name.",
                )
            notify(
                f"The files' columns differ: {_listed(these ^ first)} (first in {path}). "
                "They were joined by name; what a file lacks is missing there."
            )
            return


def _listed(labels: Collection[object]) -> str:
    names = sorted(map(str, labels))
    return f"{', '.join(names[:5])}{', …' if len(names) > 5 else ''}"


def unreadable(path: str, format: Format, error: Exception) -> TableError:
    """Return the error for a file that is no such table."""
    return TableError(
        f"{path} cannot be read as {format}: {first_line(error)}.",
        hint="Give the reader options it needs (%ds register --help), "
        "or register it as files with --kind file.",
    )
