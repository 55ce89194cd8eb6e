"""Restoring: a version's files as they were registered, in their place or in another folder."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dsnb.datasets.drifting import drift_error, find_version_drift
from dsnb.datasets.stores import Stores
from dsnb.errors import DriftError, SourceError, writing
from dsnb.presenting import Outcome
from dsnb.records import FileEntry, Manifest, Version
from dsnb.storage.atomic import TEMPORARY
from dsnb.storage.drift import Drift, places_of
from dsnb.storage.hashing import hash_files

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration(Outcome):
    """The outcome of restoring a version.

    Attributes
    ----------
    version
        Which one.
    written
        The files that were written, as paths of this machine.
    unchanged
        Number of files that were there as they should be.
    folder
        Where to, None for the places that the version was registered from.
    """

    version: Version
    written: tuple[str, ...]
    unchanged: int
    folder: str | None = None


def restore(
    stores: Stores, version: Version, folder: Path | None = None, *, overwrite: bool = False
) -> Restoration:
    """Write a version's files as they were registered.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        Which one.
    folder
        Where to; None is where they were registered from.
    overwrite
        Whether files that hold something else may be written over.

    Raises
    ------
    DriftError
        When files hold something else and may not be written over, or when what was registered is
        nowhere any more.
    SnapshotError
        When what a snapshot kept is damaged.
    SourceError
        When they lie outside the workspace where this user has used nothing before.
    """
    manifest = stores.manifest(version)
    if folder is None:
        _refuse_strange_places(stores, version, manifest)
    drift = find_version_drift(stores, version, manifest)
    if drift and not version.kept:
        error = drift_error(stores, version, drift)
        raise DriftError(
            f"{error.message} Its bytes were not kept, so it cannot be restored.",
            hint="Versions up to 50 MB are kept when they are registered; of larger ones: "
            "%ds register … --snapshot",
        )
    if folder is None:
        return _restore_in_place(stores, version, manifest, drift, overwrite)
    return _restore_to(stores, version, manifest, drift, folder, overwrite)


def _refuse_strange_places(stores: Stores, version: Version, manifest: Manifest) -> None:
    """Refuse to write outside the workspace where this user has used nothing before.

    The registry alone says what to write there, and may come from a stranger.
    """
    reach = stores.in_passing().reach
    places = places_of(version.definition, stores.datastores)
    for place, group in zip(places, manifest.groups, strict=True):
        base = stores.datastores.path(group.datastore, group.base)
        if not reach.admits(place, base, group.names):
            raise SourceError(
                f"{version.ref} lies at {place}, outside the workspace, where you have registered "
                "or loaded nothing before; nothing was written.",
                hint=f"Write it elsewhere: %ds restore {version.ref} --to FOLDER",
            )


def _restore_in_place(
    stores: Stores, version: Version, manifest: Manifest, drift: Drift, overwrite: bool
) -> Restoration:
    drifted = {file.key: file for file in drift.drifted}
    changed = [file.path for file in drift.drifted if file.fate != "missing"]
    if changed and not overwrite:
        raise _would_overwrite(version, changed, f"%ds restore {version.ref} --overwrite")
    files = [file for file in manifest.files if (file.datastore, file.path) in drifted]
    places = [Path(stores.datastores.path(file.datastore, file.path)) for file in files]
    _write(stores, list(zip(files, places, strict=True)))
    written = tuple(map(str, places))
    return Restoration(version=version, written=written, unchanged=manifest.count - len(files))


def _restore_to(
    stores: Stores,
    version: Version,
    manifest: Manifest,
    drift: Drift,
    folder: Path,
    overwrite: bool,
) -> Restoration:
    """Write every file below a folder: from its place while it is unchanged there."""
    drifted = {file.key for file in drift.drifted}
    kept: list[tuple[FileEntry, Path]] = []
    copied: list[tuple[FileEntry, Path]] = []
    in_the_way, there = [], 0
    for file, below in zip(manifest.files, _names(list(manifest.files)), strict=True):
        place = folder / below
        if os.path.lexists(place):
            if _holds(place, file):
                there += 1
                continue
            in_the_way.append(str(place))
        is_kept = version.kept or (file.datastore, file.path) in drifted
        (kept if is_kept else copied).append((file, place))
    if in_the_way and not overwrite:
        again = f'%ds restore {version.ref} --to "{folder}" --overwrite'
        raise _would_overwrite(version, in_the_way, again)
    _write(stores, kept)
    for file, place in copied:
        _copy(stores.datastores.path(file.datastore, file.path), place, file)
    written = tuple(str(place) for _, place in kept + copied)
    return Restoration(version=version, written=written, unchanged=there, folder=str(folder))


def _write(stores: Stores, files: Sequence[tuple[FileEntry, Path]]) -> None:
    for folder in {place.parent for _, place in files}:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
    for _, place in files:
        if place.is_dir() and not place.is_symlink():
            raise SourceError(
                f"{place} is a folder now, where a file belongs.",
                hint="Move the folder away, then run the same line again.",
            )
    stores.snapshots.restore_many([(file.hash, place) for file, place in files], stores.progress)


def _copy(source: str, place: Path, file: FileEntry) -> None:
    """Copy a file, which appears under its name once it is whole and what it should be."""
    temporary = place.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    with writing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, temporary)
            if not _holds(temporary, file):
                raise SourceError(
                    f"{source} changed while it was copied.", hint="Run the same line again."
                )
            os.replace(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)


def _names(files: Sequence[FileEntry]) -> Iterator[str]:
    """Yield the paths of files below the folder that holds them all."""
    several = len({file.datastore for file in files}) > 1
    paths = [
        PurePosixPath(file.datastore, file.path) if several else PurePosixPath(file.path)
        for file in files
    ]
    common = os.path.commonpath([path.parent for path in paths])
    for path in paths:
        yield path.relative_to(common).as_posix()


def _holds(place: Path, file: FileEntry) -> bool:
    try:
        if not place.is_file() or place.stat().st_size != file.size:
            return False
        [(digest, _)] = hash_files([str(place)])
    except (OSError, SourceError):
        return False
    return digest.hex() == file.hash


def _would_overwrite(version: Version, paths: Sequence[str], again: str) -> DriftError:
    listed = ", ".join(paths[:_NAMED])
    listed += f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return DriftError(
        f"Restoring {version.ref} would write over what is there now: {listed}. "
        "Nothing was written.",
        hint=f"Write over it: {again} – or keep both: %ds restore {version.ref} --to FOLDER",
    )
