"""The steps of a notebook together: their order, how they stand, and running them again."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsnb
from dsnb.errors import PipelineError
from dsnb.pipelines.cells import make_step
from dsnb.pipelines.notebooks import STEPS, Pipeline
from dsnb.pipelines.notebooks import Notebook as Steps
from dsnb.session.current import SESSION
from dsnb.workspace import Workspace
from tests.pipelines.notebook import (
    FILE,
    PREPARE,
    REPORT,
    Notebook,
    names,
    parents,
    save,
    states,
    step_runs,
    version,
)


def ran(changed: bool = True) -> list[str]:
    """Run the pipeline, and return the steps that were carried out."""
    done = dsnb.pipeline.run(changed=changed)
    return [one.name for one in done.rows if one.done is not None]


def fails(changed: bool = True) -> str:
    with pytest.raises(PipelineError) as caught:
        dsnb.pipeline.run(changed=changed)
    return str(caught.value)


# How they stand


def test_a_step_is_up_to_date_until_its_input_has_a_newer_version(
    cells: Notebook, week_28: str
) -> None:
    cells.do(PREPARE)
    cells.do(REPORT)
    assert states() == {"prepare": "up to date", "report": "up to date"}
    dsnb.register("weather_ds", week_28)
    assert states() == {"prepare": "newer inputs", "report": "up to date"}
    [reading] = dsnb.pipeline().rows[0].reads
    assert (reading.last, reading.now) == ("weather_ds@1", "weather_ds@2")


def test_a_reference_that_stays_has_no_newer_version(cells: Notebook, week_28: str) -> None:
    cells.do(PREPARE.replace("weather_ds --out", "weather_ds@1 --out"))
    dsnb.register("weather_ds", week_28)
    assert states() == {"prepare": "up to date"}


def test_an_alias_that_was_moved_is_a_newer_version(cells: Notebook, week_28: str) -> None:
    dsnb.alias("weather_ds@1", "prod")
    cells.do(PREPARE.replace("weather_ds --out", "weather_ds@prod --out"))
    dsnb.register("weather_ds", week_28)
    assert states() == {"prepare": "up to date"}
    dsnb.alias("weather_ds@2", "prod")
    assert states() == {"prepare": "newer inputs"}


def test_a_step_that_failed_did_not_finish(cells: Notebook) -> None:
    cells.fails("%%ds step bad --in weather_ds --out a\n1 / 0")
    assert states() == {"bad": "did not finish"}


def test_what_was_deleted_is_missed(cells: Notebook) -> None:
    cells.do(PREPARE)
    dsnb.delete("prepared@1", force=True)
    assert states() == {"prepare": "output gone"}
    dsnb.delete("weather_ds@1", force=True)
    assert states() == {"prepare": "input missing"}


def test_what_a_step_made_itself_is_no_news_to_it(cells: Notebook, week_28: str) -> None:
    cells.do("%%ds step more --in old=weather_ds --out weather_ds\nweather_ds = old.head(5)")
    assert states() == {"more": "up to date"}
    assert ran() == []
    dsnb.register("weather_ds", week_28)
    assert ran() == ["more"]
    assert ran() == []
    assert names() == {"weather_ds": 4}


# In which order


def test_steps_are_shown_after_those_that_they_read_from(cells: Notebook) -> None:
    dsnb.register("prepared", "data/Weather/week 27")
    cells.do(REPORT)
    cells.do("%%ds step other --in weather_ds --out o\no = weather_ds")
    cells.do(PREPARE)
    assert list(states()) == ["other", "prepare", "report"]


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef")), min_size=1))
def test_any_steps_are_ordered_or_refused(reads: Mapping[str, set[str]]) -> None:
    workspace = Workspace.create(".")
    STEPS.of(workspace).clear()  # type: ignore[attr-defined]
    for name, inputs in reads.items():
        ins = [f"in_{one}={one}" for one in sorted(inputs)]
        STEPS.add(workspace, make_step(name, ins, [name], "", ""))
    steps = Steps(SESSION, workspace, lambda cell: pytest.fail(cell))

    def reachable(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        before = {one for one in reads.get(name, ()) if one in reads and one != name}
        return before.union(
            *(reachable(one, seen | {name}) for one in before if one not in seen | {name})
        )

    if any(name in reachable(name) for name in reads):
        with pytest.raises(PipelineError, match="read from each other"):
            list(steps.ordered())
    else:
        order = [step.name for step in steps.ordered()]
        assert sorted(order) == sorted(reads)
        for name in reads:
            assert all(order.index(one) < order.index(name) for one in reachable(name))


def test_steps_that_read_from_each_other_are_refused(cells: Notebook) -> None:
    dsnb.register("b", "data/Weather/week 27")
    cells.do("%%ds step make_a --in b --out a\na = b")
    cells.do("%%ds step make_b --in a --out b\nb = a")
    assert "make_a → make_b → make_a" in fails() or "make_b → make_a → make_b" in fails()
    with pytest.raises(PipelineError, match="such as --in NAME@1"):
        dsnb.pipeline()
    cells.do("%%ds step make_b --in a@1 --out b\nb = a.head(3)")
    assert list(states()) == ["make_b", "make_a"]


# Running them again


def test_only_what_changed_is_carried_out_and_what_reads_it(cells: Notebook, week_28: str) -> None:
    cells.do(PREPARE)
    cells.do(REPORT)
    cells.do("%%ds step other --in weather_ds@1 --out o\no = weather_ds")
    assert ran() == []
    dsnb.register("weather_ds", week_28)
    assert ran() == ["prepare", "report"]
    assert (parents("prepared@2"), parents("report@2")) == (["weather_ds@2"], ["prepared@2"])
    assert set(states().values()) == {"up to date"}


def test_without_changed_all_are_carried_out(cells: Notebook) -> None:
    cells.do(PREPARE)
    cells.do(REPORT)
    assert ran(changed=False) == ["prepare", "report"]
    # The same table from the same input is nothing new; a new folder is.
    assert names() == {"weather_ds": 1, "prepared": 1, "report": 2}


def test_a_failing_step_stops_what_reads_from_it_and_nothing_else(
    cells: Notebook, week_28: str
) -> None:
    cells.shell.user_ns["limit"] = 80
    cells.do(PREPARE.replace("80", "limit"))
    cells.do(REPORT)
    cells.do("%%ds step last --in report --out l\n(l / 'x.txt').write_text('1')")
    cells.do("%%ds step other --in weather_ds --out o\no = weather_ds")
    dsnb.register("weather_ds", week_28)
    del cells.shell.user_ns["limit"]
    said = fails()
    assert "1 of 4 steps failed." in said
    assert "prepare: The step prepare failed with NameError" in said
    assert "report was not run: it reads what prepare makes." in said
    assert "last was not run: it reads what report makes." in said
    assert "Made: o@2." in said
    assert "%ds pipeline run --changed" in said
    assert names() == {"weather_ds": 2, "prepared": 1, "report": 1, "l": 1, "o": 2}
    cells.shell.user_ns["limit"] = 80
    assert ran() == ["prepare", "report", "last"]


def test_an_interruption_ends_it_all(cells: Notebook) -> None:
    cells.do("stop = False")
    for name in "ab":
        cells.do(
            f"%%ds step {name} --in weather_ds --out o_{name}\n"
            f"if stop: raise KeyboardInterrupt\no_{name} = weather_ds"
        )
    cells.do("stop = True")
    said = fails(changed=False)
    assert "The step a was interrupted, and no further one begun." in said
    assert [(run.name, run.job.canceled) for run in step_runs()[2:]] == [("a", True)]  # type: ignore[union-attr]
    assert states() == {"a": "did not finish", "b": "up to date"}


def test_of_two_steps_that_make_the_same_the_one_that_was_run_last_does(
    cells: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    cells.do(PREPARE)
    capsys.readouterr()
    cells.do(PREPARE.replace("step prepare", "step tidy"))
    assert "prepared is an output of the step prepare, too" in capsys.readouterr().out
    assert states() == {"prepare": "replaced", "tidy": "up to date"}
    assert ran(changed=False) == ["tidy"]
    cells.do(PREPARE)
    assert states() == {"tidy": "replaced", "prepare": "up to date"}


def test_a_cell_of_the_same_name_takes_the_others_place(cells: Notebook) -> None:
    cells.do(PREPARE)
    cells.do("%%ds step prepare --in weather_ds --out other\nother = weather_ds")
    assert states() == {"prepare": "up to date"}
    assert [row.step.outputs[0].dataset for row in dsnb.pipeline().rows] == ["other"]


def test_each_step_is_attributed_to_its_own_cell(cells: Notebook, week_28: str) -> None:
    cells.do(PREPARE)
    dsnb.register("weather_ds", week_28)
    cells.do("%ds pipeline run --changed")
    first, second = step_runs()
    assert first.cells.keys() == second.cells.keys()
    uses = {use.ref: use.sources for use in dsnb.run().run.inputs}
    assert uses["weather_ds@1"] == uses["weather_ds@2"]
    assert dsnb.status().stale == ()


# What the file knows


def test_steps_that_were_only_saved_are_known(saved: Notebook) -> None:
    save("%load_ext dsnb", REPORT, PREPARE, "%ds pipeline", "%%time\n%ds step x")
    assert states() == {"prepare": "never run", "report": "input missing"}
    assert ran() == ["prepare", "report"]
    assert states() == {"prepare": "up to date", "report": "up to date"}


@pytest.mark.parametrize(("later", "state"), [(-60, "up to date"), (60, "code changed")])
def test_the_newer_of_cell_and_file_counts(saved: Notebook, later: float, state: str) -> None:
    saved.do(PREPARE)
    save(PREPARE.replace("80", "90"), later=later)
    assert states() == {"prepare": state}
    assert ran() == (["prepare"] if later > 0 else [])
    assert version("prepared").rows == (46 if later > 0 else 233)
    assert states() == {"prepare": "up to date"}


@pytest.mark.parametrize(("later", "known"), [(-60, ["tidy", "prepare"]), (60, ["tidy"])])
def test_a_step_whose_cell_is_gone_from_the_file_is_known_no_more(
    saved: Notebook, later: float, known: list[str]
) -> None:
    saved.do(PREPARE)
    save(
        PREPARE.replace("step prepare", "step tidy").replace("--out prepared", "--out tidied"),
        later=later,
    )
    assert list(states()) == known


def test_a_step_that_code_has_called_for_is_known_whatever_is_saved(saved: Notebook) -> None:
    line, _, body = PREPARE.removeprefix("%%ds ").partition("\n")
    saved.do(f"get_ipython().run_cell_magic('ds', {line!r}, {body!r})")
    save("%load_ext dsnb", later=60)
    assert states() == {"prepare": "up to date"}


def test_a_cell_that_cannot_be_understood_is_told(
    saved: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    save("%%ds step broken --in", "%%ds step help --help\n1", PREPARE)
    assert list(saved.do("%ds pipeline").rows[0].reads) != []
    shown = capsys.readouterr().out
    assert "The cell '%%ds step broken --in' is left out: Argument --in" in shown
    assert "The cell '%%ds step help --help' is left out" in shown


def test_of_two_cells_with_one_name_the_later_counts(
    saved: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    save(PREPARE, PREPARE.replace("80", "90"))
    assert ran() == ["prepare"]
    assert version("prepared").rows == 46
    assert "Two cells are the step prepare: the later one counts." in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", '{"cells": 1}', "\x00"])
def test_a_file_that_is_no_notebook_is_told(
    saved: Notebook, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    FILE.write_text(content)
    saved.do(PREPARE)
    saved.do("%ds pipeline")
    assert "Only the steps that were run here are known" in capsys.readouterr().out


@pytest.mark.parametrize(
    "cell",
    [
        None, 1, {}, {"cell_type": "code"}, {"cell_type": "code", "source": None},
        {"cell_type": "code", "source": [1, None]}, {"cell_type": "markdown", "source": PREPARE},
        {"cell_type": "code", "source": "%%ds"}, {"cell_type": "code", "source": "%%ds steps"},
    ],
)  # fmt: skip
def test_strange_cells_in_a_file_are_no_steps(saved: Notebook, cell: object) -> None:
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    FILE.write_text(json.dumps(document))
    assert len(dsnb.pipeline()) == 0


def test_what_ran_in_another_session_of_the_notebook_counts(saved: Notebook, week_28: str) -> None:
    save(PREPARE)
    assert ran() == ["prepare"]
    workspace = Workspace.find()
    [run] = step_runs()
    earlier = {"process": 1, "process_started": 1.0, "host": "elsewhere"}
    workspace.save_run(replace(run, **earlier))
    assert states() == {"prepare": "up to date"}
    assert not dsnb.pipeline().rows[0].here
    workspace.save_run(replace(run, **earlier, notebook="/other.ipynb"))
    assert states() == {"prepare": "never run"}
    # Its process is gone, and never said that it ended.
    workspace.save_run(replace(run, process=1, process_started=1.0, ended=None))
    assert states() == {"prepare": "did not finish"}


# How they show themselves


def test_the_pipeline_reads_as_sentences(cells: Notebook, week_28: str) -> None:
    cells.do(PREPARE)
    dsnb.register("weather_ds", week_28)
    shown = str(dsnb.pipeline()).splitlines()
    assert shown[:4] == [
        "1 step · 1 not up to date",
        "  prepare  ↑ inputs have newer versions",
        "    reads:  weather_ds@1 → weather_ds@2",
        "    makes:  prepared@1",
    ]
    assert shown[-1] == "  next: %ds pipeline run --changed"
    done = str(dsnb.pipeline.run(changed=True)).splitlines()
    assert done[0] == "1 step done"
    assert done[1].endswith("prepared@2")
    assert str(dsnb.pipeline.run(changed=True)).startswith("✓ all steps are up to date")


def test_a_notebook_without_steps_says_how_one_is_written(cells: Notebook) -> None:
    assert "%%ds step NAME" in str(dsnb.pipeline())
    assert isinstance(dsnb.pipeline(), Pipeline)
    assert "%%ds step NAME" in fails()
