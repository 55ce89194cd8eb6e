"""The files of the cache of parsed tables: their names, whether they are whole, which must go."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dsnb.storage.atomic import TEMPORARY, leftovers
from dsnb.storage.discovery import cache_folder
from dsnb.storage.files import Stat, stat_of
from dsnb.storage.hashing import hash_files

PRIVATE = 0o600
"""What is in a cache file may be for nobody else, whoever shares the cache."""

_whole: dict[Path, Stat] = {}
"""The cache files whose bytes this process knows to be whole, and their state then."""
_writing: set[Path] = set()


def give_up() -> None:
    """Remove what is being written, as the process ends."""
    for path in list(_writing):
        with suppress(OSError):
            path.unlink()


@contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Let `give_up` know of a file that is written in the block."""
    _writing.add(path)
    try:
        yield
    finally:
        _writing.discard(path)


def entries() -> list[tuple[Path, int, float]]:
    """Return this user's files of the cache, the one that was not used for longest first.

    Returns
    -------
    list
        Path, bytes, and when it was last used (seconds since 1970).
    """
    found = []
    for shard in _listed(_folder()):
        for entry in _listed(Path(shard.path)):
            with suppress(OSError):
                state = entry.stat(follow_symlinks=False)
                if _is_own(state) and not entry.name.startswith(TEMPORARY):
                    found.append((Path(entry.path), state.st_size, state.st_atime))
    return sorted(found, key=lambda one: one[2])


def excess(limit: int) -> Iterator[Path]:
    """Yield the cache files that must go for the others to fit, and what writers left half done.

    Parameters
    ----------
    limit
        Bytes that the files may take together.
    """
    yield from leftovers(_folder())
    files = entries()
    size = sum(size for _, size, _ in files)
    for path, its, _ in files:
        if size <= limit:
            return
        size -= its
        yield path


def prune(limit: int) -> None:
    """Remove the files that were not used for longest until the rest fits, where the disk lets."""
    for path in list(excess(limit)):
        with suppress(OSError):
            path.unlink()


def named(key: str) -> Iterator[tuple[str, Path]]:
    """Yield this user's cache files of a key: what follows the key in the name, and the path.

    Others may write in a cache that is shared; what they say a file holds proves nothing.
    """
    folder, rest = place(key)
    for entry in _listed(folder):
        if entry.name.startswith(f"{rest}."):
            with suppress(OSError):
                if _is_own(entry.stat(follow_symlinks=False)):
                    yield entry.name.removeprefix(f"{rest}."), Path(entry.path)


def place(key: str) -> tuple[Path, str]:
    """Return the folder for the files of a key, and how their names begin."""
    return _folder() / key[:2], key[2:]


def is_whole(path: Path, digest: str) -> bool:
    """Tell whether a cache file holds what was written, and note that it was used.

    Its bytes are read when a process first meets it, and again when its state is another.

    Raises
    ------
    OSError
        When it is gone.
    DsnbError
        When it cannot be read.
    """
    found = os.stat(path)
    if _whole.get(path) != stat_of(found):
        [(now, _)] = hash_files([str(path)], sizes=[found.st_size])
        if now.hex() != digest:
            return False
    # The time of the last access tells what was not used for longest.
    with suppress(OSError):
        os.utime(path, ns=(time.time_ns(), found.st_mtime_ns))
    trust(path)
    return True


def trust(path: Path) -> None:
    """Take a file for whole while its state stays as it is."""
    _whole[path] = stat_of(os.stat(path))


def _is_own(found: os.stat_result) -> bool:
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return mine and stat.S_ISREG(found.st_mode)


def _folder() -> Path:
    return cache_folder() / "parsed"


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
