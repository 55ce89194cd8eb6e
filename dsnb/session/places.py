"""Places: in which folders a file may be data, rather than a program's own."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator

from dsnb.session.notebook import NOTEBOOK

_SYSTEM = ("/proc", "/sys", "/dev", "/etc")
_SHARED = {"/", "/usr", "/usr/local"}
"""Where Python may be installed beside other things, data among them."""
_MOST = 10_000


class Places(dict[str, str]):
    """The folders that were looked at; asked for every file that is opened.

    It maps a folder as it was spelled, with the slash at its end (empty is the current one), to
    its absolute path if it may hold data, and to nothing if it cannot.

    Parameters
    ----------
    roots
        The folders below which data lies, without links; None takes every folder.
    """

    def __init__(self, roots: tuple[str, ...] | None = None) -> None:
        super().__init__()
        self.roots = roots
        self._private: dict[str, bool] = {}
        self._own: tuple[str, ...] = ()

    def __missing__(self, folder: str) -> str:
        if len(self) >= _MOST:
            self.clear()
            self._private.clear()
        absolute = os.path.abspath(folder or ".")
        found = self[folder] = os.path.join(absolute, "") if self._may_hold_data(absolute) else ""
        return found

    def _may_hold_data(self, folder: str) -> bool:
        if not self._own:
            self._own = _own_folders()
        if _is_below(folder, self._own):
            return False
        # What lies above the notebook, or above the data, is not hidden from whoever works there.
        near = NOTEBOOK.folder or os.path.abspath(".")
        if self.roots is not None:
            folder = os.path.realpath(folder)
            below = [root for root in self.roots if _is_below(folder, (root,))]
            if not below:
                return False
            near = max(below, key=len)
        try:
            return not self._is_private(folder, os.path.commonpath((folder, near)))
        except ValueError:
            return not self._is_private(folder, "")  # on another drive

    def _is_private(self, folder: str, above: str) -> bool:
        """Tell whether a folder is, or is in, a hidden one or a virtual environment."""
        if folder == above or (parent := os.path.dirname(folder)) == folder:
            return False
        known = self._private.get(folder)
        if known is None:
            known = self._private[folder] = (
                os.path.basename(folder).startswith(".")
                or os.path.exists(os.path.join(folder, "pyvenv.cfg"))
                or self._is_private(parent, above)
            )
        return known


def files_at(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield a file with its state, or those that a folder holds and does not hide.

    What begins with a dot or an underscore is hidden, as it is to all who read whole folders.
    """
    try:
        found = os.stat(path)
        if stat.S_ISREG(found.st_mode):
            yield path, found
        elif stat.S_ISDIR(found.st_mode):
            for name in sorted(os.listdir(path)):
                if not name.startswith((".", "_")):
                    yield from files_at(os.path.join(path, name))
    except OSError:
        return  # it is not there, or not for us


def _own_folders() -> tuple[str, ...]:
    """Return the folders of the system, of Python, and of what is installed for it."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    installed = {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    return (*_SYSTEM, *(prefixes - _SHARED), os.path.dirname(os.__file__), *installed)


def _is_below(folder: str, roots: tuple[str, ...]) -> bool:
    return any(folder == root or folder.startswith(os.path.join(root, "")) for root in roots)
