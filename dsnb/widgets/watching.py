"""Watching the registry for those who look at it, and for nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

EVERY = 0.5
"""Seconds between two looks."""
LEASE = 75.0
"""Seconds after which a watcher that says nothing more is taken to be gone."""


class Watch:
    """A thread that looks while somebody watches, and ends when nobody does.

    Pushing what is new leaves the kernel idle, where polling by the front end would make it look
    busy every second and wait behind a long cell.

    Parameters
    ----------
    look
        Returns the present state; the same object as long as nothing changed.
    tell
        Called after a change, on the thread of the watch.
    every, lease
        Seconds.

    Examples
    --------
    >>> watch = Watch(lambda: None, lambda: None)
    >>> watch.renew("a view")
    >>> watch.release("a view")
    >>> watch.is_running
    False
    """

    def __init__(
        self,
        look: Callable[[], object],
        tell: Callable[[], None],
        every: float = EVERY,
        lease: float = LEASE,
    ) -> None:
        self._look = look
        self._tell = tell
        self._every = every
        self._lease = lease
        self._guard = threading.Lock()
        self._until: dict[str, float] = {}
        self._stop: threading.Event | None = None

    @property
    def is_running(self) -> bool:
        """Whether anybody watches."""
        with self._guard:
            return self._stop is not None

    def renew(self, who: str) -> None:
        """Watch for somebody, until they release it or have said nothing for the lease."""
        with self._guard:
            self._until[who] = time.monotonic() + self._lease
            if self._stop is None:
                self._stop = threading.Event()
                thread = threading.Thread(
                    target=self._run, args=(self._stop, self._state()), daemon=True
                )
                thread.name = "dsnb picker watch"
                thread.start()

    def release(self, who: str | None = None) -> None:
        """Stop watching for somebody, or for all."""
        with self._guard:
            if who is None:
                self._until.clear()
            self._until.pop(who or "", None)
            self._end_if_unwatched()

    def _end_if_unwatched(self) -> None:
        if not self._until and self._stop is not None:
            self._stop.set()
            self._stop = None

    def _run(self, stop: threading.Event, seen: object) -> None:
        while not stop.wait(self._every):
            with self._guard:
                present = time.monotonic()
                self._until = {w: until for w, until in self._until.items() if until > present}
                if self._stop is stop:
                    self._end_if_unwatched()
            if stop.is_set():
                return
            now = self._state()
            if now is not seen:
                seen = now
                self._tell()

    def _state(self) -> object:
        try:
            return self._look()
        except Exception:
            return None  # those who ask are told why; the watch goes on
