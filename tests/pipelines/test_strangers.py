"""A workspace from a stranger: what is recorded of runs there leads dsnb nowhere else."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dsnb.datasets.removal import EVERY
from dsnb.errors import WorkspaceError
from dsnb.pipelines.following import cancel, follow
from dsnb.records import Run
from dsnb.workspace import Workspace
from tests.pipelines.labour import script
from tests.workbench import write


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Return the record of a run that seems to have been interrupted."""
    ended = script(workspace, "print('said')")
    unended = replace(ended, ended=None, process_started=1.0)
    workspace.save_run(unended)
    return unended


def replaced_by_a_link(workspace: Workspace, run: Run) -> Path:
    """Let the folder of a run lead to one that is no part of the workspace."""
    folder = workspace.layout.run(run.id)
    elsewhere = Path("elsewhere").absolute()
    folder.rename(elsewhere)
    write(elsewhere / "scratch/mine.txt", "mine")
    os.symlink(elsewhere, folder)
    return elsewhere


@pytest.mark.parametrize("name", ["..", ".", "", "../../x", "a/b", "/tmp/x", "a\\b", "a\0b"])
def test_an_id_never_names_a_folder_elsewhere(workspace: Workspace, run: Run, name: str) -> None:
    workspace.save_run(replace(run, id=name))
    for refused in (
        lambda: cancel(workspace, name),
        lambda: list(follow(workspace, name)),
        lambda: workspace.layout.scratch(name),
    ):
        with pytest.raises(WorkspaceError, match="cannot be the id of a run"):
            refused()


def test_what_a_linked_folder_leads_to_is_never_swept(workspace: Workspace, run: Run) -> None:
    elsewhere = replaced_by_a_link(workspace, run)
    stranger = workspace.layout.run_folders / "no-such-run"
    os.symlink(elsewhere, stranger)
    (workspace.layout.run_folders / "odd name!").mkdir()
    workspace.collect_garbage(EVERY)
    assert (elsewhere / "scratch/mine.txt").is_file()
    assert sorted(os.listdir(workspace.layout.run_folders)) == sorted([run.id, "no-such-run"])


def test_a_linked_scratch_folder_is_never_swept(workspace: Workspace, run: Run) -> None:
    write("mine/a.txt", "mine")
    os.symlink(Path("mine").absolute(), workspace.layout.scratch(run.id))
    workspace.collect_garbage(EVERY)
    assert Path("mine/a.txt").is_file()


def test_canceling_writes_nothing_through_a_link(workspace: Workspace, run: Run) -> None:
    elsewhere = replaced_by_a_link(workspace, run)
    before = sorted(os.listdir(elsewhere))
    cancel(workspace, run.id)
    assert sorted(os.listdir(elsewhere)) == before
    write("mine.txt", "mine")
    other = replace(run, id="other", ended=None)
    workspace.save_run(other)
    workspace.layout.run("other").mkdir()
    os.symlink(Path("nowhere").absolute(), workspace.layout.run("other") / "canceled")
    cancel(workspace, "other")
    assert not Path("nowhere").exists()


def test_a_log_that_is_a_link_is_not_shown(workspace: Workspace, run: Run) -> None:
    write("secret.txt", "secret")
    log = workspace.layout.run(run.id) / "log.txt"
    log.unlink()
    os.symlink(Path("secret.txt").absolute(), log)
    assert list(follow(workspace, run.id)) == []
