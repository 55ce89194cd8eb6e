"""`PipelineParameter`: a value that a submission may give another."""

from __future__ import annotations

from typing import Any

from dsnb.azureml.core.wiring import Role, Wiring
from dsnb.azureml.exceptions import UserErrorException


class PipelineParameter:
    """A value that may be another in each submission of a pipeline.

    Parameters
    ----------
    name
        Its name.
    default_value
        A text, a number, a dataset or a place in a datastore.
    """

    def __init__(self, name: str, default_value: Any) -> None:
        if not isinstance(name, str) or not name:
            raise UserErrorException(f"{name!r} is no name of a parameter.")
        self.name = name
        self.default_value = default_value

    def stands_for(self, wiring: Wiring, role: Role) -> Any:
        """Return its value in this submission."""
        wiring.pins.used.add(self.name)
        return wiring.pins.parameters.get(self.name, self.default_value)

    def __repr__(self) -> str:
        return f"<parameter {self.name}={self.default_value!r}>"
