"""The verbs that hand versions to a colleague: export, import."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from dsnb.commands.declaring import REF, Arg, Call, Verb, declare
from dsnb.commands.registering import workspace_to_register_in
from dsnb.datasets.archives import Export
from dsnb.datasets.importing import Import
from dsnb.errors import UsageError

_OUTPUT = Arg("FILE", "path", short="-o")
_ARCHIVE = Arg("FILE", "path")


@declare(changes=True)
def export(
    call: Call,
    *refs: Annotated[str, REF],
    output: Annotated[str, _OUTPUT] = "",
    overwrite: bool = False,
) -> Export:
    """Write versions with their records and bytes to one file, for a colleague.

    Equal contents are in it once. The same versions always give the same file.

    Parameters
    ----------
    refs
        The versions; ``weather_ds@1..2`` are both.
    output
        The file, such as weather.dsnb.zip.
    overwrite
        Replace the file when it is there.

    Raises
    ------
    DriftError
        When files changed or vanished and were not kept; nothing is written then.
    DsnbError
        When there is no such version, or the file cannot be written.

    Examples
    --------
    In a notebook::

        %ds export weather_ds@1..2 -o weather.dsnb.zip

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> dsnb.export("weather_ds@1", output="weather.dsnb.zip").contents
    1
    """
    if not refs:
        raise UsageError(
            "No version was named.", hint="For example: %ds export weather_ds@1 -o weather.dsnb.zip"
        )
    if not output:
        raise UsageError(
            "No file was named.", hint=f"For example: %ds export {refs[0]} -o weather.dsnb.zip"
        )
    workspace = call.workspace()
    versions = [workspace.resolve(one) for ref in refs for one in workspace.expand(ref)]
    return workspace.export(versions, output, overwrite=overwrite)


def _import(call: Call, file: Annotated[str, _ARCHIVE]) -> Import:
    """Add the versions of a file that export wrote.

    Everything in it is verified before anything is added. The files are laid out below
    ``.dsnb/data``; ids stay, and a number that is taken here becomes the next one.

    Parameters
    ----------
    file
        The file.

    Raises
    ------
    ArchiveError
        When it is damaged, or no such file; nothing is added then.
    DsnbError
        When there is no room for it.

    Examples
    --------
    In a notebook::

        %ds import weather.dsnb.zip

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> _ = dsnb.export("weather_ds@1", output="weather.dsnb.zip")
    >>> dsnb.import_("weather.dsnb.zip").present
    ('weather_ds@1',)
    """
    with workspace_to_register_in(call) as (workspace, made):
        done = workspace.import_archive(file)
    return replace(done, started_workspace=str(workspace.root) if made else None)


import_ = Verb(_import, changes=True, name="import")
"""The verb ``import``, which is no name in Python."""
