"""Keeping a version's bytes: when, and of which files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dsnb.catalog.base import Transaction, View
from dsnb.catalog.resolving import resolve
from dsnb.datasets.drifting import drift_error, find_version_drift
from dsnb.datasets.stores import Stores
from dsnb.errors import RegistryDamagedError, VersionNotFoundError
from dsnb.presenting import Outcome
from dsnb.records import Definition, Manifest, Version
from dsnb.refs import Ref
from dsnb.storage.snapshots import ToKeep

Policy = Literal["auto", "always", "never"]
SMALL = 50_000_000
"""Bytes of a version up to which ``auto`` keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Outcome):
    """The outcome of keeping a version's bytes, or of no longer keeping them.

    Attributes
    ----------
    version
        The version as it is now.
    was_kept
        Whether its bytes were kept before.
    new
        Number of contents that were not kept before.
    size
        Bytes that those take on disk.
    """

    version: Version
    was_kept: bool
    new: int = 0
    size: int = 0


def is_to_be_kept(
    stores: Stores, definition: Definition, manifest: Manifest, policy: Policy
) -> bool:
    """Tell whether a version is kept when it is registered.

    Parameters
    ----------
    stores
        The workspace's keepers.
    definition, manifest
        Of the version.
    policy
        ``auto`` keeps up to `SMALL` bytes, and any size where the file system clones for free; what
        dsnb laid out itself, in a folder of its own, it does not keep twice.
    """
    if policy != "auto":
        return policy == "always"
    if definition.is_own:
        return False
    if manifest.size <= SMALL:
        return True
    return all(map(stores.snapshots.clones, stores.paths(manifest)[:1]))


def keep_files(stores: Stores, manifest: Manifest, before: Version | None) -> tuple[int, int]:
    """Keep the bytes of every file of a manifest.

    Parameters
    ----------
    stores
        The workspace's keepers.
    manifest
        The files, as they are on disk.
    before
        An older version, whose kept contents the new ones may resemble.

    Returns
    -------
    tuple
        Number of contents that were not kept before, and the bytes they take.

    Raises
    ------
    SourceError
        When a file does not hold any more what the manifest says.
    RegistryError
        When the disk refuses.
    """
    resembled = _kept_contents(stores, before)
    alone = next(iter(resembled.values())) if len(resembled) == 1 and manifest.count == 1 else None
    files = [
        ToKeep(path, file.hash, file.size, resembled.get((file.datastore, file.path), alone))
        for path, file in zip(stores.paths(manifest), manifest.files, strict=True)
    ]
    kept = stores.snapshots.keep(files, stores.progress)
    return kept.new, kept.size


def are_kept(stores: Stores, manifest: Manifest) -> bool:
    """Tell whether every content of a manifest is there; under the registry's lock it stays so."""
    return not stores.snapshots.missing(file.hash for file in manifest.files)


def snapshot(stores: Stores, ref: Ref) -> Snapshot:
    """Keep the bytes of a version that is registered.

    Raises
    ------
    DriftError
        When its files are no longer what was registered.
    RegistryError
        When the disk refuses.
    """
    version = resolve(stores.catalog.view(), ref)
    manifest = stores.manifest(version)
    if version.kept and are_kept(stores, manifest):
        return Snapshot(version=version, was_kept=True)
    drift = find_version_drift(stores, version, manifest)
    if drift:
        raise drift_error(stores, version, drift)
    new = size = 0
    while True:
        written = keep_files(stores, manifest, _older(stores.catalog.view(), version))
        new, size = new + written[0], size + written[1]
        with stores.catalog.transaction() as transaction:
            if are_kept(stores, manifest):  # else `gc` took them away meanwhile
                kept = _marked(transaction, version, kept=True)
                return Snapshot(version=kept, was_kept=version.kept, new=new, size=size)


def release(stores: Stores, ref: Ref) -> Snapshot:
    """Keep a version's bytes no longer; `gc` frees what no other version needs."""
    with stores.catalog.transaction() as transaction:
        version = resolve(transaction, ref)
        was_kept = version.kept
        if was_kept:
            version = _marked(transaction, version, kept=False)
        return Snapshot(version=version, was_kept=was_kept)


def _marked(transaction: Transaction, version: Version, *, kept: bool) -> Version:
    """Record whether a version is kept, in the record as it is now."""
    now = transaction.by_id(version.id)
    if now is None:
        raise VersionNotFoundError(
            f"{version.ref} was deleted meanwhile.", hint=f"Type %ds versions {version.name}"
        )
    marked = replace(now, kept=kept)
    transaction.update_version(marked)
    return marked


def _kept_contents(stores: Stores, version: Version | None) -> Mapping[tuple[str, str], str]:
    """Return the contents that are kept of a version, by datastore and path."""
    if version is None or not version.kept:
        return {}
    try:
        manifest = stores.manifest(version)
    except RegistryDamagedError:
        return {}
    return {(file.datastore, file.path): file.hash for file in manifest.files}


def _older(view: View, version: Version) -> Version | None:
    """Return the newest kept version before one of the same dataset, or after it."""
    others = [number for number in view.numbers(version.name) if number != version.version]
    near = sorted(others, key=lambda number: (number > version.version, -number))
    for number in near[:10]:
        other = view.version(version.name, number)
        if other is not None and other.kept:
            return other
    return None
