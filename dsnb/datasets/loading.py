"""Loading: a version's data, or an error that says what became of it."""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from dsnb.datasets.content import find_news
from dsnb.datasets.stores import Stores
from dsnb.errors import DriftError, TableError
from dsnb.records import Manifest, Version
from dsnb.storage.drift import Drift, FileDrift, find_drift, places_of
from dsnb.tables.conversion import ON_ARROW, Library, convert
from dsnb.tables.formats import TEXT, Format
from dsnb.tables.reading import EVERYTHING, Wanted, read_arrow, read_sample, read_table
from dsnb.units import ago, size_text

if TYPE_CHECKING:
    import pandas as pd

_LISTED = 5


def load(
    stores: Stores,
    version: Version,
    library: Library | None = None,
    wanted: Wanted = EVERYTHING,
    *,
    verify: bool = False,
    as_is: bool = False,
) -> Any:
    """Return the data of a version.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        What to load.
    library
        What the table shall be; None is a DataFrame of pandas for a table, else the list of the
        local paths.
    wanted
        The part of the table that is asked for.
    verify
        Whether to hash every file, rather than only those that seem touched.
    as_is
        Whether to load what is there although it is not what was registered.

    Raises
    ------
    DriftError
        When files changed or vanished.
    TableError
        When the version is no table, or cannot be read as one.
    """
    manifest = stores.manifest(version)
    _check(stores, version, manifest, verify=verify, as_is=as_is)
    if library == "paths" or (library is None and version.kind == "file"):
        if wanted != EVERYTHING:
            raise TableError(
                f"{version.ref} is loaded as files, which have no rows or columns to choose.",
                hint="Leave out --columns, --where and --limit.",
            )
        return stores.paths(manifest)
    data = _read_for(library or "pandas", stores, version, manifest, wanted)
    if not as_is:
        # What was written while it was read has been seen by nobody but this check.
        _check(stores, version, manifest, verify=False, as_is=False)
    return convert(data, library or "pandas")


def preview(stores: Stores, version: Version, rows: int) -> pd.DataFrame:
    """Return the first rows of a version to look at; their types may not be those of the whole.

    Raises
    ------
    DriftError
        When files changed or vanished.
    TableError
        When the version is no table, or cannot be read as one.
    """
    manifest, kind = stores.manifest(version), _format_of(version)
    _check(stores, version, manifest, verify=False, as_is=False)
    if kind in TEXT and kind != "json":
        return read_sample(stores.paths(manifest)[0], kind, version.definition.options, rows)
    return read(stores, version, manifest, Wanted(limit=rows))


def read(
    stores: Stores, version: Version, manifest: Manifest, wanted: Wanted = EVERYTHING
) -> pd.DataFrame:
    """Return the table that a version's files hold now, unchecked.

    Raises
    ------
    TableError
        When the version is no table, or cannot be read as one.
    """
    paths, options = stores.paths(manifest), version.definition.options
    return read_table(paths, _format_of(version), options, wanted, stores.notify)


def _read_for(
    library: Library, stores: Stores, version: Version, manifest: Manifest, wanted: Wanted
) -> Any:
    """Return the table as an Arrow table where files and library both speak Arrow."""
    held = _format_of(version)
    if library in ON_ARROW and held in ("parquet", "feather"):
        return read_arrow(stores.paths(manifest), held, wanted, stores.notify)
    return read(stores, version, manifest, wanted)


def _format_of(version: Version) -> Format:
    if version.kind != "tabular" or version.format is None:
        raise TableError(
            f"{version.ref} holds files that are no table of one format.",
            hint=f"Load their paths: paths = %ds load {version.ref} --as paths",
        )
    return cast("Format", version.format)


def find_version_drift(
    stores: Stores, version: Version, *, full: bool = False, news: bool = False
) -> Drift:
    """Compare a version's files with what was registered.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        Which one.
    full
        Whether to hash every file.
    news
        Whether to look for files that were not there then, too.
    """
    manifest = stores.manifest(version)
    drift = find_drift(
        manifest,
        version.definition,
        stores.datastores,
        stores.stats,
        full=full,
        progress=stores.progress,
    )
    if not news:
        return drift
    found = find_news(stores, version.definition, manifest)
    return Drift(drift.files, drift.drifted, found, drift.full)


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
    if file.fate == "not a file":
        return f"{file.path} is no file any more"
    sizes = "same size"
    if file.size_now is not None and file.size_now != file.size_before:
        sizes = f"{size_text(file.size_before)} → {size_text(file.size_now)}"
        if size_text(file.size_before) == size_text(file.size_now):
            sizes = f"{file.size_before:,} → {file.size_now:,} bytes"
    when = f", modified {ago(file.modified)}" if file.modified is not None else ""
    return f"{file.path} changed ({sizes}{when})"


def _check(
    stores: Stores, version: Version, manifest: Manifest, *, verify: bool, as_is: bool
) -> None:
    drift = find_drift(
        manifest,
        version.definition,
        stores.datastores,
        stores.stats,
        full=verify,
        progress=stores.progress,
    )
    if not drift:
        return
    what = (
        f"{version.ref} has drifted: {len(drift.drifted):,} of {drift.files:,} "
        f"file{'' if drift.files == 1 else 's'} changed on disk since it was registered "
        f"{ago(version.created)}"
    )
    listed = "; ".join(describe_drift(file) for file in drift.drifted[:_LISTED])
    if len(drift.drifted) > _LISTED:
        listed += f"; and {len(drift.drifted) - _LISTED:,} more"
    if as_is and all(file.fate == "changed" for file in drift.drifted):
        stores.notify(f"{what}: {listed}. It was loaded as it is now.")
        return
    raise DriftError(f"{what}: {listed}.", hint=_ways_on(stores, version, drift))


def _ways_on(stores: Stores, version: Version, drift: Drift) -> str:
    """Return what can be done about drift, as lines to type."""
    if version.definition.from_memory:
        return f"Register the table again, in the notebook: %ds register {version.name} --from VAR"
    there = [
        _quoted(stores.datastores.typed(source, _folder(stores)))
        for source, place in zip(
            version.definition.sources,
            places_of(version.definition, stores.datastores),
            strict=True,
        )
        if glob.has_magic(place) or os.path.exists(place)
    ]
    if not there:
        return "Put the data back where it was, or register it where it is now."
    again = " ".join([version.name, *there, *_options(version)])
    hint = f"Keep the change as a new version: %ds register {again}"
    if all(file.fate == "changed" for file in drift.drifted):
        hint += f" – or load what is there now: %ds load {version.ref} --as-is"
    return hint


def _options(version: Version) -> Iterator[str]:
    """Yield the options with which a version was registered, as they are typed."""
    for name, value in version.definition.options.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            for key, one in value.items():
                yield f"{flag} {_quoted(f'{key}={one}')}"
        else:
            listed = ",".join(value) if isinstance(value, list | tuple) else str(value)
            yield f"{flag} {_quoted(listed)}"
    if version.definition.include_hidden:
        yield "--include-hidden"


def _folder(stores: Stores) -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was deleted under this process
        return str(stores.layout.root)


def _quoted(word: str) -> str:
    """Return a word as it is typed; quotes only where it needs them."""
    if re.fullmatch(r"[\w./=,:@%+-]+", word):
        return word
    return f'"{word}"' if re.fullmatch(r"[^\"\\$`{}]+", word) else shlex.quote(word)
