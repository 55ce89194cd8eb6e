"""The verbs about notebooks as files: verify-notebook, rerun."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from dsnb.commands.declaring import Arg, Call, declare
from dsnb.datasets.notebooks import NotebookVerification, find_lock, no_lock, read_notebook
from dsnb.errors import UsageError, WorkspaceError
from dsnb.session.environment import notebook_path
from dsnb.session.rerunning import Rerun
from dsnb.session.rerunning import rerun as run_again
from dsnb.storage.discovery import current_folder
from dsnb.workspace import Workspace

_NOTEBOOK = Arg("FILE", "path")
_WITH = Arg("REF", "ref", form="many")
_OUTPUT = Arg("FILE", "path", short="-o")


@declare(changes=False, name="verify-notebook")
def verify_notebook(
    call: Call,
    file: Annotated[str | os.PathLike[str] | None, _NOTEBOOK] = None,
    *,
    full: bool = False,
) -> NotebookVerification:
    """Tell whether every version that a notebook read can still be had, unchanged.

    A notebook's file says which versions its outputs were made from, so it may come from anyone:
    they are looked for by their content in the workspace that the file lies in, else in this one.

    Parameters
    ----------
    file
        The notebook; this one by default.
    full
        Hash every file, rather than only those that seem touched.

    Returns
    -------
    NotebookVerification
        True when all can be had; its ``inputs`` tell of each.

    Raises
    ------
    NotebookError
        When the file is no notebook, or does not say what it read.

    Examples
    --------
    In a notebook::

        %ds verify-notebook
        %ds verify-notebook analysis.ipynb --full

    In Python:

    >>> import dsnb, nbformat
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> digest = dsnb.show("weather_ds").version.digest
    >>> read = {"name": "weather_ds", "version": 1, "digest": digest, "how": ["load"]}
    >>> lock = {"schema": 1, "inputs": [read], "outputs": []}
    >>> notebook = nbformat.v4.new_notebook(metadata={"dsnb": lock})
    >>> nbformat.write(notebook, "analysis.ipynb")
    >>> bool(dsnb.verify_notebook("analysis.ipynb"))
    True
    """
    path = _this_notebook(call) if file is None else _path(file)
    lock = find_lock(read_notebook(path))
    if lock is None:
        raise no_lock(path)
    return _workspace_of(call, path).verify_notebook(path, lock, full=full)


@declare(changes=True)
def rerun(
    call: Call,
    file: Annotated[str | os.PathLike[str], _NOTEBOOK],
    *,
    with_: Annotated[Sequence[str] | None, _WITH] = None,
    output: Annotated[str | os.PathLike[str] | None, _OUTPUT] = None,
) -> Rerun:
    """Run a notebook again on the versions that it read, and tell what came out differently.

    In it a dataset's name alone, or ``@latest``, means the version that was recorded. What code
    reads by itself, such as ``pd.read_csv``, is what is on disk; the answer tells when that is
    another version. The notebook is run in its own folder by a kernel of its own.

    Parameters
    ----------
    file
        The notebook.
    with_
        A version to use in the place of every version of its dataset; any number of times.
    output
        Where to write the executed notebook; by default beside it, ``analysis-rerun.ipynb``.

    Returns
    -------
    Rerun
        True when every cell was run without an error; ``same`` tells whether it read and made the
        same contents, ``difference`` compares the two runs, with their metrics.

    Raises
    ------
    NotebookError
        When the file is no notebook, does not say what it read, or that is not here.

    Examples
    --------
    In a notebook::

        %ds rerun analysis.ipynb
        %ds rerun analysis.ipynb --with weather_ds@3 -o with-july.ipynb
    """
    path = _path(file)
    workspace = _workspace_of(call, path)
    replaced = [workspace.resolve(ref) for ref in with_ or ()]
    return run_again(workspace, path, replaced, None if output is None else _path(output))


def _workspace_of(call: Call, path: Path) -> Workspace:
    """Return the workspace that a notebook lies in, else the one the user works in."""
    try:
        return Workspace.find(path.parent, call.notify)
    except WorkspaceError:
        return call.workspace()


def _this_notebook(call: Call) -> Path:
    found = None
    if call.session is not None:
        found = notebook_path(call.start or str(current_folder()))
    if found is None or not found.endswith(".ipynb"):
        raise UsageError(
            "It cannot be known here which notebook is meant.",
            hint="Name its file: %ds verify-notebook FILE",
        )
    return _path(found)


def _path(typed: str | os.PathLike[str]) -> Path:
    """Return a path that the user typed, from the folder that the user works in."""
    return Path(os.path.abspath(os.path.join(current_folder(), os.path.expanduser(typed))))
