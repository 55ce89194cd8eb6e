"""The types that columns of text files can be read as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsnb.azureml.exceptions import UserErrorException

_YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")


@dataclass(frozen=True)
class DataType:
    """The type of a column; made by its methods.

    Attributes
    ----------
    dtype
        As pandas names it; None for a date.
    decimal
        The decimal mark.
    """

    dtype: str | None
    decimal: str = "."

    @staticmethod
    def to_string() -> DataType:
        """Read a column as text."""
        return DataType("str")

    @staticmethod
    def to_long() -> DataType:
        """Read a column as whole numbers; a missing one stays missing."""
        return DataType("Int64")

    @staticmethod
    def to_float(decimal_mark: str = ".") -> DataType:
        """Read a column as numbers.

        Parameters
        ----------
        decimal_mark
            ``.`` or ``,``, the same for all columns.
        """
        return DataType("float64", decimal_mark)

    @staticmethod
    def to_bool() -> DataType:
        """Read a column as true or false; a missing value stays missing."""
        return DataType("boolean")

    @staticmethod
    def to_datetime(formats: str | Sequence[str] | None = None) -> DataType:
        """Read a column as dates and times.

        Parameters
        ----------
        formats
            None, or formats that begin with the year, as these alone are read without guessing.

        Raises
        ------
        UserErrorException
            When a format begins with the day or month.
        """
        given = [formats] if isinstance(formats, str) else list(formats or ())
        for pattern in given:
            if not pattern.startswith(_YEAR_FIRST):
                raise UserErrorException(
                    f"Dates written as {pattern!r} cannot be read by their format here. Read the "
                    "column with DataType.to_string() and convert it: "
                    f"pd.to_datetime(df[column], format={pattern!r})."
                )
        return DataType(None)


def options_for(types: Mapping[str, DataType] | None) -> dict[str, Any]:
    """Return the reader options that give columns their types.

    Raises
    ------
    UserErrorException
        When something else than types is given, or decimal marks differ.
    """
    given = dict(types or {})
    for name, kind in given.items():
        if not isinstance(name, str) or not isinstance(kind, DataType):
            raise UserErrorException(
                f"set_column_types takes names and DataType values, and {name!r}: {kind!r} is "
                "none. Write for example {'temp': DataType.to_float()}."
            )
    marks = {kind.decimal for kind in given.values() if kind.dtype == "float64"}
    if len(marks) > 1:
        raise UserErrorException(
            "The columns have different decimal marks, and one file can only have one."
        )
    dtype = {name: kind.dtype for name, kind in given.items() if kind.dtype is not None}
    dates = [name for name, kind in given.items() if kind.dtype is None]
    options: dict[str, Any] = {}
    if dtype:
        options["dtype"] = dtype
    if dates:
        options["parse_dates"] = dates
    if marks - {"."}:
        options["decimal"] = marks.pop()
    return options
