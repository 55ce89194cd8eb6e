"""The runs of pipelines and of their steps."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from dsnb.azureml.calling import sdk_call
from dsnb.azureml.core.run import Run
from dsnb.azureml.core.rundetails import dataset_of
from dsnb.azureml.exceptions import UserErrorException


class PipelineRun(Run):
    """A run of a pipeline; its children are the runs of its steps."""

    def get_steps(self) -> Iterator[Run]:
        """Return the runs of its steps, newest first."""
        return self.get_children()

    def find_step_run(self, name: str) -> list[Run]:
        """Return the runs of the step of a name."""
        return [run for run in self.get_children() if run.name == name]

    def get_status(self) -> str:
        """Return how it stands: ``Running``, ``Completed``, ``Failed`` or ``Canceled``."""
        return super().get_status()

    @sdk_call()
    def wait_for_completion(
        self,
        show_output: bool = True,
        timeout_seconds: float = sys.maxsize,
        raise_on_error: bool = True,
    ) -> str:
        """Wait until it has ended; Ctrl-C cancels it.

        Parameters
        ----------
        show_output
            Whether to print which steps begin and end, and the end of the log of one that fails.
        timeout_seconds
            How long to wait; it goes on after that.
        raise_on_error
            Whether it is an error that it failed.

        Returns
        -------
        str
            How it stands.

        Raises
        ------
        ActivityFailedException
            When it failed.
        ActivityCanceledException
            When somebody canceled it.
        """
        self._wait(show_output, raise_on_error, timeout_seconds)
        return self.get_status()


class StepRun(Run):
    """The run of one step of a pipeline."""

    @property
    def pipeline_run_id(self) -> str | None:
        """The id of the pipeline's run."""
        return self._record().parent

    @sdk_call()
    def wait_for_completion(
        self,
        show_output: bool = True,
        timeout_seconds: float = sys.maxsize,
        raise_on_error: bool = True,
    ) -> str:
        """Wait until it has ended, as `PipelineRun.wait_for_completion` does."""
        self._wait(show_output, raise_on_error, timeout_seconds)
        return self.get_status()

    def get_job_log(self) -> str:
        """Return what the step said."""
        return "\n".join(self.get_details_with_logs()["logFiles"].values())

    def get_stdout_log(self) -> str:
        """Return what the step said; both of its streams are in one log."""
        return self.get_job_log()

    @sdk_call()
    def get_output_data(self, name: str) -> Any:
        """Return the dataset that it made under the name of an output.

        Raises
        ------
        UserErrorException
            When it has made none of that name.
        """
        for use in self._record().outputs:
            if use.handed is not None and use.handed.name == name:
                return dataset_of(self._local, use)
        raise UserErrorException(f"The step {self.name} has made no output {name}.")


Run._kinds |= {"pipeline": PipelineRun, "step": StepRun}
