"""Cloning: a copy that shares its bytes on disk with the file until one of the two is changed."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

_FICLONE = 0x40049409


def clone(source: BinaryIO, target: BinaryIO) -> bool:
    """Make an empty file a clone of another one, where the file system can.

    Parameters
    ----------
    source
        The file, open for reading.
    target
        An empty file, open for writing.

    Returns
    -------
    bool
        Whether it is a clone now; if not, the target is as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
    ...     clone(source, target) in (True, False)
    True
    """
    # macOS clones only to a name that does not exist, so that nothing could guard the new file.
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except OSError:
        os.ftruncate(target.fileno(), 0)
        return False
    return True
