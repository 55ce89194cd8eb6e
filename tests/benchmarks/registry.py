"""Writing the record of a run, in a file of its own and in that of ten thousand versions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dsnb.catalog.jsonfile import AtomicJSONStorage
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.records import Column, Definition, Run, Source, Version, now, to_document
from tests.benchmarks.timing import Row, in_turn, ratio

_VERSIONS = 10_000


def measure(folder: Path) -> Iterator[Row]:
    """Time a run's record among 10,000 versions."""
    from tinydb import TinyDB

    versions = folder / "versions.json"
    with TinyDB(versions, storage=AtomicJSONStorage) as database:
        database.table("versions").insert_multiple(_documents())
    # The same file for both kinds of records is how it would be without a file for the runs.
    together = TinyCatalog(versions, versions, folder / "backups")
    apart = TinyCatalog(versions, folder / "runs.json", folder / "backups")
    run = Run(id="1", name="bench", process=1, process_started=0.0, started=now())
    times = in_turn(
        {"together": lambda: together.save_run(run), "apart": lambda: apart.save_run(run)}, 9
    )
    yield ratio(
        "record a run beside 10,000 versions / in a file of its own",
        None,
        times,
        "together",
        "apart",
    )


def _documents() -> Iterator[dict[str, object]]:
    version = Version(
        name="",
        version=1,
        id="",
        definition=Definition(sources=(Source(datastore="default", path="data/weather.csv"),)),
        manifest="0" * 64,
        digest="0" * 64,
        kind="tabular",
        format="csv",
        files=1,
        size=1,
        columns=(Column("temp", "float64"),),
        created=now(),
    )
    for number in range(_VERSIONS):
        name, one = f"dataset{number // 10}", str(uuid.uuid4())
        yield to_document(replace(version, name=name, version=number % 10 + 1, id=one))
