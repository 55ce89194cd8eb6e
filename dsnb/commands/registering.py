"""What the verbs that register have in common: datasets and models are recorded alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dsnb.commands.declaring import Call
from dsnb.datasets.keeping import Policy
from dsnb.errors import UsageError
from dsnb.workspace import Workspace


@contextmanager
def workspace_to_register_in(call: Call) -> Iterator[tuple[Workspace, bool]]:
    """Find the workspace, or make one, which goes again when nothing comes to be registered.

    Yields
    ------
    tuple
        The workspace, and whether it was made.
    """
    workspace, made = Workspace.find_or_create(call.start, call.notify)
    try:
        yield workspace, made
    except BaseException:
        if made:
            workspace.remove_if_empty()
        raise


def policy(snapshot: bool, no_snapshot: bool) -> Policy | None:
    """Return whether the bytes are kept, as it was typed; None where nothing was.

    Raises
    ------
    UsageError
        When both were.
    """
    if snapshot and no_snapshot:
        raise UsageError(
            "--snapshot and --no-snapshot contradict each other.", hint="Give one of them."
        )
    return "always" if snapshot else "never" if no_snapshot else None
