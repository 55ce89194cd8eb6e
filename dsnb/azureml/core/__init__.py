"""Workspaces, datastores and datasets."""

from dsnb.azureml.core.dataset import Dataset
from dsnb.azureml.core.datastore import Datastore
from dsnb.azureml.core.workspace import Workspace

VERSION = "1.61.0"
"""The version of the retired SDK whose calls these are."""

__all__ = ["VERSION", "Dataset", "Datastore", "Workspace"]
