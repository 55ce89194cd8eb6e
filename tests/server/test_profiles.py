"""What the server tells of the tables of versions, and what that costs others."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dsnb.datasets import profiles
from dsnb.server import reading
from dsnb.server.answers import MOST, encode, profile_answer
from dsnb.server.shared import Shared
from dsnb.tables.profiles import ColumnProfile, Profile
from dsnb.workspace import Workspace
from tests.hostile.strangers import group, version, write_manifest, write_registry
from tests.server.conftest import Ask
from tests.server.test_contract import check
from tests.workbench import register, register_table, write

CSV = "origin,temp\nEWR,78.08\nJFK,\nEWR,75.92\n"
ROUTE = "/datasets/ds/versions/1/profile"
SCHEMA = "#/components/schemas/VersionProfile"
HUGE = '\0"é\U0001f600' * 1_000


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table be too large to be looked through unasked."""
    for module in (profiles, reading):
        monkeypatch.setattr(module, "LITTLE", 10)


async def test_a_profile_tells_each_column_as_notebooks_do(workspace: Workspace, ask: Ask) -> None:
    register(workspace, write("a.csv", CSV), name="ds")
    status, answer = await ask(ROUTE, path="project")
    assert status == 200
    check(answer, SCHEMA)
    assert (answer["why"], answer["computable"]) == ("", False)
    told = answer["profile"]
    assert (told["rows"], told["columns_total"], told["notes"]) == (3, 2, [])
    origin, temp = told["columns"]
    assert (origin["name"], origin["bars"]) == ("origin", [2, 1])
    assert origin["range"] == "EWR 66.7 %, JFK 33.3 %"
    assert (temp["type"], temp["missing"], temp["distinct"]) == ("float64", "33.3 %", "2")
    assert temp["range"] == "75.92 · 75.92 · 78.08"
    assert sum(temp["bars"]) == 2
    assert temp["picture"].startswith("temp: from 75.92 to 78.08 in ")


async def test_a_version_of_no_table_has_no_profile(workspace: Workspace, ask: Ask) -> None:
    register(workspace, write("a.txt", "hello"), name="ds")
    for effort in ("little", "any"):
        _, answer = await ask(ROUTE, path="project", effort=effort)
        assert answer == {"profile": None, "why": "", "computable": False}


async def test_a_large_table_is_looked_through_only_when_asked(
    workspace: Workspace, ask: Ask, large: None
) -> None:
    register(workspace, write("a.csv", CSV), name="ds")
    _, answer = await ask(ROUTE, path="project")
    assert (answer["profile"], answer["computable"]) == (None, True)
    assert answer["why"].startswith("not computed yet")
    _, computed = await ask(ROUTE, path="project", effort="any")
    assert computed["profile"]["rows"] == 3
    assert await ask(ROUTE, path="project") == (200, computed)


async def test_what_drifted_away_has_none_and_says_why(workspace: Workspace, ask: Ask) -> None:
    path = write("a.csv", CSV)
    register(workspace, path, name="ds", snapshot="never")
    path.write_text("gone\n", encoding="utf-8")
    _, answer = await ask(ROUTE, path="project")
    assert (answer["profile"], answer["computable"]) == (None, False)
    assert answer["why"].startswith("ds@1 has drifted: 1 of 1 file changed on disk")


async def test_what_drifted_and_is_kept_is_looked_through_in_its_snapshot(
    workspace: Workspace, ask: Ask
) -> None:
    path = write("a.csv", CSV)
    register(workspace, path, name="ds")
    path.write_text("gone\n", encoding="utf-8")
    _, answer = await ask(ROUTE, path="project")
    assert answer["profile"]["rows"] == 3


async def test_a_table_that_cannot_be_read_says_why_and_tells_no_place_of_the_machine(
    project: Path, ask: Ask, jp_root_dir: Path
) -> None:
    data = b"PAR1 and no more"
    write(project / "data" / "a.parquet", "PAR1 and no more")
    manifest = write_manifest(project, [group("default", "data", **{"a.parquet": data})])
    told = version("ds", [("default", "data")], manifest=manifest, format="parquet")
    write_registry(project, [told])
    _, answer = await ask(ROUTE, path="project", effort="any")
    assert answer["profile"] is None
    assert "cannot be read" in answer["why"]
    assert str(jp_root_dir) not in answer["why"]


@pytest.mark.parametrize("effort", ["little", "any"])
async def test_nothing_outside_the_workspace_is_looked_at_whatever_is_asked(
    project: Path, tmp_path: Path, ask: Ask, effort: str
) -> None:
    """A stranger's registry must not make a button show what lies elsewhere on this machine."""
    (tmp_path / "private").mkdir()
    write(tmp_path / "private" / "a.csv", CSV)
    place = ("local", (tmp_path / "private").as_posix().removeprefix("/"))
    manifest = write_manifest(project, [group(*place, **{"a.csv": CSV.encode()})])
    write_registry(project, [version("ds", [place], manifest=manifest)])
    _, answer = await ask(ROUTE, path="project", effort=effort)
    assert answer["profile"] is None
    assert "lies outside the workspace and was not looked at" in answer["why"]
    assert "EWR" not in json.dumps(answer)


@pytest.mark.parametrize("effort", ["", "none", "much", "ANY", "\0"])
async def test_an_effort_that_is_none_is_refused(
    workspace: Workspace, ask: Ask, effort: str
) -> None:
    register(workspace, write("a.csv", CSV), name="ds")
    status, answer = await ask(ROUTE, path="project", effort=effort)
    assert (status, answer.get("kind")) == ((400, "UsageError") if effort else (200, None))


async def test_a_version_that_is_not_there_is_not_found(workspace: Workspace, ask: Ask) -> None:
    register(workspace, write("a.csv", CSV), name="ds")
    assert (await ask("/datasets/ds/versions/2/profile", path="project"))[0] == 404
    assert (await ask("/datasets/ds/versions/x/profile", path="project"))[0] == 400
    assert (await ask("/datasets/other/versions/1/profile", path="project"))[0] == 404


# What it costs


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let profiles be computed only once the test says so; count how many were begun."""

    gate = SimpleNamespace(begun=[], go=threading.Event())
    compute = profiles._computed

    def wait_and_compute(stores: Any, one: Any) -> Profile:
        gate.begun.append(one.ref)
        assert gate.go.wait(20)
        return compute(stores, one)

    monkeypatch.setattr(profiles, "_computed", wait_and_compute)
    yield gate
    gate.go.set()


async def begun(gate: Any, count: int) -> None:
    while len(gate.begun) < count:
        await asyncio.sleep(0.01)


async def test_two_who_ask_for_the_same_profile_have_it_computed_once(
    workspace: Workspace, ask: Ask, slow: Any
) -> None:
    register(workspace, write("a.csv", CSV), name="ds")
    asked = [asyncio.ensure_future(ask(ROUTE, path="project", effort="any")) for _ in range(5)]
    await begun(slow, 1)
    await ask("/workspace", path="project")
    slow.go.set()
    answers = await asyncio.gather(*asked)
    assert slow.begun == ["ds@1"]
    assert answers[0][1]["profile"]["rows"] == 3
    assert all(answer == answers[0] for answer in answers)


async def test_profiles_that_take_long_keep_nobody_waiting(
    workspace: Workspace, ask: Ask, slow: Any
) -> None:
    for name in "abcd":
        register(workspace, write(f"{name}.csv", CSV.replace("EWR", name)), name=name)
    register(workspace, write("small.csv", "a\n1\n"), name="small")
    asked = [
        asyncio.ensure_future(
            ask(f"/datasets/{name}/versions/1/profile", path="project", effort="any")
        )
        for name in "abcd"
    ]
    await begun(slow, 1)
    for route in ("/workspace", "/datasets", "/datasets/a/versions/1", "/runs"):
        assert (await ask(route, path="project"))[0] == 200
    # The small ones have threads of their own.
    little = asyncio.ensure_future(ask("/datasets/small/versions/1/profile", path="project"))
    await begun(slow, 2)
    assert slow.begun[1:] == ["small@1"]
    slow.go.set()
    assert all(status == 200 for status, _ in await asyncio.gather(little, *asked))


async def test_who_leaves_takes_the_answer_from_nobody() -> None:
    shared, go, begun = Shared(), asyncio.Event(), []

    async def work() -> str:
        begun.append(1)
        await go.wait()
        return "done"

    first, second = (asyncio.ensure_future(shared.do("a", work)) for _ in range(2))
    other = asyncio.ensure_future(shared.do("b", work))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert [await second, await other] == ["done", "done"]
    assert len(begun) == 2
    assert await shared.do("a", work) == "done"
    assert len(begun) == 3


async def test_work_that_fails_fails_for_all_and_can_be_tried_again() -> None:
    shared, tries = Shared(), []

    async def work() -> str:
        tries.append(1)
        await asyncio.sleep(0)
        if len(tries) == 1:
            raise ValueError("no")
        return "done"

    failed = await asyncio.gather(*(shared.do("a", work) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in failed] == [ValueError] * 3
    assert await shared.do("a", work) == "done"


# What fits


async def test_a_table_of_many_columns_tells_the_first_and_how_many_there_are(
    workspace: Workspace, ask: Ask
) -> None:
    frame = pd.DataFrame([range(500)], columns=[f"column {n}" for n in range(500)])
    register_table(workspace, frame, "ds")
    _, answer = await ask(ROUTE, path="project")
    told = answer["profile"]
    assert told["columns_total"] == 500
    assert [column["name"] for column in told["columns"]] == [f"column {n}" for n in range(200)]


@pytest.mark.parametrize("kind", ["numbers", "times", "categories", "other"])
def test_an_answer_fits_however_long_its_texts_are(kind: Any) -> None:
    column = ColumnProfile(
        name=HUGE,
        type=HUGE,
        kind=kind,
        missing=1,
        distinct=10**15,
        distinct_is_exact=False,
        infinite=10**15,
        minimum=HUGE,
        maximum=HUGE,
        quantiles=(HUGE,) * 5,
        mean=1e308,
        std=1e308,
        edges=(HUGE,) * 41,
        counts=(10**15,) * 40,
        categories=((HUGE, 10**14),) * 10,
        rest=10**15,
    )
    profile = Profile(rows=10**16, sampled=10**6, columns=(column,) * 5_000)
    for found in (profiles.Profiling(profile), profiles.Profiling(why=HUGE)):
        answer = profile_answer(found, computable=False)
        assert len(encode(answer)) <= MOST
        check(answer, SCHEMA)


async def test_hostile_texts_are_data(workspace: Workspace, fetch: Callable[..., Any]) -> None:
    bad = "</script><script>window.__pwned=1</script>\u2028\u202e"
    frame = pd.DataFrame({bad: [bad, bad, "b"]})
    register_table(workspace, frame, "ds")
    response = await fetch(ROUTE, path="project")
    assert response.headers["Content-Type"] == "application/json"
    [column] = json.loads(response.body)["profile"]["columns"]
    assert column["name"] == bad
