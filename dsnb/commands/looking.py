"""The verbs that look around: list, versions, show, diff, overlap, verify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from dsnb.commands.declaring import (
    COLUMNS,
    NAME,
    PAIRS,
    REF,
    VARIABLE,
    Arg,
    Call,
    Variable,
    declare,
)
from dsnb.compare import DatasetDiff
from dsnb.compare.options import Options, parse_share, parse_tolerance
from dsnb.compare.overlap import Overlap
from dsnb.datasets.inspection import DatasetList, Verification, VersionDetails, VersionList
from dsnb.errors import UsageError
from dsnb.refs import is_pair, parse_pair

_PATTERN = Arg("PATTERN", "name")
_COUNT = Arg("N")
_CONDITION = Arg("EXPR")
_TOLERANCE = Arg("TOL", form="amount")
_SHARE = Arg("SHARE", form="amount")


@declare(changes=False)
def list(  # noqa: A001 - the verb's name; the builtin is not used in this module
    call: Call,
    pattern: Annotated[str, _PATTERN] = "",
    *,
    tag: Annotated[Mapping[str, str] | None, PAIRS] = None,
) -> DatasetList:
    """List the datasets, each by its latest version.

    Parameters
    ----------
    pattern
        A part of the name, or a pattern such as ``weather*``.
    tag
        A tag that the latest version must have; any number of times.

    Examples
    --------
    In a notebook::

        %ds list
        %ds list weather* --tag stage=raw

    In Python:

    >>> import dsnb
    >>> len(dsnb.list())
    0
    """
    return call.workspace().datasets(pattern, tag)


@declare(changes=False)
def versions(call: Call, name: Annotated[str, NAME]) -> VersionList:
    """List the versions of a dataset, newest first.

    Parameters
    ----------
    name
        The dataset.

    Raises
    ------
    DatasetNotFoundError
        When there is none of that name.

    Examples
    --------
    In a notebook::

        %ds versions weather_ds

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> [row.version.ref for row in dsnb.versions("weather_ds").rows]
    ['weather_ds@1']
    """
    return call.workspace().versions(name)


@declare(changes=False)
def show(call: Call, ref: Annotated[str, REF], *, profile: bool = False) -> VersionDetails:
    """Show everything about a version: its table, files, tags, and how it stands on disk.

    Of a table it tells, column by column, what is missing, how many values there are, between
    which bounds, and how they are distributed. That is computed once for each content; unasked,
    only where it takes no longer than about a second.

    Parameters
    ----------
    ref
        The version, such as ``weather_ds@2``; a name alone is its latest version.
    profile
        Look through the table, however long that takes.

    Returns
    -------
    VersionDetails
        Its ``.profile`` holds what was found of each column.

    Raises
    ------
    DsnbError
        When there is no such version.

    Examples
    --------
    In a notebook::

        %ds show weather_ds@2
        %ds show weather_ds@2 --profile

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> dsnb.show("weather_ds").version.rows
    3
    >>> dsnb.show("weather_ds").profile.columns[2].maximum
    78.08
    """
    workspace = call.workspace()
    return workspace.show(workspace.resolve(ref), "any" if profile else "little")


@declare(changes=False)
def overlap(
    call: Call,
    first: Annotated[str, REF],
    second: Annotated[str, REF],
    *,
    on: Annotated[Sequence[str] | None, COLUMNS] = None,
) -> Overlap:
    """Count the rows that two versions share, and show some: what leaks from training into test.

    Parameters
    ----------
    first, second
        The versions.
    on
        The columns by which rows are the same, comma-separated; by default all that both have.

    Returns
    -------
    Overlap
        True when they share any; its ``rows`` holds the first thousand.

    Raises
    ------
    DsnbError
        When there is no such version, or one is no table.

    Examples
    --------
    In a notebook::

        %ds overlap train_ds@3 test_ds@2 --on id

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> dsnb.overlap("weather_ds", "weather_ds", on=["origin"]).shared
    3
    """
    workspace = call.workspace()
    return workspace.overlap(workspace.resolve(first), workspace.resolve(second), on or ())


@declare(changes=False)
def verify(call: Call, *refs: Annotated[str, REF], full: bool = False) -> Verification:
    """Tell whether versions' files are still what was registered.

    Parameters
    ----------
    refs
        The versions; without any, every version of every dataset.
    full
        Hash every file, rather than only those that seem touched.

    Raises
    ------
    DsnbError
        When there is no such version.

    Examples
    --------
    In a notebook::

        %ds verify weather_ds@1
        %ds verify --full

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> bool(dsnb.verify("weather_ds@1"))
    True
    """
    workspace = call.workspace()
    return workspace.verify([workspace.resolve(ref) for ref in refs] or None, full=full)


@declare(changes=False)
def diff(
    call: Call,
    a: Annotated[str, REF],
    b: Annotated[str | None, REF] = None,
    *,
    from_: Annotated[object, VARIABLE] = None,
    on: Annotated[Sequence[str] | None, COLUMNS] = None,
    ignore: Annotated[Sequence[str] | None, COLUMNS] = None,
    columns: Annotated[Sequence[str] | None, COLUMNS] = None,
    tolerance: Annotated[str | float | Mapping[str, str | float] | None, _TOLERANCE] = None,
    where: Annotated[str | None, _CONDITION] = None,
    sample: Annotated[str | float | None, _SHARE] = None,
    rows: Annotated[int | None, _COUNT] = None,
) -> DatasetDiff:
    """Tell what changed, old then new: files, columns, rows and cells.

    Two versions, written ``A B`` or ``A@1..2``; one version, against what its files hold now; or
    one version against a table in memory. Rows are matched by ``--on``, else by the version's key
    columns, else by a set of columns found to be unique; it says which.

    Parameters
    ----------
    a
        The older version, or a pair such as ``weather_ds@1..2``.
    b
        The newer version.
    from_
        A table in memory to take as the newer side.
    on
        Columns that identify a row, comma-separated.
    ignore
        Columns to leave out, comma-separated.
    columns
        The only columns to compare, besides those that identify a row, comma-separated.
    tolerance
        How far numbers may be apart and still be the same: a difference (``1e-9``), a share
        (``0.1%``), or one for each column (``temp=0.5,wind=1%``).
    where
        A condition on the rows of both sides, as in pandas' ``query``.
    sample
        Share of the rows to compare, such as ``0.05`` or ``5%``: those of the same keys on both
        sides.
    rows
        How many changed rows are listed cell by cell (setting ``diff.rows``).

    Returns
    -------
    DatasetDiff
        True when anything differs; its ``.rows('added')`` and ``.cells()`` are DataFrames.

    Raises
    ------
    DsnbError
        When there is no such version or column.

    Examples
    --------
    In a notebook::

        %ds diff weather_ds@1..2
        %ds diff weather_ds@1 weather_ds@2 --on origin,time_hour
        %ds diff weather_ds@1..2 --ignore year --tolerance temp=0.5
        %ds diff weather_ds@1
        %ds diff --from df weather_ds@1

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> bool(dsnb.diff("weather_ds@1"))
    False
    """
    workspace = call.workspace()
    options = Options(
        on=None if on is None else tuple(on),
        ignore=tuple(ignore or ()),
        columns=None if columns is None else tuple(columns),
        tolerance={} if tolerance is None else parse_tolerance(tolerance),
        where=where,
        sample=None if sample is None else parse_share(sample),
        memory=workspace.config["diff.memory"],
        rows=workspace.config["diff.rows"] if rows is None else rows,
    )
    if is_pair(a):
        if b is not None or from_ is not None:
            raise UsageError(
                f"{a} is a pair already, so it cannot be compared with a third.",
                hint="Give two versions: %ds diff A@1..2, or %ds diff A@1 B@2",
            )
        old, new = parse_pair(a)
        return workspace.compare(workspace.resolve(old), workspace.resolve(new), options)
    before = workspace.resolve(a)
    if from_ is not None:
        if b is not None:
            raise UsageError(
                "A table can be compared with one version only.", hint=f"%ds diff --from df {a}"
            )
        named = from_ if isinstance(from_, Variable) else Variable("the table", from_)
        return workspace.compare_with_table(before, named.value, named.name, options)
    if b is not None:
        return workspace.compare(before, workspace.resolve(b), options)
    return workspace.compare_with_disk(before, options)
