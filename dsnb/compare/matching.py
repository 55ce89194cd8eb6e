"""Which rows of two tables belong together, found without keeping either of them.

Each row is reduced to its key and a hash of the rest, the two sides are joined, and only rows that
are not the same on both sides are written down: that is the first phase. The second reads those
again, as `dsnb.compare.changes` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from dsnb.compare.hashing import row_hashes
from dsnb.compare.pair import GROUP, SIDES, Shared, Side, TablePair
from dsnb.errors import OutOfRoomError
from dsnb.tables.database import Database
from dsnb.tables.scanning import ROW

PAIRS = "pairs"
"""The table of rows that differ: places ``o`` and ``n``, one of them missing where there is no
counterpart."""
COPIES: dict[Side, str] = {"old": "before", "new": "after"}
"""The tables that hold all columns of those rows."""
PLACES: dict[Side, str] = {"old": "o", "new": "n"}

# Below, both sides are hashed at once, each by a core of its own; beyond, every core works on one
# side after the other and nothing is written down in between.
_SMALL = 3_000_000
_SPOT_CHECK = 50_000
_DIFFERS = f"(o.{ROW} IS NULL OR n.{ROW} IS NULL OR o.ha <> n.ha OR o.hb <> n.hb)"


@dataclass(frozen=True, slots=True)
class Match:
    """What is known once rows are matched.

    Attributes
    ----------
    equal
        Number of rows of the new table that have an equal one in the old table.
    paired
        Number of pairs of rows that have the same key, and differ.
    removed, added
        Numbers of rows without a counterpart.
    repeated_old, repeated_new
        Numbers of key values that several rows of a side have.
    """

    equal: int
    paired: int
    removed: int
    added: int
    repeated_old: int = 0
    repeated_new: int = 0


def match_rows(
    database: Database,
    pair: TablePair,
    key: Sequence[Shared],
    compared: Sequence[Shared],
    *,
    unique: bool = False,
    sample: float | None = None,
) -> Match:
    """Match the rows of two tables; those that differ are listed and copied in the database.

    Parameters
    ----------
    database
        Gets the tables `PAIRS` and `COPIES`.
    pair
        The tables.
    key
        The columns to match rows by; without any, whole rows are matched.
    compared
        The columns in which rows of the same key may differ.
    unique
        Whether it is known that no key is repeated.
    sample
        Share of the keys, or without any of the rows, that is looked at.
    """
    sides = {side: _Rows(database, pair, side, key, compared, sample) for side in SIDES}
    match = None
    if any(rows.small or not rows.is_simple for rows in sides.values()):
        _write_down(database, sides.values())
    if key and (unique or not _repeats(database, sides)):
        match = _matched_once(database, sides)
    if match is None:
        match = _matched_carefully(database, sides)
        unique = True
    copy_rows(database, pair, [*key, *compared])
    return match if unique else _with_repeated(database, match, key)


def copy_rows(database: Database, pair: TablePair, columns: Sequence[Shared]) -> None:
    """Copy the rows that are listed in `PAIRS`, with all columns, into `COPIES`."""
    statements = []
    for side in SIDES:
        place = PLACES[side]
        chosen = f"SELECT {place} FROM {PAIRS} WHERE {place} IS NOT NULL"
        some = pair.scan_some(database, side, chosen, columns)
        statements.append(f"CREATE OR REPLACE TABLE {COPIES[side]} AS FROM {some}")
    try:
        database.run(*statements)
    except OutOfRoomError:
        for statement in statements:  # one after the other they need half of it
            database.run(statement)


class _Rows:
    """The rows of a side as a key and two hashes."""

    def __init__(
        self,
        database: Database,
        pair: TablePair,
        side: Side,
        key: Sequence[Shared],
        compared: Sequence[Shared],
        sample: float | None,
    ) -> None:
        self._database, self._pair, self.side = database, pair, side
        self._compared = list(compared)
        self._key = list(key)
        self._sample = sample
        forms = [form for column in key for form in column.expressions(side)]
        self.keys = [f"k{number}" for number in range(len(forms))]
        self._named_keys = [
            f"{form} AS {name}" for form, name in zip(forms, self.keys, strict=True)
        ]
        table = pair.side(side)
        self.count = table.rows
        self.small = table.rows <= _SMALL or table.pieces < 2
        self._table = f"hashed_{side}"
        self._is_written = False

    @property
    def source(self) -> str:
        """What stands for the rows in a statement: their places, keys and hashes."""
        return self._table if self._is_written else f"({self._hashed(self._compared)})"

    @property
    def is_simple(self) -> bool:
        """Whether one statement can give them as they are."""
        return self._sample is None and len(self._compared) <= GROUP

    def spot(self) -> str:
        """Return a statement that gives the keys of some rows, spread over the table."""
        every = -(-max(self.count, 1) // _SPOT_CHECK)
        where = f"WHERE hash({ROW}) % {every} = 0"
        if self._is_written:
            return f"SELECT {', '.join(self.keys)} FROM {self._table} {where}"
        scan = self._pair.scan(self._database, self.side, self._key)
        return f"SELECT {', '.join(self._named_keys)} FROM {scan} {where}"

    def writing(self) -> Iterator[str]:
        """Yield the statements, one after the other, that write them into a table."""
        if self._is_written:
            return
        table, columns = self._table, self._compared
        yield f"CREATE TABLE {table} AS {self._hashed(columns[:GROUP])}"
        for start in range(GROUP, len(columns), GROUP):
            more = self._hashed(columns[start : start + GROUP], keys=False)
            yield (
                f"CREATE OR REPLACE TABLE {table} AS SELECT rest.* REPLACE ("
                f"hash(rest.ha, more.ha) AS ha, hash(rest.hb, more.hb) AS hb)"
                f" FROM {table} rest JOIN ({more}) more USING ({ROW})"
            )
        if self._sample is not None:
            number = f"hash({', '.join(self.keys) or 'ha, hb'}) % 1000000"
            yield f"DELETE FROM {table} WHERE {number} >= {self._sample * 1e6:.0f}"
            [self.count] = self._database.row(f"SELECT count(*) FROM {table}")
        self._is_written = True

    def _hashed(self, columns: Sequence[Shared], keys: bool = True) -> str:
        first, second = row_hashes(columns, self.side)
        named = [ROW, *(self._named_keys if keys else ()), f"{first} AS ha", f"{second} AS hb"]
        scan = self._pair.scan(self._database, self.side, [*self._key, *columns])
        return f"SELECT {', '.join(named)} FROM {scan}"


def _write_down(database: Database, sides: Iterable[_Rows]) -> None:
    """Write the rows of both sides down, beside each other."""
    for statements in zip_longest(*(rows.writing() for rows in sides)):
        database.run(*filter(None, statements))


def _repeats(database: Database, sides: dict[Side, _Rows]) -> bool:
    """Tell whether a glance shows repeated keys: a join would pair each with each other."""
    seen = ", ".join(
        f"(SELECT count(*) - count(DISTINCT row({', '.join(rows.keys)})) FROM ({rows.spot()}))"
        for rows in sides.values()
    )
    return any(database.row(f"SELECT {seen}"))


def _matched_once(database: Database, sides: dict[Side, _Rows]) -> Match | None:
    """Match rows by keys that nothing repeats; return None when something does after all."""
    old, new = sides["old"], sides["new"]
    joined = (
        f"SELECT o.{ROW} AS o, n.{ROW} AS n, {_DIFFERS} AS differs"
        f" FROM {old.source} o FULL JOIN {new.source} n ON {_same(old.keys)}"
    )
    try:
        database.run(
            f"CREATE TABLE joined AS SELECT count(*) FILTER (NOT differs) AS equal,"
            f" list({{'o': o, 'n': n}}) FILTER (differs) AS places FROM ({joined})",
        )
        database.run(
            f"CREATE TABLE {PAIRS} AS SELECT unnest(places, recursive := true) FROM joined"
        )
        [equal] = database.row("SELECT equal FROM joined")
    except OutOfRoomError:
        # A list has to fit into memory; groups, which take longer, need not.
        alike = "o IS NULL AND n IS NULL"
        database.run(
            f"CREATE OR REPLACE TABLE joined AS SELECT CASE WHEN differs THEN o END AS o,"
            f" CASE WHEN differs THEN n END AS n, count(*) AS many FROM ({joined}) GROUP BY ALL"
        )
        database.run(
            f"CREATE OR REPLACE TABLE {PAIRS} AS SELECT o, n FROM joined WHERE NOT ({alike})"
        )
        [equal] = database.row(
            f"SELECT coalesce(sum(many) FILTER ({alike}), 0)::BIGINT FROM joined"
        )
    database.run("DROP TABLE joined")
    match = _counted(database, equal)
    # A key that one side repeats is joined more often than that side, or the other, has rows.
    paired = match.equal + match.paired
    if paired + match.removed == old.count and paired + match.added == new.count:
        return match
    database.run(f"DROP TABLE {PAIRS}")
    return None


def _counted(database: Database, equal: int) -> Match:
    both, gone, come = database.row(
        "SELECT count(*) FILTER (o IS NOT NULL AND n IS NOT NULL),"
        f" count(*) FILTER (n IS NULL), count(*) FILTER (o IS NULL) FROM {PAIRS}"
    )
    return Match(equal, both, gone, come)


def _matched_carefully(database: Database, sides: dict[Side, _Rows]) -> Match:
    """Match rows whose keys may be repeated, or that have none."""
    old, new = sides["old"], sides["new"]
    _write_down(database, sides.values())
    keys = ", ".join(old.keys)
    match = Match(0, 0, 0, 0)
    if old.keys:
        # Keys that are alone on both sides are joined; the others are crowds.
        database.run(
            f"CREATE TABLE crowds AS SELECT {keys}, sum(in_old) AS in_old, sum(in_new) AS in_new"
            f" FROM (SELECT {keys}, 1 AS in_old, 0 AS in_new FROM {old.source} UNION ALL"
            f" SELECT {keys}, 0, 1 FROM {new.source})"
            f" GROUP BY ALL HAVING sum(in_old) > 1 OR sum(in_new) > 1"
        )
        repeated = database.row(
            "SELECT count(*) FILTER (in_old > 1), count(*) FILTER (in_new > 1) FROM crowds"
        )
        alone = [
            f"(FROM {sides[side].source} o ANTI JOIN crowds n ON {_same(old.keys)})"
            for side in SIDES
        ]
        database.run(
            f"CREATE TABLE {PAIRS} AS SELECT o.{ROW} AS o, n.{ROW} AS n FROM {alone[0]} o"
            f" FULL JOIN {alone[1]} n ON {_same(old.keys)} WHERE {_DIFFERS}"
        )
        [single] = database.row(f"SELECT count(*) FROM {alone[1]}")
        match = _counted(database, 0)
        match = replace(
            match,
            equal=single - match.paired - match.added,
            repeated_old=repeated[0],
            repeated_new=repeated[1],
        )
        crowd = {
            side: f"(FROM {sides[side].source} o SEMI JOIN crowds n ON {_same(old.keys)})"
            for side in SIDES
        }
    else:
        database.run(f"CREATE TABLE {PAIRS} (o BIGINT, n BIGINT)")
        crowd = {side: sides[side].source for side in SIDES}
    return _with_crowds(database, match, crowd, old.keys)


def _with_crowds(
    database: Database, match: Match, crowd: dict[Side, str], keys: Sequence[str]
) -> Match:
    """Compare rows as wholes: what has no equal on the other side is added or removed."""
    whole = ", ".join([*keys, "ha", "hb"])
    database.run(
        f"CREATE TABLE unequal AS SELECT {whole}, sum(in_old) AS in_old, sum(in_new) AS in_new"
        f" FROM (SELECT {whole}, 1 AS in_old, 0 AS in_new FROM {crowd['old']} UNION ALL"
        f" SELECT {whole}, 0, 1 FROM {crowd['new']}) GROUP BY ALL HAVING sum(in_old) <> sum(in_new)"
    )
    [rows] = database.row(f"SELECT count(*) FROM {crowd['new']}")
    alike = ", ".join(f"o.{name}" for name in (*keys, "ha", "hb"))
    left = {}
    for side in SIDES:
        places, others = ("turn.r, NULL", "in_new") if side == "old" else ("NULL, turn.r", "in_old")
        [before] = database.row(f"SELECT count(*) FROM {PAIRS}")
        database.run(
            f"INSERT INTO {PAIRS} SELECT {places} FROM (SELECT o.{ROW}, n.{others} AS others,"
            f" row_number() OVER (PARTITION BY {alike}"
            f" ORDER BY o.{ROW}) AS number FROM {crowd[side]} o JOIN unequal n"
            f" ON {_same([*keys, 'ha', 'hb'])}) turn WHERE number > others"
        )
        [after] = database.row(f"SELECT count(*) FROM {PAIRS}")
        left[side] = after - before
    return replace(
        match,
        equal=match.equal + rows - left["new"],
        removed=match.removed + left["old"],
        added=match.added + left["new"],
    )


def _with_repeated(database: Database, match: Match, key: Sequence[Shared]) -> Match:
    """Count the repeated keys among rows without a counterpart; the others have none."""
    counts = []
    for side, other in zip(SIDES, ("n", "o"), strict=True):
        forms = [form for column in key for form in column.expressions(side)]
        [many] = database.row(
            f"SELECT count(*) FROM (SELECT 1 FROM {COPIES[side]} WHERE {ROW} IN"
            f" (SELECT {PLACES[side]} FROM {PAIRS} WHERE {other} IS NULL)"
            f" GROUP BY {', '.join(forms)} HAVING count(*) > 1)"
        )
        counts.append(many)
    return replace(match, repeated_old=counts[0], repeated_new=counts[1])


def _same(names: Sequence[str]) -> str:
    return " AND ".join(f"o.{name} IS NOT DISTINCT FROM n.{name}" for name in names)
