"""The records of a submission's runs: what changes of several is written together.

Every write rewrites the file of all runs, so a pipeline of short steps would spend its time there.
"""

from __future__ import annotations

from dsnb.catalog.base import RunChange
from dsnb.records import Run
from dsnb.workspace import Workspace


class Ledger:
    """What is to be recorded of runs, until it is written.

    Parameters
    ----------
    workspace
        Where they are recorded.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._changes: dict[str, RunChange] = {}

    def put(self, run: Run) -> None:
        """Let a run be recorded."""
        self._changes[run.id] = lambda before: run

    def change(self, identifier: str, change: RunChange) -> Run | None:
        """Let a record be changed, and return it as it would be now.

        What its script records meanwhile is not lost: the change is made again when it is written.
        """
        earlier = self._changes.get(identifier)

        def both(before: Run | None) -> Run | None:
            return change(before if earlier is None else earlier(before))

        self._changes[identifier] = both
        return both(self._workspace.runs().get(identifier))

    def write(self) -> None:
        """Write what is to be recorded.

        Raises
        ------
        RegistryError
            When it cannot be written; it is still to be recorded then.
        """
        if self._changes:
            self._workspace.change_runs(self._changes)
            self._changes.clear()
