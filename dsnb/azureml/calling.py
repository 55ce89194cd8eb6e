"""What every call has in common: its workspace, its errors, what the run notes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

from dsnb.azureml.exceptions import AzureMLException, UserErrorException
from dsnb.errors import DsnbError
from dsnb.records import Version
from dsnb.session.current import SESSION
from dsnb.session.tracing import TRACER
from dsnb.workspace import Workspace

P = ParamSpec("P")
R = TypeVar("R")
Failing = Callable[[str, DsnbError], AzureMLException]


@runtime_checkable
class Opened(Protocol):
    """Something that works on a workspace, as a workspace of these calls does."""

    @property
    def local(self) -> Workspace:
        """The workspace of dsnb's."""


def user_error(message: str, cause: DsnbError) -> AzureMLException:
    """Return what dsnb refuses as an error of the retired SDK's."""
    return UserErrorException(message, inner_exception=cause)


def sdk_call(failing: Failing = user_error) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for a call of the retired SDK.

    What dsnb opens meanwhile is not taken for the user's own reading, and what dsnb refuses is
    raised as an error of the retired SDK's.

    Parameters
    ----------
    failing
        Makes such an error.
    """

    def decorator(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def carried_out(*args: P.args, **kwargs: P.kwargs) -> R:
            SESSION.watch.catch_up()
            with TRACER.not_the_users():
                try:
                    return function(*args, **kwargs)
                except AzureMLException:
                    raise
                except DsnbError as error:
                    raise failing(str(error), error) from error

        return carried_out

    return decorator


def home() -> str | None:
    """Return the folder from which a workspace is looked for, as the verbs do; None: this one."""
    return SESSION.notebook.folder


def local_workspace(workspace: object) -> Workspace:
    """Return the workspace that a call was handed, of this package or of dsnb's own.

    Raises
    ------
    UserErrorException
        When it is no workspace.
    """
    if isinstance(workspace, Workspace):
        return workspace
    if isinstance(workspace, Opened):
        return workspace.local
    raise UserErrorException(
        f"{workspace!r} is no workspace. Get one with Workspace.from_config()."
    )


def note_reading(
    workspace: Workspace, version: Version, columns: Sequence[str] | None = None
) -> None:
    """Record a version as an input of the session's run."""
    SESSION.record(workspace, version, "load", columns=columns)


def note_making(workspace: Workspace, version: Version) -> None:
    """Record a version as an output of the session's run."""
    SESSION.record(workspace, version, "register")


def run_id(workspace: Workspace) -> str | None:
    """Return the id of the run that makes what is registered now."""
    return SESSION.run_id(workspace)
