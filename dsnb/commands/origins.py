"""The verbs that ask where something came from: bisect, trace, lineage."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from dsnb.commands.declaring import NAME, REF, Arg, Call, Variable, declare
from dsnb.datasets.bisecting import Bisection
from dsnb.datasets.judging import expression_test, function_test
from dsnb.datasets.origins import Trace
from dsnb.datasets.tracefile import FileTrace
from dsnb.errors import UsageError
from dsnb.provenance.lineage import Direction, Lineage
from dsnb.session.assignments import assigning_cell

_VARIABLE_OR_PATH = Arg("VAR|PATH", "variable", or_path=True)
_FILE = Arg("FILE", "path", short="-o")
_END = Arg("N", "version", form="version")
_CODE = Arg("-- EXPR", form="code")


@declare(changes=False)
def bisect(
    call: Call,
    name: Annotated[str, NAME],
    test: Annotated[str | Callable[[Any], object], _CODE],
    *,
    good: Annotated[str | int | None, _END] = None,
    bad: Annotated[str | int | None, _END] = None,
) -> Bisection:
    r"""Find the first version for which something is no longer so, loading as few as can be.

    It takes for granted that this changed once. Versions that cannot be loaded or judged are
    skipped; where they lie next to the change, several versions are named.

    Parameters
    ----------
    name
        The dataset.
    test
        What holds for good versions: an expression of Python in which ``df`` is the loaded table
        (``paths`` the list of files, where the versions are no tables); ``pd``, ``np`` and, in a
        notebook, its variables are there too. Many truth values must all be true. In Python also
        a function of what is loaded.
    good
        A version for which it holds, by number or alias; the oldest by default.
    bad
        A later version for which it fails; the latest by default.

    Returns
    -------
    Bisection
        Its ``first_bad`` and ``last_good`` are references, its ``steps`` what was looked at.

    Raises
    ------
    SearchError
        When it does not hold for the good version, or does for the bad one.
    DsnbError
        When there is no such dataset or version.

    Examples
    --------
    In a notebook::

        %ds bisect weather_ds -- df.temp.max() < 100
        %ds bisect weather_ds --good 3 --bad 17 -- df["origin"].isin(airports)

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> with open("weather.csv", "a") as file:
    ...     _ = file.write("SFO,2013-07-01T04:00:00Z,999.0\n")
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> found = dsnb.bisect("weather_ds", lambda df: df["temp"].max() < 100)
    >>> found.first_bad, found.last_good
    ('weather_ds@2', 'weather_ds@1')
    """
    if isinstance(test, str):
        asked, called = expression_test(test, call.variables), test.strip()
    else:
        asked, called = function_test(test), getattr(test, "__name__", type(test).__name__)
    ends = [None if end is None else str(end) for end in (good, bad)]
    return call.workspace().bisect(name, asked, called, *ends)


@declare(changes=False)
def trace(call: Call, what: Annotated[object, _VARIABLE_OR_PATH]) -> Trace | FileTrace:
    """Tell which version a variable came from, and how sure that is, or which versions hold a file.

    A loaded pandas frame carries its version's reference in ``df.attrs["dsnb"]``, which pandas
    hands on with most operations: a hint, no proof. It is lost in a pivot, or a merge of frames
    from different versions; tables of polars and Arrow carry none.

    A file belongs to a version when it lies at its paths and holds, now, what was registered.

    Parameters
    ----------
    what
        The variable, or the path of a file.

    Returns
    -------
    Trace or FileTrace
        Of a variable its ``ref`` is the version, None when that is not known; of a file its
        ``versions`` are those that hold it as it is now.

    Raises
    ------
    TableError
        When the variable is no table.
    MissingPathError
        When there is no such file.

    Examples
    --------
    In a notebook::

        %ds trace df
        %ds trace "data/Weather/week 28/weather.csv"

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> df = dsnb.load("weather_ds@1")
    >>> dsnb.trace(df[df["temp"] > 75]).ref
    'weather_ds@1'
    >>> dsnb.trace("weather.csv").versions
    ('weather_ds@1',)
    """
    workspace = call.workspace()
    if isinstance(what, str | os.PathLike):
        return workspace.trace_file(os.fspath(what))
    named = what if isinstance(what, Variable) else Variable("the table", what)
    found = workspace.trace(named.value, named.name)
    # IPython keeps what each cell says, as Python, under this name.
    cells = call.variables.get("In")
    if not isinstance(cells, list) or not isinstance(what, Variable) or call.session is None:
        return found
    cell, run = assigning_cell(cells, named.name), call.session.run(workspace)
    uses = [] if run is None or cell is None else [use for use in run.inputs if cell in use.cells]
    return replace(found, cell=cell, read=tuple(dict.fromkeys(use.ref for use in uses)))


@declare(changes=False)
def lineage(
    call: Call,
    ref: Annotated[str, REF],
    *,
    up: bool = False,
    down: bool = False,
    depth: Annotated[int | None, Arg("N")] = None,
    output: Annotated[str | os.PathLike[str] | None, _FILE] = None,
) -> Lineage:
    """Show what a version was made from, and what was made from it.

    A version comes from what it names as its parents (a frame that was loaded carries its version
    into ``register --from``, a model names its data), and likely from what the run that made it had
    read by then.

    Parameters
    ----------
    ref
        The version.
    up
        Only what it was made from.
    down
        Only what was made from it.
    depth
        How many steps to go.
    output
        A file to write the graph to, in the language that its name ends in: ``.svg``, ``.mmd`` or
        ``.md`` (Mermaid), ``.json``.

    Returns
    -------
    Lineage
        Its ``to_mermaid()`` and ``to_dict()`` give the graph.

    Raises
    ------
    DsnbError
        When there is no such version, or the file cannot be written.

    Examples
    --------
    In a notebook::

        %ds lineage weather_ds@2
        %ds lineage features --up --depth 2 -o features.svg

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> warm = dsnb.load("weather_ds@1").query("temp > 75")
    >>> _ = dsnb.register("warm", from_=warm)
    >>> [version.ref for version in dsnb.lineage("warm").versions.values()]
    ['warm@1', 'weather_ds@1']
    """
    if depth is not None and depth < 1:
        raise UsageError(f"There is no depth {depth}.", hint="Give 1 or more, or leave it out.")
    workspace = call.workspace()
    direction: Direction = "both" if up == down else "up" if up else "down"
    found = workspace.lineage(workspace.resolve(ref), direction, depth)
    if output is not None:
        written = found.save(output)
        call.notify(f"The lineage of {found.root.ref} was written to {written}.")
    return found
