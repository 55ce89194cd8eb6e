"""Dependents: who relies on a version, and so is concerned when it drifts or goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dsnb.records import Run, Version
from dsnb.units import ago

_TOLD = 3


@dataclass(frozen=True, slots=True)
class Dependents:
    """What refers to one version.

    Attributes
    ----------
    aliases
        The aliases that point to it.
    runs
        The runs that read it, newest first. The run that made it does not depend on it.
    made
        The versions that were made from it, and the models that were trained on it.
    """

    aliases: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    made: tuple[Version, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.aliases or self.runs or self.made)

    def __str__(self) -> str:
        told = [f"run {run.name!r} ({ago(run.started)})" for run in self.runs[:_TOLD]]
        if len(self.runs) > _TOLD:
            told.append(f"{len(self.runs) - _TOLD:,} more runs")
        for version in self.made[:_TOLD]:
            told.append(f"{'model ' if version.kind == 'model' else ''}{version.ref}")
        if len(self.made) > _TOLD:
            told.append(f"{len(self.made) - _TOLD:,} more versions made from it")
        told += [f"alias {alias}" for alias in self.aliases]
        return ", ".join(told)


NONE = Dependents()
"""What refers to a version that nothing refers to."""


def find_dependents(
    version: Version,
    aliases: Mapping[str, int],
    readers: Mapping[str, Sequence[Run]],
    made: Sequence[Version] = (),
) -> Dependents:
    """Return what refers to a version.

    Parameters
    ----------
    version
        Which one.
    aliases
        Those of its dataset, with the numbers they point to.
    readers
        The runs that read each version, as `readers_of_versions` returns them.
    made
        The versions that were made from it.
    """
    pointing = (alias for alias, number in sorted(aliases.items()) if number == version.version)
    return Dependents(tuple(pointing), tuple(readers.get(version.id, ())), tuple(made))


def readers_of_versions(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """Return the runs that read each version, by its id, newest first.

    Parameters
    ----------
    runs
        Oldest first.
    """
    readers: dict[str, list[Run]] = {}
    for run in runs:
        for identifier in {use.id for use in run.inputs}:
            readers.setdefault(identifier, []).insert(0, run)
    return readers
