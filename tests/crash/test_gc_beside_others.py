"""Keeping house beside others at work: what they need stays, and nobody notices anything."""

from __future__ import annotations

import os
import random
import tempfile
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dsnb.datasets import housekeeping
from dsnb.datasets.originals import copies
from dsnb.datasets.registration import Request
from dsnb.datasets.removal import EVERY
from dsnb.errors import VersionNotFoundError
from dsnb.refs import parse
from dsnb.tables.reading import EVERYTHING
from dsnb.workspace import Workspace
from tests.crash.editions import SHAPES, TABLES, frame, holds, lay_out
from tests.crash.kills import archives, environment, forking
from tests.crash.promises import Editions, find_clutter

SECONDS = 4
EDITIONS = 6
"""So few that most contents belong to several versions, which come and go."""

Promised = dict[str, tuple[str, int]]
"""Name and edition of each version, by its reference."""


def side_by_side(*works: Callable[..., Any], given: tuple[Any, ...] = ()) -> list[Any]:
    """Let each work be done in a process of its own, all at once; return what they return."""
    context, lines, processes = forking(), [], []
    for number, work in enumerate(works):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=_work, args=(theirs, environment(), os.getcwd(), work, number, *given)
        )
        process.start()
        theirs.close()
        lines.append(ours)
        processes.append(process)
    told = []
    for line, process in zip(lines, processes, strict=True):
        with line:
            told.append(line.recv() if line.poll(60) else (None, "it got stuck"))
        process.join(10)
        process.kill()
    for _, trace in told:
        assert not trace, trace
    return [returned for returned, _ in told]


def _work(
    line: Connection, variables: dict[str, str], folder: str, work: Callable[..., Any], *given: Any
) -> None:
    os.environ.update(variables)
    os.chdir(folder)
    try:
        line.send((work(Workspace(folder, lambda notice: None), *given), ""))
    except BaseException:
        line.send((None, traceback.format_exc()))


def register_and_delete(workspace: Workspace, number: int, archived: Editions) -> Promised:
    """Make versions that share contents, and delete some, also those of others."""
    chance, promised = random.Random(number), {}
    home = Path(f"worker {number}")
    home.mkdir()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        edition = chance.randrange(EDITIONS)
        kind = chance.choice(["batch", "table", "kept_frame", "frame", "import"])
        if kind == "import":
            archive = chance.choice(list(archived))
            for version in workspace.import_archive(archive).versions:
                promised[version.ref] = archived[archive]
            continue
        if kind in TABLES:
            request = Request(name=f"{kind}-{number}", snapshot=TABLES[kind])
            done = workspace.register_table(frame(kind, edition), request)
        else:
            os.chdir(home)
            folder = lay_out(kind, edition)
            request = Request(name=f"{kind}-{number}", snapshot=SHAPES[kind].policy)
            done = workspace.register([folder], request)
            os.chdir(workspace.root)
        promised[done.ref] = (kind, edition)
        if chance.random() < 0.4:
            # Two may choose the same one of those that were imported.
            ref = chance.choice(list(promised))
            try:
                workspace.delete([parse(ref)], force=True)
            except VersionNotFoundError:
                assert promised[ref] in archived.values()
            del promised[ref]
    return promised


def collect_garbage(workspace: Workspace, *_: object) -> int:
    """Keep house all the time."""
    end, rounds = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        workspace.collect_garbage(EVERY)
        rounds += 1
    return rounds


def test_nothing_that_a_version_needs_is_swept_while_others_register_and_delete(
    workspace: Workspace,
) -> None:
    archived = archives()
    *promised, rounds = side_by_side(
        register_and_delete, register_and_delete, collect_garbage, given=(archived,)
    )
    assert rounds > 0
    made = {ref: what for of_one in promised for ref, what in of_one.items()}
    there = {
        row.version.ref
        for name in workspace.view().names()
        for row in workspace.versions(name).rows
    }
    # A worker may have deleted what the other imported.
    assert {ref for ref, what in made.items() if what not in archived.values()} <= there
    found = workspace.examine()
    assert found, found.findings
    workspace.collect_garbage(EVERY)
    assert list(find_clutter(workspace)) == []
    for number in range(2):
        for path in Path(f"worker {number}").rglob("*.*"):
            path.write_text("written over")
    with tempfile.TemporaryDirectory() as folder:
        for ref in sorted(there & made.keys()):
            workspace.restore(workspace.resolve(ref), f"{folder}/{ref}")
            assert holds(Path(folder, ref), *made[ref]), ref


def load_from_the_cache(workspace: Workspace, *_: object) -> int:
    """Load a version that drifted, again and again, as if a week had passed between."""
    end, rounds = time.monotonic() + SECONDS, 0
    expected = workspace.load(workspace.resolve("table@1"), None, EVERYTHING)
    while time.monotonic() < end:
        for copy in copies():
            moment = time.time() - housekeeping.UNUSED - 60
            os.utime(copy, (moment, moment))
        assert workspace.load(workspace.resolve("table@1"), None, EVERYTHING).equals(expected)
        rounds += 1
    return rounds


def test_a_drifted_version_loads_while_its_copies_in_the_cache_are_cleared_away(
    workspace: Workspace,
) -> None:
    workspace.register([lay_out("table", 1)], Request(name="table"))
    lay_out("table", 2)
    assert min(side_by_side(load_from_the_cache, collect_garbage)) > 0
