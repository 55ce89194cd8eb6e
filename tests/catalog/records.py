"""Versions, registries and their damage, for the tests of the catalogue."""

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsnb.catalog.base import Catalog
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.records import Definition, Run, Version, now

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
_IDS = itertools.count()


def some_version(name: str = "ds", version: int = 1, **known: Any) -> Version:
    return Version(
        **{
            "name": name,
            "version": version,
            "id": f"id-{next(_IDS)}",
            "definition": Definition(sources=()),
            "manifest": "0" * 64,
            "digest": "0" * 64,
            "kind": "file",
            "files": 0,
            "size": 0,
            "created": NOON,
            **known,
        }
    )


def some_run(name: str = "session", identifier: str = "an-id") -> Run:
    return Run(id=identifier, name=name, process=1, process_started=0.5, started=now())


def catalog_in(folder: Path | str = ".", timeout: float = 30.0) -> TinyCatalog:
    folder = Path(folder)
    return TinyCatalog(
        folder / "registry.json", folder / "runs.json", folder / "backups", timeout=timeout
    )


def add(catalog: Catalog, name: str = "ds", **known: Any) -> Version:
    """Add the next version of a dataset."""
    with catalog.transaction() as transaction:
        version = some_version(name, transaction.next_number(name), **known)
        transaction.add_version(version)
    return version


def tables_in(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(path.read_bytes())
    return found


def write_tables(path: Path, tables: object) -> None:
    path.write_text(json.dumps(tables))
