"""The content that a definition has on disk now: its files, their hashes, what kind they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from dsnb.datasets.stores import Stores
from dsnb.errors import EmptySourceError, SourceError
from dsnb.records import Definition, Kind, Manifest, Source
from dsnb.storage.drift import places_of
from dsnb.storage.files import Listing, find_files
from dsnb.storage.fingerprints import Fingerprint, fingerprint
from dsnb.storage.manifests import digest_of_groups
from dsnb.tables.formats import Format, common_format


@dataclass(frozen=True)
class Content:
    """What the files of a definition hold.

    Attributes
    ----------
    definition
        The paths.
    fingerprints
        Of each path, in order.
    digest
        Over all of them.
    """

    definition: Definition
    fingerprints: tuple[Fingerprint, ...]
    digest: str

    @cached_property
    def format(self) -> Format | None:
        """The one table format that all files have, or None."""
        return _format_of([one.listing for one in self.fingerprints])

    @property
    def kind(self) -> Kind:
        """``tabular`` when all files are of one table format."""
        return "file" if self.format is None else "tabular"

    @property
    def paths(self) -> list[str]:
        """The files on this machine, in order."""
        return [
            os.path.join(one.listing.base, *name.split("/"))
            for one in self.fingerprints
            for name in one.listing.names
        ]

    @property
    def files(self) -> int:
        """Number of files."""
        return sum(len(one.listing.names) for one in self.fingerprints)

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(sum(one.sizes) for one in self.fingerprints)

    @property
    def skipped(self) -> int:
        """Number of hidden or junk names that were passed over."""
        return sum(one.listing.skipped for one in self.fingerprints)

    def manifest(self, stores: Stores) -> Manifest:
        """Return the file list that records this content."""
        groups = []
        for one, source in zip(self.fingerprints, self.definition.sources, strict=True):
            groups.append(one.group(source.datastore, base_of(stores, source, one.listing)))
        return Manifest(tuple(groups))


def base_of(stores: Stores, source: Source, listing: Listing) -> str:
    """Return the folder of a path's files, below the root of its datastore."""
    root = stores.datastores.path(source.datastore, ".")
    return os.path.relpath(listing.base, root).replace(os.sep, "/")


def find_content(stores: Stores, definition: Definition) -> Content:
    """Return what a definition's files hold now, hashing those that may have changed.

    Raises
    ------
    SourceError
        When a path is missing, empty or cannot be read.
    """
    places = places_of(definition, stores.datastores)
    listings = find_listings(stores, definition)
    fingerprints = tuple(
        fingerprint(place, listing, stores.stats, progress=stores.progress)
        for place, listing in zip(places, listings, strict=True)
    )
    digest = digest_of_groups(one.digest for one in fingerprints)
    return Content(definition, fingerprints, digest)


def find_listings(stores: Stores, definition: Definition) -> list[Listing]:
    """Return the files that each path of a definition stands for now, without reading any.

    Raises
    ------
    SourceError
        When a path is missing, empty or cannot be read.
    """
    places = places_of(definition, stores.datastores)
    listings = [
        find_files(place, str(source), include_hidden=definition.include_hidden)
        for place, source in zip(places, definition.sources, strict=True)
    ]
    for place, listing in zip(places, listings, strict=True):
        stores.reach.admits(place, listing.base, listing.names)  # says what lies elsewhere
    listings = _taken(listings, definition, places)
    for listing, source in zip(listings, definition.sources, strict=True):
        if not listing.names:
            raise EmptySourceError(
                f"{source} adds no file: all it holds is named before, or hidden.",
                hint="Leave it out, or add --include-hidden.",
            )
    return listings


def find_news(stores: Stores, definition: Definition, manifest: Manifest) -> tuple[str, ...]:
    """Return the files that a definition would take now and that are not in its manifest.

    A path that is gone or empty has no news: the drift says so. One outside the workspace that was
    never used is not searched in passing.
    """
    places = places_of(definition, stores.datastores)
    listings = []
    for place, source in zip(places, definition.sources, strict=True):
        listing = Listing(place, [], [])
        if stores.reach.walks(place):
            with suppress(SourceError):
                listing = find_files(place, str(source), include_hidden=definition.include_hidden)
        listings.append(listing)
    known = {(file.datastore, file.path) for file in manifest.files}
    return tuple(
        group.path(name)
        for group, listing in zip(
            manifest.groups, _taken(listings, definition, places), strict=True
        )
        for name in listing.names
        if (group.datastore, group.path(name)) not in known
    )


def _taken(listings: list[Listing], definition: Definition, places: Sequence[str]) -> list[Listing]:
    """Leave out what is not to be taken: a file named before, and markers beside tables."""
    listings = _each_file_once(listings)
    return listings if definition.include_hidden else _without_markers(listings, places)


def _without_markers(listings: Sequence[Listing], places: Sequence[str]) -> list[Listing]:
    """Leave out ``_SUCCESS`` and its kind, which writers of tables put beside the data.

    A file that was named itself is always taken.
    """
    # One look at all names together, as of a hundred thousand usually none is a marker.
    if not any("/_" in "/" + "\0/".join(listing.names) for listing in listings):
        return list(listings)
    kept = []
    for listing, place in zip(listings, places, strict=True):
        markers = {
            name
            for name in listing.names
            if (name[0] == "_" or "/_" in name) and os.path.join(listing.base, name) != place
        }
        kept.append(listing.without(markers) if markers else listing)
    return list(listings) if _format_of(kept) is None else kept


def _each_file_once(listings: list[Listing]) -> list[Listing]:
    """Leave out of each listing the files that an earlier one names already."""
    if len(listings) == 1:
        return listings
    seen: set[str] = set()
    kept = []
    for listing in listings:
        paths = [os.path.join(listing.base, name) for name in listing.names]
        again = {name for name, path in zip(listing.names, paths, strict=True) if path in seen}
        seen.update(paths)
        kept.append(listing.without(again) if again else listing)
    return kept


def _format_of(listings: Sequence[Listing]) -> Format | None:
    return common_format([name for listing in listings for name in listing.names])
