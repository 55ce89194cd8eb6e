"""The verbs of the session and its history: run and those below it, runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from dsnb.commands.declaring import PAIRS, REF, TEXT, Arg, Call, declare
from dsnb.errors import RunNotFoundError, UsageError
from dsnb.provenance.rundiff import RunDiff, compare_runs
from dsnb.provenance.runs import RunDetails, RunList, chosen_runs, find_run, status_of
from dsnb.records import Note, Run, now
from dsnb.session.current import Session
from dsnb.session.environment import is_alive
from dsnb.units import span
from dsnb.workspace import Workspace

_RUN = Arg("RUN", "run")
_NAME = Arg("NAME")


@declare(changes=False)
def run(call: Call) -> RunDetails:
    """Show this session's run: the versions it read and made, and in which cells.

    A run begins by itself with the first dataset that is registered or loaded, and ends with the
    kernel.

    Examples
    --------
    In a notebook::

        %ds run

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> [use.ref for use in dsnb.run().run.outputs]
    ['weather_ds@1']
    """
    return _show(call, None)


@run.verb("show", changes=False)
def _show_run(call: Call, run: Annotated[str | None, _RUN] = None) -> RunDetails:
    """Show a run.

    Parameters
    ----------
    run
        Its id, the beginning of it, or its name; this session's run by default.

    Raises
    ------
    RunNotFoundError
        When there is none.

    Examples
    --------
    In a notebook::

        %ds run show train-temp
    """
    return _show(call, run)


@run.verb("start", changes=True)
def _start_run(
    call: Call, name: Annotated[str, _NAME], *, experiment: Annotated[str, Arg("NAME")] = ""
) -> RunDetails:
    """Begin another run in this session; the one before ends.

    Parameters
    ----------
    name
        What it is called.
    experiment
        What it belongs to together with other runs.

    Examples
    --------
    In a notebook::

        %ds run start train-temp --experiment temperature
    """
    started = _session(call).begin(call.workspace(), name, experiment)
    return RunDetails(started, "running", done="begins here")


@run.verb("end", changes=True)
def _end_run(call: Call) -> RunDetails:
    """End this session's run; what is read or made later begins another.

    Raises
    ------
    RunNotFoundError
        When none has begun.

    Examples
    --------
    In a notebook::

        %ds run end
    """
    ended = _session(call).finish(call.workspace())
    if ended is None:
        raise RunNotFoundError("No run has begun here.", hint="Type %ds runs to see earlier ones.")
    return RunDetails(ended, status_of(ended, is_alive), done="ended")


@run.verb("note", changes=True)
def _note_run(call: Call, text: Annotated[str, TEXT]) -> RunDetails:
    """Write something down of this session's run.

    Parameters
    ----------
    text
        What is worth knowing later.

    Examples
    --------
    In a notebook::

        %ds run note "without the outlier of July 4th"
    """
    note = Note(text=text, at=now())
    noted = _session(call).change(
        call.workspace(), lambda run: replace(run, notes=(*run.notes, note))
    )
    return RunDetails(noted, "running", done=f"note: {text}")


@run.verb("metric", changes=True)
def _record_metric(
    call: Call, values: Annotated[Mapping[str, str] | None, PAIRS] = None
) -> RunDetails:
    """Record numbers that this session's run came to; each is kept, the last one is shown.

    Parameters
    ----------
    values
        The numbers, ``K=V``.

    Raises
    ------
    UsageError
        When one is no number.

    Examples
    --------
    In a notebook::

        %ds run metric rmse=2.31 r2=0.94
    """
    if not values:
        raise UsageError("No metric was given.", hint="For example: %ds run metric rmse=2.31")
    numbers = {name: _number(name, value) for name, value in values.items()}

    def with_metrics(run: Run) -> Run:
        added = {name: (*run.metrics.get(name, ()), one) for name, one in numbers.items()}
        return replace(run, metrics={**run.metrics, **added})

    measured = _session(call).change(call.workspace(), with_metrics)
    said = ", ".join(f"{name}={value:g}" for name, value in numbers.items())
    return RunDetails(measured, "running", done=f"metrics: {said}")


@run.verb("tag", changes=True)
def _tag_run(call: Call, tags: Annotated[Mapping[str, str] | None, PAIRS] = None) -> RunDetails:
    """Set tags of this session's run.

    Parameters
    ----------
    tags
        The tags, ``K=V``.

    Examples
    --------
    In a notebook::

        %ds run tag stage=train
    """
    if not tags:
        raise UsageError("No tag was given.", hint="For example: %ds run tag stage=train")
    tagged = _session(call).change(
        call.workspace(), lambda run: replace(run, tags={**run.tags, **tags})
    )
    said = ", ".join(f"{key}={value}" for key, value in tags.items())
    return RunDetails(tagged, "running", done=f"tags: {said}")


@run.verb("diff", changes=False)
def _diff_runs(
    call: Call, first: Annotated[str, _RUN], second: Annotated[str | None, _RUN] = None
) -> RunDiff:
    """Compare two runs: their data, code, libraries and metrics.

    Parameters
    ----------
    first
        A run, by its id, the beginning of it, or its name.
    second
        Another; this session's run by default.

    Raises
    ------
    RunNotFoundError
        When there is no such run.

    Examples
    --------
    In a notebook::

        %ds run diff 3f2a train-temp
    """
    workspace = call.workspace()
    records = workspace.runs()
    old = find_run(records, first)
    new = find_run(records, second) if second is not None else _show(call, None).run
    if new is None:
        raise RunNotFoundError(
            "There is no run to compare it with.", hint="Name another: %ds run diff RUN1 RUN2"
        )
    view = workspace.view()
    return compare_runs(old, new, lambda use: view.by_id(use.id))


@declare(changes=False)
def runs(
    call: Call,
    *,
    experiment: Annotated[str | None, Arg("NAME")] = None,
    dataset: Annotated[str | None, REF] = None,
    tag: Annotated[Mapping[str, str] | None, PAIRS] = None,
    since: Annotated[str | None, Arg("WHEN")] = None,
) -> RunList:
    """List the runs of this workspace, newest first.

    Parameters
    ----------
    experiment
        Only those that belong to it.
    dataset
        Only those that read or made a version of this dataset, or this one version.
    tag
        Only those with these tags, ``K=V``.
    since
        Only those that began since then: a day such as ``2026-07-01``, or as long ago as ``7d``,
        ``12h`` or ``2w``.

    Raises
    ------
    UsageError
        When ``since`` is no time.
    DsnbError
        When there is no such dataset or version.

    Examples
    --------
    In a notebook::

        %ds runs
        %ds runs --dataset weather_ds@2 --since 7d

    In Python:

    >>> import dsnb
    >>> len(dsnb.runs())
    0
    """
    workspace = call.workspace()
    ids = None
    if dataset is not None:
        version = workspace.resolve(dataset)
        ids = {version.id} if "@" in dataset else workspace.ids_of(version.name)
    moment = None if since is None else _moment(since)
    chosen = chosen_runs(
        workspace.runs().values(), experiment=experiment, ids=ids, tags=tag, since=moment
    )
    return RunList(tuple((run, status_of(run, is_alive)) for run in chosen))


def _moment(text: str) -> datetime:
    ago = span(text)
    if ago is not None:
        return now() - ago
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{text!r} is no time.",
            hint="Give a day, such as 2026-07-01, or how long ago: 12h, 7d, 2w.",
        ) from None


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(
            f"{name}={text}: a metric is a number.",
            hint="Words are for tags: %ds run tag K=V",
        )
    return number


def _show(call: Call, text: str | None) -> RunDetails:
    workspace = call.workspace()
    if text is None and call.session is not None:
        found = call.session.run_so_far(workspace)
    else:
        records = workspace.runs()
        newest = max(records.values(), key=lambda run: run.started, default=None)
        found = newest if text is None else find_run(records, text)
    if found is None:
        return RunDetails(None, "not begun")
    records = workspace.runs()
    children = sorted(
        (run for run in records.values() if run.parent == found.id), key=lambda run: run.started
    )
    return RunDetails(
        found,
        status_of(found, is_alive),
        untracked=tuple(workspace.candidates(found.untracked)),
        written=tuple(workspace.candidates(found.written)),
        models=tuple(_models(workspace, found)),
        parent=records.get(found.parent or ""),
        children=tuple((run, status_of(run, is_alive)) for run in children),
    )


def _models(workspace: Workspace, run: Run) -> Iterator[str]:
    view = workspace.view()
    for use in run.outputs:
        version = view.by_id(use.id)
        if version is not None and version.kind == "model":
            yield use.id


def _session(call: Call) -> Session:
    if call.session is None:
        raise UsageError(
            "A run belongs to a notebook session or script, and a shell command is none.",
            hint="Type it in the notebook.",
        )
    return call.session
