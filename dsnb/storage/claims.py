"""Claims: a folder that is being filled is its writer's until the registry names it.

Nothing refers to such a folder yet, so that only a claim tells it from one that a killed process
left behind. A claim is a locked file beside the folder, made before it; the lock ends with its
process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from dsnb.storage.atomic import ATTEMPTS, file_mode, make_folder

SUFFIX = ".claim"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Claim a folder that is to be made, for as long as the context lasts.

    Raises
    ------
    OSError
        When the disk refuses.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "new"
    >>> with claimed(folder):
    ...     is_claimed(folder)
    True
    >>> is_claimed(folder)
    False
    """
    claim = _claim_of(folder)
    for attempt in count(1):
        try:
            make_folder(folder.parent)
            lock = _lock(claim)
            lock.acquire()
        except (FileNotFoundError, FileExistsError):
            gone = not os.path.lexists(folder.parent) or folder.parent.is_dir()
            if attempt == ATTEMPTS or not gone:
                raise
            continue  # the folder above was empty, and another process tidied it away
        if claim.exists():
            break
        lock.release()  # it was taken for abandoned before it was locked
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            claim.unlink()


def is_claimed(folder: Path) -> bool:
    """Tell whether a process is about to fill a folder."""
    return _is_held(_claim_of(folder))


def tidy(folder: Path) -> None:
    """Take away the claims of killed processes, and the folders that they left empty.

    Parameters
    ----------
    folder
        The one that holds the folders in which others are claimed.
    """
    for claim in folder.glob(f"*/.*{SUFFIX}"):
        _is_held(claim, remove=True)
    for place in [*folder.glob("*"), folder]:
        with suppress(OSError):
            place.rmdir()  # whoever is about to claim something there makes it anew


def _is_held(claim: Path, *, remove: bool = False) -> bool:
    from filelock import Timeout

    if not claim.exists():
        return False
    lock = _lock(claim)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except PermissionError:
        return True  # somebody else's: it is for them to tell
    try:
        if remove and os.name != "nt":
            # While it is locked: its maker, who comes a moment later, then sees that it is gone.
            claim.unlink(missing_ok=True)
    finally:
        lock.release()
    if remove and os.name == "nt":  # where an open file cannot be removed
        with suppress(OSError):
            claim.unlink()
    return False


def _lock(claim: Path) -> Any:
    from filelock import FileLock

    return FileLock(claim, mode=file_mode(claim.parent))


def _claim_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{SUFFIX}")
