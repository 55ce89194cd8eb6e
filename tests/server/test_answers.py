"""Answers fit, whatever the records hold."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from dsnb.datasets.inspection import VersionDetails, VersionRow
from dsnb.provenance.dependents import Dependents
from dsnb.provenance.stale import Stale
from dsnb.records import Column, Definition, Failure, FileEntry, Job, Note, Source, Untracked
from dsnb.server.answers import (
    MOST,
    clipped,
    dataset_answer,
    details_answer,
    encode,
    fitting,
    page,
    version_answer,
)
from dsnb.server.relatives import Relative, Relatives, Training
from dsnb.server.runanswers import run_answer, run_details_answer
from dsnb.storage.drift import Drift, FileDrift
from tests.server.shelves import WHEN, some_run, some_use, some_version

HUGE = '\0"é\U0001f600' * 100_000
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(TEXT, st.integers(3, 400))
def test_a_text_takes_no_more_than_its_share(text: str, most: int) -> None:
    cut = clipped(text, most)
    assert len(encode(cut)) - 2 <= most
    assert cut == text or cut[:-1] == text[: len(cut) - 1] or not text.isprintable()


@given(TEXT)
def test_a_text_that_fits_is_told_whole(text: str) -> None:
    assert clipped(text, 6 * 300) == text


def test_what_utf8_cannot_hold_is_written_out() -> None:
    assert clipped("caf\udce9.csv", 100) == r"caf\udce9.csv"


@given(st.lists(TEXT, max_size=30), st.integers(0, 2_000))
def test_the_first_items_that_fit_are_kept(items: list[str], most: int) -> None:
    kept = fitting(items, most)
    assert kept == items[: len(kept)]
    assert not kept or len(encode(kept)) - 2 <= most


def test_a_usual_row_is_told_whole() -> None:
    version = some_version(tags={"stage": "raw", "source": "noaa"})
    row = version_answer(version, ["prod"], latest=True)
    assert row["description"] == version.description
    assert row["tags"] == {"stage": "raw", "source": "noaa"}
    assert row["aliases"] == ["prod"]


def test_a_row_cuts_what_is_long_and_details_tell_it() -> None:
    version = some_version(description="long " * 100, tags={f"k{n}": "v" * 20 for n in range(20)})
    row = version_answer(version, [], latest=True)
    assert row["description"].endswith("…")
    assert 0 < len(row["tags"]) < 20
    details = details_answer(_details(version), None)["version"]
    assert (details["description"], details["tags"]) == (version.description, version.tags)


def test_two_hundred_rows_fit_however_long_their_texts_are() -> None:
    name = "n" * 80
    version = some_version(
        name,
        10**6,
        id=str(UUID(int=0)),
        description=HUGE,
        tags={f"{n}{HUGE}": HUGE for n in range(9)},
        creator=HUGE,
        deprecated=HUGE,
    )
    rows = [dataset_answer(10**6, version, ["alias"] * 500)] * 200
    answer = page(10**9, 10**9, rows)
    assert len(answer["items"]) == 200
    assert len(encode(answer)) <= MOST


def test_a_record_that_no_dsnb_wrote_still_fits() -> None:
    version = some_version(
        HUGE,
        id=HUGE,
        digest=HUGE,
        format=HUGE,
        description=HUGE,
        creator=HUGE,
        deprecated=HUGE,
        tags={f"{n}{HUGE}": HUGE for n in range(9)},
        key=(HUGE,) * 50,
        columns=(Column(HUGE, HUGE),) * 300,
        definition=Definition(sources=(Source(datastore=HUGE, path=HUGE),) * 50),
    )
    cells = tuple(range(10**5))
    uses = (some_use(version, cells=cells),) * 500
    places = [Source(datastore="default", path=f"{n}{HUGE}") for n in range(300)]
    files = tuple(Untracked(path=place, cells=cells, at=WHEN) for place in places)
    run = some_run(
        HUGE,
        name=HUGE,
        experiment=HUGE,
        kernel=HUGE,
        user=HUGE,
        host=HUGE,
        notebook_digest=HUGE,
        failure=Failure(error=HUGE, cell=1),
        job=Job(
            kind="script",
            command=(HUGE,) * 300,
            reused=HUGE,
            settings={f"{n}{HUGE}": HUGE for n in range(300)},
        ),
        tags={HUGE: HUGE},
        packages={f"{n}{HUGE}": HUGE for n in range(300)},
        metrics={f"{n}{HUGE}": (float("nan"),) for n in range(300)},
        notes=(Note(text=HUGE, at=WHEN),) * 300,
        inputs=uses,
        outputs=uses,
        untracked=files,
        written=files,
    )
    told = run_answer(run, "completed", HUGE, lambda use: version)
    relatives = (Relative(HUGE, "tabular", HUGE),) * 300
    answer = details_answer(_details(version, HUGE), run, Relatives(relatives, relatives))
    assert len(encode(answer)) <= MOST
    stale = [Stale(HUGE, cells, HUGE, False)] * 300
    children = [(run, "canceled")] * 300
    known = dict.fromkeys(places, "x" * 2_000)
    asked = run_details_answer(run, told, stale, known, run, children)
    assert len(encode(asked)) <= MOST
    assert page(1, 0, [told])["items"] == [told]
    training = Training(relatives, run)
    assert page(1, 0, [dataset_answer(1, version, [HUGE] * 9, training)])["items"]


@settings(max_examples=30)
@given(TEXT, st.dictionaries(TEXT, TEXT, max_size=5))
def test_every_text_survives_the_journey(text: str, tags: dict[str, str]) -> None:
    version = some_version(description=text, tags=tags)
    answer = details_answer(_details(version), None)
    told: Any = json.loads(encode(answer))["version"]
    assert (told["description"], told["tags"]) == (text, tags)


def _details(version: Any, text: str = "a.csv") -> VersionDetails:
    files = tuple(FileEntry(text, text, 5, text) for _ in range(3))
    files += tuple(FileEntry("default", "x" * 400, 5, "0" * 64) for _ in range(997))
    drifted = tuple(FileDrift(text, "missing", 5) for _ in range(9))
    drift = Drift(1_000, drifted, ("new",) * 7)
    readers = Dependents(("prod",), (some_run(text, name=text),) * 500)
    return VersionDetails(VersionRow(version, ("prod",), True), drift, files, None, readers)


def test_a_version_used_in_two_ways_counts_once_and_is_told_twice() -> None:
    version = some_version("weather_ds", 1)
    uses = (some_use(version), some_use(version, how="trace"))
    answer = run_answer(some_run(inputs=uses), "running", None, lambda use: version)
    assert answer["inputs_total"] == 1
    assert [use["how"] for use in answer["inputs"]] == ["load", "trace"]


def test_of_many_readers_the_newest_are_told_and_how_many_there_are() -> None:
    answer = details_answer(_details(some_version()), None)
    assert len(answer["readers"]) == 20
    assert answer["readers_total"] == 500


def test_of_drifted_files_those_that_vanished_are_counted() -> None:
    files = (FileDrift("a.csv", "missing", 5), FileDrift("b.csv", "changed", 5, 6))
    details = replace(_details(some_version()), drift=Drift(3, files))
    drift = details_answer(details, None)["drift"]
    assert (drift["drifted"], drift["missing"]) == (2, 1)
