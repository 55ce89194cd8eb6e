"""The page about these calls tells the truth: what it lists is there, and what it misses is not."""

import contextlib
import importlib
import inspect
import io
import re
from pathlib import Path
from typing import Any

import pytest

from dsnb.azureml.core import Workspace

DOCS = Path(__file__).parents[2] / "docs" / "azureml.md"
TEXT = DOCS.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| (\w+) \|", TEXT, re.MULTILINE)
NOT_THERE = TEXT.partition("## What is not there")[2]
MISSING = re.findall(r"`((?:core|data|pipeline)\.[^`]+)`", NOT_THERE)
OWN = {"local", "place", "get_dataset", "datastore_type", "fits", "of", "stands_for", "wired"}
OWN |= {"config", "Framework"}
"""What the other modules of the package use, and users have no need of."""
ABSENT = object()


def found(path: str) -> Any:
    """Return what a dotted path below dsnb.azureml names, `ABSENT` when there is no such thing."""
    parts = path.split(".")
    thing: Any = importlib.import_module("dsnb.azureml")
    for depth, part in enumerate(parts):
        if inspect.ismodule(thing):
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(".".join(["dsnb.azureml", *parts[: depth + 1]]))
        thing = getattr(thing, part, ABSENT)
        if thing is ABSENT:
            return ABSENT
    return thing


def arguments(thing: Any) -> str:
    """Return the arguments of a call as the page writes them."""
    wanted = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(thing).parameters.values()
        if parameter.name != "self" and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    return ", ".join(map(str, wanted))


@pytest.mark.parametrize(("call", "works"), ROWS)
def test_every_row_names_what_is_there_with_its_arguments(call: str, works: str) -> None:
    assert works in ("yes", "partly", "no", "new")
    path, paren, given = call.partition("(")
    thing = found(path)
    assert thing is not ABSENT
    if paren:
        assert given == f"{arguments(thing)})"
    else:
        assert isinstance(thing, property)


@pytest.mark.parametrize("path", MISSING)
def test_what_is_not_there_is_not_there(path: str) -> None:
    above, _, _ = path.rpartition(".")
    assert found(above) is not ABSENT
    assert found(path) is ABSENT


def test_the_page_lists_every_call_of_a_dataset() -> None:
    listed = {call.partition("(")[0] for call, _ in ROWS}
    shared = {"to_path", "as_named_input"}
    for path in (
        "core.Workspace",
        "core.Datastore",
        "core.Dataset.File",
        "core.Dataset.Tabular",
        "data.FileDataset",
        "data.TabularDataset",
        "core.Environment",
        "core.ScriptRunConfig",
        "core.runconfig.CondaDependencies",
        "core.RunConfiguration",
        "core.Experiment",
        "core.Run",
        "core.Model",
        "data.OutputFileDatasetConfig",
        "pipeline.core.Pipeline",
        "pipeline.core.PipelineData",
        "pipeline.core.pipeline_output_dataset.PipelineOutputFileDataset",
    ):
        for name in dir(found(path)):
            thing = getattr(found(path), name)
            told = {f"{path}.{name}", f"data.FileDataset.{name}", f"core.Dataset.{name}"}
            if name.startswith("_") or not (callable(thing) or isinstance(thing, property)):
                continue
            if name not in OWN | shared:
                assert told & listed, f"{path}.{name} is not in the page"


def test_the_example_runs_and_shows_what_is_written_below_it(ws: Workspace) -> None:
    [(code, shown)] = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    assert printed.getvalue() == shown
