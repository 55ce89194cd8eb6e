"""Zstandard, by the library that comes with Python 3.14 and, for older ones, its backport."""

from __future__ import annotations

import sys
from types import ModuleType

Bytes = bytes | bytearray | memoryview

LEVEL = 1
"""Two cores compress several hundred MB a second at this level; tables get hardly smaller above."""
SHORTEST_PREFIX = 8
"""Zstandard takes no prefix of fewer bytes."""


def library() -> ModuleType:
    """Return the module, which is loaded when it is first needed."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def compress(content: Bytes, *, prefix: bytes = b"", level: int = LEVEL) -> bytes:
    """Return one frame that holds a content, with its size and a checksum.

    Parameters
    ----------
    content
        The bytes.
    prefix
        Bytes that the content resembles. What both share is not stored again, and the frame can be
        read only with the same prefix (``zstd -d --patch-from=PREFIX``).
    level
        How hard to try.

    Examples
    --------
    >>> frame = compress(b"one row and another row")
    >>> decompress(frame, 23)
    b'one row and another row'
    """
    zstd = library()
    parameter = zstd.CompressionParameter
    options = {parameter.compression_level: level, parameter.checksum_flag: 1}
    dictionary = None
    if prefix:
        # The window must reach from the end of the content to the start of the prefix, and only
        # long-distance matching remembers all of the prefix at a low level.
        reach = len(prefix) + memoryview(content).nbytes
        options[parameter.window_log] = max(10, reach.bit_length())
        options[parameter.enable_long_distance_matching] = 1
        dictionary = zstd.ZstdDict(prefix, is_raw=True).as_prefix
    compressor = zstd.ZstdCompressor(options=options, zstd_dict=dictionary)
    frame: bytes = compressor.compress(content, compressor.FLUSH_FRAME)
    return frame


def decompress(frame: Bytes, size: int, *, prefix: bytes = b"") -> bytes:
    """Return the content of one frame.

    Parameters
    ----------
    frame
        What `compress` returned.
    size
        Bytes of the content; no more are ever made, whatever the frame says.
    prefix
        The same as when it was compressed.

    Raises
    ------
    ValueError
        When the frame is damaged, cut off, or holds more or less than that.

    Examples
    --------
    >>> decompress(compress(bytes(1_000_000)), 10)
    Traceback (most recent call last):
    ...
    ValueError: it holds more than the 10 bytes it should
    """
    zstd = library()
    options = {}
    dictionary = None
    if prefix:
        reach = (len(prefix) + size).bit_length()
        options[zstd.DecompressionParameter.window_log_max] = max(10, reach)
        dictionary = zstd.ZstdDict(prefix, is_raw=True).as_prefix
    decompressor = zstd.ZstdDecompressor(zstd_dict=dictionary, options=options)
    try:
        content: bytes = decompressor.decompress(frame, max_length=size)
        # A frame whose content is complete still has its end to be read.
        further = b"" if decompressor.eof else decompressor.decompress(b"", max_length=1)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error
    if further:
        raise ValueError(f"it holds more than the {size:,} bytes it should")
    if len(content) != size or not decompressor.eof or decompressor.unused_data:
        raise ValueError(f"it ends before the {size:,} bytes it should hold, or after its frame")
    return content
