"""Comparing versions with each other, with the disk, and with a table in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from dsnb.compare import (
    DatasetDiff,
    FilesDiff,
    Options,
    RowsDiff,
    SchemaDiff,
    compare_columns,
    compare_fields,
    compare_files,
    compare_rows,
)
from dsnb.datasets.content import find_content
from dsnb.datasets.drifting import find_version_drift
from dsnb.datasets.loading import format_of, read
from dsnb.datasets.originals import Originals, find_originals, is_still_so
from dsnb.datasets.stores import Stores
from dsnb.errors import ComparisonError, DriftError, SourceError, TableError
from dsnb.records import Column, Manifest, Version
from dsnb.storage.drift import Drift
from dsnb.tables.filecolumns import FileName, names_asked
from dsnb.tables.formats import Format
from dsnb.tables.options import ask_for_paths
from dsnb.tables.parts import EVERYTHING, Wanted, rows_where
from dsnb.tables.reading import read_table
from dsnb.tables.relations import FrameRelation, relation_of_files
from dsnb.tables.sampling import describe
from dsnb.tables.scanning import Relation

if TYPE_CHECKING:
    import pandas as pd

ON_DISK = "disk now"


def compare_versions(stores: Stores, old: Version, new: Version, options: Options) -> DatasetDiff:
    """Compare two versions: files, columns and, while both can be read, rows.

    Raises
    ------
    MissingColumnError
        When a column that was named is not there.
    """
    before, after = stores.manifest(old), stores.manifest(new)
    if old.digest == new.digest and _read_alike(old, new) and options.takes_anything:
        return _nothing(old, new.ref, before)
    files = compare_files(before, after)
    versions = ((old, before), (new, after))
    while True:
        found: list[Originals] = []
        unreadable: list[str] = []
        for version, manifest in versions:
            try:
                found.append(table_files(stores, version, manifest))
            except ComparisonError as error:
                unreadable.append(error.message)
        if unreadable:
            schema = _recorded_schema(old.columns, new.columns)
            return DatasetDiff(old.ref, new.ref, files, schema, None, tuple(unreadable))
        for notice in filter(None, (originals.notice for originals in found)):
            stores.notify(notice)
        try:
            was, now = (
                relation_of(stores, version, originals.paths, options, manifest)
                for (version, manifest), originals in zip(versions, found, strict=True)
            )
            compared = _compare_tables(was, now, new.key or old.key, options)
        except TableError:
            if are_still_so(stores, versions, found):
                raise
            continue  # one was written, or went, while it was read
        if are_still_so(stores, versions, found):
            schema, rows, notes = compared
            return DatasetDiff(old.ref, new.ref, files, schema, rows, notes)


def compare_with_disk(stores: Stores, old: Version, options: Options) -> DatasetDiff:
    """Compare a version with what its paths hold now.

    Rows are compared while the version's own content can still be read: when files were only added,
    or when its snapshot keeps it.
    """
    before = stores.manifest(old)
    try:
        content = find_content(stores, old.definition)
    except SourceError as error:
        left = _what_is_left(before, find_version_drift(stores, old, before))
        note = f"Only the file lists were compared: {error.message}"
        return DatasetDiff(old.ref, ON_DISK, compare_files(before, left), notes=(note,))
    if content.digest == old.digest and (options.takes_anything or old.kind != "tabular"):
        return _nothing(old, ON_DISK, before)
    files = compare_files(before, content.manifest(stores))
    if old.kind != "tabular" or content.format is None:
        note = _no_table(old.ref if old.kind != "tabular" else "What is on disk now")
        return DatasetDiff(old.ref, ON_DISK, files, notes=(note,))
    options_of = old.definition.options
    try:
        try:
            found = table_files(stores, old, before)
        except ComparisonError as error:
            names = names_asked(content.manifest(stores).groups, options_of)
            described = describe(content.paths, content.format, options_of, content.size, names)
            schema = _recorded_schema(old.columns, described.columns)
            return DatasetDiff(old.ref, ON_DISK, files, schema, None, (error.message,))
        was = relation_of(stores, old, found.paths, options, before)
        now = _files_relation(
            content.paths,
            content.format,
            options_of,
            Wanted(where=options.where),
            names_asked(content.manifest(stores).groups, options_of),
        )
    except TableError as error:
        return DatasetDiff(old.ref, ON_DISK, files, notes=(error.message,))
    schema, rows, notes = _compare_tables(was, now, old.key, options)
    return DatasetDiff(old.ref, ON_DISK, files, schema, rows, notes)


def compare_with_table(
    stores: Stores, old: Version, table: object, label: str, options: Options
) -> DatasetDiff:
    """Compare a version with a table in memory: columns and rows.

    Parameters
    ----------
    stores
        The workspace's keepers.
    old
        The version.
    table
        A pandas or polars DataFrame, or an Arrow table.
    label
        What the table is called.
    options
        How rows are compared.

    Raises
    ------
    ComparisonError
        When the version's content can no longer be read.
    TableError
        When one of them is no table.
    """
    now = FrameRelation(_rows_asked(_as_frame(table), options))
    manifest = stores.manifest(old)
    found = table_files(stores, old, manifest)
    if found.notice:
        stores.notify(found.notice)
    was = relation_of(stores, old, found.paths, options, manifest)
    schema, rows, notes = _compare_tables(was, now, old.key, options)
    return DatasetDiff(old.ref, label, None, schema, rows, notes)


def relation_of(
    stores: Stores,
    version: Version,
    paths: Sequence[str],
    options: Options,
    manifest: Manifest | None = None,
) -> Relation:
    """Return the table in some files, which are read as those of a version."""
    wanted = Wanted(where=options.where)

    def parsed() -> pd.DataFrame:
        return read(stores, version, paths, wanted, manifest)

    if options.where is not None:
        return FrameRelation(parsed())
    stored = not version.definition.options
    return relation_of_files(list(paths), format_of(version), parsed, as_stored=stored)


def _files_relation(
    paths: Sequence[str],
    format: Format,
    reader_options: Mapping[str, Any],
    wanted: Wanted,
    names: Sequence[FileName],
) -> Relation:
    def parsed() -> pd.DataFrame:
        return read_table(list(paths), format, reader_options, wanted, names=names)

    return (
        relation_of_files(list(paths), format, parsed, as_stored=not reader_options)
        if wanted == EVERYTHING
        else FrameRelation(parsed())
    )


def _rows_asked(frame: pd.DataFrame, options: Options) -> pd.DataFrame:
    return frame if options.where is None else frame[rows_where(frame, options.where)]


def _compare_tables(
    old: Relation, new: Relation, key: Sequence[str], options: Options
) -> tuple[SchemaDiff, RowsDiff | None, tuple[str, ...]]:
    """Return how columns and rows differ, or why the rows cannot be compared."""
    try:
        rows = compare_rows(old, new, key, options)
    except ComparisonError as error:
        if not options.takes_anything or options.tolerance:
            raise
        return compare_fields(old.fields, new.fields), None, (f"Rows were not compared: {error}",)
    notes = []
    if options.sample is not None:
        notes.append(
            f"Only {options.sample:.3%} of the keys were compared, the same on both sides."
        )
    if options.where is not None:
        notes.append(f"Only rows with {options.where} were compared.")
    return compare_fields(old.fields, new.fields, rows.renamed), rows, tuple(notes)


def are_still_so(
    stores: Stores,
    versions: Sequence[tuple[Version, Manifest]],
    found: Sequence[Originals],
) -> bool:
    """Tell whether no file drifted since the originals were found, so that they were compared."""
    return all(
        is_still_so(stores, version, manifest, originals)
        for (version, manifest), originals in zip(versions, found, strict=True)
    )


def _what_is_left(manifest: Manifest, drift: Drift) -> Manifest:
    """Return a manifest without the files that are gone, and with those that changed unlike."""
    fates = {file.path: file for file in drift.drifted}
    groups = []
    for group in manifest.groups:
        names, sizes, hashes = [], [], []
        for name, file in zip(group.names, group.files, strict=True):
            fate = fates.get(file.path)
            if fate is None or fate.fate != "missing":
                names.append(name)
                sizes.append(file.size if fate is None or fate.size_now is None else fate.size_now)
                hashes.append(file.hash if fate is None else "")
        groups.append(replace(group, names=(*names,), sizes=(*sizes,), hashes=(*hashes,)))
    return Manifest(tuple(groups))


def _read_alike(old: Version, new: Version) -> bool:
    """Tell whether the same bytes are the same table in both versions."""
    if ask_for_paths(old.definition.options) and old.manifest != new.manifest:
        return False
    return (old.kind, old.format, old.definition.options, old.columns) == (
        new.kind,
        new.format,
        new.definition.options,
        new.columns,
    )


def _nothing(old: Version, new: str, manifest: Manifest) -> DatasetDiff:
    files = FilesDiff(unchanged=manifest.count)
    schema = None if old.columns is None else compare_columns(old.columns, old.columns)
    # Nobody looked at the rows of equal bytes; that none differs is known all the same.
    rows = None if old.rows is None else RowsDiff(unchanged=old.rows)
    return DatasetDiff(old.ref, new, files, schema, rows, ("The contents are identical.",))


def _recorded_schema(
    old: Sequence[Column] | None, new: Sequence[Column] | None
) -> SchemaDiff | None:
    return None if old is None or new is None else compare_columns(old, new)


def table_files(stores: Stores, version: Version, manifest: Manifest) -> Originals:
    """Return the files of a version's table, from its snapshot where they drifted.

    Raises
    ------
    ComparisonError
        When the version is no table, or its rows can no longer be read.
    """
    if version.kind != "tabular":
        raise ComparisonError(
            _no_table(version.ref), hint=f"Compare its files: %ds diff {version.ref}"
        )
    try:
        return find_originals(stores, version, manifest)
    except DriftError as error:
        drift = find_version_drift(stores, version, manifest)
        raise ComparisonError(
            f"Rows were not compared: {len(drift.drifted):,} of {drift.files:,} files of "
            f"{version.ref} changed on disk since it was registered.",
            hint=f"See what became of it: %ds diff {version.ref}",
        ) from error


def _no_table(what: str) -> str:
    return f"Rows were not compared: {what} holds files that are no table of one format."


def _as_frame(table: Any) -> pd.DataFrame:
    import pandas as pd

    try:
        if isinstance(table, pd.Series):
            return table.to_frame()
        if isinstance(table, pd.DataFrame):
            return table
        if hasattr(table, "collect") and hasattr(table, "lazy"):
            table = table.collect()
        return cast("pd.DataFrame", table.to_pandas())
    except (AttributeError, ImportError) as error:
        raise TableError(
            f"A {type(table).__name__} is no table that can be compared.",
            hint="Give a pandas or polars DataFrame, or an Arrow table.",
        ) from error
