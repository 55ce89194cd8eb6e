"""Short ways to what the tests of scripts and pipelines do."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsnb.pipelines.following import follow
from dsnb.pipelines.steps import Input, Output, Step, Told
from dsnb.pipelines.submissions import Plan, Submission, submit
from dsnb.records import Run
from dsnb.workspace import Workspace
from tests.workbench import write

PATIENCE = 60.0
"""Seconds after which a test gives up; nothing is measured by them."""
WAIT_FOR = """
import os, time
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.005)
"""
WRITE = "import sys, pathlib; pathlib.Path(sys.argv[1], 'a.txt').write_text('a')"


def until(condition: Callable[[], Any]) -> Any:
    """Wait until something is so, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("this never became so")
        time.sleep(0.005)
    return found


def step(name: str, code: str, *arguments: str | Told, **asked: Any) -> Step:
    """Return a step with code of its own."""
    write(f"code/{name}/{name}.py", code)
    return Step(
        name=name,
        source=Path(f"code/{name}").absolute(),
        script=f"{name}.py",
        arguments=arguments,
        interpreter=sys.executable,
        **asked,
    )


def writer(name: str, output: Output, *inputs: Input, code: str = WRITE, **asked: Any) -> Step:
    """Return a step that writes a file to its output."""
    told = Told(name=output.name, what="output")
    return step(name, code, told, inputs=inputs, outputs=(output,), **asked)


def begin(workspace: Workspace, *steps: Step, pipeline: bool = True, **asked: Any) -> Submission:
    plan = Plan(name="work", experiment="e", steps=steps, is_pipeline=pipeline, **asked)
    return submit(workspace, plan)


def carry_out(workspace: Workspace, *steps: Step, **asked: Any) -> Run:
    """Carry steps out and return the record of the run."""
    submission = begin(workspace, *steps, **asked)
    assert submission.done.wait(PATIENCE)
    return workspace.runs()[submission.id]


def script(workspace: Workspace, code: str, *arguments: str | Told, **asked: Any) -> Run:
    """Carry out a script alone and return the record of its run."""
    return carry_out(workspace, step("script", code, *arguments, **asked), pipeline=False)


def parts(workspace: Workspace, run: Run) -> dict[str, Run]:
    """Return the runs of the steps of a pipeline by name."""
    return {one.name: one for one in workspace.runs().values() if one.parent == run.id}


def said(workspace: Workspace, run: Run) -> str:
    """Return what a run said."""
    return "".join(follow(workspace, run.id))
