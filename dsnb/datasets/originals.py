"""The original bytes of a version: its files in place, or what the snapshots keep of them.

What drifted is never read as the version. Where its bytes are kept they are laid out in the user's
cache folder, by content, and read from there.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dsnb.datasets.drifting import describe_drifts, drift_error, find_version_drift
from dsnb.datasets.stores import Stores
from dsnb.errors import DsnbError, RegistryError, writing
from dsnb.records import FileEntry, Manifest, Version
from dsnb.storage.discovery import cache_folder
from dsnb.storage.drift import Drift
from dsnb.storage.hashing import hash_files

READ_ONLY = 0o444


@dataclass(frozen=True, slots=True)
class Originals:
    """Where the bytes of a version can be read.

    Attributes
    ----------
    paths
        The files on this machine, in order.
    drift
        How the files in place stood when they were looked at.
    notice
        What the user should know about that, in one sentence; empty when nothing drifted.
    """

    paths: list[str]
    drift: Drift
    notice: str = ""


def find_originals(
    stores: Stores,
    version: Version,
    manifest: Manifest,
    *,
    verify: bool = False,
    as_is: bool = False,
) -> Originals:
    """Return where the bytes of a version can be read.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version, manifest
        Which one, and its file list.
    verify
        Whether to hash every file, rather than only those that seem touched.
    as_is
        Whether to take what is there although it is not what was registered.

    Raises
    ------
    DriftError
        When files changed or vanished and no snapshot keeps them.
    SnapshotError
        When what a snapshot kept is damaged.
    """
    drift = find_version_drift(stores, version, manifest, full=verify)
    if not drift:
        return Originals(stores.paths(manifest), drift)
    said = describe_drifts(version, drift)
    if as_is and all(file.fate == "changed" for file in drift.drifted):
        return Originals(stores.paths(manifest), drift, f"{said}. It was loaded as it is now.")
    if not version.kept:
        raise drift_error(stores, version, drift)
    paths = _with_snapshots(stores, manifest, drift)
    return Originals(paths, drift, f"{said}. Its snapshot is used instead.")


def is_still_so(stores: Stores, version: Version, manifest: Manifest, found: Originals) -> bool:
    """Tell whether no file drifted since the originals were found: what was read is what it was."""
    drift = find_version_drift(stores, version, manifest)
    before = {file.key for file in found.drift.drifted}
    return {file.key for file in drift.drifted} <= before


def _with_snapshots(stores: Stores, manifest: Manifest, drift: Drift) -> list[str]:
    """Return a version's paths, those that drifted being copies of what was kept."""
    try:
        return _laid_out(stores, manifest, drift, restored_folder())
    except (RegistryError, OSError):
        # A cache that is full, or closed to this user, only makes it slower.
        return _laid_out(stores, manifest, drift, _folder_of_this_process())


def _laid_out(stores: Stores, manifest: Manifest, drift: Drift, folder: Path) -> list[str]:
    drifted = {file.key for file in drift.drifted}
    # Where all are gone their datastore may be gone, too.
    there = stores.paths(manifest) if len(drifted) < manifest.count else [""] * manifest.count
    paths: list[str] = []
    wanted: list[tuple[FileEntry, Path]] = []
    for file, place in zip(manifest.files, there, strict=True):
        if (file.datastore, file.path) in drifted:
            # Its name tells readers its format.
            copy = folder / file.hash[:2] / file.hash[2:] / os.path.basename(file.path)
            wanted.append((file, copy))
            paths.append(str(copy))
        else:
            paths.append(place)
    missing = [(file, copy) for file, copy in wanted if not _is_whole(file, copy)]
    for above in {copy.parent for _, copy in missing}:
        with writing(above):
            above.mkdir(parents=True, exist_ok=True)
    stores.snapshots.restore_many([(file.hash, copy) for file, copy in missing], stores.progress)
    for _, copy in missing:
        with suppress(OSError):
            copy.chmod(READ_ONLY)  # what is changed there would only be thrown away
    return paths


@cache
def _folder_of_this_process() -> Path:
    """Return a folder that is gone when this process ends."""
    folder = tempfile.mkdtemp(prefix="dsnb-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def restored_folder() -> Path:
    """Return the folder of the cache that holds copies of kept files."""
    return cache_folder() / "restored"


def _is_whole(file: FileEntry, copy: Path) -> bool:
    try:
        if copy.stat().st_size != file.size:
            return False
        os.utime(copy)  # it is in use, and so is not cleared away yet
        [(digest, _)] = hash_files([str(copy)])
    except (OSError, DsnbError):
        return False
    return digest.hex() == file.hash and copy.exists()


def copies() -> Iterator[Path]:
    """Yield the copies of kept files in the cache."""
    yield from (path for path in restored_folder().glob("*/*/*") if path.is_file())
