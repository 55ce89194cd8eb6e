"""Numbered definitions: small texts that are kept, and never change once they have a number."""

from __future__ import annotations

import re
from pathlib import Path

from dsnb.storage.atomic import make_folder, write_atomically

_FILE = re.compile(r"([1-9][0-9]{0,8})\.json")


def numbers(folder: Path) -> list[int]:
    """Return the numbers that a folder holds definitions of, in order."""
    try:
        found = [_FILE.fullmatch(path.name) for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(int(match[1]) for match in found if match)


def read(folder: Path, number: int) -> bytes:
    """Return a definition.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    return _file(folder, number).read_bytes()


def keep(folder: Path, definition: bytes) -> int:
    """Give a definition the next number, unless the latest says the same; return its number.

    The caller lets in one writer at a time.

    Raises
    ------
    OSError
        When the disk refuses.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> [keep(folder, text) for text in (b"one", b"one", b"two", b"one")], numbers(folder)
    ([1, 1, 2, 3], [1, 2, 3])
    """
    make_folder(folder)
    there = numbers(folder)
    if there and read(folder, there[-1]) == definition:
        return there[-1]
    number = there[-1] + 1 if there else 1
    write_atomically(_file(folder, number), definition)
    return number


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number}.json"
