"""How a version's files stand, and what is said when they are not what was registered."""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from dsnb.datasets.content import find_news
from dsnb.datasets.stores import Stores
from dsnb.errors import ConfigError, DriftError, RegistryError
from dsnb.provenance.dependents import Dependents, find_dependents, readers_of_versions
from dsnb.records import Manifest, Run, Version
from dsnb.storage.drift import Drift, FileDrift, find_drift, places_of
from dsnb.tables.options import TYPED
from dsnb.units import ago, size_text

_LISTED = 5


def find_version_drift(
    stores: Stores,
    version: Version,
    manifest: Manifest,
    *,
    full: bool = False,
    news: bool = False,
) -> Drift:
    """Compare a version's files with what was registered; all are gone when their datastore is.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version, manifest
        Which one, and its file list.
    full
        Whether to hash every file.
    news
        Whether to look for files that were not there then, too.
    """
    try:
        drift = find_drift(
            manifest,
            version.definition,
            stores.datastores,
            stores.reach,
            stores.stats,
            full=full,
            progress=stores.progress,
        )
        found = find_news(stores, version.definition, manifest) if news else ()
    except ConfigError:
        gone = (
            FileDrift(file.path, "missing", file.size, datastore=file.datastore)
            for file in manifest.files
        )
        return Drift(manifest.count, tuple(gone), full=full)
    return Drift(drift.files, drift.drifted, found, drift.full)


def dependents_of(
    stores: Stores, versions: Sequence[Version], runs: Mapping[str, Run] | None = None
) -> list[Dependents]:
    """Return what refers to each of some versions.

    Parameters
    ----------
    stores
        The workspace's keepers.
    versions
        Which ones.
    runs
        All runs; None reads them, and takes it for none where that fails.
    """
    if runs is None:
        try:
            runs = stores.catalog.runs()
        except RegistryError:
            runs = {}
    view = stores.catalog.view()
    readers = readers_of_versions(runs.values())
    return [
        find_dependents(version, view.aliases(version.name), readers, view.made_from(version.id))
        for version in versions
    ]


def describe_drift(file: FileDrift) -> str:
    """Say what became of a file, in a few words.

    Examples
    --------
    >>> describe_drift(FileDrift("a.csv", "missing", 40_900))
    'a.csv is gone (it had 40.9 kB)'
    """
    if file.fate == "missing":
        return f"{file.path} is gone (it had {size_text(file.size_before)})"
    if file.fate == "unreadable":
        return f"{file.path} cannot be read any more"
    if file.fate == "not looked at":
        return f"{file.path} lies outside the workspace and was not looked at"
    if file.fate == "not a file":
        return f"{file.path} is no file any more"
    sizes = "same size"
    if file.size_now is not None and file.size_now != file.size_before:
        sizes = f"{size_text(file.size_before)} → {size_text(file.size_now)}"
        if size_text(file.size_before) == size_text(file.size_now):
            sizes = f"{file.size_before:,} → {file.size_now:,} bytes"
    when = f", modified {ago(file.modified)}" if file.modified is not None else ""
    return f"{file.path} changed ({sizes}{when})"


def describe_drifts(version: Version, drift: Drift) -> str:
    """Say what became of a version's files, in one sentence without its full stop."""
    listed = "; ".join(describe_drift(file) for file in drift.drifted[:_LISTED])
    if drift.unseen:
        return f"{version.ref} was not read: {listed}"
    if len(drift.drifted) > _LISTED:
        listed += f"; and {len(drift.drifted) - _LISTED:,} more"
    return (
        f"{version.ref} has drifted: {len(drift.drifted):,} of {drift.files:,} "
        f"file{'' if drift.files == 1 else 's'} changed on disk since it was registered "
        f"{ago(version.created)}: {listed}"
    )


def drift_error(stores: Stores, version: Version, drift: Drift) -> DriftError:
    """Return the error that tells of drift, whom it concerns, and the ways on."""
    [dependents] = dependents_of(stores, [version])
    used = f" Used by {dependents}." if dependents else ""
    return DriftError(
        f"{describe_drifts(version, drift)}.{used}", hint=_ways_on(stores, version, drift)
    )


def registering(stores: Stores, version: Version) -> str:
    """Return the line that registers what a version's paths hold now; empty where none is there.

    Raises
    ------
    ConfigError
        When one of its datastores is not there any more.
    """
    places = places_of(version.definition, stores.datastores)
    there = [
        quoted(stores.datastores.typed(source, _folder(stores)))
        for source, place in zip(version.definition.sources, places, strict=True)
        if glob.has_magic(place) or os.path.exists(place)
    ]
    return " ".join(["register", version.name, *there, *typed_options(version)]) if there else ""


def registering_file(stores: Stores, name: str, place: str) -> str:
    """Return the line that registers a file under a name."""
    folder = _folder(stores)
    near = os.path.relpath(place, folder)
    return f"register {name} {quoted(place if near.startswith('..') else near)}"


def _ways_on(stores: Stores, version: Version, drift: Drift) -> str:
    """Return what can be done about drift, as lines to type."""
    if drift.unseen:
        return f"If you trust whoever made this workspace: %ds load {version.ref}"
    if version.definition.from_memory:
        return f"Register the table again, in the notebook: %ds register {version.name} --from VAR"
    try:
        again = registering(stores, version)
    except ConfigError as error:
        return f"{error.message} {error.hint}"
    if not again:
        return "Put the data back where it was, or register it where it is now."
    hint = f"Keep the change as a new version: %ds {again}"
    if all(file.fate == "changed" for file in drift.drifted):
        hint += f" – or load what is there now: %ds load {version.ref} --as-is"
    return hint


def typed_options(version: Version) -> Iterator[str]:
    """Yield the options with which a version was registered, as they are typed.

    Raises
    ------
    ConfigError
        When one of them cannot be typed.
    """
    untyped = [name for name in version.definition.options if name not in TYPED]
    if untyped:
        raise ConfigError(
            f"No line of %ds register reads files with {', '.join(untyped)}, as {version.ref} is "
            "read.",
            hint="Register them again with the call that registered it.",
        )
    for name, value in version.definition.options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            for key, one in value.items():
                yield f"{flag} {quoted(f'{key}={one}')}"
        else:
            listed = ",".join(value) if isinstance(value, list | tuple) else str(value)
            yield f"{flag} {quoted(listed)}"
    if version.definition.include_hidden:
        yield "--include-hidden"


def _folder(stores: Stores) -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was deleted under this process
        return str(stores.layout.root)


def quoted(word: str) -> str:
    """Return a word as it is typed; quotes only where it needs them."""
    if re.fullmatch(r"[\w./=,:@%+-]+", word):
        return word
    return f'"{word}"' if re.fullmatch(r"[^\"\\$`{}]+", word) else shlex.quote(word)
