"""What run records say, without any disk."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.errors import RunNotFoundError
from dsnb.presenting import as_html, as_text
from dsnb.provenance.runs import (
    RunDetails,
    RunList,
    chosen_runs,
    count_versions,
    find_run,
    last_read,
    status_of,
    with_use,
)
from dsnb.records import Definition, Failure, Run, Version, now

RUN = Run(id="aaaa1111", name="train", process=1, process_started=0.0, started=now())


def version(number: int) -> Version:
    return Version(
        name="weather_ds",
        version=number,
        id=f"id-{number}",
        definition=Definition(sources=()),
        manifest="",
        digest="d",
        kind="file",
        files=0,
        size=0,
        created=now(),
    )


def test_a_version_that_was_read_is_an_input_and_one_that_was_made_an_output() -> None:
    run = with_use(RUN, version(1), "load", 3)
    run = with_use(run, version(2), "register", None)
    assert [(use.ref, use.cells) for use in run.inputs] == [("weather_ds@1", (3,))]
    assert [(use.ref, use.cells) for use in run.outputs] == [("weather_ds@2", ())]
    assert RUN.inputs == ()


def test_a_version_is_one_input_however_often_it_is_read() -> None:
    run = RUN
    for number, cell in ((1, 3), (2, 3), (1, 3), (1, 5), (2, None), (1, 4)):
        run = with_use(run, version(number), "load", cell)
    assert [(use.ref, use.cells) for use in run.inputs] == [
        ("weather_ds@1", (3, 5, 4)),
        ("weather_ds@2", (3,)),
    ]


def test_a_version_that_was_loaded_and_read_by_other_code_is_told_both_ways() -> None:
    run = with_use(RUN, version(1), "load", 1)
    run = with_use(run, version(1), "trace", 2)
    run = with_use(run, version(1), "trace", 3)
    assert [(use.how, use.cells) for use in run.inputs] == [("load", (1,)), ("trace", (2, 3))]
    assert count_versions(run.inputs) == 1
    details = RunDetails(run, "running")
    assert "1 input, 0 outputs" in as_text(details)
    assert "1 input, 0 outputs" in as_html(details)
    assert "weather_ds@1, weather_ds@1" not in as_text(RunList(((run, "running"),)))


def test_what_adds_nothing_is_the_same_record() -> None:
    run = with_use(RUN, version(1), "load", 3)
    assert with_use(run, version(1), "load", 3) is run
    assert with_use(run, version(1), "load", None) is run
    assert with_use(run, version(1), "register", 3) is not run


def test_a_renamed_version_is_known_by_its_id() -> None:
    run = with_use(RUN, version(1), "load", 1)
    run = with_use(run, replace(version(1), name="nyc_weather"), "load", 2)
    assert [(use.ref, use.cells) for use in run.inputs] == [("weather_ds@1", (1, 2))]


def test_a_run_that_never_ended_runs_or_was_interrupted() -> None:
    ended = replace(RUN, ended=now() + timedelta(hours=1))
    assert status_of(ended, lambda run: True) == "completed"
    assert status_of(RUN, lambda run: True) == "running"
    assert status_of(RUN, lambda run: False) == "interrupted"
    failed = replace(ended, failure=Failure(error="ValueError", cell=3))
    assert status_of(failed, lambda run: True) == "failed"


def test_a_run_goes_on_after_a_cell_that_failed_and_tells_it() -> None:
    run = replace(RUN, failure=Failure(error="ValueError", cell=3))
    assert status_of(run, lambda run: True) == "running"
    details = RunDetails(run, "running")
    assert "cell 3 failed (ValueError)" in as_text(details)
    assert "cell 3 failed (ValueError)" in as_html(details)


def test_cells_of_a_use_are_known_by_what_they_say_too() -> None:
    run = with_use(RUN, version(1), "load", 3, "aa")
    run = with_use(run, version(1), "load", 7, "bb")
    assert [(use.cells, use.sources) for use in run.inputs] == [((3, 7), ("aa", "bb"))]


def test_the_columns_that_were_asked_for_are_those_of_all_loads() -> None:
    run = with_use(RUN, version(1), "load", 3, columns=("temp",))
    run = with_use(run, version(1), "load", 3, columns=("temp", "hour"))
    assert [(use.cells, use.columns) for use in run.inputs] == [((3,), ("temp", "hour"))]
    assert "of temp, hour" in as_text(RunDetails(run, "running"))
    run = with_use(run, version(1), "load", 4)
    assert [(use.cells, use.columns) for use in run.inputs] == [((3, 4), None)]


def test_runs_are_chosen_by_all_conditions_newest_first() -> None:
    hour = timedelta(hours=1)
    early = replace(RUN, id="early", experiment="temp", tags={"stage": "train"})
    late = replace(early, id="late", started=RUN.started + hour, tags={})
    reading = with_use(
        replace(RUN, id="reading", started=RUN.started + 2 * hour), version(1), "load", 1
    )
    all_of_them = [early, late, reading]

    def ids(**conditions: Any) -> list[str]:
        return [run.id for run in chosen_runs(all_of_them, **conditions)]

    assert ids() == ["reading", "late", "early"]
    assert ids(experiment="temp") == ["late", "early"]
    assert ids(experiment="temp", tags={"stage": "train"}) == ["early"]
    assert ids(ids={"id-1"}) == ["reading"]
    assert ids(ids={"id-2"}) == []
    assert ids(since=RUN.started + hour) == ["reading", "late"]


def test_what_the_notebook_last_read_is_that_of_its_newest_other_run() -> None:
    hour = timedelta(hours=1)
    present = replace(RUN, id="present", notebook="a.ipynb", started=RUN.started + 9 * hour)
    first = with_use(replace(RUN, id="first", notebook="a.ipynb"), version(1), "load", 1)
    second = with_use(
        replace(first, id="second", started=RUN.started + hour), version(2), "load", 1
    )
    other = replace(second, id="other", notebook="b.ipynb", started=RUN.started + 2 * hour)
    runs = [first, second, other, present]
    found = last_read(runs, present, {"id-1", "id-2"})
    assert found is not None
    assert (found.run.id, [use.id for use in found.uses]) == ("second", ["id-1", "id-2"])
    assert last_read(runs, present, {"id-3"}) is None
    assert last_read(runs, replace(present, notebook=None), {"id-1"}) is None


def test_a_run_is_found_by_its_name_its_id_or_the_beginning_of_one() -> None:
    runs = {
        run.id: run
        for run in (
            RUN,
            replace(RUN, id="aaaa2222"),
            replace(RUN, id="bbbb3333", name="aaaa"),
            replace(RUN, id="cccc4444", name="other"),
        )
    }
    assert find_run(runs, "train").id == "aaaa2222"  # the newest of that name
    assert find_run(runs, "cccc").id == "cccc4444"
    assert find_run(runs, "aaaa1111").id == "aaaa1111"
    assert find_run(runs, "aaaa").id == "bbbb3333"  # a name goes before an id
    with pytest.raises(RunNotFoundError, match=r"2 runs .* begins with aaaa\b.*Write more"):
        find_run({key: run for key, run in runs.items() if run.name == "train"}, "aaaa")
    with pytest.raises(RunNotFoundError, match="no run 'ccc'"):
        find_run(runs, "ccc")
    with pytest.raises(RunNotFoundError, match=r"Did you mean train\?.*%ds runs"):
        find_run(runs, "trian")
    with pytest.raises(RunNotFoundError, match="%ds runs"):
        find_run({}, "train")
