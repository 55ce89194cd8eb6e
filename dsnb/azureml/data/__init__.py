"""Datasets, and what describes them."""

from dsnb.azureml.data.data_type import DataType
from dsnb.azureml.data.file_dataset import FileDataset
from dsnb.azureml.data.output_dataset_config import OutputFileDatasetConfig
from dsnb.azureml.data.tabular_dataset import TabularDataset

__all__ = ["DataType", "FileDataset", "OutputFileDatasetConfig", "TabularDataset"]
