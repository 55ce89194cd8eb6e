"""What a step of a notebook is: a cell with named inputs and outputs."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsnb.errors import BadReferenceError, UsageError
from dsnb.records import Run
from dsnb.refs import Latest, Ref, check_name, check_new_name, is_pair, parse


@dataclass(frozen=True, slots=True)
class CellInput:
    """A version that a step reads: what its code calls it, and the reference as it was typed."""

    name: str
    ref: Ref

    @property
    def follows(self) -> str | None:
        """The dataset whose newest version it reads; None of one that stays, such as ``@2``."""
        return self.ref.name if isinstance(self.ref.selector, Latest) else None


@dataclass(frozen=True, slots=True)
class CellOutput:
    """A dataset that a step makes the next version of, and what its code calls it."""

    name: str
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStep:
    """A cell that is a step.

    Attributes
    ----------
    name
        What it is called; in a notebook there is one of that name.
    body
        Its code, without the line that begins with ``%%ds``.
    inputs, outputs
        What it reads and makes.
    description, tags
        What is recorded of each version that it makes.
    cell
        The whole cell; empty where code has called for the step.
    """

    name: str
    body: str
    inputs: tuple[CellInput, ...] = ()
    outputs: tuple[CellOutput, ...] = ()
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    cell: str = ""

    def identity(self, digests: Mapping[str, str]) -> str:
        """Return a hash over its code, what it makes, and the content that it reads.

        Parameters
        ----------
        digests
            The content of each input, by what the code calls it.
        """
        from blake3 import blake3

        settled = {
            "body": self.body.strip(),
            "inputs": sorted(digests.items()),
            "outputs": [[one.name, one.dataset] for one in self.outputs],
        }
        return str(blake3(json.dumps(settled, sort_keys=True).encode()).hexdigest())

    def did(self, run: Run) -> bool:
        """Tell whether a run did what this step would do with what that run read."""
        digests = {use.handed.name: use.digest for use in run.inputs if use.handed is not None}
        same = digests.keys() == {one.name for one in self.inputs}
        return same and run.job is not None and run.job.identity == self.identity(digests)


def make_step(
    name: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    body: str,
    cell: str,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> CellStep:
    """Return the step that was typed.

    Parameters
    ----------
    name
        What it is called.
    inputs, outputs
        References, and names of datasets; each may follow the name that the code has for it, as in
        ``raw=weather_ds@2``.
    body, cell
        The code, and the whole cell.
    description, tags
        What is recorded of each version that it makes.

    Raises
    ------
    DsnbError
        When a name or reference is none, or the code could not tell two things apart.

    Examples
    --------
    >>> step = make_step("prepare", ["flights-2013@2"], ["clean=weather_ds"], "", "")
    >>> step.inputs[0].name, step.outputs[0].name, step.outputs[0].dataset
    ('flights_2013', 'clean', 'weather_ds')
    """
    check_name(name, "step")
    if not inputs and not outputs:
        raise UsageError(
            f"The step {name} neither reads nor makes anything.",
            hint=f"Say what: %%ds step {name} --in weather_ds --out prepared_weather_ds",
        )
    read = []
    for text in inputs:
        called, typed = _named(text)
        if is_pair(typed):
            raise BadReferenceError(
                f"{typed} is more than one version, and an input is one.",
                hint="Give each of them an --in, such as --in old=NAME@1 --in new=NAME@2.",
            )
        ref = parse(typed)
        read.append(CellInput(called or variable_of(ref.name), ref))
    made = []
    for text in outputs:
        called, typed = _named(text)
        made.append(CellOutput(called or variable_of(check_new_name(typed)), typed))
    step = CellStep(
        name=name,
        body=body,
        inputs=tuple(read),
        outputs=tuple(made),
        description=description,
        tags=dict(tags or {}),
        cell=cell,
    )
    _check_distinct(step)
    return step


def variable_of(dataset: str) -> str:
    """Return what the code of a step calls a dataset: its name, as far as Python can have it.

    Examples
    --------
    >>> variable_of("weather_ds"), variable_of("flights-2013"), variable_of("2013.flights")
    ('weather_ds', 'flights_2013', '_2013_flights')
    """
    name = re.sub(r"\W", "_", dataset)
    name = f"_{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def _named(text: str) -> tuple[str, str]:
    """Return the name that was given to an input or output, empty for none, and the rest."""
    called, equals, rest = text.partition("=")
    if not equals:
        return "", text
    if not called.isidentifier() or keyword.iskeyword(called):
        raise UsageError(
            f"{called!r} cannot be the name of a variable.",
            hint=f"Write a name of Python's before the equals sign, such as df={rest}.",
        )
    return called, rest


def _check_distinct(step: CellStep) -> None:
    """Refuse two things of one name, and two outputs that are one dataset."""
    named = [(one.name, str(one.ref)) for one in step.inputs]
    named += [(one.name, one.dataset) for one in step.outputs]
    seen: set[str] = set()
    for name, typed in named:
        if name in seen:
            raise UsageError(
                f"The code of {step.name} could not tell two things apart that are both called "
                f"{name}.",
                hint=f"Give one of them another name there, such as old={typed}.",
            )
        seen.add(name)
    made = [one.dataset for one in step.outputs]
    for dataset in made:
        if made.count(dataset) > 1:
            raise UsageError(
                f"{step.name} would make {dataset} twice.", hint="Give each output its own name."
            )
