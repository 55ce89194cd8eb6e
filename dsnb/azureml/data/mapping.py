"""All datasets of a workspace, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dsnb.azureml.calling import sdk_call
from dsnb.workspace import Workspace


class DatasetMapping(Mapping[str, Any]):
    """The latest version of every dataset by its name; each is read when it is asked for.

    Parameters
    ----------
    workspace
        Whose datasets.
    read
        Returns the dataset of a name.
    """

    def __init__(self, workspace: Workspace, read: Callable[[str], Any]) -> None:
        self._workspace = workspace
        self._read = read

    def __getitem__(self, name: str) -> Any:
        if name not in self._names():
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __repr__(self) -> str:
        return f"<datasets {', '.join(self._names())}>"

    @sdk_call()
    def _names(self) -> list[str]:
        return [row.version.name for row in self._workspace.datasets().rows]
