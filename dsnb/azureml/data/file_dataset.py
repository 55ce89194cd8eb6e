"""Datasets of files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from dsnb.azureml.calling import note_reading, sdk_call
from dsnb.azureml.data.abstract_dataset import AbstractDataset
from dsnb.azureml.data.choosing import Choice, after, first, positions_of, split
from dsnb.azureml.data.context_managers import MountContext
from dsnb.azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError
from dsnb.azureml.data.origin import place_of
from dsnb.azureml.exceptions import UserErrorException
from dsnb.datasets.registration import Registration, Request
from dsnb.errors import DriftError
from dsnb.pipelines.folders import copy_files
from dsnb.records import FileEntry, Parent, Source, Version
from dsnb.tables.filecolumns import FileName
from dsnb.tables.parts import EVERYTHING
from dsnb.workspace import Workspace


class FileDataset(AbstractDataset):
    """Files, whatever they hold; made by `Dataset.File`."""

    kind: ClassVar[Literal["file", "tabular"]] = "file"
    modes: ClassVar[tuple[str, ...]] = ("direct", "mount", "download")

    @sdk_call(DatasetExecutionError)
    def download(
        self,
        target_path: str | None = None,
        overwrite: bool = False,
        ignore_not_found: bool = False,
    ) -> list[str]:
        """Copy the files to a folder, as they were registered.

        Parameters
        ----------
        target_path
            The folder; None makes a temporary one.
        overwrite
            Whether files that are there may be written over.
        ignore_not_found
            Whether files that are gone are left out, rather than an error.

        Returns
        -------
        list of str
            The paths of the copies.

        Raises
        ------
        UserErrorException
            When files are there already and may not be written over; nothing is copied then.
        DatasetExecutionError
            When files changed or vanished since, and were not kept.
        """
        files = self._located(ignore_not_found=ignore_not_found)
        folder = os.path.abspath(target_path or tempfile.mkdtemp(prefix="dsnb-"))
        pairs = [(source, os.path.join(folder, *name.split("/"))) for source, name in files]
        if not overwrite:
            _refuse_existing([target for _, target in pairs])
        copy_files(pairs)
        return [target for _, target in pairs]

    def mount(self, mount_point: str | None = None, **kwargs: Any) -> MountContext:
        """Return a context that makes a read-only folder of links to the files.

        Parameters
        ----------
        mount_point
            The folder, empty or not there; None makes a temporary one.
        kwargs
            Accepted as the retired SDK accepts them; a folder of links has no use for them.
        """
        return MountContext(self._located, mount_point)

    def as_mount(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the dataset as an input: a folder of links to its files."""
        return self.as_named_input(None).as_mount(path_on_compute)

    def as_download(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the dataset as an input: a folder of copies of its files."""
        return self.as_named_input(None).as_download(path_on_compute)

    def take(self, count: int) -> FileDataset:
        """Return a dataset of the first files."""
        return self._chosen(first(count))

    def skip(self, count: int) -> FileDataset:
        """Return a dataset of all files but the first."""
        return self._chosen(after(count))

    def take_sample(self, probability: float, seed: int | None = None) -> FileDataset:
        """Return a dataset of some files: each is taken with a probability from 0 to 1."""
        return self._chosen(split(probability, seed)[0])

    def random_split(
        self, percentage: float, seed: int | None = None
    ) -> tuple[FileDataset, FileDataset]:
        """Return two datasets that share out the files.

        Parameters
        ----------
        percentage
            The probability that a file is in the first, from 0 to 1.
        seed
            Makes the split repeatable.
        """
        one, other = split(percentage, seed)
        return self._chosen(one), self._chosen(other)

    def _chosen(self, choice: Choice) -> FileDataset:
        return FileDataset(self._origin, (*self._choices, choice))

    def _files(self, local: Workspace, held: Version) -> list[tuple[str, FileEntry]]:
        files = super()._files(local, held)
        return [files[position] for position in self._positions(len(files))]

    def _called(self, local: Workspace, held: Version) -> list[FileName]:
        names = super()._called(local, held)
        return [names[position] for position in self._positions(len(names))]

    def _positions(self, count: int) -> Sequence[int]:
        if not self._choices:
            return range(count)
        positions: list[int] = positions_of(count, self._choices).tolist()
        return positions

    def _located(self, *, ignore_not_found: bool = False) -> list[tuple[str, str]]:
        """Return where the files can be read, and their paths below the folder of all."""
        local = self._local
        held = self._held(local)
        files = super()._files(local, held)
        gone: set[int] = set()
        try:
            places = local.load(held, "paths", EVERYTHING)
        except DriftError:
            [(_, drift)] = local.verify([held]).rows
            if not ignore_not_found or any(file.fate != "missing" for file in drift.drifted):
                raise
            keys = {file.key for file in drift.drifted}
            gone = {
                position
                for position, (_, file) in enumerate(files)
                if (file.datastore, file.path) in keys
            }
            places = [place_of(local, _source(file)) for _, file in files]
        note_reading(local, held)
        chosen = [position for position in self._positions(len(files)) if position not in gone]
        if gone:
            local.notify(f"{len(gone):,} files of this dataset are gone and were left out.")
        return [(places[position], files[position][0]) for position in chosen]

    def _save(self, local: Workspace) -> Version:
        if not self._choices:
            return super()._save(local)
        return local.save(*self._part(local, self._unnamed(local)))

    def _register(self, local: Workspace, request: Request) -> Registration:
        if not self._choices:
            return super()._register(local, request)
        return local.register(*self._part(local, request))

    def _part(self, local: Workspace, request: Request) -> tuple[list[str | Source], Request]:
        """Return the chosen files as paths of their own, and what they were chosen from."""
        own = self._local
        held = self._held(own)
        sources = [_source(file) for _, file in self._files(own, held)]
        if not sources:
            raise UserErrorException(
                "This dataset holds no file, so it can be neither registered nor saved."
            )
        paths: list[str | Source] = list(sources)
        if own.root != local.root:
            return [place_of(own, source) for source in sources], request
        return paths, replace(request, parents=(Parent(held.ref, held.id, held.digest),))


def _source(file: FileEntry) -> Source:
    return Source(datastore=file.datastore, path=file.path)


def _refuse_existing(targets: Sequence[str]) -> None:
    """Refuse to write over files that are there.

    Raises
    ------
    UserErrorException
        When one of them is.
    """
    there = [target for target in targets if os.path.lexists(target)]
    if there:
        more = f" and {len(there) - 1:,} more" if len(there) > 1 else ""
        raise UserErrorException(
            f"{there[0]}{more} would be written over; nothing was. Pass overwrite=True, or name "
            "an empty folder."
        )
