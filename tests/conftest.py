"""Fixtures shared by the tests: real weather data in a workspace of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dsnb.workspace import Workspace

WEATHER = Path(__file__).parent.parent / "notebooks" / "data" / "Weather"


@pytest.fixture
def weather() -> Path:
    """Return the folder ``data/Weather`` below the current one, with weeks 27 and 28."""
    folder = Path("data/Weather")
    shutil.copytree(WEATHER, folder)
    return folder


@pytest.fixture
def notices() -> list[str]:
    """Return a list that gets every sentence the workspace tells the user."""
    return []


@pytest.fixture
def workspace(notices: list[str]) -> Workspace:
    """Return a workspace in the current folder."""
    return Workspace.create(".", notices.append)
