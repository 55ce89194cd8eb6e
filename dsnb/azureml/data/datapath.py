"""A place in a datastore, as one value."""

from __future__ import annotations

import uuid

from dsnb.azureml.data.abstract_datastore import AbstractDatastore


class DataPath:
    """A file, a folder or a pattern in a datastore.

    Parameters
    ----------
    datastore
        Where it lies.
    path_on_datastore
        The path below the datastore's folder; None is that folder itself.
    name
        What it is called; None makes a name up.

    Raises
    ------
    ValueError
        When no datastore is given.
    """

    def __init__(
        self,
        datastore: AbstractDatastore | None = None,
        path_on_datastore: str | None = None,
        name: str | None = None,
    ) -> None:
        if datastore is None:
            raise ValueError("A DataPath needs a datastore.")
        self.datastore = datastore
        self._path = path_on_datastore
        self.name = name or f"{datastore.name}_{uuid.uuid4().hex[:8]}"

    @property
    def datastore_name(self) -> str:
        """The name of the datastore."""
        return self.datastore.name

    @property
    def path_on_datastore(self) -> str | None:
        """The path below the datastore's folder."""
        return self._path
