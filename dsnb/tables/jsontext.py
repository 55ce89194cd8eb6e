"""Reading JSON: with the types that it has, and without damaged lines where that is asked for."""

from __future__ import annotations

import inspect
import io
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def read_json(
    path: str,
    *,
    lines: bool,
    invalid_lines: str = "error",
    encoding: str | None = None,
) -> tuple[pd.DataFrame, int]:
    """Return what pandas reads of a file, and how many lines were left out of it.

    Parameters
    ----------
    path
        The file.
    lines
        Whether it has one object a line.
    invalid_lines
        ``drop`` leaves out lines that are none.
    encoding
        None is UTF-8.
    """
    import pandas as pd

    source: Any = path
    lost = 0
    if invalid_lines == "drop":
        source, lost = _valid_lines(path, encoding or "utf-8")
        if not source.getvalue():
            raise ValueError("none of its lines is a JSON object")
    given: dict[str, Any] = {"encoding": encoding}
    # Where this has a default of its own, dates are not covered by dtype; later it is deprecated.
    convert_dates = inspect.signature(pd.read_json).parameters.get("convert_dates")
    if convert_dates is not None and convert_dates.default is True:
        given["convert_dates"] = False
    # Left to itself, pandas would turn the text 00501 into a number.
    frame = pd.read_json(source, lines=lines, dtype=False, convert_axes=False, **given)
    if not isinstance(frame, pd.DataFrame):
        raise ValueError("it holds no records")
    if all(map(_is_number, frame.index)):
        frame.index = frame.index.astype("int64")  # JSON has no other keys than texts
    return frame, lost


def _valid_lines(path: str, encoding: str) -> tuple[io.StringIO, int]:
    """Return the lines of a file that are JSON objects, and how many others there are."""
    kept, lost = io.StringIO(), 0
    # What cannot be decoded becomes lone surrogates, which damage just the line that they are in.
    with _opened(path)(path, "rt", encoding=encoding, errors="surrogateescape") as lines:
        for line in lines:
            if _is_object(line):
                kept.write(line if line.endswith("\n") else f"{line}\n")
            elif line.strip():
                lost += 1
    kept.seek(0)
    return kept, lost


def _opened(path: str) -> Callable[..., Any]:
    """Return what opens a file, which its name tells to be packed or not."""
    import bz2
    import gzip
    import lzma

    from dsnb.storage.compression import library

    opening: dict[str, Callable[..., Any]] = {
        ".gz": gzip.open,
        ".bz2": bz2.open,
        ".xz": lzma.open,
        ".zst": library().open,
    }
    return opening.get(os.path.splitext(path)[1].lower(), open)


def _is_object(line: str) -> bool:
    try:
        line.encode()
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_number(label: object) -> bool:
    return isinstance(label, str) and label.isdecimal() and str(int(label)) == label
