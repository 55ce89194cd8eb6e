"""What the server answers: records as values that JSON holds, never more than fits.

No I/O happens here. An answer takes at most `MOST` bytes, whatever a registry holds, because each
part of it has a share that it cannot exceed:

- A *row* of a list tells a description in at most 120 bytes, tags in 80, aliases in 60, the creator
  and why it is deprecated in 40 each, so that 200 rows fit while names have up to about 80
  characters. A page whose rows are larger than that (names of 255 characters, runs with hundreds
  of inputs) ends before the limit; the next one starts at ``offset`` plus the number of items.
- *Details* tell a description in at most 20 kB, tags in 10 kB, and of columns, files, paths, its
  relatives and the runs that read it the first ones that fit.
- A *profile* tells the first columns that fit, in the words that notebooks have for them.

A text that was cut ends with ``…``; of tags, aliases and lists the first that fit are kept whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dsnb.datasets.drifting import describe_drift
from dsnb.datasets.inspection import VersionDetails
from dsnb.datasets.profiles import Profiling
from dsnb.display.profiles import (
    bars,
    distinct_text,
    mean_text,
    missing_share,
    notes,
    picture_words,
    range_text,
)
from dsnb.records import Run, Source, Version
from dsnb.server.relatives import ALONE, Relative, Relatives, Training
from dsnb.tables.profiles import ColumnProfile, Profile

MOST = 200_000
Answer = dict[str, Any]
Item = TypeVar("Item")

_ENVELOPE = 1_000
NAME = 260
REF = NAME + 20
_COLUMNS = 200
_FILES = 100
_READERS = 20
_RELATIVES = 50
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Shares:
    """How many bytes of JSON each part of a version may take."""

    description: int
    tags: int
    aliases: int
    creator: int
    deprecated: int
    data: int


ROW = Shares(description=120, tags=80, aliases=60, creator=40, deprecated=40, data=1_500)
DETAILS = Shares(
    description=20_000, tags=10_000, aliases=5_000, creator=400, deprecated=2_000, data=0
)


def encode(answer: object) -> bytes:
    """Return a value as JSON in UTF-8."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def clipped(text: str, most: int) -> str:
    """Return a text that takes at most ``most`` bytes within JSON, with ``…`` when it was cut.

    What UTF-8 cannot hold, such as a file name in an old encoding, is written out as escapes.

    Examples
    --------
    >>> clipped("weather in week 27", 10)
    'weather…'
    """
    # Every character takes a byte or more: one too many is enough to know that it must be cut.
    text = text[: most + 1].encode(errors="backslashreplace").decode()
    if len(text) * 6 <= most or len(encode(text)) - 2 <= most:
        return text
    room = most - len("…".encode())
    for index, character in enumerate(text):
        room -= len(encode(character)) - 2
        if room < 0:
            return text[:index] + "…"
    return text


def fitting(items: Iterable[Item], most: int, count: int | None = None) -> list[Item]:
    """Return the first items that together take at most ``most`` bytes of JSON.

    Examples
    --------
    >>> fitting(["a", "b", "c"], 8)
    ['a', 'b']
    """
    kept: list[Item] = []
    for item in items:
        most -= len(encode(item)) + 1
        if most < 0 or (count is not None and len(kept) == count):
            break
        kept.append(item)
    return kept


def page(total: int, offset: int, items: Iterable[Answer]) -> Answer:
    """Return a page of a list: as many of the items as one answer holds."""
    return {"total": total, "offset": offset, "items": fitting(items, MOST - _ENVELOPE)}


def version_answer(
    version: Version,
    aliases: Sequence[str],
    *,
    latest: bool,
    shares: Shares = ROW,
    training: Training | None = None,
) -> Answer:
    """Return what a list tells of a version; details give its parts larger shares."""
    told = {
        "ref": clipped(version.ref, REF),
        "name": clipped(version.name, NAME),
        "version": version.version,
        "id": clipped(version.id, 100),
        "description": clipped(version.description, shares.description),
        "created": version.created.isoformat(),
        "creator": clipped(version.creator, shares.creator),
        "kind": version.kind,
        "format": clipped_or_none(version.format, 40),
        "rows": version.rows,
        "columns": None if version.columns is None else len(version.columns),
        "files": version.files,
        "size": version.size,
        "digest": clipped(version.digest, 100),
        "tags": tags_answer(version.tags, shares.tags),
        "aliases": fitting((clipped(alias, NAME) for alias in aliases), shares.aliases),
        "latest": latest,
        "kept": version.kept,
        "deprecated": clipped_or_none(version.deprecated, shares.deprecated),
    }
    if training is not None:
        run = training.run
        told["data"] = fitting(map(relative_answer, training.data), shares.data)
        told["data_total"] = len(training.data)
        told["made_by"] = None if run is None else reader_answer(run)
    return told


def dataset_answer(
    versions: int, latest: Version, aliases: Sequence[str], training: Training | None = None
) -> Answer:
    """Return what a list tells of a dataset: its latest version, and how many there are."""
    return {
        "name": clipped(latest.name, NAME),
        "versions": versions,
        "latest": version_answer(latest, aliases, latest=True, training=training),
    }


def relative_answer(relative: Relative) -> Answer:
    """Return what leads to a version that another was made from, or that was made from it."""
    return {
        "ref": clipped(relative.ref, REF),
        "kind": relative.kind,
        "role": clipped(relative.role, 200),
        "likely": relative.likely,
    }


def details_answer(
    details: VersionDetails, run: Run | None, relatives: Relatives = ALONE
) -> Answer:
    """Return everything about a version.

    Parameters
    ----------
    details
        What the workspace knows.
    run
        The run that made it.
    relatives
        What it was made from, and what was made from it.
    """
    version, drift = details.version, details.drift
    columns = version.columns or ()
    sources = version.definition.sources
    return {
        "version": version_answer(
            version, details.row.aliases, latest=details.row.is_latest, shares=DETAILS
        ),
        "key": fitting((clipped(column, 200) for column in version.key), 5_000),
        "schema": fitting(
            ({"name": clipped(c.name, 200), "type": clipped(c.type, 80)} for c in columns),
            50_000,
            _COLUMNS,
        ),
        "paths": fitting((clipped(str(source), 1_000) for source in sources), 15_000),
        "file_list": fitting(
            (
                {
                    "path": clipped(_path(file.datastore, file.path), 1_000),
                    "size": file.size,
                    "hash": clipped(file.hash, 64),
                }
                for file in details.files
            ),
            40_000,
            _FILES,
        ),
        "drift": {
            "drifted": len(drift.drifted) - drift.unseen,
            "missing": sum(file.fate == "missing" for file in drift.drifted),
            "unseen": drift.unseen,
            "files": drift.files,
            "news": len(drift.news),
            "what": [clipped(describe_drift(file), 1_000) for file in drift.drifted[:_TOLD]],
        },
        "newer": clipped_or_none(details.newer, REF),
        "run": None if run is None else reader_answer(run),
        "from_memory": version.definition.from_memory,
        "readers": fitting(map(reader_answer, details.dependents.runs), 15_000, _READERS),
        "readers_total": len(details.dependents.runs),
        "parents": fitting(map(relative_answer, relatives.parents), 15_000, _RELATIVES),
        "parents_total": len(relatives.parents),
        "made": fitting(map(relative_answer, relatives.made), 15_000, _RELATIVES),
        "made_total": len(relatives.made),
    }


def profile_answer(profiling: Profiling, *, computable: bool) -> Answer:
    """Return what the table of a version holds, or why that is not told.

    Parameters
    ----------
    profiling
        What was found.
    computable
        Whether it was only not computed because that takes long.
    """
    profile = profiling.profile
    return {
        "profile": None if profile is None else _profile(profile),
        "why": clipped(profiling.why.removeprefix("none: "), 4_000),
        "computable": computable,
    }


def _profile(profile: Profile) -> Answer:
    columns = (_column(column, profile.rows) for column in profile.columns)
    return {
        "rows": profile.rows,
        "columns": fitting(columns, MOST - 10 * _ENVELOPE, _COLUMNS),
        "columns_total": len(profile.columns),
        "notes": [clipped(note, 400) for note in notes(profile)],
    }


def _column(column: ColumnProfile, rows: int) -> Answer:
    counts = bars(column)
    return {
        "name": clipped(column.name, 200),
        "type": clipped(column.type, 80),
        "missing": missing_share(column, rows),
        "distinct": distinct_text(column),
        "range": clipped(range_text(column, rows), 300),
        "mean": clipped(mean_text(column), 100),
        "bars": list(counts),
        "picture": clipped(picture_words(column, rows), 500) if counts else "",
    }


def reader_answer(run: Run) -> Answer:
    """Return what leads to a run."""
    return {
        "id": clipped(run.id, 100),
        "name": clipped(run.name, 400),
        "started": run.started.isoformat(),
    }


def clipped_or_none(text: str | None, most: int) -> str | None:
    """Return a text that takes at most ``most`` bytes, or None for none."""
    return None if text is None else clipped(text, most)


def tags_answer(tags: Mapping[str, str], most: int) -> dict[str, str]:
    """Return the first tags that together take at most ``most`` bytes."""
    pairs = ((clipped(key, most // 2), clipped(value, most // 2)) for key, value in tags.items())
    # Brackets and commas of a pair take as much as a colon and quotes do.
    return dict(fitting(pairs, most))


def _path(datastore: str, path: str) -> str:
    return str(Source(datastore=datastore, path=path))
