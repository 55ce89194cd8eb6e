"""The opened keepers of one workspace, handed to everything that happens to its datasets."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from dsnb.catalog.base import Catalog
from dsnb.errors import RegistryDamagedError
from dsnb.records import FileGroup, Manifest, Source, Version
from dsnb.storage.datastores import Datastores, check_below
from dsnb.storage.fingerprints import Progress, quiet
from dsnb.storage.layout import Layout
from dsnb.storage.manifests import ManifestStore
from dsnb.storage.reach import Reach
from dsnb.storage.snapshots import SnapshotStore
from dsnb.storage.stats import StatCache

_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Stores:
    """Where the versions of one workspace and their files are kept.

    Attributes
    ----------
    layout
        The workspace's folders.
    datastores
        The roots below which data lies.
    catalog
        The registry.
    manifests
        The file lists.
    snapshots
        The kept bytes of files.
    stats
        The remembered states of files.
    reach
        Which places may be looked at.
    notify
        Told what the user should know, one sentence at a time.
    progress
        Told how much there is to hash, and then of each piece that is done.
    """

    layout: Layout
    datastores: Datastores
    catalog: Catalog
    manifests: ManifestStore
    snapshots: SnapshotStore
    stats: StatCache
    reach: Reach
    notify: Callable[[str], None]
    progress: Progress = quiet

    def in_passing(self) -> Stores:
        """Return the same keepers for somebody who only shows what there is."""
        return replace(self, reach=replace(self.reach, in_passing=True))

    def manifest(self, version: Version) -> Manifest:
        """Return the file list of a version, having checked that it is one of this version.

        Raises
        ------
        RegistryDamagedError
            When it is missing or damaged, or lists what the version's paths do not hold.
        """
        manifest = self.manifests.read(version.manifest)
        check_manifest(manifest, version)
        return manifest

    def paths(self, manifest: Manifest) -> list[str]:
        """Return the files of a manifest as paths of this machine, in order."""
        return [path for group in manifest.groups for path in self.datastores.paths(group)]


def check_manifest(manifest: Manifest, version: Version) -> None:
    """Refuse a manifest that does not list files of a version's own paths, each with its hash.

    The record of a version is what the user sees of it; a manifest must not name other places.

    Raises
    ------
    OutsideDatastoreError
        When a path leads out of its datastore.
    RegistryDamagedError
        When it names other places, or is not whole.
    """
    sources = version.definition.sources
    if len(manifest.groups) != len(sources):
        raise _damaged(
            version,
            f"it names {len(sources)} paths, and its manifest lists files for "
            f"{len(manifest.groups)}",
        )
    for source, group in zip(sources, manifest.groups, strict=True):
        check_below([path for path in (source.path, group.base) if path != "."], group.datastore)
        check_below(group.names, group.datastore)
        if not _lies_at(group, source):
            raise _damaged(version, f"its manifest lists files that do not lie at {source}")
        if not (len(group.names) == len(group.sizes) == len(group.hashes)):
            raise _damaged(version, "its manifest does not tell size and hash of each file")
        if not all(map(_HASH.fullmatch, group.hashes)) or min(group.sizes, default=0) < 0:
            raise _damaged(version, "its manifest holds what is no hash or no size")


def _lies_at(group: FileGroup, source: Source) -> bool:
    """Tell whether files are those of a path: below the folder, the file itself, or fitting."""
    if group.datastore != source.datastore:
        return False
    if group.base == source.path or [*map(group.path, group.names)] == [source.path]:
        return True
    above = "" if group.base == "." else f"{group.base}/"
    pattern = source.path.removeprefix(above) if source.path.startswith(above) else ""
    return glob.has_magic(pattern.partition("/")[0])


def _damaged(version: Version, why: str) -> RegistryDamagedError:
    return RegistryDamagedError(
        f"The record of {version.ref} is damaged: {why}.",
        hint="Type %ds doctor --repair to mend what can be mended.",
    )
