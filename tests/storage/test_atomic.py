import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from dsnb.errors import RegistryError, writing
from dsnb.storage.atomic import write_atomically
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
