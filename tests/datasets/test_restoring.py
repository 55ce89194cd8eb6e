"""Bringing a version's files back."""

from pathlib import Path

import pytest

from dsnb.datasets.restoring import Restoration
from dsnb.errors import DriftError, SourceError
from dsnb.workspace import Workspace
from tests.workbench import load, register, write

CSV = "origin,temp\nEWR,78.08\n"
OTHER = "origin,temp\nEWR,78.98\n"


@pytest.fixture
def weeks(workspace: Workspace) -> Workspace:
    write("data/week 27/a.csv", CSV)
    write("data/week 28/a.csv", CSV.replace("EWR", "JFK"))
    register(workspace, "data/week 27", "data/week 28")
    return workspace


def restore(workspace: Workspace, to: str | None = None, **how: bool) -> Restoration:
    return workspace.restore(workspace.resolve("ds@1"), to, **how)


def test_a_file_that_is_gone_comes_back(weeks: Workspace) -> None:
    Path("data/week 27/a.csv").unlink()
    done = restore(weeks)
    assert [Path(path).relative_to(Path.cwd()).as_posix() for path in done.written] == [
        "data/week 27/a.csv"
    ]
    assert done.unchanged == 1
    assert Path("data/week 27/a.csv").read_text() == CSV
    assert weeks.verify(None, full=True)
    assert len(load(weeks)) == 2


def test_a_folder_that_is_gone_comes_back(weeks: Workspace) -> None:
    Path("data/week 27/a.csv").unlink()
    Path("data/week 27").rmdir()
    restore(weeks)
    assert weeks.verify(None)


def test_what_is_there_is_written_over_only_when_asked(weeks: Workspace) -> None:
    write("data/week 27/a.csv", OTHER)
    with pytest.raises(DriftError, match=r"would write over .*week 27/a\.csv.* --overwrite"):
        restore(weeks)
    assert Path("data/week 27/a.csv").read_text() == OTHER
    restore(weeks, overwrite=True)
    assert Path("data/week 27/a.csv").read_text() == CSV
    assert weeks.verify(None, full=True)


def test_nothing_is_written_where_all_is_as_it_was(weeks: Workspace) -> None:
    before = Path("data/week 27/a.csv").stat()
    done = restore(weeks)
    assert (done.written, done.unchanged) == ((), 2)
    assert Path("data/week 27/a.csv").stat() == before


def test_another_folder_gets_every_file_below_what_they_share(weeks: Workspace) -> None:
    write("data/week 27/a.csv", OTHER)
    done = restore(weeks, "old")
    assert Path("old/week 27/a.csv").read_text() == CSV
    assert Path("old/week 28/a.csv").exists()
    assert (len(done.written), done.folder) == (2, str(Path("old").absolute()))
    assert Path("data/week 27/a.csv").read_text() == OTHER
    assert restore(weeks, "old").unchanged == 2


def test_files_in_another_folder_are_written_over_only_when_asked(weeks: Workspace) -> None:
    write("old/week 27/a.csv", OTHER)
    with pytest.raises(DriftError, match="Nothing was written"):
        restore(weeks, "old")
    assert not Path("old/week 28").exists()
    restore(weeks, "old", overwrite=True)
    assert Path("old/week 27/a.csv").read_text() == CSV


def test_what_was_not_kept_is_copied_while_it_is_unchanged(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", snapshot="never")
    restore(workspace, "old")
    assert Path("old/a.csv").read_text() == CSV
    write("a.csv", OTHER)
    with pytest.raises(DriftError, match="not kept, so it cannot be restored"):
        restore(workspace, "older")
    assert not Path("older").exists()


def test_a_folder_in_the_place_of_a_file_stays(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv")
    Path("a.csv").unlink()
    write("a.csv/mine.txt", "mine")
    with pytest.raises(SourceError, match="is a folder now"):
        restore(workspace, overwrite=True)
    assert Path("a.csv/mine.txt").read_text() == "mine"


def test_a_link_is_replaced_and_what_it_leads_to_stays(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv")
    write("mine.csv", OTHER)
    Path("a.csv").unlink()
    Path("a.csv").symlink_to("mine.csv")
    restore(workspace, overwrite=True)
    assert Path("a.csv").read_text() == CSV
    assert not Path("a.csv").is_symlink()
    assert Path("mine.csv").read_text() == OTHER
