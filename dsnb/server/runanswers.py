"""What the server answers of runs; how much each part may take is as in `dsnb.server.answers`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dsnb.provenance.runs import Status, count_versions
from dsnb.provenance.stale import Stale
from dsnb.records import Job, Run, Source, Untracked, Use, Version
from dsnb.server.answers import (
    REF,
    Answer,
    clipped,
    clipped_or_none,
    fitting,
    reader_answer,
    tags_answer,
)

_USES = 200
_CELLS = 50
_NOTES = 50
_METRICS = 100
_PACKAGES = 100
_FILES = 100
_CHILDREN = 100
_WORDS = 100
_SETTINGS = 50


def run_answer(
    run: Run, status: Status, notebook: str | None, version_of: Callable[[Use], Version | None]
) -> Answer:
    """Return what a list tells of a run.

    Parameters
    ----------
    run
        The record.
    status
        How it stands.
    notebook
        Its path as the browser knows it.
    version_of
        Finds the version that was used; None when it was deleted.
    """
    failure = run.failure
    return {
        "id": clipped(run.id, 100),
        "name": clipped(run.name, 400),
        "status": status,
        "job": None if run.job is None else run.job.kind,
        "failure": None
        if failure is None
        else {"error": clipped(failure.error, 200), "cell": failure.cell},
        "experiment": clipped(run.experiment, 200),
        "notebook": clipped_or_none(notebook, 1_000),
        "kernel": clipped_or_none(run.kernel, 100),
        "started": run.started.isoformat(),
        "ended": None if run.ended is None else run.ended.isoformat(),
        "user": clipped(run.user, 100),
        "commit": clipped_or_none(run.code.commit, 100),
        "branch": clipped_or_none(run.code.branch, 300),
        "dirty": run.code.dirty,
        "tags": tags_answer(run.tags, 3_000),
        "inputs": _uses(run.inputs, version_of),
        "outputs": _uses(run.outputs, version_of),
        "inputs_total": count_versions(run.inputs),
        "outputs_total": count_versions(run.outputs),
    }


def run_details_answer(
    run: Run,
    told: Answer,
    stale: Iterable[Stale],
    unregistered: Mapping[Source, str],
    parent: Run | None = None,
    children: Sequence[tuple[Run, Status]] = (),
) -> Answer:
    """Return everything about a run.

    Parameters
    ----------
    run
        The record.
    told
        What a list tells of it.
    stale
        The inputs that were overtaken.
    unregistered
        The files that no version holds yet, with what registers each.
    parent
        The run that it is a part of.
    children
        Its own parts with how they stand, in the order in which they began.
    """
    untracked = [one for one in run.untracked if one.path in unregistered]
    written = [one for one in run.written if one.path in unregistered]
    notes = (
        {"text": clipped(note.text, 2_000), "at": note.at.isoformat()} for note in run.notes[::-1]
    )
    metrics = (
        # What is no number has no form in JSON, and figures are only shown.
        {"name": clipped(name, 200), "value": f"{values[-1]:.6g}", "count": len(values)}
        for name, values in run.metrics.items()
        if values
    )
    packages = ((clipped(name, 100), clipped(text, 100)) for name, text in run.packages.items())
    return {
        "run": told,
        "host": clipped(run.host, 200),
        "notebook_digest": clipped_or_none(run.notebook_digest, 64),
        "metrics": fitting(metrics, 15_000, _METRICS),
        "metrics_total": sum(bool(values) for values in run.metrics.values()),
        "notes": fitting(notes, 15_000, _NOTES),
        "notes_total": len(run.notes),
        "packages": dict(fitting(packages, 10_000, _PACKAGES)),
        "stale": fitting(
            (
                {
                    "ref": clipped(one.ref, REF),
                    "newer": clipped(one.newer or "", REF),
                    "cells": list(one.cells[-_CELLS:]),
                }
                for one in stale
            ),
            15_000,
            _USES,
        ),
        "untracked": _files(untracked, unregistered),
        "untracked_total": len(untracked),
        "written": _files(written, unregistered),
        "written_total": len(written),
        "parent": None if parent is None else reader_answer(parent),
        "children": fitting(
            ({**reader_answer(one), "status": status} for one, status in children),
            15_000,
            _CHILDREN,
        ),
        "children_total": len(children),
        "job": None if run.job is None else _job(run.job),
    }


def _job(job: Job) -> Answer:
    settings = ((clipped(key, 200), clipped(value, 500)) for key, value in job.settings.items())
    return {
        "command": fitting((clipped(word, 1_000) for word in job.command), 10_000, _WORDS),
        "exit_code": job.exit_code,
        "reused": clipped_or_none(job.reused, 100),
        "settings": dict(fitting(settings, 5_000, _SETTINGS)),
    }


def _files(files: Iterable[Untracked], unregistered: Mapping[Source, str]) -> list[Answer]:
    return fitting(
        (
            {
                "path": clipped(str(file.path), 1_000),
                "cells": list(file.cells[-_CELLS:]),
                # A line that was cut would register something else.
                "register": line if len(line) <= 2_000 else "",
            }
            for file in files
            for line in [unregistered[file.path]]
        ),
        25_000,
        _FILES,
    )


def _uses(uses: Sequence[Use], version_of: Callable[[Use], Version | None]) -> list[Answer]:
    return fitting(
        (
            {
                "ref": clipped(use.ref if version is None else version.ref, REF),
                "kind": None if version is None else version.kind,
                "deleted": version is None,
                "how": use.how,
                # A cell that is run again has a new number, and only that one is still in sight.
                "cells": list(use.cells[-_CELLS:]),
                "called": "" if use.handed is None else clipped(use.handed.name, 200),
            }
            for use, version in ((use, version_of(use)) for use in uses)
        ),
        15_000,
        _USES,
    )
