import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from blake3 import blake3

from dsnb.errors import UnreadableFileError
from dsnb.storage import hashing, hashing_worker
from dsnb.storage.files import stat_of
from dsnb.storage.hashing import hash_files
from tests.workbench import NOBODY, run_python, write

PIECE = 2 << 20
SIZES = [0, 1, 31, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 10_000_000]


def content_of(size: int) -> bytes:
    return (b"weather" * (size // 7 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_the_hash_is_that_of_the_whole_content(size: int) -> None:
    Path("data").write_bytes(content_of(size))
    [(digest, found)] = hash_files(["data"])
    assert digest == blake3(content_of(size)).digest()
    status = os.stat("data")
    assert found == (size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def test_many_files_of_any_size_are_hashed_in_the_order_given() -> None:
    contents = [content_of(size) + b"%d" % place for place, size in enumerate(SIZES * 2)]
    contents += [b"%d" % place for place in range(200)]
    for place, content in enumerate(contents):
        Path(f"{place}").write_bytes(content)
    told: list[int] = []
    hashed = hash_files([f"{place}" for place in range(len(contents))], told.append)
    assert [digest for digest, _ in hashed] == [blake3(content).digest() for content in contents]
    assert sum(told) == sum(map(len, contents))


def test_no_files_have_no_hashes() -> None:
    assert hash_files([]) == []


def before_each_read(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], None]) -> None:
    """Let something happen between the moment a file is opened and that it is read."""
    read = os.read

    def read_after(descriptor: int, count: int) -> bytes:
        happen()
        return read(descriptor, count)

    monkeypatch.setattr(hashing_worker.os, "read", read_after)


def test_a_small_file_that_is_written_to_meanwhile_is_hashed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("data").write_bytes(b"before")
    contents = [b"while it is read"]
    before_each_read(monkeypatch, lambda: contents and Path("data").write_bytes(contents.pop()))
    [(digest, found)] = hash_files(["data"])
    assert digest == blake3(b"while it is read").digest()
    assert found[0] == 16


def test_a_large_file_that_is_written_to_meanwhile_is_hashed_again() -> None:
    size = 3 * PIECE
    Path("data").write_bytes(content_of(size))
    changed = False

    def write_once(count: int) -> None:
        nonlocal changed
        if not changed:
            changed = True
            Path("data").write_bytes(content_of(size) + b"more")

    [(digest, found)] = hash_files(["data"], write_once)
    assert digest == blake3(content_of(size) + b"more").digest()
    assert found[0] == size + 4


def test_a_file_that_never_settles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("data").write_bytes(b"0")

    def write_again() -> None:
        with open("data", "ab") as file:
            file.write(b"more")

    before_each_read(monkeypatch, write_again)
    with pytest.raises(UnreadableFileError, match=r"data is being written to.*Wait"):
        hash_files(["data"])


@pytest.fixture
def many() -> list[str]:
    """Return the paths of more small files than are hashed by one process alone."""
    Path("many").mkdir()
    paths = [f"many/{place:05d}" for place in range(hashing._WORTH_A_PROCESS + 2000)]
    for place, path in enumerate(paths):
        Path(path).write_bytes(b"%d" % place)
    return paths


def expected(paths: list[str]) -> list[bytes]:
    return [blake3(b"%d" % place).digest() for place in range(len(paths))]


def test_a_helping_process_gives_the_same_hashes_and_is_gone_afterwards(many: list[str]) -> None:
    told: list[int] = []
    threads, others = set(threading.enumerate()), children()
    hashed = hash_files(many, told.append)
    assert [digest for digest, _ in hashed] == expected(many)
    assert hashed[-1][1] == stat_of(os.stat(many[-1]))
    assert sum(told) == sum(os.stat(path).st_size for path in many)
    assert set(threading.enumerate()) == threads
    assert children() <= others


def test_a_helping_process_that_is_killed_costs_nothing_but_time(
    many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = hashing._start_process

    def start_and_kill() -> subprocess.Popen[bytes]:
        process = start()
        threading.Timer(0.03, process.kill).start()
        return process

    monkeypatch.setattr(hashing, "_start_process", start_and_kill)
    assert [digest for digest, _ in hash_files(many)] == expected(many)


def test_without_a_helping_process_the_hashes_are_the_same(
    many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room() -> subprocess.Popen[bytes]:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(hashing, "_start_process", no_room)
    assert [digest for digest, _ in hash_files(many)] == expected(many)


def test_the_file_that_a_helping_process_cannot_read_is_named(many: list[str]) -> None:
    os.unlink(many[-1])
    others = children()
    with pytest.raises(UnreadableFileError, match=f"{many[-1]} cannot be read: No such file"):
        hash_files(many)
    assert children() <= others


def children() -> set[psutil.Process]:
    """Return the processes that this one began and that are still there, if only to be fetched."""
    return set(psutil.Process().children())


@pytest.mark.parametrize("others", [0, 3])
def test_a_file_that_vanished_is_refused(others: int) -> None:
    paths = [str(write(f"{place}", "1")) for place in range(others)]
    with pytest.raises(UnreadableFileError, match="gone cannot be read: No such file"):
        hash_files([*paths, "gone"])


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
def test_a_file_without_permission_is_refused(open_folder: Path) -> None:
    path = write(open_folder / "secret", "1")
    os.chmod(path, 0)
    done = run_python(
        f"from dsnb.storage.hashing import hash_files\nhash_files([{str(path)!r}])", user=NOBODY
    )
    assert "UnreadableFileError" in done.stderr
    assert "secret cannot be read: Permission denied" in done.stderr


@pytest.mark.parametrize("sizes", [[5 * PIECE], [100] * 1000])
def test_an_interrupt_stops_at_once_and_leaves_no_thread(sizes: list[int]) -> None:
    for place, size in enumerate(sizes):
        Path(f"{place}").write_bytes(content_of(size))
    before = threading.active_count()
    main = threading.current_thread()

    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hash_files([f"{place}" for place in range(len(sizes))], interrupt)
    assert (threading.active_count(), threading.current_thread()) == (before, main)


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_ctrl_c_stops_the_hashing_of_a_large_file() -> None:
    with open("large", "wb") as file:
        file.truncate(40 << 30)  # sparse: half a minute to read, nothing on the disk
    code = """
import threading
from dsnb.storage.hashing import hash_files
told = []
def tell(count):
    if not told:
        told.append(count)
        print("hashing", flush=True)
try:
    hash_files(["large"], tell)
except KeyboardInterrupt:
    print("stopped with", threading.active_count(), "thread")
"""
    source = str(Path(hashing.__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": source},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "hashing\n"
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert process.stdout.read() == "stopped with 1 thread\n"
        assert time.monotonic() - began < 2
