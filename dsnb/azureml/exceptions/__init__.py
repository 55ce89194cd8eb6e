"""What the calls raise.

::

    DsnbError
    └── AzureMLException
        ├── UserErrorException          the call asks for what cannot be
        │   ├── DatasetValidationError  data cannot be had, noticed before it is used
        │   └── DatasetExecutionError   data cannot be had, noticed when it is used
        ├── WorkspaceException          there is no such workspace, or there is one already
        ├── RunEnvironmentException     this is no script that was submitted
        ├── ActivityFailedException     a run failed, noticed while it was waited for
        ├── ActivityCanceledException   a run was canceled, likewise
        └── WebserviceException         a model cannot be had
            └── ModelNotFoundException  there is no such model

The two about datasets are in `dsnb.azureml.data.dataset_error_handling`.
"""

from __future__ import annotations

from typing import Any

from dsnb.errors import DsnbError

__all__ = [
    "ActivityCanceledException",
    "ActivityFailedException",
    "AzureMLException",
    "ModelNotFoundException",
    "RunEnvironmentException",
    "UserErrorException",
    "WebserviceException",
    "WorkspaceException",
]


class AzureMLException(DsnbError):  # noqa: N818 - the name is what code catches
    """What every error of these calls is.

    Parameters
    ----------
    exception_message
        What is wrong, and what to do.
    inner_exception
        The error that caused it.
    target, details, kwargs
        What the retired SDK kept beside; kept here, too.
    """

    def __init__(
        self,
        exception_message: str,
        inner_exception: BaseException | None = None,
        target: str | None = None,
        details: object = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(exception_message)
        self.inner_exception = inner_exception
        self.target = target
        self.details = details
        self.properties = kwargs


class UserErrorException(AzureMLException):
    """The call asks for something that cannot be."""


class WorkspaceException(AzureMLException):
    """There is no such workspace, or there is one already."""


class RunEnvironmentException(AzureMLException):
    """The code was not submitted to be a run."""


class ActivityFailedException(AzureMLException):
    """A run failed, which was noticed while it was waited for."""


class ActivityCanceledException(AzureMLException):
    """A run was canceled, which was noticed while it was waited for."""


class WebserviceException(AzureMLException):
    """A model cannot be had."""


class ModelNotFoundException(WebserviceException):
    """There is no such model."""
