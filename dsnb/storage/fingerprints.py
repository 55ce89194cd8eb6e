"""Fingerprints: what the files below a path hold now, hashing only what may have changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dsnb.records import FileGroup
from dsnb.storage.files import Listing, Stat
from dsnb.storage.hashing import hash_files
from dsnb.storage.manifests import digest_of_files, hash_texts
from dsnb.storage.stats import HASH_BYTES, Remembered, StatCache, clock


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
    part: bool = False,
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
    part
        Whether there may be more files below the path than those listed, as when they come from an
        older version's manifest: what is remembered of the others is then kept.
    progress
        Told how much there is to hash, and then of each piece that is done.

    Raises
    ------
    UnreadableFileError
        When a file cannot be read.
    """
    remembered = cache.load(place) if part or not full else None
    trusted = None if full else remembered
    if trusted is not None and trusted.equals(listing.names, listing.stats):
        return Fingerprint(listing, trusted.hashes, trusted.digest)
    read_at = clock()
    hashes: list[bytes | None] = [None] * len(listing.names)
    if trusted is not None:
        hashes = list(map(trusted.hash_of, listing.names, listing.stats))
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
    listing = replace(listing, stats=stats)
    digest = digest_of_files(listing.names, [found[0] for found in stats], joined)
    if not part:
        cache.save(place, listing.names, stats, joined, digest, read_at)
    elif changed:
        remember(place, listing.names, stats, joined, cache, read_at, remembered)
    return Fingerprint(listing, joined, digest)


def remember(
    place: str,
    names: Sequence[str],
    stats: Sequence[Stat],
    hashes: bytes,
    cache: StatCache,
    read_at: int,
    remembered: Remembered | None,
) -> None:
    """Remember the states of some files below a path beside those that are remembered already.

    Parameters
    ----------
    place, names, stats, hashes, read_at
        As for `StatCache.save`.
    cache
        Where they are remembered.
    remembered
        What it holds of this path.
    """
    if remembered is not None:
        names, stats, hashes = remembered.updated(names, stats, hashes)
    digest = digest_of_files(names, [found[0] for found in stats], hashes)
    cache.save(place, names, stats, hashes, digest, read_at)
