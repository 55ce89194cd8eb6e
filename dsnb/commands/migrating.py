"""The verb that rewrites code of the retired SDK: migrate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from dsnb.commands.declaring import PATH, Call, declare
from dsnb.errors import UsageError
from dsnb.migration.files import Migration
from dsnb.migration.files import migrate as rewrite_files


@declare(changes=True)
def migrate(
    call: Call, *paths: Annotated[str | os.PathLike[str], PATH], check: bool = False
) -> Migration:
    """Rewrite code of Azure Machine Learning's retired SDK to run here.

    In the imports of scripts and notebooks ``azureml.`` becomes ``dsnb.azureml.``, and with them
    where that name is used. Spaces, comments and all else stay as they are. What the code names
    and is not here is listed, with its line. A second time there is nothing to rewrite.

    Parameters
    ----------
    paths
        Scripts, notebooks, or folders: all of them below.
    check
        Write nothing; in a shell, end with 1 when there is something to rewrite.

    Returns
    -------
    Migration
        Its ``files`` tell what changed in each.

    Raises
    ------
    DsnbError
        When a path is not there, or libcst is not installed (``dsnb[migrate]``).

    Examples
    --------
    In a notebook::

        %ds migrate . --check
        %ds migrate train.py notebooks

    In Python:

    >>> import dsnb
    >>> from pathlib import Path
    >>> script = Path("train.py")
    >>> _ = script.write_text("from azureml.core import Workspace, Dataset")
    >>> done = dsnb.migrate("train.py")
    >>> print(script.read_text())
    from dsnb.azureml.core import Workspace, Dataset
    """
    if not paths:
        raise UsageError("No file was named.", hint="For example: %ds migrate . --check")
    return rewrite_files([Path(path).expanduser() for path in paths], check=check)
