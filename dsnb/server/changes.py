"""Waiting for changes: a client asks once, and is answered when something happened.

One thread watches the records of a workspace for all clients that wait for it, by the
notifications of the operating system, and ends when nobody waits any more. Where those do not
reach (a workspace on a network drive, or one that does not exist yet), a look every few seconds,
or every second, takes their place.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dsnb.server.scope import Place, Scope
from dsnb.storage.layout import Layout

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

Look = Callable[[], Awaitable[tuple[Place, str]]]
NO_WORKSPACE = "none"
# Seconds, with notifications and without.
_LOOK_AGAIN = 5.0
_LOOK_AGAIN_UNWATCHED = 1.0
# Milliseconds: how long it must be quiet before what happened is told, and how long that may take.
_QUIET = 100
_GATHER = 200


def state_of(place: Place) -> str:
    """Return a text that is another one whenever a workspace's versions or runs changed.

    It is made of the inodes, sizes and times of the two files, so that nothing is read.
    """
    if place.root is None:
        return NO_WORKSPACE
    layout = Layout(place.root)
    told: list[object] = [str(place.root)]
    for path in (layout.registry, layout.runs):
        try:
            found = os.stat(path)
        except OSError as error:
            told.append(type(error).__name__)
        else:
            told.append((found.st_ino, found.st_size, found.st_mtime_ns))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def look(scope: Scope, path: str) -> tuple[Place, str]:
    """Return what a path of the browser means now, and the state of that."""
    place = scope.locate(path)
    return place, state_of(place)


@dataclass(eq=False, slots=True)
class Waiting:
    """A client that waits.

    Attributes
    ----------
    wake
        Set when it is worth looking again.
    gone
        Whether the client has left.
    """

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    gone: bool = False

    def leave(self) -> None:
        """End the wait: nobody is there to be answered."""
        self.gone = True
        self.wake.set()


class Changes:
    """The waiting clients of a server, and what is watched for them."""

    def __init__(self) -> None:
        self._watches: dict[Path, _Watch] = {}

    async def wait(self, look: Look, known: str, seconds: float, client: Waiting) -> str:
        """Return a workspace's state as soon as it is not the known one, or when time is up.

        Parameters
        ----------
        look
            Returns the place and its state as they are now.
        known
            The state that the client knows.
        seconds
            To wait at most.
        client
            Who waits.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        place, state = await look()
        if state != known or seconds <= 0:
            return state
        with self._watching(place, client) as watch:
            while True:
                client.wake.clear()
                _, state = await look()
                left = until - loop.time()
                if state != known or left <= 0 or client.gone:
                    return state
                works = watch is not None and not watch.failed
                pause = _LOOK_AGAIN if works else _LOOK_AGAIN_UNWATCHED
                with suppress(TimeoutError):
                    await asyncio.wait_for(client.wake.wait(), min(left, pause))

    @contextmanager
    def _watching(self, place: Place, client: Waiting) -> Iterator[_Watch | None]:
        """Let a client be woken by what happens in a workspace, if there is one."""
        if place.root is None:
            yield None
            return
        folder = Layout(place.root).folder
        watch = self._watches.get(folder)
        if watch is None or watch.failed:
            watch = self._watches[folder] = _Watch(folder, client)
        else:
            watch.clients.add(client)
        try:
            yield watch
        finally:
            watch.clients.discard(client)
            if not watch.clients and self._watches.get(folder) is watch:
                del self._watches[folder]


class _Watch:
    """A thread that watches one folder and wakes the clients that wait for it.

    Parameters
    ----------
    folder
        What is watched, without the folders below it.
    client
        The first who waits.
    """

    def __init__(self, folder: Path, client: Waiting) -> None:
        self.clients = {client}
        self.failed = False
        self._folder = folder
        self._loop = asyncio.get_running_loop()
        # No daemon: one that is inside the library when Python ends would crash the process.
        threading.Thread(target=self._run, name="dsnb watch", daemon=False).start()

    def is_set(self) -> bool:
        """Tell whether to stop; the library asks ten times a second."""
        return not self.clients or self._loop.is_closed() or not threading.main_thread().is_alive()

    def _run(self) -> None:
        try:
            from watchfiles._rust_notify import RustNotify

            again = True
            while again:
                with RustNotify(
                    watch_paths=[str(self._folder)],
                    debug=False,
                    force_polling=False,
                    poll_delay_ms=0,
                    recursive=False,
                    ignore_permission_denied=True,
                ) as notify:
                    again = self._hand_on(notify)
        # Gone meanwhile, or the system has no notifications left, or the library is not there.
        except (OSError, RuntimeError, ImportError):
            self.failed = True
            self._wake()

    def _hand_on(self, notify: RustNotify) -> bool:
        """Wake the clients whenever something happened, until it is time to stop.

        Returns
        -------
        bool
            Whether to begin again, as the folder was replaced and another now has its name.
        """
        # Waking them at once, too, tells what happened before the watch began.
        self._wake()
        while True:
            found = notify.watch(_GATHER, _QUIET, 0, self)
            if not isinstance(found, set):
                return False
            if any(path == str(self._folder) for _, path in found):
                return True
            self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the server has stopped
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        for client in self.clients:
            client.wake.set()
