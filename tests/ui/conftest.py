"""A JupyterLab with the extension, and a browser: one of each for the tests of a module.

No longer: while Playwright runs, the process has a running event loop, which others may not want.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import lab
from tests.lab import Lab, Notebook

Open = Callable[..., Notebook]

REGISTERED = """\
%load_ext dsnb
%ds register weather_ds "data/Weather/week 27" -d "week 27"
%ds register weather_ds --add "data/Weather/week 28" -d "weeks 27, 28\""""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab.lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(lab.CHROMIUM).exists():
        pytest.skip(f"{lab.CHROMIUM} is not installed")
    with lab.browser() as running:
        yield running


@pytest.fixture
def page(chromium: Browser, server: Lab) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1300, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()
    server.end_kernels()


@pytest.fixture
def open_notebook(page: Page, server: Lab, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a notebook with some cells in a folder of its own; nothing may fail in the browser."""
    opened: list[Notebook] = []

    def open_one(
        *cells: str,
        workspace: bool = True,
        prepare: Callable[[Path], None] | None = None,
        name: str = "",
        below: str = "",
    ) -> Notebook:
        folder = name or f"{request.node.name.partition('[')[0]}-{len(opened)}-{id(page)}"
        path = server.notebook(folder, *cells, workspace=workspace)
        if prepare is not None:
            prepare(path.parent)
        path = path.parent / below / path.name
        opened.append(Notebook(page, server, path))
        return opened[-1]

    yield open_one
    for notebook in opened:
        assert notebook.errors == []


@pytest.fixture
def pictures(page: Page) -> Callable[[str], None]:
    """Return what takes a picture of the panel, where ``DSNB_PICTURES`` names a folder for it."""

    def take(name: str) -> None:
        if folder := os.environ.get("DSNB_PICTURES"):
            page.get_by_role("region", name="Datasets").screenshot(path=f"{folder}/{name}.png")

    return take
