"""The lock that a file of the registry is written under.

The lock belongs to an open descriptor of a file beside it, so that it ends with the process that
holds it, however that ends; what the lock file holds, and how old it is, means nothing.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from dsnb.errors import RegistryError, RegistryLockedError, writing
from dsnb.storage.atomic import file_mode

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_HELD: set[tuple[int, Path]] = set()
"""Which thread is writing which file."""


@contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Keep every other writer of a file away, in this process and in others.

    Parameters
    ----------
    path
        The file; its lock is a file beside it, of the same name with ``.lock``.
    timeout
        Seconds to wait for another writer.

    Raises
    ------
    RegistryLockedError
        When another writer took longer, or this thread is writing the file already.
    RegistryError
        When the lock file cannot be opened, or the file system cannot lock.

    Examples
    --------
    >>> with locked(Path("registry.json"), timeout=1), locked(Path("registry.json"), timeout=1):
    ...     pass
    Traceback (most recent call last):
    dsnb.errors.RegistryLockedError: registry.json is being written by this same thread. ...
    """
    holder = (threading.get_ident(), Path(os.path.abspath(path)))
    if holder in _HELD:
        raise RegistryLockedError(
            f"{path} is being written by this same thread.",
            hint="End that transaction before another begins.",
        )
    lock = _acquire(path, timeout)
    _HELD.add(holder)
    try:
        yield
    finally:
        _HELD.discard(holder)
        lock.release()


def _acquire(path: Path, timeout: float) -> Any:
    from filelock import Timeout

    if _has_flock(path.parent):
        from filelock import FileLock as Lock

        file, end = path.with_suffix(".lock"), "The lock ends with the process that holds it."
    else:
        from filelock import SoftFileLock as Lock

        # Under a name of its own: what FileLock leaves behind would look like a lock that is held.
        file = path.with_suffix(".softlock")
        end = f"If nothing writes there any more, on any machine, remove {file}."
    try:
        with writing(path):
            _check_reachable(file)
            lock = Lock(file, timeout=timeout, mode=file_mode(path.parent))
            lock.acquire(poll_interval=0.01)
    except Timeout:
        raise RegistryLockedError(
            f"Another process has been writing {path} for {timeout:g} s.",
            hint=f"Wait for it, then run the same line again. {end}",
        ) from None
    except OSError as error:
        raise RegistryError(
            f"{file} cannot be locked ({error.strerror}), so {path.name} cannot be written safely; "
            "nothing was changed.",
            hint="Run the same line again, or work in a copy on another disk.",
        ) from error
    return lock


def _check_reachable(file: Path) -> None:
    """Tell a lock file that is closed to us apart from a folder that is."""
    if os.access(file.parent, os.W_OK) and file.exists() and not os.access(file, os.W_OK):
        raise RegistryError(
            f"The lock file {file} belongs to somebody who does not share it; nothing was changed.",
            hint=f"Ask its owner to run: chmod g+rw {file}",
        )


@lru_cache(maxsize=64)
def _has_flock(folder: Path) -> bool:
    """Tell whether a folder's file system knows locks that end with their process.

    Only a plain "no such function" says that it does not: a lock that fails today may succeed
    tomorrow, and two writers with different kinds of locks would not see each other.
    """
    if fcntl is None:
        return True  # Windows has its own
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.ENOSYS, errno.EOPNOTSUPP)
    return True
