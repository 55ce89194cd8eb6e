"""Command lines: what they mean, and what is said of those that mean nothing."""

import shlex
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.commands.declaring import Variable, read_help
from dsnb.commands.parsing import (
    HelpRequested,
    Line,
    overview,
    parse_line,
    split_code,
    split_line,
)
from dsnb.commands.verbs import VERBS
from dsnb.errors import DsnbError, UsageError


def parse(text: str, **variables: object) -> Line:
    return parse_line(split_line(text), VERBS, prefix="%ds", variables=variables.__getitem__)


def given_in(text: str, **variables: object) -> dict[str, Any]:
    """Return what was given to a verb, without the options that were left out."""
    line = parse(text, **variables)
    left_out = (None, False, "", {}, ())
    named = {key: value for key, value in line.kwargs.items() if value not in left_out}
    return {"args": line.args, **named}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("load x@2", ["load", "x@2"]),
        ('register x "data/week 27"', ["register", "x", "data/week 27"]),
        ("register x 'a b' c\\ d", ["register", "x", "a b", "c d"]),
        ('x -d "it\'s hot"', ["x", "-d", "it's hot"]),
        ("x -d 'say \"hi\"'", ["x", "-d", 'say "hi"']),
        ('x --where "temp > 90 # hot"', ["x", "--where", "temp > 90 # hot"]),
        ("x # y", ["x", "#", "y"]),
        ('x ""', ["x", ""]),
        ("  x\ty ", ["x", "y"]),
        ("größe 温度", ["größe", "温度"]),
        ("a;b|c&d(e)", ["a;b|c&d(e)"]),
        ("", []),
    ],
)
def test_a_line_is_split_as_a_shell_does(text: str, words: list[str]) -> None:
    assert split_line(text) == words


@pytest.mark.parametrize("text", ["load it's", 'load "x', "load 'x", "load x\\"])
def test_an_unbalanced_quote_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="not closed"):
        split_line(text)


@given(st.lists(st.text()))
def test_every_word_can_be_quoted(words: list[str]) -> None:
    assert split_line(shlex.join(words)) == words


@given(st.text())
def test_any_line_is_understood_or_refused_in_words(text: str) -> None:
    for start in ("", "load ", "register ", "run ", "diff "):
        # A KeyError is a variable that there is not.
        with suppress(DsnbError, HelpRequested, KeyError):
            parse(start + text)


def test_options_stand_anywhere() -> None:
    wanted = {"args": ("x", "a", "b"), "description": "d", "add": True, "tag": {"k": "v"}}
    for text in (
        "register x a b --add -d d --tag k=v",
        "register --add x -d d a --tag k=v b",
        "register --description=d --tag=k=v --add x a b",
    ):
        assert given_in(text) == wanted


def test_lists_of_columns_are_comma_separated() -> None:
    assert given_in("diff a b --on origin,time_hour --ignore ' x, y ,'") == {
        "args": ("a", "b"), "on": ["origin", "time_hour"], "ignore": ["x", "y"],
    }  # fmt: skip


def test_pairs_may_hold_equals_signs_and_come_more_than_once() -> None:
    assert given_in("register x a --tag k=v=w --tag l=")["tag"] == {"k": "v=w", "l": ""}
    assert parse("tag x@1 a=b c=d").args == ("x@1", {"a": "b", "c": "d"})


def test_values_may_begin_with_a_minus() -> None:
    assert given_in("annotate x@1 '-5 degrees'")["args"] == ("x@1", "-5 degrees")
    assert given_in("load x --where '-temp > 5'")["where"] == "-temp > 5"


def test_numbers_are_numbers() -> None:
    assert given_in("load x --limit 5")["limit"] == 5
    for wrong in ("-1", "1.5", "many", "٣", "9" * 30):
        with pytest.raises(UsageError, match="whole number"):
            parse(f"load x --limit={wrong}")


def test_a_variable_is_looked_up_by_its_name() -> None:
    line = parse("register x --from df", df=[1])
    assert line.kwargs["from_"] == Variable("df", [1])


def test_verbs_below_verbs() -> None:
    assert parse("run").verb.name == "run"
    assert parse("run start x").verb.name == "start"
    assert parse("datastore add a /b").args == ("a", "/b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lod x", "There is no verb 'lod'. Did you mean load? Type %ds for all of them."),
        ("run strat", "There is no verb 'run strat'. Did you mean start? "
                      "Type %ds run --help to see its form."),
        ("load", "%ds load needs REF. Type %ds load --help to see its form."),
        ("alias x@1", "%ds alias needs NAME. Type %ds alias --help to see its form."),
        ("load x --colums a", "%ds load has no option --colums. Did you mean --columns? "
                              "Type %ds load --help to see its form."),
        ("load x y", "%ds load has no place for 'y'. Type %ds load --help to see its form."),
        ("load x --col a", "%ds load has no option --col. "
                           "Did you mean --columns? Type %ds load --help to see its form."),
        ("list --tag a", "'a' is not of the form K=V. For example: %ds list … --tag a=b"),
        ("tag x@1 a", "'a' is not of the form K=V. For example: %ds tag … a=b"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["", "-h", "--help"])
def test_help_lists_every_verb(text: str) -> None:
    with pytest.raises(HelpRequested) as caught:
        parse(text)
    assert caught.value.text == overview(VERBS, "%ds")
    for verb in VERBS.values():
        for name in (verb.name, *(f"{verb.name} {below}" for below in verb.verbs)):
            assert f"\n  {name} " in caught.value.text


def every_line() -> list[str]:
    return [
        line
        for verb in VERBS.values()
        for line in (verb.name, *(f"{verb.name} {below}" for below in verb.verbs))
    ]


@pytest.mark.parametrize("prefix", ["%ds", "dsnb"])
@pytest.mark.parametrize("line", every_line())
def test_each_verb_has_help_that_fits_a_terminal(line: str, prefix: str) -> None:
    shell = prefix == "dsnb"
    with pytest.raises(HelpRequested) as caught:
        parse_line(
            [*line.split(), "--help"], VERBS, prefix=prefix, variables=None if shell else vars
        )
    text = caught.value.text
    begins_cell = VERBS[line.split()[0]].cell
    assert text.startswith(f"usage: {'%%ds' if begins_cell else prefix} {line} [-h]")
    assert max(map(len, text.split("\n"))) <= 80
    assert ("%ds" in text) != shell or begins_cell
    assert ("--json" in text) == shell
    assert "examples:" in text


def test_a_docstring_is_the_help() -> None:
    text = read_help(
        """Do it.

        With ``care``.

        Parameters
        ----------
        one, two
            What to
            do it with.

        Examples
        --------
        In a notebook::

            %ds do it
        """
    )
    assert (text.summary, text.details) == ("Do it.", "With care.")
    assert text.arguments == {"one": "What to do it with.", "two": "What to do it with."}
    assert text.examples == ("%ds do it",)


# Code, which stands behind --


@pytest.mark.parametrize(
    "code",
    [
        'df["a"].max() < 3', "df.name == 'it''s'", "it's -- not closed", "a --b", "{1: 2}[$x]",
        "-df.temp", "--good", '"\\n"', "",
    ],
)  # fmt: skip
def test_code_is_taken_as_it_was_typed(code: str) -> None:
    typed, found = split_code(f"bisect ds --good 3  --  {code} ", VERBS)
    assert (typed, found) == ("bisect ds --good 3 ", code)
    words = [*split_line(typed), "--", code]
    line = parse_line(words, VERBS, prefix="%ds", variables=vars)
    assert line.args == ("ds", code)
    assert line.kwargs == {"good": "3", "bad": None}


def test_the_words_of_a_shell_behind_the_dashes_are_code() -> None:
    words = ["bisect", "ds", "--json", "--", "len(paths)", "<", "3"]
    line = parse_line(words, VERBS, prefix="dsnb", variables=None)
    assert (line.args, line.json) == (("ds", "len(paths) < 3"), True)


@pytest.mark.parametrize("text", ["load ds -- x", "register ds -- it's", "nothing -- x", "", "--"])
def test_dashes_of_other_verbs_cut_nothing_off(text: str) -> None:
    assert split_code(text, VERBS) == (text, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bisect ds", "needs -- EXPR.*For example: %ds bisect weather_ds -- df"),
        ("bisect ds df.temp < 3", "needs -- EXPR"),
        ("bisect -- True", "needs NAME"),
        ("bisect ds df.temp -- True", "has no place for 'df.temp'"),
        ("bisect ds --godo 3 -- True", "Did you mean --good"),
    ],
)
def test_code_that_is_missing_or_misplaced_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(text)


def test_help_shows_where_the_code_belongs() -> None:
    for text in ("bisect --help", "bisect ds -h -- True"):
        with pytest.raises(HelpRequested) as asked:
            parse(text)
        assert "usage: %ds bisect [-h] [--good N] [--bad N] NAME -- EXPR\n" in asked.value.text
