"""The registry as it grows, beside stock TinyDB and SQLite; and why runs have a file of their own.

A version's document has about 600 bytes, as real ones do. Each engine holds the same documents and
makes each write survive a power cut: SQLite with a write-ahead log and ``synchronous=FULL``.
"""

from __future__ import annotations

import gc
import itertools
import sqlite3
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from dsnb.catalog.jsonfile import AtomicJSONStorage
from dsnb.catalog.resolving import resolve
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.records import Column, Definition, Run, Source, Version, now, to_document
from dsnb.refs import parse
from tests.benchmarks.timing import Row, in_turn, ratio

SIZES = (100, 1_000, 10_000, 100_000)
_VERSIONS = 10_000
_LOOK_UPS = 500
_EACH = 10  # versions of one dataset

LOOK_UP_TARGET = 0.02  # ms, at any size
OPEN_TARGETS = {10_000: 1.5}
REGISTER_TARGETS = {10_000: 0.5}
REGISTER_TIMES = {1_000: 3.0}  # ms


def measure(folder: Path) -> Iterator[Row]:
    """Time look-ups, opening and registering at each size, then a run's record."""
    for size in SIZES:
        place = folder / str(size)
        place.mkdir()
        yield from _at(size, list(_documents(size)), place)
        gc.unfreeze()
    yield _of_runs(folder, list(_documents(_VERSIONS)))


def _at(size: int, documents: list[dict[str, Any]], folder: Path) -> Iterator[Row]:
    import orjson

    ours, stock, sqlite = _ours(folder, documents), _Stock(folder, documents), _Lite(folder)
    sqlite.fill(documents)
    # What only this benchmark holds shall not cost the collector's time while others are timed.
    gc.freeze()
    few = size >= SIZES[-1]
    picked = documents[:: max(1, size // _LOOK_UPS)][:_LOOK_UPS]

    refs = [parse(f"{one['name']}@{one['version']}") for one in picked]
    names = [(one["name"], one["version"]) for one in picked]
    yield _look_up(
        f"look up name@number among {size:,} versions",
        {
            "dsnb": lambda: [resolve(ours.view(), ref) for ref in refs],
            "SQLite": lambda: [sqlite.get(*name) for name in names],
        },
        len(picked),
        stock=lambda: stock.get(*names[-1]),
    )
    yield _look_up(
        f"look up an id among {size:,} versions",
        {"dsnb": lambda: [ours.view().by_id(one["id"]) for one in picked]},
        len(picked),
    )

    path = folder / "registry.json"
    times = in_turn(
        {
            "dsnb": lambda: TinyCatalog(path, folder / "no runs", folder / "backups").view(),
            "orjson": lambda: orjson.loads(path.read_bytes()),
        },
        2 if few else 9,
    )
    what = f"open {size:,} versions / parse the file with orjson"
    yield ratio(what, OPEN_TARGETS.get(size), times, "dsnb", "orjson")

    new = _new_versions()
    times = in_turn(
        {
            "dsnb": lambda: _register(ours, next(new)),
            "TinyDB": lambda: stock.insert(to_document(next(new))),
            "SQLite": lambda: sqlite.insert(to_document(next(new))),
        },
        1 if few else 9,
    )
    what = f"register among {size:,} versions / stock TinyDB's insert"
    yield ratio(what, REGISTER_TARGETS.get(size), times, "dsnb", "TinyDB")
    medians = {name: statistics.median(values) for name, values in times.items()}
    what = f"register among {size:,} versions"
    yield Row(what, medians["dsnb"] * 1e3, REGISTER_TIMES.get(size), "ms", medians)
    sqlite.close()


def _look_up(
    what: str,
    actions: dict[str, Callable[[], Any]],
    count: int,
    stock: Callable[[], Any] | None = None,
) -> Row:
    times = in_turn(actions, 3)
    medians = {name: statistics.median(values) / count for name, values in times.items()}
    if stock is not None:  # it reads the whole file each time: once is enough to see it
        began = time.perf_counter()
        stock()
        medians["TinyDB"] = time.perf_counter() - began
    return Row(what, medians["dsnb"] * 1e3, LOOK_UP_TARGET, "ms", medians)


def _ours(folder: Path, documents: list[dict[str, Any]]) -> TinyCatalog:
    from tinydb import TinyDB

    path = folder / "registry.json"
    with TinyDB(path, storage=AtomicJSONStorage) as database:
        database.table("versions").insert_multiple(documents)
    catalog = TinyCatalog(path, folder / "runs.json", folder / "backups")
    _register(catalog, next(_new_versions()))
    return catalog


def _register(catalog: TinyCatalog, version: Version) -> None:
    with catalog.transaction() as transaction:
        number = transaction.next_number(version.name)
        transaction.add_version(replace(version, version=number))


class _Stock:
    """TinyDB as it comes; opened for each operation, as it must be where others write too."""

    def __init__(self, folder: Path, documents: list[dict[str, Any]]) -> None:
        self._path = folder / "stock.json"
        self.insert(*documents)

    def insert(self, *documents: dict[str, Any]) -> None:
        from tinydb import TinyDB

        with TinyDB(self._path) as database:
            database.table("versions").insert_multiple(documents)

    def get(self, name: str, number: int) -> Any:
        from tinydb import TinyDB, where

        with TinyDB(self._path) as database:
            is_it = (where("name") == name) & (where("version") == number)
            return database.table("versions").get(is_it)


class _Lite:
    """A table of documents in SQLite, with the two indices that the look-ups want."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "lite.db")
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(
            "CREATE TABLE versions (id TEXT PRIMARY KEY, name TEXT, version INTEGER, document TEXT)"
        )
        self._database.execute("CREATE INDEX by_name ON versions (name, version)")

    def fill(self, documents: list[dict[str, Any]]) -> None:
        self.insert(*documents)

    def insert(self, *documents: dict[str, Any]) -> None:
        import orjson

        rows = [(one["id"], one["name"], one["version"], orjson.dumps(one)) for one in documents]
        with self._database:
            self._database.executemany("INSERT INTO versions VALUES (?, ?, ?, ?)", rows)

    def get(self, name: str, number: int) -> Any:
        import orjson

        found = self._database.execute(
            "SELECT document FROM versions WHERE name = ? AND version = ?", (name, number)
        )
        return orjson.loads(found.fetchone()[0])

    def close(self) -> None:
        self._database.close()


def _of_runs(folder: Path, documents: list[dict[str, Any]]) -> Row:
    _ours(folder, documents)
    versions = folder / "registry.json"
    # The same file for both kinds of records is how it would be without a file for the runs.
    together = TinyCatalog(versions, versions, folder / "backups")
    apart = TinyCatalog(versions, folder / "runs.json", folder / "backups")
    run = Run(id="1", name="bench", process=1, process_started=0.0, started=now())
    times = in_turn(
        {"together": lambda: together.save_run(run), "apart": lambda: apart.save_run(run)}, 9
    )
    what = "record a run beside 10,000 versions / in a file of its own"
    return ratio(what, None, times, "together", "apart")


def _new_versions() -> Iterator[Version]:
    """Yield versions of a few datasets of their own, each with an id of its own."""
    for number in itertools.count():
        yield replace(_VERSION, name=f"new{number % 3}", id=str(uuid.uuid4()))


def _documents(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        name, one = f"dataset{number // _EACH}", str(uuid.uuid4())
        yield to_document(
            replace(
                _VERSION,
                name=name,
                version=number % _EACH + 1,
                id=one,
                manifest=2 * one.replace("-", ""),
            )
        )


_VERSION = Version(
    name="weather_ds",
    version=1,
    id="",
    definition=Definition(sources=(Source(datastore="default", path="data/weather.csv"),)),
    manifest="0" * 64,
    digest="0" * 64,
    kind="tabular",
    format="csv",
    files=1,
    size=1_234_567,
    rows=26_115,
    columns=(Column("temp", "float64"),),
    created=now(),
    creator="me",
)
