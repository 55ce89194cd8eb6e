"""What the calls raise.

::

    DsnbError
    └── AzureMLException
        ├── UserErrorException          the call asks for what cannot be
        │   ├── DatasetValidationError  data cannot be had, noticed before it is used
        │   └── DatasetExecutionError   data cannot be had, noticed when it is used
        └── WorkspaceException          there is no such workspace, or there is one already

The two about datasets are in `dsnb.azureml.data.dataset_error_handling`.
"""

from __future__ import annotations

from typing import Any

from dsnb.errors import DsnbError

__all__ = ["AzureMLException", "UserErrorException", "WorkspaceException"]


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
