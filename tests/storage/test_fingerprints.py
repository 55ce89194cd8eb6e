import os
import shutil
import time
from pathlib import Path

import pytest
from blake3 import blake3

from dsnb.storage import fingerprints
from dsnb.storage.files import Listing, find_files
from dsnb.storage.fingerprints import Fingerprint, fingerprint
from dsnb.storage.stats import StatCache
from tests.workbench import write

OLD = 1_700_000_000


@pytest.fixture
def cache(tmp_path: Path) -> StatCache:
    return StatCache(tmp_path / "cache")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the name of every file that is hashed."""
    names: list[str] = []
    really = fingerprints.hash_files

    def telling(paths: list[str], *rest: object) -> object:
        names.extend(os.path.basename(path) for path in paths)
        return really(paths, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(fingerprints, "hash_files", telling)
    return names


def take(path: str, cache: StatCache, *, full: bool = False) -> Fingerprint:
    place = os.path.abspath(path)
    return fingerprint(place, find_files(place, path), cache, full=full)


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the files be old: a file system's clock may not tell what happens within two seconds."""
    ahead = time.time_ns() + 10_000_000_000
    monkeypatch.setattr(fingerprints, "clock", lambda: ahead)


def expected(*texts: str) -> bytes:
    return b"".join(blake3(text.encode()).digest() for text in texts)


def test_the_hashes_are_those_of_the_contents_in_order(cache: StatCache) -> None:
    write("data/b.csv", "two")
    write("data/a.csv", "one")
    assert take("data", cache).hashes == expected("one", "two")


def test_touching_a_file_changes_neither_hashes_nor_digest(cache: StatCache) -> None:
    write("data/a.csv", "one")
    before = take("data", cache)
    os.utime("data/a.csv", (OLD, OLD))
    after = take("data", cache)
    assert (before.digest, before.hashes) == (after.digest, after.hashes)


def test_the_same_bytes_elsewhere_have_the_same_digest(cache: StatCache) -> None:
    write("data/week/a.csv", "one")
    shutil.copytree("data", "elsewhere/deep")
    assert take("data", cache).digest == take("elsewhere/deep", cache).digest
    assert take("data/week/a.csv", cache).digest == take("elsewhere/deep/week/a.csv", cache).digest


def test_another_name_order_or_content_is_another_digest(cache: StatCache) -> None:
    write("data/a.csv", "one")
    write("data/b.csv", "two")
    digests = {take("data", cache).digest}
    os.rename("data/b.csv", "data/c.csv")
    digests.add(take("data", cache).digest)
    write("data/c.csv", "TWO")
    digests.add(take("data", cache).digest)
    os.rename("data/a.csv", "data/d.csv")
    digests.add(take("data", cache).digest)
    assert len(digests) == 4


def test_what_moves_between_name_and_neighbour_is_another_digest(cache: StatCache) -> None:
    write("one/a", "x")
    write("one/b", "")
    write("two/a", "")
    write("two/b", "x")
    assert take("one", cache).digest != take("two", cache).digest


def test_settled_files_are_not_hashed_again(
    cache: StatCache, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    write("data/a.csv", "one")
    write("data/b.csv", "two")
    before = take("data", cache)
    assert sorted(hashed) == ["a.csv", "b.csv"]
    hashed.clear()
    assert take("data", cache) == before
    assert hashed == []


def test_only_what_was_touched_is_hashed_again(
    cache: StatCache, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    for name in ("a", "b", "c"):
        write(f"data/{name}", name)
    take("data", cache)
    hashed.clear()
    write("data/b", "B")
    os.remove("data/c")
    write("data/d", "d")
    assert take("data", cache).hashes == expected("a", "B", "d")
    assert sorted(hashed) == ["b", "d"]


@pytest.mark.parametrize("full", [False, True])
def test_checking_some_files_forgets_none_of_the_others(
    cache: StatCache, hashed: list[str], monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    settle(monkeypatch)
    for name in ("a", "b", "c"):
        write(f"data/{name}", name)
    take("data", cache)
    write("data/a", "A")
    place = os.path.abspath("data")
    everything = find_files(place, "data")
    first = Listing(place, everything.names[:2], everything.stats[:2])
    hashed.clear()
    assert fingerprint(place, first, cache, full=full, part=True).hashes == expected("A", "b")
    assert sorted(hashed) == (["a", "b"] if full else ["a"])
    hashed.clear()
    remembered = cache.load(place)
    assert remembered is not None
    assert remembered.equals(everything.names, everything.stats)
    assert take("data", cache).hashes == expected("A", "b", "c")
    assert fingerprint(place, first, cache, part=True).hashes == expected("A", "b")
    assert hashed == []


def test_files_that_are_gone_are_forgotten_when_the_folder_is_walked(
    cache: StatCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    write("data/a", "a")
    gone = write("data/b", "b")
    take("data", cache)
    gone.unlink()
    take("data", cache)
    remembered = cache.load(os.path.abspath("data"))
    assert remembered is not None
    assert remembered.encoded_names == b"a"


def test_a_full_check_hashes_everything(
    cache: StatCache, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    write("data/a", "a")
    take("data", cache)
    hashed.clear()
    take("data", cache, full=True)
    assert hashed == ["a"]


def test_a_file_rewritten_within_the_clocks_tick_is_noticed(cache: StatCache) -> None:
    # Same size, same inode, times set back: only that the state was too young gives it away.
    path = write("data/a", "one")
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    take("data", cache)
    with path.open("r+") as file:
        file.write("two")
    os.utime(path, ns=times)
    assert take("data", cache).hashes == expected("two")


def test_a_state_younger_than_the_clocks_tick_is_never_trusted(
    cache: StatCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A listing taken before the rewrite stands for a file system whose clock did not move on.
    place = os.path.abspath("data")
    path = write("data/a", "one")
    listing = find_files(place, "data")
    fingerprint(place, listing, cache)
    path.write_text("two")
    assert fingerprint(place, listing, cache).hashes == expected("two")
    settle(monkeypatch)
    listing = find_files(place, "data")
    fingerprint(place, listing, cache)
    path.write_text("six")
    assert fingerprint(place, listing, cache).hashes == expected("two")


def test_rapid_rewrites_of_the_same_size_are_all_noticed(cache: StatCache) -> None:
    path = write("data/a", "000")
    for count in range(200):
        with path.open("r+") as file:
            file.write(f"{count:03}")
        assert take("data", cache).hashes == expected(f"{count:03}")


@pytest.mark.parametrize("how", ["in place", "by rename", "by a link"])
def test_a_settled_file_replaced_with_its_times_kept_is_noticed(
    cache: StatCache, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    path = write("data/a", "one")
    os.utime(path, (OLD, OLD))
    take("data", cache)
    if how == "in place":
        with path.open("r+") as file:
            file.write("two")
    else:
        other = write("other", "two")
        path.unlink()
        path.symlink_to(other.absolute()) if how == "by a link" else other.rename(path)
    os.utime(path, (OLD, OLD))
    assert path.stat().st_mtime == OLD
    assert take("data", cache).hashes == expected("two")


def test_two_files_that_change_places_are_noticed(
    cache: StatCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    for name, text in (("a", "one"), ("b", "two")):
        write(f"data/{name}", text)
        os.utime(f"data/{name}", (OLD, OLD))
    take("data", cache)
    os.rename("data/a", "data/c")
    os.rename("data/b", "data/a")
    os.rename("data/c", "data/b")
    assert take("data", cache).hashes == expected("two", "one")


def test_two_folders_that_change_places_are_noticed(
    cache: StatCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    for folder, text in (("one", "one"), ("two", "two")):
        write(f"{folder}/a", text)
        os.utime(f"{folder}/a", (OLD, OLD))
    take("one", cache)
    take("two", cache)
    os.rename("one", "three")
    os.rename("two", "one")
    assert take("one", cache).hashes == expected("two")


DAMAGES = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[:-7],
    "cut in the head": lambda content: content[:10],
    "garbage": lambda content: b"\xff\x00" * 100,
    "one bit": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "another machine": lambda content: content.replace(b"little", b"big   "),
    "more behind": lambda content: content + b"x",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_memory_is_passed_over(
    tmp_path: Path, cache: StatCache, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    write("data/a", "one")
    take("data", cache)
    [memory] = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    before = memory.read_bytes()
    memory.write_bytes(DAMAGES[damage](before))
    assert memory.read_bytes() != before
    assert cache.load(os.path.abspath("data")) is None
    assert take("data", cache).hashes == expected("one")
    assert cache.load(os.path.abspath("data")) is not None


def test_a_memory_that_cannot_be_written_is_harmless(tmp_path: Path) -> None:
    blocked = StatCache(write(tmp_path / "file", "no folder"))
    write("data/a", "one")
    assert take("data", blocked).hashes == take("data", blocked).hashes == expected("one")
