"""Parsed tables of text files, kept in the user's cache folder as Arrow files.

A file of the cache is named after what was parsed and how (see `key_of`) and after the BLAKE3 of
its own bytes, so that damage is noticed. It is only ever replaced by rename, and what a frame needs
of it is copied while the frame is made: nothing that happens to the cache later reaches the frame.
"""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnb.errors import DsnbError
from dsnb.storage.hashing import hash_files
from dsnb.storage.snapshots.newfile import new_file
from dsnb.tables import cachefiles
from dsnb.tables.formats import Format
from dsnb.tables.identity import are_identical

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

CACHED: frozenset[Format] = frozenset({"csv", "tsv", "json", "jsonl", "excel"})
"""The formats that are parsed, and so worth keeping parsed."""

_EDITION = 2
"""Raised whenever the same text would be read into another frame, or kept in another way."""
_OURS = b"dsnb"
_REFUSED = "none"
_MADE_UP = re.compile(r"\.\d+$|^Unnamed: ")
_OPTIONS_OF_PANDAS = ("mode.string_storage", "io.excel.xlsx.reader")


@dataclass(frozen=True, slots=True)
class Text:
    """A file in a text format: what it holds, and how it is read.

    Attributes
    ----------
    path
        Where it lies on this machine.
    hash
        BLAKE3 of its content, 64 hexadecimal digits, as the manifest has it.
    format
        What it is.
    options
        Reader options.
    """

    path: str
    hash: str
    format: Format
    options: Mapping[str, Any]


def key_of(text: Text) -> str:
    """Return the name under which the table of a file is kept, whatever the file is called.

    Content, format, reader options, and the libraries that read it all have their part in it.

    Examples
    --------
    >>> one = key_of(Text("a.csv", "0" * 64, "csv", {}))
    >>> one == key_of(Text("b.csv", "0" * 64, "csv", {})), len(one)
    (True, 64)
    >>> one == key_of(Text("a.csv", "0" * 64, "csv", {"sep": ";"}))
    False
    """
    from blake3 import blake3

    # pandas tells by the end of the name how a file is packed.
    ending = os.path.splitext(text.path)[1].lower()
    whose = os.getuid() if hasattr(os, "getuid") else 0  # nobody trusts the files of others
    parts = [text.hash, text.format, ending, dict(text.options), *_libraries(), _settings(), whose]
    if text.format == "excel":
        parts.append(_release_of_excels_reader())
    return blake3(json.dumps(parts, sort_keys=True, default=repr).encode()).hexdigest()


def find(text: Text) -> Path | None:
    """Return the cache file that holds the parsed table of a file, None when there is none.

    A file that is damaged is removed. Each file's bytes are checked when a process first meets it,
    and again when its size or time is another.
    """
    key = key_of(text)
    for name, path in cachefiles.named(key):
        if name == _REFUSED:
            continue
        with suppress(OSError, DsnbError):
            if cachefiles.is_whole(path, name):
                return path
            path.unlink()
    return None


def is_settled(text: Text) -> bool:
    """Tell whether the table of a file is kept already, or is known to be none that can be."""
    return any(True for _ in cachefiles.named(key_of(text)))


def open_table(path: Path, *, mapped: bool = False) -> pyarrow.Table:
    """Return a cache file's table: what `pyarrow.Table.from_pandas` makes of the frame.

    Parameters
    ----------
    path
        As `find` returned it.
    mapped
        Whether to map the file into memory rather than read it. That costs next to nothing, and is
        for what is looked at and let go: who truncates the file kills those who have it mapped.

    Raises
    ------
    OSError
        When it went meanwhile.
    """
    import pyarrow.ipc

    opened = pyarrow.memory_map if mapped else pyarrow.OSFile
    return _without_ours(pyarrow.ipc.open_file(opened(str(path))).read_all())[0]


def open_frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame | None:
    """Return a cache file's frame, writable and independent of the file and of other frames.

    Parameters
    ----------
    path
        As `find` returned it.
    columns
        Names of the columns wanted, in their order; None for all.

    Returns
    -------
    pandas.DataFrame or None
        None when it is not certain that a reader asked for these columns alone would give the same.

    Raises
    ------
    OSError
        When it went meanwhile.
    """
    import pyarrow
    import pyarrow.ipc

    with pyarrow.memory_map(str(path)) as mapped:
        whole = pyarrow.ipc.open_file(mapped).read_all()
        schema = whole.schema
        if columns is not None and not _can_be_chosen(schema, columns):
            return None
        names = None if columns is None else frozenset(columns)
        wanted = [
            index for index, name in enumerate(schema.names) if names is None or name in names
        ]
        table = whole.select(wanted)
        # pandas copies plain numbers out of the mapped file. The rest it may use as it lies in
        # memory, which must be this process's own, whatever becomes of the file.
        others = [index for index in wanted if not _is_plain_number(schema, index)]
        if others:
            options = pyarrow.ipc.IpcReadOptions(included_fields=others)
            with pyarrow.OSFile(str(path)) as file:
                own = pyarrow.ipc.open_file(file, options=options).read_all()
            for index, values in zip(others, own.columns, strict=True):
                table = table.set_column(wanted.index(index), schema.field(index), values)
        frame = _to_pandas(table, wanted)
        del whole, table
    return frame if columns is None else frame[list(columns)]


def store(text: Text, frame: pd.DataFrame) -> Path | None:
    """Keep the table of a file, having read it back and compared.

    Parameters
    ----------
    text
        The file that was parsed.
    frame
        What it was parsed into; nobody may change it meanwhile.

    Returns
    -------
    pathlib.Path or None
        The cache file. None when Arrow cannot hold the very same frame: that is noted, so that
        nobody tries again.

    Raises
    ------
    OSError
        When the disk refuses; nothing is left behind then.
    """
    import pyarrow
    import pyarrow.ipc

    folder, rest = cachefiles.place(key_of(text))
    with new_file(folder) as file, cachefiles.unfinished(file.path):
        try:
            table = _to_arrow(frame)
            with (
                pyarrow.OSFile(str(file.path), "wb") as sink,
                pyarrow.ipc.new_file(sink, table.schema) as writer,
            ):
                writer.write_table(table)
            again = open_frame(file.path)
            same = again is not None and are_identical(again, frame)
        except OSError:
            raise
        except Exception:
            same = False  # what the two libraries raise for what Arrow cannot hold has no base
        if not same:
            file.restart()
            file.publish(folder / f"{rest}.{_REFUSED}", mode=cachefiles.PRIVATE, durable=False)
            return None
        [(digest, _)] = hash_files([str(file.path)], sizes=[os.path.getsize(file.path)])
        path = folder / f"{rest}.{digest.hex()}"
        file.publish(path, mode=cachefiles.PRIVATE, durable=False)
    cachefiles.trust(path)
    for _, other in cachefiles.named(key_of(text)):
        if other != path:  # such as one that this user may not trust, or that cannot be read
            with suppress(OSError):
                other.unlink()
    return path


def _to_arrow(frame: pd.DataFrame) -> pyarrow.Table:
    """Return a frame as an Arrow table, noting what pandas would take for another thing there.

    Those are columns of objects, with what stands for missing in them, and times in Python's UTC.
    """
    import pyarrow

    table = pyarrow.Table.from_pandas(frame)
    objects: list[tuple[int, bool]] = []
    utc: list[int] = []
    for position, (_, column) in enumerate(frame.items()):
        if column.dtype == object:
            objects.append((position, any(type(value) is float for value in column.array)))
        elif getattr(column.dtype, "tz", None) is UTC:
            utc.append(position)
    note = json.dumps({"objects": objects, "utc": utc}).encode()
    return table.replace_schema_metadata({**table.schema.metadata, _OURS: note})


def _to_pandas(table: pyarrow.Table, wanted: Sequence[int]) -> pd.DataFrame:
    """Return the frame of a table, or of some columns of it, that shares no memory with it.

    Texts are an exception: Arrow's are never changed in place.
    """
    import numpy as np
    import pandas as pd

    table, note = _without_ours(table)
    objects, utc = dict(note["objects"]), frozenset(note["utc"])
    frame: pd.DataFrame = table.to_pandas()
    for position, index in enumerate(wanted[: frame.shape[1]]):
        column = frame.iloc[:, position]
        if index in objects:
            values = column.to_numpy(dtype=object, copy=True)
            values[pd.isna(values)] = np.nan if objects[index] else None
            # An array, even one of objects, would be looked at, and texts become texts of pandas'.
            plain: Any = pd.Series(values, frame.index, dtype=object)
            frame.isetitem(position, plain)
        elif index in utc:
            frame.isetitem(position, column.dt.tz_convert(UTC).array)
        elif isinstance(column.dtype, pd.CategoricalDtype):
            frame.isetitem(position, column.array.copy())
    return frame


def _without_ours(table: pyarrow.Table) -> tuple[pyarrow.Table, dict[str, Any]]:
    """Return a table without our own note, and what that says."""
    metadata = dict(table.schema.metadata)
    note: dict[str, Any] = json.loads(metadata.pop(_OURS))
    return table.replace_schema_metadata(metadata), note


def _is_plain_number(schema: pyarrow.Schema, index: int) -> bool:
    import numpy as np

    described = schema.pandas_metadata["columns"][index]
    try:
        return np.dtype(described["numpy_type"]).kind in "iufb"
    except TypeError:
        return False  # a type that only pandas has


def _can_be_chosen(schema: pyarrow.Schema, columns: Sequence[str]) -> bool:
    """Tell whether a reader asked for these columns alone would give them as they are here.

    Not where the file has more values than names, or the same name twice, which pandas numbers.
    """
    return (
        bool(columns)
        and is_plainly_numbered(schema)
        and set(columns) <= set(schema.names)
        and not any(map(_MADE_UP.search, schema.names))
    )


def is_plainly_numbered(schema: pyarrow.Schema) -> bool:
    """Tell whether the frame that a schema describes has nameless numbers from 0 for an index."""
    described = schema.pandas_metadata["index_columns"]
    return [
        (index["name"], index["start"], index["step"]) if isinstance(index, dict) else index
        for index in described
    ] == [(None, 0, 1)]


@cache
def _libraries() -> tuple[str, ...]:
    import numpy as np
    import pandas as pd
    import pyarrow

    return (
        f"dsnb {_EDITION}",
        f"python {sys.version}",
        f"pandas {pd.__version__}",
        f"numpy {np.__version__}",
        f"pyarrow {pyarrow.__version__}",
        sysconfig.get_platform(),
    )


@cache
def _release_of_excels_reader() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("openpyxl")
    except PackageNotFoundError:
        return ""


def _settings() -> list[str]:
    """Return what the user set of pandas that bears on how it reads."""
    import pandas as pd

    # What texts become is an option of which newer releases warn whoever asks for it.
    found = [repr(pd.Series(["text"]).dtype)]
    for name in _OPTIONS_OF_PANDAS:
        with suppress(KeyError, AttributeError):  # an option that this release does not have
            found.append(f"{name} {pd.get_option(name)}")
    return found
