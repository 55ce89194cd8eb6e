"""The lock that JupyterLab keeps in a notebook's file."""

import json
import time
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page, expect

import dsnb
from dsnb.workspace import Workspace
from tests.lab import Lab, Notebook
from tests.ui.conftest import REGISTERED, Open
from tests.workbench import register

LOAD = "df = %ds load weather_ds@1"
AGAIN = '%load_ext dsnb\n%ds register weather_ds "data/Weather/week 27"'
SECONDS = 20
SETTLED = 1_500
"""Milliseconds after which a cell's end has long been heard of."""


def register_week(folder: Path) -> None:
    register(Workspace(folder), folder / "data" / "Weather" / "week 27", name="weather_ds")


def lock_in(notebook: Notebook) -> Any:
    return nbformat.read(notebook.path, as_version=4).metadata.get("dsnb")


def refs(lock: Any) -> list[list[str]]:
    return [
        [f"{one['name']}@{one['version']}" for one in (lock or {}).get(side, [])]
        for side in ("inputs", "outputs")
    ]


def saved_with(notebook: Notebook, inputs: list[str], outputs: list[str]) -> bytes:
    """Save until the file says this; return the file."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        notebook.save()
        if refs(lock_in(notebook)) == [inputs, outputs]:
            return notebook.path.read_bytes()
        notebook.page.wait_for_timeout(300)
    raise AssertionError(f"the file says {refs(lock_in(notebook))}")


def await_end(page: Page, cell: int) -> None:
    prompt = page.locator(".jp-Cell .jp-InputPrompt").nth(cell - 1)
    expect(prompt).to_have_text(f"[{cell}]:", timeout=60_000)
    page.wait_for_timeout(SETTLED)


def test_the_saved_file_says_what_the_notebook_used_and_steadily(
    page: Page, open_notebook: Open
) -> None:
    notebook = open_notebook(AGAIN, LOAD, "df.shape", prepare=register_week)
    notebook.run_all()
    await_end(page, 3)
    used = (["weather_ds@1"], ["weather_ds@1"])
    whole = saved_with(notebook, *used)
    first = json.dumps(lock_in(notebook))
    assert dsnb.verify_notebook(notebook.path)
    assert "run" not in lock_in(notebook)
    # Saving touches nothing, and neither does a cell that uses the same again.
    page.wait_for_timeout(SETTLED)
    expect(page.locator(".lm-DockPanel-tabBar .jp-mod-dirty")).to_have_count(0)
    notebook.save()
    assert notebook.path.read_bytes() == whole
    # All again in a new kernel: on the same versions, so to the same bytes.
    notebook.choose("Kernel", "Restart Kernel and Run All Cells")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    page.wait_for_timeout(SETTLED)
    await_end(page, 3)
    saved_with(notebook, *used)
    assert json.dumps(lock_in(notebook)) == first


def test_a_workspace_may_want_no_lock(page: Page, open_notebook: Open) -> None:
    notebook = open_notebook("%load_ext dsnb\n%ds config notebook.lock off", REGISTERED, LOAD)
    notebook.run_all()
    await_end(page, 3)
    notebook.save()
    assert lock_in(notebook) is None
    notebook.evaluate("_ = %ds config notebook.lock on\n7")
    page.wait_for_timeout(SETTLED)
    saved_with(notebook, ["weather_ds@1"], ["weather_ds@1", "weather_ds@2"])


def test_a_user_may_want_no_lock(page: Page, server: Lab, open_notebook: Open) -> None:
    settings = server.folder.parent / "config/lab/user-settings/dsnb/lock.jupyterlab-settings"
    settings.parent.mkdir()
    settings.write_text('{"write": false}', encoding="utf-8")
    notebook = open_notebook(AGAIN, LOAD, "df.shape", prepare=register_week)
    notebook.run_all()
    await_end(page, 3)
    notebook.save()
    assert lock_in(notebook) is None
    settings.unlink()
