"""Finding what is wrong with single records, and putting it right without losing the others."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsnb.catalog.base import Damage
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.errors import RegistryDamagedError, RegistryError
from dsnb.records import now
from tests.catalog.records import add, catalog_in, some_run, tables_in, write_tables

REGISTRY, RUNS = Path("registry.json"), Path("runs.json")
Tables = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture
def catalog() -> TinyCatalog:
    """Return a catalogue with ds@1 to ds@3, the alias prod of ds@2, other@1 and two runs."""
    catalog = catalog_in()
    for name in ("ds", "ds", "ds", "other"):
        add(catalog, name, description=f"of {name}")
    with catalog.transaction() as transaction:
        transaction.set_alias("ds", "prod", 2)
    for number in "12":
        catalog.save_run(some_run(f"run {number}", number))
    return catalog


def change(path: Path, how: Callable[[Tables], object]) -> None:
    """Change a file by hand, in place."""
    tables = tables_in(path)
    how(tables)
    write_tables(path, tables)


def without_backups() -> None:
    for path in Path("backups").iterdir():
        path.unlink()


def everything(catalog: TinyCatalog) -> dict[str, Any]:
    view = catalog.view()
    return {
        name: [view.version(name, number) for number in view.numbers(name)] for name in view.names()
    }


BAD_RECORDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key is missing": lambda record: record.pop("manifest"),
    "the id is missing": lambda record: record.pop("id"),
    "the name is missing": lambda record: record.pop("name"),
    "a value has another type": lambda record: record.update(created=5),
    "the number is none": lambda record: record.update(version=None),
    "the number is negative": lambda record: record.update(version=-1),
    "the number is 0": lambda record: record.update(version=0),
    "the number is huge": lambda record: record.update(version=10**30),
    "everything is gone": lambda record: record.clear(),
}


@pytest.mark.parametrize("bad", BAD_RECORDS)
def test_a_damaged_record_comes_back_from_a_backup(catalog: TinyCatalog, bad: str) -> None:
    before = everything(catalog)
    change(REGISTRY, lambda tables: BAD_RECORDS[bad](tables["versions"]["2"]))
    damages = catalog.check()
    assert any("cannot be read" in damage.what for damage in damages)
    assert all(damage.mendable for damage in damages)
    mended, lost = catalog.repair()
    assert "ds@2 came back from a backup." in mended
    assert lost == ()
    assert everything(catalog) == everything(catalog_in()) == before
    assert catalog.view().aliases("ds") == {"prod": 2}
    assert catalog.check() == []


@pytest.mark.parametrize("bad", BAD_RECORDS)
def test_a_damaged_record_that_no_backup_has_is_lost_alone_and_by_name(
    catalog: TinyCatalog, bad: str
) -> None:
    without_backups()
    before = everything(catalog)
    change(REGISTRY, lambda tables: BAD_RECORDS[bad](tables["versions"]["3"]))
    mended, lost = catalog.repair()
    [one] = lost
    assert one in ("ds@3: no backup has it.", "The version in row 3: no backup has it.")
    assert everything(catalog) == {"ds": before["ds"][:2], "other": before["other"]}
    assert add(catalog, "ds").version == 4  # its number stays used
    kept = tables_in(Path("backups/registry-damaged.json"))
    assert any("registry-damaged.json" in one for one in mended)
    assert "3" in kept["versions"]
    assert catalog.check() == []


def test_a_record_is_found_in_an_older_backup_and_keeps_its_present_name(
    catalog: TinyCatalog,
) -> None:
    with catalog.transaction() as transaction:
        transaction.rename("ds", "renamed")
    newest = max(Path("backups").glob("registry-*"))
    for path in (REGISTRY, newest):
        change(path, lambda tables: tables["versions"]["2"].pop("manifest"))
    assert "renamed@2 came back from a backup." in catalog.repair().mended
    assert catalog.view().numbers("renamed") == [1, 2, 3]


def test_what_the_newest_backup_has_and_nobody_removed_is_brought_back(
    catalog: TinyCatalog,
) -> None:
    before = everything(catalog)
    change(REGISTRY, lambda tables: [tables["versions"].pop(row) for row in "13"])
    assert [damage.records for damage in catalog.check()] == [("ds@1",), ("ds@3",)]
    assert catalog.repair().lost == ()
    assert everything(catalog) == before


def test_what_was_removed_or_renamed_on_purpose_is_not_brought_back(catalog: TinyCatalog) -> None:
    newest = max(Path("backups").glob("registry-*"))
    older = newest.read_bytes()
    version = catalog.view().version("ds", 1)
    with catalog.transaction() as transaction:
        assert version is not None
        transaction.remove_version(version)
        transaction.rename("ds", "renamed")
    for path in Path("backups").glob("registry-*"):
        path.write_bytes(older)  # as if no later copy could be made
    assert catalog.check() == []
    assert catalog.repair() == ((), ())


def twice(tables: Tables, **changes: Any) -> None:
    tables["versions"]["9"] = {**tables["versions"]["2"], **changes}


def test_the_same_record_twice_is_there_once(catalog: TinyCatalog) -> None:
    before = everything(catalog)
    change(REGISTRY, twice)
    assert [damage.what for damage in catalog.check()] == ["ds@2 is there twice."]
    assert catalog.repair().lost == ()
    assert everything(catalog) == before
    assert len(tables_in(REGISTRY)["versions"]) == 4


def test_two_versions_of_one_number_are_both_kept(catalog: TinyCatalog) -> None:
    change(REGISTRY, lambda tables: twice(tables, id="another", description="the other"))
    [damage] = catalog.check()
    assert (damage.what, damage.records) == ("There are two different versions ds@2.", ("ds@2",))
    assert "The later of two versions ds@2 is ds@4 now." in catalog.repair().mended
    view = catalog.view()
    assert [v.description for n in (2, 4) if (v := view.version("ds", n))] == ["of ds", "the other"]
    assert add(catalog).version == 5


def test_two_versions_of_one_id_get_one_each(catalog: TinyCatalog) -> None:
    change(REGISTRY, lambda tables: twice(tables, version=7))
    assert catalog.repair().lost == ()
    view = catalog.view()
    second, seventh = view.version("ds", 2), view.version("ds", 7)
    assert second is not None
    assert seventh is not None
    assert second.id != seventh.id
    assert view.by_id(second.id) == second


def test_an_alias_to_nowhere_is_taken_away_and_told(catalog: TinyCatalog) -> None:
    change(REGISTRY, lambda tables: tables["aliases"]["1"].update(version=9))
    [damage] = catalog.check()
    assert "alias prod points to ds@9, which is not there" in damage.what
    assert catalog.repair().lost == ("The alias prod: ds@9 is not there.",)
    assert catalog.view().aliases("ds") == {}


def test_a_damaged_alias_comes_back_from_a_backup(catalog: TinyCatalog) -> None:
    change(REGISTRY, lambda tables: tables["aliases"]["1"].update(version="two"))
    assert catalog.repair().lost == ()
    assert catalog.view().aliases("ds") == {"prod": 2}


def test_an_alias_that_is_there_twice_points_where_it_did(catalog: TinyCatalog) -> None:
    change(
        REGISTRY,
        lambda tables: tables["aliases"].update({"5": {**tables["aliases"]["1"], "version": 3}}),
    )
    before = catalog.view().aliases("ds")
    assert catalog.repair().lost == ()
    assert catalog.view().aliases("ds") == before
    assert len(tables_in(REGISTRY)["aliases"]) == 1


@pytest.mark.parametrize("last", [1, "three", None, -5])
def test_numbers_that_were_used_are_never_used_again(catalog: TinyCatalog, last: object) -> None:
    versions = [catalog.view().version("ds", 3)]
    with catalog.transaction() as transaction:
        assert versions[0] is not None
        transaction.remove_version(versions[0])
    change(REGISTRY, lambda tables: tables["names"]["1"].update(last=last))
    [damage, *_] = catalog.check()
    assert damage.mendable
    assert catalog.repair().lost == ()
    assert add(catalog).version == 4


def test_a_version_from_the_future_is_only_remarked(catalog: TinyCatalog) -> None:
    add(catalog, created=now() + timedelta(days=3))
    [damage] = catalog.check()
    assert damage == Damage(
        "registry.json",
        "ds@4 is dated in the future: the clock was wrong then, or is now.",
        ("ds@4",),
        mendable=False,
        remedy="Nothing needs to be done: numbers, not dates, tell the order.",
        harmless=True,
    )
    assert catalog.repair() == ((), ())


@pytest.mark.parametrize(
    "content", ["[]", "5", '"x"', "null", '{"versions": 5}', '{"versions": {"1": 5}}', "{"]
)
def test_json_of_another_shape_is_mended_without_loss(catalog: TinyCatalog, content: str) -> None:
    before = everything(catalog)
    REGISTRY.write_text(content)
    assert all(damage.mendable for damage in catalog.check())
    assert catalog.repair().lost == ()
    assert everything(catalog) == before


def test_newer_backups_that_are_damaged_are_passed_over_and_told(catalog: TinyCatalog) -> None:
    newest, second = sorted(Path("backups").glob("registry-*"))[:-3:-1]
    newest.write_bytes(b"garbage")
    REGISTRY.write_bytes(b"")
    mended, lost = catalog.repair()
    assert second.name in mended[0]
    assert lost[0].startswith("What registry.json got after 20")
    assert catalog.view().aliases("ds") == {}
    assert catalog.view().numbers("ds") == [1, 2, 3]


def test_without_any_good_backup_the_registry_begins_anew_and_says_so(
    catalog: TinyCatalog,
) -> None:
    for path in Path("backups").iterdir():
        path.write_bytes(b"garbage")
    REGISTRY.write_bytes(b"garbage")
    mended, lost = catalog.repair()
    assert "registry.json begins anew, empty." in mended
    assert lost == ("Everything that registry.json held: no backup of it is good.",)
    assert catalog.view().names() == []
    assert Path("backups/registry-damaged.json").read_bytes() == b"garbage"
    assert catalog.check() == []


def test_a_folder_that_stands_in_the_registrys_place_is_put_aside() -> None:
    (REGISTRY / "within").mkdir(parents=True)
    catalog = catalog_in()
    assert catalog.repair().lost != ()
    assert Path("backups/registry-damaged.json/within").is_dir()
    assert add(catalog).version == 1


def test_a_registry_that_is_gone_comes_back(catalog: TinyCatalog) -> None:
    before = everything(catalog)
    REGISTRY.unlink()
    with pytest.raises(RegistryDamagedError, match=r"it is gone.*doctor --repair"):
        catalog.view()  # an empty registry in its place would use its numbers again
    [damage] = catalog.check()
    assert "is missing, and there are backups" in damage.what
    assert catalog.repair().lost == ()
    assert everything(catalog) == before


def test_an_empty_workspace_has_nothing_to_mend() -> None:
    assert catalog_in().check() == []
    assert catalog_in().repair() == ((), ())
    assert list(Path.cwd().iterdir()) == []


def test_other_peoples_tables_and_keys_are_kept(catalog: TinyCatalog) -> None:
    def add_own(tables: Tables) -> None:
        tables["mine"] = {"1": {"a": 1}}
        tables["versions"]["1"]["colour"] = "blue"
        tables["versions"]["2"].pop("manifest")

    change(REGISTRY, add_own)
    catalog.repair()
    tables = tables_in(REGISTRY)
    assert tables["mine"] == {"1": {"a": 1}}
    assert tables["versions"]["1"]["colour"] == "blue"


def test_a_damaged_run_comes_back_or_is_lost_by_name(catalog: TinyCatalog) -> None:
    change(RUNS, lambda tables: [row.pop("process") for row in tables["runs"].values()])
    assert [damage.records for damage in catalog.check()] == [("1",), ("2",)]
    mended, lost = catalog.repair()
    assert "The run 1 came back from a backup." in mended
    assert lost == ("The run 2.",)  # it was written within the minute of the first copy
    assert [run.name for run in catalog.runs().values()] == ["run 1"]


def test_a_run_that_is_there_twice_is_kept_as_it_was_recorded_last(catalog: TinyCatalog) -> None:
    change(
        RUNS,
        lambda tables: tables["runs"].update({"3": {**tables["runs"]["1"], "name": "later"}}),
    )
    assert catalog.repair().lost == ()
    assert sorted(run.name for run in catalog.runs().values()) == ["later", "run 2"]


def test_a_repair_that_the_disk_refuses_changes_nothing(small_disk: Path) -> None:
    catalog = catalog_in(small_disk)
    add(catalog, description="x" * 50_000)
    registry = small_disk / "registry.json"
    os.truncate(registry, 40_000)
    before = registry.read_bytes()
    (small_disk / "ballast").write_bytes(bytes(120_000))
    with pytest.raises(RegistryError, match="no room left"):
        catalog.repair()
    assert registry.read_bytes() == before
    (small_disk / "ballast").unlink()
    assert catalog.repair().lost == ()
    assert catalog.view().numbers("ds") == [1]


def test_repaired_registries_are_plain_json(catalog: TinyCatalog) -> None:
    change(REGISTRY, twice)
    catalog.repair()
    assert set(json.loads(REGISTRY.read_bytes())) >= {"versions", "aliases", "names", "meta"}
