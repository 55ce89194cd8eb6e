import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from dsnb.storage.compression import compress, decompress
from dsnb.storage.snapshots import SnapshotStore
from dsnb.storage.snapshots.index import read_index
from dsnb.storage.snapshots.store import SnapshotStore as Store
from tests.storage.kept import OBJECTS, edited, files_of, hash_of, restored, table, to_keep

SEGMENT = 1 << 18
ROWS = 150_000


@pytest.fixture(scope="module")
def first() -> bytes:
    return table(ROWS)


@pytest.fixture
def store() -> SnapshotStore:
    return SnapshotStore(OBJECTS, segment=SEGMENT)


def keep(store: SnapshotStore, content: bytes, like: bytes | None = None) -> int:
    """Keep a content and return what it takes."""
    return store.keep([to_keep("one", content, like)]).size


def middle_of(content: bytes) -> int:
    return content.index(b"\n", len(content) // 2) + 1


def test_a_lightly_edited_table_takes_little_however_often(
    store: SnapshotStore, first: bytes
) -> None:
    versions = [first]
    whole = keep(store, first)
    for number in range(1, 18):
        versions.append(edited(versions[-1], number))
        taken = keep(store, versions[-1], versions[-2])
        # The delta spans as many versions as the lowest bit of the number says.
        assert taken < whole * 0.015 * (number & -number)
    for version in versions:
        assert restored(store, version) == version
    assert list(store.check()) == []


def test_appended_rows_take_what_they_take_alone(store: SnapshotStore, first: bytes) -> None:
    keep(store, first)
    before = first
    for number in range(1, 6):
        added = table(ROWS // 20, seed=number)
        taken = keep(store, before + added, before)
        whole_span = sum(
            len(compress(table(ROWS // 20, seed=one)))
            for one in range(number - (number & -number) + 1, number + 1)
        )
        assert taken < 1.1 * whole_span + 2000
        before += added
    assert restored(store, before) == before


@pytest.mark.parametrize("where", ["front", "middle"])
@pytest.mark.parametrize("what", ["inserted", "removed"])
def test_rows_that_shift_all_others_do_not_cost_them(
    store: SnapshotStore, first: bytes, where: str, what: str
) -> None:
    at = middle_of(first) if where == "middle" else 0
    more = first[:at] + table(ROWS // 2, seed=1) + first[at:]
    old, new = (first, more) if what == "inserted" else (more, first)
    keep(store, old)
    itself = len(compress(table(ROWS // 2, seed=1))) if what == "inserted" else 0
    assert keep(store, new, old) < 1.1 * itself + 2.5 * len(compress(first[:SEGMENT]))
    assert restored(store, new) == new


def test_parts_that_changed_places_are_found(store: SnapshotStore, first: bytes) -> None:
    at = middle_of(first)
    whole = keep(store, first)
    assert keep(store, first[at:] + first[:at], first) < whole / 10
    assert restored(store, first[at:] + first[:at]) == first[at:] + first[:at]


def test_what_resembles_nothing_is_kept_whole(store: SnapshotStore, first: bytes) -> None:
    keep(store, first)
    for content in (
        table(ROWS, seed=2)[::-1],
        random.Random(1).randbytes(3_000_000),
        first[:10_000] + random.Random(2).randbytes(3_000_000),
    ):
        keep(store, content, first)
        assert restored(store, content) == content
    assert {path.suffix for path in files_of()} == {".zst"}


@pytest.mark.parametrize(
    "old", [b"", b"short", bytes(5_000_000), b"EWR,78.08\n" * 500_000], ids=range(4)
)
def test_a_base_of_any_kind_is_fine(store: SnapshotStore, first: bytes, old: bytes) -> None:
    keep(store, old)
    for new in (first, old + first, old + b"!" * 100_000):
        keep(store, new, old)
        assert restored(store, new) == new


def test_a_base_that_is_not_kept_is_no_matter(store: SnapshotStore, first: bytes) -> None:
    keep(store, first, like=b"unknown")
    keep(store, first + b"more", like=first + b"more")
    assert {path.suffix for path in files_of()} == {".zst"}
    assert restored(store, first) == first


def test_a_small_file_in_a_pack_can_be_a_base(store: SnapshotStore) -> None:
    old = table(10_000)
    store.keep([to_keep(str(number), b"%d" % number) for number in range(10)] + [to_keep("o", old)])
    new = edited(old, 1)
    assert keep(store, new, old) < len(compress(old)) / 10
    assert restored(store, new) == new


def test_a_delta_can_be_read_by_hand(store: SnapshotStore, first: bytes) -> None:
    keep(store, first)
    new = edited(first, 1)
    keep(store, new, first)
    [path] = [path for path in files_of() if path.suffix == ".delta"]
    with path.open("rb") as file:
        index = read_index(path, file, path.stat().st_size)
        file.seek(0)
        parts = [
            decompress(file.read(size), min(index.segment, index.size - place), prefix=first[a:b])
            for size, place, (a, b) in zip(
                index.frames, range(0, index.size, index.segment), index.ranges, strict=True
            )
        ]
    assert index.base == hash_of(first)
    assert b"".join(parts) == new


def test_a_sweep_keeps_what_a_delta_needs(store: SnapshotStore, first: bytes) -> None:
    versions = [first]
    keep(store, first)
    for number in range(1, 4):
        versions.append(edited(versions[-1], number))
        keep(store, versions[-1], versions[-2])
    needed = {hash_of(versions[3])}
    told = store.sweep(needed, dry_run=True)
    assert (told.files, len(files_of())) == (1, 4)
    assert store.sweep(needed) == told
    assert restored(store, versions[3]) == versions[3]
    assert store.missing(map(hash_of, versions)) == {hash_of(versions[1])}


def test_a_delta_without_its_base_counts_as_missing_and_is_kept_anew(
    store: SnapshotStore, first: bytes
) -> None:
    new = edited(first, 1)
    keep(store, first)
    keep(store, new, first)
    store.discard([hash_of(first)])
    assert store.missing([hash_of(new)]) == {hash_of(new)}
    assert [address for address, _ in store.check([hash_of(new)])] == [hash_of(new)]
    keep(store, new, first)
    assert [path.suffix for path in files_of()] == [".zst"]
    assert restored(store, new) == new


_MEMORY = """
import re, sys
from pathlib import Path
from tests.storage.kept import hash_of
from dsnb.storage.snapshots import SnapshotStore, ToKeep
folder, old, new, size_old, size_new = sys.argv[1:]
store = SnapshotStore(Path(folder, "objects"))
store.keep([ToKeep(f"{folder}/old", old, int(size_old))])
print(store.keep([ToKeep(f"{folder}/new", new, int(size_new), old)]).size)
store.restore(new, Path(folder, "back"))
# Not resource.getrusage: on Linux its figure begins with that of the process which started this.
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10)
"""


def large_hash(path: Path) -> str:
    from blake3 import blake3

    return blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells the peak so easily")
@pytest.mark.parametrize(
    "size", [500_000_000, pytest.param(2_500_000_000, marks=pytest.mark.nightly)]
)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, size: int) -> None:
    block = table(250_000)
    with (tmp_path / "old").open("wb") as old, (tmp_path / "new").open("wb") as new:
        new.write(block[: len(block) // 3])
        for number in range(size // len(block)):
            # Each block differs from the others all over, and its newer form a little from it.
            part = block.replace(b"2013", b"%04d" % number).replace(b".1", b".%d" % (number + 10))
            old.write(part)
            new.write(part.replace(b",27.", b",7."))
    arguments = [
        *(large_hash(tmp_path / name) for name in ("old", "new")),
        *(str((tmp_path / name).stat().st_size) for name in ("old", "new")),
    ]
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(tmp_path), *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    taken, peak = map(int, done.stdout.split())
    assert peak < 1500
    assert taken < size // 50
    assert large_hash(tmp_path / "back") == arguments[1]


@pytest.mark.nightly
def test_five_versions_of_500_mb_take_little_more_than_one() -> None:
    store = Store(OBJECTS)
    content = table(11_500_000)
    keep(store, content)
    for number in range(1, 6):
        newer = edited(content, number)
        assert keep(store, newer, content) <= 5_000_000
        content = newer
    assert restored(store, content) == content
