"""The files and folders of a workspace on disk."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from dsnb.errors import WorkspaceError
from dsnb.storage.atomic import make_folder

FOLDER = ".dsnb"
SCRATCH = "scratch"
"""Name, in a run's folder, of the folder of what it needs only while it goes on."""
# Windows has devices of these names in every folder, whatever follows a dot.
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)
_RUN = re.compile(r"\w[\w.-]{0,254}")
_GITIGNORE = """\
# The registry describes this machine's files, so git leaves it out.
# To share it with the repository, delete the next line.
*
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of everything below a workspace's ``.dsnb`` folder.

    Attributes
    ----------
    root
        The workspace's folder: the one that holds ``.dsnb``.

    Examples
    --------
    >>> Layout(Path("project")).registry.as_posix()
    'project/.dsnb/registry.json'
    """

    root: Path

    @property
    def folder(self) -> Path:
        """The ``.dsnb`` folder itself."""
        return self.root / FOLDER

    @property
    def registry(self) -> Path:
        """The TinyDB file of versions and aliases."""
        return self.folder / "registry.json"

    @property
    def runs(self) -> Path:
        """The TinyDB file of runs, which change far more often than versions."""
        return self.folder / "runs.json"

    @property
    def config(self) -> Path:
        """The settings and datastores."""
        return self.folder / "config.toml"

    @property
    def manifests(self) -> Path:
        """The file lists, by their own hash."""
        return self.folder / "manifests"

    @property
    def objects(self) -> Path:
        """The snapshots: contents of files, by their own hash."""
        return self.folder / "objects"

    @property
    def data(self) -> Path:
        """Tables registered from memory, a new folder each time."""
        return self.folder / "data"

    def tables(self, name: str) -> Path:
        """Return the folder of the tables that dsnb itself keeps for a dataset.

        It has the dataset's name, unless Windows could not hold a folder of that name.

        Examples
        --------
        >>> [Layout(Path()).tables(name).name for name in ("weather_ds", "CON", "a.")]
        ['weather_ds', '_CON', 'a._']
        """
        return self.data / _as_folder(name)

    @property
    def environments(self) -> Path:
        """What scripts need around them, by name and number."""
        return self.folder / "environments"

    def environment(self, name: str) -> Path:
        """Return the folder of the versions of an environment, named as that of a dataset is."""
        return self.environments / _as_folder(name)

    @property
    def run_folders(self) -> Path:
        """The folders of runs that are processes of their own."""
        return self.folder / "runs"

    def run(self, identifier: str) -> Path:
        """Return the folder of a run that is a process of its own: its code, its log, its files.

        Raises
        ------
        WorkspaceError
            When such a name leads elsewhere, as that of a run in a stranger's record may.
        """
        if not _RUN.fullmatch(identifier):
            raise WorkspaceError(
                f"{identifier!r} cannot be the id of a run.",
                hint="An id has letters, digits, -, _ and inner dots.",
            )
        return self.run_folders / identifier

    def scratch(self, identifier: str) -> Path:
        """Return the folder of what a run needs only while it goes on."""
        return self.run(identifier) / SCRATCH

    @property
    def backups(self) -> Path:
        """The last good registries."""
        return self.folder / "backups"

    @property
    def gitignore(self) -> Path:
        """The file that keeps the workspace out of git."""
        return self.folder / ".gitignore"

    def check(self) -> None:
        """Refuse a workspace whose parts are links, pipes or devices.

        dsnb makes none of them, so in a folder from a stranger they are a trap: reading a pipe
        never ends, a lock that is a link empties the file it leads to, and what is cleared away
        behind a link was never dsnb's. The folder as a whole may be a link, to a larger disk.

        Raises
        ------
        WorkspaceError
            When one is.
        """
        try:
            with os.scandir(self.folder) as found:
                entries = list(found)
        except OSError:
            return  # whoever opens a record is told why that is not possible
        for entry in entries:
            if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
                raise WorkspaceError(
                    f"{entry.path} is {'a link' if entry.is_symlink() else 'no regular file'}, "
                    "which dsnb never makes there.",
                    hint=f"Remove it if it is not yours. To keep {FOLDER} on another disk, link "
                    "the folder as a whole.",
                )

    def create(self) -> None:
        """Make the folder; what already stands is left as it is."""
        make_folder(self.folder)
        # A link that leads nowhere is there, too: writing would go where it leads.
        if not os.path.lexists(self.gitignore):
            self.gitignore.write_text(_GITIGNORE, encoding="utf-8")


def _as_folder(name: str) -> str:
    before = "_" if _RESERVED.fullmatch(name.partition(".")[0]) else ""
    after = "_" if name.endswith(".") else ""
    return f"{before}{name}{after}"
