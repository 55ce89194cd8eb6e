"""Describing a table at registration: its columns and, where that is cheap, its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsnb.errors import TableError
from dsnb.records import Column
from dsnb.tables.columns import columns_of
from dsnb.tables.filecolumns import FileName
from dsnb.tables.formats import TEXT, Format
from dsnb.tables.reading import EVERYTHING, as_read, read_sample, read_table

if TYPE_CHECKING:
    import pandas as pd

# Up to here all of a table is parsed, which takes a fraction of a second; beyond, the first
# rows tell the columns and nobody waits for a count.
WHOLE_BYTES = 16 << 20
WHOLE_FILES = 64
_SAMPLED_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a table without loading it.

    Attributes
    ----------
    columns
        Names and types; None when finding out would take long.
    rows
        Number of rows; None when counting would take long.
    whole
        The table itself, when all of it was read.
    """

    columns: tuple[Column, ...] | None
    rows: int | None
    whole: pd.DataFrame | None = None


def describe(
    paths: Sequence[str],
    format: Format,
    options: Mapping[str, Any],
    size: int,
    names: Sequence[FileName] = (),
) -> Description:
    """Describe the table in some files.

    Parameters
    ----------
    paths, format, options
        As for `read_table`.
    size
        Bytes in all files together.
    names
        As for `read_table`.

    Raises
    ------
    TableError
        When a file that was looked at cannot be read as such a table.
    """
    if size <= WHOLE_BYTES and len(paths) <= WHOLE_FILES:
        whole = read_table(paths, format, options, EVERYTHING, names=names)
        return Description(columns_of(whole), len(whole), whole)
    if format == "parquet":
        return _describe_parquet(paths, options, names)
    if format in TEXT and format != "json":
        sample = read_sample(paths[0], format, options, _SAMPLED_ROWS, names)
        return Description(columns_of(sample), None)
    return Description(None, None)


def _describe_parquet(
    paths: Sequence[str], options: Mapping[str, Any], names: Sequence[FileName]
) -> Description:
    import pyarrow
    import pyarrow.parquet

    counts: list[int] = []
    empty = None
    try:
        # The footers tell the rows; of thousands of files, the first alone is opened.
        for path in paths if len(paths) <= WHOLE_FILES else paths[:1]:
            with pyarrow.parquet.ParquetFile(path) as file:
                counts.append(file.metadata.num_rows)
                if empty is None:
                    empty = file.schema_arrow.empty_table().to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise TableError(
            f"{path} cannot be read as parquet: {str(error).splitlines()[0][:300]}.",
            hint="Check the file, or register it as files with --kind file.",
        ) from error
    assert empty is not None
    empty = as_read(empty, paths[0], options, names)
    return Description(columns_of(empty), sum(counts) if len(counts) == len(paths) else None)
