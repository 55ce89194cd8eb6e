"""Several processes write to the record of one run: whoever submitted it, and its script."""

from dataclasses import replace
from pathlib import Path

import pytest

from dsnb.records import Run
from tests.catalog.records import catalog_in, some_run


def test_a_change_keeps_what_another_process_wrote_meanwhile(tmp_path: Path) -> None:
    mine, other = catalog_in(tmp_path), catalog_in(tmp_path)
    mine.save_run(some_run())
    other.change_run("an-id", lambda run: replace(run, tags={"script": "1"}))
    mine.change_run("an-id", lambda run: replace(run, tags={**run.tags, "submitter": "2"}))
    for catalog in (mine, other):
        assert catalog.runs()["an-id"].tags == {"script": "1", "submitter": "2"}


def test_what_it_returns_is_what_is_recorded(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path)
    catalog.save_run(some_run())
    changed = catalog.change_run("an-id", lambda run: replace(run, name="another"))
    assert changed is not None
    assert changed.name == "another"
    assert catalog_in(tmp_path).runs() == {"an-id": changed}


def test_a_run_that_is_not_recorded_stays_so(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path)
    assert catalog.change_run("nobody", lambda run: run) is None
    assert not catalog.runs()


def test_no_change_writes_nothing(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path)
    catalog.save_run(some_run())
    [file] = tmp_path.rglob("runs.json")
    before = file.stat()
    same = catalog.change_run("an-id", lambda run: run)
    assert same is not None
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_several_runs_are_changed_at_once(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path)
    catalog.save_run(some_run("one", "1"))

    def changed(run: Run | None) -> Run:
        assert run is not None
        return replace(run, name="one again")

    made = catalog.change_runs(
        {"1": changed, "2": lambda run: some_run("two", "2"), "3": lambda run: run}
    )
    assert [run.name for run in made.values()] == ["one again", "two"]
    assert {key: run.name for key, run in catalog.runs().items()} == {
        "1": "one again",
        "2": "two",
    }


def test_an_error_in_one_change_leaves_all_as_they_were(tmp_path: Path) -> None:
    catalog = catalog_in(tmp_path)
    catalog.save_run(some_run("one", "1"))

    def broken(run: Run | None) -> Run:
        raise ValueError("no good")

    with pytest.raises(ValueError, match="no good"):
        catalog.change_runs({"2": lambda run: some_run("two", "2"), "1": broken})
    assert [*catalog.runs()] == [*catalog_in(tmp_path).runs()] == ["1"]
