"""The side panel and the picker beside 2,000 datasets with 10,000 versions."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page

from dsnb.server.reading import read_datasets
from dsnb.server.scope import Scope
from dsnb.workspace import Workspace
from tests import lab
from tests.benchmarks.timing import Row
from tests.lab import Notebook, register_elsewhere

_DATASETS, _VERSIONS = 2_000, 5

# The moment at which something is there, counted from the event that asked for it.
_UNTIL = """([event, target, selector]) => new Promise(resolve => {
  let began = null;
  const look = () => {
    const found = document.querySelector(selector);
    if (began !== null && found) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  document.addEventListener(event, () => { began ??= performance.now(); }, {capture: true});
  requestAnimationFrame(look);
})"""


def measure(folder: Path) -> Iterator[Row]:
    """Time what a person waits for."""
    with lab.lab(folder) as server, lab.browser() as browser:
        path = server.notebook("many", "%load_ext dsnb", "%ds pick weather_ds")
        register_elsewhere(path.parent, "weather_ds", "data/Weather")
        _fill(Workspace(path.parent))
        scope = Scope(server.folder, print)
        read_datasets(scope, "many", "", 0, 100)
        searching = []
        for text in ("1", "12", "123", "dataset_0", "nothing") * 3:
            began = time.perf_counter()
            read_datasets(scope, "many", text, 0, 100)
            searching.append(time.perf_counter() - began)
        yield _row("server: a search among 2,000 datasets", None, searching)

        cold, warm, keys, shown = [], [], [], []
        for number in range(5):
            page = browser.new_page(viewport={"width": 1300, "height": 900})
            notebook = Notebook(page, server, path)
            page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
            tab = page.get_by_role("tab", name="Datasets").first
            item = "#dsnb-datasets:not(.lm-mod-hidden) button[aria-expanded]"
            if page.get_by_role("region", name="Datasets").is_visible():
                tab.click()  # Lab opens what was open last time
                page.wait_for_timeout(300)
            (warm if number else cold).append(
                _waiting(page, "click", item, lambda tab=tab: tab.click())
            )
            search = page.get_by_role("searchbox", name="Search datasets")
            search.fill("dataset_001")
            page.wait_for_timeout(500)
            only = "#dsnb-datasets [data-index='0'] button, #dsnb-datasets button[aria-expanded]"
            keys.append(
                _waiting(page, "input", only, lambda search=search: search.press_sequentially("1"))
            )
            shown.append(_picker(notebook))
            page.close()
        yield _row("panel: from the first click on a new server", 300, cold)
        yield _row("panel: from the click", 300, warm)
        yield _row("panel: a keystroke in the search", 50, keys)
        yield _row("picker: from the end of the cell", 300, shown)


def _waiting(page: Page, event: str, selector: str, act: object) -> float:
    handle = page.evaluate_handle(f"args => ({{promise: ({_UNTIL})(args)}})", [event, "", selector])
    assert callable(act)
    act()
    return float(handle.evaluate("held => held.promise")) / 1e3


def _picker(notebook: Notebook) -> float:
    page = notebook.page
    handle = page.evaluate_handle(
        """() => ({promise: new Promise(resolve => {
          let ended = null;
          const look = () => {
            const cells = document.querySelectorAll(".jp-CodeCell");
            const prompt = cells[cells.length - 1].querySelector(".jp-InputPrompt").textContent;
            if (ended === null && /\\d/.test(prompt)) ended = performance.now();
            const row = document.querySelector(".dsnb-picker [role=option]");
            if (ended !== null && row) resolve(performance.now() - ended);
            else requestAnimationFrame(look);
          };
          look();
        })})"""
    )
    notebook.run_all()
    return float(handle.evaluate("held => held.promise")) / 1e3


def _fill(workspace: Workspace) -> None:
    """Record many versions like the one that is there, in one transaction."""
    one = workspace.resolve("weather_ds@1")
    with workspace._catalog.transaction() as transaction:
        for number in range(_DATASETS * _VERSIONS):
            name, version = f"dataset_{number // _VERSIONS:04d}", number % _VERSIONS + 1
            transaction.add_version(replace(one, name=name, version=version, id=str(uuid.uuid4())))


def _row(what: str, target: float | None, seconds: list[float]) -> Row:
    median = statistics.median(seconds)
    return Row(what, median * 1e3, target, "ms", {"median": median, "worst": max(seconds)})
