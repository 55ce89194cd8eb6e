"""Two tables side by side: which columns they share, and how those are asked for in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dsnb.compare.meeting import Meeting, meeting_of
from dsnb.errors import ComparisonError, MissingColumnError, did_you_mean
from dsnb.tables.database import Database
from dsnb.tables.fields import Field
from dsnb.tables.scanning import Relation, name_of

Side = Literal["old", "new"]
SIDES: tuple[Side, Side] = ("old", "new")
GROUP = 400
"""Columns that one statement looks at: the cost of a statement grows faster than their number."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A column that both tables have.

    Attributes
    ----------
    name
        What it is called, in the new table.
    old, new
        Its position in both.
    fields
        What it holds in both, old then new.
    meeting
        How its cells are made comparable.
    """

    name: str
    old: int
    new: int
    fields: tuple[Field, Field]
    meeting: Meeting

    def at(self, side: Side) -> int:
        """Return its position on a side."""
        return self.old if side == "old" else self.new

    def expressions(self, side: Side, table: str = "") -> list[str]:
        """Return its comparable forms on a side.

        Parameters
        ----------
        side
            Which one.
        table
            What the scan of that side is called in the statement; nothing when it is alone.
        """
        column = f"{table}.{name_of(self.at(side))}" if table else name_of(self.at(side))
        forms = self.meeting.old if side == "old" else self.meeting.new
        return [form.replace("{}", column) for form in forms]

    def differs(self, old: str, new: str) -> str:
        """Return the condition that two cells are not the same."""
        pairs = zip(self.expressions("old", old), self.expressions("new", new), strict=True)
        return f"({' OR '.join(f'{one} IS DISTINCT FROM {other}' for one, other in pairs)})"


class TablePair:
    """Two tables and the columns that they share.

    Parameters
    ----------
    old, new
        The tables.

    Attributes
    ----------
    shared
        The columns on both sides, in the order of the new table, without names that are there
        more than once.
    """

    def __init__(self, old: Relation, new: Relation) -> None:
        self.old, self.new = old, new
        at_old, at_new = _positions(old), _positions(new)
        self.shared = [
            self.share(name, at_old[name], position)
            for name, position in at_new.items()
            if name in at_old
        ]

    def share(self, name: str, old: int, new: int) -> Shared:
        """Return a column of each table as one that they share."""
        fields = (self.old.fields[old], self.new.fields[new])
        return Shared(name, old, new, fields, meeting_of(*fields))

    def side(self, side: Side) -> Relation:
        """Return the table of a side."""
        return self.old if side == "old" else self.new

    def names(self, side: Side) -> list[str]:
        """Return the names of all columns of a side."""
        return [field.name for field in self.side(side).fields]

    def scan(self, database: Database, side: Side, columns: Sequence[Shared]) -> str:
        """Return what stands for a table in a statement that looks at these columns."""
        only = {column.at(side) for column in columns}
        return self.side(side).scan(database, self._spelled(side, columns), only)

    def scan_some(
        self, database: Database, side: Side, chosen: str, columns: Sequence[Shared]
    ) -> str:
        """Return what stands for some rows with all columns; these are to be compared."""
        return self.side(side).scan_some(database, chosen, self._spelled(side, columns))

    @staticmethod
    def _spelled(side: Side, columns: Sequence[Shared]) -> set[int]:
        return {column.at(side) for column in columns if column.meeting.spelled}

    def check_named(self, names: Sequence[str], what_for: str) -> None:
        """Refuse a column that neither table has.

        Raises
        ------
        MissingColumnError
            When there is one.
        """
        known = list(dict.fromkeys([*self.names("old"), *self.names("new")]))
        for name in names:
            if name not in known:
                raise MissingColumnError(
                    f"Neither table has a column {name} to {what_for}.",
                    hint=did_you_mean(name, known)
                    or f"Columns: {', '.join(known[:20]) or 'none'}.",
                )

    def refuse_repeated(self, ignore: Sequence[str]) -> None:
        """Refuse tables of which nobody can say which column is which.

        Raises
        ------
        ComparisonError
            When a table has several columns of one name that is not to be ignored.
        """
        for side in SIDES:
            names = Counter(self.names(side))
            repeated = [name for name, many in names.items() if many > 1 and name not in ignore]
            if repeated:
                listed = ", ".join(repeated[:5])
                raise ComparisonError(
                    f"The rows cannot be compared: the {side} table has several columns named "
                    f"{listed}, and none of them is the one to compare.",
                    hint=f"Rename them, or leave them out: --ignore {','.join(repeated[:5])}.",
                )


def _positions(relation: Relation) -> dict[str, int]:
    names = Counter(field.name for field in relation.fields)
    return {
        field.name: position
        for position, field in enumerate(relation.fields)
        if names[field.name] == 1
    }


def expressions_of(columns: Sequence[Shared], side: Side) -> Iterator[tuple[str, bool]]:
    """Yield the comparable forms of columns, and whether a hash could confuse their values."""
    for column in columns:
        for expression in column.expressions(side):
            yield expression, column.meeting.wide
