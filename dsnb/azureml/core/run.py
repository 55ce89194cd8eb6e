"""`Run`: a session, a script that was submitted, a pipeline or one of its steps."""

from __future__ import annotations

import math
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from dsnb.azureml.calling import home, local_workspace, sdk_call
from dsnb.azureml.core.experiment import Experiment
from dsnb.azureml.core.model import Model, register_model
from dsnb.azureml.core.rundetails import dataset_of, details_of, properties_of, status_text
from dsnb.azureml.core.runfiles import files_of_run, find_file, keep_files
from dsnb.azureml.core.submitting import submit
from dsnb.azureml.core.workspace import Workspace
from dsnb.azureml.data.abstract_dataset import as_tags
from dsnb.azureml.exceptions import (
    ActivityCanceledException,
    ActivityFailedException,
    RunEnvironmentException,
    UserErrorException,
)
from dsnb.pipelines.carrying import LOG
from dsnb.pipelines.folders import copy_files
from dsnb.pipelines.following import cancel, follow, wait
from dsnb.pipelines.processes import tail
from dsnb.provenance.runs import find_run, with_use
from dsnb.records import Failure, Use, now
from dsnb.records import Run as Record
from dsnb.session.current import SESSION, submitted_run
from dsnb.workspace import Workspace as LocalWorkspace

Change = Callable[[Record], Record]
Raised = type[BaseException]


class Run:
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

    _kinds: ClassVar[dict[str, type[Run]]] = {}
    """Classes for the runs of some kinds of jobs."""

    @sdk_call()
    def __init__(
        self, experiment: Experiment, run_id: str, outputs: Any = None, **kwargs: Any
    ) -> None:
        self._experiment = experiment
        self._local = local_workspace(experiment.workspace)
        self._id = run_id
        self._record()  # refuses what is no run

    @classmethod
    def of(cls, experiment: Experiment, record: Record) -> Run:
        """Return the run of a record, of the class that its kind has."""
        kind = "" if record.job is None else record.job.kind
        return cls._kinds.get(kind, Run)(experiment, record.id)

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
        return cls.of(_experiment_of(Workspace.from_config(str(local.root)), record), record)

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
        return Run.of(_experiment_of(workspace, record), record)

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

    # What is known of it

    @property
    def id(self) -> str:
        """The id."""
        return self._id

    @property
    def name(self) -> str:
        """What it is called."""
        return self._record().name

    @property
    def display_name(self) -> str:
        """What it is called."""
        return self.name

    @property
    def number(self) -> int:
        """How many runs of the experiment began before it, and it."""
        started = self._record().started
        runs = self._local.runs().values()
        return sum(
            run.started <= started
            for run in runs
            if (run.experiment, run.parent) == (self._record().experiment, self._record().parent)
        )

    @property
    def type(self) -> str:
        """What sort of run it is: ``script``, ``pipeline``, ``step``, ``session`` …."""
        job = self._record().job
        return "session" if job is None else job.kind

    @property
    def experiment(self) -> Experiment:
        """The experiment that it belongs to."""
        return self._experiment

    @property
    def parent(self) -> Run | None:
        """The run that it is a part of; None for none."""
        above = self._record().parent
        record = None if above is None else self._local.runs().get(above)
        return None if record is None else self.of(self._experiment, record)

    @property
    def status(self) -> str:
        """How it stands: ``Running``, ``Completed``, ``Failed`` or ``Canceled``."""
        return self.get_status()

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return dict(self._record().tags)

    @property
    def properties(self) -> dict[str, str]:
        """What does not change: the state of its code, what it asked for."""
        return properties_of(self._record())

    @property
    def input_datasets(self) -> Mapping[str, Any]:
        """What the script was handed, by the names of its inputs.

        A dataset that is handed over directly is itself; of one that is mounted or downloaded it
        is the folder.
        """
        uses = (use for use in self._record().inputs if use.handed is not None)
        return _Handed("input", {_name(use): self._given(use) for use in uses})

    @property
    def output_datasets(self) -> Mapping[str, Any]:
        """What it makes, by the names of its outputs.

        For its script that is where to write; for others the datasets, once it is done.
        """
        record = self._record()
        if submitted_run() == self._id and record.job is not None:
            return _Handed("output", {k: partial(str, p) for k, p in record.job.places.items()})
        uses = (use for use in record.outputs if use.handed is not None)
        return _Handed("output", {_name(use): self._dataset(use) for use in uses})

    def get_status(self) -> str:
        """Return how it stands: ``Running``, ``Completed``, ``Failed`` or ``Canceled``."""
        return status_text(self._record())

    def get_tags(self) -> dict[str, str]:
        """Return the tags."""
        return self.tags

    def get_properties(self) -> dict[str, str]:
        """Return what does not change: the state of its code, what it asked for."""
        return self.properties

    @sdk_call()
    def get_details(self) -> dict[str, Any]:
        """Return what is recorded of it; the datasets are made when they are asked for."""
        return details_of(self._local, self._record())

    def get_details_with_logs(self) -> dict[str, Any]:
        """Return what `get_details` does, with the logs themselves."""
        details = self.get_details()
        logs = {name: _text(Path(path)) for name, path in details["logFiles"].items()}
        return {**details, "logFiles": logs}

    @sdk_call()
    def get_metrics(
        self,
        name: str | None = None,
        recursive: bool = False,
        run_type: Any = None,
        populate: bool = False,
    ) -> dict[str, Any]:
        """Return what was logged: a number, or the list of those that were logged in turn.

        Parameters
        ----------
        name
            Only this metric.
        recursive
            Whether those of its children are among them; the newest child's are taken.
        run_type, populate
            Have no effect.
        """
        found: dict[str, Any] = {}
        if recursive:
            for child in reversed([*self.get_children(recursive=True)]):
                found |= child.get_metrics(name)
        metrics = self._record().metrics
        own = {key: values[0] if len(values) == 1 else [*values] for key, values in metrics.items()}
        return {
            key: value for key, value in {**found, **own}.items() if name is None or key == name
        }

    @sdk_call()
    def get_children(
        self,
        recursive: bool = False,
        tags: Any = None,
        properties: Any = None,
        type: str | None = None,
        status: str | None = None,
    ) -> Iterator[Run]:
        """Return the runs that are a part of it, newest first.

        Parameters
        ----------
        recursive
            Whether their parts are among them.
        tags, type, status
            Only those with these.
        properties
            Has no effect but for None.
        """
        if properties:
            raise UserErrorException("Runs cannot be chosen by properties here. Choose by tags=….")
        records = sorted(
            self._local.runs().values(), key=lambda record: record.started, reverse=True
        )
        wanted, found = {self._id}, []
        for record in records if not recursive else [*reversed(records)]:
            if record.parent in wanted:
                found.append(record)
                wanted |= {record.id} if recursive else set()
        ordered = reversed(found) if recursive else found
        runs = [self.of(self._experiment, record) for record in ordered]
        return iter([run for run in runs if run.fits(type, tags, status)])

    def fits(self, type: str | None, tags: Any, status: str | None) -> bool:
        """Tell whether it is of a type, has tags, and stands so; None asks for nothing."""
        there = self.tags
        asked = {tags: None} if isinstance(tags, str) else tags or {}
        return (
            type in (None, self.type)
            and status in (None, self.get_status())
            and all(
                key in there and (value is None or there[key] == str(value))
                for key, value in asked.items()
            )
        )

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

    @property
    def _log_file(self) -> Path:
        return self._local.layout.run(self._id) / LOG

    @sdk_call()
    def cancel(self) -> None:
        """End it with every process that it began; one that has ended stays as it is."""
        if self._is_current:
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
        )
        if record.id in self._local.runs():
            raise UserErrorException(f"There is a run {record.id} already. Take another run_id.")
        self._local.save_run(record)
        return Run(self._experiment, record.id)

    @sdk_call()
    def submit_child(
        self, config: Any, tags: Mapping[str, str] | None = None, **kwargs: Any
    ) -> Any:
        """Begin a run as a part of this one, as `Experiment.submit` does."""
        return submit(config, self._experiment, dict(tags or {}), self._id, **kwargs)

    # Recording

    @sdk_call()
    def log(self, name: str, value: Any, description: str = "", step: int | None = None) -> None:
        """Record a number; a word becomes a tag.

        Parameters
        ----------
        name
            The metric's name.
        value
            The number. One that is infinite, or none at all (NaN), is not recorded, and that is
            said.
        description
            Has no effect.
        step
            Has no effect: numbers are kept in the order in which they are logged.
        """
        self._log(name, [value])

    @sdk_call()
    def log_list(self, name: str, value: Sequence[Any], description: str = "") -> None:
        """Record numbers, as `log` does with each of them."""
        self._log(name, list(value))

    def _log(self, name: str, values: Sequence[Any]) -> None:
        words = [value for value in values if isinstance(value, str)]
        numbers = [float(value) for value in values if not isinstance(value, str)]
        finite = tuple(number for number in numbers if math.isfinite(number))
        if len(finite) < len(numbers):
            self._local.notify(f"{name}: what is no finite number was not recorded.")

        def logged(run: Record) -> Record:
            metrics = {**run.metrics, name: (*run.metrics.get(name, ()), *finite)}
            return replace(
                run,
                metrics=metrics if finite else run.metrics,
                tags={**run.tags, name: ", ".join(words)} if words else run.tags,
            )

        self._change(logged)

    @sdk_call()
    def tag(self, key: str, value: str | None = None) -> None:
        """Set a tag."""
        self.set_tags({key: "" if value is None else value})

    @sdk_call()
    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        given = as_tags(tags)
        self._change(lambda run: replace(run, tags={**run.tags, **given}))

    @sdk_call()
    def remove_tags(self, tags: Sequence[str]) -> None:
        """Take tags away; what it does not have is passed over."""
        gone = {tags} if isinstance(tags, str) else set(tags)
        self._change(
            lambda run: replace(
                run, tags={key: value for key, value in run.tags.items() if key not in gone}
            )
        )

    def flush(self, timeout_seconds: int = 300) -> None:
        """Do nothing: what is logged is recorded at once."""

    # Files

    @sdk_call()
    def get_file_names(self) -> Sequence[str]:
        """Return the names of its files: of ``outputs`` and ``logs``, and what was uploaded."""
        return [*files_of_run(self._local, self._record())]

    @sdk_call()
    def upload_file(
        self, name: str, path_or_stream: str, datastore_name: str | None = None
    ) -> None:
        """Copy a file to the run.

        Parameters
        ----------
        name
            Its name there.
        path_or_stream
            Where it lies.
        datastore_name
            Has no effect: a run's files lie with its record.
        """
        keep_files(self._local, self._id, {name: path_or_stream})

    @sdk_call()
    def upload_folder(self, name: str, path: str, datastore_name: str | None = None) -> None:
        """Copy the files below a folder to the run, as `upload_file` does."""
        if not os.path.isdir(path):
            raise UserErrorException(f"There is no folder {path}. Nothing was uploaded.")
        files = {
            f"{name}/{found.relative_to(path).as_posix()}": str(found)
            for found in sorted(Path(path).rglob("*"))
            if found.is_file()
        }
        keep_files(self._local, self._id, files)

    @sdk_call()
    def download_file(self, name: str, output_file_path: str | None = None) -> None:
        """Copy a file of the run to a folder or file; None is the current folder.

        Parameters
        ----------
        name
            Its name, see `get_file_names`.
        output_file_path
            Where to.
        """
        source = find_file(self._local, self._record(), name)
        target = output_file_path or "."
        if os.path.isdir(target) or target.endswith(("/", os.sep)):
            target = os.path.join(target, source.name)
        copy_files([(str(source), os.path.abspath(target))])

    @sdk_call()
    def download_files(
        self,
        prefix: str | None = None,
        output_directory: str | None = None,
        output_paths: Sequence[str] | None = None,
        batch_size: int = 100,
        append_prefix: bool = True,
    ) -> None:
        """Copy the files of the run to a folder.

        Parameters
        ----------
        prefix
            Only those whose names begin so.
        output_directory
            The folder; None is the current one.
        output_paths
            Where to, one for each file.
        batch_size
            Has no effect.
        append_prefix
            Whether the names keep the prefix.
        """
        wanted = prefix or ""
        files = {
            name: path
            for name, path in files_of_run(self._local, self._record()).items()
            if name.startswith(wanted)
        }
        if output_paths is not None and len(output_paths) != len(files):
            raise UserErrorException(
                f"There are {len(files)} such files, and {len(output_paths)} output_paths."
            )
        names = [name if append_prefix else name[len(wanted) :].lstrip("/") for name in files]
        folder = os.path.abspath(output_directory or ".")
        targets = output_paths or [os.path.join(folder, *name.split("/")) for name in names]
        copy_files(
            [
                (str(path), os.path.abspath(target))
                for path, target in zip(files.values(), targets, strict=True)
            ]
        )

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

    # Within

    @property
    def _is_current(self) -> bool:
        current = SESSION.run(self._local)
        return current is not None and current.id == self._id

    def _record(self) -> Record:
        current = SESSION.run_so_far(self._local)
        found = self._local.runs().get(self._id)
        if current is not None and current.id == self._id and submitted_run() != self._id:
            found = current
        if found is None:
            raise UserErrorException(
                f"There is no run {self._id} in {self._local.root}. Experiment.get_runs() has all."
            )
        return found

    def _change(self, change: Change) -> None:
        if self._is_current:
            SESSION.change(self._local, change)
        else:
            self._local.change_run(self._id, change)

    def _given(self, use: Use) -> Callable[[], Any]:
        assert use.handed is not None
        path = use.handed.path
        return (lambda: path) if path else self._dataset(use)

    def _dataset(self, use: Use) -> Callable[[], Any]:
        return lambda: dataset_of(self._local, use)

    def __repr__(self) -> str:
        return f"Run({self._experiment.name}, {self._id}, {self.get_status()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and self._id == other._id

    def __hash__(self) -> int:
        return hash(self._id)


Experiment._runs = Run


class _Handed(Mapping[str, Any]):
    """Inputs or outputs by their names, each made when it is asked for.

    Parameters
    ----------
    what
        Which of the two, for the error.
    makers
        What makes them.
    """

    def __init__(self, what: str, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._what = what
        self._makers = makers

    def __getitem__(self, name: str) -> Any:
        if name not in self._makers:
            known = ", ".join(self._makers) or "none"
            raise KeyError(f"This run has no {self._what} {name!r}; it has {known}.")
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def _experiment_of(workspace: Any, record: Record) -> Experiment:
    """Return the experiment of a run; one that was given none is of ``session``."""
    return Experiment(workspace, record.experiment or "session")


def _name(use: Use) -> str:
    assert use.handed is not None
    return use.handed.name


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
