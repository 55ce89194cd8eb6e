"""Comparing two locks: what a notebook read and made the one time, and the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsnb.provenance.lock import Locked


@dataclass(frozen=True, slots=True)
class LockChange:
    """The versions of one dataset in two locks.

    Attributes
    ----------
    name
        The dataset, as the first lock calls it.
    before, after
        References of the versions.
    same
        Whether they hold the same contents, whatever they are called.
    """

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    same: bool


def compare_locked(before: Sequence[Locked], after: Sequence[Locked]) -> tuple[LockChange, ...]:
    """Return the versions of each dataset in two locks, by name.

    A content has the name that it has in the first lock, so that a dataset that is called
    otherwise in another workspace is still the same one.

    Examples
    --------
    >>> old = Locked("weather_ds", 1, "aa" * 32, ("load",))
    >>> new = Locked("climate", 4, "aa" * 32, ("load",))
    >>> compare_locked([old], [new])
    (LockChange(name='weather_ds', before=('weather_ds@1',), after=('climate@4',), same=True),)
    """
    names = {one.digest: one.name for one in before}
    old = _by_name(before, {})
    new = _by_name(after, names)
    return tuple(
        LockChange(
            name,
            tuple(one.ref for one in old.get(name, ())),
            tuple(one.ref for one in new.get(name, ())),
            _digests(old.get(name, ())) == _digests(new.get(name, ())),
        )
        for name in sorted({*old, *new})
    )


def _by_name(locked: Sequence[Locked], names: dict[str, str]) -> dict[str, list[Locked]]:
    found: dict[str, list[Locked]] = {}
    for one in locked:
        found.setdefault(names.get(one.digest, one.name), []).append(one)
    return found


def _digests(locked: Sequence[Locked]) -> set[str]:
    return {one.digest for one in locked}
