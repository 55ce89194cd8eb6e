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
from dsnb.workspace import Workspace
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
        ("register one 2 GiB file / reading it", large, 3.0, 5),
        ("register 20,000 × 20 kB / reading them", small, 3.0, 5),
        ("register 20,000 × 20 kB of CSV / reading them", tables, 3.0, 3),
        ("register 100,000 × 1 kB / reading them", tiny, None, 3),
    ):
        times = in_turn(
            {"register": partial(_register, folder, place), "read": partial(_read, place)},
            rounds,
            partial(_forget, folder),
        )
        yield ratio(what, target, times, "register", "read")

    shutil.rmtree(large)
    time.sleep(2.1)  # a state as young as this proves nothing yet, and would be hashed again
    for what, place, target in (
        ("register 20,000 again, unchanged / scandir and stat", small, None),
        ("register 100,000 again, unchanged / scandir and stat", tiny, 1.8),
    ):
        _forget(folder)
        _register(folder, place)
        times = in_turn(
            {"again": partial(_register, folder, place), "walk": partial(_walk, place)}, 9
        )
        yield ratio(what, target, times, "again", "walk")


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
