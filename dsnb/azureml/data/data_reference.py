"""A place in a datastore and how a script gets at it; what uploads return."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dsnb.azureml.data.abstract_datastore import AbstractDatastore


@dataclass(frozen=True)
class DataReference:
    """A file or folder in a datastore, which need not be there yet.

    Attributes
    ----------
    datastore
        Where it lies.
    data_reference_name
        What it is called.
    path_on_datastore
        The path below the datastore's folder.
    mode
        ``mount``, ``download`` or ``upload``.
    path_on_compute
        Where a script finds it; None leaves that open.
    overwrite
        Whether files that are there may be written over.
    """

    datastore: AbstractDatastore
    data_reference_name: str | None = None
    path_on_datastore: str | None = None
    mode: str = "mount"
    path_on_compute: str | None = None
    overwrite: bool = False

    def path(
        self, path: str | None = None, data_reference_name: str | None = None
    ) -> DataReference:
        """Return the reference to another place in the datastore."""
        return replace(self, path_on_datastore=path, data_reference_name=data_reference_name)

    def as_mount(self) -> DataReference:
        """Return the reference as a script reads it in its place."""
        return replace(self, mode="mount")

    def as_download(
        self, path_on_compute: str | None = None, overwrite: bool = False
    ) -> DataReference:
        """Return the reference as a script reads a copy of it."""
        return replace(self, mode="download", path_on_compute=path_on_compute, overwrite=overwrite)

    def as_upload(
        self, path_on_compute: str | None = None, overwrite: bool = False
    ) -> DataReference:
        """Return the reference as a script's files are copied to it."""
        return replace(self, mode="upload", path_on_compute=path_on_compute, overwrite=overwrite)

    def __str__(self) -> str:
        return self.datastore.place(self.path_on_datastore)
