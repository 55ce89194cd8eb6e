"""The lock file: whose it may be, what it may hold, and where locks do not work."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsnb.catalog import locking
from dsnb.catalog.locking import locked
from dsnb.errors import RegistryError, RegistryLockedError
from tests.catalog.records import add, catalog_in
from tests.workbench import NOBODY, run_python

only_root = pytest.mark.skipif(
    os.name == "nt" or os.getuid() != 0, reason="only root can become nobody"
)
LOCK = Path("registry.lock")


@pytest.fixture
def without_flock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return a list whose one element is the error of every flock from now on."""
    error = [errno.ENOSYS]

    def flock(descriptor: int, operation: int) -> None:
        raise OSError(error[0], os.strerror(error[0]))

    monkeypatch.setattr(fcntl, "flock", flock)
    locking._has_flock.cache_clear()
    yield error
    locking._has_flock.cache_clear()


@pytest.mark.parametrize(
    ("folder", "file"), [(0o2775, 0o664), (0o755, 0o644), (0o700, 0o600), (0o1777, 0o644)]
)
def test_the_lock_file_is_open_to_those_who_share_the_folder(folder: int, file: int) -> None:
    Path.cwd().chmod(folder)
    before = os.umask(0o077)
    try:
        add(catalog_in())
    finally:
        os.umask(before)
    assert stat.S_IMODE(LOCK.stat().st_mode) == file


@pytest.mark.parametrize("content", ["", "1234\nanother-machine\n", "\0" * 5000])
def test_a_lock_file_that_was_left_behind_stops_nobody(content: str) -> None:
    LOCK.write_text(content)
    os.utime(LOCK, (0, 0))
    assert add(catalog_in(timeout=1)).version == 1


@only_root
def test_a_member_of_the_group_can_write_what_another_began(open_folder: Path) -> None:
    open_folder.chmod(0o2775)
    before = os.umask(0o077)
    try:
        add(catalog_in())
    finally:
        os.umask(before)
    # The process keeps its group when it becomes nobody.
    done = run_python(
        f"""
from pathlib import Path
from dsnb.catalog.tinydb import TinyCatalog
folder = Path({str(open_folder)!r})
catalog = TinyCatalog(folder / "registry.json", folder / "runs.json", folder / "backups")
with catalog.transaction() as transaction:
    transaction.set_alias("ds", "prod", 1)
""",
        user=NOBODY,
    )
    assert done.stderr == ""
    assert catalog_in().view().aliases("ds") == {"prod": 1}
    assert len(list(Path("backups").iterdir())) == 2
    assert add(catalog_in()).version == 2


@only_root
def test_a_lock_file_that_its_owner_does_not_share_is_told(open_folder: Path) -> None:
    open_folder.chmod(0o777)
    LOCK.touch(0o600)
    done = run_python(
        f"""
from pathlib import Path
from dsnb.catalog.locking import locked
with locked(Path({str(open_folder / "registry.json")!r}), 1):
    pass
""",
        user=NOBODY,
    )
    assert "RegistryError: The lock file" in done.stderr
    assert f"Ask its owner to run: chmod g+rw {open_folder / LOCK}" in done.stderr


@only_root
def test_a_folder_that_cannot_be_written_is_told(open_folder: Path) -> None:
    done = run_python(
        f"""
from pathlib import Path
from dsnb.catalog.locking import locked
with locked(Path({str(open_folder / "registry.json")!r}), 1):
    pass
""",
        user=NOBODY,
    )
    assert "cannot be written (Permission denied); nothing was changed" in done.stderr
    assert "Make the folder writable" in done.stderr
    assert list(open_folder.iterdir()) == []


def test_a_folder_in_the_place_of_the_lock_file_is_told() -> None:
    LOCK.mkdir()
    with pytest.raises(RegistryError, match="something else stands in its place"):
        add(catalog_in())


# File systems that cannot lock


def test_without_flock_a_file_that_exists_only_while_it_is_held_is_the_lock(
    without_flock: list[int],
) -> None:
    LOCK.touch()  # of a machine that has flock
    catalog = catalog_in(timeout=0.2)
    assert [add(catalog).version for _ in range(2)] == [1, 2]
    assert not Path("registry.softlock").exists()
    with locked(Path("registry.json"), 1):
        held = Path("registry.softlock").read_text()
    Path("registry.softlock").write_text(held)  # this process lives
    with pytest.raises(
        RegistryLockedError, match=r"If nothing writes there any more.*remove .*registry\.softlock"
    ):
        add(catalog)
    assert catalog.view().numbers("ds") == [1, 2]


def test_without_flock_a_lock_whose_holder_died_here_is_taken_over(
    without_flock: list[int],
) -> None:
    with locked(Path("registry.json"), 1):
        held = Path("registry.softlock").read_text()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    Path("registry.softlock").write_text(held.replace(str(os.getpid()), str(gone.pid), 1))
    os.utime("registry.softlock", (0, 0))
    assert add(catalog_in(timeout=5)).version == 1


def test_a_lock_that_the_file_system_refuses_today_is_told_and_nothing_is_written(
    without_flock: list[int],
) -> None:
    without_flock[0] = errno.ENOLCK
    with pytest.raises(RegistryError, match=r"registry\.lock cannot be locked.*nothing was change"):
        add(catalog_in())
    assert not Path("registry.json").exists()
