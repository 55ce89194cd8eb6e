"""What reaches the front end of a notebook."""

from pathlib import Path

import pytest

from tests.kernels import Kernel

WEEK_27 = '"data/Weather/week 27"'
REGISTER = f"%ds register weather_ds {WEEK_27}"
BOTH = '%ds register weather_ds "data/Weather/week 27" "data/Weather/week 28"'


def registered(kernel: Kernel) -> Kernel:
    kernel.do(f"{REGISTER}\n{BOTH}")
    return kernel


@pytest.mark.parametrize(
    "line",
    [
        REGISTER,
        "%ds init",
        "%ds config diff.rows 5",
        "%ds datastore add other data",
        "%ds run start train-temp",
        "%ds run tag stage=train",
        "%ds alias weather_ds@1 prod",
        "%ds tag weather_ds@1 stage=raw",
        "%ds annotate weather_ds@1 'week 27'",
        "%ds rename weather_ds nyc_weather",
    ],
)
def test_a_change_shows_its_result_once(kernel: Kernel, line: str) -> None:
    if "weather_ds " not in line or "rename" in line:
        kernel.do(REGISTER)
    ran = kernel.do(line)
    assert len(ran.shown) == 1
    assert set(ran.shown[0]) == {"text/plain", "text/html"}
    assert ran.streamed == ""


def test_several_changes_in_one_cell_show_each_once(kernel: Kernel) -> None:
    ran = kernel.do(f"{REGISTER}\n{BOTH}\n%ds alias weather_ds@1 prod")
    firsts = [text.splitlines()[-2 if "begins" in text else 0] for text in ran.texts]
    assert [first.split()[0] for first in firsts] == [
        "weather_ds@1",
        "weather_ds@2",
        "weather_ds@1",
    ]


def test_changes_in_a_loop_show_each_once(kernel: Kernel) -> None:
    ran = kernel.do(
        "for week in (27, 28):\n    %ds register week_{week} 'data/Weather/week {week}'\n"
    )
    assert [text.split()[-1] for text in ran.texts] == ["week_27@1", "week_28@1"]


def test_a_change_that_is_assigned_shows_once_and_again_only_in_a_later_cell(
    kernel: Kernel,
) -> None:
    assert len(kernel.do(f"made = {REGISTER}").shown) == 1
    assert len(kernel.do("made").shown) == 1
    assert len(kernel.do("made").shown) == 1
    assert len(kernel.do(f"made = {BOTH}\nmade").shown) == 1
    assert kernel.evaluate("made.ref") == "weather_ds@2"


def test_each_of_several_assigned_changes_shows_once(kernel: Kernel) -> None:
    ran = kernel.do(f"first = {REGISTER}\nsecond = {BOTH}\nfirst")
    assert len(ran.shown) == 2


def test_what_a_silent_cell_changed_is_shown_by_the_next_cell(kernel: Kernel) -> None:
    kernel.do(f"made = {REGISTER}", silent=True)
    assert len(kernel.do("made").shown) == 1


@pytest.mark.parametrize("mode", ["all", "last_expr_or_assign"])
def test_a_change_shows_once_whatever_ipython_shows_of_a_cell(kernel: Kernel, mode: str) -> None:
    kernel.do(f"get_ipython().ast_node_interactivity = {mode!r}", silent=True)
    try:
        assert len(kernel.do(f"{REGISTER}\n{BOTH}").shown) == 2
        assert len(kernel.do("changed = %ds alias weather_ds@1 prod").shown) == 1
        assert len(kernel.do("%ds list").shown) == 1
    finally:
        kernel.do("get_ipython().ast_node_interactivity = 'last_expr'", silent=True)


@pytest.mark.parametrize(
    "line",
    [
        "%ds list", "%ds versions weather_ds", "%ds show weather_ds", "%ds diff weather_ds@1..2",
        "%ds verify", "%ds run", "%ds run show", "%ds runs", "%ds status", "%ds datastore",
        "%ds datastore list", "%ds config", "%ds config diff.rows", "%ds", "%ds load --help",
    ],
)  # fmt: skip
def test_an_answer_is_returned_and_nothing_is_printed(kernel: Kernel, line: str) -> None:
    registered(kernel)
    assert kernel.do(f"answer = {line}").is_quiet
    ran = kernel.do(line)
    assert len(ran.of("execute_result")) == len(ran.shown) == 1
    assert set(ran.shown[0]) == {"text/plain", "text/html"}
    assert ran.streamed == ""
    assert kernel.evaluate("type(_).__name__ == type(answer).__name__")


def test_loading_returns_the_frame_and_says_nothing(kernel: Kernel) -> None:
    registered(kernel)
    assert kernel.do("df = %ds load weather_ds@2").is_quiet
    assert kernel.evaluate("df.shape") == (1006, 15)
    ran = kernel.do("%ds load weather_ds@1")
    assert len(ran.of("execute_result")) == 1
    assert kernel.evaluate("_.shape") == (502, 15)


def test_the_first_registration_says_where_the_workspace_begins(kernel: Kernel) -> None:
    (text,) = kernel.do(REGISTER).texts
    assert text.splitlines()[0] == f"This workspace begins here: {kernel.folder}"
    assert (kernel.folder / ".dsnb").is_dir()


def test_registering_the_same_again_says_so(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    (text,) = kernel.do(REGISTER).texts
    assert text.startswith("weather_ds@1  nothing new")


def test_a_notice_is_displayed_beside_the_result(kernel: Kernel) -> None:
    kernel.do(REGISTER)
    ran = kernel.do(f"{REGISTER} -d 'week 27'")
    assert ran.streamed == ""
    notice, result = ran.texts
    assert "keeps its description" in notice
    assert result.startswith("weather_ds@1  nothing new")


def test_the_python_functions_answer_as_the_magic_does(kernel: Kernel) -> None:
    kernel.do("import dsnb")
    ran = kernel.do("dsnb.register('weather_ds', 'data/Weather/week 27')")
    assert len(ran.shown) == 1
    assert kernel.do("df = dsnb.load('weather_ds@1')").is_quiet
    assert kernel.evaluate("len(df)") == 502
    assert [use[0] for use in kernel.evaluate(
        "[(use.ref, use.cells) for use in dsnb.run().run.inputs]"
    )] == ["weather_ds@1"]  # fmt: skip


def test_variables_and_expressions_are_put_into_a_line(kernel: Kernel) -> None:
    registered(kernel)
    kernel.do("number = 1; where = 'data/Weather/week 28'; name = 'other'")
    assert kernel.do("df = %ds load weather_ds@$number").is_quiet
    assert kernel.evaluate("len(df)") == 502
    kernel.do("df = %ds load weather_ds@{number + 1}")
    assert kernel.evaluate("len(df)") == 1006
    (text,) = kernel.do('%ds register $name "$where"').texts
    assert text.startswith("other@1")


def test_words_are_quoted_as_in_a_shell(kernel: Kernel) -> None:
    Path(kernel.folder, "ada's data").mkdir()
    Path(kernel.folder, "ada's data", "a.csv").write_text("a\n1\n")
    kernel.do("""%ds register hers "ada's data" -d 'it was "hot"'""")
    kernel.do("""%ds register his data/Weather/week\\ 27""")
    kernel.do("import dsnb")
    assert kernel.evaluate("dsnb.show('hers').version.description") == 'it was "hot"'
    assert kernel.evaluate("dsnb.show('his').version.files") == 1


def test_options_may_stand_between_the_paths(kernel: Kernel) -> None:
    kernel.do(
        '%ds register weather_ds "data/Weather/week 27" -d both --tag stage=raw '
        '"data/Weather/week 28" --key origin,time_hour'
    )
    kernel.do("import dsnb; version = dsnb.show('weather_ds').version")
    assert kernel.evaluate("(version.files, version.description, version.tags, version.key)") == (
        2, "both", {"stage": "raw"}, ("origin", "time_hour"),
    )  # fmt: skip


def test_a_table_of_the_notebook_is_registered_and_compared_by_its_name(kernel: Kernel) -> None:
    registered(kernel)
    kernel.do("df = %ds load weather_ds@1")
    (text,) = kernel.do("%ds register --from df features").texts
    assert text.startswith("features@1  registered")
    kernel.do("df.loc[0, 'temp'] += 1")
    assert kernel.do("%ds diff --from df weather_ds@1").value.startswith("weather_ds@1 → df: ")  # type: ignore[union-attr]


def test_bare_ds_lists_every_verb_and_help_tells_of_one(kernel: Kernel) -> None:
    text = kernel.do("%ds").value
    assert text is not None
    for verb in ("register", "load", "run start", "datastore add"):
        assert f"\n  {verb} " in text
    for line in ("%ds load --help", "%ds load -h", "%ds load x@1 --help"):
        assert (kernel.do(line).value or "").startswith("usage: %ds load [-h]")
    assert (kernel.do("%ds run start --help").value or "").startswith("usage: %ds run start")


def test_changing_the_folder_keeps_the_workspace(kernel: Kernel) -> None:
    registered(kernel)
    kernel.do("import os, tempfile; os.chdir(tempfile.mkdtemp())")
    kernel.do("df = %ds load weather_ds@1")
    assert kernel.evaluate("len(df)") == 502
    kernel.do("import dsnb")
    assert kernel.evaluate("len(dsnb.versions('weather_ds'))") == 2


def test_the_workspace_of_a_project_serves_notebooks_beside_its_data(
    running: Kernel, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    notebooks = project / "notebooks"
    notebooks.mkdir(parents=True)
    (project / "pyproject.toml").touch()
    (project / "prices.csv").write_text("price\n1\n")
    running.do(f"import os; os.chdir({str(notebooks)!r})\n%reload_ext dsnb", silent=True)
    running.do("%ds register prices ../prices.csv")
    assert (project / ".dsnb").is_dir()
    assert not (notebooks / ".dsnb").exists()
