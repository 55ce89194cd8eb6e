"""Reading a workspace for an answer: what touches the disk, and runs off the event loop."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from dsnb import __version__
from dsnb.catalog.base import View
from dsnb.catalog.resolving import known_numbers
from dsnb.datasets.profiles import LITTLE, Effort
from dsnb.errors import RegistryError, RunNotFoundError
from dsnb.provenance.lock import Lock, lock_document, lock_of, sessions
from dsnb.provenance.runs import MOST_UNTRACKED, Status, status_of
from dsnb.provenance.stale import Stale, find_stale
from dsnb.records import Run, Version
from dsnb.refs import ANONYMOUS, Number, Ref, check_name
from dsnb.server.answers import (
    Answer,
    dataset_answer,
    details_answer,
    page,
    profile_answer,
    version_answer,
)
from dsnb.server.changes import look
from dsnb.server.relatives import Training, find_relatives, parents_of
from dsnb.server.runanswers import run_answer, run_details_answer
from dsnb.server.scope import Scope
from dsnb.session.environment import is_alive
from dsnb.workspace import Workspace


def read_workspace(scope: Scope, path: str) -> Answer:
    """Return the workspace of a folder, or where one would be made."""
    # The state is older than the content: what changes in between is then seen as a change.
    place, state = look(scope, path)
    datasets = models = 0
    if place.root is not None:
        view = scope.open(place).view()
        models = len(view.models())
        datasets = len(view.names()) - models
    return {
        "server": __version__,
        "exists": place.root is not None,
        "folder": scope.shown(place.home),
        "name": place.home.name or str(place.home),
        "state": state,
        "datasets": datasets,
        "models": models,
    }


def read_datasets(scope: Scope, path: str, search: str, offset: int, limit: int) -> Answer:
    """Return a page of the datasets whose name holds a text, in any case; models are left out."""
    view = scope.open(scope.locate(path)).view()
    models = set(view.models())
    names = _with_part((name for name in view.names() if name not in models), search)
    return page(
        len(names), offset, (_dataset(view, name, {}) for name in names[offset : offset + limit])
    )


def read_models(scope: Scope, path: str, search: str, offset: int, limit: int) -> Answer:
    """Return a page of the models whose name holds a text, in any case."""
    workspace = scope.open(scope.locate(path))
    view, runs = workspace.view(), _known_runs(workspace)
    names = _with_part(view.models(), search)
    return page(
        len(names), offset, (_dataset(view, name, runs) for name in names[offset : offset + limit])
    )


def read_versions(scope: Scope, path: str, name: str, offset: int, limit: int) -> Answer:
    """Return a page of the versions of a dataset or a model, newest first."""
    workspace = scope.open(scope.locate(path))
    view = workspace.view()
    numbers = known_numbers(view, check_name(name))
    runs = _known_runs(workspace) if name in view.models() else {}
    aliases = _aliases(view, name)
    rows = numbers[::-1][offset : offset + limit]
    return page(
        len(numbers),
        offset,
        (
            version_answer(
                version,
                aliases.get(number, ()),
                latest=number == numbers[-1],
                training=_training(view, version, runs),
            )
            for number in rows
            if (version := view.version(name, number)) is not None
        ),
    )


def read_version(scope: Scope, path: str, name: str, number: int) -> Answer:
    """Return everything about a version, its files on disk included."""
    workspace = scope.open(scope.locate(path))
    version = workspace.resolve(Ref(check_name(name), Number(number)))
    runs = _known_runs(workspace)
    run = None if version.run is None else runs.get(version.run)
    relatives = find_relatives(workspace.view(), runs, version)
    return details_answer(workspace.show(version), run, relatives)


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
    """Return a page of the runs, or of a kernel's sessions, newest first."""
    workspace = scope.open(scope.locate(path))
    view = workspace.view()
    runs = [
        run
        for run in workspace.runs().values()
        if kernel is None or (run.kernel == kernel and run.job is None)
    ][::-1]
    return page(
        len(runs), offset, (_run(scope, view, run) for run in runs[offset : offset + limit])
    )


def read_run(scope: Scope, path: str, identifier: str) -> Answer:
    """Return everything about a run; of files only whether those it used were registered since."""
    place = scope.locate(path)
    workspace = scope.open(place)
    runs = workspace.runs()
    run = runs.get(identifier)
    if run is None:
        raise RunNotFoundError(
            f"There is no run {identifier[:100]!r}.", hint="Type %ds runs to see them all."
        )
    view = workspace.view()
    files = (*run.untracked[:MOST_UNTRACKED], *run.written[:MOST_UNTRACKED])
    unregistered = workspace.unregistered(files, str(place.folder)) if files else {}
    children = sorted(
        (one for one in runs.values() if one.parent == run.id), key=lambda one: one.started
    )
    return run_details_answer(
        run,
        _run(scope, view, run),
        _overtaken(view, run),
        unregistered,
        runs.get(run.parent or ""),
        [(one, _status(one)) for one in children],
    )


def read_kernel_lock(scope: Scope, path: str, kernel: str) -> Answer:
    """Return what a notebook's file shall say of what its kernel's session read and made."""
    workspace = scope.open(scope.locate(path))
    enabled = workspace.config["notebook.lock"] == "on"
    # After a restart the kernel keeps its id, but what it used before is another session's.
    found = sessions(run for run in workspace.runs().values() if run.kernel == kernel)
    lock = lock_of(found[-1]) if enabled and found else Lock()
    return {"enabled": enabled, "lock": lock_document(lock)}


def _with_part(names: Iterable[str], search: str) -> list[str]:
    part = search.lower()
    return [name for name in names if part in name.lower()]


def _known_runs(workspace: Workspace) -> Mapping[str, Run]:
    """Return all runs; none where they cannot be read, which keeps no version from being seen."""
    try:
        return workspace.runs()
    except RegistryError:
        return {}


def _training(view: View, version: Version, runs: Mapping[str, Run]) -> Training | None:
    if version.kind != "model":
        return None
    made_by = None if version.run is None else runs.get(version.run)
    return Training(parents_of(view, version), made_by)


def _overtaken(view: View, run: Run) -> list[Stale]:
    """Return the inputs of a run that have a newer version; their files are not looked at."""

    def newest(name: str) -> Version | None:
        numbers = () if name == ANONYMOUS else view.numbers(name)
        return view.version(name, numbers[-1]) if numbers else None

    return find_stale(run, lambda use: view.by_id(use.id), newest, lambda version: False)


def _dataset(view: View, name: str, runs: Mapping[str, Run]) -> Answer:
    numbers = view.numbers(name)
    latest = view.version(name, numbers[-1])
    assert latest is not None
    aliases = _aliases(view, name).get(numbers[-1], ())
    return dataset_answer(len(numbers), latest, aliases, _training(view, latest, runs))


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
