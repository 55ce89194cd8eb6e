"""DuckDB, for the length of one question: bounded in memory, interruptible, with progress.

DuckDB answers what need not be loaded: it scans Parquet and Arrow tables in place, uses every core
and moves to disk what does not fit. It was measured against Polars and pandas (CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnb.errors import DsnbError, OutOfRoomError, TableError, first_line
from dsnb.progress import waiting
from dsnb.storage.discovery import cache_folder

if TYPE_CHECKING:
    import duckdb
    import pyarrow

    _Fetch = Callable[[duckdb.DuckDBPyConnection, str], Any]

_TICK = 0.1
"""Seconds between two looks at how far a statement is."""
_SPILL = "spill"


class Database:
    """A private DuckDB database in memory.

    Use `open_database`. Statements run in threads, while the calling one waits: so Ctrl-C ends
    them at once, wherever they are.

    Parameters
    ----------
    connection
        The connection.
    tell
        To be told how far a statement is, in per cent.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tell: Callable[[float], None]
    ) -> None:
        self._connection = connection
        self._tell = tell
        self._registered: dict[str, Callable[[], object]] = {}
        # No path and no value that a statement holds is like this by chance.
        self._prefix = f"registered_{os.urandom(6).hex()}_"
        # Cursors share the database, but not what was registered.
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._pool = ThreadPoolExecutor()

    def register(self, make: Callable[[], object]) -> str:
        """Make an Arrow table or reader known, and return the name of it in SQL.

        Parameters
        ----------
        make
            Returns it; called wherever a statement names it, as a reader can be read only once.
        """
        name = f"{self._prefix}{len(self._registered)}"
        self._registered[name] = make
        return name

    def run(self, *statements: str) -> None:
        """Run statements beside each other; they must not need each other's results.

        Raises
        ------
        OutOfRoomError
            When memory and disk are full.
        TableError
            When a file cannot be read.
        """
        self._waited([(statement, _execute) for statement in statements])

    def row(self, statement: str) -> tuple[Any, ...]:
        """Return the one row that a statement gives."""
        [row] = self.all(statement)
        return row

    def all(self, statement: str) -> list[tuple[Any, ...]]:
        """Return all rows that a statement gives."""
        [rows] = self._waited([(statement, lambda cursor, asked: cursor.execute(asked).fetchall())])
        return list(rows)

    def arrow(self, statement: str) -> pyarrow.Table:
        """Return what a statement gives as an Arrow table."""
        [table] = self._waited(
            [(statement, lambda cursor, asked: cursor.sql(asked).to_arrow_table())]
        )
        return table

    def close(self) -> None:
        """Let go of everything."""
        self._pool.shutdown()
        for cursor in (*self._cursors, self._connection):
            cursor.close()

    def _waited(self, asked: Sequence[tuple[str, _Fetch]]) -> list[Any]:
        import duckdb

        cursors = [self._cursor(turn) for turn in range(len(asked))]
        running = [
            self._pool.submit(fetch, cursor, self._with_registered(cursor, statement))
            for cursor, (statement, fetch) in zip(cursors, asked, strict=True)
        ]
        try:
            self._wait(running, cursors[0])
            return [one.result() for one in running]
        except BaseException as error:
            for cursor in cursors:
                cursor.interrupt()
            wait(running)
            if isinstance(error, duckdb.Error):
                raise _refused(error) from error
            raise

    def _cursor(self, turn: int) -> duckdb.DuckDBPyConnection:
        """Return a cursor for the statement that is run beside so many others."""
        if turn == len(self._cursors):
            cursor = self._connection.cursor()
            cursor.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
            self._cursors.append(cursor)
        return self._cursors[turn]

    def _with_registered(self, cursor: duckdb.DuckDBPyConnection, statement: str) -> str:
        """Make known to a cursor what a statement names; return it with a name for each mention."""
        mentions = count()

        def registered(found: re.Match[str]) -> str:
            name = f"mentioned_{next(mentions)}"
            cursor.register(name, self._registered[found[0]]())
            return name

        return re.sub(rf"\b{self._prefix}\d+\b", registered, statement)

    def _wait(self, running: list[Future[Any]], cursor: duckdb.DuckDBPyConnection) -> None:
        import duckdb

        while wait(running, timeout=_TICK, return_when=FIRST_EXCEPTION).not_done:
            if any(one.done() and one.exception() for one in running):
                return
            with suppress(duckdb.Error):
                self._tell(cursor.query_progress())


def _execute(cursor: duckdb.DuckDBPyConnection, statement: str) -> None:
    cursor.execute(statement)


@contextmanager
def open_database(memory: int, doing: str) -> Iterator[Database]:
    """Open a DuckDB database in memory; nothing of it is left afterwards.

    Parameters
    ----------
    memory
        Bytes that tables and intermediate results may take before they move to disk; at least
        256 MB, as the engine does not work with less.
    doing
        What is said while a statement takes long.

    Examples
    --------
    >>> with open_database(10**9, "Counting") as database:
    ...     database.row("SELECT count(*) FROM range(27)")
    (27,)
    """
    import duckdb

    folder = _spill_folder()
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{max(memory, 256 << 20)}B",
        "temp_directory": str(folder),
        "preserve_insertion_order": False,
        # It must read what it is told to, and nothing else; and never fetch an extension.
        "autoinstall_known_extensions": False,
    }
    try:
        with waiting(doing) as tell:
            database = Database(duckdb.connect(config=settings), tell)
            try:
                yield database
            finally:
                database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def literal(text: str) -> str:
    """Return a text as SQL writes it.

    Examples
    --------
    >>> literal("week 27's")
    "'week 27''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return the name of a column as SQL writes it.

    Examples
    --------
    >>> quoted("time_hour")
    '"time_hour"'
    """
    return '"' + name.replace('"', '""') + '"'


def _spill_folder() -> Path:
    """Return a new name for what does not fit into memory; DuckDB makes the folder if it has to."""
    try:
        above = cache_folder() / _SPILL
        above.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(above)
    except OSError:
        above = Path(tempfile.gettempdir())
    return above / f"dsnb-{os.getpid()}-{os.urandom(6).hex()}"


def _clear_abandoned(above: Path) -> None:
    """Remove what killed processes left behind."""
    import psutil

    for folder in above.iterdir():
        process = folder.name.split("-")[1:2]
        if process and process[0].isdecimal() and not psutil.pid_exists(int(process[0])):
            shutil.rmtree(folder, ignore_errors=True)


def _refused(error: Exception) -> DsnbError:
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException):
        return OutOfRoomError(
            f"Neither memory nor disk has room for this: {first_line(error)}.",
            hint="Free some disk space, or allow more memory: %ds config diff.memory 4000",
        )
    return TableError(f"The tables cannot be read: {first_line(error)}.")
