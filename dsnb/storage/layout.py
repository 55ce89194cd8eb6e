"""The files and folders of a workspace on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = ".dsnb"
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

    @property
    def backups(self) -> Path:
        """The last good registries."""
        return self.folder / "backups"

    @property
    def gitignore(self) -> Path:
        """The file that keeps the workspace out of git."""
        return self.folder / ".gitignore"

    def create(self) -> None:
        """Make the folder; what already stands is left as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.gitignore.exists():
            self.gitignore.write_text(_GITIGNORE, encoding="utf-8")
