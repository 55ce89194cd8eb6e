"""The formats that are tables, told by the files' names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

Format = Literal["csv", "tsv", "json", "jsonl", "parquet", "feather", "excel"]
FORMATS: tuple[Format, ...] = get_args(Format)

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
_COMPRESSED = frozenset({".gz", ".zst", ".bz2", ".xz"})
TEXT: frozenset[Format] = frozenset({"csv", "tsv", "json", "jsonl"})


def format_of(name: str) -> Format | None:
    """Return the table format that a file's name tells, None for any other file.

    Examples
    --------
    >>> format_of("weather.csv"), format_of("weather.csv.zst"), format_of("notes.txt")
    ('csv', 'csv', None)
    """
    stem, suffix = _split(name)
    if suffix in _COMPRESSED:
        found = _SUFFIXES.get(_split(stem)[1])
        return found if found in TEXT else None
    return _SUFFIXES.get(suffix)


def common_format(names: Sequence[str]) -> Format | None:
    """Return the one table format that all names have, None for other files or a mixture.

    Examples
    --------
    >>> common_format(["a.csv", "b.csv.gz"]), common_format(["a.csv", "b.txt"])
    ('csv', None)
    """
    # Of a hundred thousand names only few endings differ, and those are quick to tell apart.
    endings = {name[name.rfind(".") :] for name in names}
    plain = all(
        ending.startswith(".") and "/" not in ending and ending.lower() not in _COMPRESSED
        for ending in endings
    )
    told = (f"file{ending}" for ending in endings) if plain else iter(names)
    formats = {format_of(name) for name in told}
    return formats.pop() if len(formats) == 1 else None


def _split(name: str) -> tuple[str, str]:
    base = name.rpartition("/")[2]
    stem, dot, suffix = base.rpartition(".")
    return (stem, dot + suffix.lower()) if dot else (base, "")
