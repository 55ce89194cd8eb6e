"""Reading a workspace for an answer: what touches the disk, and runs off the event loop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from dsnb import __version__
from dsnb.catalog.base import View
from dsnb.catalog.resolving import known_numbers
from dsnb.datasets.profiles import LITTLE, Effort
from dsnb.provenance.lock import Lock, lock_document, lock_of, sessions
from dsnb.provenance.runs import Status, status_of
from dsnb.records import Run
from dsnb.refs import Number, Ref, check_name
from dsnb.server.answers import (
    Answer,
    dataset_answer,
    details_answer,
    page,
    profile_answer,
    run_answer,
    version_answer,
)
from dsnb.server.changes import look
from dsnb.server.scope import Scope
from dsnb.session.environment import is_alive


def read_workspace(scope: Scope, path: str) -> Answer:
    """Return the workspace of a folder, or where one would be made."""
    # The state is older than the content: what changes in between is then seen as a change.
    place, state = look(scope, path)
    datasets = 0 if place.root is None else len(scope.open(place).view().names())
    return {
        "server": __version__,
        "exists": place.root is not None,
        "folder": scope.shown(place.home),
        "name": place.home.name or str(place.home),
        "state": state,
        "datasets": datasets,
    }


def read_datasets(scope: Scope, path: str, search: str, offset: int, limit: int) -> Answer:
    """Return a page of the datasets whose name holds a text, in any case."""
    view = scope.open(scope.locate(path)).view()
    part = search.lower()
    names = [name for name in view.names() if part in name.lower()]
    return page(
        len(names), offset, (_dataset(view, name) for name in names[offset : offset + limit])
    )


def read_versions(scope: Scope, path: str, name: str, offset: int, limit: int) -> Answer:
    """Return a page of the versions of a dataset, newest first."""
    view = scope.open(scope.locate(path)).view()
    numbers = known_numbers(view, check_name(name))
    aliases = _aliases(view, name)
    rows = numbers[::-1][offset : offset + limit]
    return page(
        len(numbers),
        offset,
        (
            version_answer(version, aliases.get(number, ()), latest=number == numbers[-1])
            for number in rows
            if (version := view.version(name, number)) is not None
        ),
    )


def read_version(scope: Scope, path: str, name: str, number: int) -> Answer:
    """Return everything about a version, its files on disk included."""
    workspace = scope.open(scope.locate(path))
    version = workspace.resolve(Ref(check_name(name), Number(number)))
    run = None if version.run is None else workspace.runs().get(version.run)
    details = workspace.show(version)
    return details_answer(details, None if run is None else _run(scope, workspace.view(), run))


def read_profile(scope: Scope, path: str, name: str, number: int, effort: Effort) -> Answer:
    """Return what the table of a version holds; files outside the workspace are not looked at."""
    workspace = scope.open(scope.locate(path))
    version = workspace.resolve(Ref(check_name(name), Number(number)))
    found = workspace.profile(version, effort)
    # What a reader of files says of them names their places on this machine.
    found = replace(found, why=found.why.replace(os.path.join(workspace.root, ""), ""))
    left = found.profile is None and effort == "little" and version.size > LITTLE
    return profile_answer(found, computable=left and version.kind == "tabular")


def read_runs(scope: Scope, path: str, kernel: str | None, offset: int, limit: int) -> Answer:
    """Return a page of the runs, or of those of one kernel, newest first."""
    workspace = scope.open(scope.locate(path))
    view = workspace.view()
    runs = [run for run in workspace.runs().values() if kernel in (None, run.kernel)][::-1]
    return page(
        len(runs), offset, (_run(scope, view, run) for run in runs[offset : offset + limit])
    )


def read_kernel_lock(scope: Scope, path: str, kernel: str) -> Answer:
    """Return what a notebook's file shall say of what its kernel's session read and made."""
    workspace = scope.open(scope.locate(path))
    enabled = workspace.config["notebook.lock"] == "on"
    # After a restart the kernel keeps its id, but what it used before is another session's.
    found = sessions(run for run in workspace.runs().values() if run.kernel == kernel)
    lock = lock_of(found[-1]) if enabled and found else Lock()
    return {"enabled": enabled, "lock": lock_document(lock)}


def _dataset(view: View, name: str) -> Answer:
    numbers = view.numbers(name)
    latest = view.version(name, numbers[-1])
    assert latest is not None
    return dataset_answer(len(numbers), latest, _aliases(view, name).get(numbers[-1], ()))


def _aliases(view: View, name: str) -> Mapping[int, list[str]]:
    """Return the aliases of a dataset by the number they point to."""
    found: dict[int, list[str]] = {}
    for alias, number in sorted(view.aliases(name).items()):
        found.setdefault(number, []).append(alias)
    return found


def _run(scope: Scope, view: View, run: Run) -> Answer:
    notebook = scope.shown_notebook(run.notebook)
    return run_answer(run, _status(run), notebook, lambda use: view.by_id(use.id))


def _status(run: Run) -> Status:
    try:
        return status_of(run, is_alive)
    except (ValueError, OverflowError):
        return "interrupted"  # no process can have the number that the record names
