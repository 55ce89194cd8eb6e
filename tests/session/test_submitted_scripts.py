"""A script that was submitted to be a run goes on with that run, and does not end it."""

from dataclasses import replace

import pytest

import dsnb
from dsnb.records import Job, Run
from dsnb.session.current import SESSION, SUBMITTED
from dsnb.workspace import Workspace
from tests.catalog.records import some_run
from tests.workbench import run_python


@pytest.fixture
def submitted(workspace: Workspace, weather: object, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the record of a run that this process, and those it starts, are told to be."""
    run = replace(some_run("prepare", "the-run"), job=Job(kind="script"))
    workspace.save_run(run)
    monkeypatch.setenv(SUBMITTED, run.id)
    return run


READ = 'import dsnb; dsnb.register("w", "data/Weather/week 27"); dsnb.load("w")'


def test_what_it_reads_and_makes_is_that_runs(workspace: Workspace, submitted: Run) -> None:
    done = run_python(READ)
    assert done.returncode == 0, done.stderr
    [run] = workspace.runs().values()
    assert ([use.ref for use in run.inputs], [use.ref for use in run.outputs]) == (
        ["w@1"],
        ["w@1"],
    )
    assert (run.id, run.name, run.ended, run.job) == ("the-run", "prepare", None, submitted.job)
    assert workspace.resolve("w").run == "the-run"


def test_so_is_what_a_process_does_that_it_starts(workspace: Workspace, submitted: Run) -> None:
    done = run_python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {READ!r}])")
    assert done.returncode == 0, done.stderr
    [run] = workspace.runs().values()
    assert [use.ref for use in run.outputs] == ["w@1"]


def test_it_loses_nothing_of_what_others_write_to_the_record(
    workspace: Workspace, submitted: Run
) -> None:
    SESSION.ensure(workspace)
    workspace.change_run("the-run", lambda run: replace(run, tags={"from": "outside"}))
    SESSION.change(workspace, lambda run: replace(run, metrics={"rmse": (2.0,)}))
    run = workspace.runs()["the-run"]
    assert (run.tags, run.metrics) == ({"from": "outside"}, {"rmse": (2.0,)})


def test_a_run_that_has_ended_is_not_gone_on_with(workspace: Workspace, submitted: Run) -> None:
    workspace.change_run("the-run", lambda run: replace(run, ended=run.started))
    dsnb.register("w", "data/Weather/week 27")
    assert not workspace.runs()["the-run"].outputs
    assert len(workspace.runs()) == 2


def test_in_another_workspace_it_is_a_run_of_its_own(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, submitted: Run
) -> None:
    other = Workspace.create(tmp_path_factory.mktemp("other"))
    run = SESSION.ensure(other)
    assert run.id != "the-run"
    assert [*other.runs()] == [run.id]


def test_a_run_that_it_begins_itself_leaves_the_submitted_one_as_it_is(
    workspace: Workspace, submitted: Run
) -> None:
    SESSION.ensure(workspace)
    begun = SESSION.begin(workspace, "part")
    assert begun.id != "the-run"
    assert workspace.runs()["the-run"].ended is None
    SESSION.change(workspace, lambda run: replace(run, tags={"a": "part"}))
    assert not workspace.runs()["the-run"].tags
    assert workspace.runs()[begun.id].tags == {"a": "part"}
