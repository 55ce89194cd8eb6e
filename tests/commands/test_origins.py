"""bisect and trace, as functions and in a shell."""

import json
from pathlib import Path

import pytest

import dsnb
from dsnb.cli import main
from dsnb.errors import MissingPathError, TableError, UsageError
from tests.workbench import write


@pytest.fixture
def five() -> None:
    for number in range(1, 6):
        write("w.csv", f"temp\n{number * 30}\n")
        dsnb.register("weather_ds", "w.csv", snapshot=True)


@pytest.mark.usefixtures("five")
def test_bisect_takes_numbers_texts_and_functions() -> None:
    for good, bad in ((2, 5), ("2", "latest"), (None, None), ("weather_ds@1", 4)):
        found = dsnb.bisect("weather_ds", "df.temp.max() < 100", good=good, bad=bad)
        assert (found.first_bad, found.last_good) == ("weather_ds@4", "weather_ds@3")
    assert dsnb.bisect("weather_ds", lambda df: df["temp"] < 50).first_bad == "weather_ds@2"
    with pytest.raises(UsageError, match="neither an expression nor a function"):
        dsnb.bisect("weather_ds", 3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="good cannot be -1"):
        dsnb.bisect("weather_ds", "True", good=-1)


@pytest.mark.usefixtures("five")
def test_bisect_in_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bisect", "weather_ds", "--", "df.temp.max()", "<", "100"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("weather_ds@4 is the first version for which this fails")
    assert "next: dsnb diff weather_ds@3..4 · dsnb load weather_ds@4" in said.out
    assert said.err.splitlines() == [
        "dsnb: weather_ds@5: it fails.",
        "dsnb: weather_ds@1: it holds.",
        "dsnb: weather_ds@3: it holds.",
        "dsnb: weather_ds@4: it fails.",
    ]
    assert main(["bisect", "weather_ds", "--json", "--", "df.temp.max() < 100"]) == 0
    assert json.loads(capsys.readouterr().out)["first_bad"] == "weather_ds@4"


@pytest.mark.usefixtures("five")
def test_bisect_tells_a_shell_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bisect", "weather_ds"]) == 2
    assert "For example: dsnb bisect weather_ds -- 'df.temp.max() < 100'" in capsys.readouterr().err
    assert main(["bisect", "weather_ds", "--", "True"]) == 1
    assert "there is nothing to find" in capsys.readouterr().err


def test_trace_needs_a_variable_or_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".dsnb").mkdir()
    assert main(["trace"]) == 2
    assert "VAR|PATH" in capsys.readouterr().err
    assert main(["trace", "nothing.csv"]) == 1
    assert "There is no file nothing.csv" in capsys.readouterr().err
    with pytest.raises(TableError, match="no table: int values carry no reference"):
        dsnb.trace(3)


def test_a_file_is_traced_to_the_versions_that_hold_it(capsys: pytest.CaptureFixture[str]) -> None:
    write("data/a.csv", "a\n1\n")
    write("data/b.csv", "a\n2\n")
    dsnb.register("ds", "data/a.csv")
    dsnb.register("ds", "data/b.csv", add=True)
    assert main(["trace", "data/a.csv"]) == 0
    assert "ds@2 holds data/a.csv as it is now, and so do ds@1." in capsys.readouterr().out
    found = dsnb.trace("data/a.csv")
    assert found.versions == ("ds@2", "ds@1")
    assert dsnb.trace("data/b.csv").versions == ("ds@2",)
    write("data/b.csv", "a\n3\n")
    found = dsnb.trace("data/b.csv")
    assert (found.versions, found.was) == ((), "ds@2")
    assert found.command == "register ds data/a.csv data/b.csv"
    write("data/c.csv", "a\n3\n")
    found = dsnb.trace("data/c.csv")
    assert (found.was, found.command) == (None, "register c data/c.csv")
    assert not found
    with pytest.raises(MissingPathError, match="is no file"):
        dsnb.trace("data")
