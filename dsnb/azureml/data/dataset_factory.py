"""Making datasets of paths: `Dataset.File` and `Dataset.Tabular`."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from dsnb.azureml.calling import home, local_workspace, note_making, run_id, sdk_call
from dsnb.azureml.data.abstract_dataset import as_tags, opened
from dsnb.azureml.data.data_reference import DataReference
from dsnb.azureml.data.data_type import DataType, options_for
from dsnb.azureml.data.datapath import DataPath
from dsnb.azureml.data.dataset_error_handling import DatasetValidationError
from dsnb.azureml.data.dataset_type_definitions import PromoteHeadersBehavior
from dsnb.azureml.data.file_dataset import FileDataset
from dsnb.azureml.data.local_datastore import LocalDatastore, files_below
from dsnb.azureml.data.origin import Origin
from dsnb.azureml.data.tabular_dataset import TabularDataset
from dsnb.azureml.exceptions import UserErrorException
from dsnb.datasets.registration import Request
from dsnb.records import Column
from dsnb.refs import ANONYMOUS
from dsnb.storage.discovery import current_folder
from dsnb.tables.formats import Format
from dsnb.tables.options import columns_of_paths
from dsnb.tables.partitions import partitions_of
from dsnb.workspace import Workspace

_ENCODINGS = {
    "utf8": None,
    "utf8bom": "utf-8-sig",
    "iso88591": "iso-8859-1",
    "latin1": "latin-1",
    "ascii": "ascii",
    "utf16": "utf-16",
    "utf32": "utf-32",
    "windows1252": "cp1252",
}
_PARQUET: tuple[Format, ...] = ("parquet",)
_JSON_LINES: tuple[Format, ...] = ("jsonl",)
_HEADERS: dict[PromoteHeadersBehavior, dict[str, str]] = {
    PromoteHeadersBehavior.NO_HEADERS: {"header": "none"},
    PromoteHeadersBehavior.ONLY_FIRST_FILE_HAS_HEADERS: {"header": "first"},
    PromoteHeadersBehavior.COMBINE_ALL_FILES_HEADERS: {},
    PromoteHeadersBehavior.ALL_FILES_HAVE_SAME_HEADERS: {},
}


class FileDatasetFactory:
    """Making datasets of files."""

    @staticmethod
    @sdk_call(DatasetValidationError)
    def from_files(
        path: Any,
        validate: bool = True,
        partition_format: str | None = None,
        is_file: bool = False,
    ) -> FileDataset:
        """Return a dataset of files, which are not recorded before it is registered.

        Parameters
        ----------
        path
            A ``(datastore, path)`` tuple, a `DataPath`, a path of this machine, or a list of
            these. A path is a file, a folder (everything below it) or a pattern.
        validate
            Whether to look now whether there are such files.
        partition_format
            What the files' paths tell, such as ``/{Department}/{Date:yyyy/MM/dd}/data.csv``: a
            text, or a date. It goes from its first key to the end of the path. See
            `get_partition_key_values`.
        is_file
            Whether each path is one file; it makes no difference.

        Raises
        ------
        DatasetValidationError
            When there is no such file, or the path of one does not fit ``partition_format``.
        UserErrorException
            When ``path`` is none of these.
        """
        options = _of_paths(partition_format)
        workspace, paths = _located(path)
        if validate:
            _check(workspace, paths, options, ())
        return FileDataset(Origin(workspace, tuple(paths), options))

    @staticmethod
    @sdk_call(DatasetValidationError)
    def upload_directory(
        src_dir: str,
        target: Any,
        pattern: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> FileDataset:
        """Copy the files below a folder to a datastore, and return the dataset of them.

        Parameters
        ----------
        src_dir
            The folder.
        target
            A datastore, a `DataPath` or a ``(datastore, path)`` tuple.
        pattern
            Which files, by their whole paths, such as ``*.csv``; None takes all.
        overwrite
            Whether files that are there are written over; else they are passed over.
        show_progress
            Has no effect.
        """
        datastore, place = _target(target)
        if not os.path.isdir(src_dir):
            raise UserErrorException(f"There is no folder {src_dir}.")
        files = [
            file
            for file in files_below(os.path.abspath(src_dir))
            if pattern is None or fnmatch.fnmatch(Path(file).as_posix(), pattern)
        ]
        if not files:
            raise UserErrorException(
                f"There is no file {pattern or ''} below {src_dir}, so nothing was copied."
            )
        datastore.upload_files(files, src_dir, place, overwrite)
        return FileDatasetFactory.from_files((datastore, place or ""))


class TabularDatasetFactory:
    """Making datasets that are tables."""

    @staticmethod
    @sdk_call(DatasetValidationError)
    def from_delimited_files(
        path: Any,
        validate: bool = True,
        include_path: bool = False,
        infer_column_types: bool = True,
        set_column_types: Mapping[str, DataType] | None = None,
        separator: str = ",",
        header: bool | str | PromoteHeadersBehavior = True,
        partition_format: str | None = None,
        support_multi_line: bool = False,
        empty_as_string: bool = False,
        encoding: str = "utf8",
    ) -> TabularDataset:
        """Return a table of CSV or TSV files.

        Parameters
        ----------
        path
            As for `FileDatasetFactory.from_files`.
        validate
            Whether to read the first rows now.
        infer_column_types
            Whether types are told from the values; else all columns are text.
        set_column_types
            The types of some columns.
        separator
            What separates the values; ``.tsv`` files are separated by tabs unless it is given.
        include_path
            Whether a first column ``Path`` tells the file of each row, as `to_path` does.
        header
            Whether each file's first line has the names of its columns; with False the columns are
            called Column1, Column2 …. See `PromoteHeadersBehavior` for what else there is.
        partition_format
            What the files' paths tell, such as ``/{Department}/{Date:yyyy/MM/dd}/data.csv``: for
            each key a last column of texts, or of dates.
        support_multi_line
            Has no effect: quoted values may always have line breaks.
        encoding
            Such as ``utf8`` or ``windows1252``.
        empty_as_string
            Whether fields that hold nothing are empty texts, in columns of text, rather than
            missing.

        Raises
        ------
        DatasetValidationError
            When there are no such files, or they are no such table.
        UserErrorException
            When an argument cannot be.
        """
        if not isinstance(separator, str) or not separator:
            raise UserErrorException(f"{separator!r} separates nothing: pass a character.")
        options = options_for(set_column_types, delimited=True) | _encoding(encoding)
        options |= _header(header) | _of_paths(partition_format, include_path)
        if separator != ",":
            options["sep"] = separator
        if empty_as_string:
            options["empty_as_string"] = True
        workspace, paths = _located(path)
        if validate or not infer_column_types:
            columns = _check(workspace, paths, options, ("csv", "tsv"))
            if not infer_column_types:
                others = {*options.get("parse_dates", ()), *options.get("date_formats", ())}
                others.update(columns_of_paths(options))
                text = {one.name: "str" for one in columns if one.name not in others}
                options["dtype"] = {**text, **options.get("dtype", {})}
        return TabularDataset(Origin(workspace, tuple(paths), options))

    @staticmethod
    @sdk_call(DatasetValidationError)
    def from_parquet_files(
        path: Any,
        validate: bool = True,
        include_path: bool = False,
        set_column_types: Mapping[str, DataType] | None = None,
        partition_format: str | None = None,
    ) -> TabularDataset:
        """Return a table of Parquet files, which have their types.

        Parameters
        ----------
        path, validate, include_path, set_column_types, partition_format
            As for `from_delimited_files`.
        """
        options = options_for(set_column_types) | _of_paths(partition_format, include_path)
        return _table(path, validate, options, _PARQUET)

    @staticmethod
    @sdk_call(DatasetValidationError)
    def from_json_lines_files(
        path: Any,
        validate: bool = True,
        include_path: bool = False,
        set_column_types: Mapping[str, DataType] | None = None,
        partition_format: str | None = None,
        invalid_lines: str = "error",
        encoding: str = "utf8",
    ) -> TabularDataset:
        """Return a table of files with one JSON object a line (``.jsonl``, ``.ndjson``).

        Parameters
        ----------
        path, validate, include_path, set_column_types, partition_format, encoding
            As for `from_delimited_files`.
        invalid_lines
            ``error``, or ``drop``: lines that are no JSON objects are left out, and whoever reads
            the table is told how many.
        """
        if invalid_lines not in ("error", "drop"):
            raise UserErrorException(f"invalid_lines is 'error' or 'drop', not {invalid_lines!r}.")
        options = options_for(set_column_types) | _encoding(encoding)
        options |= _of_paths(partition_format, include_path)
        if invalid_lines == "drop":
            options["invalid_lines"] = "drop"
        return _table(path, validate, options, _JSON_LINES)

    @staticmethod
    @sdk_call()
    def register_pandas_dataframe(
        dataframe: Any,
        target: Any,
        name: str,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        show_progress: bool = True,
        row_group_size: int | None = None,
        make_target_path_unique: bool = True,
    ) -> TabularDataset:
        """Keep a table that is in memory as Parquet, and register it; a further version if need be.

        Parameters
        ----------
        dataframe
            A DataFrame of pandas'.
        target
            A datastore, a `DataPath` or a ``(datastore, path)`` tuple: tells the workspace. The
            file lies in the workspace's ``.dsnb/data``, in a folder of its own each time.
        name, description, tags
            As for `register`.
        show_progress, row_group_size, make_target_path_unique
            Have no effect.
        """
        datastore, place = _target(target)
        local = local_workspace(datastore.workspace)
        request = Request(
            name=name, description=description or "", tags=as_tags(tags), run=run_id(local)
        )
        done = local.register_table(dataframe, request)
        note_making(local, done.version)
        if place:
            local.notify(f"{done.ref} is kept in .dsnb/data, and not in {place}.")
        dataset: TabularDataset = opened(local, done.version)
        return dataset


def _table(
    path: Any, validate: bool, options: Mapping[str, Any], formats: Collection[Format]
) -> TabularDataset:
    workspace, paths = _located(path)
    if validate:
        _check(workspace, paths, options, formats)
    return TabularDataset(Origin(workspace, tuple(paths), options))


def _located(path: Any) -> tuple[Workspace | None, list[str]]:
    """Return absolute paths, and the workspace that they were named in, if they were."""
    given = path if isinstance(path, list) else [path]
    if not given:
        raise UserErrorException("No path was named: an empty list holds no data.")
    places = [_place(one) for one in given]
    datastores = [datastore for datastore, _ in places if datastore is not None]
    workspaces = {local.root: local for local in map(_workspace_of, datastores)}
    if len(workspaces) > 1:
        raise UserErrorException("The datastores belong to different workspaces.")
    return next(iter(workspaces.values()), None), [place for _, place in places]


def _place(path: Any) -> tuple[LocalDatastore | None, str]:
    """Return the datastore that a path was named in, and its place on this machine."""
    match path:
        case DataPath() | DataReference():
            return _in(path.datastore, path.path_on_datastore)
        case (LocalDatastore() as datastore, str() | None as below):
            return _in(datastore, below)
        case str() if "://" in path and not path.startswith("file://"):
            raise UserErrorException(
                f"{path} is no path of this machine. Download it to a folder, then name that."
            )
        case str() | os.PathLike() if os.fspath(path):
            typed = os.path.expanduser(os.fspath(path).removeprefix("file://"))
            return None, os.path.join(current_folder(), typed)
    raise UserErrorException(
        f"{path!r} names no data. Pass a (datastore, 'path') tuple, a DataPath, a path of this "
        "machine, or a list of these."
    )


def _in(datastore: Any, below: str | None) -> tuple[LocalDatastore, str]:
    return datastore, datastore.place(below)


def _workspace_of(datastore: LocalDatastore) -> Workspace:
    return local_workspace(datastore.workspace)


def _target(target: Any) -> tuple[LocalDatastore, str | None]:
    match target:
        case LocalDatastore():
            return target, None
        case DataPath(datastore=LocalDatastore() as datastore):
            return datastore, target.path_on_datastore
        case (LocalDatastore() as datastore, str() | None as below):
            return datastore, below
    raise ValueError(f"{target!r} is no place in a datastore: pass (datastore, 'path').")


def _check(
    workspace: Workspace | None,
    paths: Sequence[str],
    options: Mapping[str, Any],
    formats: Collection[Format],
) -> Sequence[Column]:
    local = workspace or Workspace.find(home())
    request = Request(name=ANONYMOUS, options=options)
    return local.check(paths, request, formats) or ()


def _encoding(name: str) -> dict[str, str]:
    if not isinstance(name, str) or name.lower() not in _ENCODINGS:
        raise UserErrorException(
            f"{name!r} is no encoding. The encodings are {', '.join(_ENCODINGS)}."
        )
    found = _ENCODINGS[name.lower()]
    return {} if found is None else {"encoding": found}


def _header(given: object) -> dict[str, str]:
    """Return the reader option for what tells which files have a header."""
    match given:
        case PromoteHeadersBehavior():
            return _HEADERS[given]
        case bool():
            return {} if given else {"header": "none"}
        case str() if given in PromoteHeadersBehavior.__members__:
            return _HEADERS[PromoteHeadersBehavior[given]]
    raise UserErrorException(
        f"header cannot be {given!r}: pass True, False, or one of "
        f"{', '.join(PromoteHeadersBehavior.__members__)}."
    )


def _of_paths(format: str | None, include_path: bool = False) -> dict[str, Any]:
    """Return the reader options for what the files' paths tell."""
    options: dict[str, Any] = {"include_path": True} if include_path else {}
    if format:
        if not isinstance(format, str):
            raise UserErrorException(f"{format!r} is no partition format: pass a text.")
        partitions_of(format)  # a wrong one is told at once
        options["partition_format"] = format
    return options
