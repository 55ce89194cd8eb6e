"""Every notebook of the repository runs in a real kernel, from its first cell to its last."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent
# Those in folders of their own have tests of their own, which run them once.
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KEPT = [*NOTEBOOKS, *sorted((ROOT / "notebooks" / "retired-sdk").glob("*.ipynb"))]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_a_kernel(path: Path, tmp_path: Path) -> None:
    here = tmp_path / "notebooks"
    shutil.copytree(path.parent, here, ignore=shutil.ignore_patterns(".*"))
    notebook = nbformat.read(here / path.name, as_version=4)
    resources = {"metadata": {"path": str(here)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert "Traceback" not in str(output)


def test_the_demo_tells_what_happened() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "demo.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for told in (
        "weather_ds@1 was registered: weather data in week 27; 502 rows, 1 file.",
        "weather_ds@2 was registered: weeks 27, 28; 1,006 rows, 2 files.",
        "The diff found: weather_ds@1 → @2: +504 rows, −0",
        "read weather_ds@1, 502 rows, in cell 4",
        "ended with its kernel",
        "make lab",
    ):
        assert told in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
