"""What a version was made from, and what was made from it: one step of its lineage, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsnb.catalog.base import View
from dsnb.provenance.lineage import Ancestry, Link
from dsnb.records import Kind, Run, Version


@dataclass(frozen=True, slots=True)
class Relative:
    """A version beside another.

    Attributes
    ----------
    ref
        What it is called now, or was when it was recorded.
    kind
        None when it is not here any more.
    role
        What a model used it for, or uses the other one for; empty for none.
    likely
        Whether it is not recorded, but the run that made one had read the other by then.
    """

    ref: str
    kind: Kind | None
    role: str = ""
    likely: bool = False


@dataclass(frozen=True, slots=True)
class Relatives:
    """What a version was made from, and what was made from it, newest first."""

    parents: tuple[Relative, ...] = ()
    made: tuple[Relative, ...] = ()


@dataclass(frozen=True, slots=True)
class Training:
    """What a model was trained on, as it is recorded, and the run that made it."""

    data: tuple[Relative, ...]
    run: Run | None


ALONE = Relatives()
"""The relatives of a version that has none."""


def find_relatives(view: View, runs: Mapping[str, Run], version: Version) -> Relatives:
    """Return the versions next to one, recorded or likely; only its own runs are looked into."""
    ancestry = Ancestry(_nearby(view, runs, version), runs)
    lineage = ancestry.of(version, depth=1)
    links = {link.source: link for link in lineage.sources_of(version.id)}
    recorded = {parent.id for parent in version.parents}
    likely = [
        _relative(lineage.versions[link.source], link)
        for link in links.values()
        if link.source not in recorded
    ]
    made = sorted(
        lineage.targets_of(version.id),
        key=lambda link: lineage.versions[link.target].created,
        reverse=True,
    )
    return Relatives(
        (*parents_of(view, version), *likely),
        tuple(_relative(lineage.versions[link.target], link) for link in made),
    )


def parents_of(view: View, version: Version) -> tuple[Relative, ...]:
    """Return what a version names as what it was made from, those with roles first."""
    found = []
    for parent in sorted(version.parents, key=lambda one: not one.role):
        known = view.by_id(parent.id)
        ref, kind = (parent.ref, None) if known is None else (known.ref, known.kind)
        found.append(Relative(ref, kind, parent.role))
    return tuple(found)


def _relative(version: Version, link: Link) -> Relative:
    return Relative(version.ref, version.kind, link.role, not link.recorded)


def _nearby(view: View, runs: Mapping[str, Run], version: Version) -> list[Version]:
    """Return the versions that may be next to one, itself among them."""
    made_by = None if version.run is None else runs.get(version.run)
    readers = (run for run in runs.values() if any(use.id == version.id for use in run.inputs))
    above = [parent.id for parent in version.parents]
    above += [use.id for use in made_by.inputs] if made_by is not None else []
    below = [use.id for run in readers for use in run.outputs]
    known = (view.by_id(identifier) for identifier in dict.fromkeys((*above, *below)))
    found = (version, *view.made_from(version.id), *(one for one in known if one is not None))
    return [*{one.id: one for one in found}.values()]
