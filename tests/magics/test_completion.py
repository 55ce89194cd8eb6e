"""What the Tab key offers on a line of ``%ds``, and what the line is once it was taken."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.completer import CompletionContext, provisionalcompleter

import dsnb
from dsnb.commands.verbs import VERBS
from tests.kernels import Kernel
from tests.magics.shell import ipython

REGISTERED = ("weather_ds", "weather_hours", "prices")


@pytest.fixture
def shell() -> Iterator[Any]:
    with ipython() as shell:
        yield shell


@pytest.fixture
def workspace(shell: Any) -> Any:
    """The shell in a workspace with `REGISTERED`; weather_ds has twelve versions and an alias."""
    Path("a.csv").write_text("a\n0\n")
    for name in REGISTERED:
        dsnb.register(name, "a.csv")
    for number in range(1, 12):
        Path("a.csv").write_text(f"a\n{number}\n")
        dsnb.register("weather_ds", "a.csv")
    dsnb.alias("weather_ds@3", "prod")
    return shell


def offered(shell: Any, text: str) -> list[str]:
    """Return the text as it is after each completion was applied; ``|`` marks the cursor."""
    before, _, after = text.partition("|")
    with provisionalcompleter():
        found = list(shell.Completer.completions(before + after, len(before)))
    return [before[: one.start] + one.text + after for one in found]


def test_a_verb_is_completed(shell: Any) -> None:
    assert offered(shell, "%ds reg") == ["%ds register"]
    assert offered(shell, "%ds run st") == ["%ds run start"]
    assert offered(shell, "%ds datastore re") == ["%ds datastore remove"]
    assert "%ds diff" in offered(shell, "%ds ")
    assert offered(shell, "%ds run ") == [f"%ds run {below}" for below in VERBS["run"].verbs]


@pytest.mark.parametrize(
    "start",
    [
        "df = %ds ", "df=%ds ", "  df = %ds ", "a.b = %ds ", "a, b = %ds ", 'd["x"] = %ds ',
        "größe = %ds ", "x = 1\ndf = %ds ", "for _ in range(2):\n    df = %ds ", "%ds   ", "%ds\t",
    ],
)  # fmt: skip
def test_it_works_wherever_a_line_can_be_ds(workspace: Any, start: str) -> None:
    assert offered(workspace, f"{start}load pri") == [f"{start}load prices"]
    assert offered(workspace, f"{start}load prices@l") == [f"{start}load prices@latest"]


def test_what_stands_behind_the_cursor_stays(workspace: Any) -> None:
    assert offered(workspace, "df = %ds load pri| --limit 5\nprint(1)") == [
        "df = %ds load prices --limit 5\nprint(1)"
    ]


def test_the_names_of_datasets_are_completed(workspace: Any) -> None:
    assert offered(workspace, "%ds load wea") == ["%ds load weather_ds", "%ds load weather_hours"]
    assert offered(workspace, "%ds versions weather_h") == ["%ds versions weather_hours"]
    assert offered(workspace, "%ds register pr") == ["%ds register prices"]
    assert offered(workspace, "%ds verify prices we") == [
        "%ds verify prices weather_ds",
        "%ds verify prices weather_hours",
    ]


def test_versions_come_newest_first_then_the_aliases(workspace: Any) -> None:
    numbers = [str(number) for number in range(12, 0, -1)]
    assert offered(workspace, "%ds load weather_ds@") == [
        f"%ds load weather_ds@{version}" for version in [*numbers, "prod", "latest"]
    ]
    assert offered(workspace, "%ds load weather_ds@1") == [
        f"%ds load weather_ds@{version}" for version in (12, 11, 10, 1)
    ]
    assert offered(workspace, "%ds load weather_ds@p") == ["%ds load weather_ds@prod"]


def test_the_second_version_of_a_pair_is_completed(workspace: Any) -> None:
    assert offered(workspace, "%ds diff weather_ds@3..p") == ["%ds diff weather_ds@3..prod"]
    assert offered(workspace, "%ds diff weather_ds@1..")[0] == "%ds diff weather_ds@1..12"
    assert offered(workspace, "%ds diff weather_ds@1 weather_ds@12") == [
        "%ds diff weather_ds@1 weather_ds@12"
    ]


def test_options_are_completed_once_each(workspace: Any) -> None:
    assert offered(workspace, "%ds load prices --co") == ["%ds load prices --columns"]
    assert offered(workspace, "%ds load prices --columns a --co") == []
    assert offered(workspace, "%ds register x a.csv -d text --desc") == []
    assert offered(workspace, "%ds register x --tag a=b --ta") == ["%ds register x --tag a=b --tag"]
    assert offered(workspace, "%ds register x --dtype a=str --dty") == [
        "%ds register x --dtype a=str --dtype"
    ]


def test_the_values_of_options_are_completed(workspace: Any) -> None:
    assert offered(workspace, "%ds load prices --as po") == ["%ds load prices --as polars"]
    assert offered(workspace, "%ds register x --kind t") == ["%ds register x --kind tabular"]
    assert offered(workspace, "%ds config diff.r") == ["%ds config diff.rows"]
    workspace.user_ns.update(december=1, _december=2)
    assert offered(workspace, "%ds register x --from dec") == ["%ds register x --from december"]
    assert offered(workspace, "%ds diff --from december pri") == ["%ds diff --from december prices"]


def test_the_ends_of_a_bisection_are_versions_of_its_dataset(workspace: Any) -> None:
    assert offered(workspace, "%ds bisect weather_ds --good 1") == [
        f"%ds bisect weather_ds --good {version}" for version in (12, 11, 10, 1)
    ]
    assert offered(workspace, "%ds bisect weather_ds --good 3 --bad p") == [
        "%ds bisect weather_ds --good 3 --bad prod"
    ]
    assert offered(workspace, "%ds bisect --good 1") == []


def test_the_names_of_runs_are_completed(workspace: Any) -> None:
    dsnb.run.start("train temp")
    assert offered(workspace, "%ds run show tr") == ['%ds run show "train temp"']


def test_a_path_is_quoted_where_it_must_be(shell: Any) -> None:
    for name in ("week 27", "plain", "ada's", 'so "quoted"'):
        Path("data", name).mkdir(parents=True)
    assert offered(shell, "%ds register x da") == ["%ds register x data/"]
    assert offered(shell, "%ds register x data/w") == ['%ds register x "data/week 27/"']
    assert offered(shell, '%ds register x "data/we') == ['%ds register x "data/week 27/"']
    assert offered(shell, "%ds register x 'data/we") == ["%ds register x 'data/week 27/'"]
    assert offered(shell, "%ds register x data/week\\ 2") == ['%ds register x "data/week 27/"']
    assert offered(shell, "%ds register x data/ad") == ['%ds register x "data/ada\'s/"']
    assert offered(shell, "%ds register x 'data/ad") == ['%ds register x "data/ada\'s/"']
    assert offered(shell, "%ds register x data/so") == ["%ds register x 'data/so \"quoted\"/'"]
    assert offered(shell, "%ds register x data/pl") == ["%ds register x data/plain/"]


def test_a_path_is_completed_further_behind_its_closed_quote(shell: Any) -> None:
    Path("week 27").mkdir()
    Path("week 27", "a.csv").touch()
    assert offered(shell, '%ds register x "week 27/"') == ['%ds register x "week 27/a.csv"']


def test_a_quote_that_the_editor_closed_is_not_closed_twice(shell: Any) -> None:
    Path("week 27").mkdir()
    assert offered(shell, '%ds register x "wee|" -d text') == ['%ds register x "week 27/" -d text']


def test_a_home_folder_stays_as_it_was_typed(shell: Any) -> None:
    Path("~", "mine").expanduser().mkdir()
    assert offered(shell, "%ds register x ~/mi") == ["%ds register x ~/mine/"]


@pytest.mark.parametrize(
    "text",
    [
        "dsnb.regis", "print('%ds load wea", "# %ds load wea", "x == %ds load wea", "%dsx load wea",
        "'df = %ds load wea", "%%ds load wea", "%timeit ds load wea", "s = 'x = %ds load wea",
    ],
)  # fmt: skip
def test_other_lines_are_left_alone(workspace: Any, text: str) -> None:
    workspace.user_ns["dsnb"] = dsnb
    with provisionalcompleter():
        with_it = [one.text for one in workspace.Completer.completions(text, len(text))]
        workspace.extension_manager.unload_extension("dsnb")
        without = [one.text for one in workspace.Completer.completions(text, len(text))]
        workspace.extension_manager.load_extension("dsnb")
    assert with_it == without
    assert not any("weather_ds" in found for found in with_it)


@pytest.mark.parametrize("text", ["%ds frob x", "%ds load prices@1 more", "%ds load nothing@"])
def test_where_there_is_nothing_to_offer_no_dataset_is(workspace: Any, text: str) -> None:
    assert not any("weather" in line for line in offered(workspace, text))


def test_without_a_workspace_verbs_and_options_are_still_completed(shell: Any) -> None:
    assert offered(shell, "%ds lo") == ["%ds load"]
    assert offered(shell, "%ds load --ver") == ["%ds load --verify"]
    assert not any("latest" in line for line in offered(shell, "%ds load x@"))


def test_a_damaged_registry_offers_nothing_and_breaks_nothing(
    workspace: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    Path(".dsnb/registry.json").write_text("{")
    assert not any("weather" in line for line in offered(workspace, "%ds load wea"))
    assert offered(workspace, "%ds lo") == ["%ds load"]
    assert capfd.readouterr().err == ""


WORDS = st.sampled_from(
    [
        "%ds",
        "load",
        "diff",
        "register",
        "run",
        "--from",
        "-d",
        "weather_ds",
        "@",
        "..",
        '"',
        "'",
        "\\",
    ]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text() | st.lists(WORDS | st.text(max_size=3)).map(" ".join), data=st.data())
def test_no_text_makes_completion_fail(
    workspace: Any, capfd: pytest.CaptureFixture[str], text: str, data: st.DataObject
) -> None:
    (matcher,) = (one for one in workspace.Completer.custom_matchers if "dsnb" in one.__module__)
    code = "x = 1\ndf = %ds " + text
    lines = code.split("\n")
    row = data.draw(st.integers(0, len(lines) - 1))
    column = data.draw(st.integers(0, len(lines[row])))
    found = matcher(
        CompletionContext(
            token="",
            full_text="\n".join(lines),
            cursor_position=column,
            cursor_line=row,
            limit=None,
        )
    )
    # IPython asserts this of every matcher, at the user's expense.
    assert lines[row][:column].endswith(found.get("matched_fragment", ""))
    assert capfd.readouterr().err == ""


def test_a_kernel_gives_the_same(kernel: Kernel) -> None:
    kernel.do('%ds register weather_ds "data/Weather/week 27"')
    code = "x = 1\ndf = %ds load wea"
    reply = kernel.complete(code + "\nx", len(code))
    assert reply["matches"] == ["weather_ds"]
    assert code[: reply["cursor_start"]] == "x = 1\ndf = %ds load "
    assert reply["cursor_end"] == len(code)
    reply = kernel.complete("%ds load weather_ds@")
    assert reply["matches"] == ["weather_ds@1", "weather_ds@latest"]
    assert reply["cursor_start"] == len("%ds load ")
    reply = kernel.complete("größe = '😀'; y = 1\n%ds load weather_ds@l")
    assert reply["matches"] == ["weather_ds@latest"]
