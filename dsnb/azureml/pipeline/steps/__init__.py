"""The sorts of steps: a Python script."""

from dsnb.azureml.pipeline.steps.python_script_step import PythonScriptStep

__all__ = ["PythonScriptStep"]
