"""Compare two contents of a dataset, old then new: files, columns, rows, cells.

`compare_files`, `compare_fields` and `compare_rows` each answer one part; a `DatasetDiff` holds
the parts together and is what is shown. `dsnb.compare.meeting` says when two cells are the same.
"""

from dsnb.compare.files import compare_files
from dsnb.compare.options import Options, Tolerance
from dsnb.compare.result import (
    CellChange,
    ColumnChanges,
    DatasetDiff,
    FilePair,
    FilesDiff,
    Gaps,
    NumericShift,
    Renamed,
    Retyped,
    RowsDiff,
    RowsInFull,
    SchemaDiff,
)
from dsnb.compare.rows import compare_frames, compare_rows
from dsnb.compare.schema import compare_columns, compare_fields

__all__ = [
    "CellChange",
    "ColumnChanges",
    "DatasetDiff",
    "FilePair",
    "FilesDiff",
    "Gaps",
    "NumericShift",
    "Options",
    "Renamed",
    "Retyped",
    "RowsDiff",
    "RowsInFull",
    "SchemaDiff",
    "Tolerance",
    "compare_columns",
    "compare_fields",
    "compare_files",
    "compare_frames",
    "compare_rows",
]
