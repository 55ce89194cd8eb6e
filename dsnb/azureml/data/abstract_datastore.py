"""What a datastore is to everything that names a place in it."""

from __future__ import annotations

import os
from typing import Any

from dsnb.azureml.exceptions import UserErrorException


class AbstractDatastore:
    """A named folder below which data lies.

    Parameters
    ----------
    workspace
        The workspace that it belongs to.
    name
        Its name there.
    folder
        The folder on this machine.
    """

    def __init__(self, workspace: Any, name: str, folder: str) -> None:
        self.workspace = workspace
        self.name = name
        self.folder = folder

    @property
    def datastore_type(self) -> str:
        """What kind of storage it is: always a folder, ``Local``."""
        return "Local"

    def place(self, path: str | None) -> str:
        """Return the absolute path of a place in the datastore.

        Parameters
        ----------
        path
            Below its folder, with or without a leading ``/``; None or empty is the folder itself.

        Raises
        ------
        UserErrorException
            When the path leads out of it.
        """
        parts = [
            part for part in (path or "").replace("\\", "/").split("/") if part not in ("", ".")
        ]
        if ".." in parts:
            raise UserErrorException(
                f"{path} leads out of the datastore {self.name}. Name a path below {self.folder}, "
                "or give a path of this machine in place of the datastore."
            )
        return os.path.join(self.folder, *parts)

    def __repr__(self) -> str:
        return f"<Datastore {self.name}: {self.folder}>"
