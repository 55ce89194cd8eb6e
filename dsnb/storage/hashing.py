"""Content hashes: BLAKE3 of whole files, computed in parallel."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import BinaryIO

from dsnb.errors import UnreadableFileError
from dsnb.storage.files import Stat, stat_of

# Files up to this size are read in one piece; a larger one is read and hashed side by side, with
# every core hashing. A mapped file would be as quick, but kills the process when it is truncated.
_PIECE = 2 << 20
_BATCH = 64
_ATTEMPTS = 3

Hashed = tuple[bytes, Stat]
"""A file's BLAKE3 (32 bytes), and the state of the file that had this content."""


def hash_files(
    paths: Sequence[str], progress: Callable[[int], None] = lambda count: None
) -> list[Hashed]:
    """Hash the content of files.

    Parameters
    ----------
    paths
        The files.
    progress
        Called with a number of further bytes that were hashed, from any thread.

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
    stop = threading.Event()
    if len(paths) == 1:
        return [_hash_file(paths[0], progress, stop)]
    large = [index for index, path in enumerate(paths) if _size(path) > _PIECE]
    small = sorted(set(range(len(paths))) - set(large))
    results: dict[int, Hashed] = {}

    def hash_batch(batch: Sequence[int]) -> None:
        for index in batch:
            if stop.is_set():
                return
            results[index] = _hash_file(paths[index], progress, stop)

    with _Workers(stop) as submit:
        futures = [
            submit(hash_batch, small[start : start + _BATCH])
            for start in range(0, len(small), _BATCH)
        ]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
    # One after another: each large file already keeps every core busy.
    for index in large:
        results[index] = _hash_file(paths[index], progress, stop)
    return [results[index] for index in range(len(paths))]


class _Workers:
    """Threads that stop at once when the block is left by an exception, such as Ctrl-C."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._executor = ThreadPoolExecutor(min(os.cpu_count() or 1, 8))

    def __enter__(self) -> Callable[..., Future[None]]:
        return self._executor.submit

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=kind is not None)


def _hash_file(path: str, progress: Callable[[int], None], stop: threading.Event) -> Hashed:
    """Hash one file, again when it was written to meanwhile."""
    try:
        for _ in range(_ATTEMPTS):
            with open(path, "rb", buffering=0) as file:
                before = stat_of(os.fstat(file.fileno()))
                digest = _hash_content(file, before[0], progress, stop)
                if stat_of(os.fstat(file.fileno())) == before:
                    return digest, before
    except OSError as error:
        raise UnreadableFileError(
            f"{path} cannot be read: {error.strerror}.",
            hint="Check that it still exists and its permissions, then run the same line again.",
        ) from error
    raise UnreadableFileError(
        f"{path} is being written to, so it has no settled content yet.",
        hint="Wait until the writer is done, then run the same line again.",
    )


def _hash_content(
    file: BinaryIO, size: int, progress: Callable[[int], None], stop: threading.Event
) -> bytes:
    from blake3 import blake3

    if size <= _PIECE:
        content = file.read()
        progress(len(content))
        return blake3(content).digest()
    hasher = blake3(max_threads=blake3.AUTO)
    for piece in _read_ahead(file):
        if stop.is_set():
            break
        hasher.update(piece)
        progress(len(piece))
    return hasher.digest()


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


def _size(path: str) -> int:
    with suppress(OSError):
        return os.stat(path).st_size
    return 0
