"""The verbs of models: model and those below it, models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

from dsnb.commands.declaring import NAME, PAIRS, PATH, REF, Arg, Call, declare
from dsnb.commands.registering import policy, workspace_to_register_in
from dsnb.datasets.models import ModelList, inputs_of, trained_on
from dsnb.datasets.registration import Registration, Request

_DATA = Arg("ROLE=REF", form="pairs")
_DESCRIPTION = Arg("TEXT", short="-d")


@declare(changes=False)
def model(call: Call, ref: Annotated[str | None, REF] = None) -> ModelList:
    """Show the models, or the versions of one, with the data that they were trained on.

    Parameters
    ----------
    ref
        A model.

    Examples
    --------
    In a notebook::

        %ds model
        %ds model temp
    """
    return _listed(call, ref)


@model.verb("register", changes=True)
def _register_model(
    call: Call,
    name: Annotated[str, NAME],
    *paths: Annotated[str | os.PathLike[str], PATH],
    data: Annotated[Mapping[str, str] | None, _DATA] = None,
    description: Annotated[str, _DESCRIPTION] = "",
    tag: Annotated[Mapping[str, str] | None, PAIRS] = None,
    snapshot: bool = False,
    no_snapshot: bool = False,
) -> Registration:
    """Record what files or folders hold now as a version of a model, and what it was trained on.

    A model is versioned by its content, as datasets are, and shares their names; nothing of it is
    ever loaded.

    Parameters
    ----------
    name
        The model's name.
    paths
        Its files or folders.
    data
        The versions that it was trained on, by their roles (``"training data"=weather_ds@2``); any
        number of times. Without, all that this session's run has read, with roles guessed from the
        names.
    description
        What this version is.
    tag
        A tag, any number of times.
    snapshot
        Keep the bytes (the setting snapshot decides otherwise).
    no_snapshot
        Only refer to the files.

    Raises
    ------
    DsnbError
        When something is wrong with the name, a path or the data; nothing is recorded then.

    Examples
    --------
    In a notebook::

        %ds model register temp model.joblib --data "training data"=weather_ds@2

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> from pathlib import Path
    >>> _ = Path("model.bin").write_text("weights")
    >>> data = {"training data": "weather_ds@1"}
    >>> made = dsnb.model.register("temp", "model.bin", data=data)
    >>> [(one.role, one.ref) for one in made.version.parents]
    [('training data', 'weather_ds@1')]
    """
    keeping = policy(snapshot, no_snapshot)
    with workspace_to_register_in(call) as (workspace, _):
        if data:
            parents = trained_on({role: workspace.resolve(ref) for role, ref in data.items()})
        else:
            run = call.session.run(workspace) if call.session else None
            parents = inputs_of(workspace.view(), run)
        request = Request(
            name=name,
            kind="model",
            snapshot=keeping,
            description=description,
            tags=dict(tag or {}),
            run=call.session.run_id(workspace) if call.session else None,
            parents=parents,
        )
        registration = workspace.register(paths, request)
    if call.session is not None:
        call.session.record(workspace, registration.version, "register")
    return registration


@declare(changes=False)
def models(call: Call, ref: Annotated[str | None, REF] = None) -> ModelList:
    """List the models, newest first, or those that were trained on a dataset.

    Parameters
    ----------
    ref
        A version of a dataset, a dataset (any version of it), or a model (its versions).

    Raises
    ------
    DsnbError
        When there is no such version.

    Examples
    --------
    In a notebook::

        %ds models
        %ds models weather_ds@2

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> len(dsnb.models("weather_ds"))
    0
    """
    return _listed(call, ref)


def _listed(call: Call, ref: str | None) -> ModelList:
    workspace = call.workspace()
    if ref is None:
        return workspace.models()
    return workspace.models(workspace.resolve(ref), any_version="@" not in ref)
