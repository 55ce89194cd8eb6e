"""How results read, on the real weather data."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import dsnb
from dsnb.presenting import as_html
from dsnb.provenance.runs import RunDetails, RunList
from dsnb.records import Failure, Handed, Job, Run, Use
from dsnb.units import ago, count_text, day, exact, size_text
from tests.display.test_every_result import Reader

WEEKS = ("data/Weather/week 27", "data/Weather/week 28")


@pytest.fixture
def two(weather: Path) -> None:
    dsnb.register("weather_ds", WEEKS[0], description="week 27")
    dsnb.register("weather_ds", *WEEKS, description="weeks 27, 28")


def test_a_registration(weather: Path) -> None:
    first = dsnb.register("weather_ds", WEEKS[0], description="week 27")
    assert str(first).split("\n") == [
        f"This workspace begins here: {os.getcwd()}",
        "weather_ds@1  registered · 1 file · 43.5 kB · 502 rows × 15 · kept (snapshot)",
        "  next: df = %ds load weather_ds@1",
    ]
    second = dsnb.register("weather_ds", *WEEKS, key=["origin", "time_hour"])
    assert str(second).split("\n") == [
        "weather_ds@2  registered · 2 files · 87.0 kB · 1,006 rows × 15 · kept (snapshot)",
        "  since @1: +1 file, +504 rows, same columns",
        "  key: origin, time_hour",
        "  next: df = %ds load weather_ds@2 · %ds diff weather_ds@1..2",
    ]
    read = Reader(as_html(second))
    for said in ("weather_ds@2", "schema (15 columns)", "week 28/weather.csv", "time_hour"):
        assert said in read.text


def test_registering_again_a_revert_and_other_files(two: None) -> None:
    again = str(dsnb.register("weather_ds", *WEEKS)).split("\n")
    assert again[0] == "weather_ds@2  nothing new: this is what was registered just now"
    revert = str(dsnb.register("weather_ds", WEEKS[0]))
    assert "since @2: −1 file, −504 rows, same columns" in revert
    assert "same content as weather_ds@1" in revert
    Path("notes.txt").write_text("hot")
    Path(".hidden").write_text("")
    notes = str(dsnb.register("notes", "notes.txt")).split("\n")
    assert notes == [
        "notes@1  registered · 1 file · 3 B · kept (snapshot)",
        "  next: paths = %ds load notes@1",
    ]


def test_a_difference(two: None) -> None:
    text = str(dsnb.diff("weather_ds@1..2"))
    assert text.split("\n") == [
        "weather_ds@1 → @2: +504 rows, −0, keyed on origin, time_hour (guessed)",
        "",
        "  Files (1 unchanged, 1 added)",
        "    +  data/Weather/week 28/weather.csv  43.6 kB",
        "",
        "  Distributions (4 drifted, 11 stable)",
        "    day: drifted (PSI 2.36), mean 4.55777 → 7.70179",
        "      ███▃          ▁ → ▄▄▄▄▄▄▄       ▁",
        "    wind_dir: drifted (PSI 0.69), mean 204.597 → 187.702",
        "      ▁     ▁▁▂▃█▆█▄▁▁     → ▁▁▂▁▁▁▁▁▁▂▅▄▆▄▁▁▁▁▁▁",
        "    pressure: drifted (PSI 0.59), mean 1,019.84 → 1,018.26",
        "         ▁▂▃▁▁▃▆▃▄▆▄▆█▅▁   → ▁▂▃▁▂▃▃▄▅▆▃▂▃▃▃▄▄▁▁▁",
        "",
        "  Added rows (504)",
        "       origin  time_hour             year  month  day  hour",
        "    +  EWR     2013-07-08T00:00:00Z  2013  7      7    20",
        "    +  EWR     2013-07-08T01:00:00Z  2013  7      7    21",
        "    +  EWR     2013-07-08T02:00:00Z  2013  7      7    22",
        "    … and 501 rows more, 9 columns more",
    ]


def test_the_same_bytes_have_no_differences(two: None) -> None:
    for result in (dsnb.diff("weather_ds@2..2"), dsnb.diff("weather_ds@2")):
        sentence, note = str(result).split("\n")
        assert sentence.endswith(": no differences")
        assert note == "  The contents are identical."
        assert "Distributions" not in as_html(result)


def test_changed_cells_stand_old_then_new(two: None) -> None:
    table = dsnb.load("weather_ds@1")
    table.loc[0, "temp"] += 0.9
    table.loc[1, "humid"] = None
    table["visib_km"] = 1.0
    result = dsnb.diff("weather_ds@1", from_=table, on=["origin", "time_hour"])
    lines = str(result).split("\n")
    start = lines.index("  Changed cells")
    assert [line.split() for line in lines[start + 1 : start + 4]] == [
        ["origin", "time_hour", "column", "before", "after", "change"],
        ["EWR", "2013-07-01T00:00:00Z", "temp", "75.2", "→", "76.1", "+0.9"],
        ["EWR", "2013-07-01T01:00:00Z", "humid", "88.59", "→", "(missing)"],
    ]
    assert "  Columns (15 same, 1 added, 1 now with missing cells)" in lines
    start = lines.index("  Changes by column (2)")
    assert [line.split() for line in lines[start + 1 : start + 4]] == [
        ["column", "cells", "shift", "for", "example"],
        ["temp", "1", "+0.9", "(1.2", "%)", "75.2", "→", "76.1"],
        ["humid", "1", "88.59", "→", "(missing)"],
    ]
    read = Reader(as_html(result))
    assert "_.cells() has every changed cell" in read.text
    assert "75.2 → 76.1 +0.9" in read.text
    assert "plus" in as_html(result)


def test_more_changed_rows_than_are_listed_are_counted(two: None) -> None:
    table = dsnb.load("weather_ds@1")
    table["temp"] += 1
    result = dsnb.diff("weather_ds@1", from_=table, on=["origin", "time_hour"], rows=3)
    assert "Changed cells: the first 3 of" in str(result)
    assert "Changed cells: the first 3 of" in Reader(as_html(result)).text


def test_lists(two: None) -> None:
    dsnb.alias("weather_ds@1", "prod")
    assert str(dsnb.versions("weather_ds")).split("\n") == [
        "version       registered  holds          size  description",
        "weather_ds@2  just now    1,006 rows  87.0 kB  weeks 27, 28",
        "weather_ds@1  just now    502 rows    43.5 kB  prod · week 27",
    ]
    assert str(dsnb.list()).split("\n") == [
        "dataset       versions  holds       registered  description",
        "weather_ds@2         2  1,006 rows  just now    weeks 27, 28",
    ]
    assert "just now" in Reader(as_html(dsnb.versions("weather_ds"))).text
    assert 'title="20' in as_html(dsnb.versions("weather_ds"))


def test_nothing_is_said_in_words() -> None:
    dsnb.init()
    assert str(dsnb.list()).endswith("Register the first: %ds register NAME PATH")
    assert str(dsnb.list("wea")) == "No dataset fits. Type %ds list to see them all."
    assert str(dsnb.runs()) == "There are no runs yet."
    assert str(dsnb.verify()) == "There are no versions to verify."


def test_a_state_is_a_shape_and_a_word(two: None) -> None:
    assert "✓ unchanged" in str(dsnb.show("weather_ds@2"))
    assert "↑ newer: @2" in str(dsnb.show("weather_ds@1"))
    assert "✓ all unchanged" in str(dsnb.verify())
    Path(WEEKS[0], "weather.csv").unlink()
    Path(WEEKS[1], "late.csv").write_text("a\n")
    assert "⚠ drifted (1 of 2 files)" in str(dsnb.show("weather_ds@2"))
    assert "1 new file beside it" in str(dsnb.show("weather_ds@2"))
    text = str(dsnb.verify())
    assert text.startswith("2 versions checked · ⚠ 2 drifted")
    assert "data/Weather/week 27/weather.csv is gone (it had 43.5 kB)" in text
    assert 'class="dsnb warn ' in as_html(dsnb.verify())
    assert "⚠ drifted: weather_ds@2" in str(dsnb.status())


def test_a_run(two: None) -> None:
    dsnb.load("weather_ds@1")
    lines = str(dsnb.run()).split("\n")
    assert lines[0].startswith("Run: 1 input, 2 outputs · ")
    assert "● running · began just now" in lines[0]
    assert lines[1:6] == [
        "  inputs:",
        "    weather_ds@1  load",
        "  outputs:",
        "    weather_ds@1  register",
        "    weather_ds@2  register",
    ]
    (row,) = str(dsnb.runs()).split("\n")[1:]
    assert row.endswith("● running  weather_ds@1  weather_ds@1, weather_ds@2")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
     (81_200, "81.2 kB"), (10**9, "1.0 GB"), (10**12, "1.0 TB"), (10**16, "10,000.0 TB")],
)  # fmt: skip
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


def test_counts() -> None:
    assert [count_text(count, "row") for count in (0, 1, 2, 1_234_567)] == [
        "0 rows", "1 row", "2 rows", "1,234,567 rows",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=30), "1 month ago"),
        (timedelta(days=364), "1 year ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_times_are_relative(before: timedelta, text: str) -> None:
    present = datetime(2026, 11, 1, tzinfo=UTC)
    assert ago(present - before, present) == text


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process is fixed here")
def test_exact_times_are_local_with_their_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert exact(moment) == "2026-07-01 19:30:00 EDT"
        assert day(moment) == "2026-07-01 19:30"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_run_that_is_no_session_says_how_it_was_carried_out() -> None:
    data = Use(
        ref="weather_ds@2", id="1", digest="", how="load", at=datetime.now(UTC),
        handed=Handed(name="raw", mechanism="mount", path="/x"),
    )  # fmt: skip
    began = datetime.now(UTC) - timedelta(minutes=2)
    job = Job(
        kind="script", command=("train.py", "--out", "my models"), exit_code=1, canceled=True,
        reused="0123456789", settings={"compute_target": "cpu-cluster"},
    )  # fmt: skip
    run = Run(
        id="9876543210", name="train", parent="1", job=job, process=7, process_started=0.0,
        host="laptop", started=began, ended=began, inputs=(data,),
        failure=Failure(error="KeyboardInterrupt"),
    )  # fmt: skip
    above = replace(run, id="13579", name="digits", job=Job(kind="pipeline"))
    told = str(RunDetails(run, "canceled", parent=above)).split("\n")
    assert told[:2] == [
        "Run: 1 input, 0 outputs · train · ⊘ canceled · began 2 minutes ago · id 98765432",
        "  inputs:",
    ]
    assert told[2:9] == [
        "    weather_ds@2  load    as raw (mount)",
        "  outputs: none",
        "  kind:           script",
        "  part of:        digits (13579)",
        "  command:        train.py --out 'my models'",
        "  exit code:      1",
        "  reused:         the outputs of run 01234567",
    ]
    assert told[9] == "  not done here:  compute_target=cpu-cluster"
    below = RunDetails(above, "failed", children=((run, "canceled"), (run, "completed")))
    steps = str(below).partition("  steps:\n")[2].split("\n")[:2]
    assert [line.split() for line in steps] == [
        ["train", "(98765432)", "⊘", "canceled", "weather_ds@2"],
        ["train", "(98765432)", "✓", "completed", "weather_ds@2"],
    ]
    assert "⊘ canceled" in Reader(as_html(below)).text
    assert str(RunList(((run, "canceled"),))).split("\n")[1].startswith("train · script  98765432")
