"""Two runs side by side: what explains that a result moved."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.presenting import as_html, as_text
from dsnb.provenance.rundiff import CellChanges, Change, MetricChange, RunDiff, compare_runs
from dsnb.provenance.runs import with_use
from dsnb.records import CodeState, Run, Use, Version, now
from tests.provenance.test_runs import RUN, version

NAMES: Mapping[str, Version] = {f"id-{number}": version(number) for number in (1, 2, 3)}


def find(use: Use) -> Version | None:
    return NAMES.get(use.id)


def reading(*numbers: int, **said: Any) -> Run:
    run = replace(RUN, **said)
    for number in numbers:
        run = with_use(run, version(number), "load", 1)
    return run


def compared(old: Run, new: Run) -> RunDiff:
    return compare_runs(old, new, find)


def test_the_same_data_code_libraries_and_metrics_are_no_difference() -> None:
    run = reading(1, metrics={"rmse": (3.0, 2.5)}, cells={"a": ""}, tags={"stage": "train"})
    found = compared(run, run)
    assert not found
    assert [one.same for one in found.data] == [True]
    assert found.metrics == (MetricChange("rmse", 2.5, 2.5),)
    assert found.cells == CellChanges(same=1)
    assert "nothing differs" in as_text(found)


def test_other_versions_of_a_dataset_are_told_with_what_compares_them() -> None:
    [data] = compared(reading(1), reading(1, 3)).data
    assert (data.name, data.before, data.after) == (
        "weather_ds",
        ("weather_ds@1",),
        ("weather_ds@1", "weather_ds@3"),
    )
    assert data.compare == "weather_ds@1..3"
    assert not data.same


def test_a_dataset_that_only_one_run_read_has_nothing_to_compare() -> None:
    [data] = compared(reading(), reading(2)).data
    assert (data.before, data.after, data.compare) == ((), ("weather_ds@2",), "")


def test_versions_are_told_as_they_are_called_now() -> None:
    run = reading(1)
    found = compare_runs(run, run, lambda use: replace(version(1), name="nyc_weather"))
    assert found.data[0].before == ("nyc_weather@1",)
    gone = compare_runs(run, run, lambda use: None)
    assert gone.data[0].before == ("weather_ds@1",)


def test_cells_are_told_by_what_they_say_as_far_as_that_was_kept() -> None:
    old = reading(cells={"a": "import pandas", "b": "", "c": ""})
    new = reading(cells={"a": "import pandas", "d": "df.head()"})
    found = compared(old, new)
    assert found.cells == CellChanges(removed=("", ""), added=("df.head()",), same=1)
    assert "+ df.head()" in as_text(found)
    unkept = compared(reading(cells={"a": ""}), reading(cells={"b": ""}))
    assert "cells (0 same, 1 gone, 1 new); to see them" in as_text(unkept)
    assert "run.cells source" in as_html(unkept)


def test_commit_libraries_metrics_and_tags_that_differ_are_told() -> None:
    old = reading(
        code=CodeState(commit="a" * 40, branch="main"),
        packages={"pandas": "2.2.0", "numpy": "2.0"},
        metrics={"rmse": (2.5,), "r2": (0.9,)},
        tags={"seed": "1"},
    )
    new = reading(
        code=CodeState(commit="b" * 40, branch="main", dirty=True),
        packages={"pandas": "3.1.0", "numpy": "2.0", "polars": "2.1"},
        metrics={"rmse": (2.0,)},
        tags={"seed": "2"},
    )
    found = compared(old, new)
    assert found.code == (
        Change("commit", "a" * 10, "b" * 10),
        Change("work tree", None, "with uncommitted changes"),
    )
    assert found.packages == (Change("pandas", "2.2.0", "3.1.0"), Change("polars", None, "2.1"))
    assert found.metrics == (MetricChange("rmse", 2.5, 2.0), MetricChange("r2", 0.9, None))
    assert found.tags == (Change("seed", "1", "2"),)
    text = as_text(found)
    for said in ("rmse", "-0.5", "pandas", "2.2.0", "3.1.0", "bbbbbbbbbb", "2 metrics moved"):
        assert said in text


@pytest.mark.parametrize("show", [as_text, as_html])
def test_what_others_typed_stays_text(show: Any) -> None:
    nasty = "<script>\x1b[31m"
    old = reading(cells={"a": nasty}, tags={"k": nasty}, name=nasty)
    shown = show(compared(old, reading(1, id="bbbb2222", started=now())))
    assert "<script>" not in shown or show is as_text
    assert "\x1b" not in shown
    assert all(len(line) <= 100 for line in shown.splitlines()) or show is as_html
