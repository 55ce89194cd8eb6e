"""Whatever goes wrong, and whenever: a run ends, and nothing of it is registered by halves."""

from pathlib import Path
from typing import Any

import pytest

from dsnb.catalog.view import TinyTransaction
from dsnb.pipelines import carrying, folders, places, processes, submissions
from dsnb.pipelines.code import Code
from dsnb.pipelines.following import UNFINISHED, UNRECORDED, wait
from dsnb.pipelines.places import Places
from dsnb.pipelines.steps import Input, Output, Registering, Step, Told
from dsnb.provenance.runs import status_of
from dsnb.session.environment import is_alive
from dsnb.workspace import Workspace
from tests.pipelines.labour import begin, parts, said, step
from tests.workbench import register, write

MOMENTS: dict[str, tuple[Any, str]] = {
    "the code is copied": (Code, "copy_to"),
    "an input is looked up": (carrying, "located"),
    "an input is laid out": (folders, "link_files"),
    "the places are made": (Places, "make"),
    "the process begins": (processes, "begin"),
    "the process is noted": (processes, "remember"),
    "the process is waited for": (processes, "wait"),
    "the outputs are copied": (places, "copy_files"),
    "an output is registered": (Workspace, "register_all"),
    "the second output is recorded": (TinyTransaction, "add_version"),
    "earlier runs are compared": (submissions, "find_equal"),
}
ERRORS = (RuntimeError("sabotage"), OSError(5, "Input/output error"), PermissionError(13, "no"))


def copying(workspace: Workspace) -> Step:
    write("data/a.txt", "a")
    given = register(workspace, "data", kind="file", name="given_ds").version
    outputs = (
        Output(name="one", registering=Registering(name="one_ds")),
        Output(name="two", upload=True),
    )
    code = (
        "import os, shutil, sys\n"
        "for place in sys.argv[1:]: shutil.copy(os.environ['given'] + '/a.txt', place)"
    )
    return step(
        "copying",
        code,
        *(Told(name=one.name, what="output") for one in outputs),
        inputs=(Input(name="given", source=given, mechanism="mount"),),
        outputs=outputs,
        reuse=True,
    )


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("pipeline", [True, False], ids=["pipeline", "script"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_ends_and_registers_all_or_nothing(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    pipeline: bool,
    error: Exception,
) -> None:
    one = copying(workspace)
    where, name = MOMENTS[moment]
    done_before = ["the first"] if moment == "the second output is recorded" else []
    original = getattr(where, name)

    def fail(*args: Any, **named: Any) -> Any:
        if done_before:
            done_before.pop()
            return original(*args, **named)
        raise error

    with monkeypatch.context() as sabotage:
        sabotage.setattr(where, name, fail)
        try:
            run_id = begin(workspace, one, pipeline=pipeline).id
            wait(workspace, run_id)
        except Exception as refused:
            assert refused is error or refused.__cause__ is error  # noqa: PT017
            run_id = next(reversed(workspace.runs()))
            run_id = workspace.runs()[run_id].parent or run_id
    run = workspace.runs()[run_id]
    status = status_of(run, is_alive)
    if (moment, pipeline) == ("earlier runs are compared", False):
        assert status == "completed"  # a script alone is never reused
        return
    assert status == "failed", said(workspace, run)
    assert {status_of(each, is_alive) for each in parts(workspace, run).values()} <= {"failed"}
    assert [*workspace.view().names()] == ["given_ds"]
    assert not workspace.layout.data.exists()
    assert [*workspace.layout.run_folders.glob("*/scratch")] == []
    assert (UNFINISHED, UNRECORDED) == ({}, {})
    # Nothing hinders the next one.
    again = begin(workspace, one, pipeline=pipeline)
    wait(workspace, again.id)
    assert status_of(workspace.runs()[again.id], is_alive) == "completed"
    assert Path("data/a.txt").read_text(encoding="utf-8") == "a"
