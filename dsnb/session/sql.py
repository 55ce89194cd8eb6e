"""SQL: the files that a statement of DuckDB or polars names.

A statement names a file where a table would stand (``FROM 'a.csv'``), or as the first argument of
a function that reads files. Nothing else that is quoted is taken for one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/ | \s+
    | \$(?P<tag>[^\W\d]\w*|)\$.*?\$(?P=tag)\$
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
    | '(?P<text>(?:[^']|'')*)'
    | "(?P<name>(?:[^"]|"")*)"
    | (?P<word>[^\W\d]\w*)
    | (?P<parameter>\?\d* | \$\w+)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_READERS = {
    *("read_csv", "read_csv_auto", "sniff_csv", "read_text", "read_blob", "read_xlsx", "read_ipc"),
    *("read_parquet", "parquet_scan", "parquet_metadata", "parquet_schema", "sqlite_scan"),
    *("read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto", "read_json_objects"),
    *("read_json_objects_auto", "read_ndjson_objects"),
}
_CLAUSES = {
    *("select", "from", "where", "group", "order", "having", "limit", "on", "using", "values"),
    *("union", "except", "intersect", "window", "qualify", "set", "returning", "sample"),
}
_NO_TABLES = {"trim", "extract", "substring", "overlay", "position", "date_part"}
"""Functions in whose parentheses FROM stands before something else."""
_LONGEST = 100_000


class Named(NamedTuple):
    """The files that are named, or the parameters of the statement that do.

    Attributes
    ----------
    reads, writes
        Text is a path or a pattern; a number is the place of a parameter, from 0; text after a
        dollar the name of one.
    """

    reads: tuple[str | int, ...]
    writes: tuple[str | int, ...]


class _Level:
    """What is known inside one pair of parentheses or brackets."""

    def __init__(self, function: str = "", *, in_list: bool = False) -> None:
        self.function = function
        self.in_list = in_list
        self.clause = ""
        self.is_first = True

    @property
    def names_files(self) -> bool:
        """Whether this is the first argument of a function that reads files."""
        return self.function in _READERS and self.is_first

    def is_table(self, before: str) -> bool:
        """Tell whether a table stands after a word or mark."""
        if self.function in _NO_TABLES:
            return False
        return before in ("from", "join") or (before == "," and self.clause == "from")


@lru_cache(64)
def files_named(sql: str) -> Named:
    """Return the files that a statement, or several, would read and write.

    Examples
    --------
    >>> files_named("SELECT 'x.csv' FROM 'a.csv' JOIN read_parquet(['b/*.parquet', ?]) USING (id)")
    Named(reads=('a.csv', 'b/*.parquet', 0), writes=())
    >>> files_named("COPY (FROM 'a.csv') TO 'b.parquet' (FORMAT parquet)")
    Named(reads=('a.csv',), writes=('b.parquet',))
    """
    statement = _Statement()
    if len(sql) <= _LONGEST:
        for token in _TOKEN.finditer(sql):
            statement.take(token)
    return Named(tuple(statement.reads), tuple(statement.writes))


class _Statement:
    """What is known of a statement up to a token."""

    def __init__(self) -> None:
        self.reads: list[str | int] = []
        self.writes: list[str | int] = []
        self._levels = [_Level()]
        self._verb = ""
        self._before = ""
        self._parameters = 0

    def take(self, token: re.Match[str]) -> None:
        """Go on to the next token."""
        match token.lastgroup:
            case "text":
                self._name(token["text"].replace("''", "'"))
            case "name":
                self._name(token["name"].replace('""', '"'), quoted=True)
            case "parameter":
                self._name(_parameter(token[0], self._parameters))
                self._parameters += 1
            case "tag" | "escaped":
                self._before = "value"
            case "word":
                self._word(token[0].lower())
            case "mark":
                self._mark(token[0])

    def _name(self, named: str | int, *, quoted: bool = False) -> None:
        level, before = self._levels[-1], self._before
        if (level.names_files and not quoted) or level.is_table(before):
            self.reads.append(named)
        elif before in ("attach", "database", "exists", "to") and len(self._levels) == 1:
            if self._verb in ("attach", "import"):
                self.reads.append(named)
            if self._verb in ("attach", "export", "copy"):
                self.writes.append(named)
        self._before = "value"

    def _word(self, word: str) -> None:
        if word == "from" and self._before == "distinct":
            word = "distinct from"
        if word == "join" or word in _CLAUSES:
            self._levels[-1].clause = "from" if word == "join" else word
        self._verb = self._verb or word
        self._before = word

    def _mark(self, mark: str) -> None:
        level = self._levels[-1]
        if mark == "(":
            self._levels.append(_Level(self._before))
        elif mark == "[":
            within = level.function if level.names_files else ""
            self._levels.append(_Level(within, in_list=True))
        elif mark in ")]":
            if len(self._levels) > 1:
                self._levels.pop()
        elif mark == "," and not level.in_list:
            level.is_first = False
        elif mark == ";":
            self._levels, self._verb = [_Level()], ""
        self._before = mark


def _parameter(text: str, place: int) -> str | int:
    number = text[1:]
    if number.isdigit():
        return int(number) - 1
    return place if text[0] == "?" else text
