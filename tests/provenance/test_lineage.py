"""Where versions come from: from what they name, and from what their run had read by then."""

import json
from dataclasses import replace
from datetime import timedelta
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.errors import UsageError
from dsnb.presenting import as_html, as_text
from dsnb.provenance.lineage import Ancestry, Lineage
from dsnb.records import Definition, Parent, Run, Source, Untracked, Use, Version, now
from tests.provenance.test_runs import RUN, version

START = now()
MINUTE = timedelta(minutes=1)


def made(number: int, *parents: int, at: int | None = None, run: str | None = None) -> Version:
    one = version(number)
    moment = START + MINUTE * (number if at is None else at)
    named = tuple(Parent(f"weather_ds@{p}", f"id-{p}", "d") for p in parents)
    return replace(one, created=moment, parents=named, run=run)


def reading(identifier: str, **reads: int) -> Run:
    """Return a run that read versions (``v1=3``: version 1 in minute 3)."""
    uses = tuple(
        Use(
            ref=f"weather_ds@{name[1:]}",
            id=f"id-{name[1:]}",
            digest="d",
            how="load",
            cells=(minute,),
            at=START + MINUTE * minute,
        )
        for name, minute in reads.items()
    )
    return replace(RUN, id=identifier, name=identifier, inputs=uses)


def links(found: Lineage) -> set[tuple[str, str, bool]]:
    return {
        (found.versions[one.source].ref, found.versions[one.target].ref, one.recorded)
        for one in found.links
    }


def test_a_version_comes_from_its_parents_and_theirs() -> None:
    one, two, three = made(1), made(2, 1), made(3, 2)
    found = Ancestry([one, two, three], {}).of(three)
    assert links(found) == {
        ("weather_ds@2", "weather_ds@3", True),
        ("weather_ds@1", "weather_ds@2", True),
    }
    assert links(Ancestry([one, two, three], {}).of(one, "down")) == links(found)


def test_it_likely_comes_from_what_its_run_had_read_by_then() -> None:
    versions = [made(1), made(2), made(3), made(5, run="r")]
    run = reading("r", v1=4, v2=4, v3=6)
    found = Ancestry(versions, {"r": run}).of(versions[-1], "up")
    assert links(found) == {
        ("weather_ds@1", "weather_ds@5", False),
        ("weather_ds@2", "weather_ds@5", False),
    }
    assert [one.cells for one in found.links] == [(4,), (4,)]


def test_what_is_recorded_goes_before_what_is_likely() -> None:
    versions = [made(1), made(2), made(5, 2, run="r")]
    found = Ancestry(versions, {"r": reading("r", v1=4, v2=4)}).of(versions[-1])
    assert links(found) == {
        ("weather_ds@2", "weather_ds@5", True),
        ("weather_ds@1", "weather_ds@5", False),
    }
    assert [one.recorded for one in found.sources_of("id-5")] == [True, False]


def test_what_is_only_likely_is_not_told_where_a_longer_way_explains_it() -> None:
    versions = [made(1), made(2, 1), made(5, 2, run="r")]
    found = Ancestry(versions, {"r": reading("r", v1=4)}).of(versions[-1])
    assert links(found) == {
        ("weather_ds@2", "weather_ds@5", True),
        ("weather_ds@1", "weather_ds@2", True),
    }


def test_what_was_there_already_comes_from_nothing_that_its_run_read() -> None:
    def registered(path: str) -> Version:
        return replace(
            made(5, run="r"),
            definition=Definition(sources=(Source(datastore="default", path=path),)),
        )

    file = Untracked(path=Source(datastore="default", path="data/made.csv"), at=START)
    run = replace(reading("r", v1=4), cells={"hash": ""}, written=(file,))
    for path, linked in (
        ("data/made.csv", True),
        ("data", True),
        (".", True),
        ("data/*.csv", True),
        ("data/other.csv", False),
        ("dat", False),
    ):
        version = registered(path)
        found = Ancestry([made(1), version], {"r": run}).of(version)
        assert bool(found.links) == linked, path


def test_a_run_that_reads_what_it_made_is_no_cycle() -> None:
    versions = [made(1, run="r"), made(5, run="r")]
    run = reading("r", v1=2, v5=6)
    found = Ancestry(versions, {"r": run}).of(versions[0])
    assert links(found) == {("weather_ds@1", "weather_ds@5", False)}


def test_only_so_many_steps_are_taken_and_it_says_that_there_is_more() -> None:
    versions = [made(1), *(made(number, number - 1) for number in range(2, 10))]
    ancestry = Ancestry(versions, {})
    near = ancestry.of(versions[4], depth=1)
    assert {one.ref for one in near.versions.values()} == {
        "weather_ds@4",
        "weather_ds@5",
        "weather_ds@6",
    }
    assert near.cut
    assert not ancestry.of(versions[4], depth=9).cut
    assert not ancestry.of(versions[4], "up", depth=4).cut


def test_runs_that_read_it_are_told_newest_first() -> None:
    one = made(1)
    early = replace(reading("early", v1=2), started=START)
    late = replace(reading("late", v1=9), started=START + MINUTE)
    found = Ancestry([one], {"early": early, "late": late}).of(one)
    assert found.readers == ("late", "early")
    assert "late" in as_text(found)
    assert Ancestry([one], {"early": early}).of(one, "up").readers == ()


def test_parents_that_are_gone_are_passed_over() -> None:
    two = made(2, 1)
    assert Ancestry([two], {}).of(two).links == ()


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(1, 9), max_size=3), st.booleans()),
        min_size=1,
        max_size=9,
    ),
    st.dictionaries(st.sampled_from([f"v{number}" for number in range(1, 10)]), st.integers(0, 4)),
)
def test_whatever_the_records_say_there_is_no_cycle(
    shapes: list[tuple[int, list[int], bool]], reads: dict[str, int]
) -> None:
    versions = [
        made(number, *parents, at=at, run="r" if by_run else None)
        for number, (at, parents, by_run) in enumerate(shapes, 1)
    ]
    ancestry = Ancestry(versions, {"r": reading("r", **reads)})
    for one in versions:
        found = ancestry.of(one)
        graph: dict[str, set[str]] = {}
        for link in found.links:
            graph.setdefault(link.target, set()).add(link.source)
        [*TopologicalSorter(graph).static_order()]  # raises where there is one
        as_text(found)
        as_html(found)
        json.dumps(found.to_dict())
        # Looking up from one end is looking down from the other.
        for other in found.versions.values():
            above = {link for link in ancestry.of(one, "up").links if link.source == other.id}
            if above:
                assert one.id in ancestry.of(other, "down").versions


@pytest.mark.parametrize("ending", [".svg", ".mmd", ".md", ".json", ".SVG"])
def test_the_graph_is_written_in_the_language_of_the_name(tmp_path: Path, ending: str) -> None:
    one, two = made(1), made(2, 1)
    written = Ancestry([one, two], {}).of(two).save(tmp_path / f"graph{ending}")
    text = written.read_text(encoding="utf-8")
    assert "weather_ds@1" in text
    begins = {".svg": "<svg xmlns=", ".mmd": "graph LR", ".md": "```mermaid", ".json": "{"}
    assert text.startswith(begins[ending.lower()])


def test_a_name_that_says_no_language_is_refused(tmp_path: Path) -> None:
    found = Ancestry([made(1)], {}).of(made(1))
    with pytest.raises(UsageError, match=r"\.svg"):
        found.save(tmp_path / "graph.png")
    with pytest.raises(UsageError, match="cannot be written"):
        found.save("/proc/nowhere/graph.svg")


def test_mermaid_tells_models_roles_and_what_is_only_likely() -> None:
    data, model = made(1), replace(made(2), kind="model", name="temp")
    model = replace(model, parents=(Parent("weather_ds@1", "id-1", "d", 'training "data"'),))
    other = made(3, run="r")
    versions = [data, model, other]
    text = Ancestry(versions, {"r": reading("r", v1=2)}).of(data).to_mermaid()
    assert 'v1(["temp@2"])' in text
    assert "v0 -->|\"training 'data'\"| v1" in text
    assert 'v0 -.->|"r"| v2' in text
