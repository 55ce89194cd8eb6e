"""The last good copies of a file of the registry."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dsnb.storage.atomic import file_mode, make_folder, write_atomically

KEPT_BACKUPS = 5


class Backups:
    """Copies of what one file held, numbered in the order in which they were made.

    The newest holds what the file holds now, in a file of its own: whatever happens to the one
    leaves the other alone. Numbers and not times tell the order, as a clock may go backwards.

    Parameters
    ----------
    folder
        Where they lie; it may hold anything else beside them.
    of
        The file that they are copies of; its name begins theirs.
    every
        Seconds between two of them, for a file that changes often.
    """

    def __init__(self, folder: Path, of: Path, every: float = 0.0) -> None:
        self._folder = folder
        self._of = of
        self._every = every
        name, suffix = re.escape(of.stem), re.escape(of.suffix)
        self._pattern = re.compile(rf"{name}-([0-9]{{1,30}}){suffix}")

    def add(self, content: bytes) -> None:
        """Keep what the file holds now; a disk that refuses costs the copy, nothing else."""
        with suppress(OSError):
            numbered = self._numbered()
            if numbered and self._is_recent(numbered[-1][1]):
                return
            serial = numbered[-1][0] + 1 if numbered else 1
            self._write(f"{self._of.stem}-{serial:06}{self._of.suffix}", content)
            for _, path in numbered[: 1 - KEPT_BACKUPS]:
                with suppress(OSError):
                    path.unlink()

    def newest_first(self) -> Sequence[Path]:
        """Return the copies there are, the newest first; nobody has looked into them."""
        with suppress(OSError):
            return [path for _, path in reversed(self._numbered())]
        return []

    def exist(self) -> bool:
        """Tell whether there is any copy that holds something."""
        with suppress(OSError):
            return any(path.is_file() and path.stat().st_size for path in self.newest_first())
        return False

    def keep_aside(self, content: bytes, why: str) -> Path:
        """Keep a content for good, under a name that says why it is kept.

        Raises
        ------
        OSError
            When the disk refuses.
        """
        path = self.free_name(why)
        write_atomically(path, content)
        return path

    def free_name(self, why: str) -> Path:
        """Return a name for something that is kept for good."""
        path, count = self._folder / f"{self._of.stem}-{why}{self._of.suffix}", 1
        while os.path.lexists(path):
            count += 1
            path = self._folder / f"{self._of.stem}-{why}-{count}{self._of.suffix}"
        return path

    def _write(self, name: str, content: bytes) -> None:
        # Nobody reads a copy without making sure that it is whole: a plain write is enough.
        make_folder(self._folder)
        path = self._folder / name
        try:
            path.write_bytes(content)
            os.chmod(path, file_mode(self._folder))
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def _numbered(self) -> list[tuple[int, Path]]:
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        matches = filter(None, map(self._pattern.fullmatch, names))
        return sorted((int(match[1]), self._folder / match[0]) for match in matches)

    def _is_recent(self, path: Path) -> bool:
        # One from the future is a clock's mistake, and no reason to wait for that day.
        return 0 <= time.time() - path.stat().st_mtime < self._every
