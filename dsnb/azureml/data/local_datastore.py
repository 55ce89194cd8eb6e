"""Datastores as what they are here: folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dsnb.azureml.calling import local_workspace, sdk_call
from dsnb.azureml.data.abstract_datastore import AbstractDatastore
from dsnb.azureml.data.data_reference import DataReference
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.folders import copy_files
from dsnb.storage.files import JUNK
from dsnb.storage.layout import FOLDER


class LocalDatastore(AbstractDatastore):
    """A named folder, with what is put there and taken from there."""

    def path(
        self, path: str | None = None, data_reference_name: str | None = None
    ) -> DataReference:
        """Return the reference to a place in the datastore."""
        return DataReference(self, data_reference_name, path)

    @sdk_call()
    def upload(
        self,
        src_dir: str,
        target_path: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DataReference:
        """Copy all files below a folder to the datastore.

        Parameters
        ----------
        src_dir
            The folder.
        target_path
            Where to, below the datastore's folder; None is that folder itself.
        overwrite
            Whether files that are there are written over; else they are passed over.
        show_progress
            Has no effect.
        """
        if not os.path.isdir(src_dir):
            raise UserErrorException(f"There is no folder {src_dir}.")
        return self.upload_files(list(files_below(src_dir)), src_dir, target_path, overwrite)

    @sdk_call()
    def upload_files(
        self,
        files: Sequence[str],
        relative_root: str | None = None,
        target_path: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DataReference:
        """Copy files to the datastore.

        Parameters
        ----------
        files
            Their paths.
        relative_root
            The folder below which their paths are kept; None is the one that holds them all.
        target_path
            Where to, below the datastore's folder; None is that folder itself.
        overwrite
            Whether files that are there are written over; else they are passed over, and it says
            so.
        show_progress
            Has no effect.

        Raises
        ------
        UserErrorException
            When something is no file, or lies elsewhere than below ``relative_root``.
        """
        paths = [os.path.abspath(path) for path in files]
        for path in paths:
            if not os.path.isfile(path):
                raise UserErrorException(f"There is no file {path}. Nothing was copied.")
        if not paths:
            return DataReference(self, path_on_datastore=target_path or "")
        root = os.path.abspath(
            relative_root or os.path.commonpath([os.path.dirname(path) for path in paths])
        )
        folder = self.place(target_path)
        if FOLDER in os.path.relpath(folder, self.folder).split(os.sep):
            raise UserErrorException(f"{folder} belongs to dsnb. Name another target_path.")
        pairs = []
        for path in paths:
            if os.path.commonpath([root, path]) != root:
                raise UserErrorException(
                    f"{path} does not lie below relative_root {root}. Nothing was copied."
                )
            pairs.append((path, os.path.join(folder, os.path.relpath(path, root))))
        new = [pair for pair in pairs if overwrite or not os.path.lexists(pair[1])]
        copy_files([(path, target) for path, target in new if path != target])
        if len(new) < len(pairs):
            local_workspace(self.workspace).notify(
                f"{len(pairs) - len(new):,} files are in {folder} already and were passed over; "
                "overwrite=True writes over them."
            )
        return DataReference(self, path_on_datastore=target_path or "")

    @sdk_call()
    def download(
        self,
        target_path: str,
        prefix: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> int:
        """Copy files of the datastore to a folder, with their paths below the datastore's folder.

        Parameters
        ----------
        target_path
            The folder.
        prefix
            What their paths begin with; None takes all.
        overwrite
            Whether files that are there are written over; else they are passed over.
        show_progress
            Has no effect.

        Returns
        -------
        int
            The number of files that were copied.
        """
        wanted = (prefix or "").lstrip("/")
        start = self.place(wanted.rpartition("/")[0])
        pairs = []
        for path in files_below(start):
            name = os.path.relpath(path, self.folder)
            target = os.path.join(os.path.abspath(target_path), name)
            if name.replace(os.sep, "/").startswith(wanted) and path != target:
                pairs.append((path, target))
        new = [pair for pair in pairs if overwrite or not os.path.lexists(pair[1])]
        copy_files(new)
        return len(new)


def files_below(folder: str) -> Iterator[str]:
    """Yield the files below a folder; what tools leave behind is passed over."""
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in JUNK)
        yield from (os.path.join(above, name) for name in sorted(names) if name not in JUNK)
