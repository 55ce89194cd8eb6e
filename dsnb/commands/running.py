"""The verbs of the session and its history: run, runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from dsnb.commands.declaring import PAIRS, Arg, Call, declare
from dsnb.errors import UsageError
from dsnb.provenance.runs import RunDetails, RunList, find_run, status_of
from dsnb.session.current import Session
from dsnb.session.environment import is_alive

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
def _start_run(call: Call, name: Annotated[str, _NAME]) -> RunDetails:
    """Begin another run in this session; the one before ends.

    Parameters
    ----------
    name
        What it is called.

    Examples
    --------
    In a notebook::

        %ds run start train-temp
    """
    started = _session(call).begin(call.workspace(), name)
    return RunDetails(started, "running", done="begins here")


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
    tagged = _session(call).tag(call.workspace(), dict(tags))
    said = ", ".join(f"{key}={value}" for key, value in tags.items())
    return RunDetails(tagged, "running", done=f"tags: {said}")


@declare(changes=False)
def runs(call: Call) -> RunList:
    """List the runs of this workspace, newest first.

    Examples
    --------
    In a notebook::

        %ds runs

    In Python:

    >>> import dsnb
    >>> len(dsnb.runs())
    0
    """
    records = call.workspace().runs().values()
    newest_first = sorted(records, key=lambda run: run.started, reverse=True)
    return RunList(tuple((run, status_of(run, is_alive)) for run in newest_first))


def _show(call: Call, text: str | None) -> RunDetails:
    workspace = call.workspace()
    if text is None and call.session is not None:
        current = call.session.run(workspace)
        return RunDetails(current, "running" if current else "not begun")
    records = workspace.runs()
    if text is None:
        newest = max(records.values(), key=lambda run: run.started, default=None)
        return RunDetails(newest, status_of(newest, is_alive) if newest else "not begun")
    found = find_run(records, text)
    return RunDetails(found, status_of(found, is_alive))


def _session(call: Call) -> Session:
    if call.session is None:
        raise UsageError(
            "A run belongs to a notebook session or script, and a shell command is none.",
            hint="Type it in the notebook.",
        )
    return call.session
