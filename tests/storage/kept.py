"""Short ways to what the tests of the snapshots do: files with their hashes, tables that change."""

import random
from pathlib import Path

from blake3 import blake3

from dsnb.storage.snapshots import SnapshotStore, ToKeep

OBJECTS = Path("objects")


def hash_of(content: bytes) -> str:
    return blake3(content).hexdigest()


def to_keep(name: str, content: bytes, like: bytes | None = None) -> ToKeep:
    """Write a file and say that it is to be kept."""
    path = Path("data", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    resembled = None if like is None else hash_of(like)
    return ToKeep(str(path), hash_of(content), len(content), resembled)


def keep(store: SnapshotStore, *contents: bytes) -> None:
    """Keep contents, all at once."""
    store.keep([to_keep(str(number), content) for number, content in enumerate(contents)])


def restored(store: SnapshotStore, content: bytes) -> bytes:
    """Return what the store gives back by the hash of a content."""
    path = Path("restored")
    path.unlink(missing_ok=True)
    store.restore(hash_of(content), path)
    return path.read_bytes()


def files_of(folder: Path = OBJECTS) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def table(rows: int, seed: int = 27) -> bytes:
    """Return a CSV, a row of which takes about 44 bytes."""
    numbers = random.Random(seed)
    return b"id,origin,time_hour,temp,humid,wind\n" + b"".join(
        b"%d,%s,2013-%02d-%02dT%02d:00:00Z,%.2f,%.2f,%d\n"
        % (
            row,
            numbers.choice((b"EWR", b"JFK", b"LGA")),
            row // 672 % 12 + 1,
            row // 24 % 28 + 1,
            row % 24,
            numbers.gauss(70, 10),
            numbers.uniform(0, 100),
            numbers.randrange(360),
        )
        for row in range(rows)
    )


def edited(content: bytes, seed: int) -> bytes:
    """Return a table in which one row of a hundred has another temperature."""
    numbers = random.Random(seed)
    lines = content.split(b"\n")
    for number in numbers.sample(range(1, len(lines) - 1), len(lines) // 100):
        cells = lines[number].split(b",")
        cells[3] = b"%.2f" % numbers.gauss(70, 10)
        lines[number] = b",".join(cells)
    return b"\n".join(lines)
