"""What a comparison answers: files, columns and rows, old then new, as frozen values.

Nothing here compares anything. A `DatasetDiff` is what every face shows, and what stays the same
whichever engine found the differences: the engine only has to fill the counts and hand over a
`RowsInFull`, from which whole rows and all changed cells can be asked for later.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dsnb.compare.headlines import headline
from dsnb.compare.plain import json_value
from dsnb.compare.stability import Distribution
from dsnb.errors import ComparisonError, UsageError, first_line
from dsnb.presenting import Presentable, as_page
from dsnb.records import Column, FileEntry
from dsnb.storage.atomic import write_atomically

if TYPE_CHECKING:
    import pandas as pd

KeySource = Literal["on", "key", "guessed"]
RowKind = Literal["added", "removed", "changed"]
ROW_KINDS: tuple[RowKind, ...] = ("added", "removed", "changed")


class RowsInFull(Protocol):
    """Where the rows and cells behind the counts come from."""

    def rows(self, kind: RowKind) -> pd.DataFrame:
        """Return all rows of one kind."""

    def first(self, kind: RowKind) -> pd.DataFrame:
        """Return the first rows of one kind, as many as are listed; no file is read for it."""

    def cells(self) -> pd.DataFrame:
        """Return every changed cell: key columns, column, before, after."""

    def distributions(self) -> tuple[Distribution, ...]:
        """Return how the values of the shared columns are distributed on both sides."""


@dataclass(frozen=True, slots=True)
class FilePair:
    """One file on both sides: its content changed, or its path did.

    Attributes
    ----------
    before, after
        The file in the old and in the new manifest.
    """

    before: FileEntry
    after: FileEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesDiff:
    """How the files of two manifests differ.

    Attributes
    ----------
    added, removed
        Files on one side only, in the order of their manifest.
    changed
        Files of the same datastore and path whose content hash differs.
    moved
        Files whose content is the same under another path.
    unchanged
        Number of files that are the same on both sides.

    Examples
    --------
    >>> bool(FilesDiff(unchanged=3))
    False
    """

    added: tuple[FileEntry, ...] = ()
    removed: tuple[FileEntry, ...] = ()
    changed: tuple[FilePair, ...] = ()
    moved: tuple[FilePair, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Tell whether any file differs."""
        return bool(self.added or self.removed or self.changed or self.moved)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {
            "added": [_file(entry) for entry in self.added],
            "removed": [_file(entry) for entry in self.removed],
            "changed": [_files(pair) for pair in self.changed],
            "moved": [_files(pair) for pair in self.moved],
            "unchanged": self.unchanged,
        }


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column of the same name and another type.

    Attributes
    ----------
    name
        The column.
    before, after
        Its type on both sides, as pandas names it.
    """

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A column whose content is found under another name.

    Attributes
    ----------
    before, after
        Its name on both sides.
    """

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Gaps:
    """A column whose cells are missing on one side only.

    Attributes
    ----------
    name
        The column, in the new table.
    before, after
        Whether any of its cells are missing.
    """

    name: str
    before: bool
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDiff:
    """How the columns of two tables differ.

    Attributes
    ----------
    added, removed
        Columns on one side only, in the order of their table.
    retyped
        Columns on both sides whose type differs.
    renamed
        Columns whose content is found under another name; they are neither added nor removed.
    gaps
        Columns of which cells are missing on one side only; not a difference by itself.
    unchanged
        Number of columns with the same name and type on both sides.
    reordered
        Whether the columns of both sides come in another order; not a difference by itself.

    Examples
    --------
    >>> bool(SchemaDiff(unchanged=2, reordered=True))
    False
    """

    added: tuple[Column, ...] = ()
    removed: tuple[Column, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    gaps: tuple[Gaps, ...] = ()
    unchanged: int = 0
    reordered: bool = False

    def __bool__(self) -> bool:
        """Tell whether any column differs."""
        return bool(self.added or self.removed or self.retyped or self.renamed)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return {
            "added": [{"name": column.name, "type": column.type} for column in self.added],
            "removed": [{"name": column.name, "type": column.type} for column in self.removed],
            "retyped": [
                {"name": change.name, "before": change.before, "after": change.after}
                for change in self.retyped
            ],
            "renamed": [{"before": one.before, "after": one.after} for one in self.renamed],
            "gaps": [
                {"name": one.name, "before": one.before, "after": one.after} for one in self.gaps
            ],
            "unchanged": self.unchanged,
            "reordered": self.reordered,
        }


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell of a row that is on both sides, old then new.

    Attributes
    ----------
    key
        The values of the key columns, in the order of `RowsDiff.key`.
    column
        The column's name.
    before, after
        Python values; None where the cell is missing, lists where it held an array.
    """

    key: tuple[Any, ...]
    column: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class NumericShift:
    """How far the changed numbers of a column moved; missing and infinite ones apart.

    Attributes
    ----------
    mean, least, most
        Of new minus old.
    absolute
        Mean of the differences without their sign.
    relative
        Mean of the differences without their sign, each as a share of the old number; None when
        all of those were 0.
    """

    mean: float
    least: float
    most: float
    absolute: float
    relative: float | None


@dataclass(frozen=True, slots=True)
class ColumnChanges:
    """What changed in one column of rows that are on both sides.

    Attributes
    ----------
    column
        Its name.
    changed
        Number of changed cells.
    samples
        The first of them, old and new.
    shift
        How far they moved, of numbers.
    """

    column: str
    changed: int
    samples: tuple[tuple[Any, Any], ...] = ()
    shift: NumericShift | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        shift = self.shift
        return {
            "column": self.column,
            "changed": self.changed,
            "samples": [[json_value(old), json_value(new)] for old, new in self.samples],
            "shift": None
            if shift is None
            else {
                "mean": shift.mean,
                "min": shift.least,
                "max": shift.most,
                "mean_absolute": shift.absolute,
                "mean_relative": shift.relative,
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsDiff:
    """How the rows of two tables differ.

    Attributes
    ----------
    key
        Columns by which rows were matched; empty when whole rows were compared.
    key_source
        ``on`` when the user said so now, ``key`` when the version did, ``guessed``, or None
        without a key.
    compared
        Columns, besides the key, whose cells were compared.
    renamed
        Those of them that the old table has under another name.
    added, removed, changed, unchanged
        Numbers of rows. Without a key nothing is ``changed``.
    repeated_keys_old, repeated_keys_new
        Numbers of key values that more than one row of that side has. Their rows are compared as
        wholes within the key: what has no equal on the other side is added or removed.
    changed_by_column
        Number of changed cells of each column that has any, in the order of the columns.
    cells
        The changed cells of the first changed rows, in the order of the new table.
    columns
        What changed in each of the first hundred changed columns.

    Examples
    --------
    >>> bool(RowsDiff(key=("id",), key_source="on", unchanged=7))
    False
    """

    key: tuple[str, ...] = ()
    key_source: KeySource | None = None
    compared: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated_keys_old: int = 0
    repeated_keys_new: int = 0
    changed_by_column: Mapping[str, int] = field(default_factory=dict)
    cells: tuple[CellChange, ...] = ()
    columns: tuple[ColumnChanges, ...] = ()
    _in_full: RowsInFull | None = field(default=None, compare=False, repr=False)

    def __bool__(self) -> bool:
        """Tell whether any row differs."""
        return bool(self.added or self.removed or self.changed)

    @property
    def in_full(self) -> RowsInFull:
        """Where all rows and all changed cells are.

        Raises
        ------
        ComparisonError
            When only the counts were kept.
        """
        if self._in_full is None:
            raise ComparisonError(
                "Only the counts of this comparison were kept, not its rows.",
                hint="Run the %ds diff line again and ask that result.",
            )
        return self._in_full

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; the rows themselves stay here."""
        return {
            "key": list(self.key),
            "key_source": self.key_source,
            "compared": list(self.compared),
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "repeated_keys": {"old": self.repeated_keys_old, "new": self.repeated_keys_new},
            "changed_by_column": dict(self.changed_by_column),
            "cells": [
                {
                    "key": [json_value(value) for value in cell.key],
                    "column": cell.column,
                    "before": json_value(cell.before),
                    "after": json_value(cell.after),
                }
                for cell in self.cells
            ],
            "columns": [column.to_dict() for column in self.columns],
        }


@dataclass(frozen=True, slots=True)
class DatasetDiff(Presentable):
    """What differs between two contents of a dataset, old then new.

    It is true when there is any difference in files, columns or rows. Notes are not differences.

    Attributes
    ----------
    old, new
        What was compared: ``weather_ds@1``, ``the disk now``, ``df``.
    files, schema, row_changes
        The three parts; None where a part was not compared.
    notes
        Sentences for the reader, such as why rows could not be compared.

    Examples
    --------
    >>> diff = DatasetDiff(
    ...     "weather_ds@1",
    ...     "weather_ds@2",
    ...     schema=SchemaDiff(added=(Column("visib_km", "float64"),), unchanged=14),
    ...     row_changes=RowsDiff(key=("origin", "time_hour"), key_source="key", unchanged=502),
    ... )
    >>> bool(diff)
    True
    >>> diff.headline
    'weather_ds@1 → @2: same rows, 1 new column (visib_km), keyed on origin, time_hour'
    >>> diff.to_dict()["rows"]["unchanged"]
    502
    """

    old: str
    new: str
    files: FilesDiff | None = None
    schema: SchemaDiff | None = None
    row_changes: RowsDiff | None = None
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.files or self.schema or self.row_changes)

    @property
    def headline(self) -> str:
        """The whole comparison as one sentence of plain text."""
        return headline(self)

    def rows(self, kind: RowKind) -> pd.DataFrame:
        """Return all rows of one kind, with the labels they have in their own table.

        Parameters
        ----------
        kind
            ``added``: as they are in the new table. ``removed``: as they were in the old one.
            ``changed``: as they are in the new table; `cells` has what they were.

        Raises
        ------
        UsageError
            When there is no such kind.
        ComparisonError
            When the rows were not compared.
        """
        if kind not in ROW_KINDS:
            raise UsageError(
                f"There are no {kind!r} rows in a diff.",
                hint="Ask for .rows('added'), .rows('removed') or .rows('changed').",
            )
        return self._compared_rows().in_full.rows(kind)

    def cells(self) -> pd.DataFrame:
        """Return every changed cell, not only those of the first rows.

        Returns
        -------
        pandas.DataFrame
            One row a cell, in the order of the new table: the key columns, then ``column``,
            ``before`` and ``after`` (with a ``_`` appended where a key column has that name).

        Raises
        ------
        ComparisonError
            When the rows were not compared.
        """
        return self._compared_rows().in_full.cells()

    def distributions(self) -> tuple[Distribution, ...]:
        """Return how the values of each column are distributed, before and after.

        Both tables are read once more for it. Where a condition was given, of both only the rows
        that fulfil it; never a sample only.

        Returns
        -------
        tuple of Distribution
            One a column that both tables have and that values can be counted of, with its drift
            as population stability index and as Jensen-Shannon divergence.

        Raises
        ------
        ComparisonError
            When the rows were not compared.
        TableError
            When the files can no longer be read.
        """
        return self._compared_rows().in_full.distributions()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; the rows themselves stay here."""
        return {
            "old": self.old,
            "new": self.new,
            "different": bool(self),
            "headline": self.headline,
            "files": None if self.files is None else self.files.to_dict(),
            "schema": None if self.schema is None else self.schema.to_dict(),
            "rows": None if self.row_changes is None else self.row_changes.to_dict(),
            "notes": list(self.notes),
        }

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write everything there is to see, distributions too, as a page that stands on its own.

        Parameters
        ----------
        path
            The file; what stands there already is replaced, and its folder is made when missing.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        UsageError
            When no file can be written there.

        Examples
        --------
        >>> DatasetDiff("photos@1", "photos@2").to_html("photos.html").name
        'photos.html'
        """
        content = as_page(self).encode()
        try:
            file = Path(path).expanduser()
            write_atomically(file, content)
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            said = getattr(error, "strerror", None) or first_line(error)
            raise UsageError(
                f"No page can be written to {path!r}: {said}.",
                hint="Name a file in a folder where you may write: .to_html('diff.html')",
            ) from error
        return file

    def _compared_rows(self) -> RowsDiff:
        if self.row_changes is None:
            raise ComparisonError(
                " ".join([f"The rows of {self.old} and {self.new} were not compared.", *self.notes])
            )
        return self.row_changes


def _file(entry: FileEntry) -> dict[str, Any]:
    return {
        "datastore": entry.datastore,
        "path": entry.path,
        "size": entry.size,
        "hash": entry.hash,
    }


def _files(pair: FilePair) -> dict[str, Any]:
    return {"before": _file(pair.before), "after": _file(pair.after)}
