"""Killing processes at work, again and again, on one workspace."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from dsnb.datasets.registration import Request
from dsnb.errors import DsnbError
from dsnb.workspace import Workspace
from tests.crash.editions import SHAPES, frame, lay_out
from tests.crash.labour import Begun, Done, Failed, Order, labour
from tests.crash.promises import BrokenPromise, Editions, Promises, check_after_kill

_ENVIRONMENT = ("HOME", "DSNB_CACHE")
_IMPORTED = (
    *("blake3", "filelock", "msgspec", "tinydb", "tomlkit", "zstandard"),
    *("pandas", "pyarrow.parquet", "pytest"),
    *("dsnb.catalog.tinydb", "dsnb.datasets.health", "dsnb.datasets.importing", "dsnb.workspace"),
)
"""What the server that forks the processes has imported, so that they are born quickly."""
_LAST_CALLS = 900
_LONGEST = 1.0
_STUCK = 60


def forking() -> ForkServerContext:
    """Return how processes are made: by a server that has imported everything and has no thread."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_IMPORTED])
    return context


def environment() -> dict[str, str]:
    """Return the variables that dsnb looks at, for the server knows those of another test."""
    return {name: os.environ[name] for name in _ENVIRONMENT}


def archives() -> Editions:
    """Write an archive of each of some versions beside the current folder."""
    elsewhere = Path("../elsewhere").resolve()
    elsewhere.mkdir()
    here = Path.cwd()
    os.chdir(elsewhere)
    workspace, made = Workspace.create(".", lambda notice: None), {}
    for edition, name in enumerate(("note", "batch", "bulk", "frame"), start=2_000):
        request = Request(name=name)
        if name in SHAPES:
            done = workspace.register([lay_out(name, edition)], request)
        else:
            done = workspace.register_table(frame(name, edition), request)
        workspace.export([done.version], f"{name}.zip")
        made[str(elsewhere / f"{name}.zip")] = (name, edition)
    os.chdir(here)
    return made


def kill_again_and_again(seed: str, kills: int, broken: str = "") -> None:
    """Let processes work on a workspace in the current folder, kill each, and check after each.

    Parameters
    ----------
    seed
        Of all that is random.
    kills
        How many processes.
    broken
        A sabotage of theirs.

    Raises
    ------
    BrokenPromise
        When the workspace did not keep what was acknowledged.
    """
    root = Path.cwd()
    Workspace.create(root)
    promises = Promises(archives())
    for number in range(kills):
        begun = None
        chance = random.Random(f"{seed} {number}")
        last_call = 0 if number % 3 == 2 else chance.randint(1, _LAST_CALLS)
        order = Order(
            seed=f"{seed} {number}",
            folder=root,
            archives=tuple(map(Path, promises.archives)),
            environment=environment(),
            last_call=last_call,
            broken=broken,
        )
        delay = None if last_call else chance.uniform(0, _LONGEST)
        try:
            _work_and_die(order, promises, delay)
            begun = promises.begun
            check_after_kill(root, promises, chance, sweep=number % 2 == 1 or number == kills - 1)
        except (BrokenPromise, DsnbError) as error:
            moment = f"after {delay:.3f} s" if delay else f"before its call {last_call}"
            raise BrokenPromise(
                f"{error}\nProcess {number + 1} of {kills} with seed {seed!r}, killed {moment} "
                f"while at {begun or promises.begun}; the workspace is {root}"
            ) from error


def _work_and_die(order: Order, promises: Promises, delay: float | None) -> None:
    """Let a process work until it dies, and take note of what it says."""
    context = forking()
    ours, theirs = context.Pipe(duplex=False)
    process: ForkServerProcess = context.Process(target=labour, args=(order, theirs))
    with ours:
        process.start()
        theirs.close()
        end: float | None = None
        deadline = time.monotonic() + _STUCK
        while True:
            now = time.monotonic()
            if now >= (end or deadline):
                process.kill()
                if end is None:
                    raise BrokenPromise(f"{order} got stuck at {promises.begun}")
                end = deadline
            if not ours.poll(max((end or deadline) - now, 0)):
                continue
            try:
                told = ours.recv()
            except EOFError:
                break
            if delay is not None and end is None:
                end = time.monotonic() + delay  # from when it began to work
            match told:
                case Begun():
                    promises.begin(told)
                case Done():
                    promises.take(told)
                case Failed():
                    raise BrokenPromise(f"{promises.begun} failed with {order}:\n{told.traceback}")
    process.join()
    if process.exitcode != -signal.SIGKILL:
        raise BrokenPromise(f"{order} ended with {process.exitcode}")
    process.close()
