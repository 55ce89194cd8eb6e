"""`Run`: a session, a script that was submitted, a pipeline or one of its steps."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from dsnb.azureml.calling import home, local_workspace, sdk_call
from dsnb.azureml.core.experiment import Experiment
from dsnb.azureml.core.model import Model, register_model
from dsnb.azureml.core.runfiles import RunWithFiles, find_file
from dsnb.azureml.core.submitting import submit
from dsnb.azureml.core.workspace import Workspace
from dsnb.azureml.data.describing import as_tags
from dsnb.azureml.exceptions import (
    ActivityCanceledException,
    ActivityFailedException,
    RunEnvironmentException,
    UserErrorException,
)
from dsnb.pipelines.following import cancel, follow, wait
from dsnb.pipelines.processes import tail
from dsnb.provenance.runs import find_run, with_use
from dsnb.records import Failure, now
from dsnb.session import environment
from dsnb.session.current import SESSION, submitted_run
from dsnb.workspace import Workspace as LocalWorkspace

Raised = type[BaseException]


class Run(RunWithFiles):
    """One run; made by `Experiment.submit`, `Experiment.start_logging` and `get_context`.

    Parameters
    ----------
    experiment
        What it belongs to.
    run_id
        Its id.
    outputs, kwargs
        Accepted as the retired SDK accepts them; none has a meaning.

    Raises
    ------
    UserErrorException
        When there is no such run.
    """

    # Finding

    @classmethod
    @sdk_call()
    def get_context(
        cls, allow_offline: bool = True, used_for_context_manager: bool = False, **kwargs: Any
    ) -> Run:
        """Return the run that this code is a part of.

        In a script that was submitted that is its run, and in a notebook the session's, which
        begins now when it has not yet.

        Parameters
        ----------
        allow_offline
            Whether a session's run will do.
        used_for_context_manager, kwargs
            Have no effect.

        Raises
        ------
        RunEnvironmentException
            When a session's run will not do, and this is no script that was submitted.
        """
        if submitted_run() is None and not allow_offline:
            raise RunEnvironmentException(
                "This code was not submitted. Submit it with Experiment.submit, or call "
                "Run.get_context() to use the session's run."
            )
        local, _ = LocalWorkspace.find_or_create(home())
        record = SESSION.ensure(local)
        experiment = Experiment.of(Workspace.from_config(str(local.root)), record)
        run: Run = cls.of(experiment, record)
        return run

    @staticmethod
    @sdk_call()
    def get(workspace: Any, run_id: str) -> Run:
        """Return the run with an id.

        Raises
        ------
        UserErrorException
            When there is none.
        """
        record = find_run(local_workspace(workspace).runs(), run_id)
        run: Run = Run.of(Experiment.of(workspace, record), record)
        return run

    @staticmethod
    def list(
        experiment: Experiment,
        type: str | None = None,
        tags: Any = None,
        properties: Any = None,
        status: str | None = None,
        include_children: bool = False,
    ) -> Iterator[Run]:
        """Return the runs of an experiment, newest first; see `Experiment.get_runs`.

        Parameters
        ----------
        experiment
            The experiment.
        type, tags, properties, include_children
            As for `Experiment.get_runs`.
        status
            Only those that stand so, such as ``Completed``.
        """
        runs = experiment.get_runs(type, tags, properties, include_children)
        return (run for run in runs if status in (None, run.get_status()))

    # Waiting and ending

    @sdk_call()
    def wait_for_completion(
        self,
        show_output: bool = False,
        wait_post_processing: bool = False,
        raise_on_error: bool = True,
    ) -> Any:
        """Wait until it has ended; Ctrl-C cancels it.

        Parameters
        ----------
        show_output
            Whether to print what it says, as it says it.
        wait_post_processing
            Has no effect: nothing comes after.
        raise_on_error
            Whether it is an error that it failed.

        Returns
        -------
        dict
            What `get_details` returns.

        Raises
        ------
        ActivityFailedException
            When it failed.
        ActivityCanceledException
            When somebody canceled it.
        UserErrorException
            When it is the session's own run, which would wait for itself.
        """
        self._wait(show_output, raise_on_error)
        return self.get_details()

    def _wait(self, show_output: bool, raise_on_error: bool, seconds: float = sys.maxsize) -> None:
        if self._is_current:
            raise UserErrorException(
                "This run is the session itself, which would wait for itself. It ends with "
                "complete(), or with the session."
            )
        try:
            if show_output:
                print(f"Run {self._id} of {self._experiment.name}", flush=True)
                for text in follow(self._local, self._id, seconds):
                    sys.stdout.write(text)
                    sys.stdout.flush()
                print(f"Run {self._id}: {self.get_status()}", flush=True)
            else:
                wait(self._local, self._id, seconds)
        except KeyboardInterrupt:
            self.cancel()
            raise
        status = self.get_status()
        if status == "Failed" and not show_output:
            print("\n".join(tail(self._log_file)), file=sys.stderr)
        if raise_on_error and status == "Canceled":
            raise ActivityCanceledException(f"The run {self._id} was canceled.")
        if raise_on_error and status == "Failed":
            raise ActivityFailedException(self._why())

    def _why(self) -> str:
        record = self._record()
        failure = "it was interrupted" if record.failure is None else record.failure.error
        return (
            f"The run {self._id} of {self._experiment.name} failed: {failure}. What it said is in "
            f"{self._log_file}."
        )

    @sdk_call()
    def cancel(self) -> None:
        """End it with every process that it began; one that has ended stays as it is."""
        if self._record().job is None:
            self._end(None)
        else:
            cancel(self._local, self._id)

    @sdk_call()
    def complete(self) -> None:
        """End a run of this session; what is read or made later begins another."""
        self._end(None)

    @sdk_call()
    def fail(self, error_details: Any = None, error_code: str | None = None) -> None:
        """End a run of this session as failed.

        Parameters
        ----------
        error_details
            What went wrong.
        error_code
            A name for it.
        """
        self._end(Failure(error=str(error_code or error_details or "failed")))

    def _end(self, failure: Failure | None) -> None:
        record = self._record()
        if record.job is not None or record.ended is not None:
            return  # whoever submitted it records how its process ends
        if failure is not None:
            self._change(lambda run: replace(run, failure=failure))
        if self._is_current:
            SESSION.finish(self._local)
        else:
            self._change(lambda run: replace(run, ended=now()))

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: Raised | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.complete()
        else:
            self.fail(error_code=kind.__name__)

    # Parts

    @sdk_call()
    def child_run(
        self, name: str | None = None, run_id: str | None = None, outputs: Any = None
    ) -> Run:
        """Begin a part of it, which ends with its `complete`.

        Parameters
        ----------
        name
            What it is called.
        run_id
            Its id; None makes one up.
        outputs
            Has no effect.
        """
        above = self._record()
        record = replace(
            above,
            id=run_id or str(uuid.uuid4()),
            name=name or above.name,
            parent=self._id,
            job=None,
            started=now(),
            ended=None,
            inputs=(),
            outputs=(),
            cells={},
            tags={},
            notes=(),
            metrics={},
            failure=None,
            untracked=(),
            written=(),
            process=os.getpid(),
            process_started=environment.process_started(),
            host=environment.host(),
        )
        self._local.layout.run(record.id)  # refuses what could not name its folder
        if record.id in self._local.runs():
            raise UserErrorException(f"There is a run {record.id} already. Take another run_id.")
        self._local.save_run(record)
        return Run(self._experiment, record.id)

    @sdk_call()
    def submit_child(
        self, config: Any, tags: Mapping[str, str] | None = None, **kwargs: Any
    ) -> Any:
        """Begin a run as a part of this one, as `Experiment.submit` does."""
        return submit(config, self._experiment, as_tags(tags), self._id, **kwargs)

    # Models

    @sdk_call()
    def register_model(
        self,
        model_name: str,
        model_path: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        description: str | None = None,
        datasets: Sequence[tuple[str, Any]] | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: Any = None,
        **kwargs: Any,
    ) -> Model:
        """Record a file or folder of the run as a version of a model.

        Parameters
        ----------
        model_name
            The model's name.
        model_path
            A file or folder of the run, such as ``outputs/model.joblib``, or one of the current
            folder while the run is this code's own; None is the model's name.
        tags, properties
            Tags of the version; properties are kept as tags whose names begin with ``property.``.
        model_framework, model_framework_version
            The library that it is of, kept as tags.
        description
            What this version is.
        datasets
            What it was trained on, as pairs of a role and a dataset; None takes all that the run
            has read.
        sample_input_dataset, sample_output_dataset
            Recorded likewise, under these roles.
        resource_configuration, kwargs
            Have no meaning here; a resource configuration is refused.

        Returns
        -------
        Model
            The version.

        Raises
        ------
        UserErrorException
            When there is no such file, or the version cannot be registered.
        """
        path = model_path or model_name
        own = os.path.abspath(path)
        is_own = self._is_current and os.path.exists(own)
        place = Path(own) if is_own else find_file(self._local, self._record(), path)
        model = register_model(
            self._experiment.workspace,
            place,
            model_name,
            tags=tags,
            properties=properties,
            framework=model_framework,
            framework_version=model_framework_version,
            description=description,
            datasets=datasets,
            sample_input=sample_input_dataset,
            sample_output=sample_output_dataset,
            resources=resource_configuration,
            run=self._record(),
        )
        made = self._local.resolve(f"{model.name}@{model.version}")
        self._change(lambda run: with_use(run, made, "register", None))
        return model


Experiment._runs = Run
Run._kinds[""] = Run
