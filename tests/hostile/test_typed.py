"""Whatever a user types: it works, or a `DsnbError` says why not and nothing was changed."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dsnb
from dsnb.commands.declaring import Call, Verb
from dsnb.commands.parsing import HelpRequested, parse_line, split_line
from dsnb.commands.verbs import VERBS
from dsnb.display import forms as forms
from dsnb.errors import DsnbError, VariableNotFoundError
from dsnb.magics.completion import complete
from dsnb.presenting import Presentable, as_html, as_text
from dsnb.refs import Ref, check_alias, check_name, is_pair, parse, parse_pair
from dsnb.workspace import Workspace
from tests.hostile.strangers import state_of
from tests.hostile.texts import LONG, NASTY, TEXTS
from tests.workbench import register, write

many = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# These move the process elsewhere, or have a test of their own.
ELSEWHERE = {"init", "pick"}


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Return a workspace with two versions, an alias, a tag and a datastore."""
    write("data/a.csv", "a,b\n1,x\n")
    register(workspace, "data", tags={"stage": "raw"})
    write("data/b.csv", "a,b\n2,y\n")
    register(workspace, "data")
    dsnb.alias("ds@1", "prod")
    workspace.add_datastore("bulk", "data")
    return workspace


def lines() -> list[tuple[str, ...]]:
    """Return every verb as it is typed, with those below others."""
    found = [(name,) for name in VERBS if name not in ELSEWHERE]
    return found + [(name, below) for name, verb in VERBS.items() for below in verb.verbs]


def options_of(words: tuple[str, ...]) -> list[str]:
    verb: Verb[..., Any] = VERBS[words[0]]
    verb = verb.verbs[words[1]] if len(words) > 1 else verb
    return [flag for argument in verb.arguments for flag in (argument.flag, argument.arg.short)]


def run(words: list[str]) -> None:
    def variable(name: str) -> object:
        raise VariableNotFoundError(f"There is no variable {name}.")

    line = parse_line(words, VERBS, prefix="%ds", variables=variable)
    result = line.verb.carry_out(Call(notify=lambda notice: None), *line.args, **line.kwargs)
    if isinstance(result, Presentable):
        as_text(result).encode()
        as_html(result).encode()


WORDS = st.one_of(TEXTS, st.sampled_from(["ds", "ds@1", "ds@prod", "data", "k=v", "@1..2", "a"]))


@many
@given(st.sampled_from(lines()), st.data())
def test_any_line_through_the_parser_and_the_verb(
    filled: Workspace, words: tuple[str, ...], data: st.DataObject
) -> None:
    flags = st.sampled_from([flag for flag in options_of(words) if flag] or ["--help"])
    typed = [*words, *data.draw(st.lists(st.one_of(WORDS, WORDS, flags), max_size=5))]
    before = state_of(Path.cwd())
    try:
        run(typed)
    except (DsnbError, HelpRequested):
        assert state_of(Path.cwd()) == before


@many
@given(TEXTS)
def test_any_text_as_a_line(filled: Workspace, text: str) -> None:
    before = state_of(Path.cwd())
    try:
        words = split_line(text)
        if words[:1] == ["init"]:
            return
        run(words)
    except (DsnbError, HelpRequested):
        assert state_of(Path.cwd()) == before


@many
@given(TEXTS, st.sampled_from(["", "load ", "show ds@", "register ds ", "config ", "run "]))
def test_any_text_is_completed_or_refused(filled: Workspace, text: str, lead: str) -> None:
    with suppress(DsnbError):
        complete(lead + text)


@many
@given(TEXTS)
def test_a_reference_is_read_back_as_it_is_written(text: str) -> None:
    is_pair(text)
    try:
        ref = parse(text)
    except DsnbError:
        return
    assert isinstance(ref, Ref)
    assert parse(str(ref)) == ref
    assert check_name(ref.name) == ref.name


@many
@given(TEXTS)
def test_a_pair_is_two_references(text: str) -> None:
    try:
        old, new = parse_pair(text)
    except DsnbError:
        return
    assert parse(str(old)) == old
    assert parse(str(new)) == new


@many
@given(TEXTS)
def test_a_name_that_is_taken_can_be_no_path(text: str) -> None:
    for check in (check_name, check_alias):
        try:
            name = check(text)
        except DsnbError:
            continue
        assert os.path.basename(name) == name
        assert name.isascii()
        assert name.strip(".") or not name
        assert name[0] not in "._-~"


@pytest.mark.parametrize("text", [*NASTY, LONG], ids=range(len(NASTY) + 1))
def test_any_text_beside_the_data_is_kept_or_refused(filled: Workspace, text: str) -> None:
    before = state_of(Path.cwd())
    for change in (
        lambda: dsnb.annotate("ds@1", text),
        lambda: dsnb.tag("ds@1", {text: text}),
        lambda: dsnb.tag("ds@1", {"k": text}),
        lambda: dsnb.register("other", "data", description=text, tag={"k": text}),
        lambda: dsnb.register("third", "data/a.csv", sep=text),
        lambda: dsnb.register("fourth", "data/a.csv", dtype={"a": text}),
        lambda: dsnb.register("fifth", "data/a.csv", key=[text]),
        lambda: dsnb.config("creator", text),
    ):
        try:
            change()
        except DsnbError:
            assert state_of(Path.cwd()) == before
        before = state_of(Path.cwd())
        for result in (dsnb.list(), dsnb.versions("ds"), dsnb.show("ds@1"), dsnb.config()):
            as_text(result).encode()
            as_html(result).encode()


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_any_text_as_a_name_is_taken_or_refused(filled: Workspace, text: str) -> None:
    before = state_of(Path.cwd())
    for change in (
        lambda: dsnb.register(text, "data"),
        lambda: dsnb.register("new", text),
        lambda: dsnb.rename("ds", text),
        lambda: dsnb.alias("ds", text),
        lambda: dsnb.datastore.add(text, "data"),
        lambda: dsnb.datastore.add("new", text),
        lambda: dsnb.datastore.remove(text),
        lambda: dsnb.config(text, "1"),
        lambda: dsnb.run.start(text),
        lambda: dsnb.run.tag({text: text}),
        lambda: dsnb.load("ds@1", columns=[text]),
        lambda: dsnb.load("ds@1", where=text),
    ):
        try:
            change()
        except DsnbError:
            kept = state_of(Path.cwd())
            assert {k: v for k, v in kept.items() if "runs" not in k} == {
                k: v for k, v in before.items() if "runs" not in k
            }
        before = state_of(Path.cwd())
        as_text(dsnb.list())
        as_text(dsnb.status())
        as_text(dsnb.runs())


# Names and the folders that are called like them


@pytest.mark.parametrize("name", ["CON", "nul", "com1.csv", "LPT9", "aux.tar.gz"])
def test_a_name_that_windows_reserves_gets_a_folder_of_another(
    workspace: Workspace, name: str
) -> None:
    import pandas as pd

    version = dsnb.register(name, from_=pd.DataFrame({"a": [1]})).version
    [source] = version.definition.sources
    assert source.path.startswith(f".dsnb/data/_{name}/")
    assert dsnb.load(name)["a"].tolist() == [1]


def test_a_name_that_ends_with_a_dot_gets_a_folder_that_windows_can_hold(
    workspace: Workspace,
) -> None:
    import pandas as pd

    version = dsnb.register("a.", from_=pd.DataFrame({"a": [1]})).version
    assert version.definition.sources[0].path.startswith(".dsnb/data/a._/")


def test_names_that_differ_in_case_only_never_share_a_table(workspace: Workspace) -> None:
    import pandas as pd

    for name, value in (("Weather", 1), ("weather", 2)):
        dsnb.register(name, from_=pd.DataFrame({"a": [value]}))
    assert [dsnb.load(name)["a"].tolist() for name in ("Weather", "weather")] == [[1], [2]]
    paths = [dsnb.show(name).version.definition.sources[0].path for name in ("Weather", "weather")]
    assert len({path.lower() for path in paths}) == 2
