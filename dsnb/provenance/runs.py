"""What a run record says: adding what a run used, its state, finding one among many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from dsnb.errors import RunNotFoundError, did_you_mean
from dsnb.presenting import Outcome, Presentable
from dsnb.records import Access, Run, Source, Untracked, Use, Version, now

MOST_UNTRACKED = 200
"""Files that belong to no version and are remembered of a run."""
Status = Literal["not begun", "running", "completed", "failed", "canceled", "interrupted"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that a run read or wrote, that no version holds, and what would register it.

    Attributes
    ----------
    path
        As the user types it.
    cells
        The cells that read or wrote it.
    command
        What registers it, to be typed after ``%ds``.
    """

    path: str
    cells: tuple[int, ...]
    command: str


@dataclass(frozen=True, slots=True)
class RunDetails(Outcome):
    """Everything about one run.

    Attributes
    ----------
    run
        The record; None while the session has touched no dataset.
    status
        How it stands.
    done
        What was just done to it, if anything.
    untracked
        Data files that it read, and that still no version holds as they are.
    written
        Data files that it wrote, and that still no version holds as they are.
    models
        Ids of its outputs that are models.
    parent
        The run that it is a part of.
    children
        Its own parts, such as the steps of a pipeline, in the order in which they began.
    """

    run: Run | None
    status: Status
    done: str = ""
    untracked: tuple[Candidate, ...] = ()
    written: tuple[Candidate, ...] = ()
    models: tuple[str, ...] = ()
    parent: Run | None = None
    children: tuple[tuple[Run, Status], ...] = ()


@dataclass(frozen=True, slots=True)
class RunList(Presentable):
    """Runs with their states, newest first."""

    rows: tuple[tuple[Run, Status], ...]

    def __len__(self) -> int:
        return len(self.rows)


def with_use(
    run: Run,
    version: Version,
    how: Access,
    cell: int | None,
    source: str = "",
    also: tuple[str, ...] = (),
    columns: tuple[str, ...] | None = None,
) -> Run:
    """Return a run that also used a version; once for each way of using it, with all its cells.

    Parameters
    ----------
    run
        The run so far.
    version
        What was read or made.
    how
        ``load``, and ``trace`` for what code read by itself, make it an input; ``register`` makes
        it an output.
    cell
        Execution count of the cell, None outside a notebook.
    source
        Hash of what the cell says.
    also
        References of other versions that hold what was read as well.
    columns
        The columns that were asked for; None for all.
    """
    uses = run.outputs if how == "register" else run.inputs
    cells = () if cell is None else (cell,)
    sources = () if cell is None else (source,)
    for index, use in enumerate(uses):
        if (use.id, use.how) == (version.id, how):
            both = _together(use.columns, columns)
            if (cell is None or cell in use.cells) and both == use.columns:
                return run
            again = replace(use, columns=both)
            if cell is not None and cell not in use.cells:
                again = replace(again, cells=(*use.cells, cell), sources=(*use.sources, source))
            uses = (*uses[:index], again, *uses[index + 1 :])
            break
    else:
        use = Use(
            ref=version.ref,
            id=version.id,
            digest=version.digest,
            how=how,
            cells=cells,
            sources=sources,
            also=also,
            columns=columns,
            at=now(),
        )
        uses = (*uses, use)
    return replace(run, outputs=uses) if how == "register" else replace(run, inputs=uses)


def _together(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the columns that either asked for; None for all."""
    return None if one is None or other is None else tuple(dict.fromkeys((*one, *other)))


_CODE = ("c", "cfg", "conf", "cpp", "css", "h", "html", "ini", "ipynb", "js", "py", "r", "rs", "sh")
_TEXT = ("lock", "log", "md", "pid", "rst", "sql", "svg", "tex", "tmp", "toml", "ts", "tsx", "yml")
_NO_DATA = frozenset((*_CODE, *_TEXT, "yaml"))
"""Endings of names that are code, text for people, or settings."""


def may_be_data(path: str) -> bool:
    """Tell whether a file may be data, by its name.

    Examples
    --------
    >>> may_be_data("data/weather.csv"), may_be_data("notes.md"), may_be_data(".cache")
    (True, False, False)
    """
    name = path.replace("\\", "/").rpartition("/")[2]
    return not name.startswith((".", "~")) and name.rpartition(".")[2].lower() not in _NO_DATA


def with_untracked(
    known: tuple[Untracked, ...], paths: Iterable[Source], cell: int | None
) -> tuple[Untracked, ...]:
    """Return files that belong to no version together with others, each once with all its cells.

    At most `MOST_UNTRACKED` are remembered.
    """
    found = {one.path: one for one in known}
    for path in paths:
        one = found.get(path)
        if one is None and len(found) < MOST_UNTRACKED:
            cells = () if cell is None else (cell,)
            found[path] = Untracked(path=path, cells=cells, at=now())
        elif one is not None and cell is not None and cell not in one.cells:
            found[path] = replace(one, cells=(*one.cells, cell))
    return tuple(found.values())


def count_versions(uses: Sequence[Use]) -> int:
    """Return how many versions were used, each once however it was used."""
    return len({use.id for use in uses})


def status_of(run: Run, is_alive: Callable[[Run], bool]) -> Status:
    """Return how a run stands.

    One whose last cell, or whose script, failed has failed; one that never ended, although its
    process is gone, was interrupted.

    Parameters
    ----------
    run
        The record.
    is_alive
        Tells whether the process of a run still exists.
    """
    if run.ended is not None:
        if run.job is not None and run.job.canceled:
            return "canceled"
        return "completed" if run.failure is None else "failed"
    return "running" if is_alive(run) else "interrupted"


@dataclass(frozen=True, slots=True)
class LastRead:
    """What an earlier run of a notebook read of a dataset, in the order in which it did."""

    run: Run
    uses: tuple[Use, ...]


def last_read(runs: Iterable[Run], run: Run, ids: Collection[str]) -> LastRead | None:
    """Return what the notebook of a run last read of some versions, in another run.

    Parameters
    ----------
    runs
        All runs.
    run
        The present one.
    ids
        Ids of the versions, such as all of a dataset.
    """
    if run.notebook is None:
        return None
    found = [
        LastRead(one, uses)
        for one in runs
        if one.notebook == run.notebook
        and one.job is None
        and one.id != run.id
        and (uses := tuple(use for use in one.inputs if use.id in ids))
    ]
    return max(found, key=lambda one: one.run.started, default=None)


def chosen_runs(
    runs: Iterable[Run],
    *,
    experiment: str | None = None,
    ids: Collection[str] | None = None,
    tags: Mapping[str, str] | None = None,
    since: datetime | None = None,
) -> list[Run]:
    """Return the runs that fulfil all conditions, newest first.

    Parameters
    ----------
    runs
        All runs.
    experiment
        What they belong to.
    ids
        Ids of versions of which they read or made one.
    tags
        Tags that they have.
    since
        The earliest moment at which they began.
    """
    found = [
        run
        for run in runs
        if (experiment is None or run.experiment == experiment)
        and (ids is None or any(use.id in ids for use in (*run.inputs, *run.outputs)))
        and all(run.tags.get(key) == value for key, value in (tags or {}).items())
        and (since is None or run.started >= since)
    ]
    return sorted(found, key=lambda run: run.started, reverse=True)


def find_run(runs: Mapping[str, Run], text: str) -> Run:
    """Return the run with this id, beginning of an id, or name (the newest of that name).

    Raises
    ------
    RunNotFoundError
        When there is none, or the beginning fits several.
    """
    named = [run for run in runs.values() if run.name == text]
    if named:
        return named[-1]
    found = [run for run in runs.values() if run.id.startswith(text)] if len(text) >= 4 else []
    if len(found) == 1:
        return found[0]
    if found:
        raise RunNotFoundError(
            f"{len(found)} runs have an id that begins with {text}.", hint="Write more of it."
        )
    near = did_you_mean(text, [*{run.name: None for run in runs.values()}])
    raise RunNotFoundError(
        f"There is no run {text!r}. {near}".strip(), hint="Type %ds runs to see them all."
    )
