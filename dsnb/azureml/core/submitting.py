"""Submitting: each sort of what can be submitted says how."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from dsnb.azureml.exceptions import UserErrorException


@singledispatch
def submit(
    config: Any, experiment: Any, tags: Mapping[str, str], parent: str | None, **options: Any
) -> Any:
    """Begin a run of something, and return it.

    Parameters
    ----------
    config
        What is to be run.
    experiment
        What the run belongs to.
    tags
        Its tags.
    parent
        Id of the run that it is a part of; None for none.
    options
        What else that sort of thing understands.

    Raises
    ------
    UserErrorException
        When it cannot be submitted.
    """
    raise UserErrorException(
        f"A {type(config).__name__} cannot be submitted. Pass a ScriptRunConfig or a Pipeline."
    )
