"""Snapshots: the bytes of versions, kept by their hash so that nothing can change them.

Each content is kept once, in one of these files of the store (``.dsnb/objects``):

``ab/cdef….zst``
    compressed, by itself: ``zstd -d`` gives it back.
``ab/cdef….delta``
    compressed against a content that it resembles; see `dsnb.storage.snapshots.index`.
``ab/cdef….raw``
    as it is: a clone, where the file system makes those for free.
``packs/….pack``
    many small contents in one file, whose own hash is its name.

No file is ever linked to one that the user can write to, and whatever is read is compared with its
hash before it appears anywhere.
"""

from dsnb.storage.snapshots.store import Kept, SnapshotStore
from dsnb.storage.snapshots.sweeping import Swept
from dsnb.storage.snapshots.writing import ToKeep

__all__ = ["Kept", "SnapshotStore", "Swept", "ToKeep"]
