"""What a step of a notebook is."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import BadNameError, BadReferenceError, UsageError
from dsnb.pipelines.cells import CellStep, make_step, variable_of

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


def step(
    *inputs: str, out: tuple[str, ...] = ("prepared",), body: str = "", name: str = "prepare"
) -> CellStep:
    return make_step(name, inputs, out, body, "")


@given(NAMES)
def test_every_dataset_has_a_name_that_python_can_have(name: str) -> None:
    variable = variable_of(name)
    assert variable.isidentifier()
    assert not keyword.iskeyword(variable)
    if name.isidentifier() and not keyword.iskeyword(name):
        assert variable == name


@pytest.mark.parametrize(
    ("dataset", "variable"),
    [
        ("weather_ds", "weather_ds"),
        ("flights-2013", "flights_2013"),
        ("2013.flights", "_2013_flights"),
        ("class", "class_"),
    ],
)
def test_what_python_cannot_have_is_an_underscore(dataset: str, variable: str) -> None:
    made = step(dataset, out=("other",))
    assert made.inputs[0].name == variable


def test_a_reference_is_kept_as_it_was_typed() -> None:
    made = step("a", "b@latest", "c@2", "d@prod", "e@latest~1", "f@2026-11-01", "g@sha:1a2b")
    assert [str(one.ref) for one in made.inputs] == [
        "a@latest", "b@latest", "c@2", "d@prod", "e@latest~1", "f@2026-11-01", "g@sha:1a2b",
    ]  # fmt: skip
    assert [one.follows for one in made.inputs] == ["a", "b", None, None, "e", None, None]


def test_inputs_and_outputs_can_be_given_names() -> None:
    made = step("raw=weather_ds@2", out=("clean=weather-clean",))
    assert (made.inputs[0].name, str(made.inputs[0].ref)) == ("raw", "weather_ds@2")
    assert (made.outputs[0].name, made.outputs[0].dataset) == ("clean", "weather-clean")


@pytest.mark.parametrize(
    ("inputs", "outputs", "kind", "said"),
    [
        (("weather_ds",), ("weather_ds",), UsageError, "such as old=weather_ds"),
        (("a", "a@2"), ("b",), UsageError, "both called a"),
        (("a-b", "a.b"), ("c",), UsageError, "both called a_b"),
        (("a",), ("b", "x=b"), UsageError, "make b twice"),
        ((), (), UsageError, "neither reads nor makes"),
        (("my data=a",), ("b",), UsageError, "'my data' cannot be the name of a variable"),
        (("class=a",), ("b",), UsageError, "'class' cannot be the name of a variable"),
        (("=a",), ("b",), UsageError, "cannot be the name of a variable"),
        (("a@1..2",), ("b",), BadReferenceError, "more than one version"),
        (("a b",), ("b",), BadReferenceError, "is not a reference"),
        (("a",), ("b@2",), BadNameError, "cannot name a dataset"),
        (("a",), ("anonymous",), BadNameError, "anonymous"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    inputs: tuple[str, ...], outputs: tuple[str, ...], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        step(*inputs, out=outputs)


def test_a_steps_name_follows_the_rule_of_names() -> None:
    with pytest.raises(BadNameError, match="cannot name a step"):
        step("a", name="my step")


def test_the_identity_is_that_of_code_content_and_outputs() -> None:
    same = step("a", body="x = 1\n").identity({"a": "ab"})
    assert step("a@1", body="\nx = 1").identity({"a": "ab"}) == same
    assert step("a", body="x = 2").identity({"a": "ab"}) != same
    assert step("a", body="x = 1").identity({"a": "cd"}) != same
    assert step("a", body="x = 1", out=("other",)).identity({"a": "ab"}) != same
    assert step("b=a", body="x = 1").identity({"b": "ab"}) != same
