"""Pipelines, and what they are built of."""

from dsnb.azureml.pipeline.core.builder import PipelineData, PipelineStep, StepSequence
from dsnb.azureml.pipeline.core.graph import PipelineParameter
from dsnb.azureml.pipeline.core.pipeline import Pipeline
from dsnb.azureml.pipeline.core.run import PipelineRun, StepRun

__all__ = [
    "Pipeline",
    "PipelineData",
    "PipelineParameter",
    "PipelineRun",
    "PipelineStep",
    "StepRun",
    "StepSequence",
]
