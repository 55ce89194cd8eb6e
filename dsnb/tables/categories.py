"""Categories: which texts a column holds most often, and the SQL that counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsnb.tables.database import Database, literal
from dsnb.tables.fields import Field

TOGETHER = 20
"""Columns that one statement groups."""


@dataclass(frozen=True, slots=True)
class Commonest:
    """What a column holds most often.

    Attributes
    ----------
    top
        Texts and how often each is there, the commonest first.
    distinct
        How many texts there are in all.
    """

    top: tuple[tuple[str, int], ...]
    distinct: int


def category(column: str, field: Field) -> str:
    """Return the SQL text that a cell counts as."""
    if field.family == "bool":
        return f"CASE WHEN {column} THEN 'True' WHEN NOT {column} THEN 'False' END"
    return column


def commonest(database: Database, source: str, texts: Sequence[str], most: int) -> list[Commonest]:
    """Return the commonest texts of some columns; equally common ones by their order.

    Parameters
    ----------
    database
        One that is open.
    source
        What is scanned.
    texts
        The columns as SQL texts.
    most
        How many of each.

    Examples
    --------
    >>> from dsnb.tables.database import open_database
    >>> with open_database(10**9, "Counting") as database:
    ...     commonest(database, "(VALUES ('EWR'), ('JFK'), ('EWR')) t(origin)", ["origin"], 1)
    [Commonest(top=(('EWR', 2),), distinct=2)]
    """
    found: dict[int, list[tuple[str, int]]] = {}
    distinct: dict[int, int] = {}
    for start in range(0, len(texts), TOGETHER):
        branches = " UNION ALL ".join(
            f"(SELECT {number} AS place, text, count, count(*) OVER () AS texts"
            f" FROM (SELECT {text} AS text, count(*) AS count FROM {source} GROUP BY 1)"
            " WHERE text IS NOT NULL"
            f" QUALIFY row_number() OVER (ORDER BY count DESC, text) <= {most})"
            for number, text in enumerate(texts[start : start + TOGETHER], start)
        )
        for place, text, count, all_texts in database.all(branches):
            found.setdefault(place, []).append((text, count))
            distinct[place] = all_texts
    return [
        Commonest(
            tuple(sorted(found.get(place, ()), key=lambda one: (-one[1], one[0]))),
            distinct.get(place, 0),
        )
        for place in range(len(texts))
    ]


def count_texts(
    database: Database, source: str, text: str, named: Sequence[str]
) -> list[tuple[str, int]]:
    """Return how often some texts are in a column, the commonest first.

    Parameters
    ----------
    database, source
        As for `commonest`.
    text
        The column as SQL text.
    named
        The texts.
    """
    if not named:
        return []
    listed = ", ".join(map(_written, named))
    found = database.all(
        f"SELECT text, count(*) AS count FROM (SELECT {text} AS text FROM {source})"
        f" WHERE text IN ({listed}) GROUP BY 1 ORDER BY count DESC, text"
    )
    return [(str(text), int(count)) for text, count in found]


def place_of(text: str, named: Sequence[str]) -> str:
    """Return the SQL place of a text among some, NULL when it is none of them."""
    whens = " ".join(
        f"WHEN {_written(one)} THEN {place}::UTINYINT" for place, one in enumerate(named)
    )
    return f"CASE {text} {whens} END"


def _written(text: str) -> str:
    """Return a text in SQL, which ends at a zero byte."""
    return literal(text) if "\0" not in text else f"decode(from_hex('{text.encode().hex()}'))"
