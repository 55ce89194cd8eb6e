"""Stale cells: those that read what is not the newest, or no longer what it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dsnb.records import Run, Use, Version


@dataclass(frozen=True, slots=True)
class Stale:
    """An input of a run that has been overtaken.

    Attributes
    ----------
    ref
        The version, as it is called now.
    cells
        The cells that read it and have not been run again since with another one.
    newer
        Reference of the newest version, None when that is the one that was read.
    drifted
        Whether its files changed or vanished.
    """

    ref: str
    cells: tuple[int, ...]
    newer: str | None
    drifted: bool


def find_stale(
    run: Run,
    find: Callable[[Use], Version | None],
    newest: Callable[[str], Version | None],
    is_drifted: Callable[[Version], bool],
) -> list[Stale]:
    """Return the inputs of a run that have been overtaken, in the order in which they were read.

    A cell that was run again with another version of a dataset is not stale any more.

    Parameters
    ----------
    run
        The run.
    find
        Returns the version that was used, None when it is gone.
    newest
        Returns the newest version of a dataset.
    is_drifted
        Tells whether a version's files changed or vanished.
    """
    read: dict[str, tuple[Version, list[tuple[int, str]]]] = {}
    last: dict[tuple[str, str], int] = {}
    for use in run.inputs:
        version = find(use)
        if version is None:
            continue
        _, executions = read.setdefault(version.id, (version, []))
        hashes = use.sources or ("",) * len(use.cells)
        for cell, source in zip(use.cells, hashes, strict=False):
            executions.append((cell, source))
            if source:
                known = last.get((version.name, source), 0)
                last[version.name, source] = max(known, cell)
    found = []
    for version, executions in read.values():
        cells = sorted(
            {cell for cell, source in executions if last.get((version.name, source), cell) == cell}
        )
        if executions and not cells:
            continue
        latest = newest(version.name)
        newer = None if latest is None or latest.id == version.id else latest.ref
        drifted = is_drifted(version)
        if newer or drifted:
            found.append(Stale(version.ref, tuple(cells), newer, drifted))
    return found
