"""A Jupyter server with the extension, over a folder with one workspace in it.

The fixtures of pytest-jupyter are imported, not loaded as a plugin: some of them run for every
test, and only the tests of this folder want them.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_jupyter.jupyter_core import *  # noqa: F403
from pytest_jupyter.jupyter_server import *  # noqa: F403
from pytest_jupyter.pytest_tornasync import *  # noqa: F403
from tornado.httpclient import HTTPResponse

from dsnb.workspace import Workspace

Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"dsnb.server": True}}}


@pytest.fixture
def project(jp_root_dir: Path) -> Path:
    """Return a folder below the server's root in which nothing was registered yet."""
    folder = jp_root_dir / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(project: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace below the server's root, which is the current folder too."""
    monkeypatch.chdir(project)
    return Workspace.create(project, lambda notice: None)


@pytest.fixture
def fetch(jp_fetch: Callable[..., Awaitable[HTTPResponse]]) -> Callable[..., Any]:
    """Return a function that asks a route and returns the response, whatever its status."""

    def fetch(
        route: str,
        headers: dict[str, str] | None = None,
        how: dict[str, Any] | None = None,
        **params: Any,
    ) -> Any:
        where = f"dsnb/api/v1{route}"
        return jp_fetch(where, params=params, headers=headers, raise_error=False, **(how or {}))

    return fetch


@pytest.fixture
def ask(fetch: Callable[..., Any]) -> Ask:
    """Return a function that asks a route and returns status and answer."""

    async def ask(route: str, **params: Any) -> tuple[int, Any]:
        response = await fetch(route, **params)
        assert response.headers["Content-Type"] == "application/json"
        assert len(response.body) <= 200_000
        return response.code, json.loads(response.body)

    return ask
