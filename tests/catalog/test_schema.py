"""Registries of an older schema are read as they are, and brought up when they are written."""

from pathlib import Path

import pytest
from tinydb import TinyDB

from dsnb.catalog.schema import SCHEMA_VERSION
from dsnb.errors import RegistryTooNewError
from dsnb.records import to_document
from tests.catalog.records import add, catalog_in, some_run, some_version, tables_in

REGISTRY = Path("registry.json")


@pytest.fixture
def oldest() -> bytes:
    """Write a registry as TinyDB alone makes it, and return its content."""
    with TinyDB(REGISTRY) as stock:
        table = stock.table("versions")
        for name, number in (("ds", 1), ("ds", 2), ("other", 7)):
            table.insert(to_document(some_version(name, number)))
        stock.table("aliases").insert({"name": "ds", "alias": "prod", "version": 2})
    return REGISTRY.read_bytes()


def test_a_registry_of_the_oldest_schema_is_read_and_not_touched(oldest: bytes) -> None:
    view = catalog_in().view()
    assert (view.names(), view.numbers("ds")) == (["ds", "other"], [1, 2])
    assert (view.aliases("ds"), view.next_number("other")) == ({"prod": 2}, 8)
    assert catalog_in().check() == []
    assert REGISTRY.read_bytes() == oldest
    assert [path.name for path in Path.cwd().iterdir()] == ["registry.json"]


def test_it_is_brought_up_with_the_first_change_and_kept_as_it_was(oldest: bytes) -> None:
    catalog = catalog_in()
    with catalog.transaction() as transaction:
        assert transaction.numbers("ds") == [1, 2]
    assert REGISTRY.read_bytes() == oldest
    with catalog.transaction() as transaction:
        transaction.set_alias("ds", "old", 1)
    tables = tables_in(REGISTRY)
    assert list(tables["meta"].values()) == [{"schema_version": SCHEMA_VERSION}]
    lasts = {row["name"]: row["last"] for row in tables["names"].values()}
    assert lasts == {"ds": 2, "other": 7}
    for _ in range(10):
        add(catalog)
    assert Path("backups/registry-schema0.json").read_bytes() == oldest


def test_numbers_stay_used_from_then_on(oldest: bytes) -> None:
    catalog = catalog_in()
    with catalog.transaction() as transaction:
        version = transaction.version("other", 7)
        assert version is not None
        transaction.remove_version(version)
    assert add(catalog_in(), "other").version == 8


def test_two_old_registries_are_both_kept(oldest: bytes) -> None:
    for _ in range(2):
        REGISTRY.write_bytes(oldest)
        add(catalog_in())
    kept = sorted(path.name for path in Path("backups").glob("*schema*"))
    assert kept == ["registry-schema0-2.json", "registry-schema0.json"]


def test_old_runs_are_brought_up_too() -> None:
    with TinyDB("runs.json") as stock:
        stock.table("runs").insert(to_document(some_run("old", "1")))
    catalog = catalog_in()
    assert [run.name for run in catalog.runs().values()] == ["old"]
    catalog.save_run(some_run("new", "2"))
    assert [run.name for run in catalog_in().runs().values()] == ["old", "new"]
    assert Path("backups/runs-schema0.json").exists()


@pytest.mark.parametrize("path", ["registry.json", "runs.json"])
def test_a_newer_schema_is_refused_everywhere_and_stays_as_it_is(path: str) -> None:
    with TinyDB(path) as stock:
        stock.table("meta").insert({"schema_version": SCHEMA_VERSION + 1})
    before = Path(path).read_bytes()
    catalog = catalog_in()
    attempts = {
        "registry.json": [catalog.view, lambda: add(catalog)],
        "runs.json": [catalog.runs, lambda: catalog.save_run(some_run())],
    }
    for attempt in attempts[path]:
        with pytest.raises(RegistryTooNewError, match=r"json was written by a newer dsnb.*Upgrade"):
            attempt()
    [damage] = catalog.check()
    assert (damage.mendable, "newer dsnb" in damage.what, "Upgrade" in damage.remedy) == (
        False,
        True,
        True,
    )
    assert catalog.repair() == ((), ())
    assert Path(path).read_bytes() == before
