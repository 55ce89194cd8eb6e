"""What a step is: a script, or a command, with named inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

from dsnb.errors import PipelineError
from dsnb.records import Mechanism, Version


@dataclass(frozen=True, kw_only=True)
class Registering:
    """That an output becomes a version of a dataset when its step is done.

    Attributes
    ----------
    name
        The dataset's name.
    description, tags
        What is recorded beside.
    new_version
        Whether a further version may be made when the name exists.
    """

    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    new_version: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Output:
    """A place that a step writes to: another folder in every run.

    It is an object of its own: what another step reads is this one, not one that looks the same.

    Attributes
    ----------
    name
        What the step's code calls it.
    registering
        What it becomes; None keeps it without a name.
    place
        Datastore and path below it, in which ``{run-id}`` and ``{output-name}`` are replaced; None
        leaves it to dsnb.
    upload
        Whether the step writes elsewhere, and its files are copied to the place when it is done.
    written_to
        Where the step writes then, relative to its own folder; empty leaves it to dsnb.
    globs
        Patterns of the files that are copied; none for all.
    is_folder
        Whether the place is a folder, which is made before.
    """

    name: str
    registering: Registering | None = None
    place: tuple[str, str] | None = None
    upload: bool = False
    written_to: str = ""
    globs: tuple[str, ...] = ()
    is_folder: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Input:
    """A version that a step reads, or the output of another step.

    Attributes
    ----------
    name
        What the step's code calls it.
    source
        What it reads.
    mechanism
        ``direct`` (its id is told), ``mount`` (a folder of links), ``download`` (of copies).
    folder
        Where that folder shall be; empty leaves it to dsnb.
    """

    name: str
    source: Version | Output
    mechanism: Mechanism = "direct"
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """An argument that is settled when a step begins: where an input or output is.

    Attributes
    ----------
    name
        The input's or output's name.
    what
        Which of the two.
    """

    name: str
    what: Literal["input", "output"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """A script, or a command, with named inputs and outputs.

    Attributes
    ----------
    name
        What it is called.
    source
        The folder that holds its code, of which it works in a copy.
    script
        The Python script in that folder; empty where ``arguments`` begin with a program.
    arguments
        What it is told.
    inputs, outputs
        What it reads and writes.
    after
        Steps that must be done before, whether or not it reads their outputs.
    reuse
        Whether the outputs of an earlier run are taken where code, arguments and inputs are equal.
    interpreter
        The Python that runs the script.
    variables
        Further variables of its environment.
    settings
        What was asked for that this machine does not do.
    """

    name: str
    source: Path
    script: str = ""
    arguments: tuple[str | Told, ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    after: tuple[Step, ...] = ()
    reuse: bool = False
    interpreter: str
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


def ordered(steps: Sequence[Step]) -> TopologicalSorter[Step]:
    """Return what tells the order of some steps, prepared: which of them can be begun, and when.

    Raises
    ------
    PipelineError
        When a step needs what no other step makes, two make the same, or they wait for each other.
    """
    makers: dict[Output, Step] = {}
    for step in steps:
        for output in step.outputs:
            if output in makers:
                raise PipelineError(
                    f"The steps {makers[output].name} and {step.name} both make {output.name}.",
                    hint="Give each step an output of its own.",
                )
            makers[output] = step
    sorter: TopologicalSorter[Step] = TopologicalSorter()
    for step in steps:
        sorter.add(step, *_before(step, makers))
    try:
        sorter.prepare()
    except CycleError as error:
        names = " → ".join(step.name for step in error.args[1])
        raise PipelineError(
            f"These steps wait for each other: {names}.",
            hint="Let one of them read what was registered before, rather than another's output.",
        ) from None
    return sorter


def _before(step: Step, makers: Mapping[Output, Step]) -> Iterator[Step]:
    """Yield the steps that must be done before one."""
    yield from step.after
    for one in step.inputs:
        if isinstance(one.source, Output):
            if one.source not in makers:
                raise PipelineError(
                    f"The step {step.name} reads {one.source.name}, which no step of this pipeline "
                    "makes.",
                    hint="Add the step that has it among its outputs.",
                )
            yield makers[one.source]
