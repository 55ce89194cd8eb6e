"""Carrying out a step that is a cell: what its code sees, and what becomes of what it makes."""

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import dsnb
from dsnb.errors import DatasetNotFoundError, PipelineError, TableError, UsageError
from tests.pipelines.notebook import (
    PREPARE,
    REPORT,
    Notebook,
    left_in_data,
    names,
    notebook,
    parents,
    step_runs,
    version,
)

READ = (
    "%%ds step read --in notes --out n\nfrom pathlib import Path\n"
    "(n / 'n.txt').write_text(Path(notes[0]).read_text())"
)


def test_an_input_is_a_table_and_an_assigned_table_is_the_next_version(cells: Notebook) -> None:
    cells.do(PREPARE)
    loaded = dsnb.load("weather_ds@1")
    pd.testing.assert_frame_equal(cells["weather_ds"], loaded)
    pd.testing.assert_frame_equal(dsnb.load("prepared@1"), loaded[loaded.temp > 80])
    assert parents("prepared@1") == ["weather_ds@1"]


def test_what_is_no_table_is_a_list_of_paths(cells: Notebook) -> None:
    Path("notes.md").write_text("hot")
    dsnb.register("notes", "notes.md")
    cells.do(READ)
    assert cells["notes"] == dsnb.load("notes")
    assert Path(dsnb.load("n")[0]).read_text() == "hot"


def test_files_in_an_outputs_folder_are_the_next_version(cells: Notebook, week_28: str) -> None:
    copy = f"%%ds step copy --out copied\nimport shutil\nshutil.copytree({week_28!r}, copied / 'w')"
    cells.do(copy)
    made = version("copied@1")
    assert (made.kind, made.rows) == ("tabular", 504)
    assert made.definition.sources[0].path == f".dsnb/data/copied/{made.run}"
    cells.do(copy)
    assert version("copied@2").definition != made.definition
    assert not dsnb.diff("copied@1..2")


@pytest.mark.parametrize(
    "made",
    [
        "pl.from_pandas(weather_ds).head(3)",
        "pl.from_pandas(weather_ds).lazy().head(3)",
        "pl.from_pandas(weather_ds).head(3).to_arrow()",
        "weather_ds.head(3).temp",
    ],
)
def test_tables_of_every_library_can_be_assigned(cells: Notebook, made: str) -> None:
    cells.shell.user_ns["pl"] = pl
    cells.do(f"%%ds step some --in weather_ds --out few\nfew = {made}")
    assert len(dsnb.load("few")) == 3


def test_a_step_is_a_run_below_the_sessions(cells: Notebook) -> None:
    cells.do(PREPARE)
    [run] = step_runs()
    session = dsnb.run()
    assert (run.name, run.parent, version("prepared").run) == ("prepare", session.run.id, run.id)
    assert [(use.ref, use.how, use.handed.name) for use in run.inputs if use.handed] == [
        ("weather_ds@1", "load", "weather_ds")
    ]
    assert [(use.ref, use.how) for use in run.outputs] == [("prepared@1", "register")]
    assert (run.job.kind, run.failure) == ("cell", None)  # type: ignore[union-attr]
    assert [child.id for child, status in session.children if status == "completed"] == [run.id]
    assert dsnb.run.show("prepare").parent == session.run


def test_the_session_reads_and_makes_what_its_steps_do(cells: Notebook) -> None:
    cells.do(PREPARE)
    run = dsnb.run().run
    cell = cells.shell.displayhook.prompt_count
    assert [(use.ref, use.how) for use in run.inputs] == [("weather_ds@1", "load")]
    assert [(use.ref, use.how) for use in run.outputs if use.cells] == [("prepared@1", "register")]
    assert run.inputs[0].cells[0] <= cell


def test_what_the_code_loads_besides_is_what_the_output_was_made_from(cells: Notebook) -> None:
    dsnb.register("other", from_=pd.DataFrame({"a": [1]}))
    cells.do(
        "%%ds step join --in weather_ds --out joined\n"
        "extra = %ds load other\njoined = weather_ds.assign(a=extra.a[0])"
    )
    assert parents("joined") == ["weather_ds@1", "other@1"]
    assert [use.ref for use in step_runs()[0].inputs] == ["weather_ds@1", "other@1"]


def test_a_file_that_the_code_opens_is_traced_and_its_own_output_is_not(
    cells: Notebook, week_28: str
) -> None:
    dsnb.register("week", week_28)
    cells.do(
        "%%ds step join --in weather_ds --out joined\nimport pandas as pd\n"
        f"pd.read_csv('{week_28}/weather.csv').to_csv(joined / 'a.csv')"
    )
    assert [(use.ref, use.how) for use in step_runs()[0].inputs] == [
        ("weather_ds@1", "load"),
        ("week@1", "trace"),
    ]
    assert parents("joined") == ["weather_ds@1"]
    assert dsnb.run().written == ()


def test_inputs_that_are_read_from_their_paths_are_traced_no_second_time(cells: Notebook) -> None:
    Path("notes.md").write_text("hot")
    dsnb.register("notes", "notes.md")
    cells.do(READ)
    assert [(use.ref, use.how) for use in step_runs()[0].inputs] == [("notes@1", "load")]


def test_the_same_table_made_from_the_same_is_nothing_new(cells: Notebook, week_28: str) -> None:
    cells.do(PREPARE)
    cells.do(PREPARE)
    assert names()["prepared"] == 1
    assert [use.ref for use in step_runs()[1].outputs] == ["prepared@1"]


def test_the_same_table_made_from_another_version_is_the_next_version(
    cells: Notebook, week_28: str
) -> None:
    constant = (
        "%%ds step one --in weather_ds --out one\n"
        "import pandas as pd\none = pd.Series([1], name='a')"
    )
    cells.do(constant)
    dsnb.register("weather_ds", week_28)
    cells.do(constant)
    assert (parents("one@1"), parents("one@2")) == (["weather_ds@1"], ["weather_ds@2"])
    assert version("one@1").digest == version("one@2").digest


def test_a_reference_that_stays_is_read_again(cells: Notebook, week_28: str) -> None:
    dsnb.register("weather_ds", week_28)
    cells.do("%%ds step old --in weather_ds@1 --out rows\nrows = weather_ds")
    assert parents("rows") == ["weather_ds@1"]


def test_description_and_tags_are_those_of_every_output(cells: Notebook) -> None:
    cells.do(
        "%%ds step split --in all=weather_ds --out train --out test-ds -d 'random' --tag seed=1\n"
        "train, test_ds = all.head(400), all.tail(102)"
    )
    for ref in ("train@1", "test-ds@1"):
        assert (version(ref).description, version(ref).tags) == ("random", {"seed": "1"})


def test_a_step_may_make_the_next_version_of_what_it_reads(cells: Notebook) -> None:
    cells.do("%%ds step more --in old=weather_ds --out weather_ds\nweather_ds = old.head(5)")
    assert version("weather_ds@2").rows == 5
    assert parents("weather_ds@2") == ["weather_ds@1"]


def test_a_first_step_needs_no_workspace() -> None:
    with notebook() as cells:
        cells.do("%%ds step make --out made\nimport pandas as pd\nmade = pd.Series([1], name='a')")
        assert names() == {"made": 1}


def test_a_step_without_outputs_is_a_run(cells: Notebook) -> None:
    cells.do("%%ds step look --in weather_ds\nprint(weather_ds.shape)")
    assert [(run.name, run.outputs) for run in step_runs()] == [("look", ())]


# When it goes wrong


def test_a_body_that_fails_registers_nothing_and_leaves_no_folder(cells: Notebook) -> None:
    error = cells.fails(
        "%%ds step bad --in weather_ds --out a --out b\n"
        "b = weather_ds\n(a / 'x.txt').write_text('1')\n1 / 0"
    )
    assert isinstance(error, PipelineError)
    assert "failed with ZeroDivisionError (division by zero); nothing was registered" in str(error)
    assert names() == {"weather_ds": 1}
    assert left_in_data() == []
    [run] = step_runs()
    assert (run.failure.error, run.outputs) == ("ZeroDivisionError", ())  # type: ignore[union-attr]
    assert [use.ref for use in dsnb.run().run.outputs] == ["weather_ds@1"]


def test_the_bodys_own_error_is_shown_once_on_the_lines_of_the_cell(
    cells: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    cells.shell.run_line_magic("colors", "nocolor")
    cells.fails("%%ds step bad --in weather_ds --out a\nx = 1\n1 / 0")
    shown = capsys.readouterr().out
    assert shown.count("ZeroDivisionError: division by zero") == 1
    assert "line 3" in shown
    assert shown.count("PipelineError") == 1
    assert "dsnb/" not in shown.replace(str(Path.cwd()), "")


@pytest.mark.parametrize(
    ("body", "line"),
    [("\n\n1 / 0", 4), ("%ds runs\n1 / 0", 3), ("!true\n1 / 0", 3), ("# hot\n1 / 0", 3)],
)
def test_errors_name_the_lines_of_the_whole_cell(
    cells: Notebook, body: str, line: int, capsys: pytest.CaptureFixture[str]
) -> None:
    cells.shell.run_line_magic("colors", "nocolor")
    cells.fails(f"%%ds step bad --in weather_ds\n{body}")
    assert f", line {line}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "body", ["    x = 1\n    y = 2", "%%capture y\nx = 1", "\n%%capture y\nx = 1"]
)
def test_a_body_may_be_what_a_cell_may_be(cells: Notebook, body: str) -> None:
    cells.do(f"%%ds step fine --in weather_ds\n{body}")
    assert cells["x"] == 1
    assert "y" in cells.shell.user_ns


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("pass", "left its output a empty"),
        ("a = [1]", "it is a list now"),
        ("del a", "left its output a empty"),
        ("a = weather_ds\n(folder / 'x').write_text('1')", "assigned a table, and files"),
    ],
)
def test_an_output_is_either_assigned_or_written_to(cells: Notebook, body: str, said: str) -> None:
    error = cells.fails(f"%%ds step bad --in weather_ds --out a\nfolder = a\n{body}")
    assert said in str(error)
    assert names() == {"weather_ds": 1}
    assert left_in_data() == []


def test_all_outputs_are_registered_or_none(cells: Notebook) -> None:
    error = cells.fails(
        "%%ds step two --in weather_ds --out good --out bad\n"
        "import pandas as pd\ngood = weather_ds\nbad = pd.DataFrame({'a': [object()]})"
    )
    assert isinstance(error, TableError)
    assert names() == {"weather_ds": 1}
    dsnb.gc()
    assert left_in_data() == []


def test_a_model_is_refused_before_the_code_runs(cells: Notebook) -> None:
    Path("m.bin").write_text("weights")
    dsnb.model.register("temp", "m.bin", data={"training data": "weather_ds"})
    error = cells.fails("%%ds step train --in weather_ds --out temp\nreached = True")
    assert "temp is a model, and a step makes datasets." in str(error)
    assert "reached" not in cells.shell.user_ns
    cells.do("%%ds step use --in m=temp --out size\n(size / 'n.txt').write_text(m[0])")


def test_an_input_that_is_not_there_begins_no_run(cells: Notebook) -> None:
    error = cells.fails("%%ds step bad --in wether_ds --out a\n1")
    assert isinstance(error, DatasetNotFoundError)
    assert step_runs() == []


def test_what_stands_in_the_outputs_name_from_before_is_not_registered(cells: Notebook) -> None:
    cells.do(PREPARE)
    assert isinstance(cells["prepared"], pd.DataFrame)
    cells.fails("%%ds step prepare --in weather_ds --out prepared\npass")
    assert names()["prepared"] == 1


@pytest.mark.parametrize(
    "body", ["%ds pipeline run", "get_ipython().run_cell_magic('ds', 'step x --out y', '1')"]
)
def test_a_step_carries_out_no_steps(cells: Notebook, body: str) -> None:
    cells.do(PREPARE)
    error = cells.fails(f"%%ds step nested --in weather_ds --out a\n{body}")
    assert "A step cannot carry out others, and nested is being carried out." in str(error)
    assert len(step_runs()) == 2
    cells.do(REPORT)


@pytest.mark.parametrize("carry_out", [lambda: dsnb.step("a", out=["b"]), dsnb.pipeline.run])
def test_outside_a_notebook_there_are_no_steps(carry_out: object, weather: Path) -> None:
    dsnb.init()
    with pytest.raises((UsageError, PipelineError), match="cell"):
        carry_out()  # type: ignore[operator]


def test_a_step_says_what_it_made_and_what_comes_next(
    cells: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    cells.do(PREPARE)
    first, second, third = capsys.readouterr().out.splitlines()[-3:]
    assert first.startswith("step prepare  done in ")
    assert first.endswith("s · from weather_ds@1")
    assert second == "  prepared@1  made · 233 rows × 15"
    assert third == "  next: %ds pipeline · %ds lineage prepared@1"
