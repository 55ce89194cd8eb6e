"""Workspaces, datastores and datasets; experiments, runs and models."""

import dsnb.azureml.core.scripts  # noqa: F401 - lets experiments submit scripts
from dsnb.azureml.core.dataset import Dataset
from dsnb.azureml.core.datastore import Datastore
from dsnb.azureml.core.environment import Environment
from dsnb.azureml.core.experiment import Experiment
from dsnb.azureml.core.model import Model
from dsnb.azureml.core.run import Run
from dsnb.azureml.core.runconfig import RunConfiguration
from dsnb.azureml.core.script_run_config import ScriptRunConfig
from dsnb.azureml.core.workspace import Workspace

VERSION = "1.61.0"
"""The version of the retired SDK whose calls these are."""

__all__ = [
    "VERSION",
    "Dataset",
    "Datastore",
    "Environment",
    "Experiment",
    "Model",
    "Run",
    "RunConfiguration",
    "ScriptRunConfig",
    "Workspace",
]
