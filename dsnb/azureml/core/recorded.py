"""What is known of a run, and what is written down of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from dsnb.azureml.calling import local_workspace, sdk_call
from dsnb.azureml.core.experiment import Experiment
from dsnb.azureml.core.rundetails import dataset_of, details_of, properties_of, status_text
from dsnb.azureml.data.describing import as_tags
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.carrying import LOG
from dsnb.records import Run as Record
from dsnb.records import Use
from dsnb.session.current import SESSION, submitted_run

Change = Callable[[Record], Record]


class RecordedRun:
    """What is recorded of one run.

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

    _kinds: ClassVar[dict[str, Any]] = {}
    """Classes for the runs of some kinds of jobs, and under no name for those of all others."""

    @sdk_call()
    def __init__(
        self, experiment: Experiment, run_id: str, outputs: Any = None, **kwargs: Any
    ) -> None:
        self._experiment = experiment
        self._local = local_workspace(experiment.workspace)
        self._id = run_id
        self._record()  # refuses what is no run

    @classmethod
    def of(cls, experiment: Experiment, record: Record) -> Any:
        """Return the run of a record, of the class that its kind has."""
        kind = "" if record.job is None else record.job.kind
        return cls._kinds.get(kind, cls._kinds[""])(experiment, record.id)

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
        mine = self._record()
        return sum(
            run.started <= mine.started
            for run in self._local.runs().values()
            if (run.experiment, run.parent) == (mine.experiment, mine.parent)
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

    # Parts

    @property
    def parent(self) -> Any:
        """The run that it is a part of; None for none."""
        above = self._record().parent
        record = None if above is None else self._local.runs().get(above)
        return None if record is None else self.of(self._experiment, record)

    @sdk_call()
    def get_children(
        self,
        recursive: bool = False,
        tags: Any = None,
        properties: Any = None,
        type: str | None = None,
        status: str | None = None,
    ) -> Iterator[Any]:
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
        try:
            numbers = [float(value) for value in values if not isinstance(value, str)]
        except (TypeError, ValueError):
            raise UserErrorException(
                f"{name}: only numbers and words can be logged. Nothing was."
            ) from None
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

    # Within

    @property
    def _log_file(self) -> Path:
        return self._local.layout.run(self._id) / LOG

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
        return isinstance(other, RecordedRun) and self._id == other._id

    def __hash__(self) -> int:
        return hash(self._id)


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


def _name(use: Use) -> str:
    assert use.handed is not None
    return use.handed.name


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
