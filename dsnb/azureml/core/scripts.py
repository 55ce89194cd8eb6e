"""Scripts as runs: what a `ScriptRunConfig` or a step of a pipeline asks for, as a step."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dsnb.azureml.calling import local_workspace
from dsnb.azureml.core.asked import Settings, settings_of
from dsnb.azureml.core.experiment import Experiment
from dsnb.azureml.core.run import Run
from dsnb.azureml.core.runconfig import RunConfiguration
from dsnb.azureml.core.script_run_config import ScriptRunConfig
from dsnb.azureml.core.submitting import submit
from dsnb.azureml.core.wiring import Pins, Wiring
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.environments import virtual_environment
from dsnb.pipelines.steps import Step
from dsnb.pipelines.submissions import Plan
from dsnb.pipelines.submissions import submit as carry_out
from dsnb.storage.discovery import current_folder
from dsnb.workspace import Workspace


def make_step(
    pins: Pins,
    *,
    name: str,
    source: str | os.PathLike[str] | None,
    script: str | None,
    arguments: Iterable[Any],
    config: RunConfiguration | None,
    inputs: Iterable[Any] = (),
    outputs: Iterable[Any] = (),
    reuse: bool = False,
    command: Iterable[Any] = (),
    variables: Mapping[str, Any] | None = None,
) -> tuple[Step, str]:
    """Return a script with its inputs and outputs as a step, and what to warn of.

    Parameters
    ----------
    pins
        What all steps of the submission have in common.
    name
        What it is called.
    source
        The folder that holds the script; None is the current one.
    script
        The script.
    arguments, inputs, outputs
        What it is told, reads and writes.
    config
        What it asks for.
    reuse
        Whether an earlier run that did the same may take its place.
    command
        A program and its arguments in the place of a script.
    variables
        Further variables of its environment.
    """
    wiring = Wiring(pins)
    wiring.add_outputs(outputs)
    wiring.add_inputs(inputs)
    told = tuple(wiring.argument(one) for one in (*command, *arguments))
    settings = settings_of(config)
    more = {key: str(wiring.resolved(value)) for key, value in (variables or {}).items()}
    folder = Path(os.path.join(current_folder(), os.path.expanduser(source or ".")))
    step = Step(
        name=name,
        source=Path(os.path.normpath(folder)),
        script=script or "",
        arguments=told,
        inputs=tuple(wiring.inputs.values()),
        outputs=tuple(wiring.outputs.values()),
        reuse=reuse,
        interpreter=_interpreter(settings, pins.workspace),
        variables={**settings.variables, **more},
        settings=settings.recorded,
    )
    return step, settings.warning


def warn_once(workspace: Workspace, warnings: Iterable[str]) -> None:
    """Tell what cannot be done here, each once."""
    for warning in dict.fromkeys(warnings):
        if warning:
            workspace.notify(warning)


def _words(command: Any) -> list[Any]:
    """Return a command as a program and its arguments; a text is for the shell."""
    if isinstance(command, str):
        return ["cmd", "/c", command] if os.name == "nt" else ["sh", "-c", command]
    return [*(command or ())]


def _interpreter(settings: Settings, workspace: Workspace) -> str:
    if settings.packages:
        return virtual_environment(settings.packages, settings.pip_options, workspace.notify)
    return settings.interpreter or sys.executable


@submit.register
def _submit_script(
    config: ScriptRunConfig,
    experiment: Experiment,
    tags: Mapping[str, str],
    parent: str | None,
    **options: Any,
) -> Run:
    if options:
        raise UserErrorException(
            f"A script that is submitted has no {', '.join(options)}; only a Pipeline may."
        )
    local = local_workspace(experiment.workspace)
    config.check()
    step, warning = make_step(
        Pins(experiment.workspace),
        name=experiment.name,
        source=config.source_directory,
        script=config.script,
        arguments=config.arguments or (),
        config=config.run_config,
        command=_words(config.command),
    )
    warn_once(local, [warning])
    plan = Plan(
        name=experiment.name,
        experiment=experiment.name,
        steps=(step,),
        is_pipeline=False,
        parent=parent,
        tags=dict(tags),
    )
    return Run(experiment, carry_out(local, plan).id)
