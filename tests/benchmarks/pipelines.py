"""Steps as processes: what dsnb adds to a script's own time, and to many of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from dsnb.datasets.registration import Request
from dsnb.pipelines.steps import Input, Output, Registering, Step, Told
from dsnb.pipelines.submissions import Plan, submit
from dsnb.workspace import Workspace
from tests.benchmarks.timing import Row

STEPS = 50
_COPY = """
import pathlib, shutil, sys
for file in pathlib.Path(sys.argv[1]).iterdir():
    shutil.copy(file, sys.argv[2])
"""
_TRIVIAL = "import sys; print(sys.argv[1])"


def measure(folder: Path) -> Iterator[Row]:
    """Time one step with an input and an output, and many that do nothing."""
    workspace = Workspace.create(folder, notify=lambda notice: None)
    code = folder / "code"
    code.mkdir()
    (code / "copy.py").write_text(_COPY)
    (code / "trivial.py").write_text(_TRIVIAL)
    data = folder / "data"
    data.mkdir()
    for number in range(10):
        (data / f"{number}.csv").write_text("a,b\n" + f"{number},2\n" * 1000)
    workspace.register([str(data)], Request(name="weather_ds", kind="file"))
    yield _one_step(workspace, code, data)
    yield _many_steps(workspace, code)


def _one_step(workspace: Workspace, code: Path, data: Path) -> Row:
    """Compare a step that reads a version and makes one with its script alone."""
    version = workspace.resolve("weather_ds")
    alone, within = [], []
    for number in range(9):
        target = data.parent / f"copies-{number}"
        target.mkdir()
        alone.append(_seconds_of([sys.executable, str(code / "copy.py"), str(data), str(target)]))
        step = Step(
            name="copy",
            source=code,
            script="copy.py",
            arguments=(Told(name="in", what="input"), Told(name="out", what="output")),
            inputs=(Input(name="in", source=version, mechanism="mount"),),
            outputs=(Output(name="out", registering=Registering(name="copied_ds")),),
            interpreter=sys.executable,
        )
        within.append(_seconds_of_plan(workspace, (step,)))
    added = statistics.median(whole - own for whole, own in zip(within, alone, strict=True))
    medians = {"step": statistics.median(within), "script": statistics.median(alone)}
    return Row("a step's time beyond its script's", added * 1e3, 150, "ms", medians)


def _many_steps(workspace: Workspace, code: Path) -> Row:
    """Compare many steps that do nothing with the same scripts by xargs."""
    workers = os.cpu_count() or 1
    numbers = "\n".join(map(str, range(STEPS)))
    command = ["xargs", "-P", str(workers), "-I", "{}"]
    command += [sys.executable, str(code / "trivial.py"), "{}"]
    own, within = [], []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(command, input=numbers, text=True, capture_output=True, check=True)
        own.append(time.perf_counter() - began)
        steps = tuple(
            Step(
                name=f"step {number}",
                source=code,
                script="trivial.py",
                arguments=(str(number),),
                interpreter=sys.executable,
            )
            for number in range(STEPS)
        )
        within.append(_seconds_of_plan(workspace, steps))
    ratio = statistics.median(within) / statistics.median(own)
    medians = {"pipeline": statistics.median(within), "xargs": statistics.median(own)}
    return Row(f"a pipeline of {STEPS} trivial steps / xargs", ratio, 1.5, "×", medians)


def _seconds_of(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - began


def _seconds_of_plan(workspace: Workspace, steps: tuple[Step, ...]) -> float:
    began = time.perf_counter()
    submission = submit(
        workspace, Plan(name="bench", experiment="bench", steps=steps, is_pipeline=True)
    )
    submission.done.wait()
    seconds = time.perf_counter() - began
    run = workspace.runs()[submission.id]
    if run.failure is not None:
        raise AssertionError(f"the pipeline failed: {run.failure.error}")
    return seconds
