"""Files of two manifests: added, removed, changed, moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from dsnb.compare.result import FilePair, FilesDiff
from dsnb.records import FileEntry, Manifest


def compare_files(old: Manifest, new: Manifest) -> FilesDiff:
    """Compare two manifests file by file.

    Files are matched by datastore and path; one that a manifest lists twice counts twice. A file
    is changed when its content hash differs. A removed and an added file of the same hash and
    size are one moved file, unless several could be meant: those stay added and removed.

    Parameters
    ----------
    old, new
        The manifests.

    Examples
    --------
    >>> from dsnb.records import FileGroup
    >>> old = Manifest((FileGroup("default", ".", ("a.csv", "b.csv"), (1, 2), ("aa", "bb")),))
    >>> new = Manifest((FileGroup("default", ".", ("a.csv", "c.csv"), (1, 2), ("ff", "bb")),))
    >>> diff = compare_files(old, new)
    >>> [(pair.before.path, pair.after.path) for pair in diff.moved]
    [('b.csv', 'c.csv')]
    >>> [pair.after.hash for pair in diff.changed]
    ['ff']
    """
    before, after = _by_path(old.files), _by_path(new.files)
    shared = [place for place in after if place in before]
    changed = tuple(
        FilePair(before[place], after[place])
        for place in shared
        if before[place].hash != after[place].hash
    )
    removed = [entry for place, entry in before.items() if place not in after]
    added = [entry for place, entry in after.items() if place not in before]
    moved = _moved(removed, added)
    gone = {id(pair.before) for pair in moved}
    come = {id(pair.after) for pair in moved}
    return FilesDiff(
        added=tuple(entry for entry in added if id(entry) not in come),
        removed=tuple(entry for entry in removed if id(entry) not in gone),
        changed=changed,
        moved=moved,
        unchanged=len(shared) - len(changed),
    )


def _by_path(files: Iterable[FileEntry]) -> dict[tuple[str, str, int], FileEntry]:
    seen: Counter[tuple[str, str]] = Counter()
    entries = {}
    for entry in files:
        place = (entry.datastore, entry.path)
        entries[*place, seen[place]] = entry
        seen[place] += 1
    return entries


def _moved(removed: list[FileEntry], added: list[FileEntry]) -> tuple[FilePair, ...]:
    by_content: dict[tuple[str, int], tuple[list[FileEntry], list[FileEntry]]]
    by_content = defaultdict(lambda: ([], []))
    for entry in removed:
        by_content[entry.hash, entry.size][0].append(entry)
    for entry in added:
        by_content[entry.hash, entry.size][1].append(entry)
    return tuple(
        FilePair(left[0], right[0])
        for left, right in by_content.values()
        if len(left) == len(right) == 1
    )
