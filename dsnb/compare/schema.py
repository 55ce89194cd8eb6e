"""Columns of two tables: added, removed, retyped, renamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from dsnb.compare.result import Gaps, Renamed, Retyped, SchemaDiff
from dsnb.records import Column
from dsnb.tables.fields import Field


def compare_fields(
    old: Sequence[Field], new: Sequence[Field], renamed: Sequence[Renamed] = ()
) -> SchemaDiff:
    """Compare the columns of two tables: names, types, and whether cells are missing.

    Parameters
    ----------
    old, new
        The columns, in the order of their tables.
    renamed
        Those that were found under another name.

    Examples
    --------
    >>> diff = compare_fields(
    ...     [Field("wind", "int64", "int", missing=False)],
    ...     [Field("gust", "float64", "float", missing=True)],
    ...     [Renamed("wind", "gust")],
    ... )
    >>> diff.renamed, diff.gaps
    ((Renamed(before='wind', after='gust'),), (Gaps(name='gust', before=False, after=True),))
    """
    names = {one.before: one.after for one in renamed}
    before = [Column(names.get(field.name, field.name), field.type) for field in old]
    after = [Column(field.name, field.type) for field in new]
    missing = {column.name: field.missing for column, field in zip(before, old, strict=True)}
    gaps = tuple(
        Gaps(field.name, known, field.missing)
        for field in new
        if (known := missing.get(field.name)) is not None
        and field.missing is not None
        and known != field.missing
    )
    found = compare_columns(before, after)
    # A renamed column has the same type, perhaps, but not the same name.
    same = found.unchanged - len({*names.values()} - {change.name for change in found.retyped})
    return replace(found, renamed=tuple(renamed), gaps=gaps, unchanged=same)


def compare_columns(old: Sequence[Column], new: Sequence[Column]) -> SchemaDiff:
    """Compare two lists of columns by name.

    Where a name occurs more than once, its first occurrences are matched with each other, then
    its second ones, and so on.

    Parameters
    ----------
    old, new
        The columns, in the order of their tables.

    Examples
    --------
    >>> diff = compare_columns(
    ...     [Column("id", "int64"), Column("temp", "int64")],
    ...     [Column("id", "int64"), Column("temp", "float64"), Column("wind", "float64")],
    ... )
    >>> diff.added
    (Column(name='wind', type='float64'),)
    >>> diff.retyped
    (Retyped(name='temp', before='int64', after='float64'),)
    """
    before, after = _by_name(old), _by_name(new)
    shared = [place for place in after if place in before]
    retyped = tuple(
        Retyped(place[0], before[place].type, after[place].type)
        for place in shared
        if before[place].type != after[place].type
    )
    return SchemaDiff(
        added=tuple(column for place, column in after.items() if place not in before),
        removed=tuple(column for place, column in before.items() if place not in after),
        retyped=retyped,
        unchanged=len(shared) - len(retyped),
        reordered=shared != [place for place in before if place in after],
    )


def _by_name(columns: Sequence[Column]) -> dict[tuple[str, int], Column]:
    seen: Counter[str] = Counter()
    places = {}
    for column in columns:
        places[column.name, seen[column.name]] = column
        seen[column.name] += 1
    return places
