from collections.abc import Iterator
from pathlib import Path

import pytest

import dsnb
from tests.pipelines.notebook import FILE, Notebook, notebook

WEEKS = ("data/Weather/week 27", "data/Weather/week 28")


@pytest.fixture
def cells(weather: Path) -> Iterator[Notebook]:
    """A notebook without a file of its own, beside week 27 as ``weather_ds@1``."""
    with notebook() as running:
        dsnb.register("weather_ds", WEEKS[0])
        yield running


@pytest.fixture
def saved(cells: Notebook, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """The same, of which the file is known."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(FILE.absolute()))
    dsnb.run.start("train")
    return cells


@pytest.fixture
def week_28() -> str:
    """The paths of what becomes ``weather_ds@2``."""
    return WEEKS[1]
