"""The errors about a dataset's data."""

from __future__ import annotations

from dsnb.azureml.exceptions import UserErrorException


class DatasetValidationError(UserErrorException):
    """The data of a dataset cannot be had, noticed when it was made or checked."""

    def __init__(self, message: str, exception: BaseException | None = None) -> None:
        super().__init__(message, inner_exception=exception)


class DatasetExecutionError(UserErrorException):
    """The data of a dataset cannot be had, noticed when it was asked for."""

    def __init__(self, message: str, exception: BaseException | None = None) -> None:
        super().__init__(message, inner_exception=exception)
