"""What the picker's front end may ask of a workspace, and the answers as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.catalog.resolving import known_numbers
from dsnb.compare import DatasetDiff, Options
from dsnb.datasets.profiles import LITTLE, Effort
from dsnb.display.versions import state
from dsnb.errors import DsnbError
from dsnb.presenting import as_html
from dsnb.records import Version
from dsnb.storage.drift import Drift
from dsnb.units import size_text
from dsnb.widgets.rows import (
    Row,
    aliases_of,
    column_table,
    dataset_row,
    file_table,
    fits,
    frame_table,
    version_row,
)
from dsnb.workspace import Workspace

PAGE = 200
"""Rows that one answer holds at most, so that it stays small."""
PREVIEW_ROWS = 10

_BARE = re.compile(r"@?(v?[0-9]+|latest(?:~[0-9]+)?)")


class Answers:
    """The answers of one workspace; each is computed anew, and any thread may ask.

    Parameters
    ----------
    workspace
        Where the datasets are.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def datasets(self, text: str = "", offset: int = 0, limit: int = PAGE) -> Row:
        """Return the datasets whose name holds a text: ``total`` and a page of ``rows``."""
        view = self._workspace.view()
        wanted = text.strip().lower()
        names = [name for name in view.names() if wanted in name.lower()]
        page = names[offset : offset + min(limit, PAGE)]
        return {
            "total": len(names),
            "offset": offset,
            "rows": [dataset_row(name, view.numbers(name)) for name in page],
        }

    def versions(
        self, dataset: str, text: str = "", offset: int = 0, limit: int = PAGE, find: str = ""
    ) -> Row:
        """Return the versions of a dataset that fit a text, newest first.

        Parameters
        ----------
        dataset
            Its name.
        text
            What somebody looks for.
        offset, limit
            Which rows.
        find
            A reference whose position is wanted, too.

        Returns
        -------
        dict
            ``total``, a page of ``rows``, ``found`` (position of ``find`` or None) and ``chosen``
            (its row, whether it fits or not).

        Raises
        ------
        DatasetNotFoundError
            When there is none of that name.
        """
        view = self._workspace.view()
        numbers = known_numbers(view, dataset)
        aliases, latest = view.aliases(dataset), numbers[-1]
        before = dict(zip(numbers[1:], numbers, strict=False))

        def row(version: Version) -> Row:
            names = aliases_of(version.version, aliases, latest)
            return version_row(version, names, before.get(version.version))

        fitting = numbers[::-1]
        if text.strip():
            fitting = [
                number
                for number in fitting
                if (version := view.version(dataset, number)) is not None
                and fits(version, aliases_of(number, aliases, latest), text)
            ]
        page = fitting[offset : offset + min(limit, PAGE)]
        found = [v for number in page if (v := view.version(dataset, number)) is not None]
        answer: Row = {"total": len(fitting), "offset": offset, "rows": [row(v) for v in found]}
        name, _, wanted = find.rpartition("@")
        if name == dataset and wanted.isdecimal():
            chosen = view.version(dataset, int(wanted))
            answer["found"] = fitting.index(int(wanted)) if int(wanted) in fitting else None
            answer["chosen"] = None if chosen is None else row(chosen)
        return answer

    def states(self, refs: Sequence[str]) -> Iterator[Row]:
        """Yield how the files of some versions stand, each as soon as it is known."""
        for ref in refs:
            with suppress(DsnbError):  # gone meanwhile; the list will say so
                ((version, drift),) = self._workspace.verify([self._workspace.resolve(ref)]).rows
                yield {"state": {"ref": version.ref, "text": _standing(version, drift)}}

    def preview(self, ref: str) -> Row:
        """Return the first rows of a version, or the first of its files.

        Where the files in place are not what was registered, its snapshot is shown, and that is
        told as a notice.

        Raises
        ------
        DriftError
            When its files changed or vanished and no snapshot keeps them.
        TableError
            When they cannot be read.
        """
        version = self._workspace.resolve(ref)
        if version.kind != "tabular":
            return file_table(self._workspace.show(version).files, version.files)
        table = frame_table(self._workspace.preview(version, PREVIEW_ROWS))
        if version.kept:
            [(_, drift)] = self._workspace.verify([version]).rows
            if drift:
                self._workspace.notify(_from_snapshot(version, drift))
        return table

    def columns(self, ref: str) -> Row:
        """Return the columns of a version as they were recorded."""
        version = self._workspace.resolve(ref)
        if version.columns is None:
            what = (
                "files" if version.kind != "tabular" else "a table whose columns were not recorded"
            )
            return {"headers": [], "right": [], "rows": [], "note": f"{version.ref} holds {what}."}
        return column_table(version.columns, version.key)

    def profile(self, ref: str) -> Row:
        """Return what the table of a version holds, as far as that takes about a second.

        Returns
        -------
        dict
            ``html`` (the profile as dsnb shows it everywhere); in its place a ``note`` that says
            why there is none, and ``costly`` where it only was not computed because it takes long.
        """
        return self._profile(ref, "little")

    def compute(self, ref: str) -> Row:
        """Return what `profile` does, however long it takes."""
        return self._profile(ref, "any")

    def _profile(self, ref: str, effort: Effort) -> Row:
        version = self._workspace.resolve(ref)
        if version.kind != "tabular":
            return {"note": f"{version.ref} holds files that are no table."}
        found = self._workspace.profile(version, effort)
        if found.profile is not None:
            return {"html": as_html(found.profile)}
        if effort == "little" and version.size > LITTLE:
            size = size_text(version.size)
            note = f"Not computed yet: looking through {size} takes a while. It is done once."
            return {"note": note, "costly": True}
        return {"note": f"No profile: {found.why.removeprefix('none: ')}"}

    def since(self, ref: str, against: str = "") -> Row:
        """Compare a version with another, the older one first.

        Parameters
        ----------
        ref
            The chosen version.
        against
            The other one, such as ``@1``, ``1`` or ``prices@3``; the one before when empty.

        Returns
        -------
        dict
            ``html`` (the diff as dsnb shows it everywhere), ``old`` and ``new``; ``note`` in their
            place when there is nothing to compare with.
        """
        new = self._workspace.resolve(ref)
        old = self._other(new, against.strip())
        if old is None:
            return {"note": f"{new.ref} is the first version. Name another to compare it with."}
        if old.id == new.id:
            return {"note": f"This is {new.ref} itself. Name another version."}
        if old.name == new.name and old.version > new.version:
            old, new = new, old
        options = Options(rows=self._workspace.config["diff.rows"])
        diff: DatasetDiff = self._workspace.compare(old, new, options)
        return {"old": old.ref, "new": new.ref, "html": as_html(diff)}

    def _other(self, version: Version, against: str) -> Version | None:
        if against:
            bare = _BARE.fullmatch(against)
            short = against.startswith("@") or bare
            named = f"{version.name}@{against.removeprefix('@')}" if short else against
            return self._workspace.resolve(named)
        view = self._workspace.view()
        earlier = [n for n in view.numbers(version.name) if n < version.version]
        return view.version(version.name, earlier[-1]) if earlier else None


def _standing(version: Version, drift: Drift) -> str:
    """Return how a version's files stand, and whether that does any harm."""
    is_harmless = version.kept and drift and not drift.unseen
    return "⚠ drifted, its snapshot is used" if is_harmless else state(drift)


def _from_snapshot(version: Version, drift: Drift) -> str:
    """Say that what is shown is not what is in place, and how that becomes so again."""
    if drift.unseen:
        return "From its snapshot: the files outside the workspace were not looked at."
    overwrites = any(file.fate != "missing" for file in drift.drifted)
    line = f"%ds restore {version.ref}{' --overwrite' if overwrites else ''}"
    return f"From its snapshot, as files changed on disk. To put them back: {line}"


def refusal(error: Exception) -> dict[str, Any]:
    """Return an error as a message with the ways on."""
    message = getattr(error, "message", "")
    if message:
        return {"message": message, "hint": getattr(error, "hint", "")}
    said = str(error).strip().split("\n")[0][:300]
    return {
        "message": f"This did not work ({type(error).__name__}: {said}).",
        "hint": "Do the same in a cell to see more: %ds --help",
    }
