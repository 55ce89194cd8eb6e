"""The verbs that record and return data: register, load."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from dsnb.commands.declaring import (
    COLUMNS,
    NAME,
    PAIRS,
    PATH,
    REF,
    TEXT,
    VARIABLE,
    Arg,
    Call,
    Variable,
    declare,
)
from dsnb.commands.registering import policy, workspace_to_register_in
from dsnb.datasets.registration import Registration, Request
from dsnb.errors import UsageError
from dsnb.tables.conversion import Library
from dsnb.tables.parts import Differing
from dsnb.tables.reading import Wanted

_DESCRIPTION = Arg("TEXT", short="-d")
_CONDITION = Arg("EXPR")
_COUNT = Arg("N")
_TYPES = Arg("COL=TYPE", form="pairs")


@declare(changes=True)
def register(
    call: Call,
    name: Annotated[str, NAME],
    *paths: Annotated[str | os.PathLike[str], PATH],
    add: bool = False,
    from_: Annotated[object, VARIABLE] = None,
    description: Annotated[str, _DESCRIPTION] = "",
    tag: Annotated[Mapping[str, str] | None, PAIRS] = None,
    key: Annotated[Sequence[str] | None, COLUMNS] = None,
    kind: Literal["tabular", "file"] | None = None,
    include_hidden: bool = False,
    snapshot: bool = False,
    no_snapshot: bool = False,
    no_new_version: bool = False,
    sep: Annotated[str | None, TEXT] = None,
    decimal: Annotated[str | None, TEXT] = None,
    encoding: Annotated[str | None, TEXT] = None,
    parse_dates: Annotated[Sequence[str] | None, COLUMNS] = None,
    dtype: Annotated[Mapping[str, str] | None, _TYPES] = None,
    sheet: Annotated[str | None, TEXT] = None,
) -> Registration:
    """Record what files, folders or a table hold now as a version of a dataset.

    The first version of a name is 1. When the latest version has the same definition and content
    already, nothing new is recorded, and it says so. The data stays where it is.

    Parameters
    ----------
    name
        The dataset's name.
    paths
        Files, folders (all files below them) or patterns such as ``data/**/*.csv``; their order
        is kept. Hidden names are skipped.
    add
        Take the definition of the latest version, and these paths after it.
    from_
        A pandas or polars DataFrame, or an Arrow table: it is kept as Parquet and registered.
    description
        What this version is.
    tag
        A tag, any number of times.
    key
        Columns that together identify a row, comma-separated; later versions keep them.
    kind
        Take the files as a table, or as mere files, whatever their names say.
    include_hidden
        Take names that start with ``.`` (in tables also ``_``) from folders and patterns.
    snapshot
        Keep the bytes, so that the version can always be restored (the setting snapshot decides
        otherwise).
    no_snapshot
        Only refer to the files, whatever the setting says.
    no_new_version
        Refuse to make a further version of a name that exists.
    sep
        CSV: what separates the values.
    decimal
        CSV: the decimal mark.
    encoding
        Text formats: the encoding, UTF-8 by default.
    parse_dates
        Columns to read as dates, comma-separated.
    dtype
        The type of a column, as pandas names it; any number of times.
    sheet
        Excel: the sheet, the first by default.

    Raises
    ------
    DsnbError
        When something is wrong with the name, a path or an option; nothing is recorded then.

    Examples
    --------
    In a notebook::

        %ds register weather_ds "data/Weather/week 27" -d "weather data in week 27"
        %ds register weather_ds --add "data/Weather/week 28" -d "weeks 27, 28"
        %ds register features --from df --key origin,time_hour

    In Python:

    >>> import dsnb
    >>> print(dsnb.register("weather_ds", "weather.csv", description="one day").ref)
    weather_ds@1
    """
    if from_ is not None and (paths or add):
        raise UsageError(
            "A table (--from) and paths cannot be registered as one version.",
            hint="Register the table alone, or write it to a file and name that.",
        )
    keeping = policy(snapshot, no_snapshot)
    given = {
        "sep": sep,
        "decimal": decimal,
        "encoding": encoding,
        "parse_dates": list(parse_dates) if parse_dates else None,
        "dtype": dict(dtype) if dtype else None,
        "sheet": sheet,
    }
    with workspace_to_register_in(call) as (workspace, made):
        request = Request(
            name=name,
            add=add,
            new_version=not no_new_version,
            include_hidden=include_hidden,
            kind=kind,
            key=None if key is None else tuple(key),
            options={option: value for option, value in given.items() if value is not None},
            snapshot=keeping,
            description=description,
            tags=dict(tag or {}),
            run=call.session.run_id(workspace) if call.session else None,
        )
        if from_ is not None:
            table = from_.value if isinstance(from_, Variable) else from_
            registration = workspace.register_table(table, request)
        else:
            registration = workspace.register(paths, request)
    if call.session is not None:
        call.session.record(workspace, registration.version, "register")
    return replace(registration, started_workspace=str(workspace.root) if made else None)


@declare(changes=False)
def load(
    call: Call,
    ref: Annotated[str, REF],
    *,
    as_: Library | None = None,
    columns: Annotated[Sequence[str] | None, COLUMNS] = None,
    where: Annotated[str | None, _CONDITION] = None,
    limit: Annotated[int | None, _COUNT] = None,
    union: bool = False,
    strict: bool = False,
    verify: bool = False,
    as_is: bool = False,
) -> Any:
    """Return the data of a version, exactly as it was registered.

    The files are compared with what was registered first; what has changed is never loaded
    without a word. The version becomes an input of this session's run. Several files are put one
    below the other, in the order of the definition; where their columns differ they are joined by
    name, and it says so. A pandas frame carries its version in ``df.attrs["dsnb"]`` (see trace).

    Parameters
    ----------
    ref
        The version, such as ``weather_ds@2``; a name alone is its latest version.
    as_
        What to return; by default a pandas DataFrame for a table, else the list of local paths.
    columns
        The columns wanted, comma-separated, in that order.
    where
        A condition on the rows, as in pandas' ``query``.
    limit
        The largest number of rows; all of a text file is read, as its types depend on every row.
    union
        Join files whose columns differ by name without a word; what a file lacks is missing there.
    strict
        Refuse files whose columns differ.
    verify
        Hash every file, rather than only those that seem touched.
    as_is
        Load what is there now, even when it is not what was registered.

    Returns
    -------
    object
        A DataFrame of shape (rows, columns), a table of another library, or a list of paths.

    Raises
    ------
    DriftError
        When files changed or vanished since the version was registered.
    DsnbError
        When there is no such version, or it cannot be read.

    Examples
    --------
    In a notebook::

        df = %ds load weather_ds@1
        hot = %ds load weather_ds --where "temp > 90" --columns origin,temp

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> dsnb.load("weather_ds@1", limit=2).shape
    (2, 3)
    """
    if union and strict:
        raise UsageError("--union and --strict contradict each other.", hint="Give one of them.")
    workspace = call.workspace()
    version = workspace.resolve(ref)
    differing: Differing = "joined" if union else "refused" if strict else "told"
    wanted = Wanted(None if columns is None else tuple(columns), where, limit, differing)
    data = workspace.load(version, as_, wanted, verify=verify, as_is=as_is)
    if call.session is not None:
        call.session.record(workspace, version, "load", columns=columns)
    return data
