"""Content hashes: BLAKE3 of whole files, on all cores."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dsnb.errors import UnreadableFileError
from dsnb.storage import hashing_worker
from dsnb.storage.files import Stat, stat_of
from dsnb.storage.hashing_worker import SMALL, hash_small

if TYPE_CHECKING:
    from blake3 import blake3

# A larger file is read and hashed side by side, piece by piece, with every core hashing. A mapped
# file would be as quick, but kills the process when somebody truncates it.
_PIECE = 2 << 20
_BATCH = 256
# Starting another process takes as long as hashing about this many small files.
_WORTH_A_PROCESS = 2000
_ATTEMPTS = 3

Hashed = tuple[bytes, Stat]
"""A file's BLAKE3 (32 bytes), and the state of the file that had this content."""


def hash_files(
    paths: Sequence[str],
    progress: Callable[[int], None] = lambda count: None,
    sizes: Sequence[int] | None = None,
) -> list[Hashed]:
    """Hash the content of files.

    Parameters
    ----------
    paths
        The files.
    progress
        Called with a number of further bytes that were hashed, from any thread.
    sizes
        Bytes that each is believed to have, as long as ``paths``; they only divide the work.

    Returns
    -------
    list
        As long as ``paths``: each content's BLAKE3 and the file's state at that time.

    Raises
    ------
    UnreadableFileError
        When a file cannot be read, or is being written all the while.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     [(digest, _)] = hash_files([file.name])
    >>> digest.hex()[:16]
    'af1349b9f5f9a1a6'
    """
    results: list[Hashed | None] = [None] * len(paths)
    sizes = [0] * len(paths) if sizes is None else sizes
    small = [index for index, size in enumerate(sizes) if size <= SMALL]
    large = [index for index, size in enumerate(sizes) if size > SMALL]
    batches = deque(small[start : start + _BATCH] for start in range(0, len(small), _BATCH))
    with _helping_process(paths, batches, results, progress) as finish:
        for batch in _taken_from(batches):
            for index in batch:
                results[index] = _hash_file(paths[index], progress)
        finish()
    # One after another: each large file already keeps every core busy.
    for index in large:
        results[index] = _hash_file(paths[index], progress)
    return [
        hashed if hashed is not None else _hash_file(paths[index], progress)
        for index, hashed in enumerate(results)
    ]


def _taken_from(batches: deque[list[int]]) -> Iterator[list[int]]:
    """Yield batches from the first on; the helping process takes them from the last."""
    with suppress(IndexError):
        while True:
            yield batches.popleft()


@contextmanager
def _helping_process(
    paths: Sequence[str],
    batches: deque[list[int]],
    results: list[Hashed | None],
    progress: Callable[[int], None],
) -> Iterator[Callable[[], None]]:
    """Let a process beside this one hash batches, from the last one on, until none is left.

    Yields a function that waits for it. What it could not hash stays None in ``results``.
    """
    if len(batches) * _BATCH < _WORTH_A_PROCESS or (os.cpu_count() or 1) < 2:
        yield lambda: None
        return
    try:
        process = _start_process()
    except OSError:
        yield lambda: None  # no room for another process: this one does it all
        return

    def converse() -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError, IndexError):
            while True:
                batch = batches.pop()
                process.stdin.write(hashing_worker.ask([paths[index] for index in batch]))
                process.stdin.flush()
                answer = process.stdout.read(hashing_worker.answer_size(len(batch)))
                if len(answer) < hashing_worker.answer_size(len(batch)):
                    return  # it was killed; what it left is hashed here
                for index, (done, digest, *state) in zip(
                    batch, hashing_worker.read_answers(answer), strict=True
                ):
                    if done:
                        results[index] = (digest, (state[0], state[1], state[2], state[3]))
                        progress(state[0])

    conversation = threading.Thread(target=converse, name="dsnb-hashing", daemon=True)
    conversation.start()
    try:
        yield conversation.join
    finally:
        batches.clear()
        process.kill()
        conversation.join()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()


def _start_process() -> subprocess.Popen[bytes]:
    import blake3

    if not sys.executable:
        raise OSError("an embedded Python cannot be started again")
    # Isolated and without site packages Python is there in 15 ms; all it needs is blake3.
    setup = (
        "import runpy, sys; sys.path.append(sys.argv[1]); "
        "runpy.run_path(sys.argv[2], run_name='__main__')"
    )
    libraries = str(Path(blake3.__file__).parent.parent)
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", setup, libraries, hashing_worker.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C in a terminal is for this process, which then stops the other.
        start_new_session=True,
    )


_forked = threading.Event()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked.set)


def parallel_hasher() -> blake3:
    """Return a new BLAKE3 hasher that uses every core.

    In a forked process it uses one: the threads of the library stayed behind in the process it was
    forked from, and it would wait for them for ever.
    """
    from blake3 import blake3

    return blake3(max_threads=1 if _forked.is_set() else blake3.AUTO)


def _hash_file(path: str, progress: Callable[[int], None]) -> Hashed:
    """Hash one file, again when it was written to meanwhile."""
    try:
        for _ in range(_ATTEMPTS):
            hashed = hash_small(path)
            if hashed is not None:
                progress(hashed[1][0])
                return hashed
            if os.stat(path).st_size > SMALL:
                hashed = _hash_large(path, progress)
            if hashed is not None:
                return hashed
    except OSError as error:
        raise UnreadableFileError(
            f"{path} cannot be read: {error.strerror}.",
            hint="Check that it still exists and its permissions, then run the same line again.",
        ) from error
    raise UnreadableFileError(
        f"{path} is being written to, so it has no settled content yet.",
        hint="Wait until the writer is done, then run the same line again.",
    )


def _hash_large(path: str, progress: Callable[[int], None]) -> Hashed | None:
    """Hash a file piece by piece; None when it was written to meanwhile."""
    hasher = parallel_hasher()
    with open(path, "rb", buffering=0) as file:
        before = stat_of(os.fstat(file.fileno()))
        for piece in _read_ahead(file):
            hasher.update(piece)
            progress(len(piece))
        settled = stat_of(os.fstat(file.fileno())) == before
    return (hasher.digest(), before) if settled else None


def _read_ahead(file: BinaryIO) -> Iterator[memoryview]:
    """Yield a file piece by piece, the next one being read while the last is used."""
    empty: queue.SimpleQueue[bytearray | None] = queue.SimpleQueue()
    full: queue.SimpleQueue[tuple[bytearray, int] | OSError] = queue.SimpleQueue()

    def read() -> None:
        try:
            while (buffer := empty.get()) is not None:
                count = file.readinto(buffer)  # type: ignore[attr-defined]
                full.put((buffer, count))
                if not count:
                    return
        except OSError as error:
            full.put(error)

    for _ in range(2):
        empty.put(bytearray(_PIECE))
    reader = threading.Thread(target=read, name="dsnb-read-ahead", daemon=True)
    reader.start()
    try:
        while True:
            item = full.get()
            if isinstance(item, OSError):
                raise item
            buffer, count = item
            if not count:
                return
            yield memoryview(buffer)[:count]
            empty.put(buffer)
    finally:
        empty.put(None)
        reader.join()
