"""The types that columns can be read as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsnb.azureml.exceptions import UserErrorException
from dsnb.tables.retyping import ISO


@dataclass(frozen=True)
class DataType:
    """The type of a column; made by its methods.

    Attributes
    ----------
    dtype
        As pandas names it; None for a date.
    decimal
        The decimal mark.
    formats
        The formats of a date; none leaves them open.
    """

    dtype: str | None
    decimal: str = "."
    formats: tuple[str, ...] = ()

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
            One format or several, such as ``%d/%m/%Y %H:%M``: each value is read by the first that
            it has, and one that has none is an error. With ``%z`` the dates are in UTC. None reads
            ISO 8601 and, in CSV files, what pandas tells from the first value.

        Raises
        ------
        UserErrorException
            When they are no formats, or only some of them have ``%z``.
        """
        given = [formats] if isinstance(formats, str) else list(formats or ())
        for pattern in given:
            if not isinstance(pattern, str) or "%" not in pattern:
                raise UserErrorException(
                    f"{pattern!r} is no format of dates. Write for example '%d/%m/%Y'."
                )
        if len({"%z" in pattern for pattern in given}) > 1:
            raise UserErrorException(
                "Some of these formats have a time zone and some have none, and a column cannot "
                "hold both."
            )
        return DataType(None, formats=tuple(given))


def options_for(types: Mapping[str, DataType] | None, *, delimited: bool = False) -> dict[str, Any]:
    """Return the reader options that give columns their types.

    Parameters
    ----------
    types
        The types by the columns' names.
    delimited
        Whether they are columns of CSV files.

    Raises
    ------
    UserErrorException
        When something else than types is given, or decimal marks cannot be.
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
    if marks - {"."} and not delimited:
        raise UserErrorException(
            "Numbers with another decimal mark than '.' are read from CSV files alone."
        )
    dates = {name: list(kind.formats) for name, kind in given.items() if kind.dtype is None}
    if delimited:
        open_dates = [name for name, formats in dates.items() if not formats]
        dates = {name: formats for name, formats in dates.items() if formats}
    else:
        open_dates = []
        dates = {name: formats or list(ISO) for name, formats in dates.items()}
    options = {
        "dtype": {name: kind.dtype for name, kind in given.items() if kind.dtype is not None},
        "parse_dates": open_dates,
        "date_formats": dates,
        "decimal": "".join(marks - {"."}),
    }
    return {name: value for name, value in options.items() if value}
