"""A workspace with two weeks of weather, as code of the retired SDK gets at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsnb.azureml.core import Datastore, Workspace
from dsnb.workspace import Workspace as LocalWorkspace


@pytest.fixture
def ws(workspace: LocalWorkspace, weather: Path) -> Workspace:
    """Return the workspace of the current folder, which holds the weather."""
    return Workspace.from_config()


@pytest.fixture
def store(ws: Workspace) -> Datastore:
    """Return the default datastore."""
    return ws.get_default_datastore()
