"""Registering files, against reading them once and against looking at them once."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dsnb.datasets.registration import Request
from dsnb.storage.discovery import cache_folder
from dsnb.tables.hashing import hash_table
from dsnb.workspace import Workspace
from tests.benchmarks.peers import peers
from tests.benchmarks.timing import Row, in_turn, ratio

_LARGE = 2 << 30


def measure(folder: Path) -> Iterator[Row]:
    """Time one large file, many small ones, and registering them again."""
    large = folder / "large"
    large.mkdir()
    block = os.urandom(64 << 20)
    with (large / "one.bin").open("wb") as file:
        for _ in range(_LARGE // len(block)):
            file.write(block)
    small = _many(folder / "small", 20_000, 20_000)
    tables = _many(folder / "tables", 20_000, 20_000, ".csv")
    tiny = _many(folder / "tiny", 100_000, 1_000)

    for what, place, target, rounds in (
        ("one 2 GiB file", large, 2.6, 5),
        ("20,000 × 20 kB", small, 2.6, 5),
        ("20,000 × 20 kB of CSV", tables, 2.6, 3),
        ("100,000 × 1 kB", tiny, 2.6, 3),
    ):
        times = in_turn(
            {"register": partial(_register, folder, place), "read": partial(_read, place)},
            rounds,
            partial(_forget, folder),
        )
        yield ratio(f"register {what} / reading", target, times, "register", "read")
        for peer, action in peers(place, folder / "peers"):
            times = in_turn({peer: action, "read": partial(_read, place)}, 1)
            yield ratio(f"  {peer} of {what} / reading", None, times, peer, "read")

    shutil.rmtree(large)
    time.sleep(2.1)  # a state as young as this proves nothing yet, and would be hashed again
    for what, place in (("20,000", small), ("100,000", tiny)):
        _forget(folder)
        _register(folder, place)
        times = in_turn(
            {"again": partial(_register, folder, place), "walk": partial(_walk, place)}, 9
        )
        yield ratio(f"register {what} again, unchanged / a walk", 1.6, times, "again", "walk")
    yield _one_changed(folder, small)
    yield _table_in_memory()


def _one_changed(folder: Path, place: Path) -> Row:
    """Register a folder of which one file changed, against the unchanged folder and that file."""
    [first, *_] = sorted(place.rglob("*.bin"))

    def change() -> None:
        first.write_bytes(os.urandom(20_000))

    times: dict[str, list[float]] = {"one changed": [], "unchanged": []}
    for _ in range(7):
        change()
        for name in times:
            began = time.perf_counter()
            _register(folder, place)
            times[name].append(time.perf_counter() - began)
            if name == "one changed":
                time.sleep(2.1)  # until the states are trusted again
    return ratio(
        "register 20,000 of which one changed / unchanged", None, times, "one changed", "unchanged"
    )


def _table_in_memory() -> Row:
    """Hash a table of a million rows and twelve columns, against hashing as many bytes."""
    import numpy as np
    import pandas as pd
    import pyarrow
    from blake3 import blake3

    random, rows = np.random.default_rng(1), 1_000_000
    columns: dict[str, object] = {f"temp{i}": random.normal(size=rows) for i in range(5)}
    columns |= {f"count{i}": random.integers(0, 1000, rows) for i in range(3)}
    columns["time"] = pd.date_range("2013", periods=rows, freq="s")
    columns["origin"] = pd.Series(random.choice(["EWR", "JFK", "LGA"], rows), dtype="str")
    columns["id"] = pd.Series([f"id{number}" for number in range(rows)], dtype="str")
    columns["flag"] = random.random(rows) > 0.5
    frame = pd.DataFrame(columns)
    content = os.urandom(pyarrow.Table.from_pandas(frame).nbytes)
    times = in_turn(
        {
            "table": partial(hash_table, frame),
            "bytes": lambda: blake3(content, max_threads=blake3.AUTO).digest(),
        },
        9,
    )
    return ratio("hash a DataFrame of 1M × 12 / its bytes", 3.0, times, "table", "bytes")


def _many(place: Path, count: int, size: int, suffix: str = ".bin") -> Path:
    line = b"EWR,2013-07-01T04:00:00Z,78.08\n"
    for number in range(count):
        folder = place / f"{number // 1000:03d}"
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        content = os.urandom(size) if suffix == ".bin" else b"a,b,c\n" + line * (size // len(line))
        (folder / f"{number:06d}{suffix}").write_bytes(content)
    return place


def _forget(folder: Path) -> None:
    shutil.rmtree(folder / ".dsnb", ignore_errors=True)
    shutil.rmtree(cache_folder(), ignore_errors=True)


def _register(folder: Path, place: Path) -> None:
    workspace = Workspace.create(folder, lambda notice: None)
    workspace.register([place], Request(name="data"))


def _read(place: Path) -> None:
    buffer = bytearray(8 << 20)
    for folder, _, names in os.walk(place):
        for name in names:
            descriptor = os.open(os.path.join(folder, name), os.O_RDONLY)
            while os.readv(descriptor, [buffer]) == len(buffer):
                pass
            os.close(descriptor)


def _walk(place: Path) -> None:
    pending = [str(place)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    pending.append(entry.path)
                else:
                    entry.stat()
