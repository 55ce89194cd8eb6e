"""The verbs that keep versions, bring them back and let them go."""

from __future__ import annotations

from typing import Annotated

from dsnb.commands.declaring import REF, TEXT, Arg, Call, declare
from dsnb.datasets.keeping import Snapshot
from dsnb.datasets.metadata import MetadataChange
from dsnb.datasets.removal import Deletion
from dsnb.datasets.restoring import Restoration
from dsnb.errors import UsageError
from dsnb.refs import parse

_FOLDER = Arg("DIR", "path")


@declare(changes=True)
def snapshot(call: Call, ref: Annotated[str, REF], *, remove: bool = False) -> Snapshot:
    """Keep the bytes of a version, so that it can always be loaded and restored.

    Equal contents are kept once, and of a large file that resembles the version before only what
    differs.

    Parameters
    ----------
    ref
        The version.
    remove
        Keep its bytes no longer; gc then frees what no other version needs.

    Raises
    ------
    DriftError
        When its files are no longer what was registered.
    DsnbError
        When there is no such version, or no room.

    Examples
    --------
    In a notebook::

        %ds snapshot weather_ds@2

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv", no_snapshot=True)
    >>> dsnb.snapshot("weather_ds@1").version.kept
    True
    """
    workspace = call.workspace()
    return workspace.release(parse(ref)) if remove else workspace.snapshot(parse(ref))


@declare(changes=True)
def restore(
    call: Call,
    ref: Annotated[str, REF],
    *,
    to: Annotated[str | None, _FOLDER] = None,
    overwrite: bool = False,
) -> Restoration:
    """Write a version's files as they were registered.

    Parameters
    ----------
    ref
        The version.
    to
        A folder to write them to; by default the places they were registered from.
    overwrite
        Write over files that hold something else now.

    Raises
    ------
    DriftError
        When files hold something else now, or when what was registered was not kept.
    DsnbError
        When there is no such version, or no room.

    Examples
    --------
    In a notebook::

        %ds restore weather_ds@1 --to old
        %ds restore weather_ds@1 --overwrite

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> len(dsnb.restore("weather_ds@1", to=str(tmp / "old")).written)
    1
    """
    workspace = call.workspace()
    return workspace.restore(workspace.resolve(ref), to, overwrite=overwrite)


@declare(changes=True)
def deprecate(
    call: Call, ref: Annotated[str, REF], *, why: Annotated[str, TEXT] = "", remove: bool = False
) -> MetadataChange:
    """Say that a version should not be used any more: loading it then tells so.

    Parameters
    ----------
    ref
        The version.
    why
        The reason.
    remove
        Take that back.

    Raises
    ------
    DsnbError
        When there is no such version, or nothing to take back.

    Examples
    --------
    In a notebook::

        %ds deprecate weather_ds@1 --why "the sensor at EWR was broken"

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> dsnb.deprecate("weather_ds@1", why="broken").version.deprecated
    'broken'
    """
    if remove and why:
        raise UsageError(
            "A reason is given to deprecate, not to take that back.", hint="Leave out --why."
        )
    return call.workspace().deprecate(parse(ref), why, remove=remove)


@declare(changes=True)
def delete(call: Call, *refs: Annotated[str, REF], force: bool = False) -> Deletion:
    """Remove versions from the registry; their numbers are never used again.

    The files they were registered from stay. What dsnb kept of them is freed by gc.

    Parameters
    ----------
    refs
        The versions, each with its number; ``weather_ds@1..3`` are three.
    force
        Delete them although an alias points to them or a run read them.

    Raises
    ------
    InUseError
        When something refers to one of them; none is deleted then.
    DsnbError
        When there is no such version.

    Examples
    --------
    In a notebook::

        %ds delete weather_ds@1

    In Python:

    >>> import dsnb
    >>> _ = dsnb.register("weather_ds", "weather.csv")
    >>> [version.ref for version in dsnb.delete("weather_ds@1").versions]
    ['weather_ds@1']
    """
    if not refs:
        raise UsageError("No version was named.", hint="For example: %ds delete weather_ds@1")
    workspace = call.workspace()
    wanted = [one for ref in refs for one in workspace.expand(ref)]
    return workspace.delete(wanted, force=force)
