"""The opened keepers of one workspace, handed to everything that happens to its datasets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dsnb.catalog.base import Catalog
from dsnb.errors import RegistryDamagedError
from dsnb.records import FileGroup, Manifest, Version
from dsnb.storage.datastores import Datastores
from dsnb.storage.fingerprints import Progress, quiet
from dsnb.storage.layout import Layout
from dsnb.storage.manifests import ManifestStore
from dsnb.storage.stats import StatCache


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
    stats
        The remembered states of files.
    notify
        Told what the user should know, one sentence at a time.
    progress
        Told how much there is to hash, and then of each piece that is done.
    """

    layout: Layout
    datastores: Datastores
    catalog: Catalog
    manifests: ManifestStore
    stats: StatCache
    notify: Callable[[str], None]
    progress: Progress = quiet

    def manifest(self, version: Version) -> Manifest:
        """Return the file list of a version."""
        manifest = self.manifests.read(version.manifest)
        if len(manifest.groups) != len(version.definition.sources):
            raise RegistryDamagedError(
                f"The record of {version.ref} is damaged: it names "
                f"{len(version.definition.sources)} paths, and its manifest lists files for "
                f"{len(manifest.groups)}.",
                hint="Look for a good copy in .dsnb/backups.",
            )
        return manifest

    def paths(self, manifest: Manifest) -> list[str]:
        """Return the files of a manifest as paths of this machine, in order."""
        return [path for group in manifest.groups for path in self._paths_of(group)]

    def _paths_of(self, group: FileGroup) -> list[str]:
        return [self.datastores.path(group.datastore, group.path(name)) for name in group.names]
