"""Descent: what a version was made from, and what was made from it, among all that is recorded."""

from __future__ import annotations

from dsnb.datasets.inspection import every_version
from dsnb.datasets.stores import Stores
from dsnb.provenance.lineage import Ancestry, Direction, Lineage
from dsnb.records import Version


def find_lineage(
    stores: Stores, version: Version, direction: Direction = "both", depth: int | None = None
) -> Lineage:
    """Return the lineage of a version.

    Parameters
    ----------
    stores
        The workspace's keepers.
    version
        Which one.
    direction
        Whether to follow it to what it was made from, to what was made from it, or both.
    depth
        How many steps; None for all.
    """
    return Ancestry(every_version(stores), stores.catalog.runs()).of(version, direction, depth)
