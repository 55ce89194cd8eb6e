"""Notebooks as files: the lock that one holds, and whether what it read can still be had."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsnb.catalog.base import View
from dsnb.datasets.inspection import verify
from dsnb.datasets.stores import Stores
from dsnb.errors import NotebookError, RegistryDamagedError, did_you_mean, first_line
from dsnb.presenting import Presentable
from dsnb.provenance.lock import KEY, Lock, Locked, read_lock
from dsnb.records import Version
from dsnb.storage.drift import Drift
from dsnb.units import size_text

LARGEST = 500_000_000
"""Bytes that a notebook may have."""


@dataclass(frozen=True, slots=True)
class RecordedInput:
    """One version that a notebook read, and what has become of it.

    Attributes
    ----------
    recorded
        What the notebook says.
    version
        The version with that content in this workspace, whatever it is called here; None when
        there is none.
    here
        Reference of the version that has the recorded name and number, but another content.
    drift
        How its files stand on disk.
    kept
        Whether its snapshot holds the bytes of what drifted.
    """

    recorded: Locked
    version: Version | None = None
    here: str = ""
    drift: Drift | None = None
    kept: bool = False

    @property
    def available(self) -> bool:
        """Whether it can be loaded as it was read."""
        return self.version is not None and (not self.drift or self.kept)


@dataclass(frozen=True, slots=True)
class NotebookVerification(Presentable):
    """Whether everything that a notebook read can still be had; true when all of it can.

    Attributes
    ----------
    notebook
        Its file.
    workspace
        Folder of the workspace in which its inputs were looked for.
    lock
        What the notebook says that it read and made.
    inputs
        What has become of each input.
    """

    notebook: str
    workspace: str
    lock: Lock
    inputs: tuple[RecordedInput, ...]

    def __bool__(self) -> bool:
        return all(one.available for one in self.inputs) and not self.lock.left_out


def read_notebook(path: Path) -> dict[str, Any]:
    """Return what the file of a notebook holds.

    Raises
    ------
    NotebookError
        When it cannot be read, or is no notebook.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise NotebookError(
                f"{path} has {size_text(size)}: too much for a notebook.",
                hint="Clear its outputs first.",
            )
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        why = "it is a folder" if path.is_dir() else str(error.strerror)
        raise NotebookError(f"{path} cannot be read: {why}.", hint="Name a notebook.") from error
    except (ValueError, RecursionError) as error:
        raise NotebookError(
            f"{path} is no notebook: it is not JSON ({first_line(error)}).",
            hint="Name a file that ends with .ipynb.",
        ) from error
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("metadata"), dict)
        or not isinstance(document.get("cells"), list)
        or not isinstance(document.get("nbformat"), int)
    ):
        raise NotebookError(
            f"{path} is no notebook of nbformat 4: it lacks cells, metadata or its format.",
            hint="Open it in JupyterLab and save it, or name another file.",
        )
    return document


def find_lock(document: Mapping[str, Any]) -> Lock | None:
    """Return the lock in what a notebook holds, None when it holds none.

    Raises
    ------
    NotebookError
        When it is damaged.
    """
    held = document["metadata"].get(KEY)
    return None if held is None else read_lock(held)


def no_lock(path: Path) -> NotebookError:
    """Return the error for a notebook that does not say what it read."""
    return NotebookError(
        f"{path} holds no lock: it does not say which versions it read.",
        hint="JupyterLab writes one when the notebook is run and saved, unless it is switched off "
        "(%ds config notebook.lock).",
    )


def verify_notebook(
    stores: Stores, path: Path, lock: Lock, *, full: bool = False
) -> NotebookVerification:
    """Tell whether everything that a notebook read can still be had in a workspace.

    Parameters
    ----------
    stores
        The workspace's keepers.
    path
        The notebook.
    lock
        What it read.
    full
        Whether to hash every file, rather than only those that seem touched.
    """
    view = stores.catalog.view()
    found = {one: find_recorded(view, one) for one in lock.inputs}
    there = {version.id: version for version in found.values() if version is not None}
    drifts = {
        version.id: drift for version, drift in verify(stores, [*there.values()], full=full).rows
    }
    inputs = []
    for one, version in found.items():
        if version is None:
            inputs.append(RecordedInput(one, here=_other_content(view, one)))
        else:
            drift = drifts[version.id]
            kept = bool(drift) and _keeps(stores, version, drift)
            inputs.append(RecordedInput(one, version, drift=drift, kept=kept))
    return NotebookVerification(str(path), str(stores.layout.root), lock, tuple(inputs))


def find_recorded(view: View, recorded: Locked) -> Version | None:
    """Return the version with the content that a notebook read, None where there is none.

    The one of the recorded name and number comes first, then the newest of that name, then any.
    """
    named = view.version(recorded.name, recorded.version)
    if named is not None and named.digest == recorded.digest:
        return named
    for name in (recorded.name, *view.names()):
        if numbers := view.with_digest(name, recorded.digest):
            return view.version(name, numbers[-1])
    return None


def _other_content(view: View, recorded: Locked) -> str:
    return "" if view.version(recorded.name, recorded.version) is None else recorded.ref


def _keeps(stores: Stores, version: Version, drift: Drift) -> bool:
    """Tell whether the snapshots can give back every file of a version that drifted."""
    if not version.kept:
        return False
    try:
        manifest = stores.manifest(version)
    except RegistryDamagedError:
        return False
    drifted = {file.key for file in drift.drifted}
    wanted = {file.hash for file in manifest.files if (file.datastore, file.path) in drifted}
    return not any(True for _ in stores.snapshots.check(wanted))


def _missing(path: Path) -> NotebookError:
    try:
        others = [each.name for each in path.parent.glob("*.ipynb")]
    except OSError:
        others = []
    near = did_you_mean(path.name, others)
    return NotebookError(f"There is no notebook {path}. {near}".strip(), hint="Name its file.")
