"""Fingerprints: what the files below a path hold now, hashing only what may have changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from dsnb.records import FileGroup
from dsnb.storage.files import Listing, Stat
from dsnb.storage.hashing import hash_files
from dsnb.storage.manifests import digest_of_files, hash_texts
from dsnb.storage.stats import HASH_BYTES, StatCache, clock


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The content of the files below one path.

    Attributes
    ----------
    listing
        The files.
    hashes
        BLAKE3 of each, 32 bytes, one after another.
    digest
        Over names, sizes and hashes.
    """

    listing: Listing
    hashes: bytes
    digest: bytes

    @property
    def sizes(self) -> list[int]:
        """Bytes of each file."""
        return [found[0] for found in self.listing.stats]

    def group(self, datastore: str, base: str) -> FileGroup:
        """Return the part of a manifest that records these files.

        Parameters
        ----------
        datastore, base
            The listing's base folder, as a portable path.
        """
        return FileGroup(
            datastore,
            base,
            tuple(self.listing.names),
            tuple(self.sizes),
            hash_texts(self.hashes),
        )


Progress = Callable[[int, int], Callable[[int], None]]
"""Given a number of files and their bytes, returns what is told of further bytes done."""


def quiet(files: int, size: int) -> Callable[[int], None]:
    """Show no progress."""
    return lambda count: None


def fingerprint(
    place: str,
    listing: Listing,
    cache: StatCache,
    *,
    full: bool = False,
    progress: Progress = quiet,
) -> Fingerprint:
    """Return the content of the files below a path.

    Parameters
    ----------
    place
        The path that was listed, absolute: the key of what is remembered.
    listing
        The files.
    cache
        The remembered states.
    full
        Whether to hash every file, whatever is remembered.
    progress
        Told how much there is to hash, and then of each piece that is done.

    Raises
    ------
    UnreadableFileError
        When a file cannot be read.
    """
    remembered = None if full else cache.load(place)
    if remembered is not None and remembered.equals(listing.names, listing.stats):
        return Fingerprint(listing, remembered.hashes, remembered.digest)
    read_at = clock()
    hashes: list[bytes | None] = [None] * len(listing.names)
    if remembered is not None:
        hashes = list(map(remembered.hash_of, listing.names, listing.stats))
    changed = [index for index, known in enumerate(hashes) if known is None]
    paths = [os.path.join(listing.base, listing.names[index]) for index in changed]
    stats: list[Stat] = list(listing.stats)
    if paths:
        sizes = [stats[index][0] for index in changed]
        hashed = hash_files(paths, progress(len(paths), sum(sizes)), sizes)
        for index, (digest_of_file, found) in zip(changed, hashed, strict=True):
            hashes[index] = digest_of_file
            stats[index] = found
    joined = b"".join(known for known in hashes if known is not None)
    assert len(joined) == HASH_BYTES * len(stats)
    listing = Listing(listing.base, listing.names, stats, listing.skipped)
    digest = digest_of_files(listing.names, [found[0] for found in stats], joined)
    cache.save(place, listing.names, stats, joined, digest, read_at)
    return Fingerprint(listing, joined, digest)
