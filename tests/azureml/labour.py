"""Short ways to what the tests of runs and pipelines do."""

from pathlib import Path
from typing import Any

from dsnb.azureml.core import Experiment, Run, ScriptRunConfig, Workspace
from tests.workbench import write

WEEK_27, WEEK_28 = "data/Weather/week 27", "data/Weather/week 28"
COPY = """
import os, shutil, sys
shutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True)
"""
"""Copies the folder that the first argument tells to the second."""


def script(code: str, name: str = "train.py", folder: str = "code") -> str:
    """Write a script, and return the folder that holds it."""
    write(Path(folder, name), code)
    return folder


def submit(ws: Workspace, code: str, *arguments: Any, **asked: Any) -> Run:
    """Submit a script with some code."""
    config = ScriptRunConfig(script(code), "train.py", list(arguments), **asked)
    run: Run = Experiment(ws, "weather").submit(config)
    return run


def done(run: Run) -> Run:
    """Return a run that has ended well."""
    run.wait_for_completion(show_output=False)
    return run


def said(run: Run) -> str:
    """Return what a run said."""
    return "".join(run.get_details_with_logs()["logFiles"].values())
