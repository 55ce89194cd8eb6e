"""Datastores: the named roots below which data lives, so that a folder can move as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dsnb.errors import ConfigError, MissingPathError, did_you_mean
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
        self._roots = {DEFAULT: str(root), LOCAL: os.path.abspath(os.sep), **added}

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
        """
        if not typed or "\0" in typed:
            raise MissingPathError(
                f"{typed!r} is not a path.", hint="Name a file, a folder or a pattern like *.csv."
            )
        absolute = os.path.normpath(os.path.join(folder, os.path.expanduser(typed)))
        real = os.path.realpath(absolute)
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
