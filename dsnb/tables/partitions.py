"""What the paths of files tell: the values of the keys in a format such as ``/{city}/*.csv``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from dsnb.errors import TableError

Value = str | datetime

_DATE_PARTS = {
    "yyyy": "year",
    "MM": "month",
    "dd": "day",
    "HH": "hour",
    "mm": "minute",
    "ss": "second",
}
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|\*+|[^{}*]+")
_DATE_PART = re.compile(rf"{'|'.join(_DATE_PARTS)}|\*+|.", re.DOTALL)
_TEXT = r"[^./\\]+"


@dataclass(frozen=True, slots=True)
class Partitions:
    """The keys that a partition format names, and how they are found in a path.

    Use `partitions_of`.

    Attributes
    ----------
    format
        The format as it was given.
    keys
        The names of the columns: those of texts in their order, then that of the date.
    date
        The key that is a date; None where there is none.
    pattern
        Finds the keys in a path, as groups: ``k0`` … are the texts, ``year`` … parts of the date.
    """

    format: str
    keys: tuple[str, ...]
    date: str | None
    pattern: re.Pattern[str]

    def values_of(self, path: str) -> tuple[Value, ...]:
        """Return the values of the keys in the path of a file, as long as ``keys``.

        Parameters
        ----------
        path
            With ``/`` before each of its parts; the format must fit the end of it.

        Raises
        ------
        TableError
            When the path does not fit.

        Examples
        --------
        >>> found = partitions_of("/{city}/{day:yyyy-MM-dd}.csv")
        >>> found.keys, found.values_of("/data/JFK/2013-07-01.csv")
        (('city', 'day'), ('JFK', datetime.datetime(2013, 7, 1, 0, 0)))
        """
        found = self.pattern.search(path)
        if found is None:
            raise TableError(
                f"The path {path} does not fit the partition format {self.format}.",
                hint="A format goes from its first key to the end of the path; * stands for "
                "anything within a name, and a key for what holds no slash and no full stop.",
            )
        texts = [one for one in self.keys if one != self.date]
        values: list[Value] = [found[f"k{number}"] for number in range(len(texts))]
        if self.date is not None:
            values.append(self._moment(path, found))
        return tuple(values)

    def _moment(self, path: str, found: re.Match[str]) -> datetime:
        named = found.groupdict()
        year, month, day, hour, minute, second = (
            int(named.get(part, least))
            for part, least in zip(_DATE_PARTS.values(), (1, 1, 1, 0, 0, 0), strict=True)
        )
        try:
            return datetime(year, month, day, hour, minute, second)
        except ValueError as error:
            raise TableError(
                f"The path {path} holds no date where {self.format} has {self.date}: {error}.",
                hint="Name paths whose parts are dates, or make the key a text.",
            ) from error


@lru_cache(maxsize=64)
def partitions_of(format: str) -> Partitions:
    """Return what a partition format means.

    ``{name}`` is a text and ``{name:yyyy/MM/dd/HH/mm/ss}`` a date, or the first parts of one;
    ``*`` stands for anything within a name, ``**`` for folders too, and ``{{`` and ``}}`` for
    braces.

    Raises
    ------
    TableError
        When it is no such format.

    Examples
    --------
    >>> partitions_of("/{Department}/{PartitionDate:yyyy/MM/dd}/data.csv").keys
    ('Department', 'PartitionDate')
    """
    reader = _Reader(format)
    pattern = "".join(reader.pieces())
    keys = (*reader.texts, *([reader.date] if reader.date is not None else []))
    if not keys:
        raise _refused(format, "it names no key")
    if reader.date in reader.texts:
        raise _refused(format, f"{reader.date} is both a text and a date")
    return Partitions(format, keys, reader.date, re.compile(rf"{pattern}\Z", re.DOTALL))


class _Reader:
    """Reads one format from left to right."""

    def __init__(self, format: str) -> None:
        self.texts: list[str] = []
        self.date: str | None = None
        self._format = format
        self._parts: list[str] = []

    def pieces(self) -> Iterator[str]:
        """Yield the regular expression of each part."""
        after_text = False
        for part in _PART.finditer(self._format):
            is_text = bool(part[1]) and ":" not in part[1]
            if is_text and after_text:
                raise _refused(self._format, "two keys touch, so nobody knows where one ends")
            after_text = is_text
            if part[0] in ("{{", "}}"):
                yield re.escape(part[0][0])
            elif part[1] is not None:
                yield from self._key(part[1])
            elif part[0] in "{}":
                raise _refused(self._format, "its braces are no pairs")
            else:
                yield _piece(part[0])

    def _key(self, inside: str) -> Iterator[str]:
        name, colon, date = inside.partition(":")
        if not name:
            raise _refused(self._format, "a key has no name")
        if colon:
            yield from self._date(name, date)
        elif name in self.texts:
            yield rf"(?P=k{self.texts.index(name)})"
        else:
            self.texts.append(name)
            yield rf"(?P<k{len(self.texts) - 1}>{_TEXT})"

    def _date(self, name: str, format: str) -> Iterator[str]:
        if self.date is not None:
            raise _refused(self._format, "it has several dates")
        self.date = name
        seen: list[str] = []
        for part in _DATE_PART.findall(format):
            if part not in _DATE_PARTS:
                yield _piece(part)
            elif (group := _DATE_PARTS[part]) in seen:
                yield rf"(?P={group})"
            else:
                seen.append(group)
                yield rf"(?P<{group}>[0-9]{{{len(part)}}})"
        if set(seen) != set(list(_DATE_PARTS.values())[: len(seen)]) or not seen:
            raise _refused(self._format, f"{name} needs yyyy, and no part without the larger ones")


def _piece(text: str) -> str:
    # One star ends with its folder, so that a format fits one depth only: it is looked for at the
    # end of the path, and would else find its first key in any folder above.
    return {"*": "[^/]*?"}.get(text, ".*?" if text[0] == "*" else re.escape(text))


def _refused(format: str, why: str) -> TableError:
    return TableError(
        f"{format[:200]!r} is no partition format: {why}.",
        hint="Write for example /{Department}/{PartitionDate:yyyy/MM/dd}/data.csv",
    )
