"""Progress shows itself when work takes long, and is gone when the work is, however it ended."""

from typing import Any

import pytest
import tqdm.auto
from tqdm.notebook import tqdm_notebook

from dsnb import progress


class Bars:
    """Stands for the notebook's front end: what became of each bar."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def made(self, **how: Any) -> Any:
        bar = tqdm_notebook(display=False, **how)
        self.shown.append(bar)
        return bar


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> Bars:
    found = Bars()
    monkeypatch.setattr(tqdm.auto, "tqdm", found.made)
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    return found


def closed(bar: Any) -> bool:
    """Tell whether a bar in a notebook was taken off the page, not left there in red."""
    return bar.container.comm is None and bar.container.children[1].bar_style != "danger"


def test_a_bar_that_never_became_full_is_gone_with_the_work(bars: Bars) -> None:
    with progress.waiting("Comparing") as tell:
        tell(27)
        [bar] = bars.shown
        assert not closed(bar)
    assert closed(bar)


def test_a_bar_is_gone_when_the_work_fails(bars: Bars) -> None:
    def interrupted() -> None:
        with progress.waiting("Comparing") as tell:
            tell(27)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert closed(bars.shown[0])


def test_a_bar_is_gone_when_all_is_hashed(bars: Bars) -> None:
    tell = progress.hashing(2, 100)
    tell(40)
    assert not closed(bars.shown[0])
    tell(60)
    assert closed(bars.shown[0])


def test_a_bar_is_gone_when_hashing_stops(bars: Bars) -> None:
    tell = progress.hashing(2, 100)
    tell(40)
    del tell
    assert closed(bars.shown[0])


def test_short_work_shows_nothing(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", 3600.0)
    with progress.waiting("Comparing") as tell:
        tell(27)
    assert bars.shown == []


def test_a_bar_only_grows(bars: Bars) -> None:
    with progress.waiting("Comparing") as tell:
        for percentage in (10, 50, -1, 20, 60):
            tell(percentage)
        assert bars.shown[0].n == 60
