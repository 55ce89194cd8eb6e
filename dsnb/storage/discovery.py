"""Where a workspace is, where a new one belongs, and where the user's cache is."""

from __future__ import annotations

import os
from pathlib import Path

from dsnb.errors import WorkspaceError
from dsnb.storage.layout import FOLDER

WORKSPACE_VARIABLE = "DSNB_WORKSPACE"
CACHE_VARIABLE = "DSNB_CACHE"
_PROJECT_MARKS = (".git", "pyproject.toml")


def named_root() -> Path | None:
    """Return the workspace's folder that the environment names, if it does."""
    named = os.environ.get(WORKSPACE_VARIABLE)
    return Path(named).expanduser() if named else None


def find_root(folder: Path) -> Path | None:
    """Return the nearest folder, at or above this one, that holds a workspace."""
    for candidate in (folder, *folder.parents):
        if (candidate / FOLDER).is_dir():
            return candidate
    return None


def project_root(folder: Path) -> Path:
    """Return the folder that a new workspace belongs to.

    Parameters
    ----------
    folder
        Where the user works.

    Returns
    -------
    pathlib.Path
        The nearest folder at or above it that is a project, but never the home folder nor one
        above that; else ``folder`` itself.
    """
    home = Path.home()
    for candidate in (folder, *folder.parents):
        if candidate == home or candidate in home.parents:
            break
        if any((candidate / mark).exists() for mark in _PROJECT_MARKS):
            return candidate
    return folder


def cache_folder() -> Path:
    """Return the folder of what can be rebuilt, shared by all workspaces of a user.

    ``DSNB_CACHE`` overrides the platform's choice.
    """
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("dsnb", appauthor=False)


def current_folder() -> Path:
    """Return the folder that relative paths start from.

    Raises
    ------
    WorkspaceError
        When it was deleted under this process.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise WorkspaceError(
            "The folder this process works in no longer exists.", hint="Change to another: %cd .."
        ) from None
