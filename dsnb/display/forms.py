"""Every form that a result can be shown in; importing this makes results show themselves."""

from __future__ import annotations

from dsnb.display import (
    diffs,
    house,
    keeping,
    lineages,
    migrations,
    models,
    notebooks,
    origins,
    overlaps,
    pipelines,
    profiles,
    rundiffs,
    runs,
    versions,
)

__all__ = [
    "diffs",
    "house",
    "keeping",
    "lineages",
    "migrations",
    "models",
    "notebooks",
    "origins",
    "overlaps",
    "pipelines",
    "profiles",
    "rundiffs",
    "runs",
    "versions",
]
