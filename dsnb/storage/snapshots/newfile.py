"""Files that appear under their names whole or not at all, however large they are."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dsnb.storage.atomic import TEMPORARY, make_folder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_ATTEMPTS = 10


class NewFile:
    """A file that is being written, under a name of its own.

    Attributes
    ----------
    file
        To write to, and to read from.
    path
        Its name until it is published.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file = file
        self.path = path

    def write(self, content: bytes) -> None:
        """Append to the file."""
        view = memoryview(content)
        while view:
            view = view[self.file.write(view) :]

    def restart(self) -> None:
        """Take back all that was written."""
        self.file.seek(0)
        self.file.truncate()

    def publish(self, path: Path, *, mode: int | None, durable: bool) -> int:
        """Give the file its name, replacing what has it, and return its bytes.

        Parameters
        ----------
        path
            The name, in the same folder.
        mode
            Permissions, None for those of any new file.
        durable
            Whether its content must survive a power cut once this returns; its name does when the
            folder is synced, too.
        """
        if mode is not None:
            with suppress(PermissionError):  # a file system that does not know permissions
                os.chmod(self.path, mode)
        if durable:
            os.fsync(self.file.fileno())
        size = os.fstat(self.file.fileno()).st_size
        if os.name == "nt":
            self.file.close()
        # Elsewhere it is open, and so locked, until it has its name: nobody takes it for abandoned.
        os.replace(self.path, path)
        return size


@contextmanager
def new_file(folder: Path) -> Iterator[NewFile]:
    """Begin a file in a folder, which is made when missing; without `NewFile.publish` it goes.

    While it is written it is locked, so that `dsnb.storage.atomic.leftovers` leaves it alone.

    Raises
    ------
    OSError
        When the disk refuses; nothing is left behind then.
    """
    path = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    for attempt in range(_ATTEMPTS):
        try:
            make_folder(folder)
            descriptor = os.open(path, flags, 0o666)
            break
        except FileNotFoundError:
            # The folder was empty, and another process tidied it away just now.
            if attempt == _ATTEMPTS - 1:
                raise
    try:
        with open(descriptor, "w+b", buffering=0) as file:
            if fcntl is not None:
                with suppress(OSError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield NewFile(file, path)
    finally:
        with suppress(OSError):
            path.unlink()
