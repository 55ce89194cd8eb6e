"""What a run says of itself, in the shape of the retired SDK."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, overload

from dsnb.azureml.data.abstract_dataset import opened
from dsnb.azureml.exceptions import AzureMLException, UserErrorException
from dsnb.pipelines.carrying import LOG
from dsnb.pipelines.following import unrecorded
from dsnb.provenance.runs import status_of
from dsnb.records import Run, Use
from dsnb.refs import ANONYMOUS
from dsnb.session.environment import is_alive
from dsnb.workspace import Workspace

T = TypeVar("T")

_STATUSES = {
    "running": "Running",
    "completed": "Completed",
    "failed": "Failed",
    "interrupted": "Failed",
    "canceled": "Canceled",
}
_LOGS = {"pipeline": "logs/azureml/executionlogs.txt"}
LOG_NAME = "user_logs/std_log.txt"


class Lazy(Sequence[T], Generic[T]):
    """A sequence whose elements are made when they are asked for, each once.

    Parameters
    ----------
    makers
        Each makes one of them.

    Examples
    --------
    >>> Lazy([lambda: 1, lambda: 2])[-1]
    2
    """

    def __init__(self, makers: Sequence[Callable[[], T]]) -> None:
        self._makers = makers
        self._made: dict[int, T] = {}

    def __len__(self) -> int:
        return len(self._makers)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        if position not in self._made:
            self._made[position] = self._makers[position]()
        return self._made[position]

    def __repr__(self) -> str:
        return f"[{', '.join(self._shown(position) for position in range(len(self)))}]"

    def _shown(self, position: int) -> str:
        try:
            return repr(self[position])
        except AzureMLException as error:  # deleted since; the others are shown
            return f"<{error}>"


def status_text(run: Run) -> str:
    """Return how a run stands, as the retired SDK says it."""
    if unrecorded(run):
        return "Failed"
    return _STATUSES[status_of(run, is_alive)]


def details_of(workspace: Workspace, run: Run) -> dict[str, Any]:
    """Return what is recorded of a run; see ``docs/azureml.md`` for its shape."""
    details: dict[str, Any] = {
        "runId": run.id,
        "target": target_of(run),
        "status": status_text(run),
        "startTimeUtc": _moment(run.started),
        "properties": properties_of(run),
        "inputDatasets": Lazy([_maker(_input, workspace, use) for use in run.inputs]),
        "outputDatasets": Lazy(
            [
                _maker(_output, workspace, use)
                for use in run.outputs
                if not _is_model(workspace, use)
            ]
        ),
        "logFiles": logs_of(workspace, run),
        "submittedBy": run.user,
    }
    if run.ended is not None:
        details["endTimeUtc"] = _moment(run.ended)
    return details


def target_of(run: Run) -> str:
    """Return where a run was to be carried out: always here, whatever was asked for."""
    return "local"


def properties_of(run: Run) -> dict[str, str]:
    """Return what does not change of a run: the state of its code, what it asked for."""
    git = {"branch": run.code.branch, "commit": run.code.commit}
    known = {key: value for key, value in git.items() if value is not None}
    found = {f"azureml.git.{key}": value for key, value in known.items()}
    found |= {f"mlflow.source.git.{key}": value for key, value in known.items()}
    if run.code.commit is not None:
        found["azureml.git.dirty"] = str(run.code.dirty)
    if run.job is not None:
        found |= dict(run.job.settings)
        if run.job.reused is not None:
            found |= {"azureml.isreused": "true", "azureml.reusedrunid": run.job.reused}
    return found


def logs_of(workspace: Workspace, run: Run) -> dict[str, str]:
    """Return the paths of a run's logs by the names that the retired SDK gave them."""
    log = workspace.layout.run(run.id) / LOG
    name = LOG_NAME if run.job is None else _LOGS.get(run.job.kind, LOG_NAME)
    return {name: str(log)} if log.is_file() and not log.is_symlink() else {}


def _maker(
    make: Callable[[Workspace, Use], dict[str, Any]], workspace: Workspace, use: Use
) -> Callable[[], dict[str, Any]]:
    return lambda: make(workspace, use)


def _input(workspace: Workspace, use: Use) -> dict[str, Any]:
    handed = use.handed
    details: dict[str, Any] = {"type": "Reference"}
    if handed is not None:
        details = {
            "type": "RunInput",
            "inputName": handed.name,
            "mechanism": handed.mechanism.capitalize(),
            "pathOnCompute": handed.path or None,
        }
    return {"dataset": dataset_of(workspace, use), "consumptionDetails": details}


def _output(workspace: Workspace, use: Use) -> dict[str, Any]:
    dataset = dataset_of(workspace, use)
    identifier = {"savedId": use.id}
    if dataset.version is not None:
        identifier |= {"registeredId": use.id, "registeredVersion": str(dataset.version)}
    found: dict[str, Any] = {"identifier": identifier, "outputType": "Reference"}
    if use.handed is not None:
        found["outputType"] = "RunOutput"
        found["outputDetails"] = {
            "outputName": use.handed.name,
            "mechanism": use.handed.mechanism.capitalize(),
        }
    return {**found, "dataset": dataset}


def dataset_of(workspace: Workspace, use: Use) -> Any:
    """Return the dataset that a run used.

    Raises
    ------
    UserErrorException
        When it was deleted since, or is a model.
    """
    version = workspace.view().by_id(use.id)
    if version is None:
        raise UserErrorException(f"{_called(use)} was deleted since this run used it.")
    return opened(workspace, version)


def _is_model(workspace: Workspace, use: Use) -> bool:
    version = workspace.view().by_id(use.id)
    return version is not None and version.kind == "model"


def _called(use: Use) -> str:
    return f"The dataset {use.id}" if use.ref.startswith(f"{ANONYMOUS}@") else use.ref


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
