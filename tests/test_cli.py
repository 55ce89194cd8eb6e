"""The command ``dsnb`` in a real shell."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dsnb.cli import main
from dsnb.workspace import Workspace
from tests.workbench import NOBODY, register_table, run_python

REGISTER = ("register", "weather_ds", "data/Weather/week 27")
BOTH = ("register", "weather_ds", "data/Weather/week 27", "data/Weather/week 28")


def dsnb(*words: str, **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dsnb", *words], capture_output=True, text=True, timeout=60, **how
    )


@pytest.fixture
def here(weather: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Make the current folder a workspace with two versions of weather_ds."""
    assert main(REGISTER) == 0
    assert main(BOTH) == 0
    capsys.readouterr()


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_session_in_the_shell(weather: Path) -> None:
    done = dsnb(*REGISTER)
    assert (done.returncode, done.stderr) == (0, "")
    assert "weather_ds@1  registered" in done.stdout
    assert "next: dsnb load weather_ds@1" in done.stdout
    done = dsnb("load", "weather_ds", "--columns", "origin,temp", "--limit", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("origin,temp\nEWR,75.2\n")
    assert done.stdout.count("\n") == 3


def test_the_installed_command_is_there() -> None:
    command = shutil.which("dsnb", path=str(Path(sys.executable).parent))
    assert command is not None
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("dsnb ")


@pytest.mark.parametrize(
    "words",
    [
        REGISTER, ("list",), ("versions", "weather_ds"), ("show", "weather_ds@1"),
        ("diff", "weather_ds@1..2"), ("diff", "weather_ds@1"), ("verify",), ("runs",), ("run",),
        ("status",), ("config",), ("config", "diff.rows"), ("config", "diff.rows", "5"),
        ("datastore",), ("datastore", "list"), ("datastore", "add", "other", "data"), ("init",),
        ("alias", "weather_ds@1", "prod"), ("tag", "weather_ds@1", "stage=raw"),
        ("annotate", "weather_ds@1", "week 27"), ("rename", "weather_ds", "nyc_weather"),
        ("load", "weather_ds@1"), ("load", "weather_ds@1", "--as", "paths"),
        ("load", "weather_ds@1", "--as", "polars", "--limit", "3"),
        ("load", "weather_ds@1", "--as", "arrow", "--limit", "3"),
    ],
)  # fmt: skip
def test_every_verb_answers_in_text_and_in_json(
    here: None, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert main(words) == 0
    told = capsys.readouterr()
    assert told.out.strip()
    assert "%ds" not in told.out
    assert told.err == ""
    if words[0] != "rename" and "add" not in words:
        json.dumps(answer(capsys, *words), allow_nan=False)


def test_json_holds_what_the_answer_does(here: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "list")["rows"][0]["version"]["version"] == 2
    found = answer(capsys, "diff", "weather_ds@1..2")
    assert (found["rows"]["added"], found["different"]) == (504, True)
    rows = answer(capsys, "load", "weather_ds@1", "--columns", "origin,temp", "--limit", "2")
    assert [set(row) for row in rows] == [{"origin", "temp"}] * 2
    (path,) = answer(capsys, "load", "weather_ds@1", "--as", "paths")
    assert Path(path).is_file()


def test_a_column_may_have_any_name(here: None, capsys: pytest.CaptureFixture[str]) -> None:
    Path("odd.csv").write_text("df,compute,to_pandas\n1,2,3\n")
    assert main(["register", "odd", "odd.csv"]) == 0
    assert answer(capsys, "load", "odd") == [{"df": 1, "compute": 2, "to_pandas": 3}]


def test_numbers_dates_and_gaps_reach_json_as_they_are(
    here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    number = 0.12345678901234567
    Path("exact.csv").write_text(f"n,at\n{number!r},2013-07-01 05:00\n,\n")
    assert main(["register", "exact", "exact.csv", "--parse-dates", "at"]) == 0
    rows = answer(capsys, "load", "exact")
    assert rows == [{"n": number, "at": "2013-07-01T05:00:00"}, {"n": None, "at": None}]


def test_an_index_that_holds_data_is_printed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    stations = pd.Index(["EWR", "JFK"], name="origin")
    register_table(workspace, pd.DataFrame({"temp": [78.1, 80.0]}, index=stations))
    assert answer(capsys, "load", "ds")[0] == {"origin": "EWR", "temp": 78.1}
    assert main(["load", "ds"]) == 0
    assert capsys.readouterr().out == "origin,temp\nEWR,78.1\nJFK,80.0\n"


@pytest.mark.parametrize("text", ["100%ds", "a %ds b", "%dslist", "%ds list.csv"])
def test_what_the_user_wrote_is_never_rewritten(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    Path("a.csv").write_text("a\n1\n")
    assert main(["register", "a", "a.csv", "-d", text]) == 0
    capsys.readouterr()
    assert main(["show", "a"]) == 0
    assert text in capsys.readouterr().out
    assert main(["register", "a", text]) == 1
    assert text in capsys.readouterr().err


def test_a_shell_is_offered_no_variable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["register", "c"]) == 2
    said = capsys.readouterr().err
    assert said.endswith("Give a path: dsnb register c data/file.csv\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("load", "wether_ds"), 1),
        (("load", "weather_ds@9"), 1),
        (("register", "weather_ds", "nowhere"), 1),
        (("frob",), 2),
        (("load", "weather_ds", "--colums", "a"), 2),
        (("load",), 2),
        (("register", "features", "--from", "df"), 2),
        (("run", "start", "train"), 2),
    ],
)
def test_what_is_refused_is_said_on_stderr_with_an_exit_code(
    here: None, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int
) -> None:
    registry = Path(".dsnb/registry.json").read_bytes()
    assert main(words) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("dsnb: ")
    assert told.err.count("\n") == 1
    assert "%ds" not in told.err
    assert Path(".dsnb/registry.json").read_bytes() == registry


def test_verify_fails_when_something_drifted(
    here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 0
    Path("data/Weather/week 28/weather.csv").write_text("a\n1\n")
    assert main(["verify"]) == 1
    assert main(["verify", "weather_ds@1"]) == 0
    assert main(["load", "weather_ds@2"]) == 0
    assert "has drifted" in capsys.readouterr().err
    assert main(["snapshot", "weather_ds@2", "--remove"]) == 0
    assert main(["load", "weather_ds@2"]) == 1
    assert "Keep the change as a new version" in capsys.readouterr().err


def test_notices_go_to_stderr_and_speak_of_the_shell(here: None) -> None:
    done = dsnb(*BOTH, "-d", "both weeks")
    assert done.stdout.startswith("weather_ds@2  nothing new")
    assert done.stderr.startswith("dsnb: weather_ds@2 keeps its description")
    assert "dsnb annotate weather_ds@2" in done.stderr
    Path("data/Weather/week 28/weather.csv").write_text("a\n1\n")
    done = dsnb("load", "weather_ds@2", "--as-is", "--as", "paths")
    assert len(done.stdout.splitlines()) == 2
    assert "has drifted" in done.stderr


def test_the_shell_records_no_run(here: None, capsys: pytest.CaptureFixture[str]) -> None:
    main(["load", "weather_ds@1"])
    assert answer(capsys, "runs")["rows"] == []


def test_help_is_asked_for_and_given(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ((), ("--help",), ("-h",)):
        assert main(words) == 0
        assert capsys.readouterr().out.startswith("dsnb VERB")
    assert main(["run", "start", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: dsnb run start")
    assert main(["register", "--help"]) == 0
    told = capsys.readouterr().out
    assert "--from" not in told
    assert "--json" in told
    assert "%ds" not in told


def test_a_reader_that_has_seen_enough_is_no_error(here: None) -> None:
    rows = "\n".join(["a", *map(str, range(200_000))])
    Path("long.csv").write_text(rows)
    main(["register", "long", "long.csv"])
    with subprocess.Popen(
        [sys.executable, "-m", "dsnb", "load", "long"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("words", [["--help"], ["register", "--help"], ["--version"]])
def test_help_may_be_cut_off(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "dsnb", *words], stdout=closed, stderr=subprocess.PIPE
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_ctrl_c_stops_with_its_own_exit_code(here: None) -> None:
    # Waiting for a lock that another process holds is where a user would press it.
    hold = (
        "import sys, filelock, time\n"
        "with filelock.FileLock('.dsnb/registry.lock'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        wait = (
            "import sys, filelock, dsnb.cli, dsnb.catalog.tinydb\n"
            "print('begun', flush=True)\n"
            "sys.exit(dsnb.cli.main(['alias', 'weather_ds@1', 'prod']))"
        )
        with subprocess.Popen(
            [sys.executable, "-c", wait],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as waiting:
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "begun\n"
            time.sleep(0.5)
            waiting.send_signal(signal.SIGINT)
            _, said = waiting.communicate(timeout=30)
    finally:
        holder.kill()
        holder.communicate()
    assert waiting.returncode == 130
    assert said == "dsnb: stopped; nothing was left half-done.\n"


def test_a_terminal_without_arrows_gets_all_the_rest(here: None) -> None:
    done = dsnb("diff", "weather_ds@1..2", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "+504 rows" in done.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_what_cannot_be_read_or_written_is_said(here: None) -> None:
    Path("secret.csv").write_text("a\n1\n")
    Path("secret.csv").chmod(0)
    for folder in (Path.cwd(), *Path.cwd().parents):
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    code = f"import dsnb.cli, os, sys\nos.setuid({NOBODY})\nsys.exit(dsnb.cli.main({{!r}}))"
    done = run_python(code.format(["alias", "weather_ds@1", "prod"]))
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1
    done = run_python(code.format(["register", "secret", "secret.csv"]))
    assert (done.returncode, done.stdout) == (1, "")
    assert "secret.csv" in done.stderr
    assert done.stderr.count("\n") == 1
