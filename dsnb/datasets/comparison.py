"""Comparing versions with each other, with the disk, and with a table in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from dsnb.compare import (
    DatasetDiff,
    FilesDiff,
    RowsDiff,
    SchemaDiff,
    compare_columns,
    compare_files,
    compare_rows,
)
from dsnb.datasets.content import find_content
from dsnb.datasets.drifting import find_version_drift
from dsnb.datasets.loading import read
from dsnb.datasets.originals import Originals, find_originals
from dsnb.datasets.stores import Stores
from dsnb.errors import ComparisonError, DriftError, SourceError, TableError
from dsnb.records import Column, Manifest, Version
from dsnb.storage.drift import Drift
from dsnb.tables.columns import columns_of
from dsnb.tables.reading import read_table
from dsnb.tables.sampling import describe

if TYPE_CHECKING:
    import pandas as pd

ON_DISK = "disk now"


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are compared.

    Attributes
    ----------
    on
        Columns that identify a row; None leaves it to the version's key, or a guess.
    ignore
        Columns that are not compared.
    rows
        Number of changed rows whose cells are listed.
    """

    on: Sequence[str] | None = None
    ignore: Sequence[str] = ()
    rows: int = 10

    @property
    def names_no_columns(self) -> bool:
        """Whether no column is named, which would have to be there."""
        return self.on is None and not self.ignore


def compare_versions(stores: Stores, old: Version, new: Version, options: Options) -> DatasetDiff:
    """Compare two versions: files, columns and, while both can be read, rows.

    Raises
    ------
    MissingColumnError
        When a column that was named is not there.
    """
    before, after = stores.manifest(old), stores.manifest(new)
    if old.digest == new.digest and _read_alike(old, new) and options.names_no_columns:
        return _nothing(old.ref, new.ref, before, old.columns)
    files = compare_files(before, after)
    found: list[Originals] = []
    unreadable: list[str] = []
    for version, manifest in ((old, before), (new, after)):
        try:
            found.append(_table_files(stores, version, manifest))
        except ComparisonError as error:
            unreadable.append(error.message)
    if unreadable:
        schema = _recorded_schema(old.columns, new.columns)
        return DatasetDiff(old.ref, new.ref, files, schema, None, tuple(unreadable))
    for notice in filter(None, (originals.notice for originals in found)):
        stores.notify(notice)
    was, now = read(stores, old, found[0].paths), read(stores, new, found[1].paths)
    schema, rows, notes = _compare_tables(was, now, new.key or old.key, options)
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
    if content.digest == old.digest and (options.names_no_columns or old.kind != "tabular"):
        return _nothing(old.ref, ON_DISK, before, old.columns)
    files = compare_files(before, content.manifest(stores))
    if old.kind != "tabular" or content.format is None:
        note = _no_table(old.ref if old.kind != "tabular" else "What is on disk now")
        return DatasetDiff(old.ref, ON_DISK, files, notes=(note,))
    options_of = old.definition.options
    try:
        try:
            found = _table_files(stores, old, before)
        except ComparisonError as error:
            described = describe(content.paths, content.format, options_of, content.size)
            schema = _recorded_schema(old.columns, described.columns)
            return DatasetDiff(old.ref, ON_DISK, files, schema, None, (error.message,))
        was = read(stores, old, found.paths)
        now = read_table(content.paths, content.format, options_of)
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
    frame = _as_frame(table)
    found = _table_files(stores, old, stores.manifest(old))
    if found.notice:
        stores.notify(found.notice)
    before = read(stores, old, found.paths)
    schema, rows, notes = _compare_tables(before, frame, old.key, options)
    return DatasetDiff(old.ref, label, None, schema, rows, notes)


def _compare_tables(
    old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str], options: Options
) -> tuple[SchemaDiff, RowsDiff | None, tuple[str, ...]]:
    """Return how columns and rows differ, or why the rows cannot be compared."""
    schema = compare_columns(columns_of(old), columns_of(new))
    try:
        rows = compare_rows(
            old, new, on=options.on, key=key, ignore=options.ignore, limit=options.rows
        )
    except ComparisonError as error:
        if options.on is not None:
            raise
        return schema, None, (f"Rows were not compared: {error}",)
    return schema, rows, ()


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
    return (old.kind, old.format, old.definition.options, old.columns) == (
        new.kind,
        new.format,
        new.definition.options,
        new.columns,
    )


def _nothing(
    old: str, new: str, manifest: Manifest, columns: Sequence[Column] | None
) -> DatasetDiff:
    files = FilesDiff(unchanged=manifest.count)
    schema = None if columns is None else compare_columns(columns, columns)
    return DatasetDiff(old, new, files, schema, notes=("The contents are identical.",))


def _recorded_schema(
    old: Sequence[Column] | None, new: Sequence[Column] | None
) -> SchemaDiff | None:
    return None if old is None or new is None else compare_columns(old, new)


def _table_files(stores: Stores, version: Version, manifest: Manifest) -> Originals:
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
