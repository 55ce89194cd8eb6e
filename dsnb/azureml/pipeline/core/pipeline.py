"""`Pipeline`: steps that are submitted together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from dsnb.azureml.calling import local_workspace, sdk_call
from dsnb.azureml.core.experiment import Experiment
from dsnb.azureml.core.scripts import warn_once
from dsnb.azureml.core.submitting import submit
from dsnb.azureml.core.wiring import Pins
from dsnb.azureml.exceptions import UserErrorException
from dsnb.azureml.pipeline.core.builder import PipelineStep, flat
from dsnb.azureml.pipeline.core.run import PipelineRun
from dsnb.pipelines.steps import Step, ordered
from dsnb.pipelines.submissions import Plan
from dsnb.pipelines.submissions import submit as carry_out


class Pipeline:
    """Steps; those that need nothing of each other are carried out at the same time.

    Parameters
    ----------
    workspace
        The workspace.
    steps
        Steps, lists of steps, or a `StepSequence`.
    description
        What it is for; the name of its runs.
    default_datastore
        Where data between steps is kept that names no datastore.
    default_source_directory
        The folder of scripts of steps that name none.
    resolve_closure
        Whether steps that these run after are taken as well.
    kwargs
        Accepted as the retired SDK accepts them; none has a meaning.

    Raises
    ------
    UserErrorException
        When something is no step, or steps wait for each other.

    Examples
    --------
    >>> import dsnb, pathlib
    >>> from dsnb.azureml.core import Workspace
    >>> from dsnb.azureml.pipeline.steps import PythonScriptStep
    >>> _ = dsnb.init(".")
    >>> _ = pathlib.Path("prepare.py").write_text("print('prepared')")
    >>> pipeline = Pipeline(Workspace.from_config(), [PythonScriptStep("prepare.py")])
    >>> run = pipeline.submit("weather")
    >>> run.wait_for_completion(show_output=False)
    'Completed'
    >>> [step.name for step in run.get_steps()]
    ['prepare.py']
    """

    @sdk_call()
    def __init__(
        self,
        workspace: Any,
        steps: Iterable[Any],
        description: str | None = None,
        default_datastore: Any = None,
        default_source_directory: str | None = None,
        resolve_closure: bool = True,
        **kwargs: Any,
    ) -> None:
        self._workspace = workspace
        self._local = local_workspace(workspace)
        given = steps if isinstance(steps, Iterable) else [steps]
        self._steps = _closed(flat(given), resolve_closure)
        self._description = description
        self._default_datastore = default_datastore
        self._default_source = default_source_directory
        if not self._steps:
            raise UserErrorException("A pipeline needs at least one step.")

    @sdk_call()
    def validate(self) -> list[Any]:
        """Refuse what cannot be carried out: steps that wait for each other, missing outputs.

        Returns
        -------
        list
            Nothing is in it: whatever is wrong is raised.

        Raises
        ------
        UserErrorException
            When it cannot be carried out.
        """
        ordered(self._made(Pins(self._workspace))[0])
        return []

    @sdk_call()
    def submit(
        self,
        experiment_name: str,
        pipeline_parameters: Mapping[str, Any] | None = None,
        continue_on_step_failure: bool = False,
        regenerate_outputs: bool = False,
        parent_run_id: str | None = None,
        credential_passthrough: Any = None,
        **kwargs: Any,
    ) -> PipelineRun:
        """Begin a run of it, which goes on while the notebook does.

        Parameters
        ----------
        experiment_name
            What the run belongs to.
        pipeline_parameters
            Values of its parameters, by name.
        continue_on_step_failure
            Whether steps that need nothing of a failed one are begun after it failed.
        regenerate_outputs
            Whether steps are carried out although an earlier run did the same.
        parent_run_id
            Id of the run that it is a part of.
        credential_passthrough
            Has no effect: nobody needs to be let in to a folder.
        kwargs
            ``tags`` of the run; others are refused.
        """
        tags = dict(kwargs.pop("tags", None) or {})
        if kwargs:
            raise UserErrorException(f"A pipeline is submitted without {', '.join(kwargs)}.")
        experiment = Experiment(self._workspace, experiment_name)
        pins = Pins(self._workspace, pipeline_parameters)
        steps, warnings = self._made(pins)
        unknown = sorted(set(pins.parameters) - pins.used)
        if unknown:
            raise UserErrorException(
                f"No step of this pipeline has the parameter {', '.join(unknown)}."
            )
        warn_once(self._local, warnings)
        plan = Plan(
            name=self._description or experiment_name,
            experiment=experiment_name,
            steps=tuple(steps),
            is_pipeline=True,
            parent=parent_run_id,
            tags=tags,
            goes_on=continue_on_step_failure,
            anew=regenerate_outputs,
        )
        return PipelineRun(experiment, carry_out(self._local, plan).id)

    def _made(self, pins: Pins) -> tuple[list[Step], list[str]]:
        """Return the steps as they are carried out, and what to warn of."""
        if self._default_datastore is not None:
            pins.default_datastore = self._default_datastore.name
        asked = [step.made(pins, self._default_source) for step in self._steps]
        settled = {
            id(step): pins.settled(done) for step, (done, _) in zip(self._steps, asked, strict=True)
        }
        for step in _in_order(self._steps):
            after = tuple(settled[id(one)] for one in step.after if id(one) in settled)
            settled[id(step)] = replace(settled[id(step)], after=after)
        return [settled[id(step)] for step in self._steps], [warning for _, warning in asked]


def _closed(steps: Iterable[PipelineStep], closure: bool) -> list[PipelineStep]:
    """Return steps, each once, with those that they run after."""
    found: dict[int, PipelineStep] = {}
    waiting = [*steps]
    while waiting:
        step = waiting.pop(0)
        if id(step) not in found:
            found[id(step)] = step
            waiting += step.after if closure else []
    return [*found.values()]


def _in_order(steps: Iterable[PipelineStep]) -> list[PipelineStep]:
    """Return steps so that each comes after those that it runs after.

    Raises
    ------
    UserErrorException
        When some wait for each other.
    """
    by_id = {id(step): step for step in steps}
    sorter = TopologicalSorter(
        {key: [id(one) for one in step.after if id(one) in by_id] for key, step in by_id.items()}
    )
    try:
        return [by_id[key] for key in sorter.static_order()]
    except CycleError as error:
        names = " → ".join(by_id[key].name for key in error.args[1])
        raise UserErrorException(f"These steps run after each other: {names}.") from None


@submit.register
def _submit_pipeline(
    config: Pipeline,
    experiment: Experiment,
    tags: Mapping[str, str],
    parent: str | None,
    **options: Any,
) -> PipelineRun:
    return config.submit(experiment.name, parent_run_id=parent, tags=tags, **options)
