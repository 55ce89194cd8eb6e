import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dsnb.errors import RegistryError, writing
from dsnb.storage.atomic import leftovers, write_atomically
from tests.workbench import NOBODY, run_python, write


def test_the_file_is_replaced_and_nothing_is_left_beside_it() -> None:
    for content in (b"one", b"", bytes(1_000_000)):
        write_atomically(Path("folder/file"), content)
        assert Path("folder/file").read_bytes() == content
        assert os.listdir("folder") == ["file"]


def test_permissions_are_kept() -> None:
    path = write("file", "old")
    os.chmod(path, 0o640)
    write_atomically(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_reader_sees_the_old_or_the_new_content_whole() -> None:
    path = Path("file")
    contents = {bytes([count]) * 50_000 for count in range(10)}
    write_atomically(path, b"\0" * 50_000)
    done = threading.Event()

    def rewrite() -> None:
        for content in sorted(contents) * 5:
            write_atomically(path, content, durable=False)
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    while not done.is_set():
        assert path.read_bytes() in contents
    writer.join()


def test_a_full_disk_leaves_the_old_file_and_nothing_else(small_disk: Path) -> None:
    path = write(small_disk / "file", "old")
    refused = pytest.raises(
        RegistryError, match=r"no room left to write .*nothing was changed.*Free"
    )
    with refused, writing(path):
        write_atomically(path, bytes(1_000_000))
    assert path.read_text() == "old"
    assert os.listdir(small_disk) == ["file"]


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit of file sizes here")
def test_a_limit_of_file_sizes_leaves_the_old_file_and_nothing_else() -> None:
    path = write("folder/file", "old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(RegistryError, match="no room left"), writing(path):
            write_atomically(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "old"
    assert os.listdir("folder") == ["file"]


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
def test_a_folder_that_cannot_be_written_is_told_apart(open_folder: Path) -> None:
    path = write(open_folder / "closed/file", "old")
    done = run_python(
        f"""
from pathlib import Path
from dsnb.errors import writing
path = Path({str(path)!r})
with writing(path):
    dsnb.storage.atomic.write_atomically(path, b"new")
""",
        user=NOBODY,
    )
    assert "RegistryError" in done.stderr
    assert "cannot be written (Permission denied); nothing was changed" in done.stderr
    assert path.read_text() == "old"


def test_an_unforeseen_refusal_is_not_dressed_up() -> None:
    with pytest.raises(TimeoutError), writing("file"):
        raise TimeoutError(110, "Connection timed out")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
@pytest.mark.parametrize(
    ("folder", "file", "below"),
    [
        (0o2775, 0o664, 0o2775), (0o755, 0o644, 0o755), (0o700, 0o600, 0o700),
        (0o770, 0o660, 0o770), (0o777, 0o666, 0o777), (0o1777, 0o644, 0o755),
    ],
)  # fmt: skip
def test_what_is_new_is_as_open_to_others_as_its_folder_whatever_the_umask(
    folder: int, file: int, below: int, umask: int
) -> None:
    Path("shared").mkdir()
    Path("shared").chmod(folder)
    before = os.umask(umask)
    try:
        write_atomically(Path("shared/file"), b"new")
        write_atomically(Path("shared/a/b/file"), b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("shared/file").stat().st_mode) == file
    assert stat.S_IMODE(Path("shared/a/b").stat().st_mode) == below


def test_the_written_file_is_told_apart_from_every_other_whatever_the_clock_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, seen = Path("file"), set()
    times = iter([10**18, 10**18, 10**18, 5, 0])
    monkeypatch.setattr("time.time_ns", lambda: next(times))
    for _ in range(5):
        written = write_atomically(path, b"same size")
        assert os.path.samestat(written, path.stat())
        assert written.st_mtime_ns == path.stat().st_mtime_ns
        seen.add(written.st_mtime_ns)
    assert len(seen) == 5


def test_a_folder_that_cannot_be_synced_does_not_undo_what_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_atomically(Path("file"), b"new")
    assert Path("file").read_bytes() == b"new"


WRITE_SLOWLY = """
import os, sys, time
from pathlib import Path
from dsnb.storage import atomic

def stop(*_):
    print("written", flush=True)
    time.sleep(60)

atomic._succeed = stop
atomic.write_atomically(Path(sys.argv[1]), b"half")
"""


def test_what_a_killed_writer_left_is_told_apart_from_what_is_being_written() -> None:
    source = str(Path(__file__).parents[2])
    write(".tmp-of-another-program/notes", "not a file of ours")
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_SLOWLY, "below/file"],
        env={**os.environ, "PYTHONPATH": source},
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        [unfinished] = Path("below").iterdir()
        assert list(leftovers(Path())) == []
        writer.kill()
        writer.wait()
    assert list(leftovers(Path())) == [unfinished]
    write_atomically(Path("below/file"), b"whole")
    assert list(leftovers(Path())) == [unfinished]


def test_an_unfinished_file_that_is_empty_may_be_one_that_begins() -> None:
    path = write(".tmp-0123", "")
    assert list(leftovers(Path())) == []
    os.utime(path, (0, 0))
    assert list(leftovers(Path())) == [path]
