"""Which cells of a run read what has been overtaken since."""

from collections.abc import Sequence
from dataclasses import replace

from dsnb.provenance.runs import with_use
from dsnb.provenance.stale import Stale, find_stale
from dsnb.records import Run, Version
from tests.provenance.test_runs import RUN, version


def stale(run: Run, numbers: Sequence[int], drifted: Sequence[int] = ()) -> list[Stale]:
    """Return what is stale where a dataset has some versions."""
    versions = {f"id-{number}": version(number) for number in numbers}
    newest = version(numbers[-1]) if numbers else None
    return find_stale(
        run,
        lambda use: versions.get(use.id),
        lambda name: newest,
        lambda one: one.version in drifted,
    )


def reading(*reads: tuple[int, int, str]) -> Run:
    run = RUN
    for number, cell, source in reads:
        run = with_use(run, version(number), "load", cell, source)
    return run


def test_what_is_the_newest_and_unchanged_is_not_stale() -> None:
    assert stale(reading((2, 3, "a")), [1, 2]) == []


def test_a_cell_that_read_what_there_is_a_newer_version_of_is_stale() -> None:
    found = stale(reading((1, 3, "a"), (1, 5, "b")), [1, 2])
    assert found == [Stale("weather_ds@1", (3, 5), "weather_ds@2", drifted=False)]


def test_a_cell_that_read_what_drifted_is_stale() -> None:
    found = stale(reading((2, 3, "a")), [1, 2], drifted=[2])
    assert found == [Stale("weather_ds@2", (3,), None, drifted=True)]


def test_a_cell_that_was_run_again_with_the_newest_is_stale_no_more() -> None:
    assert stale(reading((1, 3, "a"), (2, 9, "a")), [1, 2]) == []
    found = stale(reading((1, 3, "a"), (1, 4, "b"), (2, 9, "a")), [1, 2])
    assert found == [Stale("weather_ds@1", (4,), "weather_ds@2", drifted=False)]


def test_a_cell_that_was_run_again_with_the_older_one_is_stale_once() -> None:
    found = stale(reading((2, 3, "a"), (1, 9, "a"), (1, 12, "a")), [1, 2])
    assert found == [Stale("weather_ds@1", (12,), "weather_ds@2", drifted=False)]


def test_a_read_outside_cells_is_stale_without_one() -> None:
    run = with_use(RUN, version(1), "load", None)
    assert stale(run, [1, 2]) == [Stale("weather_ds@1", (), "weather_ds@2", drifted=False)]


def test_what_is_gone_is_not_told() -> None:
    assert stale(reading((1, 3, "a")), []) == []


def test_records_from_before_cells_had_hashes_are_read() -> None:
    run = reading((1, 3, "a"))
    [use] = run.inputs
    run = replace(run, inputs=(replace(use, sources=()),))
    assert [one.cells for one in stale(run, [1, 2])] == [(3,)]


def test_another_dataset_in_the_same_cell_is_its_own_matter() -> None:
    other: Version = replace(version(2), name="other", id="other-2")
    run = with_use(reading((1, 3, "a")), other, "load", 9, "a")
    versions = {"id-1": version(1), "id-2": version(2), "other-2": other}
    newest = {"weather_ds": version(2), "other": other}
    found = find_stale(run, lambda use: versions.get(use.id), newest.get, lambda one: False)
    assert [one.ref for one in found] == ["weather_ds@1"]
