"""Killed, interrupted, out of room, not alone: the store stays whole."""

import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dsnb.errors import DsnbError, RegistryError
from dsnb.storage.snapshots import SnapshotStore, ToKeep, store
from dsnb.storage.snapshots.newfile import new_file
from tests.storage.kept import OBJECTS, edited, files_of, hash_of, keep, restored, table, to_keep
from tests.workbench import NOBODY, run_python

KEEPING = """
import sys
from pathlib import Path
from blake3 import blake3
from dsnb.storage.snapshots import SnapshotStore, ToKeep
files = []
for path in sorted(Path("data").iterdir()):
    content = path.read_bytes()
    files.append(ToKeep(str(path), blake3(content).hexdigest(), len(content)))
print("ready", flush=True)
sys.stdin.readline()
SnapshotStore(Path("objects"), segment=1 << 16).keep(files)
print("done", flush=True)
"""


def write_data() -> list[ToKeep]:
    numbers = random.Random(27)
    large = [to_keep(f"large{one}", numbers.randbytes(3_000_000)) for one in range(5)]
    return large + [to_keep(f"small{one}", numbers.randbytes(500)) for one in range(2000)]


@contextmanager
def keeping_process() -> Iterator[subprocess.Popen[str]]:
    """Give a process that is about to keep the data; it is gone afterwards."""
    with subprocess.Popen(
        [sys.executable, "-c", KEEPING],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.read()


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05, 0.1, 0.2])
def test_a_killed_process_leaves_nothing_half_written(seconds: float) -> None:
    files = write_data()
    with keeping_process() as process:
        go(process)
        time.sleep(seconds)
    survivor = SnapshotStore(OBJECTS)
    assert list(survivor.check()) == []
    kept = {file.hash for file in files} - survivor.missing(file.hash for file in files)
    for path in files_of():
        os.utime(path, (0, 0))  # an empty file may be about to be written for a minute
    survivor.sweep(kept)
    assert not [path for path in files_of() if path.name.startswith(".tmp-")]
    survivor.keep(files)
    assert list(survivor.check(file.hash for file in files)) == []


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.1])
def test_an_interrupted_process_leaves_nothing_half_written(seconds: float) -> None:
    files = write_data()
    with keeping_process() as process:
        go(process)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        said(process)
    # Contents that were whole by then may stay: another version may count on them already.
    survivor = SnapshotStore(OBJECTS)
    assert list(survivor.check()) == []
    assert not [path for path in files_of() if path.name.startswith(".tmp-")]
    survivor.keep(files)
    assert list(survivor.check(file.hash for file in files)) == []


def test_two_processes_keep_the_same_at_once() -> None:
    files = write_data()
    with keeping_process() as first, keeping_process() as second:
        go(first)
        go(second)
        assert said(first) == "done\n"
        assert said(second) == "done\n"
    one = SnapshotStore(OBJECTS)
    assert list(one.check(file.hash for file in files)) == []
    one.sweep({file.hash for file in files})
    assert list(one.check(file.hash for file in files)) == []


def test_sweeping_beside_keeping_disturbs_neither() -> None:
    files = write_data()
    stop = threading.Event()
    failures: list[BaseException] = []

    def sweep() -> None:
        try:
            while not stop.is_set():
                SnapshotStore(OBJECTS).sweep(set())
        except BaseException as error:
            failures.append(error)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for _ in range(5):
            SnapshotStore(OBJECTS, segment=1 << 16).keep(files[:3] + files[5:100])
    finally:
        stop.set()
        sweeper.join()
    assert failures == []
    one = SnapshotStore(OBJECTS)
    one.keep(files)
    assert list(one.check(file.hash for file in files)) == []


def test_a_sweep_leaves_what_is_being_written_and_takes_what_was_abandoned() -> None:
    one = SnapshotStore(OBJECTS)
    keep(one, b"content")
    abandoned = OBJECTS / "ab" / ".tmp-0123456789abcdef"
    abandoned.parent.mkdir()
    abandoned.write_bytes(b"half")
    with new_file(OBJECTS / "cd") as new:
        new.write(b"half")
        assert one.sweep({hash_of(b"content")}, dry_run=True).files == 1
        assert one.sweep({hash_of(b"content")}).size == 4
        assert new.path.exists()
        assert not abandoned.parent.exists()
    one.sweep(set())
    assert files_of() == []
    assert list(OBJECTS.iterdir()) == []


def test_a_sweep_writes_a_pack_anew_when_most_of_it_is_useless() -> None:
    contents = [b"%d" % number * 100 for number in range(30)]
    one = SnapshotStore(OBJECTS)
    keep(one, *contents)
    before = files_of()
    assert one.sweep(set(map(hash_of, contents[:20]))).files == 0
    assert files_of() == before
    needed = set(map(hash_of, contents[5:12]))
    told = one.sweep(needed, dry_run=True)
    assert (told.files, files_of()) == (23, before)
    assert one.sweep(needed) == told
    assert one.missing(map(hash_of, contents)) == set(map(hash_of, contents)) - needed
    assert restored(one, contents[7]) == contents[7]
    assert len(files_of()) == 1 != before
    one.sweep(set())
    assert files_of() == []


def test_a_pack_that_was_written_anew_is_found_by_those_who_knew_it() -> None:
    contents = [b"%d" % number * 100 for number in range(30)]
    one, other = SnapshotStore(OBJECTS), SnapshotStore(OBJECTS)
    keep(one, *contents)
    assert restored(other, contents[0]) == contents[0]
    one.sweep(set(map(hash_of, contents[:5])))
    assert restored(other, contents[0]) == contents[0]


@pytest.mark.parametrize("count", [1, 400])
def test_a_full_disk_is_told_and_nothing_is_half_there(small_disk: Path, count: int) -> None:
    numbers = random.Random(27)
    size = 600_000 // count
    files = [to_keep(str(one), numbers.randbytes(size)) for one in range(count)]
    files.append(to_keep("fits", b"content"))
    one = SnapshotStore(small_disk / "objects")
    with pytest.raises(RegistryError, match=r"no room left.*nothing was changed.*Free"):
        one.keep(files[::-1])
    assert list(one.check()) == []
    one.sweep(set())
    assert files_of(small_disk) == []
    assert one.keep(files[-1:]).new == 1


def test_restoring_to_a_full_disk_is_told_and_nothing_is_left(small_disk: Path) -> None:
    content = random.Random(27).randbytes(600_000)
    one = SnapshotStore(OBJECTS)
    keep(one, content)
    with pytest.raises(RegistryError, match="no room left"):
        one.restore(hash_of(content), small_disk / "file")
    assert files_of(small_disk) == []


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit of file sizes here")
def test_a_limit_of_file_sizes_is_told_and_nothing_is_left() -> None:
    one = to_keep("one", random.Random(27).randbytes(600_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(RegistryError, match="no room left"):
            SnapshotStore(OBJECTS).keep([one])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files_of() == []


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
def test_a_store_that_cannot_be_written_is_told(open_folder: Path) -> None:
    one = to_keep("one", b"content")
    done = run_python(
        f"""
from dsnb.storage.snapshots import SnapshotStore, ToKeep
file = ToKeep({str(Path(one.path).resolve())!r}, {one.hash!r}, 7)
SnapshotStore(dsnb.storage.atomic.Path({str(open_folder)!r}, "objects")).keep([file])
""",
        user=NOBODY,
    )
    assert "RegistryError" in done.stderr
    assert "cannot be written (Permission denied); nothing was changed" in done.stderr


def test_a_file_in_the_place_of_the_store_is_told() -> None:
    OBJECTS.write_text("in the way")
    with pytest.raises(DsnbError, match="something else stands in its place"):
        keep(SnapshotStore(OBJECTS), b"content")


def test_what_was_kept_before_a_failure_is_whole_and_stays_until_it_is_swept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = SnapshotStore(OBJECTS, segment=1 << 16)
    first = table(5000)
    keep(one, first)
    before = files_of()

    def fail(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "sync_folder", fail)
    files = [to_keep(str(number), b"%d" % number) for number in range(20)]
    with pytest.raises(KeyboardInterrupt):
        one.keep([*files, to_keep("edited", edited(first, 1), first)])
    # Another process may have found it there, and recorded a version that needs it.
    assert len(files_of()) > len(before)
    assert list(one.check()) == []
    one.sweep({to_keep("first", first).hash})
    assert files_of() == before
