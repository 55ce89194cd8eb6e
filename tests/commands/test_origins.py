"""bisect and trace, as functions and in a shell."""

import json
from pathlib import Path

import pytest

import dsnb
from dsnb.cli import main
from dsnb.errors import TableError, UsageError
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


def test_trace_needs_a_variable(capsys: pytest.CaptureFixture[str]) -> None:
    Path(".dsnb").mkdir()
    assert main(["trace"]) == 2
    assert "A shell has no variables to trace" in capsys.readouterr().err
    with pytest.raises(TableError, match="no table: int values carry no reference"):
        dsnb.trace(3)
