"""Reuse: a step that would do what an earlier run did is not carried out again."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dsnb.errors import DsnbError
from dsnb.pipelines.steps import Step, Told
from dsnb.records import Run, Version
from dsnb.refs import ANONYMOUS
from dsnb.workspace import Workspace


def identity_of(step: Step, code: str, inputs: Mapping[str, Version]) -> str:
    """Return a hash over all that settles what a step makes, as far as it can be seen.

    Parameters
    ----------
    step
        The step.
    code
        Identity of its folder of code.
    inputs
        What it reads, by the names of its inputs.
    """
    from blake3 import blake3

    settled = {
        "code": code,
        "script": step.script,
        "arguments": [
            [argument.what, argument.name] if isinstance(argument, Told) else argument
            for argument in step.arguments
        ],
        "interpreter": step.interpreter,
        "variables": dict(step.variables),
        "inputs": [
            [one.name, one.mechanism, one.folder, inputs[one.name].kind, inputs[one.name].digest]
            for one in step.inputs
        ],
        "outputs": [
            [
                *(one.name, one.registering and one.registering.name, one.place, one.globs),
                *(one.upload, one.written_to, one.is_folder),
            ]
            for one in step.outputs
        ],
    }
    return str(blake3(json.dumps(settled, sort_keys=True).encode()).hexdigest())


def find_equal(workspace: Workspace, identity: str) -> tuple[Run, Mapping[str, Version]] | None:
    """Return the newest run that did the same and whose outputs are still what it made.

    Returns
    -------
    tuple or None
        The run, and the versions that it made, by their ids; None for no run.
    """
    for run in reversed(list(workspace.runs().values())):
        # One that was not carried out itself does not know what its code would have asked for.
        if run.job is None or run.job.identity != identity or run.job.reused is not None:
            continue
        if run.ended is None or run.failure is not None or run.job.canceled:
            continue
        made = _intact(workspace, run)
        if made is not None:
            return run, made
    return None


def _intact(workspace: Workspace, run: Run) -> Mapping[str, Version] | None:
    """Return what a run made, None where that, or what its code asked for, is another by now."""
    view = workspace.view()
    asked = [use for use in run.inputs if use.handed is None]
    found = {use.id: view.by_id(use.id) for use in (*run.outputs, *asked)}
    versions = {key: version for key, version in found.items() if version is not None}
    if len(versions) < len(found):
        return None  # one of them was deleted
    for use in asked:
        # Its code looked for the version itself, and may find another one now.
        one = versions[use.id]
        if one.name != ANONYMOUS and view.numbers(one.name)[-1] != one.version:
            return None
    try:
        is_same = not versions or bool(workspace.verify([*versions.values()]))
    except DsnbError:
        return None
    return versions if is_same else None
