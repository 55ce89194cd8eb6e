"""The order of steps, from what they read and write."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import PipelineError
from dsnb.pipelines.steps import Input, Output, Step, ordered


def step(name: str, reads: tuple[Output, ...] = (), **asked: object) -> Step:
    inputs = tuple(Input(name=f"i{n}", source=one) for n, one in enumerate(reads))
    return Step(name=name, source=Path(), interpreter="python", inputs=inputs, **asked)  # type: ignore[arg-type]


def order(*steps: Step) -> list[str]:
    sorter = ordered(steps)
    found: list[str] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append("+".join(sorted(one.name for one in ready)))
        sorter.done(*ready)
    return found


def test_a_step_comes_after_those_whose_outputs_it_reads() -> None:
    one, two = Output(name="data"), Output(name="data")
    first, second = step("first", outputs=(one,)), step("second", (one,), outputs=(two,))
    last, apart = step("last", (one, two)), step("apart")
    assert order(last, apart, second, first) == ["apart+first", "second", "last"]


def test_a_step_can_be_told_to_come_after_another() -> None:
    first = step("first")
    assert order(step("second", after=(first,)), first) == ["first", "second"]


def test_an_output_that_no_step_makes_is_refused() -> None:
    with pytest.raises(PipelineError, match="last reads data, which no step"):
        ordered([step("last", (Output(name="data"),))])


def test_an_output_that_looks_the_same_is_another() -> None:
    maker = step("first", outputs=(Output(name="data"),))
    with pytest.raises(PipelineError, match="no step"):
        ordered([maker, step("last", (Output(name="data"),))])


def test_an_output_of_two_steps_is_refused() -> None:
    both = Output(name="data")
    with pytest.raises(PipelineError, match="one and two both make data"):
        ordered([step("one", outputs=(both,)), step("two", outputs=(both,))])


def test_steps_that_wait_for_each_other_are_named() -> None:
    one, two = Output(name="a"), Output(name="b")
    with pytest.raises(PipelineError, match=r"wait for each other: (x → y → x|y → x → y)"):
        ordered([step("x", (one,), outputs=(two,)), step("y", (two,), outputs=(one,))])
    own = Output(name="own")
    with pytest.raises(PipelineError, match="wait for each other: x → x"):
        ordered([step("x", (own,), outputs=(own,))])


@given(st.integers(1, 12), st.data())
def test_whatever_is_read_was_made_before(count: int, data: st.DataObject) -> None:
    outputs = [Output(name=f"o{n}") for n in range(count)]
    reads = [
        data.draw(st.sets(st.integers(0, number - 1)) if number else st.just(set()))
        for number in range(count)
    ]
    steps = [
        step(str(number), tuple(outputs[n] for n in sorted(reads[number])), outputs=(made,))
        for number, made in enumerate(outputs)
    ]
    rounds = order(*data.draw(st.permutations(steps)))
    place = {name: n for n, one in enumerate(rounds) for name in one.split("+")}
    # The earliest round that comes after all that a step reads.
    for number in range(count):
        assert place[str(number)] == max((place[str(n)] + 1 for n in reads[number]), default=0)
