import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.errors import RegistryError, SnapshotError, UnreadableFileError
from dsnb.storage.snapshots import SnapshotStore, ToKeep
from dsnb.storage.snapshots.store import HANDFUL, SMALL
from tests.storage.kept import OBJECTS, files_of, hash_of, keep, restored, to_keep

NOISE = random.Random(27).randbytes(3 * SMALL)
SIZES = [0, 1, 7, 8, 4096, 65_537, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL]


@pytest.fixture
def store() -> SnapshotStore:
    return SnapshotStore(OBJECTS, segment=1 << 16)


def rows(count: int) -> bytes:
    return b"EWR,2013-07-01T04:00:00Z,78.08\n" * count


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noisy", [True, False])
def test_a_content_comes_back(store: SnapshotStore, size: int, noisy: bool) -> None:
    content = NOISE[:size] if noisy else rows(size // 31 + 1)[:size]
    kept = store.keep([to_keep("one", content)])
    assert kept.new == 1
    assert restored(store, content) == content
    assert list(store.check()) == []


def test_contents_of_any_sizes_come_back_together(store: SnapshotStore) -> None:
    contents = [NOISE[place : place + size] for place, size in enumerate(SIZES * 3)]
    keep(store, *contents)
    wanted = [(hash_of(one), Path("back", str(place))) for place, one in enumerate(contents)]
    random.Random(1).shuffle(wanted)
    told: list[int] = []
    store.restore_many(wanted, lambda files, size: told.append(-size) or told.append)  # type: ignore[func-returns-value]
    for address, path in wanted:
        assert hash_of(path.read_bytes()) == address
    assert sum(told) == 0
    assert list(store.check([address for address, _ in wanted])) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=2 * HANDFUL))
def test_small_contents_come_back(contents: list[bytes]) -> None:
    shutil.rmtree(OBJECTS, ignore_errors=True)
    store = SnapshotStore(OBJECTS)
    keep(store, *contents)
    for content in contents:
        assert restored(store, content) == content
    assert len(files_of()) == (1 if len(set(contents)) > HANDFUL else len(set(contents)))


def test_nothing_is_made_before_something_is_kept(store: SnapshotStore) -> None:
    assert store.missing(["0" * 64]) == {"0" * 64}
    assert store.keep([]).new == 0
    assert list(store.check()) == []
    assert store.sweep(set()).files == 0
    store.clones(to_keep("one", b"content").path)
    assert not OBJECTS.exists()


def test_a_content_is_kept_once(store: SnapshotStore) -> None:
    first = [to_keep(str(number), b"%d" % number) for number in range(20)]
    large = to_keep("large", rows(100_000))
    assert store.keep([*first, large]).new == 21
    before = {path: path.stat() for path in files_of()}
    again = [to_keep("copy", rows(100_000)), *first, to_keep("one", b"new"), to_keep("two", b"new")]
    assert store.keep(again).new == 1
    assert len(files_of()) == len(before) + 1
    assert all(path.stat() == stat for path, stat in before.items())


def test_what_is_kept_is_told_in_bytes_on_disk(store: SnapshotStore) -> None:
    kept = store.keep([to_keep("one", rows(100_000))])
    [path] = files_of()
    assert kept.size == path.stat().st_size < 100_000
    assert store.size_of() == store.size_of([hash_of(rows(100_000))]) == kept.size
    keep(store, *(NOISE[place : place + 1000] for place in range(20)))
    part = store.size_of(hash_of(NOISE[place : place + 1000]) for place in range(10))
    assert part == pytest.approx((store.size_of() - kept.size) / 2, abs=1)


def test_what_is_missing_is_told(store: SnapshotStore) -> None:
    keep(store, *(b"%d" % number for number in range(20)))
    assert store.missing([hash_of(b"1"), hash_of(b"20"), "no hash"]) == {hash_of(b"20"), "no hash"}


@pytest.mark.parametrize("others", [0, 20])
def test_a_file_that_changed_is_not_kept(store: SnapshotStore, others: int) -> None:
    files = [to_keep(str(number), b"%d" % number) for number in range(others)]
    for content in (b"contenT", b"conten", b"content+"):
        changed = to_keep("one", b"content")
        Path(changed.path).write_bytes(content)
        with pytest.raises(UnreadableFileError, match="one was changed"):
            store.keep([*files, changed])
        assert files_of() == []


def test_a_file_that_cannot_be_read_is_not_kept(store: SnapshotStore) -> None:
    with pytest.raises(UnreadableFileError, match=r"gone cannot be read: No such file"):
        store.keep([ToKeep("data/gone", "0" * 64, 0)])


def test_a_kept_content_is_never_the_file_itself(store: SnapshotStore) -> None:
    one = to_keep("one", NOISE)
    store.keep([one])
    with open(one.path, "r+b") as file:
        file.write(b"overwritten")
    assert restored(store, NOISE) == NOISE
    assert all(path.stat().st_nlink == 1 for path in files_of())


def test_stock_tools_read_whole_contents_and_packs(store: SnapshotStore) -> None:
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed")
    for contents in ([rows(100_000)], [b"%d\n" % number for number in range(20)], [b""]):
        shutil.rmtree(OBJECTS, ignore_errors=True)
        keep(store, *contents)
        [path] = files_of()
        with path.open("rb") as file:
            done = subprocess.run(["zstd", "-dc"], stdin=file, capture_output=True, check=True)
        assert done.stdout == b"".join(contents)


def test_a_restored_file_replaces_another_and_keeps_its_permissions(store: SnapshotStore) -> None:
    keep(store, b"content")
    path = Path("place", "file")
    store.restore(hash_of(b"content"), path)
    path.chmod(0o640)
    path.write_bytes(b"changed")
    store.restore(hash_of(b"content"), path)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"content", 0o640)
    store.restore(hash_of(b"content"), path, mode=0o444)
    assert path.stat().st_mode & 0o777 == 0o444
    assert os.listdir("place") == ["file"]


def test_what_is_not_kept_cannot_be_restored(store: SnapshotStore) -> None:
    for address in ("0" * 64, "../../etc/passwd", ""):
        with pytest.raises(SnapshotError, match=r"do not hold the content.*doctor --repair"):
            store.restore(address, Path("file"))
    assert not Path("file").exists()


def test_a_content_of_another_size_is_not_restored(store: SnapshotStore) -> None:
    keep(store, b"content")
    with pytest.raises(SnapshotError, match="holds 7 bytes, not 5"):
        store.restore(hash_of(b"content"), Path("file"), size=5)


def test_a_place_that_cannot_be_written_is_told(store: SnapshotStore) -> None:
    keep(store, b"content")
    Path("file").write_text("in the way")
    with pytest.raises(RegistryError, match="something else stands in its place"):
        store.restore(hash_of(b"content"), Path("file/below"))
    Path("folder").mkdir()
    with pytest.raises(RegistryError, match="something else stands in its place"):
        store.restore(hash_of(b"content"), Path("folder"))
    assert list(Path("folder").iterdir()) == []


def test_two_stores_see_what_either_keeps() -> None:
    one, other = SnapshotStore(OBJECTS), SnapshotStore(OBJECTS)
    for start in (0, 100):
        contents = [b"%d" % number for number in range(start, start + 20)]
        keep(one, *contents)
        assert other.missing(map(hash_of, contents)) == set()
        assert restored(other, contents[3]) == contents[3]


@pytest.fixture(params=["xfs", "btrfs"])
def cloning_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system that clones."""
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    make = {"xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"], "btrfs": ["mkfs.btrfs", "-q"]}
    image.touch()
    os.truncate(image, 400 << 20)
    try:
        for command in ([*make[request.param], image], ["mount", "-o", "loop", image, folder]):
            subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"a disk with {request.param} cannot be made here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_file_system_that_clones_keeps_large_files_for_free(cloning_disk: Path) -> None:
    store = SnapshotStore(cloning_disk / "objects")
    path = cloning_disk / "file"
    path.write_bytes(NOISE)
    one = ToKeep(str(path), hash_of(NOISE), len(NOISE))
    assert store.clones(str(path))
    kept = store.keep([one])
    assert (kept.new, kept.size, kept.cloned) == (1, 0, True)
    # What the user does to the file is never done to the clone.
    with path.open("r+b") as file:
        file.write(b"overwritten")
    store.restore(one.hash, cloning_disk / "back")
    assert (cloning_disk / "back").read_bytes() == NOISE
    path.write_bytes(NOISE[:-1] + b"!")
    with pytest.raises(UnreadableFileError, match="was changed"):
        store.keep([ToKeep(str(path), hash_of(NOISE + b"!"), len(NOISE))])
    assert len(files_of(cloning_disk / "objects")) == 1
    # A changed content takes only what changed, and its base is the clone.
    changed = path.read_bytes()
    kept = store.keep([ToKeep(str(path), hash_of(changed), len(changed), one.hash)])
    assert 0 < kept.size < len(NOISE) // 100
    store.restore(hash_of(changed), cloning_disk / "back")
    assert (cloning_disk / "back").read_bytes() == changed
    assert list(store.check()) == []


def test_elsewhere_nothing_is_cloned(store: SnapshotStore) -> None:
    one = to_keep("one", NOISE)
    if store.clones(one.path):
        pytest.skip("this file system clones")
    assert not store.keep([one]).cloned
