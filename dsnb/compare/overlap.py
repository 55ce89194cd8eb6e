"""Rows that two tables share: what a model must not have seen before it is tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsnb.compare.hashing import HASHES, row_hashes
from dsnb.compare.keys import check_on
from dsnb.compare.pair import SIDES, Shared, Side, TablePair
from dsnb.compare.plain import json_value
from dsnb.errors import ComparisonError
from dsnb.presenting import Presentable
from dsnb.tables.database import Database, open_database
from dsnb.tables.scanning import ROW, Relation

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 1000
"""Shared rows that are given back, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap(Presentable):
    """What two tables share; true when they share anything.

    Attributes
    ----------
    first, second
        What the tables are called.
    on
        The columns that were looked at.
    shared
        Number of different rows, by those columns, that both have.
    rows_first, rows_second
        Rows of each table that the other has, too, repeated ones counted as often as they are
        there.
    total_first, total_second
        Rows of each table.
    missing
        Rows of both that were passed over, as all those columns are missing in them.
    rows
        The first of those rows of the first table, as it has them, `SHOWN` at most.
    """

    first: str
    second: str
    on: tuple[str, ...]
    shared: int
    rows_first: int
    rows_second: int
    total_first: int
    total_second: int
    missing: int = 0
    rows: pd.DataFrame = field(repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.shared > 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        records = self.rows.head(10).to_dict("records")
        return {
            "first": self.first,
            "second": self.second,
            "on": list(self.on),
            "shared": self.shared,
            "rows_first": self.rows_first,
            "rows_second": self.rows_second,
            "total_first": self.total_first,
            "total_second": self.total_second,
            "missing": self.missing,
            "rows": [{str(k): json_value(v) for k, v in one.items()} for one in records],
        }


def find_overlap(
    first: Relation,
    second: Relation,
    on: Sequence[str] = (),
    *,
    called: tuple[str, str] = ("the first", "the second"),
    memory: int = 1000,
) -> Overlap:
    """Return which rows two tables share.

    `dsnb.compare.meeting` says when two cells are the same. Rows in which all the columns are
    missing are the same as nothing.

    Parameters
    ----------
    first, second
        The tables; neither is loaded whole.
    on
        The columns by which rows are the same; all that both tables have when there are none.
    called
        What the tables are called.
    memory
        Megabytes that may be used before it moves to disk.

    Raises
    ------
    MissingColumnError
        When a column is not in both tables.
    ComparisonError
        When the tables have no column in common, or several of one name.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsnb.tables.relations import FrameRelation
    >>> train = pd.DataFrame({"id": [1, 2, 3], "temp": [78.1, 77.0, 76.1]})
    >>> test = pd.DataFrame({"id": [3, 4], "temp": [70.0, 71.1]})
    >>> find_overlap(FrameRelation(train), FrameRelation(test), ["id"]).shared
    1
    """
    pair = TablePair(first, second)
    check_on(pair, list(on), ())
    pair.refuse_repeated([name for name in _names(pair) if on and name not in on])
    columns = [column for column in pair.shared if not on or column.name in on]
    if not columns:
        raise ComparisonError(
            f"{called[0]} and {called[1]} have no column in common, so no row can be in both.",
            hint="Look at their columns: %ds show REF",
        )
    with open_database(memory * 10**6, "Looking for shared rows") as database:
        for side in SIDES:
            database.run(_hashed(database, pair, side, columns))
        both = " AND ".join(f"one.{name} = other.{name}" for name in HASHES)
        counts = {
            side: database.row(
                f"SELECT count(*), count(DISTINCT row({', '.join(HASHES)})) FROM {side}_rows one"
                f" WHERE EXISTS (FROM {other}_rows other WHERE {both})"
            )
            for side, other in (("old", "new"), ("new", "old"))
        }
        kept = {side: database.row(f"SELECT count(*) FROM {side}_rows")[0] for side in SIDES}
        places = database.arrow(
            f"SELECT {ROW} FROM old_rows one WHERE EXISTS (FROM new_rows other WHERE {both})"
            f" ORDER BY {ROW} LIMIT {SHOWN}"
        ).column(0)
        rows = first.take(database, places.to_numpy())
    return Overlap(
        first=called[0],
        second=called[1],
        on=tuple(column.name for column in columns),
        shared=counts["old"][1],
        rows_first=counts["old"][0],
        rows_second=counts["new"][0],
        total_first=first.rows,
        total_second=second.rows,
        missing=first.rows + second.rows - sum(kept.values()),
        rows=rows,
    )


def _hashed(database: Database, pair: TablePair, side: Side, columns: Sequence[Shared]) -> str:
    """Return the statement that writes the hash of each row down, with its place."""
    hashes = zip(row_hashes(columns, side), HASHES, strict=True)
    asked = ", ".join(f"{expression} AS {name}" for expression, name in hashes)
    forms = [form for column in columns for form in column.expressions(side)]
    some = " OR ".join(f"({form}) IS NOT NULL" for form in forms)
    scan = pair.scan(database, side, columns)
    return f"CREATE TABLE {side}_rows AS SELECT {ROW}, {asked} FROM {scan} WHERE {some}"


def _names(pair: TablePair) -> set[str]:
    return {*pair.names("old"), *pair.names("new")}
