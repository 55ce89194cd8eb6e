"""Data whose bytes anybody can tell: every dataset has editions, each made of its number alone.

Neighbouring editions share most of their bytes, as versions of real data do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dsnb.datasets.keeping import Policy

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Shape:
    """How the files of a dataset look, and whether it is kept."""

    files: int
    size: int
    policy: Policy = "auto"


SHAPES = {
    "note": Shape(files=1, size=700),
    "batch": Shape(files=60, size=900),
    "table": Shape(files=1, size=90_000),
    "bulk": Shape(files=2, size=1_200_000, policy="always"),
    "pointer": Shape(files=1, size=20_000, policy="never"),
}
TABLES: dict[str, Policy] = {"frame": "auto", "kept_frame": "always"}
"""Datasets that are registered from memory."""
NAMES = (*SHAPES, *TABLES)


def contents(name: str, edition: int) -> dict[str, bytes]:
    """Return what the files of an edition hold, by their names."""
    shape = SHAPES[name]
    suffix = "csv" if name == "table" else "txt"
    return {
        f"{number:03}.{suffix}": _content(name, number, edition) for number in range(shape.files)
    }


def frame(name: str, edition: int) -> pd.DataFrame:
    """Return an edition of a table in memory."""
    import pandas as pd

    column = list(range(200))
    column[edition % 200] = edition
    return pd.DataFrame({"dataset": name, "value": column})


def lay_out(name: str, edition: int) -> Path:
    """Write the files of an edition into the dataset's own folder, over those that are there."""
    folder = Path("data", name)
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in contents(name, edition).items():
        (folder / file).write_bytes(content)
    return folder


def holds(folder: Path, name: str, edition: int) -> bool:
    """Tell whether a folder holds exactly an edition."""
    found = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if name in SHAPES:
        return found == contents(name, edition)
    import pandas as pd

    [path] = folder.rglob("*.parquet")
    return len(found) == 1 and pd.read_parquet(path).equals(frame(name, edition))


def _content(name: str, number: int, edition: int) -> bytes:
    whole = _original(name, number)
    if number % 5 not in (0, edition % 5):
        return whole  # most files of a batch stay as they are
    note = b"%d,%d\n" % (edition, number)
    at = random.Random(f"{name} {number} {edition}").randrange(len(whole))
    at = whole.rfind(b"\n", 0, at) + 1
    return whole[:at] + note + whole[at:]


@cache
def _original(name: str, number: int) -> bytes:
    """Return lines of a table; they do not compress to nothing."""
    size = SHAPES[name].size
    digits = random.Random(f"{name} {number}").randbytes(size // 2).hex()
    lines = (f"h{digits[at : at + 12]},{at}\n" for at in range(0, len(digits), 12))
    return "".join(lines).encode()
