import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.datasets.bisecting import Bisection, Verdict, search
from dsnb.datasets.judging import expression_test, function_test
from dsnb.errors import (
    DatasetNotFoundError,
    MissingLibraryError,
    SearchError,
    VersionNotFoundError,
)
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.workbench import register, write

Answers = list[Verdict]


@st.composite
def patterns(draw: st.DrawFn, most: int = 300) -> Answers:
    """Return what is at each position: good, then bad, and anything skipped between the ends."""
    count = draw(st.integers(2, most))
    change = draw(st.integers(1, count - 1))
    answers: Answers = ["good"] * change + ["bad"] * (count - change)
    for position in draw(st.sets(st.integers(1, max(1, count - 2)))):
        if 0 < position < count - 1:
            answers[position] = "skipped"
    return answers


def looked_up(answers: Answers) -> tuple[int, int, int]:
    """Return what a search finds, and how often it asked."""
    asked: list[int] = []

    def judge(position: int) -> Verdict:
        assert 0 < position < len(answers) - 1
        asked.append(position)
        return answers[position]

    good, bad = search(0, len(answers) - 1, judge)
    assert len(set(asked)) == len(asked)
    return good, bad, len(asked)


@given(answers=patterns())
def test_a_search_finds_what_looking_at_all_positions_finds(answers: Answers) -> None:
    good, bad, _ = looked_up(answers)
    assert good == max(n for n, answer in enumerate(answers) if answer == "good")
    assert bad == min(n for n, answer in enumerate(answers) if answer == "bad")


@pytest.mark.parametrize("count", [*range(2, 70), 127, 128, 129, 1000])
def test_a_search_asks_no_more_than_it_must(count: int) -> None:
    for change in range(1, count):
        answers: Answers = ["good"] * change + ["bad"] * (count - change)
        good, bad, asked = looked_up(answers)
        assert (good, bad) == (change - 1, change)
        assert asked <= math.ceil(math.log2(count - 1))


@pytest.mark.parametrize("change", [10, 470, 530, 900])
def test_a_search_soon_leaves_a_row_of_skipped_positions(change: int) -> None:
    answers: Answers = ["good"] * change + ["bad"] * (1000 - change)
    answers[480:520] = ["skipped"] * 40
    good, bad, asked = looked_up(answers)
    assert (good, bad) == (change - 1, change)
    assert asked <= 2 * math.log2(1000)


# In a workspace


def hours(workspace: Workspace, *temps: float, name: str = "ds") -> None:
    """Register a version for each temperature, all of one file, and keep them."""
    for number, temp in enumerate(temps, 1):
        write("w.csv", f"hour,temp\n{number},{temp}\n")
        register(workspace, "w.csv", name=name, snapshot="always")


def bisect(
    workspace: Workspace,
    test: str | Callable[[Any], object],
    good: str | None = None,
    bad: str | None = None,
    name: str = "ds",
    **variables: object,
) -> Bisection:
    asked = expression_test(test, variables) if isinstance(test, str) else function_test(test)
    return workspace.bisect(name, asked, str(test), good, bad)


def verdicts(found: Bisection) -> list[tuple[str, str]]:
    return [(step.ref, step.verdict) for step in found.steps]


def test_the_first_version_that_fails_is_found_and_each_step_told(
    workspace: Workspace, notices: list[str]
) -> None:
    hours(workspace, 70, 71, 72, 73, 174, 75, 176)
    notices.clear()
    found = bisect(workspace, "df.hour.max() < 5")
    assert (found.last_good, found.first_bad, found.candidates) == ("ds@4", "ds@5", ("ds@5",))
    assert verdicts(found) == [
        ("ds@7", "bad"), ("ds@1", "good"), ("ds@4", "good"), ("ds@6", "bad"), ("ds@5", "bad"),
    ]  # fmt: skip
    assert found.versions == 7
    # That the older ones are read from their snapshots is no news.
    assert notices == [
        "ds@7: it fails.", "ds@1: it holds.", "ds@4: it holds.", "ds@6: it fails.",
        "ds@5: it fails.",
    ]  # fmt: skip


def test_a_function_is_as_good_as_an_expression(workspace: Workspace) -> None:
    hours(workspace, 70, 71, 172)
    seen: list[pd.DataFrame] = []

    def is_cool(df: pd.DataFrame) -> "pd.Series[bool]":
        seen.append(df)
        return df["temp"] < 100

    assert bisect(workspace, is_cool).first_bad == "ds@3"
    assert [len(df) for df in seen] == [1, 1, 1]


def test_no_run_has_read_what_was_only_looked_through(workspace: Workspace) -> None:
    import dsnb

    hours(workspace, 70, 171)
    dsnb.bisect("ds", "df.temp.max() < 100")
    assert dsnb.run().run is None


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_cannot_be_judged_the_answer_is_that_of_looking_at_all(
    workspace: Workspace, data: st.DataObject
) -> None:
    if not workspace.view().names():
        hours(workspace, *range(12))
    answers = data.draw(patterns(12).filter(lambda answers: len(answers) == 12))
    if data.draw(st.booleans()):
        answers[0] = "skipped"

    def is_good(df: pd.DataFrame) -> bool | None:
        return {"good": True, "bad": False, "skipped": None}[answers[df["hour"][0] - 1]]

    judged = [n for n, answer in enumerate(answers) if answer != "skipped"]
    good = [n for n in judged if answers[n] == "good"]
    if not good:
        with pytest.raises(SearchError):
            bisect(workspace, is_good)
        return
    found = bisect(workspace, is_good)
    bad = min(n for n in judged if answers[n] == "bad")
    assert found.last_good == f"ds@{max(good) + 1}"
    assert found.candidates == tuple(f"ds@{n + 1}" for n in range(max(good) + 1, bad + 1))
    assert found.first_bad == (f"ds@{bad + 1}" if bad == max(good) + 1 else None)
    assert {step.ref for step in found.skipped} >= set(found.candidates[:-1])
    assert all(step.why for step in found.skipped)
    if "skipped" not in answers:
        assert len(found.steps) <= math.ceil(math.log2(12)) + 2


def test_numbers_that_were_deleted_are_no_versions(workspace: Workspace) -> None:
    hours(workspace, 70, 71, 72, 173, 174, 175)
    for number in (1, 3, 4):
        workspace.delete([parse(f"ds@{number}")])
    found = bisect(workspace, "df.temp.max() < 100")
    assert (found.last_good, found.first_bad, found.versions) == ("ds@2", "ds@5", 3)


@pytest.mark.usefixtures("by_reference")
def test_versions_that_drifted_are_skipped_and_said(
    workspace: Workspace, notices: list[str]
) -> None:
    for number, temp in enumerate((70, 71, 172, 173, 174), 1):
        write(f"{number}.csv", f"temp\n{temp}\n")
        register(workspace, f"{number}.csv")
    write("3.csv", "temp\n1234\n")
    os.remove("1.csv")
    notices.clear()
    found = bisect(workspace, "df.temp.max() < 100")
    assert (found.last_good, found.first_bad) == ("ds@2", None)
    assert found.candidates == ("ds@3", "ds@4")
    assert {step.ref for step in found.skipped} == {"ds@1", "ds@3"}
    gone = "its files changed or are gone, and no snapshot keeps them"
    assert f"ds@3: skipped, as {gone}." in notices


def test_a_version_that_is_no_longer_readable_is_skipped(workspace: Workspace) -> None:
    for number, text in enumerate(("temp\n1\n", "temp\n2\n", 'temp\n"', "temp\n400\n"), 1):
        write(f"{number}.csv", text)
        register(workspace, f"{number}.csv", options={"sep": ","} if number != 3 else {})
    found = bisect(workspace, "df.temp.max() < 100")
    assert (found.last_good, found.candidates) == ("ds@2", ("ds@3", "ds@4"))


def test_an_end_that_was_not_named_is_the_first_that_can_be_judged(workspace: Workspace) -> None:
    write("w.csv", "other\n1\n")
    register(workspace, "w.csv", snapshot="always")
    hours(workspace, 70, 171)
    found = bisect(workspace, "df.temp.max() < 100")
    assert found.first_bad == "ds@3"
    assert [step.why for step in found.skipped] == [
        "AttributeError: 'DataFrame' object has no attribute 'temp'"
    ]


def test_the_ends_may_be_named_as_any_version(workspace: Workspace) -> None:
    hours(workspace, 70, 171, 72, 73, 174, 75)
    workspace.set_alias(parse("ds@3"), "prod")
    for good, bad in (("3", "5"), ("prod", "latest~1"), ("ds@3", "ds@5")):
        found = bisect(workspace, "df.temp.max() < 100", good, bad)
        assert (found.first_bad, found.versions) == ("ds@5", 3)
    with pytest.raises(VersionNotFoundError, match="There is no ds@9"):
        bisect(workspace, "True", "9")


@pytest.mark.parametrize(
    ("test", "good", "bad", "said"),
    [
        ("df.temp.max() < 999", None, None, "holds for ds@4, the newest.*nothing to find"),
        ("df.temp.max() < 1", None, None, "fails for ds@1 already, the oldest"),
        ("df.temp.max() < 71", "2", None, "fails for ds@2 already"),
        ("df.temp.max() < 100", "4", "1", "--good 4 is newer than --bad 1.*not \\(EXPR\\)"),
        ("df.temp.max() < 100", "2", "2", "Both ends are ds@2"),
        ("df.tmp.max() < 100", None, None, "cannot be told for ds@4: AttributeError.*'tmp'"),
        ("df.temp", None, None, "cannot be told for ds@4: the answer holds 1 value of type"),
        ("df.temp.max() < 100 if len(df) > 1 else None", None, None, "ds@4: the answer is None"),
        ("{170: True}.get(df.temp.max() + 100, False) or 1 / 0", "2", None, "ds@4: ZeroDiv"),
        ("len(paths) < 3", None, None, "There is no paths here.*Write df"),
    ],
)
def test_wrong_ends_and_questions_are_told(
    workspace: Workspace, test: str, good: str | None, bad: str | None, said: str
) -> None:
    hours(workspace, 70, 71, 72, 173)
    with pytest.raises(SearchError, match=said):
        bisect(workspace, test, good, bad)


def test_there_must_be_two_versions(workspace: Workspace) -> None:
    hours(workspace, 70)
    with pytest.raises(SearchError, match="ds has one version only, ds@1"):
        bisect(workspace, "True")
    with pytest.raises(DatasetNotFoundError, match="Did you mean ds"):
        bisect(workspace, "True", name="dss")


@pytest.mark.usefixtures("by_reference")
def test_an_end_that_cannot_be_read_is_told(workspace: Workspace) -> None:
    hours(workspace, 70)
    workspace.release(parse("ds@1"))
    for number in (2, 3):
        write(f"{number}.csv", f"temp\n{number}00\n")
        register(workspace, f"{number}.csv")
    write("w.csv", "temp\n1\n")
    with pytest.raises(SearchError, match=r"ds@1 cannot be read: its files changed.*--good N"):
        bisect(workspace, "df.temp.max() < 100", good="1")
    os.remove("2.csv")
    os.remove("3.csv")
    with pytest.raises(SearchError, match="Fewer than two versions of ds can be judged"):
        bisect(workspace, "df.temp.max() < 100")


def test_files_are_judged_by_their_paths(workspace: Workspace) -> None:
    for number in range(1, 5):
        write(f"images/{number}.bin", "x" * number)
        register(workspace, "images", snapshot="always")
    found = bisect(workspace, "len(paths) < 3 and os.path.exists(paths[0])", os=os)
    assert found.first_bad == "ds@3"
    assert bisect(workspace, lambda paths: len(paths) < 4).first_bad == "ds@4"


def test_an_interrupt_stops_at_once(workspace: Workspace) -> None:
    hours(workspace, 70, 71, 72, 173)
    before = {*Path.cwd().rglob("*")}
    asked = 0

    def interrupted(df: pd.DataFrame) -> bool:
        nonlocal asked
        asked += 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bisect(workspace, interrupted)
    assert asked == 1
    assert {*Path.cwd().rglob("*")} == before


def test_a_missing_library_is_no_fault_of_a_version(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dsnb.datasets import bisecting

    def load(*given: object) -> None:
        raise MissingLibraryError("openpyxl is not installed.")

    hours(workspace, 70, 71)
    monkeypatch.setattr(bisecting, "load", load)
    with pytest.raises(MissingLibraryError):
        bisect(workspace, "True")
