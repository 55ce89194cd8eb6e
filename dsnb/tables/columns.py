"""The columns of a DataFrame: its own, and its index where that holds data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnb.records import Column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return the columns of a frame, with its index where that holds data.

    Labels that are no strings are named by their text, as they would be in a file.

    Parameters
    ----------
    frame
        Any frame; see `with_index_as_columns` for what becomes of its index.

    Examples
    --------
    >>> import pandas as pd
    >>> columns_of(pd.DataFrame({"temp": [78.1], 2013: [7]}))
    (Column(name='temp', type='float64'), Column(name='2013', type='int64'))
    """
    flat = with_index_as_columns(frame)
    return tuple(
        Column(str(label), str(dtype))
        for label, dtype in zip(flat.columns, flat.dtypes, strict=True)
    )


def with_index_as_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its index turned into leading columns, where the index holds data.

    An unnamed index of integers numbers the rows: filtering, sorting and concatenating leave one
    behind, files never hold it, and it is dropped. Any other index becomes columns: one for each
    level, named as the level, else ``index`` (one level) or ``level_0``, ``level_1`` …. A level
    that merely repeats a column of its own name is dropped.

    Parameters
    ----------
    frame
        Any frame. It is not changed.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"temp": [78.1, 78.9]}, index=pd.Index(["EWR", "JFK"], name="origin"))
    >>> list(with_index_as_columns(frame))
    ['origin', 'temp']
    >>> list(with_index_as_columns(frame.reset_index(drop=True)[1:]))
    ['temp']
    """
    import pandas as pd

    index = frame.index
    flat = frame.reset_index(drop=True)
    if _numbers_rows(index):
        return flat
    levels = []
    for position in range(index.nlevels):
        values = index.get_level_values(position)
        label = values.name
        if label is None:
            label = "index" if index.nlevels == 1 else f"level_{position}"
        elif label in frame.columns and _repeats(values, frame[label]):
            continue
        levels.append((label, values))
    for label, values in reversed(levels):
        flat.insert(0, label, pd.Series(values), allow_duplicates=True)
    return flat


def is_plainly_numbered(frame: pd.DataFrame) -> bool:
    """Tell whether the index is the one that a new frame gets: nameless numbers from 0.

    Examples
    --------
    >>> import pandas as pd
    >>> is_plainly_numbered(pd.DataFrame({"temp": [78.1]}))
    True
    """
    import pandas as pd

    return isinstance(frame.index, pd.RangeIndex) and frame.index.name is None


def _numbers_rows(index: pd.Index) -> bool:
    import pandas as pd

    if index.nlevels > 1 or index.name is not None:
        return False
    return len(index) == 0 or pd.api.types.is_integer_dtype(index.dtype)


def _repeats(values: pd.Index, column: pd.DataFrame | pd.Series) -> bool:
    import pandas as pd

    # A label that several columns share gives a frame here, which no level can repeat.
    return isinstance(column, pd.Series) and pd.Index(column).equals(values)


def index_levels(schema: pyarrow.Schema) -> list[tuple[int, int, str]]:
    """Return the index levels that hold data of a table that pandas wrote.

    They are those that `with_index_as_columns` turns into columns.

    Parameters
    ----------
    schema
        The Arrow schema, with what pandas noted in it.

    Returns
    -------
    list of tuple
        Number of the level, position of its column in the schema, and its name as a column.
    """
    import pyarrow.types as types

    noted = schema.pandas_metadata
    stored = [level for level in (noted or {}).get("index_columns", ()) if isinstance(level, str)]
    levels = []
    names = {column["field_name"]: column["name"] for column in (noted or {}).get("columns", ())}
    for number, field in enumerate(stored):
        position = schema.get_field_index(field)
        if position < 0:
            continue
        label = names.get(field)
        if label is None:
            if len(stored) == 1 and types.is_integer(schema.field(position).type):
                continue
            label = "index" if len(stored) == 1 else f"level_{number}"
        levels.append((number, position, str(label)))
    return levels


def has_unstored_index(schema: pyarrow.Schema) -> bool:
    """Tell whether pandas noted an index that holds data as a range, and stored no column of it.

    Parameters
    ----------
    schema
        The Arrow schema, with what pandas noted in it.
    """
    noted = (schema.pandas_metadata or {}).get("index_columns", ())
    return any(isinstance(level, dict) and level.get("name") is not None for level in noted)
