"""Compare two contents of a dataset, old then new: files, columns, rows, cells.

`compare_files`, `compare_columns` and `compare_rows` each answer one part; a `DatasetDiff` holds
the parts together and is what is shown. `dsnb.compare.equality` says when two cells are the same.
"""

from dsnb.compare.files import compare_files
from dsnb.compare.result import (
    CellChange,
    DatasetDiff,
    FilePair,
    FilesDiff,
    Retyped,
    RowsDiff,
    RowsInFull,
    SchemaDiff,
)
from dsnb.compare.rows import compare_rows
from dsnb.compare.schema import compare_columns

__all__ = [
    "CellChange",
    "DatasetDiff",
    "FilePair",
    "FilesDiff",
    "Retyped",
    "RowsDiff",
    "RowsInFull",
    "SchemaDiff",
    "compare_columns",
    "compare_files",
    "compare_rows",
]
