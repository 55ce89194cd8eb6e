"""`PythonScriptStep`: a Python script as a step of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from dsnb.azureml.core.runconfig import RunConfiguration
from dsnb.azureml.core.scripts import make_step
from dsnb.azureml.core.wiring import Pins
from dsnb.azureml.exceptions import UserErrorException
from dsnb.azureml.pipeline.core.builder import PipelineStep
from dsnb.pipelines.steps import Step


class PythonScriptStep(PipelineStep):
    """A Python script as a step of a pipeline.

    Parameters
    ----------
    script_name
        The script, below ``source_directory``.
    name
        What the step is called; None is the script's name.
    arguments
        What the script is told; inputs and outputs among them become their folders.
    compute_target
        Recorded, and said to be unused: the script runs here.
    runconfig
        What the script needs around it.
    runconfig_pipeline_params
        Refused: a value of the configuration cannot be another in each submission.
    inputs, outputs
        What the script reads and writes; those among the arguments need not be repeated.
    params
        Further variables of its environment, each with ``AML_PARAMETER_`` before its name.
    source_directory
        The folder that holds the script, of which it works in a copy; None is the pipeline's, or
        the current one.
    allow_reuse
        Whether the output of an earlier run is taken where code, arguments and inputs are equal.
    version
        Another text is another code: nothing of a run with another one is reused.
    hash_paths
        Has no effect: all of ``source_directory`` counts.
    """

    def __init__(
        self,
        script_name: str,
        name: str | None = None,
        arguments: Sequence[Any] | None = None,
        compute_target: Any = None,
        runconfig: RunConfiguration | None = None,
        runconfig_pipeline_params: Mapping[str, Any] | None = None,
        inputs: Sequence[Any] | None = None,
        outputs: Sequence[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        source_directory: str | None = None,
        allow_reuse: bool = True,
        version: str | None = None,
        hash_paths: Sequence[str] | None = None,
    ) -> None:
        if not isinstance(script_name, str) or not script_name:
            raise UserErrorException(
                f"{script_name!r} is no script. Pass script_name='prepare.py'."
            )
        if runconfig_pipeline_params:
            raise UserErrorException(
                "A run configuration has no parameters here. Make a PipelineParameter an argument."
            )
        super().__init__(name or Path(script_name).name, inputs, outputs, arguments)
        self._script = script_name
        self._config = copy(runconfig) if runconfig is not None else RunConfiguration()
        if compute_target is not None:
            self._config.target = compute_target
        self._variables = dict(params or {})
        self._source = source_directory
        self._reuse = allow_reuse
        self._version = version

    def made(self, pins: Pins, default_source: str | None) -> tuple[Step, str]:
        """Return the step as it is carried out, and what to warn of."""
        variables = {f"AML_PARAMETER_{key}": value for key, value in self._variables.items()}
        if self._version is not None:
            variables["AML_STEP_VERSION"] = self._version
        return make_step(
            pins,
            name=self.name,
            source=self._source or default_source,
            script=self._script,
            arguments=self._arguments,
            config=self._config,
            inputs=self._inputs,
            outputs=self._outputs,
            reuse=self._reuse,
            variables=variables,
        )
