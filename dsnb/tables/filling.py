"""Filling the cache of parsed tables in the background, after the user has got the table.

The file is parsed once more for it. A copy of the user's own frame would cost no parsing, but even
copy-on-write does not keep it from what the user does next: ``to_numpy()`` gives a view that can be
made writable, and ``.array`` of categories and nullable numbers is writable as it is (tried, it
ends up in the cache). A real copy, or a hash that would tell, takes more of the user's time than
the cache may.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401  (what it does at the end comes after what we do)
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dsnb.storage.files import stat_of
from dsnb.storage.hashing import hash_files
from dsnb.tables import cachefiles, parsed
from dsnb.tables.parsed import Text

if TYPE_CHECKING:
    import pandas as pd

PATIENCE = 3.0
"""Seconds that the end of a process waits for what is being written."""

Parse = Callable[[Text], "pd.DataFrame"]
_MEMORY = Path("/proc/meminfo")
# How much memory parsing takes for each byte of a file: a guess that errs on the large side.
_PLAIN, _PACKED = 6, 30
_PAUSE = 0.1
"""Seconds before it begins, so that whoever loads gets the table first, undisturbed."""
_ENDINGS = (".gz", ".zst", ".bz2", ".xz", ".xlsx", ".xlsm")
_MANY = 64


class Filler:
    """One thread that parses files and keeps their tables, while there are any."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Text, Parse, int]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def add(self, texts: Sequence[Text], parse: Parse, limit: int) -> None:
        """Have the tables of files kept soon.

        Parameters
        ----------
        texts
            The files, each as the manifest has it.
        parse
            Reads one of them, whole.
        limit
            Bytes that the cache may take; the tables that were not used for longest give way.
        """
        with self._changed, suppress(RuntimeError):  # the interpreter is about to end
            known = {(text.hash, text.path) for text, _, _ in self._waiting}
            self._waiting.extend(
                (text, parse, limit) for text in texts if (text.hash, text.path) not in known
            )
            if self._thread is None and self._waiting and not self._stopped:
                thread = threading.Thread(target=self._work, name="dsnb-filling", daemon=True)
                thread.start()
                self._thread = thread

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to do; tell whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def stop(self) -> None:
        """Wait a little for what is to be done, begin nothing more, and leave nothing behind."""
        try:
            self.wait(PATIENCE)
        finally:  # also when the user does not want to wait
            with self._changed:
                self._stopped = True
                self._waiting.clear()
            cachefiles.give_up()

    def _work(self) -> None:
        time.sleep(_PAUSE)
        stored = 0
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return
                text, parse, limit = self._waiting.popleft()
                last = not self._waiting
            # Whatever goes wrong, the user has the table; the next one who loads it has to parse.
            with suppress(Exception):
                stored += _fill(text, parse)
            if stored and (last or stored >= _MANY):
                cachefiles.prune(limit)
                stored = 0


def _fill(text: Text, parse: Parse) -> bool:
    """Parse a file and keep its table, if the file is still what the manifest says."""
    before = os.stat(text.path)
    key = parsed.key_of(text)
    if parsed.is_settled(text) or not _there_is_room(text.path, before.st_size):
        return False
    frame = parse(text)
    [(digest, state)] = hash_files([text.path], sizes=[before.st_size])
    if digest.hex() != text.hash or not stat_of(before) == state == stat_of(os.stat(text.path)):
        return False
    if parsed.key_of(text) != key:
        return False  # the user changed pandas' settings meanwhile
    return parsed.store(text, frame) is not None


def _there_is_room(path: str, size: int) -> bool:
    """Tell whether the table of a file fits into memory a second time, where that is known."""
    needed = size * (_PACKED if path.lower().endswith(_ENDINGS) else _PLAIN)
    try:
        for line in _MEMORY.read_text(encoding="ascii").splitlines():
            name, _, amount = line.partition(":")
            if name == "MemAvailable":
                return needed < int(amount.split()[0]) * 1024
    except (OSError, ValueError):
        pass
    return True


FILLER = Filler()
"""The filler of this process."""

# Before the pools of threads close, in one of which pandas may be parsing; atexit comes after that.
getattr(threading, "_register_atexit", atexit.register)(FILLER.stop)
if hasattr(os, "register_at_fork"):
    # The thread stayed behind in the process that this one was forked from.
    os.register_at_fork(after_in_child=FILLER.__init__)  # type: ignore[misc]
