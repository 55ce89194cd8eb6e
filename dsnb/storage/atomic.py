"""Writing a file so that a reader, or a crash, sees the old one or the new one whole.

What is written follows its folder, not the writer's umask: people who share a folder can share
what dsnb keeps in it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

TEMPORARY = ".tmp-"
ATTEMPTS = 20
"""How often a folder is made that others tidy away while it is empty."""
_MINUTE = 60.0
_DAY = 24 * 60 * _MINUTE


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> os.stat_result:
    """Replace a file by one with this content.

    The new file's time is later than that of the file it replaces, whatever the clock says: inode,
    size and time together never mean another content.

    Parameters
    ----------
    path
        The file; its folder is made when missing. A file that stands there keeps its permissions,
        a new one follows its folder: see `file_mode`.
    content
        The bytes it shall hold.
    durable
        Whether the content must survive a power cut once this returns; a cache need not.

    Returns
    -------
    os.stat_result
        What was written, told by its own descriptor: never another writer's file.

    Raises
    ------
    OSError
        When the disk refuses; the old file is then untouched and nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_atomically(folder / "note.txt", b"whole").st_size
    5
    >>> (folder / "note.txt").read_bytes(), len(list(folder.iterdir()))
    (b'whole', 1)
    """
    make_folder(path.parent)
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(temporary, flags, 0o600)
        with open(descriptor, "wb", buffering=0) as file:
            _lock(descriptor)
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
            _succeed(temporary, path)
            if durable:
                os.fsync(descriptor)
            written = os.fstat(descriptor)
            if os.name != "nt":
                # While it is locked: nobody takes it for abandoned before it has its name.
                os.replace(temporary, path)
        if os.name == "nt":  # where no open file can be renamed
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    if durable:
        sync_folder(path.parent)
    return written


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the platform allows it."""
    if os.name == "nt":
        return
    # The files are replaced by now: to report a failure would call what is done undone.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, as open to others as the folder each lies in.

    Raises
    ------
    OSError
        When the disk refuses, or something else stands there.
    """
    for attempt in range(ATTEMPTS):
        try:
            folder.mkdir()
            break
        except FileNotFoundError:
            if attempt == ATTEMPTS - 1 or folder.parent == folder:
                raise  # such as below /proc, where nothing can be made
            make_folder(folder.parent)
        except FileExistsError:
            if folder.is_dir():
                return
            if attempt == ATTEMPTS - 1 or os.path.lexists(folder):
                raise
            # Another process tidied it away, for it was empty.
    with contextlib.suppress(PermissionError):
        os.chmod(folder, _open_to(folder.parent) | stat.S_IRWXU)


def file_mode(folder: Path) -> int:
    """Return the permissions of a new file in a folder, as git's shared repositories have them.

    Whoever may read the folder may read the file, and whoever may write in the folder may write
    the file, for they could replace it anyway. A folder such as ``/tmp``, whose sticky bit
    forbids them just that, does not let them write.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> folder.chmod(0o775)
    >>> oct(file_mode(folder))
    '0o664'
    """
    return _open_to(folder) & 0o666 | stat.S_IRUSR | stat.S_IWUSR


def leftovers(folder: Path) -> Iterator[Path]:
    """Yield the unfinished files below a folder whose writer is gone.

    Parameters
    ----------
    folder
        Where to look, folders within it included.
    """
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if name.startswith(TEMPORARY) and _is_abandoned(path):
                yield path


def _open_to(folder: Path) -> int:
    mode = os.stat(folder).st_mode
    return mode & (0o2755 if mode & stat.S_ISVTX else 0o2777)


def _lock(descriptor: int) -> None:
    """Show that the writer of a file is alive, for as long as it has it open."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _succeed(new: Path, path: Path) -> None:
    """Give a new file the permissions that belong there, and a later time than the old file's."""
    try:
        old = path.stat()
    except FileNotFoundError:
        moment, mode = 0, file_mode(path.parent)
    else:
        # A microsecond: the least that every file system with fractions of a second can keep.
        moment, mode = old.st_mtime_ns + 1_000, old.st_mode & 0o777
    with contextlib.suppress(PermissionError):  # a file system that knows neither
        os.chmod(new, mode)
        moment = max(moment, time.time_ns())
        os.utime(new, ns=(moment, moment))


def _is_abandoned(path: Path) -> bool:
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return False
        age = time.time() - found.st_mtime
        held = _is_locked(path)
    except OSError:
        return False  # finished, or not ours to look at
    if held is None:
        return age > _DAY
    # For an instant a file is there and not locked yet; it is empty then.
    return not held and (found.st_size > 0 or age > _MINUTE)


def _is_locked(path: Path) -> bool | None:
    """Tell whether a file's writer is alive, None where locks cannot tell."""
    if fcntl is None:
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return False
