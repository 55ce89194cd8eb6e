"""Whether two versions share rows, such as training and test data."""

from __future__ import annotations

from collections.abc import Sequence

from dsnb.compare import Options
from dsnb.compare.overlap import Overlap, find_overlap
from dsnb.datasets.comparison import are_still_so, relation_of, table_files
from dsnb.datasets.stores import Stores
from dsnb.errors import TableError
from dsnb.records import Version
from dsnb.settings import read_config


def overlap_versions(
    stores: Stores, first: Version, second: Version, on: Sequence[str] = ()
) -> Overlap:
    """Return which rows two versions share.

    Raises
    ------
    ComparisonError
        When one is no table, or can no longer be read.
    """
    memory = read_config(stores.layout.config)["diff.memory"]
    versions = tuple((version, stores.manifest(version)) for version in (first, second))
    while True:
        found = [table_files(stores, version, manifest) for version, manifest in versions]
        try:
            one, other = (
                relation_of(stores, version, originals.paths, Options(), manifest)
                for (version, manifest), originals in zip(versions, found, strict=True)
            )
            answer = find_overlap(one, other, on, called=(first.ref, second.ref), memory=memory)
        except TableError:
            if are_still_so(stores, versions, found):
                raise
            continue  # one was written, or went, while it was read
        if are_still_so(stores, versions, found):
            return answer
