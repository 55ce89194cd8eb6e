"""Which workspace a path of the browser means, and which ones a browser may see at all.

A path comes from outside, so it can only name folders below the server's root. The workspace is
then found as everywhere else, by walking up; what is found lies below the server's root or
encloses it, unless a link or ``DSNB_WORKSPACE`` leads elsewhere, which is not followed.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dsnb.errors import UsageError, WorkspaceError
from dsnb.storage.discovery import find_root, named_root, project_root
from dsnb.storage.layout import FOLDER, Layout
from dsnb.workspace import Workspace

_KEPT_OPEN = 16
_ENCLOSE = "Start JupyterLab in a folder that encloses both."


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the server, and the workspace it lies in.

    Attributes
    ----------
    folder
        The folder, with links followed.
    root
        The folder of its workspace; None when there is none, or none that may be seen.
    home
        ``root``, or where the first ``register`` would make the workspace.
    why
        What is in the way of seeing a workspace, when that is not just that there is none.
    """

    folder: Path
    root: Path | None
    home: Path
    why: str = ""


class Scope:
    """The workspaces that one Jupyter server shows.

    Parameters
    ----------
    root
        The folder that the server shows its files from.
    notify
        Told what a workspace has to say.

    Examples
    --------
    >>> import tempfile
    >>> scope = Scope(tempfile.mkdtemp(), print)
    >>> _ = (scope.root / "work" / ".dsnb").mkdir(parents=True)
    >>> scope.shown(scope.locate("work").home)
    'work'
    """

    def __init__(self, root: str | os.PathLike[str], notify: Callable[[str], None]) -> None:
        self._spelled = Path(os.path.abspath(root))
        self.root = Path(os.path.realpath(root))
        self._notify = notify
        self._open: OrderedDict[Path, Workspace] = OrderedDict()
        self._guard = threading.Lock()

    def locate(self, path: str) -> Place:
        """Return the folder that a contents path names, and the workspace it lies in.

        A path that names a file stands for the folder of that file; one that names nothing is
        looked at all the same, as a folder may appear.

        Parameters
        ----------
        path
            Below the server's root, with ``/`` between names; empty is the root.

        Raises
        ------
        UsageError
            When the path cannot lie below the root, whatever is there.
        WorkspaceError
            When a link leads out of the root, or a folder cannot be looked into.
        """
        names = _names_of(path)
        try:
            folder = Path(os.path.realpath(self.root.joinpath(*names)))
            if not folder.is_relative_to(self.root):
                raise WorkspaceError(
                    f"The folder {path} is a link that leads out of the server's folder.",
                    hint=_ENCLOSE,
                )
            if folder.is_file():
                folder = folder.parent
            return self._place(folder)
        except OSError as error:
            raise WorkspaceError(
                f"The folder {path[:200]!r} cannot be looked into: {error.strerror}.",
                hint="Check its name and its permissions.",
            ) from error

    def open(self, place: Place) -> Workspace:
        """Return the workspace of a place, the same object every time.

        What the object has parsed is thereby kept. The `_KEPT_OPEN` used last are remembered.

        Raises
        ------
        WorkspaceError
            When the place has none.
        """
        if place.root is None:
            where = self.shown(place.folder) or "The server's folder"
            if place.why:
                raise WorkspaceError(f"{where} is not in a workspace: {place.why}.", hint=_ENCLOSE)
            raise WorkspaceError(
                f"{where} is not in a workspace: no folder above it holds {FOLDER}.",
                hint="Register something in a notebook there: %ds register NAME PATH",
            )
        with self._guard:
            workspace = self._open.pop(place.root, None)
            if workspace is None:
                workspace = Workspace(place.root, self._notify).in_passing()
            self._open[place.root] = workspace
            while len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        return workspace

    def shown(self, folder: Path) -> str:
        """Return a folder as the contents API names it, or absolute when it lies elsewhere.

        The server's root is the empty text. Only the folder of a workspace that encloses the root,
        or would, is ever told absolutely.
        """
        if not folder.is_relative_to(self.root):
            return str(folder)
        below = folder.relative_to(self.root).as_posix()
        return "" if below == "." else below

    def shown_notebook(self, path: str | None) -> str | None:
        """Return a notebook's path as the contents API names it, else only its file name.

        Nothing is looked up on disk: the path may be one of another machine.
        """
        if path is None:
            return None
        normal = os.path.normpath(path)
        for root in (self.root, self._spelled):
            if os.path.isabs(normal) and Path(normal).is_relative_to(root):
                return Path(normal).relative_to(root).as_posix()
        return re.split(r"[/\\]", path)[-1]

    def _place(self, folder: Path) -> Place:
        named = named_root()
        root = find_root(folder) if named is None else Path(os.path.realpath(named))
        if root is None or not (root / FOLDER).is_dir():
            return Place(folder, None, root or project_root(folder))
        if not (root.is_relative_to(self.root) or self.root.is_relative_to(root)):
            why = "DSNB_WORKSPACE names one that lies elsewhere, which is not shown here"
            return Place(folder, None, root, why)
        if self._leads_out(root):
            why = f"{FOLDER}, or a part of it, is a link that leads out of the server's folder"
            return Place(folder, None, root, why)
        return Place(folder, root, root)

    def _leads_out(self, root: Path) -> bool:
        """Tell whether the records of a workspace lie where this server shows nothing.

        A folder that came from a stranger can hold links to anywhere.
        """
        layout = Layout(root)
        for path in (layout.folder, layout.registry, layout.runs, layout.config, layout.manifests):
            real = Path(os.path.realpath(path))
            if not (real.is_relative_to(root) or real.is_relative_to(self.root)):
                return True
        return False


def _names_of(path: str) -> list[str]:
    r"""Return the names along a path that can only lead down.

    Examples
    --------
    >>> _names_of("work/week 27/")
    ['work', 'week 27']
    >>> _names_of("work/../..")
    Traceback (most recent call last):
    dsnb.errors.UsageError: 'work/../..' is no folder below the server's root. Name one as ...
    """
    names = [name for name in path.split("/") if name]
    foreign = os.sep != "/" and re.search(r"[\\:]", path)
    if path.startswith("/") or foreign or "\0" in path or not {".", ".."}.isdisjoint(names):
        raise UsageError(
            f"{path[:200]!r} is no folder below the server's root.",
            hint="Name one as JupyterLab's file browser does: work/week 27",
        )
    return names
