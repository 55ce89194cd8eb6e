"""Removing versions: one by one, or by what a retention keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dsnb.catalog.base import View
from dsnb.catalog.resolving import resolve
from dsnb.datasets.stores import Stores
from dsnb.errors import InUseError, UsageError
from dsnb.presenting import Outcome
from dsnb.provenance.dependents import Dependents, find_dependents, readers_of_versions
from dsnb.records import Version, now
from dsnb.refs import ANONYMOUS, Latest, Ref

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Deletion(Outcome):
    """The outcome of deleting versions.

    Attributes
    ----------
    versions
        Those that were deleted.
    dependents
        What referred to each, as long as ``versions``.
    """

    versions: tuple[Version, ...]
    dependents: tuple[Dependents, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Which versions are to stay; of the others all go that nothing refers to.

    The latest version of a dataset always stays, and so does what an alias, a run or a model
    refers to.

    Attributes
    ----------
    last
        This many newest versions of each dataset.
    tagged
        Those that have a tag.
    younger
        Those registered within this time.
    """

    last: int | None = None
    tagged: bool = False
    younger: timedelta | None = None

    def __bool__(self) -> bool:
        return self.last is not None or self.younger is not None


EVERY = Retention()
"""Lets no version go."""


def delete(stores: Stores, refs: Sequence[Ref], *, force: bool = False) -> Deletion:
    """Remove versions from the registry; their numbers are never used again.

    The files in place are the user's and stay. What dsnb kept of them is freed by `gc`.

    Raises
    ------
    UsageError
        When a reference names no version of its own.
    InUseError
        When something refers to a version; nothing is deleted then.
    """
    for ref in refs:
        if ref.selector == Latest():
            raise _ask_which(stores.catalog.view(), ref)
    readers = readers_of_versions(stores.catalog.runs().values())
    with stores.catalog.transaction() as transaction:
        found = (resolve(transaction, ref) for ref in refs)
        versions = list({version.id: version for version in found}.values())
        dependents = [
            find_dependents(
                version,
                transaction.aliases(version.name),
                readers,
                # What goes with it does not hold it back.
                [one for one in transaction.made_from(version.id) if one not in versions],
            )
            for version in versions
        ]
        used = [pair for pair in zip(versions, dependents, strict=True) if pair[1]]
        if used and not force:
            raise _in_use(used, versions)
        for version in versions:
            transaction.remove_version(version)
    return Deletion(tuple(versions), tuple(dependents))


def find_expired(
    view: View, retention: Retention, is_used: Callable[[Version], bool]
) -> list[Version]:
    """Return the versions that a retention lets go.

    Parameters
    ----------
    view
        The registry.
    retention
        What is to stay.
    is_used
        Tells whether anything refers to a version.
    """
    if not retention:
        return []
    moment = now()
    expired = []
    for name in (*view.names(), ANONYMOUS):
        numbers = list(view.numbers(name))
        kept = set(numbers[-max(retention.last or 0, 1) :])
        for number in numbers:
            version = view.version(name, number)
            if version is None or number in kept or is_used(version):
                continue
            if retention.tagged and version.tags:
                continue
            if retention.younger is not None and version.created > moment - retention.younger:
                continue
            expired.append(version)
    return expired


def _ask_which(view: View, ref: Ref) -> UsageError:
    latest, numbers = resolve(view, ref), view.numbers(ref.name)
    hint = f"Name it: %ds delete {latest.ref} is the latest"
    if len(numbers) > 1:
        hint += f", %ds delete {ref.name}@{numbers[0]}..{numbers[-1]} is all of them"
    return UsageError(f"Which version of {ref.name} shall be deleted?", hint=f"{hint}.")


def _in_use(used: Sequence[tuple[Version, Dependents]], asked: Sequence[Version]) -> InUseError:
    said = "; ".join(f"{version.ref} is used by {who}" for version, who in used[:_NAMED])
    more = f"; and {len(used) - _NAMED:,} more" if len(used) > _NAMED else ""
    refs = " ".join(version.ref for version in asked[:_NAMED])
    return InUseError(
        f"{said}{more}. Nothing was deleted.",
        hint=f"Delete all the same: %ds delete {refs}{' …' if len(asked) > _NAMED else ''} --force",
    )
