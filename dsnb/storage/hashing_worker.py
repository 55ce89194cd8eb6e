"""Hashing small files, here and in a process beside this one.

Of many small files the time goes into opening them, where threads only wait for each other. So
`dsnb.storage.hashing` starts this file as a program too, which shares the work: it reads paths
from its input and answers with their hashes. It imports nothing of dsnb, to be there at once.
"""

import errno
import os
import stat
import struct
import sys

from blake3 import blake3

SMALL = 2 << 20
"""Bytes up to which a file is read in one piece."""

# Opening a pipe would wait for somebody who writes to it.
_WAY = ("O_CLOEXEC", "O_BINARY", "O_NONBLOCK", "O_NOCTTY")
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in _WAY)
"""How a file is opened whose kind is not known yet."""
_ANSWER = struct.Struct("=?32sqqqQ")
_LENGTH = struct.Struct("=q")
Answer = tuple[bool, bytes, int, int, int, int]
"""Whether the file was hashed; its BLAKE3; size, mtime and ctime in ns, inode."""


def hash_small(path: str) -> tuple[bytes, tuple[int, int, int, int]] | None:
    """Hash a file that is read in one piece.

    Returns
    -------
    tuple or None
        Its BLAKE3 and its state; None when it was written to meanwhile, or is not small any more.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    descriptor = os.open(path, FLAGS)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if found.st_size > SMALL:
            return None
        # One byte more than there should be tells a file that is growing.
        content = os.read(descriptor, found.st_size + 1)
        while len(content) < found.st_size and (more := os.read(descriptor, found.st_size)):
            content += more  # some file systems answer in pieces
        again = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    state = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    settled = (again.st_size, again.st_mtime_ns, again.st_ctime_ns, again.st_ino)
    if state != settled or len(content) != found.st_size:
        return None
    return blake3(content).digest(), state


def ask(paths: list[str]) -> bytes:
    """Return the message that asks for the hashes of some paths."""
    message = b"\0".join(map(os.fsencode, paths))
    return _LENGTH.pack(len(message)) + message


def read_answers(answers: bytes) -> list[Answer]:
    """Return what the message of an answer holds, a path after the other."""
    return list(_ANSWER.iter_unpack(answers))


def answer_size(count: int) -> int:
    """Return the bytes in the answer about some paths."""
    return count * _ANSWER.size


def _answer(path: bytes) -> bytes:
    try:
        hashed = hash_small(os.fsdecode(path))
    except OSError:
        hashed = None
    if hashed is None:
        return _ANSWER.pack(False, b"", 0, 0, 0, 0)  # whoever asked finds out what is wrong
    digest, state = hashed
    return _ANSWER.pack(True, digest, *state)


def main() -> None:
    """Answer until the input ends."""
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while length := asked.read(_LENGTH.size):
        message = asked.read(_LENGTH.unpack(length)[0])
        answers.write(b"".join(map(_answer, message.split(b"\0"))))
        answers.flush()


if __name__ == "__main__":
    main()
