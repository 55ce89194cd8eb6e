"""Datastores: the named roots below which data lives, so that a folder can move as a whole.

A path that the user types may lead anywhere: `Datastores.locate` says where it lies. A path that
was recorded (in a registry, a manifest or an archive, which others may have written) can only lead
down from the root of its datastore: `Datastores.path` and `Datastores.paths` refuse every other
before anything is touched. Where links lead is not their concern but that of `dsnb.storage.reach`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dsnb.errors import (
    ConfigError,
    MissingPathError,
    OutsideDatastoreError,
    UnreadableFileError,
    did_you_mean,
)
from dsnb.records import FileGroup, Source

DEFAULT = "default"
LOCAL = "local"
BUILT_IN = (DEFAULT, LOCAL)
ON_WINDOWS = os.name == "nt"
"""Whether a backslash separates the parts of a path, and a colon names a drive."""


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
            name: os.path.normpath(os.path.join(root, _at_home(folder)))
            for name, folder in added.items()
        }
        built_in = {DEFAULT: str(root), LOCAL: os.path.abspath(os.sep)}
        self._roots = {**built_in, **folders, **built_in}

    @property
    def roots(self) -> Mapping[str, str]:
        """The folder of every datastore, by name."""
        return self._roots

    def path(self, datastore: str, path: str) -> str:
        """Return the place on this machine of a recorded path; nothing is looked up on disk.

        Parameters
        ----------
        datastore
            Its name.
        path
            POSIX path below the datastore's root, ``.`` for the root itself.

        Raises
        ------
        OutsideDatastoreError
            When the path could lead out of its datastore.
        ConfigError
            When this workspace has no such datastore.
        """
        root = self._root(datastore)
        if path == ".":
            return root
        check_below([path], datastore)
        return os.path.join(root, *path.split("/"))

    def paths(self, group: FileGroup) -> list[str]:
        """Return the places on this machine of the files that a manifest lists.

        Raises
        ------
        OutsideDatastoreError
            When one of them could lead out of its datastore.
        ConfigError
            When this workspace has no such datastore.
        """
        base = self.path(group.datastore, group.base)
        check_below(group.names, group.datastore)
        prefix = os.path.join(base, "")
        return [prefix + name.replace("/", os.sep) for name in group.names]

    def _root(self, datastore: str) -> str:
        try:
            return self._roots[datastore]
        except KeyError:
            near = did_you_mean(datastore, list(self._roots))
            raise ConfigError(
                f"This workspace has no datastore {datastore!r}. {near}".strip(),
                hint=f"Add it: %ds datastore add {datastore} FOLDER",
            ) from None

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
        try:
            real = os.path.realpath(os.path.join(folder, os.path.expanduser(typed)))
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


def _at_home(folder: str) -> str:
    """Return a folder with ``~`` replaced: settings may name this user's home and no other's."""
    return os.path.expanduser(folder) if folder == "~" or folder.startswith("~/") else folder


def check_below(paths: Sequence[str], datastore: str) -> None:
    """Refuse recorded paths that do not simply lead down: ``..``, absolute, a drive, NUL.

    Parameters
    ----------
    paths
        A manifest can list 100,000 of them, so they are looked at as one text.
    datastore
        Where they lie, for the error.

    Raises
    ------
    OutsideDatastoreError
        When one of them does not.
    """
    if not _leads_down(paths):
        wrong = next(path for path in paths if not _leads_down([path]))
        raise OutsideDatastoreError(
            f"The recorded path {wrong[:200]!r} leads out of its datastore {datastore[:80]!r}, so "
            "no file was touched.",
            hint="Whoever gave you this workspace did not make it with dsnb: ask them, and do not "
            "trust its data.",
        )


def _leads_down(paths: Sequence[str]) -> bool:
    if not paths:
        return True
    text = "/" + "/\0/".join(paths) + "/"
    if text.count("\0") != len(paths) - 1 or (ON_WINDOWS and ("\\" in text or ":" in text)):
        return False
    return not any(out in text for out in ("//", "/./", "/../"))


def _below(path: str, root: str) -> str | None:
    if path == root:
        return "."
    prefix = root if root.endswith(os.sep) else root + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else None
