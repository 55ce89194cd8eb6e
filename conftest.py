"""What every test and doctest gets: an empty folder, a cache and a session of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsnb.session.current import SESSION
from dsnb.session.notebook import NOTEBOOK

THREE_HOURS = """\
origin,time_hour,temp
EWR,2013-07-01T04:00:00Z,78.08
JFK,2013-07-01T04:00:00Z,73.04
LGA,2013-07-01T04:00:00Z,75.92
"""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep a test away from the user's workspaces, cache and settings."""
    home = tmp_path / "home"
    folder = home / "work"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("DSNB_CACHE", str(home / "cache"))
    for variable in ("DSNB_WORKSPACE", "JPY_SESSION_NAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(folder)
    # Modules hold the one session of a process, so that one is made anew in place.
    NOTEBOOK.__init__()  # type: ignore[misc]
    SESSION.__init__(NOTEBOOK)  # type: ignore[misc]
    yield
    SESSION.forget()
    if (filling := sys.modules.get("dsnb.tables.filling")) is not None:
        filling.FILLER.wait(60)  # in this test's cache, not in the next one's


@pytest.fixture(autouse=True)
def documented(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any], tmp_path: Path
) -> None:
    """Give the examples of the verbs a workspace and a small file."""
    if not isinstance(request.node, pytest.DoctestItem):
        return
    if request.node.name.startswith("dsnb.commands"):
        Path("weather.csv").write_text(THREE_HOURS, encoding="utf-8")
        new = tmp_path / "new"
        new.mkdir()
        doctest_namespace["tmp"] = new
        Path(".dsnb").mkdir()
