"""Where a dataset's data comes from, and where its files lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsnb.records import FileEntry, Source, Version
from dsnb.tables.filecolumns import named
from dsnb.workspace import Workspace


@dataclass(frozen=True)
class Origin:
    """Where a dataset's data comes from.

    Attributes
    ----------
    workspace
        The workspace, None until one is needed where only paths of this machine were named.
    paths
        What was named.
    options
        Reader options of a table.
    version
        The version that holds it; None while it is not recorded.
    include_hidden
        Whether hidden names are taken, as a version that was registered elsewhere may say.
    """

    workspace: Workspace | None
    paths: tuple[str | Source, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    version: Version | None = None
    include_hidden: bool = False

    def paths_in(self, workspace: Workspace) -> list[str | Source]:
        """Return the paths as a workspace understands them, which may be another one."""
        own = self.workspace
        if own is None or own.root == workspace.root:
            return list(self.paths)
        return [place_of(own, path) if isinstance(path, Source) else path for path in self.paths]


def files_of(workspace: Workspace, version: Version) -> list[tuple[str, FileEntry]]:
    """Return the files of a version, each with its path below the folder that holds them all."""
    manifest = workspace.manifest(version)
    names = named(manifest.groups, {})
    return [(name.below, file) for name, file in zip(names, manifest.files, strict=True)]


def place_of(workspace: Workspace, source: Source) -> str:
    """Return where a path that a version records lies on this machine."""
    folders = {name: folder for name, folder, _ in workspace.datastores().rows}
    return os.path.join(folders[source.datastore], *source.path.split("/"))
