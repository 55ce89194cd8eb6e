"""Readers: the functions of libraries that open files by themselves, and what they tell.

What goes through Python's own ``open`` needs nothing here; ``docs/tracing.md`` lists all readers.
A file counts when the function is called that names it. A lazy frame, a relation or a dataset is
therefore an input of the cell that makes it, before anything is collected.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from dsnb.session.diverting import Diversions, Tell
from dsnb.session.places import files_at
from dsnb.session.tracing import MOST, TRACER

_LONGEST = 4096
"""No path is longer; text and bytes may be content instead."""


def _value(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], place: int, name: str, default: Any = None
) -> Any:
    return args[place] if len(args) > place else kwargs.get(name, default)


def _reads(name: str, place: int = 0) -> Tell:
    """Return what hears of an argument that names files to read."""

    def tell(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if TRACER.heeding and not _is_elsewhere(args[place + 1 :], kwargs):
            _saw_reading(_value(args, kwargs, place, name))

    return tell


def _writes(name: str, place: int = 0) -> Tell:
    """Return what hears of an argument that names a file to write."""

    def tell(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if TRACER.heeding and not _is_elsewhere(args[place + 1 :], kwargs):
            for path in _paths(_value(args, kwargs, place, name)):
                TRACER.saw_writing(path, in_folder=True)

    return tell


def _opens(name: str, place: int = 1, mode: str = "r") -> Tell:
    """Return what hears of an argument that names a file, and of the mode that follows it."""

    def tell(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if not TRACER.heeding:
            return
        chosen = _value(args, kwargs, place + 1, "mode", mode) or mode
        source = _value(args, kwargs, place, name)
        if chosen.startswith("r") and "+" not in chosen:
            _saw_reading(source)
            return
        for path in _paths(source):
            TRACER.saw_writing(path, reading=chosen.startswith(("r", "a")))

    return tell


def _queries(place: int) -> Tell:
    """Return what hears of an SQL statement and its parameters."""

    def tell(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        statement = _value(args, kwargs, place, "query")
        sql = getattr(statement, "query", statement)
        if not TRACER.heeding or not isinstance(sql, str):
            return
        from dsnb.session.sql import files_named

        given = kwargs.get("params", kwargs.get("parameters"))
        if given is None and len(args) > place + 1:
            given = args[place + 1]
        named = files_named(sql)
        reads, writes = ([_given(one, given) for one in names] for names in named)
        for one in reads:
            _saw_reading(one)
        for one in writes:
            for path in _paths(one):
                TRACER.saw_writing(path, reading=one in reads, in_folder=True)

    return tell


def _given(named: str | int, parameters: Any) -> Any:
    """Return the path that a statement names, through a parameter if need be."""
    if isinstance(named, int):
        return parameters[named] if isinstance(parameters, list | tuple) else None
    if named.startswith("$") and isinstance(parameters, Mapping):
        return parameters.get(named[1:])
    return named


def _is_elsewhere(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Tell whether paths are those of another file system, which was given with them."""
    for one in (*args, kwargs.get("filesystem")):
        if isinstance(kind := getattr(one, "type_name", None), str):  # pyarrow
            return kind != "local"
        if isinstance(names := getattr(one, "protocol", None), str | tuple):  # fsspec
            return "file" not in names
    return False


def _paths(value: Any) -> Iterator[str]:
    """Yield the paths in what a reader is given, which may be a path, a URL or a list of them."""
    if isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _paths(one)
    elif isinstance(value, os.PathLike) or (
        isinstance(value, str | bytes) and 0 < len(value) <= _LONGEST
    ):
        path = os.fsdecode(value)
        if path.startswith("file:"):
            from urllib.parse import unquote, urlsplit

            path = unquote(urlsplit(path).path)
        if "://" not in path:
            yield os.path.expanduser(path) if path.startswith("~") else path


def _saw_reading(value: Any) -> None:
    for path in _paths(value):
        # A name that has a star in it, and is there, is meant as it stands.
        missing = glob.has_magic(path) and not os.path.exists(path)
        for one in glob.iglob(path, recursive=True) if missing else (path,):
            for file, found in islice(files_at(one), MOST):
                TRACER.saw_reading(file, found)


def _of_polars() -> Iterator[tuple[str, Tell]]:
    for kind in ("csv", "parquet", "ipc", "ndjson", "lines"):
        yield f"read_{kind}", _reads("source")
        yield f"scan_{kind}", _reads("source")
    for kind in ("json", "avro", "excel", "ods", "ipc_stream", "csv_batched"):
        yield f"read_{kind}", _reads("source")
    yield "sql", _queries(0)
    yield "SQLContext.execute", _queries(1)
    for kind in ("csv", "parquet", "ipc", "ipc_stream", "json", "ndjson", "avro"):
        yield f"DataFrame.write_{kind}", _writes("file", 1)
    for kind in ("csv", "parquet", "ipc", "ndjson"):
        yield f"LazyFrame.sink_{kind}", _writes("path", 1)


def _of_duckdb() -> Iterator[tuple[str, Tell]]:
    readers = {
        "read_csv": "path_or_buffer",
        "from_csv_auto": "path_or_buffer",
        "read_json": "path_or_buffer",
        "read_parquet": "path_or_buffer",
        "from_parquet": "path_or_buffer",
    }
    yield "connect", _opens("database", 0, "a")
    for name, argument in readers.items():
        yield name, _reads(argument)
        yield f"DuckDBPyConnection.{name}", _reads(argument, 1)
    for name in ("sql", "query", "from_query", "execute", "executemany"):
        yield name, _queries(0)
        yield f"DuckDBPyConnection.{name}", _queries(1)
    for name in ("to_csv", "write_csv", "to_parquet", "write_parquet"):
        yield f"DuckDBPyRelation.{name}", _writes("file_name", 1)


READERS = Diversions(
    {
        "pyarrow": [
            ("memory_map", _opens("path", 0)),
            ("input_stream", _reads("source")),
            ("output_stream", _writes("source")),
        ],
        "pyarrow.ipc": [("open_file", _reads("source")), ("open_stream", _reads("source"))],
        "pyarrow.csv": [
            ("read_csv", _reads("input_file")),
            ("open_csv", _reads("input_file")),
            ("write_csv", _writes("output_file", 1)),
        ],
        "pyarrow.json": [("read_json", _reads("input_file")), ("open_json", _reads("input_file"))],
        "pyarrow.feather": [
            ("read_table", _reads("source")),
            ("read_feather", _reads("source")),
            ("write_feather", _writes("dest", 1)),
        ],
        "pyarrow.orc": [
            ("ORCFile.__init__", _reads("source", 1)),
            ("read_table", _reads("source")),
            ("ORCWriter.__init__", _writes("where", 1)),
        ],
        "pyarrow.parquet": [
            ("ParquetFile.__init__", _reads("source", 1)),
            ("ParquetDataset.__init__", _reads("path_or_paths", 1)),
            ("read_metadata", _reads("where")),
            ("read_schema", _reads("where")),
            ("ParquetWriter.__init__", _writes("where", 1)),
        ],
        "pyarrow.dataset": [
            ("dataset", _reads("source")),
            ("write_dataset", _writes("base_dir", 1)),
        ],
        # It opens what it writes with pyarrow.OSFile, a class that cannot be made to tell.
        "pandas": [("read_parquet", _reads("path")), ("DataFrame.to_parquet", _writes("path", 1))],
        "polars": list(_of_polars()),
        "duckdb": list(_of_duckdb()),
        "h5py": [("File.__init__", _opens("name"))],
        "tables": [("File.__init__", _opens("filename"))],
        "netCDF4": [("Dataset.__init__", _opens("filename"))],
    }
)
"""What is diverted: the libraries' modules, and in each the functions that open files."""
