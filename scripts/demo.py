"""Execute the quickstart notebook with a real kernel and tell what happened.

It works on a copy of ``notebooks/`` in a temporary folder, so that it begins afresh each time and
leaves the repository as it was.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from dsnb.datasets.comparison import Options
from dsnb.units import count_text
from dsnb.workspace import Workspace

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
NAME = "quickstart.ipynb"


def main() -> int:
    """Run the notebook and print its story; 1 when a cell failed."""
    with tempfile.TemporaryDirectory(prefix="dsnb-demo-") as folder:
        here = Path(folder).resolve() / "notebooks"
        shutil.copytree(NOTEBOOKS, here, ignore=shutil.ignore_patterns(".*"))
        # A kernel learns its notebook's name, its caches and its own Python from these.
        os.environ["JPY_SESSION_NAME"] = str(here / NAME)
        os.environ["DSNB_CACHE"] = str(Path(folder) / "cache")
        os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
        os.environ.pop("DSNB_WORKSPACE", None)
        notebook = nbformat.read(here / NAME, as_version=4)
        print(f"Running notebooks/{NAME} with a real kernel on real weather data …\n")
        began = time.perf_counter()
        client = NotebookClient(
            notebook,
            extra_arguments=["--log-level=ERROR"],
            kernel_name="python3",
            resources={"metadata": {"path": str(here)}},
        )
        try:
            client.execute()
        except CellExecutionError as error:
            print(error)
            return 1
        seconds = time.perf_counter() - began
        for cell in notebook.cells:
            if cell.cell_type == "code":
                _tell_cell(cell)
        _tell_outcome(here)
    print(f"\nThe notebook took {seconds:.0f} s. To open it yourself: make lab")
    return 0


def _tell_cell(cell: Any) -> None:
    for line in cell.source.splitlines():
        if line.strip() and not line.startswith("#"):
            print(f"  In  {line}")
    for output in cell.outputs:
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        for line in text.rstrip().splitlines()[:14]:
            print(f"      {line}")
    print()


def _tell_outcome(folder: Path) -> None:
    """Say in words what the workspace holds now, as anybody who opens it would find."""
    workspace = Workspace.find(folder)
    print("What happened:")
    versions = [
        row.version
        for dataset in workspace.datasets().rows
        for row in workspace.versions(dataset.version.name).rows
    ]
    for version in sorted(versions, key=lambda version: version.created):
        held = f"{count_text(version.rows or 0, 'row')}, {count_text(version.files, 'file')}"
        _say(f"{version.ref} was registered: {version.description}; {held}.")
    diff = workspace.compare(
        workspace.resolve("weather_ds@1"), workspace.resolve("weather_ds@2"), Options()
    )
    _say(f"The diff found: {diff.headline}.")
    for run in workspace.runs().values():
        for use in run.inputs:
            rows = workspace.resolve(use.ref).rows
            cells = ", ".join(map(str, use.cells))
            _say(f"The run {run.name!r} read {use.ref}, {rows:,} rows, in cell {cells}.")
        made = ", ".join(use.ref for use in run.outputs)
        end = "ended with its kernel" if run.ended else "was interrupted"
        _say(f"It made {made}, and {end}.")


def _say(sentence: str) -> None:
    print(textwrap.fill(sentence, 92, initial_indent="  • ", subsequent_indent="    "))


if __name__ == "__main__":
    sys.exit(main())
