"""What is told of one run, and of the files that it used and no version holds."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsnb.datasets.models import trained_on
from dsnb.records import CodeState, Failure, Handed, Job, Note, Source, Untracked, now
from dsnb.server.reading import read_run
from dsnb.server.scope import Scope
from dsnb.workspace import Workspace
from tests.server.conftest import Ask
from tests.server.shelves import WHEN, many, shelve, some_run, some_use, some_version
from tests.workbench import register, write


def untracked(path: str, datastore: str = "default", **values: Any) -> Untracked:
    given = {"cells": (2,), "at": WHEN}
    return Untracked(path=Source(datastore=datastore, path=path), **{**given, **values})


async def files_of(ask: Ask, part: str = "untracked", path: str = "project") -> dict[str, str]:
    status, answer = await ask("/runs/run-1", path=path)
    assert status == 200
    return {file["path"]: file["register"] for file in answer[part]}


async def test_details_tell_all_that_was_recorded(workspace: Workspace, ask: Ask) -> None:
    run = some_run(
        experiment="temperature",
        host="laptop",
        notebook_digest="ab" * 32,
        code=CodeState(commit="3f1b", branch="main", dirty=True),
        failure=Failure(error="ValueError", cell=7),
        metrics={"rmse": (3.0, 2.25), "never": ()},
        notes=(Note(text="first", at=WHEN), Note(text="second", at=WHEN)),
        packages={"pandas": "3.1.0"},
    )
    shelve(workspace, [], runs=[run])
    _, answer = await ask("/runs/run-1", path="project")
    told = answer["run"]
    assert (told["status"], told["failure"]) == ("failed", {"error": "ValueError", "cell": 7})
    assert (told["experiment"], told["dirty"]) == ("temperature", True)
    assert answer["metrics"] == [{"name": "rmse", "value": "2.25", "count": 2}]
    assert answer["metrics_total"] == 1
    assert [note["text"] for note in answer["notes"]] == ["second", "first"]
    assert answer["packages"] == {"pandas": "3.1.0"}
    assert (answer["host"], answer["notebook_digest"]) == ("laptop", "ab" * 32)


async def test_a_run_tells_what_it_is_a_part_of_and_what_is_a_part_of_it(
    workspace: Workspace, ask: Ask
) -> None:
    data = some_version()
    given = some_use(data, handed=Handed(name="raw", mechanism="mount", path="/x"))
    job = Job(
        kind="cell", command=("a.py", "-x"), exit_code=1, canceled=True, settings={"target": "cpu"}
    )
    session = some_run("session", name="train", kernel="k")
    first = some_run(
        "first", name="prepare", parent="session", kernel="k", job=job, inputs=(given,)
    )
    second = replace(first, id="second", started=WHEN + timedelta(hours=1), job=Job(kind="cell"))
    shelve(workspace, [data], runs=[session, second, first])
    _, told = await ask("/runs/session", path="project")
    assert [(one["id"], one["status"]) for one in told["children"]] == [
        ("first", "canceled"),
        ("second", "completed"),
    ]
    assert (told["children_total"], told["job"], told["run"]["job"]) == (2, None, None)
    _, told = await ask("/runs/first", path="project")
    assert (told["parent"]["name"], told["run"]["status"], told["run"]["job"]) == (
        "train",
        "canceled",
        "cell",
    )
    assert told["job"] == {
        "command": ["a.py", "-x"],
        "exit_code": 1,
        "reused": None,
        "settings": {"target": "cpu"},
    }
    assert [use["called"] for use in told["run"]["inputs"]] == ["raw"]


async def test_a_kernels_runs_are_its_sessions(workspace: Workspace, ask: Ask) -> None:
    session = some_run("session", kernel="k", ended=None)
    step = some_run("step", kernel="k", parent="session", job=Job(kind="cell"))
    shelve(workspace, [], runs=[session, step])
    _, told = await ask("/runs", path="project", kernel="k")
    assert [run["id"] for run in told["items"]] == ["session"]
    _, told = await ask("/runs", path="project")
    assert [run["id"] for run in told["items"]] == ["step", "session"]


async def test_a_run_that_is_not_there_is_not_found(workspace: Workspace, ask: Ask) -> None:
    shelve(workspace, [], runs=[some_run()])
    status, answer = await ask("/runs/run-2", path="project")
    assert (status, answer["kind"]) == (404, "RunNotFoundError")


async def test_inputs_that_have_a_newer_version_are_told(workspace: Workspace, ask: Ask) -> None:
    versions = [some_version("a", 1), some_version("a", 2), some_version("b"), some_version("c")]
    versions += [some_version("c", 5)]
    inputs = (
        some_use(versions[0], cells=(2, 4)),
        some_use(versions[2]),
        # A cell that was run again with the newest version is not stale.
        some_use(versions[3], cells=(5,), sources=("x",)),
        some_use(versions[4], cells=(6,), sources=("x",)),
    )
    shelve(workspace, versions, runs=[some_run(inputs=inputs)])
    _, answer = await ask("/runs/run-1", path="project")
    assert answer["stale"] == [{"ref": "a@1", "newer": "a@2", "cells": [2, 4]}]


async def test_a_models_use_is_told_apart(workspace: Workspace, ask: Ask) -> None:
    data = register(workspace, write("a.csv", "a\n1\n"), name="ds").version
    asked = {"kind": "model", "parents": trained_on({"training data": data})}
    model = register(workspace, write("m.bin", "weights"), name="temp", **asked).version
    outputs = (some_use(data, how="register"), some_use(model, how="register"))
    workspace.save_run(some_run(outputs=outputs))
    _, answer = await ask("/runs", path="project")
    assert [use["kind"] for use in answer["items"][0]["outputs"]] == ["tabular", "model"]


# Files of no version


async def test_a_file_of_no_version_comes_with_the_line_that_registers_it(
    workspace: Workspace, ask: Ask
) -> None:
    write("data/new file.csv", "a\n1\n")
    workspace.save_run(some_run(untracked=(untracked("data/new file.csv"),)))
    assert await files_of(ask) == {"data/new file.csv": 'register new_file "data/new file.csv"'}


async def test_the_line_is_for_the_folder_of_the_notebook(
    workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for the one that the server runs in."""
    write("data/new.csv", "a\n1\n")
    Path("notebooks").mkdir()
    workspace.save_run(some_run(untracked=(untracked("data/new.csv"),)))
    monkeypatch.chdir("/")
    assert await files_of(ask) == {"data/new.csv": "register new data/new.csv"}
    below = await files_of(ask, path="project/notebooks")
    assert below == {"data/new.csv": "register new ../data/new.csv"}


async def test_a_file_that_was_registered_since_is_told_no_more(
    workspace: Workspace, ask: Ask
) -> None:
    write("data/new.csv", "a\n1\n")
    workspace.save_run(some_run(written=(untracked("data/new.csv"),)))
    assert list(await files_of(ask, "written")) == ["data/new.csv"]
    register(workspace, "data", name="ds")
    assert await files_of(ask, "written") == {}
    write("data/new.csv", "a\n1\n2\n")
    assert await files_of(ask, "written") == {"data/new.csv": "register ds data"}


async def test_a_file_that_was_only_touched_is_still_held(workspace: Workspace, ask: Ask) -> None:
    write("a.csv", "a\n1\n")
    register(workspace, "a.csv", name="ds")
    later = (now() + timedelta(hours=1)).timestamp()
    os.utime("a.csv", (later, later))
    workspace.save_run(some_run(untracked=(untracked("a.csv"),)))
    assert await files_of(ask) == {}
    write("a.csv", "a\n9\n")
    os.utime("a.csv", (later, later))
    assert list(await files_of(ask)) == ["a.csv"]


async def test_a_file_that_is_gone_is_told_no_more(workspace: Workspace, ask: Ask) -> None:
    Path("folder.csv").mkdir()
    files = (untracked("gone.csv"), untracked("folder.csv"), untracked("a.csv", "no such store"))
    workspace.save_run(some_run(untracked=files))
    assert await files_of(ask) == {}


async def test_a_file_of_a_dataset_is_registered_as_its_next_version(
    workspace: Workspace, ask: Ask
) -> None:
    write("data/a.csv", "a;b\n1;2\n")
    register(workspace, "data", name="ds", options={"sep": ";"})
    register(workspace, write("models/m.bin", "weights"), name="temp", kind="model")
    write("data/b.csv", "a;b\n3;4\n")
    write("models/m.bin", "other weights")
    files = (untracked("data/b.csv"), untracked("models/m.bin"))
    workspace.save_run(some_run(untracked=files))
    assert await files_of(ask) == {
        "data/b.csv": 'register ds data --sep ";"',
        "models/m.bin": "model register temp models/m.bin",
    }


async def test_two_files_of_one_name_are_not_registered_as_one_dataset(
    workspace: Workspace, ask: Ask
) -> None:
    files = [write(f"{week}/weather.csv", "a\n1\n") for week in ("week_27", "week_28")]
    workspace.save_run(some_run(untracked=tuple(untracked(str(file)) for file in files)))
    lines = (await files_of(ask)).values()
    assert [line.split()[1] for line in lines] == ["weather", "week_28_weather"]


NASTY = [
    "a\nimport os.csv",
    "{1+1}.csv",
    "$HOME.csv",
    "`id`.csv",
    "it's.csv",
    'a"b.csv',
    "a\\b.csv",
    "a\u202eb.csv",
    "a\u2028b.csv",
    "a\x1b[31m.csv",
]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
async def test_a_file_whose_name_could_be_code_has_no_line(
    workspace: Workspace, ask: Ask, name: str
) -> None:
    Path(name).write_text("a\n1\n", encoding="utf-8")
    workspace.save_run(some_run(untracked=(untracked(name),)))
    assert list((await files_of(ask)).values()) == [""]


@pytest.mark.parametrize("name", ["-d.csv", "~.csv", "--from"])
async def test_a_file_is_never_taken_for_an_option_or_a_home(
    workspace: Workspace, ask: Ask, name: str
) -> None:
    Path(name).write_text("a\n1\n", encoding="utf-8")
    workspace.save_run(some_run(untracked=(untracked(name),)))
    [line] = (await files_of(ask)).values()
    assert f"./{name}" in line


async def test_what_lies_elsewhere_is_told_by_its_record_until_it_is_registered(
    workspace: Workspace, ask: Ask, tmp_path: Path
) -> None:
    file = write(tmp_path / "elsewhere" / "a.csv", "a\n1\n")
    relative = str(file).removeprefix("/")
    workspace.save_run(some_run(untracked=(untracked(relative, "local"),)))
    assert await files_of(ask) == {f"/{relative}": f"register a {file}"}
    register(workspace, file, name="a")
    assert await files_of(ask) == {}


# Size and speed


async def test_a_run_with_very_many_files_fits(workspace: Workspace, ask: Ask) -> None:
    write("a.csv", "a\n1\n")
    files = tuple(untracked(f"x/{'y' * 200}/{n}.csv", "local") for n in range(5_000))
    uses = tuple(some_use(version, cells=tuple(range(500))) for version in many(1_000, 1))
    run = some_run(untracked=files, written=files, inputs=uses, outputs=uses)
    shelve(workspace, many(1_000, 1), runs=[run])
    _, answer = await ask("/runs/run-1", path="project")
    assert 0 < len(answer["untracked"]) <= 100
    assert answer["untracked_total"] == 200


def test_details_of_a_run_look_at_the_newest_version_of_each_dataset_once(
    workspace: Workspace, jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.csv", "a\n1\n")
    files = tuple(untracked(f"{n}.csv") for n in range(200))
    shelve(workspace, many(100, 5), runs=[some_run(str(n), untracked=files) for n in range(3)])
    scope, looked = Scope(jp_root_dir, print), []
    view = type(workspace.view())
    real = view.version

    def counted(self: Any, name: str, number: int) -> Any:
        looked.append(name)
        return real(self, name, number)

    monkeypatch.setattr(view, "version", counted)
    for number in range(3):
        read_run(scope, "project", str(number))
    assert len(looked) == 100
