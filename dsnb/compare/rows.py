"""Rows of two tables: added, removed, changed, and the cells that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsnb.compare.changes import (
    count_changes,
    describe_changes,
    drop_tolerated,
    first_cells,
    gather,
)
from dsnb.compare.keys import choose_key
from dsnb.compare.matching import match_rows
from dsnb.compare.options import Options
from dsnb.compare.pair import Shared, TablePair
from dsnb.compare.renames import find_renamed
from dsnb.compare.result import Renamed, RowsDiff
from dsnb.errors import ComparisonError
from dsnb.tables.database import open_database
from dsnb.tables.relations import FrameRelation
from dsnb.tables.scanning import Relation

if TYPE_CHECKING:
    import pandas as pd


def compare_frames(
    old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str] = (), options: Options | None = None
) -> RowsDiff:
    """Compare two DataFrames row by row, see `compare_rows`.

    An index that holds data counts as columns. Neither frame is changed. Columns are named by the
    text of their label.

    Examples
    --------
    >>> import pandas as pd
    >>> old = pd.DataFrame({"hour": [1, 2, 3], "temp": [78.08, 77.0, 76.1]})
    >>> new = pd.DataFrame({"hour": [4, 2, 1], "temp": [75.2, 77.0, 78.98]})
    >>> diff = compare_frames(old, new, options=Options(on=["hour"]))
    >>> diff.added, diff.removed, diff.changed, diff.unchanged
    (1, 1, 1, 1)
    >>> diff.cells
    (CellChange(key=(1,), column='temp', before=78.08, after=78.98),)
    >>> diff.in_full.cells()
       hour column before  after
    0     1   temp  78.08  78.98
    """
    return compare_rows(FrameRelation(old), FrameRelation(new), key, options or Options())


def compare_rows(
    old: Relation, new: Relation, key: Sequence[str] = (), options: Options | None = None
) -> RowsDiff:
    """Compare two tables row by row.

    Rows are matched by ``options.on``, else by ``key`` when both tables have those columns, else
    by the smallest set of columns that is unique in both (`dsnb.compare.keys.guess_key`). Matched
    rows are compared over the columns that both tables have and that are not ignored; a column of
    one side only is a matter of the schema and changes no row, unless its content shows that it
    was renamed (`dsnb.compare.renames.find_renamed`). The order of rows and columns is
    irrelevant. `dsnb.compare.meeting` says when two cells are the same.

    Without a key, whole rows are compared: a row that is three times in the old table and twice
    in the new one is removed once. The rows of a key value that several rows of a side have are
    compared in the same way, among themselves: what has an equal on the other side is unchanged,
    what has none is added or removed, and nothing is changed, for nobody can say which row became
    which. Such key values are counted.

    Parameters
    ----------
    old, new
        The tables. Neither is loaded whole.
    key
        The version's key columns, used when ``options.on`` is not given.
    options
        How they are compared.

    Raises
    ------
    MissingColumnError
        When a column that was named is not there.
    ComparisonError
        When a column is both to match on and to be ignored, several columns of a table have the
        same name (ignoring that name helps), two filled tables have no column to compare, or a
        tolerance is given and no key.
    TableError
        When a table cannot be read.
    """
    options = options or Options()
    pair = TablePair(old, new)
    pair.check_named(options.ignore, "ignore")
    pair.check_named(options.columns or (), "compare")
    pair.check_named([name for name in options.tolerance if name], "tolerate differences in")
    pair.refuse_repeated(options.ignore)
    with open_database(options.memory * 10**6, "Comparing rows") as database:
        shared = [column for column in pair.shared if column.name not in options.ignore]
        chosen, source = choose_key(database, pair, shared, options.on, key, options.ignore)
        if not shared and old.rows and new.rows:
            raise ComparisonError(
                "The rows cannot be compared: the two tables have no column in common"
                + (" that is not ignored." if options.ignore else ".")
            )
        if options.tolerance and not chosen:
            raise ComparisonError(
                "Without a key, rows are compared as wholes, and a tolerance says nothing.",
                hint="Name the columns that identify a row: --on COLS.",
            )
        renamed = find_renamed(database, pair, chosen, options.ignore)
        compared = [
            column
            for column in [*shared, *renamed]
            if column not in chosen and _is_asked(column, options)
        ]
        match = match_rows(
            database, pair, chosen, compared, unique=source == "guessed", sample=options.sample
        )
        tolerated = drop_tolerated(database, compared, options) if match.paired else 0
        counts = count_changes(database, compared, options) if match.paired > tolerated else {}
        changed = [column for column in compared if column.name in counts]
        return RowsDiff(
            key=tuple(column.name for column in chosen),
            key_source=source,
            compared=tuple(column.name for column in compared),
            renamed=tuple(Renamed(column.fields[0].name, column.name) for column in renamed),
            added=match.added,
            removed=match.removed,
            changed=match.paired - tolerated,
            unchanged=match.equal + tolerated,
            repeated_keys_old=match.repeated_old,
            repeated_keys_new=match.repeated_new,
            changed_by_column=counts,
            cells=first_cells(database, pair, chosen, changed, options),
            columns=describe_changes(database, pair, compared, counts, options),
            _in_full=gather(database, pair, chosen, compared, changed, options),
        )


def _is_asked(column: Shared, options: Options) -> bool:
    return options.columns is None or column.name in options.columns
