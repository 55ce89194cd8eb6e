"""Profiles of versions: computed once for each content, and kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dsnb.datasets.loading import format_of, read
from dsnb.datasets.originals import find_originals, is_still_so
from dsnb.datasets.stores import Stores
from dsnb.errors import DsnbError, TableError
from dsnb.records import Version
from dsnb.settings import read_config
from dsnb.storage.atomic import leftovers, write_atomically
from dsnb.storage.discovery import cache_folder
from dsnb.storage.manifests import digest_of_manifest
from dsnb.tables.options import ask_for_paths
from dsnb.tables.profiles import Profile

if TYPE_CHECKING:
    import pandas as pd

Effort = Literal["none", "little", "any"]
"""What a profile may cost: none looks in the cache only, little takes about a second."""
LITTLE = 16_000_000
"""Bytes of a version that is profiled unasked."""
UNUSED = 90 * 86_400
"""Seconds after which a profile goes from the cache when nobody looked at it."""
_FORMAT = 1
"""Number of what is written; another one is another file."""


@dataclass(frozen=True, slots=True)
class Profiling:
    """The profile of a version, or why there is none.

    Attributes
    ----------
    profile
        What its table holds.
    why
        Why it is not here, and what to type for it; empty where there is one, or can be none.
    """

    profile: Profile | None = None
    why: str = ""


NO_TABLE = Profiling()


def find_profile(stores: Stores, version: Version, effort: Effort = "any") -> Profiling:
    """Return what the table of a version holds, column by column.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        Which one; one that is no table has no profile.
    effort
        What it may cost.
    """
    if version.kind != "tabular":
        return NO_TABLE
    path = _place(version)
    if (kept := _kept(path)) is not None:
        return Profiling(kept)
    if effort == "none" or (effort == "little" and version.size > LITTLE):
        return Profiling(why=f"not computed yet; compute it: %ds show {version.ref} --profile")
    try:
        profile = _computed(stores, version)
    except DsnbError as error:
        # Such as for a version that drifted: other values must not be passed for its own.
        return Profiling(why=f"none: {error.message}")
    # A record that claims the digest of other files must not speak for them elsewhere.
    if digest_of_manifest(stores.manifest(version)) == version.digest:
        _keep(path, profile)
    return Profiling(profile)


def unused_profiles() -> Iterator[Path]:
    """Yield the profiles in the cache that nobody looked at for long, for `%ds gc` to remove."""
    latest = time.time() - UNUSED
    for folder in _listed(cache_folder() / "profiles"):
        yield from leftovers(folder)
        for path in _listed(folder):
            with suppress(OSError):
                if path.suffix == ".json" and path.stat().st_mtime < latest:
                    yield path


def _computed(stores: Stores, version: Version) -> Profile:
    from dsnb.tables.database import open_database
    from dsnb.tables.profiling import profile_relation
    from dsnb.tables.relations import relation_of_files

    memory = read_config(stores.layout.config)["diff.memory"] * 1_000_000
    manifest = stores.manifest(version)
    while True:
        found = find_originals(stores, version, manifest)

        def parsed(paths: list[str] = found.paths) -> pd.DataFrame:
            return read(stores, version, paths, manifest=manifest)

        try:
            stored = not version.definition.options
            relation = relation_of_files(found.paths, format_of(version), parsed, as_stored=stored)
            with open_database(memory, f"Profiling {version.ref}") as database:
                profile = profile_relation(database, relation)
        except TableError:
            if is_still_so(stores, version, manifest, found):
                raise
            continue  # one was written, or went, while it was read
        if is_still_so(stores, version, manifest, found):
            return profile


def _place(version: Version) -> Path:
    """Return where the profile of a content is kept."""
    # The types it names are those that pandas gives.
    options = sorted(version.definition.options.items())
    read_as = [version.digest, version.format, options, version_of("pandas"), _FORMAT]
    if ask_for_paths(version.definition.options):
        read_as.append(version.manifest)
    key = hashlib.sha256(json.dumps(read_as, default=str).encode()).hexdigest()
    return _folder() / f"{key}.json"


def _folder() -> Path:
    """Return a folder of this user alone: who shares a cache need not share the data."""
    user = str(os.getuid()) if hasattr(os, "getuid") else "own"
    return cache_folder() / "profiles" / user


def _kept(path: Path) -> Profile | None:
    """Return a profile from the cache; a damaged one counts for nothing."""
    try:
        if not _is_own(path.parent):
            return None
        profile = Profile.from_dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    with suppress(OSError):
        os.utime(path)  # tells when it was last looked at
    return profile


def _keep(path: Path, profile: Profile) -> None:
    # A cache that is full, or closed to this user, only makes it slower.
    with suppress(OSError):
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.parent.mkdir(mode=0o700)
        if _is_own(path.parent):
            told = json.dumps(profile.to_dict(), ensure_ascii=True, separators=(",", ":"))
            write_atomically(path, told.encode(), durable=False)


def _is_own(folder: Path) -> bool:
    """Tell whether a folder is this user's and closed to others."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return False
    return not hasattr(os, "getuid") or (
        found.st_uid == os.getuid() and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    )


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
