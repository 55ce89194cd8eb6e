"""`Dataset`: where datasets are made and found."""

from __future__ import annotations

from dsnb.azureml.data.abstract_dataset import AbstractDataset
from dsnb.azureml.data.dataset_factory import FileDatasetFactory, TabularDatasetFactory


class Dataset:
    """Makes datasets of paths, and finds those that are registered.

    Attributes
    ----------
    File
        Makes datasets of files.
    Tabular
        Makes datasets that are tables.
    """

    File = FileDatasetFactory
    Tabular = TabularDatasetFactory
    get_by_name = staticmethod(AbstractDataset.get_by_name)
    get_by_id = staticmethod(AbstractDataset.get_by_id)
    get_all = staticmethod(AbstractDataset.get_all)
