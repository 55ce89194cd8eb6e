"""Waiting for changes: answered at once, with nothing left running."""

import asyncio
import gc
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsnb.server.changes import NO_WORKSPACE, look
from dsnb.server.scope import Scope
from dsnb.workspace import Workspace
from tests.server.conftest import Ask
from tests.server.shelves import shelve, some_run, some_version
from tests.workbench import register, write

REGISTER = """
import sys
from dsnb.datasets.registration import Request
from dsnb.workspace import Workspace
workspace = Workspace(".")
workspace.register(["a.csv"], Request(name="first"))  # what it imports is imported now
print("ready", flush=True)
sys.stdin.readline()
workspace.register(["a.csv"], Request(name="ds"))
print("done", flush=True)
sys.stdin.readline()
"""


def watchers() -> int:
    return sum(thread.name == "dsnb watch" for thread in threading.enumerate())


async def until(condition: Callable[[], bool], seconds: float = 3.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.02)


@pytest.fixture
def wait(ask: Ask) -> Callable[..., Awaitable[str]]:
    """Return a function that waits for another state than a known one."""

    async def wait(known: str, seconds: float = 15, path: str = "project") -> str:
        status, answer = await ask("/changes", path=path, state=known, wait=seconds)
        assert status == 200
        return str(answer["state"])

    return wait


@pytest.fixture
def other_process(workspace: Workspace) -> Iterator[Callable[[], None]]:
    """Return a function that lets a process that is already running register a version."""
    write("a.csv", "a\n1\n")
    process = subprocess.Popen(
        [sys.executable, "-c", REGISTER],
        cwd=workspace.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    def go() -> None:
        process.stdin.write("\n")
        process.stdin.flush()

    yield go
    process.communicate()


async def state_of(ask: Ask, path: str = "project") -> str:
    return str((await ask("/workspace", path=path))[1]["state"])


@contextmanager
def timed() -> Iterator[list[float]]:
    took: list[float] = []
    start = time.monotonic()
    yield took
    took.append(time.monotonic() - start)


# The state


def test_the_state_is_another_one_after_every_write(
    workspace: Workspace, jp_root_dir: Path
) -> None:
    scope = Scope(jp_root_dir, print)
    states = [look(scope, "project")[1]]
    shelve(workspace, [some_version()])
    states.append(look(scope, "project")[1])
    workspace.save_run(some_run())
    states.append(look(scope, "project")[1])
    workspace.save_run(some_run("2"))
    states.append(look(scope, "project")[1])
    assert len(set(states)) == 4
    assert look(scope, "project")[1] == states[-1]


def test_two_workspaces_never_have_the_same_state(jp_root_dir: Path) -> None:
    scope = Scope(jp_root_dir, print)
    for name in ("a", "b"):
        (jp_root_dir / name).mkdir()
        Workspace.create(jp_root_dir / name)
    assert len({look(scope, name)[1] for name in ("a", "b", "")}) == 3


# Waiting


async def test_another_state_is_told_at_once(workspace: Workspace, wait: Any, ask: Ask) -> None:
    with timed() as took:
        assert await wait("another") == await state_of(ask)
    assert took[0] < 1
    assert watchers() == 0


async def test_without_a_change_the_wait_ends_when_it_was_to(
    workspace: Workspace, wait: Any, ask: Ask
) -> None:
    known = await state_of(ask)
    with timed() as took:
        assert await wait(known, 0.5) == known
    assert 0.5 <= took[0] < 1.5
    assert await wait(known, 0) == known


async def test_what_another_process_registers_is_told_within_a_second(
    workspace: Workspace, wait: Any, ask: Ask, other_process: Callable[[], None]
) -> None:
    known = await state_of(ask)
    waiting = asyncio.ensure_future(wait(known))
    await until(lambda: watchers() == 1)
    await asyncio.sleep(0.3)
    other_process()
    with timed() as took:
        state = await waiting
    assert state != known
    assert took[0] < 1
    assert (await ask("/datasets", path="project"))[1]["total"] == 2


async def test_a_change_in_the_very_moment_of_asking_is_not_missed(
    workspace: Workspace, wait: Any, ask: Ask
) -> None:
    for index in range(10):
        known = await state_of(ask)
        waiting = asyncio.ensure_future(wait(known))
        await asyncio.sleep(index * 0.004)
        await asyncio.to_thread(shelve, workspace, [some_version(number=index + 1)])
        with timed() as took:
            assert await waiting != known
        assert took[0] < 1


async def test_all_who_wait_share_one_watcher(workspace: Workspace, wait: Any, ask: Ask) -> None:
    known = await state_of(ask)
    waiting = [asyncio.ensure_future(wait(known)) for _ in range(5)]
    await until(lambda: watchers() == 1)
    await asyncio.sleep(0.3)
    assert watchers() == 1
    register(workspace, write("a.csv", "a\n1\n"), name="ds")
    assert len(set(await asyncio.gather(*waiting))) == 1
    await until(lambda: watchers() == 0)


async def test_a_run_that_is_recorded_is_a_change(
    workspace: Workspace, wait: Any, ask: Ask
) -> None:
    known = await state_of(ask)
    waiting = asyncio.ensure_future(wait(known))
    await asyncio.sleep(0.3)
    workspace.save_run(some_run())
    assert await waiting != known


async def test_a_workspace_that_comes_into_being_is_told(
    project: Path, wait: Any, ask: Ask
) -> None:
    assert await state_of(ask) == NO_WORKSPACE
    waiting = asyncio.ensure_future(wait(NO_WORKSPACE))
    await asyncio.sleep(0.2)
    Workspace.create(project)
    with timed() as took:
        assert await waiting != NO_WORKSPACE
    assert took[0] < 1.5


async def test_a_workspace_that_is_deleted_is_told(
    workspace: Workspace, wait: Any, ask: Ask
) -> None:
    waiting = asyncio.ensure_future(wait(await state_of(ask)))
    await asyncio.sleep(0.3)
    shutil.rmtree(workspace.layout.folder)
    with timed() as took:
        assert await waiting == NO_WORKSPACE
    assert took[0] < 2


async def test_a_workspace_that_is_made_anew_is_watched_anew(
    workspace: Workspace, wait: Any, ask: Ask
) -> None:
    for index in range(3):
        shutil.rmtree(workspace.layout.folder)
        Workspace.create(workspace.root)
        known = await state_of(ask)
        waiting = asyncio.ensure_future(wait(known))
        await until(lambda: watchers() == 1)
        await asyncio.sleep(0.2)
        shutil.rmtree(workspace.layout.folder)
        Workspace.create(workspace.root)
        await asyncio.sleep(0.5)
        shelve(workspace, [some_version(number=index + 1)])
        with timed() as took:
            assert await waiting != known
        assert took[0] < 1


async def test_without_notifications_a_look_every_second_takes_their_place(
    workspace: Workspace, wait: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(**options: object) -> None:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr("watchfiles._rust_notify.RustNotify", none_left)
    known = await state_of(ask)
    waiting = asyncio.ensure_future(wait(known))
    await asyncio.sleep(0.2)
    shelve(workspace, [some_version()])
    with timed() as took:
        assert await waiting != known
    assert took[0] < 1.5


@pytest.mark.parametrize("seconds", ["-1", "61", "nan", "inf", "soon", "1e1", "", " 5"])
async def test_a_wait_that_makes_no_sense_is_refused(
    workspace: Workspace, ask: Ask, seconds: str
) -> None:
    status, answer = await ask("/changes", path="project", state="x", wait=seconds)
    assert (status, answer.get("kind")) == ((400, "UsageError") if seconds else (200, None))


async def test_who_does_not_say_what_it_knows_is_refused(workspace: Workspace, ask: Ask) -> None:
    status, answer = await ask("/changes", path="project")
    assert (status, answer["message"]) == (400, "state is missing.")


# Ending


async def test_a_client_that_leaves_ends_its_wait(
    workspace: Workspace, ask: Ask, jp_http_port: int, jp_auth_header: dict[str, str]
) -> None:
    known = await state_of(ask)
    _, writer = await asyncio.open_connection("127.0.0.1", jp_http_port)
    token = jp_auth_header["Authorization"]
    query = f"path=project&state={known}&wait=60"
    head = f"GET /a%40b/dsnb/api/v1/changes?{query} HTTP/1.1\r\nHost: localhost\r\n"
    writer.write(f"{head}Authorization: {token}\r\n\r\n".encode())
    await writer.drain()
    await until(lambda: watchers() == 1)
    writer.close()
    await writer.wait_closed()
    await until(lambda: watchers() == 0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_is_left_when_the_server_goes(jp_asyncio_loop: Any, tmp_path: Path) -> None:
    from dsnb.server.changes import Changes, Waiting

    (tmp_path / "served").mkdir()
    Workspace.create(tmp_path / "served")
    scope = Scope(tmp_path / "served", print)
    _, known = look(scope, "")

    async def looked() -> Any:
        return look(scope, "")

    async def begin() -> None:
        task = asyncio.ensure_future(Changes().wait(looked, known, 60, Waiting()))
        await until(lambda: watchers() == 1)
        tasks.append(task)

    tasks: list[Any] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(begin())
    # The loop ends without the task: that is how a server stops.
    tasks[0]._log_destroy_pending = False
    loop.close()
    end = time.monotonic() + 2
    while watchers() and time.monotonic() < end:
        time.sleep(0.02)
    assert watchers() == 0
    # Python complains of the task when it is thrown away, which shall be now.
    tasks.clear()
    gc.collect()
