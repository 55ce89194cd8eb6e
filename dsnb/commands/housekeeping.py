"""The verbs that keep house: gc, doctor."""

from __future__ import annotations

from typing import Annotated

from dsnb.commands.declaring import Arg, Call, declare
from dsnb.datasets.health import Examination
from dsnb.datasets.housekeeping import GarbageCollection
from dsnb.datasets.removal import Retention
from dsnb.errors import UsageError
from dsnb.units import span

_COUNT = Arg("N")
_SPAN = Arg("TIME")


@declare(changes=True)
def gc(
    call: Call,
    *,
    dry_run: bool = False,
    keep_last: Annotated[int | None, _COUNT] = None,
    keep_tagged: bool = False,
    older_than: Annotated[str | None, _SPAN] = None,
) -> GarbageCollection:
    """Free what nothing needs: bytes of deleted versions, and what killed processes left.

    With ``--keep-last`` or ``--older-than`` old versions are deleted first. The latest version of a
    dataset always stays, and so does every version that an alias points to or a run read.

    Parameters
    ----------
    dry_run
        Only tell what would go, and how many bytes.
    keep_last
        Delete versions, except this many newest ones of each dataset.
    keep_tagged
        Do not delete versions that have a tag.
    older_than
        Delete only versions registered before this time, such as 30d, 12h or 8w.

    Raises
    ------
    DsnbError
        When the registry or a file list cannot be read; nothing is removed then.

    Examples
    --------
    In a notebook::

        %ds gc --dry-run
        %ds gc --keep-last 5 --keep-tagged --older-than 30d

    In Python:

    >>> import dsnb
    >>> dsnb.gc(dry_run=True).size
    0
    """
    age = None if older_than is None else span(older_than)
    if older_than is not None and age is None:
        raise UsageError(
            f"{older_than!r} is no length of time.",
            hint="Write 30d, 12h or 8w (days, hours, weeks).",
        )
    if keep_last == 0:
        raise UsageError(
            "The latest version of a dataset always stays.", hint="Give --keep-last 1 or more."
        )
    retention = Retention(last=keep_last, tagged=keep_tagged, younger=age)
    return call.workspace().collect_garbage(retention, dry_run=dry_run)


@declare(changes=True)
def doctor(call: Call, *, repair: bool = False) -> Examination:
    """Look for what is broken in the workspace, and say how to mend it.

    It reads the settings, the registry and its backups, the file lists and every kept byte.

    Parameters
    ----------
    repair
        Mend what can be mended: from the backups, from each other, and from files that are
        unchanged. What cannot is listed.

    Raises
    ------
    DsnbError
        When there is no workspace.

    Examples
    --------
    In a notebook::

        %ds doctor
        %ds doctor --repair

    In Python:

    >>> import dsnb
    >>> bool(dsnb.doctor())
    True
    """
    return call.workspace().examine(repair=repair)
