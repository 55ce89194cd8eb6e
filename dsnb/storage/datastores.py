"""Datastores: the named roots below which data lives, so that a folder can move as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dsnb.errors import ConfigError, MissingPathError, UnreadableFileError, did_you_mean
from dsnb.records import Source

DEFAULT = "default"
LOCAL = "local"
BUILT_IN = (DEFAULT, LOCAL)


class Datastores:
    """The roots of one workspace.

    Parameters
    ----------
    root
        The workspace's folder: the root of the datastore ``default``.
    added
        Folders of the datastores that were added, by name.

    Examples
    --------
    >>> stores = Datastores(Path("/project"), {"bulk": "/mnt/bulk"})
    >>> stores.path("bulk", "2013/jan.csv")
    '/mnt/bulk/2013/jan.csv'
    """

    def __init__(self, root: Path, added: Mapping[str, str]) -> None:
        # A relative folder in the settings starts from the workspace, wherever the user works.
        folders = {
            name: os.path.normpath(os.path.join(root, os.path.expanduser(folder)))
            for name, folder in added.items()
        }
        built_in = {DEFAULT: str(root), LOCAL: os.path.abspath(os.sep)}
        self._roots = {**built_in, **folders, **built_in}

    @property
    def roots(self) -> Mapping[str, str]:
        """The folder of every datastore, by name."""
        return self._roots

    def path(self, datastore: str, path: str) -> str:
        """Return the place on this machine of a path below a datastore's root.

        Raises
        ------
        ConfigError
            When this workspace has no such datastore.
        """
        try:
            root = self._roots[datastore]
        except KeyError:
            near = did_you_mean(datastore, list(self._roots))
            raise ConfigError(
                f"This workspace has no datastore {datastore!r}. {near}".strip(),
                hint=f"Add it: %ds datastore add {datastore} FOLDER",
            ) from None
        if path == ".":
            return root
        return os.path.join(root, *path.split("/"))

    def typed(self, source: Source, folder: str) -> str:
        """Return how a path is typed by a user who works in a folder.

        Examples
        --------
        >>> stores = Datastores(Path("/project"), {})
        >>> stores.typed(Source(datastore="default", path="data/a.csv"), "/project/notebooks")
        '../data/a.csv'
        """
        path = self.path(source.datastore, source.path)
        return os.path.relpath(path, folder) if source.datastore == DEFAULT else path

    def locate(self, typed: str, folder: str) -> Source:
        """Return the portable form of a path that the user typed.

        The path belongs to the datastore whose root holds it most closely, after symlinks and
        ``..`` are followed; outside all of them it is kept, absolute, under ``local``.

        Parameters
        ----------
        typed
            The path as typed; ``~`` is the home folder.
        folder
            The folder that a relative path starts from.

        Raises
        ------
        MissingPathError
            When nothing was typed.
        UnreadableFileError
            When the path is not valid Unicode.
        """
        if not typed or "\0" in typed:
            raise MissingPathError(
                f"{typed!r} is not a path.", hint="Name a file, a folder or a pattern like *.csv."
            )
        # The folder above a link is that of its target, as for every program that opens the path.
        real = os.path.realpath(os.path.join(folder, os.path.expanduser(typed)))
        try:
            real.encode()
        except UnicodeEncodeError:
            raise UnreadableFileError(
                f"The path {typed!a} is not valid Unicode.",
                hint="Rename that file or folder and run the same line again.",
            ) from None
        best = (LOCAL, "", real)
        for name, root in self._roots.items():
            if name == LOCAL:
                continue
            # Either spelling of the root may be a link; only the real places can be compared.
            real_root = os.path.realpath(root)
            relative = _below(real, real_root)
            if relative is not None and len(real_root) > len(best[1]):
                best = (name, real_root, relative)
        name, _, relative = best
        if name == LOCAL:
            relative = os.path.relpath(real, self._roots[LOCAL])
        return Source(datastore=name, path=Path(relative).as_posix())


def _below(path: str, root: str) -> str | None:
    if path == root:
        return "."
    prefix = root if root.endswith(os.sep) else root + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else None
