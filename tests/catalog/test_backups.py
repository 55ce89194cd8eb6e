"""The last good copies: their content, their order, and that nothing about them stops a write."""

import os
from pathlib import Path

import pytest

from dsnb.catalog.backups import KEPT_BACKUPS, Backups
from tests.catalog.records import add, catalog_in, some_run

REGISTRY = Path("registry.json")
BACKUPS = Path("backups")


def copies() -> list[bytes]:
    """Return the contents of the registry's backups, the newest first."""
    return [path.read_bytes() for path in Backups(BACKUPS, REGISTRY).newest_first()]


def test_the_newest_copies_are_kept_and_the_newest_of_all_is_what_the_registry_holds() -> None:
    contents: list[bytes] = []
    for _ in range(KEPT_BACKUPS + 3):
        add(catalog_in())
        contents.insert(0, REGISTRY.read_bytes())
        assert copies() == contents[:KEPT_BACKUPS]


def test_a_registry_that_is_cut_short_in_place_loses_nothing() -> None:
    for _ in range(3):
        add(catalog_in())
    os.truncate(REGISTRY, 10)
    os.replace(Backups(BACKUPS, REGISTRY).newest_first()[0], REGISTRY)
    assert catalog_in().view().numbers("ds") == [1, 2, 3]


def test_a_clock_that_goes_backwards_does_not_change_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hours = iter(range(100, 0, -1))
    monkeypatch.setattr("time.time", lambda: next(hours) * 3600.0)
    monkeypatch.setattr("time.time_ns", lambda: next(hours) * 3600 * 10**9)
    catalog = catalog_in()
    for number in range(1, 2 * KEPT_BACKUPS):
        add(catalog)
        assert copies()[0] == REGISTRY.read_bytes()
        assert catalog.view().numbers("ds") == list(range(1, number + 1))


def test_garbage_among_them_does_not_matter() -> None:
    BACKUPS.mkdir()
    for name in (
        "registry-.json",
        "registry-x.json",
        "registry-1.json.bak",
        "notes.txt",
        "-1.json",
    ):
        (BACKUPS / name).write_bytes(b"\xff")
    (BACKUPS / "registry-000007.json").mkdir()
    os.symlink("nowhere", BACKUPS / "registry-000008.json")
    (BACKUPS / f"registry-{'9' * 30}.json").touch()
    before = {path.name for path in BACKUPS.iterdir()}
    for _ in range(KEPT_BACKUPS + 1):
        add(catalog_in())
    assert add(catalog_in()).version == KEPT_BACKUPS + 2
    assert before - {path.name for path in BACKUPS.iterdir()} <= {"registry-000008.json"}
    assert catalog_in().check() == []


@pytest.mark.parametrize("obstacle", ["a file in place of the folder", "a full disk"])
def test_copies_that_cannot_be_made_do_not_stop_a_write(
    obstacle: str, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if obstacle == "a full disk":
        os.symlink(small_disk, BACKUPS)
        (small_disk / "ballast").write_bytes(bytes(256 * 1024 - 4096))
        os.chdir(".")
    else:
        BACKUPS.touch()
    catalog = catalog_in()
    assert [add(catalog, description="x" * 5000).version for _ in range(3)] == [1, 2, 3]
    assert copies() == []
    assert catalog_in().check() == []


def test_runs_are_copied_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Backups(BACKUPS, Path("runs.json"))
    catalog = catalog_in()
    catalog.save_run(some_run("first"))
    catalog.save_run(some_run("second"))
    [only] = kept.newest_first()
    assert b"first" in only.read_bytes()
    os.utime(only, (0, 0))
    catalog.save_run(some_run("third"))
    assert b"third" in kept.newest_first()[0].read_bytes()
    os.utime(kept.newest_first()[0], (2**33, 2**33))  # a clock was wrong then
    catalog.save_run(some_run("fourth"))
    assert b"fourth" in kept.newest_first()[0].read_bytes()
