"""Keeping and restoring: what a further version of a large CSV takes, and how fast that goes."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from blake3 import blake3

from dsnb.storage.compression import compress
from dsnb.storage.snapshots import SnapshotStore, ToKeep
from tests.benchmarks.timing import Row, in_turn, ratio

# Targets are for 500 MB; `make bench` is quicker with less.
_MB = int(os.environ.get("DSNB_BENCH_MB", "200"))
_VERSIONS = 8
_SMALL, _SMALL_SIZE = 20_000, 2_000

_ONE_STEP = """
import json, re, sys, time
from pathlib import Path
from dsnb.storage.snapshots import SnapshotStore, ToKeep
folder, path, address, size, like = sys.argv[1:]
store = SnapshotStore(Path(folder, "objects"))
began = time.perf_counter()
kept = store.keep([ToKeep(path, address, int(size), like or None)])
keeping = time.perf_counter() - began
began = time.perf_counter()
store.restore(address, Path(folder, "restored"))
restoring = time.perf_counter() - began
status = Path("/proc/self/status")
peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1] if status.exists() else 0
print(json.dumps([kept.size / 1e6, keeping, restoring, int(peak) / 1e3]))
"""


def measure(folder: Path) -> Iterator[Row]:
    """Measure versions that are edited, versions that grow, and many small files."""
    first = _table(_MB * 1_000_000)
    mb = len(first) / 1e6
    edits = list(_versions(folder / "edits", first, _edited))
    for number, step in enumerate(edits[1:6], 1):
        what = f"keep version {number} of a {mb:.0f} MB CSV, 1 % of its rows edited each time"
        yield Row(what, step[0], 5 * mb / 500, "MB", {})
    growth = list(_versions(folder / "growth", first, _grown))
    alone = len(compress(_grown(b"", 1))) / 1e6
    yield Row(
        "keep 2 % of rows appended / these alone, compressed", growth[1][0] / alone, 1.1, "×", {}
    )
    for what, steps in (
        ("the first version", edits[:1]),
        ("an edited version", edits[1:]),
        ("a grown version", growth[1:]),
    ):
        keeping, restoring = (max(step[place] for step in steps) for place in (1, 2))
        yield Row(f"keep {what}, s per 300 MB", keeping / mb * 300, 1.0, "s", {"slowest": keeping})
        yield Row(
            f"restore {what}, s per 200 MB", restoring / mb * 200, 1.0, "s", {"slowest": restoring}
        )
    peak = max(step[3] for step in edits + growth)
    yield Row("peak memory of keeping and restoring", peak, 1500, "MB", {})
    yield _many(folder / "many")


def _versions(
    folder: Path, content: bytes, change: Callable[[bytes, int], bytes]
) -> Iterator[list[float]]:
    """Keep a table and restore it, then its further versions, each in a process of its own."""
    folder.mkdir()
    like = ""
    for number in range(_VERSIONS):
        if number:
            content = change(content, number)
        (folder / "table.csv").write_bytes(content)
        address = _hash(content)
        yield _step(folder, address, len(content), like)
        like = address
    shutil.rmtree(folder)


def _step(folder: Path, address: str, size: int, like: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _ONE_STEP, folder, folder / "table.csv", address, str(size), like],
        capture_output=True,
        text=True,
        check=True,
    )
    answer: list[float] = json.loads(done.stdout)
    return answer


def _many(folder: Path) -> Row:
    """Keep many small files, against reading and compressing them."""
    folder.mkdir()
    numbers = random.Random(27)
    files = []
    for number in range(_SMALL):
        content = b"".join(b"%.2f,%d\n" % (numbers.gauss(70, 10), number) for _ in range(200))
        path = folder / f"{number:05d}.csv"
        path.write_bytes(content[:_SMALL_SIZE])
        files.append(ToKeep(str(path), _hash(content[:_SMALL_SIZE]), _SMALL_SIZE))

    def keep() -> None:
        SnapshotStore(folder / f"objects{time.monotonic_ns()}").keep(files)

    times = in_turn({"keep": keep, "read": partial(_read_and_compress, files)}, 5)
    return ratio(
        "keep 20,000 × 2 kB / reading and compressing them in one thread",
        2.0,
        times,
        "keep",
        "read",
    )


def _read_and_compress(files: list[ToKeep]) -> Any:
    return compress(b"".join(Path(file.path).read_bytes() for file in files))


def _hash(content: bytes) -> str:
    return blake3(content, max_threads=blake3.AUTO).hexdigest()


def _table(size: int) -> bytes:
    """Return a CSV of about this size."""
    import numpy as np
    import pandas as pd

    numbers = np.random.default_rng(27)
    rows = size // 44
    table = pd.DataFrame(
        {
            "id": np.arange(rows),
            "origin": numbers.choice(["EWR", "JFK", "LGA"], rows),
            "time": np.datetime_as_string(np.datetime64("2013-01-01T00:00") + np.arange(rows)),
            "temp": numbers.normal(70, 10, rows).round(2),
            "humid": numbers.uniform(0, 100, rows).round(2),
            "wind": numbers.integers(0, 360, rows),
        }
    )
    return table.to_csv(index=False).encode()


def _edited(content: bytes, number: int) -> bytes:
    numbers = random.Random(number)
    lines = content.split(b"\n")
    for line in numbers.sample(range(1, len(lines) - 1), len(lines) // 100):
        cells = lines[line].split(b",")
        cells[3] = b"%.2f" % numbers.gauss(70, 10)
        lines[line] = b",".join(cells)
    return b"\n".join(lines)


def _grown(content: bytes, number: int) -> bytes:
    rows = _table(_MB * 20_000)
    # Other rows each time: the sign of what cannot be negative tells them apart.
    return content + rows[rows.index(b"\n") + 1 :].replace(b",", b",%d" % number)
