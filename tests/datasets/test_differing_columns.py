"""Loading several files whose columns differ: joined by name, told, not told or refused."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dsnb
from dsnb.errors import TableError, UsageError
from dsnb.workspace import Workspace
from tests.workbench import load, register

WEEKS = {
    "b": pd.DataFrame({"hour": [1, 2], "temp": [78.08, 73.04]}),
    "a": pd.DataFrame({"temp": [75.92], "hour": [3]}),
    "c": pd.DataFrame({"hour": [4], "wind": [6.9], "gust": [9.2]}),
}
JOINED = pd.DataFrame(
    {
        "hour": [1, 2, 3, 4],
        "temp": [78.08, 73.04, 75.92, None],
        "wind": [None, None, None, 6.9],
        "gust": [None, None, None, 9.2],
    }
)


@pytest.fixture(params=["csv", "parquet"])
def ending(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def weeks(workspace: Workspace, ending: str, notices: list[str]) -> Workspace:
    for name, week in WEEKS.items():
        path = Path(f"{name}.{ending}")
        week.to_csv(path, index=False) if ending == "csv" else week.to_parquet(path)
    register(workspace, *(f"{name}.{ending}" for name in WEEKS))
    notices.clear()
    return workspace


@pytest.mark.parametrize("library", ["pandas", "arrow"])
def test_they_are_joined_by_name_in_the_order_of_the_definition(
    weeks: Workspace, library: Any, notices: list[str]
) -> None:
    for differing in ("told", "joined"):
        found = load(weeks, library=library, differing=differing)
        found = found if library == "pandas" else found.to_pandas()
        pd.testing.assert_frame_equal(found, JOINED)
    assert len(notices) == 1
    assert "columns differ: gust, temp, wind (first in " in notices[0]
    assert "joined by name; what a file lacks is missing there" in notices[0]


@pytest.mark.parametrize("library", ["pandas", "arrow", "polars"])
def test_strictly_they_are_refused_with_the_file_and_its_columns(
    weeks: Workspace, library: Any, ending: str
) -> None:
    for _ in range(2):
        with pytest.raises(TableError) as refused:
            load(weeks, library=library, differing="refused")
        folder = Path.cwd()
        assert refused.value.message == (
            f"The files' columns differ: {folder / f'c.{ending}'} lacks temp and has gust, wind "
            f"besides, compared with {folder / f'b.{ending}'}."
        )


def test_strictly_another_order_of_columns_is_no_difference(
    weeks: Workspace, ending: str, notices: list[str]
) -> None:
    register(weeks, f"b.{ending}", f"a.{ending}")
    found = load(weeks, differing="refused")
    pd.testing.assert_frame_equal(found, JOINED.head(3)[["hour", "temp"]])
    register(weeks, f"c.{ending}")
    assert len(load(weeks, differing="refused")) == 1
    assert notices == []


def test_columns_that_are_chosen_change_nothing_about_it(weeks: Workspace) -> None:
    pd.testing.assert_frame_equal(
        load(weeks, columns=["temp"], differing="joined"), JOINED[["temp"]]
    )
    with pytest.raises(TableError, match=r"c\.(csv|parquet) lacks temp"):
        load(weeks, columns=["hour"], differing="refused")


def test_the_verb_takes_one_of_both(weeks: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    pd.testing.assert_frame_equal(dsnb.load("ds", union=True), JOINED)
    assert capsys.readouterr().err == ""
    with pytest.raises(TableError, match="Leave out --strict, or give --union"):
        dsnb.load("ds", strict=True)
    with pytest.raises(UsageError, match="--union and --strict contradict each other"):
        dsnb.load("ds", union=True, strict=True)
    pd.testing.assert_frame_equal(dsnb.load("ds"), JOINED)
    assert "columns differ" in capsys.readouterr().err


def test_files_that_are_no_table_have_no_columns_that_differ(workspace: Workspace) -> None:
    Path("x.bin").write_bytes(b"x")
    register(workspace, "x.bin")
    with pytest.raises(TableError, match="no rows or columns to choose"):
        dsnb.load("ds", strict=True)
