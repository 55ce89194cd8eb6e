"""Reading a registered file with the user's own code makes its version an input of the run."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import dsnb
from dsnb.datasets import attribution
from dsnb.session.tracing import TRACER
from tests.workbench import write

WEEK_27 = "data/Weather/week 27/weather.csv"
WEEK_28 = "data/Weather/week 28/weather.csv"
Run = Callable[[str], object]


@pytest.fixture
def cell(weather: Path) -> Iterator[Run]:
    """Return what runs a cell of a notebook, in which week 27 and both weeks are registered."""
    shell = InteractiveShell()

    def run(code: str) -> object:
        return shell.run_cell(code, store_history=True).raise_error()

    run("%load_ext dsnb")
    run('%ds register weather_ds "data/Weather/week 27"')
    run('%ds register weather_ds --add "data/Weather/week 28"')
    run("import pandas as pd, threading")
    yield run
    run("%unload_ext dsnb")


def inputs() -> list[tuple[str, str, tuple[int, ...]]]:
    run = dsnb.run().run
    assert run is not None
    return [(use.ref, use.how, use.cells) for use in run.inputs]


@pytest.mark.parametrize(
    "code",
    [
        f"pd.read_csv({WEEK_28!r})",
        f"pd.read_csv({WEEK_28!r}, engine='python')",
        f"with open({WEEK_28!r}) as file: file.read()",
        f"__import__('pathlib').Path({WEEK_28!r}).read_bytes()",
        f"t = threading.Thread(target=pd.read_csv, args=[{WEEK_28!r}]); t.start(); t.join()",
    ],
)
def test_a_read_by_any_code_of_a_cell_is_an_input(cell: Run, code: str) -> None:
    cell(code)
    assert inputs() == [("weather_ds@2", "trace", (5,))]


def test_of_several_versions_with_the_file_it_is_the_newest(cell: Run) -> None:
    cell(f"pd.read_csv({WEEK_27!r})")
    assert inputs() == [("weather_ds@2", "trace", (5,))]


def test_a_file_that_is_not_what_any_version_records_is_no_input(cell: Run) -> None:
    Path(WEEK_28).write_text("origin\nEWR\n", encoding="utf-8")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert inputs() == []


def test_what_a_file_was_is_settled_when_it_is_opened(cell: Run) -> None:
    old = os.stat(WEEK_28).st_mtime - 100
    os.utime(WEEK_28, (old, old))
    dsnb.verify("weather_ds@2")  # its content in this state is remembered
    cell(f"frame = pd.read_csv({WEEK_28!r}); frame.head(3).to_csv({WEEK_28!r}, index=False)")
    if os.stat(WEEK_28).st_ctime - os.stat(WEEK_27).st_ctime > 2:
        assert inputs() == [("weather_ds@2", "trace", (5,))]
    else:
        # So young a file might have changed within the clock's tick, and nothing is claimed.
        assert inputs() in ([], [("weather_ds@2", "trace", (5,))])


def test_what_is_written_is_no_input(cell: Run) -> None:
    content = Path(WEEK_28).read_text(encoding="utf-8")
    cell(f"with open({WEEK_28!r}, 'w') as file: file.write({content!r})")
    assert inputs() == []


def test_other_files_and_code_are_no_inputs(cell: Run) -> None:
    Path("other.csv").write_text("a\n1\n", encoding="utf-8")
    cell("pd.read_csv('other.csv'); import json.tool")
    assert inputs() == []


def test_what_dsnb_opens_itself_is_no_input(cell: Run) -> None:
    cell("%ds verify --full")
    cell("d = %ds diff weather_ds@1..2")
    assert inputs() == []


def test_a_read_outside_a_cell_is_not_seen(cell: Run) -> None:
    pd.read_csv(WEEK_28)
    assert TRACER.take() == {}
    cell("1 + 1")
    assert inputs() == []


def test_a_cell_that_fails_has_read_all_the_same(cell: Run) -> None:
    with pytest.raises(ZeroDivisionError):
        cell(f"pd.read_csv({WEEK_28!r}); 1 / 0")
    assert inputs() == [("weather_ds@2", "trace", (5,))]


def test_without_a_workspace_reading_goes_on_as_ever(tmp_path: Path) -> None:
    shell = InteractiveShell()
    shell.run_cell("%load_ext dsnb", store_history=True).raise_error()
    Path("a.csv").write_text("a\n1\n", encoding="utf-8")
    shell.run_cell(
        "with open('a.csv') as file: text = file.read()", store_history=True
    ).raise_error()
    shell.run_cell("%unload_ext dsnb")
    assert shell.user_ns["text"] == "a\n1\n"
    assert not Path(".dsnb").exists()


def test_a_damaged_registry_never_reaches_the_users_cell(cell: Run) -> None:
    Path(".dsnb/registry.json").write_text("{", encoding="utf-8")
    cell(f"rows = len(pd.read_csv({WEEK_28!r}))")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets every file that is hashed to tell what was read."""
    paths: list[str] = []
    really = attribution.hash_files

    def telling(these: list[str]) -> object:
        paths.extend(these)
        return really(these)

    monkeypatch.setattr(attribution, "hash_files", telling)
    # A file system's clock may not tell what happens within two seconds.
    monkeypatch.setattr(attribution, "clock", lambda: time.time_ns() + 10_000_000_000)
    return paths


def test_a_file_that_is_read_in_every_cell_is_hashed_once(cell: Run, hashed: list[str]) -> None:
    os.utime(WEEK_28)
    cell(f"pd.read_csv({WEEK_28!r})")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert inputs() == [("weather_ds@2", "trace", (5, 6))]
    assert hashed == [os.path.abspath(WEEK_28)]


def test_the_registry_is_looked_through_once_until_it_changes(
    cell: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[int] = []
    really = attribution.every_version

    def telling(stores: Any) -> Any:
        times.append(1)
        return really(stores)

    monkeypatch.setattr(attribution, "every_version", telling)
    cell(f"pd.read_csv({WEEK_28!r})")
    Path("other.csv").write_text("a\n1\n", encoding="utf-8")
    cell("pd.read_csv('other.csv')")
    assert len(times) == 1
    cell("%ds register other other.csv")
    cell("pd.read_csv('other.csv')")
    assert len(times) == 2
    assert [use[0] for use in inputs()] == ["weather_ds@2", "other@1"]


@pytest.mark.parametrize("opened", ["linked/a.csv", "linked/sub/b.csv"])
def test_a_link_inside_what_is_registered_is_seen(cell: Run, tmp_path: Path, opened: str) -> None:
    write(tmp_path / "far/a.csv", "a\n1\n")
    write(tmp_path / "far/sub/b.csv", "b\n2\n")
    Path("linked").mkdir()
    Path("linked/a.csv").symlink_to(tmp_path / "far/a.csv")
    Path("linked/sub").symlink_to(tmp_path / "far/sub")
    cell("%ds register linked linked")
    cell(f"pd.read_csv({opened!r})")
    assert [use[0] for use in inputs()] == ["linked@1"]


def test_after_unloading_nothing_is_seen(cell: Run) -> None:
    cell("%unload_ext dsnb")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert TRACER.take() == {}
    cell("%load_ext dsnb")
    assert inputs() == []
