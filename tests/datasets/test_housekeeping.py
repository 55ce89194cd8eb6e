"""Keeping house: what nothing needs goes, and nothing else."""

import os
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dsnb
from dsnb.datasets import housekeeping, registration
from dsnb.datasets.housekeeping import GarbageCollection
from dsnb.datasets.removal import Retention
from dsnb.errors import RegistryError, UsageError
from dsnb.refs import parse
from dsnb.storage.atomic import TEMPORARY
from dsnb.tables.cachefiles import entries
from dsnb.tables.filling import FILLER
from dsnb.workspace import Workspace
from tests.workbench import load, register, register_table, write


def collect(workspace: Workspace, dry_run: bool = False, **retention: Any) -> GarbageCollection:
    return workspace.collect_garbage(Retention(**retention), dry_run=dry_run)


def kinds(done: GarbageCollection) -> dict[str, int]:
    return {one.kind: one.files for one in done.swept}


def files(workspace: Workspace) -> set[Path]:
    return {path for path in workspace.layout.folder.rglob("*") if path.is_file()}


@pytest.fixture
def five(workspace: Workspace) -> Workspace:
    for number in range(1, 6):
        write("a.txt", f"{number}" * 3000)
        register(workspace, "a.txt")
    return workspace


def numbers(workspace: Workspace) -> list[int]:
    return sorted(row.version.version for row in workspace.versions("ds").rows)


def test_there_is_nothing_to_free_while_everything_is_needed(five: Workspace) -> None:
    before = files(five)
    done = collect(five)
    assert (done.versions, done.swept) == ((), ())
    assert files(five) >= before
    five.restore(five.resolve("ds@1"), "old")
    assert Path("old/a.txt").read_text() == "1" * 3000


def test_what_deleted_versions_kept_is_freed(five: Workspace) -> None:
    five.delete([parse("ds@1"), parse("ds@2")])
    before = files(five)
    told = collect(five, dry_run=True)
    assert files(five) >= before
    done = collect(five)
    assert kinds(done) == kinds(told)
    assert kinds(done)["file lists"] == 2
    assert done.size == told.size > 0
    assert collect(five).swept == ()
    for number in (3, 4, 5):
        five.restore(five.resolve(f"ds@{number}"), f"old{number}")
        assert Path(f"old{number}/a.txt").read_text() == f"{number}" * 3000


def test_a_content_that_another_version_needs_stays(workspace: Workspace) -> None:
    write("a.txt", "same")
    register(workspace, "a.txt", name="one")
    register(workspace, "a.txt", name="two")
    workspace.delete([parse("one@1")])
    collect(workspace)
    write("a.txt", "changed")
    assert Path(load(workspace, "two")[0]).read_text() == "same"


def test_what_is_kept_no_longer_is_freed(five: Workspace) -> None:
    five.release(parse("ds@5"))
    assert kinds(collect(five)) == {"snapshots": 1}
    assert Path("a.txt").exists()


# Retention


def test_the_last_ones_stay(five: Workspace) -> None:
    told = collect(five, dry_run=True, last=2)
    assert [version.version for version in told.versions] == [1, 2, 3]
    assert numbers(five) == [1, 2, 3, 4, 5]
    done = collect(five, last=2)
    assert (done.versions, kinds(done)) == (told.versions, kinds(told))
    assert numbers(five) == [4, 5]


def test_tagged_and_young_ones_stay(five: Workspace) -> None:
    five.set_tags(parse("ds@2"), {"paper": "yes"})
    assert [one.version for one in collect(five, dry_run=True, last=1, tagged=True).versions] == [
        1,
        3,
        4,
    ]
    assert collect(five, dry_run=True, younger=timedelta(days=1)).versions == ()
    assert len(collect(five, dry_run=True, younger=timedelta(0)).versions) == 4
    with pytest.raises(UsageError, match="lets nothing go"):
        collect(five, tagged=True)


def test_what_something_refers_to_stays(five: Workspace) -> None:
    five.set_alias(parse("ds@1"), "prod")
    dsnb.load("ds@2")
    assert [one.version for one in collect(five, last=1).versions] == [3, 4]
    assert numbers(five) == [1, 2, 5]


def test_the_latest_always_stays(five: Workspace) -> None:
    collect(five, younger=timedelta(0))
    assert numbers(five) == [5]


# Tables and leftovers


def test_the_table_of_a_deleted_version_is_freed(workspace: Workspace) -> None:
    register_table(workspace, pd.DataFrame({"a": [1]}))
    register_table(workspace, pd.DataFrame({"a": [2]}))
    workspace.delete([parse("ds@1")])
    assert kinds(collect(workspace))["tables"] == 1
    assert load(workspace)["a"].tolist() == [2]


def test_leftovers_of_a_killed_process_are_swept(five: Workspace) -> None:
    write(five.layout.folder / f"{TEMPORARY}0123", "half")
    write(five.layout.manifests / "ab" / f"{TEMPORARY}0123", "half")
    write(five.layout.data / "ds" / "20260101T000000-dead" / "data.parquet", "half")
    done = kinds(collect(five))
    assert (done["leftovers"], done["tables"]) == (2, 1)
    assert not list(five.layout.folder.rglob(f"{TEMPORARY}*"))


def test_copies_in_the_cache_go_when_nobody_used_them_for_a_week(five: Workspace) -> None:
    [copy] = map(Path, load(five, "ds@1"))
    collect(five)
    assert copy.exists()
    long_ago = time.time() - housekeeping.UNUSED - 60
    os.utime(copy, (long_ago, long_ago))
    assert kinds(collect(five)) == {"copies in the cache": 1}
    assert not copy.exists()


def test_parsed_tables_beyond_what_the_cache_may_take_go(workspace: Workspace) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    load(workspace)
    assert FILLER.wait(60)
    [(path, size, _)] = entries()
    assert kinds(collect(workspace)) == {}
    workspace.set_setting("cache.size", "0")
    told = collect(workspace, dry_run=True)
    assert (kinds(told), told.size) == ({"parsed tables in the cache": 1}, size)
    assert path.exists()
    assert kinds(collect(workspace)) == kinds(told)
    assert not path.exists()
    assert load(workspace)["x"].tolist() == [1]


def test_nothing_is_swept_when_nobody_knows_what_is_needed(five: Workspace) -> None:
    [manifest] = [
        path
        for path in five.layout.manifests.rglob("*.zst")
        if five.resolve("ds@2").manifest.endswith(path.name.partition(".")[0])
    ]
    manifest.write_bytes(b"garbage")
    five.delete([parse("ds@1")])
    before = files(five)
    with pytest.raises(RegistryError, match=r"ds@2 needs is unknown.*doctor --repair"):
        collect(five)
    assert files(five) >= before


# Beside a register


@pytest.mark.parametrize("from_memory", [False, True])
def test_a_register_in_progress_loses_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, from_memory: bool
) -> None:
    """Sweep at the worst moment: after the bytes were written, before the registry names them."""
    swept: list[GarbageCollection] = []
    keep_files = registration.keep_files

    def keep_and_sweep(*args: Any) -> Any:
        kept = keep_files(*args)
        if not swept:
            sweeper = threading.Thread(target=lambda: swept.append(collect(workspace)))
            sweeper.start()
            sweeper.join()
        return kept

    monkeypatch.setattr(registration, "keep_files", keep_and_sweep)
    if from_memory:
        register_table(workspace, pd.DataFrame({"a": [1]}), snapshot="always")
    else:
        write("a.txt", "x" * 3000)
        register(workspace, "a.txt")
    assert kinds(swept[0])["file lists"] == 1
    assert kinds(swept[0])["snapshots"] == 1
    assert "tables" not in kinds(swept[0])
    assert workspace.verify(None, full=True)
    workspace.restore(workspace.resolve("ds"), "old")
    assert workspace.examine()
