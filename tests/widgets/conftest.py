from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dsnb.widgets.picker import Picker
from dsnb.workspace import Workspace
from tests.widgets.front import Front
from tests.workbench import register


@pytest.fixture
def weeks(workspace: Workspace, weather: Path) -> Workspace:
    """A workspace with two versions of weather_ds and one of prices."""
    register(workspace, "data/Weather/week 27", name="weather_ds", description="week 27")
    Path("prices.csv").write_text("day,price\n1,2.5\n2,\n", encoding="utf-8")
    register(workspace, "prices.csv", name="prices", description="what it costs", snapshot="never")
    register(workspace, "data/Weather", name="weather_ds", description="weeks 27, 28")
    return workspace


@pytest.fixture
def open_picker(weeks: Workspace) -> Iterator[Callable[..., Front]]:
    """Open a picker as a notebook would, and hear what it sends."""
    opened: list[Picker] = []

    def open_one(ref: str | None = "weather_ds", workspace: Workspace | None = None) -> Front:
        picker = Picker(workspace or weeks, ref)
        opened.append(picker)
        return Front(picker)

    yield open_one
    for picker in opened:
        picker.close()
