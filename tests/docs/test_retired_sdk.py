"""The notebook and scripts of the retired SDK: only their import lines were changed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from dsnb.workspace import Workspace

FOLDER = Path(__file__).parents[2] / "notebooks" / "retired-sdk"
FILES = sorted(
    path.relative_to(FOLDER).as_posix()
    for pattern in ("*.ipynb", "scripts/*.py")
    for path in FOLDER.glob(pattern)
)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder in which the notebook was run, and all that its cells put out."""
    notebooks = tmp_path_factory.mktemp("project") / "notebooks"
    shutil.copytree(FOLDER.parent, notebooks, ignore=shutil.ignore_patterns(".*"))
    here = notebooks / FOLDER.name
    notebook = nbformat.read(here / "retired-sdk.ipynb", as_version=4)
    resources = {"metadata": {"path": str(here)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return here, json.dumps(outputs)


def test_only_the_imports_differ_from_code_of_the_retired_sdk(tmp_path: Path) -> None:
    for name in FILES:
        old = (FOLDER / name).read_text(encoding="utf-8").replace("dsnb.azureml", "azureml")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(old, encoding="utf-8")
    command = [sys.executable, "-m", "dsnb", "migrate", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in FILES:
        ours = (FOLDER / name).read_text(encoding="utf-8")
        prose = "became `dsnb.azureml.`"  # of the notebook's own text, which is no import
        assert (tmp_path / name).read_text(encoding="utf-8") == ours.replace(
            prose, prose.replace("dsnb.", "")
        )


def test_every_version_is_there_with_what_it_was_made_from(executed: tuple[Path, str]) -> None:
    workspace = Workspace(executed[0])
    numbers = {name: [*workspace.view().numbers(name)] for name in workspace.view().names()}
    assert numbers == {
        "digits": [1],
        "digits_test": [1],
        "digits_train": [1],
        "prepared_weather_ds": [1, 2],
        "weather_ds": [1, 2],
        "weather_table": [1],
    }
    for number in (1, 2):
        prepared = workspace.resolve(f"prepared_weather_ds@{number}")
        assert [parent.ref for parent in prepared.parents] == [f"weather_ds@{number}"]
    model = workspace.resolve("digits")
    assert {(parent.role, parent.ref) for parent in model.parents} == {
        ("training data", "digits_train@1"),
        ("test data", "digits_test@1"),
    }


def test_every_script_was_a_run_that_knows_its_data(executed: tuple[Path, str]) -> None:
    runs = [run for run in Workspace(executed[0]).runs().values() if run.job is not None]
    assert [(run.job.kind, run.failure) for run in runs if run.job] == [
        ("pipeline", None),
        ("step", None),
        ("pipeline", None),
        ("step", None),
        ("pipeline", None),
        ("step", None),
        ("script", None),
    ]
    steps = [run for run in runs if run.job and run.job.kind == "step"]
    assert [[use.ref for use in run.inputs] for run in steps] == [
        ["weather_ds@1"],
        ["weather_ds@2"],
        ["weather_ds@2"],
    ]
    assert [run.job.reused for run in steps if run.job] == [None, None, steps[1].id]
    training = runs[-1]
    assert [use.ref for use in training.inputs] == ["digits_train@1", "digits_test@1"]
    assert training.metrics["accuracy"][-1] > 0.85


def test_it_shows_what_happens_as_it_happens(executed: tuple[Path, str]) -> None:
    told = executed[1]
    for text in (
        "prepare.py is done after",
        "prepare.py is not carried out again",
        "on 597 digits",
        "'inputName': 'weather_ds', 'mechanism': 'Mount'",
        "Model(digits, version 1)",
    ):
        assert text in told
    assert "Traceback" not in told
