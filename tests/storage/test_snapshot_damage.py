"""Damaged and hostile files of the store: a clear error, never other bytes, never a hang."""

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from blake3 import blake3

from dsnb.errors import SnapshotError
from dsnb.storage.compression import compress
from dsnb.storage.snapshots import SnapshotStore
from dsnb.storage.snapshots.index import Index, encode_index, read_index
from tests.storage.kept import OBJECTS, edited, files_of, hash_of, keep, restored, table, to_keep

SEGMENT = 1 << 16
TABLE = table(5_000)
EDITED = edited(TABLE, 1)
SMALL = [b"%d" % number * 100 for number in range(20)]


@pytest.fixture
def store() -> SnapshotStore:
    return new_store()


def new_store() -> SnapshotStore:
    return SnapshotStore(OBJECTS, segment=SEGMENT)


def keep_whole(store: SnapshotStore) -> tuple[Path, bytes]:
    keep(store, TABLE)
    return files_of()[0], TABLE


def keep_delta(store: SnapshotStore) -> tuple[Path, bytes]:
    keep(store, TABLE)
    store.keep([to_keep("one", EDITED, TABLE)])
    return next(path for path in files_of() if path.suffix == ".delta"), EDITED


def keep_pack(store: SnapshotStore) -> tuple[Path, bytes]:
    keep(store, *SMALL)
    return files_of()[0], SMALL[7]


def keep_raw(store: SnapshotStore) -> tuple[Path, bytes]:
    """Keep as on a file system that clones."""
    path = OBJECTS / hash_of(TABLE)[:2] / f"{hash_of(TABLE)[2:]}.raw"
    path.parent.mkdir(parents=True)
    path.write_bytes(TABLE)
    return path, TABLE


KINDS = pytest.mark.parametrize("kind", [keep_whole, keep_delta, keep_pack, keep_raw])
Keep = Callable[[SnapshotStore], tuple[Path, bytes]]


@KINDS
def test_a_flipped_bit_is_found_and_never_returned(store: SnapshotStore, kind: Keep) -> None:
    path, content = kind(store)
    whole = path.read_bytes()
    numbers = random.Random(27)
    places = {0, len(whole) - 1, *(numbers.randrange(len(whole)) for _ in range(60))}
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 1 << numbers.randrange(8)
        path.write_bytes(broken)
        Path("restored").unlink(missing_ok=True)
        damaged = new_store()
        problems = list(damaged.check([hash_of(content)]))
        if problems:
            with pytest.raises(SnapshotError) as caught:
                restored(damaged, content)
            # A pack without an index does not even tell what it holds.
            assert str(path) in str(caught.value) or "do not hold" in str(caught.value)
            assert not Path("restored").exists()
            continue
        # Bits of other contents in the pack, or that mean nothing to the decoder.
        assert restored(damaged, content) == content
    path.write_bytes(whole)
    assert restored(new_store(), content) == content


@KINDS
def test_a_truncated_file_is_found(store: SnapshotStore, kind: Keep) -> None:
    path, content = kind(store)
    whole = path.read_bytes()
    for length in (0, 3, 12, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotError):
            restored(new_store(), content)


@KINDS
def test_what_is_damaged_is_told_discarded_and_kept_anew(store: SnapshotStore, kind: Keep) -> None:
    path, content = kind(store)
    broken = bytearray(path.read_bytes())
    broken[20] ^= 1
    path.write_bytes(broken)
    store = new_store()
    damaged = dict(store.check())
    assert hash_of(content) in damaged
    assert all(str(path) in what for what in damaged.values())
    store.discard(damaged)
    assert hash_of(content) in store.missing([hash_of(content)])
    keep(store, content)
    assert restored(store, content) == content
    assert list(store.check()) == []


def test_a_missing_base_is_told(store: SnapshotStore) -> None:
    _, content = keep_delta(store)
    store.discard([hash_of(TABLE)])
    with pytest.raises(SnapshotError, match=f"do not hold the content {hash_of(TABLE)[:16]}"):
        restored(store, content)


def test_a_damaged_base_is_not_built_on(store: SnapshotStore) -> None:
    for kind in (keep_whole, keep_raw):
        shutil.rmtree(OBJECTS, ignore_errors=True)
        path, _ = kind(store)
        broken = bytearray(path.read_bytes())
        broken[-len(broken) // 2] ^= 1
        path.write_bytes(broken)
        store.keep([to_keep("one", EDITED, TABLE)])
        path.unlink()
        assert restored(store, EDITED) == EDITED


def test_what_is_whole_in_a_damaged_pack_survives_its_repair(store: SnapshotStore) -> None:
    numbers = random.Random(27)
    contents = [numbers.randbytes(200_000) for _ in range(20)]
    keep(store, *contents)
    [path] = files_of()
    broken = bytearray(path.read_bytes())
    broken[100] ^= 1
    path.write_bytes(broken)
    damaged = dict(store.check())
    assert 0 < len(damaged) < 10
    store.discard(damaged)
    assert store.missing(map(hash_of, contents)) == set(damaged)
    for content in contents:
        if hash_of(content) not in damaged:
            assert restored(store, content) == content


def test_a_pack_without_an_index_goes_once_its_contents_are_there_again(
    store: SnapshotStore,
) -> None:
    path, _ = keep_pack(store)
    path.write_bytes(path.read_bytes()[:-1])
    needed = set(map(hash_of, SMALL))
    store = new_store()
    assert store.missing(needed) == needed
    assert [address for address, _ in store.check()] == [path.stem]
    store.sweep(needed)
    assert path.exists()
    keep(store, *SMALL)
    store.sweep(needed)
    assert list(new_store().check()) == []


def forged(content: bytes, index: Index, frames: bytes, kind: str) -> Path:
    """Write a file for a content by hand."""
    address = hash_of(content)
    path = OBJECTS / address[:2] / (address[2:] + kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(frames + encode_index(index))
    return path


BOMB = compress(bytes(1 << 28))
ONE = compress(b"content")
HOSTILE = {
    "a bomb": (Index(7, 4096, (len(BOMB),)), BOMB, ".zst"),
    "a segment of a gigabyte": (Index(1 << 30, 1 << 30, (len(BOMB),)), BOMB, ".zst"),
    "no segment size": (Index(7, 0, (len(ONE),)), ONE, ".zst"),
    "a negative size": (Index(-7, 4096, (len(ONE),)), ONE, ".zst"),
    "too few frames": (Index(1 << 60, 4096, (len(ONE),)), ONE, ".zst"),
    "frames beyond the file": (Index(7, 4096, (1 << 40,)), ONE, ".zst"),
    "frames before the file": (Index(4097, 4096, (len(ONE) + 9, -9)), ONE, ".zst"),
    "another content": (Index(7, 4096, (len(ONE),)), compress(b"CONTENT"), ".zst"),
    "a whole that has a base": (Index(7, 4096, (len(ONE),), "0" * 64, 1, ((0, 0),)), ONE, ".zst"),
    "a base elsewhere": (
        Index(7, 4096, (len(ONE),), "../" * 21 + "a", 1, ((0, 9),)), ONE, ".delta",
    ),
    "itself as base": (
        Index(7, 4096, (len(ONE),), hash_of(b"content"), 1, ((0, 7),)), ONE, ".delta",
    ),
    "a range beyond the base": (
        Index(7, 4096, (len(ONE),), hash_of(TABLE), 1, ((1 << 40, (1 << 40) + 9),)), ONE, ".delta",
    ),
    "a range before the base": (
        Index(7, 4096, (len(ONE),), hash_of(TABLE), 1, ((-9, 9),)), ONE, ".delta",
    ),
    "a range of a gigabyte": (
        Index(7, 4096, (len(ONE),), hash_of(TABLE), 1, ((0, 1 << 30),)), ONE, ".delta",
    ),
    "no ranges": (Index(7, 4096, (len(ONE),), hash_of(TABLE), 1), ONE, ".delta"),
    "no generation": (Index(7, 4096, (len(ONE),), hash_of(TABLE), 0, ((0, 9),)), ONE, ".delta"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_a_clear_error(store: SnapshotStore, what: str) -> None:
    keep(store, TABLE)
    path = forged(b"content", *HOSTILE[what])
    with pytest.raises(SnapshotError) as caught:
        restored(store, b"content")
    assert str(path) in str(caught.value)
    assert [address for address, _ in store.check()] == [hash_of(b"content")]
    store.sweep({hash_of(b"content")})


def test_a_circle_of_deltas_has_an_end(store: SnapshotStore) -> None:
    for content, base in ((b"one", b"other"), (b"other", b"one")):
        index = Index(3, 4096, (len(ONE),), hash_of(base), 5, ((0, 3),))
        forged(content, index, ONE, ".delta")
    for content in (b"one", b"other"):
        with pytest.raises(SnapshotError, match="has no end"):
            restored(store, content)
    assert store.missing([hash_of(b"one")]) == {hash_of(b"one")}


def test_a_chain_without_end_is_not_followed(store: SnapshotStore) -> None:
    for number in range(1, 60):
        index = Index(3, 4096, (len(ONE),), hash_of(b"%d" % (number - 1)), number, ((0, 3),))
        forged(b"%d" % number, index, ONE, ".delta")
    with pytest.raises(SnapshotError, match="has no end"):
        restored(store, b"59")


def test_work_that_multiplies_is_refused(store: SnapshotStore) -> None:
    """Each segment needs all of its base, whose segments need all of theirs."""
    count, size = 256, 256 * 4096
    content = bytes(4096)
    plain = compress(content)
    forged(b"0", Index(size, 4096, (len(plain),) * count), plain * count, ".zst")
    for number in range(1, 6):
        index = Index(
            size, 4096, (len(plain),) * count, hash_of(b"%d" % (number - 1)), number,
            ((0, size),) * count,
        )  # fmt: skip
        forged(b"%d" % number, index, plain * count, ".delta")
    with pytest.raises(SnapshotError, match=r"absurdly long|damaged"):
        store.restore(hash_of(b"5"), Path("restored"))


@pytest.mark.parametrize("what", ["pipe", "folder", "link", "loop"])
def test_what_is_no_regular_file_is_not_followed(store: SnapshotStore, what: str) -> None:
    path, content = keep_raw(store)
    path.rename("secret")
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to(Path("secret" if what == "link" else path).absolute())
    with pytest.raises(SnapshotError, match="is damaged"):
        restored(store, content)
    store.sweep(set())


def test_a_pack_with_a_hostile_index_is_passed_over(store: SnapshotStore) -> None:
    index = Index(7, 4096, (len(ONE),), hashes=(hash_of(b"content"),), sizes=(7,))
    hostile = (
        replace(index, hashes=("../../etc/passwd",)),
        replace(index, hashes=index.hashes * 2, sizes=(1 << 40, 7 - (1 << 40))),
        replace(index, sizes=(8,)),
        replace(index, sizes=()),
    )
    for one in hostile:
        content = ONE + encode_index(one)
        path = OBJECTS / "packs" / f"{blake3(content).hexdigest()}.pack"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        assert new_store().missing([hash_of(b"content")]) == {hash_of(b"content")}


def test_an_index_is_no_bomb_either() -> None:
    text = msgspec.json.encode(Index(0, 4096, ())) + b" " * (1 << 28)
    frame = compress(text)
    whole = encode_index(Index(0, 4096, ()))
    path = Path("file")
    head = (0x184D2A50).to_bytes(4, "little") + (len(frame) + 8).to_bytes(4, "little")
    path.write_bytes(head + frame + len(frame).to_bytes(4, "little") + whole[-4:])
    with path.open("rb") as file, pytest.raises(SnapshotError, match="index is too long"):
        read_index(path, file, path.stat().st_size)
