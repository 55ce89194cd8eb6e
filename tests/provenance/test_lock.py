"""The lock in a notebook: what it says, that it is steady, and that a damaged one is refused."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import NotebookError
from dsnb.provenance.lock import (
    MOST,
    Lock,
    Locked,
    joined,
    lock_document,
    lock_of,
    read_lock,
    sessions,
)
from dsnb.provenance.lockdiff import LockChange, compare_locked
from dsnb.records import Access, Run, Use, now

RUN = Run(id="run-1", name="train", process=1, process_started=0.5, started=now(), kernel="k")
ENTRY = {"name": "weather_ds", "version": 2, "digest": "ab" * 32, "how": ["load"]}


def use(ref: str, how: Access = "load", digest: str = "ab", **said: Any) -> Use:
    given = {"id": ref, "digest": digest * 32, "at": now(), "cells": (3,), "sources": ("x",)}
    return Use(ref=ref, how=how, **{**given, **said})


def locked(ref: str, digest: str = "ab", how: tuple[Access, ...] = ("load",)) -> Locked:
    name, _, version = ref.rpartition("@")
    return Locked(name, int(version), digest * 32, how)


def test_it_names_what_was_read_and_made_once_and_in_order() -> None:
    run = replace(
        RUN,
        inputs=(use("b@10"), use("b@9", "trace"), use("a@1", "trace"), use("b@9", "load")),
        outputs=(use("c@1", "register"),),
    )
    lock = lock_of([run])
    assert [(one.ref, one.how) for one in lock.inputs] == [
        ("a@1", ("trace",)),
        ("b@9", ("load", "trace")),
        ("b@10", ("load",)),
    ]
    assert [one.ref for one in lock.outputs] == ["c@1"]
    assert lock
    assert not lock_of([RUN])


def test_the_same_versions_give_the_same_bytes_whenever_and_in_whatever_order() -> None:
    refs = ("b@2", "b@1", "a@3")
    documents = set()
    for index, order in enumerate(permutations(refs)):
        later = now() + timedelta(days=index)
        inputs = tuple(use(ref, at=later, cells=(index,), id=ref) for ref in order)
        run = replace(RUN, id=f"run-{index}", started=later, process=index, inputs=inputs)
        documents.add(json.dumps(lock_document(lock_of([run, RUN]))))
    assert len(documents) == 1
    [document] = documents
    assert "run-" not in document
    assert "20" not in document  # a year


def test_it_is_what_the_documentation_shows() -> None:
    run = replace(RUN, inputs=(use("weather_ds@2"),))
    assert lock_document(lock_of([run])) == {"schema": 1, "inputs": [ENTRY], "outputs": []}


def test_what_has_no_room_is_counted() -> None:
    inputs = tuple(use(f"d{index:04d}@1") for index in range(MOST + 7))
    lock = lock_of([replace(RUN, inputs=inputs)])
    assert (len(lock.inputs), lock.left_out) == (MOST, 7)
    assert lock_document(lock)["left_out"] == 7
    assert read_lock(lock_document(lock)) == lock


@pytest.mark.parametrize("ref", ["", "weather_ds", "a b@1", "a@0", "a@latest", "<b>@1", "@1", "a@"])
def test_a_record_that_names_no_version_is_passed_over(ref: str) -> None:
    assert not lock_of([replace(RUN, inputs=(use(ref), use("a@1", digest="")))])


NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,20}\Z")
ENTRIES = st.builds(
    Locked,
    NAMES,
    st.integers(1, 10**18 - 1),
    st.from_regex(r"\A[0-9a-f]{64}\Z"),
    st.lists(st.sampled_from(("load", "trace", "register")), unique=True).map(
        lambda how: tuple(sorted(how))
    ),
)


@given(inputs=st.lists(ENTRIES, max_size=5), outputs=st.lists(ENTRIES, max_size=5))
def test_what_is_written_is_read_again(inputs: list[Locked], outputs: list[Locked]) -> None:
    lock = Lock(tuple(inputs), tuple(outputs))
    assert read_lock(json.loads(json.dumps(lock_document(lock)))) == lock


def test_what_a_later_dsnb_adds_is_passed_over() -> None:
    entry = {**ENTRY, "rows": 3}
    document = {"schema": 1, "inputs": [entry], "outputs": [], "models": [1]}
    assert [one.ref for one in read_lock(document).inputs] == ["weather_ds@2"]


def test_a_schema_of_a_later_dsnb_is_refused() -> None:
    with pytest.raises(NotebookError, match=r"schema 2, which only a later dsnb .* newer"):
        read_lock({"schema": 2})


@pytest.mark.parametrize(
    "document",
    [
        [],
        "lock",
        7,
        True,
        {},
        {"schema": True, "inputs": [], "outputs": []},
        {"schema": 0, "inputs": [], "outputs": []},
        {"schema": "1", "inputs": [], "outputs": []},
        {"schema": 1},
        {"schema": 1, "inputs": {}, "outputs": []},
        {"schema": 1, "inputs": [[]], "outputs": []},
        {"schema": 1, "inputs": [], "outputs": [None]},
        {"schema": 1, "inputs": [], "outputs": [], "left_out": -1},
        {"schema": 1, "inputs": [], "outputs": [], "left_out": "many"},
        {"schema": 1, "inputs": [ENTRY] * (MOST + 1), "outputs": []},
        *(
            {"schema": 1, "inputs": [{**ENTRY, key: value}], "outputs": []}
            for key, value in [
                ("name", "<script>alert(1)</script>"),
                ("name", "../../etc/passwd"),
                ("name", "x" * 1_000_000),
                ("name", "\x1b[2J"),
                ("name", "\ud800"),
                ("name", None),
                ("version", 0),
                ("version", True),
                ("version", -3),
                ("version", 10**400),
                ("version", 1.5),
                ("version", "2"),
                ("digest", ""),
                ("digest", "AB" * 32),
                ("digest", "x" * 1_000_000),
                ("how", "load"),
                ("how", ["guess"]),
                ("how", [7]),
            ]
        ),
    ],
)
def test_a_damaged_or_hostile_lock_is_refused_in_a_short_sentence(document: Any) -> None:
    with pytest.raises(NotebookError, match="The lock of the notebook is damaged") as refused:
        read_lock(document)
    assert len(str(refused.value)) < 600
    assert str(refused.value).isprintable()


def test_all_runs_of_one_kernel_process_are_one_session() -> None:
    first = replace(RUN, id="1", inputs=(use("a@1"),), metrics={"rmse": (3.0,)})
    second = replace(
        RUN, id="2", started=RUN.started + timedelta(1), outputs=(use("c@1"),), metrics={"r2": (1,)}
    )
    restarted = replace(second, id="3", process=2)
    assert [[run.id for run in each] for each in sessions([restarted, second, first])] == [
        ["1", "2"],
        ["3"],
    ]
    both = joined((first, second))
    assert (both.id, both.started, both.metrics) == (
        "2",
        first.started,
        {"rmse": (3.0,), "r2": (1,)},
    )
    assert lock_of([both]) == lock_of([first, second])


def test_two_locks_are_compared_by_content() -> None:
    before = [locked("prices@1", "aa"), locked("weather_ds@2", "bb"), locked("zones@1", "cc")]
    after = [locked("costs@7", "aa"), locked("weather_ds@3", "dd"), locked("winds@1", "ee")]
    assert compare_locked(before, after) == (
        LockChange("prices", ("prices@1",), ("costs@7",), same=True),
        LockChange("weather_ds", ("weather_ds@2",), ("weather_ds@3",), same=False),
        LockChange("winds", (), ("winds@1",), same=False),
        LockChange("zones", ("zones@1",), (), same=False),
    )
    assert all(one.same for one in compare_locked(before, before))
    assert compare_locked([], []) == ()


def test_one_of_several_versions_that_is_missing_is_a_difference() -> None:
    before = [locked("a@1", "aa"), locked("a@2", "bb")]
    [change] = compare_locked(before, before[:1])
    assert not change.same
