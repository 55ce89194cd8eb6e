"""Fixtures shared by the tests: real weather data in a workspace of its own."""

from __future__ import annotations

import gc
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dsnb.workspace import Workspace
from tests.workbench import mounted_disk


def pytest_configure() -> None:
    """Listen to Ctrl-C: what a shell starts in the background is deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


# How long an example takes says more of what else the machine does than of dsnb.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the modules and tests, which stay to the end.

    Looking through all of them took it most of a second, whenever IPython or a test called it.
    """
    gc.collect()
    gc.freeze()


WEATHER = Path(__file__).parent.parent / "notebooks" / "data" / "Weather"


@pytest.fixture
def weather() -> Path:
    """Return the folder ``data/Weather`` below the current one, with weeks 27 and 28."""
    folder = Path("data/Weather")
    shutil.copytree(WEATHER, folder)
    return folder


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the current folder, one that other users can reach (pytest closes its own)."""
    with tempfile.TemporaryDirectory(prefix="dsnb-test-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        monkeypatch.chdir(folder)
        yield folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of 256 kB."""
    folder = tmp_path / "disk"
    with mounted_disk(folder, "256k"):
        yield folder


@pytest.fixture
def notices() -> list[str]:
    """Return a list that gets every sentence the workspace tells the user."""
    return []


@pytest.fixture
def by_reference(workspace: Workspace) -> None:
    """Keep no bytes, so that what drifts is lost."""
    workspace.set_setting("snapshot", "never")


@pytest.fixture
def workspace(notices: list[str]) -> Workspace:
    """Return a workspace in the current folder."""
    return Workspace.create(".", notices.append)
