"""What the file of a notebook shall say, as the server tells it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dsnb.provenance.lock import MOST
from dsnb.records import Run
from dsnb.server.answers import MOST as LARGEST
from dsnb.server.answers import encode
from dsnb.workspace import Workspace
from tests.server.conftest import Ask
from tests.server.shelves import WHEN, shelve, some_run, some_use, some_version

EMPTY = {"schema": 1, "inputs": [], "outputs": []}


def kernels_run(identifier: str = "run-1", **said: Any) -> Run:
    return some_run(identifier, kernel="a-kernel", **said)


async def lock_of(ask: Ask, kernel: str = "a-kernel") -> Any:
    status, answer = await ask("/lock", path="project", kernel=kernel)
    assert status == 200
    return answer["lock"]


async def test_it_names_what_the_kernel_read_and_made(workspace: Workspace, ask: Ask) -> None:
    read, made = some_version("weather_ds", 2), some_version("features")
    run = kernels_run(
        inputs=(some_use(read, how="trace"), some_use(read)),
        outputs=(some_use(made, how="register"),),
    )
    shelve(workspace, [], runs=[run, some_run("another", inputs=(some_use(made),))])
    assert await lock_of(ask) == {
        "schema": 1,
        "inputs": [
            {"name": "weather_ds", "version": 2, "digest": read.digest, "how": ["load", "trace"]}
        ],
        "outputs": [{"name": "features", "version": 1, "digest": made.digest, "how": ["register"]}],
    }
    assert await lock_of(ask, "no-such-kernel") == EMPTY


async def test_it_says_the_same_of_the_same_versions_whenever(
    workspace: Workspace, ask: Ask
) -> None:
    uses = [some_use(some_version(name), cells=(index,)) for index, name in enumerate("ab")]
    shelve(workspace, [], runs=[kernels_run(inputs=tuple(uses))])
    first = await lock_of(ask)
    later = WHEN + timedelta(days=3)
    again = tuple(replace(use, cells=(70,), at=later) for use in reversed(uses))
    shelve(workspace, [], runs=[kernels_run("run-2", started=later, process=7, inputs=again)])
    assert encode(await lock_of(ask)) == encode(first)


async def test_all_runs_of_a_kernel_since_its_start_are_told_together(
    workspace: Workspace, ask: Ask
) -> None:
    uses = [some_use(some_version(name)) for name in "abc"]
    before, first, second = (
        kernels_run(
            f"run-{index}", started=WHEN + timedelta(hours=index), process=process, inputs=(use,)
        )
        for index, (process, use) in enumerate(zip((1, 2, 2), uses, strict=True))
    )
    shelve(workspace, [], runs=[before, first, second])
    assert [one["name"] for one in (await lock_of(ask))["inputs"]] == ["b", "c"]


async def test_a_workspace_may_want_none(workspace: Workspace, ask: Ask) -> None:
    shelve(workspace, [], runs=[kernels_run(inputs=(some_use(some_version()),))])
    workspace.set_setting("notebook.lock", "off")
    status, answer = await ask("/lock", path="project", kernel="a-kernel")
    assert (status, answer) == (200, {"enabled": False, "lock": EMPTY})


async def test_the_kernel_must_be_named(workspace: Workspace, ask: Ask) -> None:
    status, answer = await ask("/lock", path="project")
    assert (status, answer["kind"]) == (400, "UsageError")


async def test_without_a_workspace_there_is_none(project: object, ask: Ask) -> None:
    status, answer = await ask("/lock", path="project", kernel="a-kernel")
    assert (status, answer["kind"]) == (404, "WorkspaceError")


async def test_the_largest_lock_fits_an_answer(workspace: Workspace, ask: Ask) -> None:
    many = [
        some_use(some_version(f"{index:0255d}", 10**17 + index), how=how)
        for index in range(MOST + 50)
        for how in ("load", "trace")
    ]
    shelve(workspace, [], runs=[kernels_run(inputs=tuple(many), outputs=tuple(many))])
    lock = await lock_of(ask)
    assert (len(lock["inputs"]), len(lock["outputs"]), lock["left_out"]) == (MOST, MOST, 100)
    assert len(encode(lock)) < LARGEST


@pytest.mark.parametrize("ref", ["<script>@1", "a", "a@-1", "\x00@1", "a@" + "9" * 400])
async def test_a_record_that_names_no_version_is_passed_over(
    workspace: Workspace, ask: Ask, ref: str
) -> None:
    use = replace(some_use(some_version()), ref=ref)
    shelve(workspace, [], runs=[kernels_run(inputs=(use,))])
    assert await lock_of(ask) == EMPTY
