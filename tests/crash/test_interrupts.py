"""Ctrl-C, at any moment: it stops, and leaves nothing half done."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dsnb.datasets.removal import EVERY
from dsnb.refs import parse
from dsnb.storage.atomic import TEMPORARY
from dsnb.workspace import Workspace
from tests.crash.editions import frame, holds, lay_out
from tests.crash.moments import Moment
from tests.crash.promises import find_clutter
from tests.workbench import register, register_table

MOMENTS = 25


def register_a_batch(workspace: Workspace) -> None:
    register(workspace, "data/batch", name="batch")


def register_a_delta(workspace: Workspace) -> None:
    register(workspace, "data/table", name="table")


def register_from_memory(workspace: Workspace) -> None:
    register_table(workspace, frame("kept_frame", 1), name="kept_frame", snapshot="always")


def keep_later(workspace: Workspace) -> None:
    workspace.snapshot(parse("unkept@1"))


def restore(workspace: Workspace) -> None:
    workspace.restore(workspace.resolve("table@1"), overwrite=True)


def restore_many(workspace: Workspace) -> None:
    workspace.restore(workspace.resolve("old_batch@1"), "old")


def export(workspace: Workspace) -> None:
    workspace.export([workspace.resolve("old_batch@1")], "batch.zip", overwrite=True)


def import_archive(workspace: Workspace) -> None:
    workspace.import_archive("../away.zip")


@pytest.fixture
def furnished(workspace: Workspace) -> Workspace:
    folder = lay_out("batch", 1)
    register(workspace, folder, name="away")
    workspace.export([workspace.resolve("away@1")], "../away.zip")
    workspace.delete([parse("away@1")])
    register(workspace, folder, name="unkept", snapshot="never")
    folder.rename("data/old")
    register(workspace, "data/old", name="old_batch")
    (Path("data/old") / "000.txt").write_text("written over")
    Path("data/old").rename("data/older")
    lay_out("batch", 1)
    register(workspace, lay_out("table", 1), name="table")
    lay_out("table", 2)
    return workspace


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def half_written() -> list[Path]:
    return list(Path().rglob(f"{TEMPORARY}*"))


def refs(workspace: Workspace) -> dict[str, bool]:
    """Return every version, and whether it is kept."""
    return {
        row.version.ref: row.version.kept
        for name in workspace.view().names()
        for row in workspace.versions(name).rows
    }


def calls_of(work: Callable[[], None]) -> int:
    """Return how many calls to the system a work takes."""
    never = Moment(1 << 40, interrupt)
    with never.awaited():
        work()
    return (1 << 40) - never.left


@pytest.mark.parametrize(
    "work",
    [
        register_a_batch,
        register_a_delta,
        register_from_memory,
        keep_later,
        restore,
        restore_many,
        export,
        import_archive,
    ],
)
def test_an_interrupted_verb_did_all_or_nothing(
    furnished: Workspace, work: Callable[[Workspace], None]
) -> None:
    before = refs(furnished)
    work(furnished)  # later times it needs less, for some is remembered
    _take_back(furnished, before)
    calls = calls_of(lambda: work(furnished))
    after = refs(furnished)
    chance = random.Random(work.__name__)
    interrupted = 0
    for number in sorted(chance.sample(range(1, calls + 1), min(MOMENTS, calls))):
        _take_back(furnished, before)
        workspace = Workspace(furnished.root, lambda notice: None)
        registry = workspace.layout.registry.read_bytes()
        archive = Path("batch.zip").read_bytes() if work is export else b""
        try:
            with Moment(number, interrupt).awaited():
                work(workspace)
        except KeyboardInterrupt:
            interrupted += 1
        now = refs(workspace)
        if set(now) == set(before) and now == before:
            assert workspace.layout.registry.read_bytes() == registry, number
        else:
            assert len(now) == len(after), number
        assert half_written() == [], number
        assert workspace.examine(), number
        workspace.collect_garbage(EVERY)
        assert list(find_clutter(workspace)) == [], number
        if work is export:
            assert Path("batch.zip").read_bytes() == archive
        assert holds(Path("data/table"), "table", 1) or holds(Path("data/table"), "table", 2)
        workspace.restore(workspace.resolve("old_batch@1"), f"check {number}")
        assert holds(Path(f"check {number}"), "batch", 1)
    assert interrupted > MOMENTS // 2


def _take_back(workspace: Workspace, before: dict[str, bool]) -> None:
    """Make the workspace as it was, but for numbers that are used up."""
    for ref, kept in refs(workspace).items():
        if ref not in before:
            workspace.delete([parse(ref)], force=True)
        elif kept and not before[ref]:
            workspace.release(parse(ref))
    workspace.collect_garbage(EVERY)
    shutil.rmtree("old", ignore_errors=True)
    lay_out("table", 2)
