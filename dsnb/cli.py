"""The face in a shell: the command ``dsnb``."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb import __version__
from dsnb.commands.declaring import Call
from dsnb.commands.parsing import HelpRequested, Line, parse_line
from dsnb.commands.verbs import VERBS
from dsnb.compare import DatasetDiff
from dsnb.datasets.inspection import Verification
from dsnb.datasets.notebooks import NotebookVerification
from dsnb.errors import DsnbError
from dsnb.migration.files import Migration
from dsnb.session.rerunning import Rerun
from dsnb.tables.columns import with_index_as_columns
from dsnb.workspace import tell_on_stderr

if TYPE_CHECKING:
    import pandas as pd

INTERRUPTED = 130
_TELLING = (Verification, NotebookVerification, Rerun, Migration)
"""Results that are true when all is well, which a script wants to know."""
# A command as dsnb writes it into a sentence; what the user typed or named may hold %ds, too.
_COMMAND = re.compile(
    rf"(?<![^\s(])(?:(?:df|paths) = )?%ds(\s+(?:{'|'.join(VERBS)}))(?=[.,;:)]*(?:\s|$))"
)
# A shell has no variables to register from.
_FROM_VARIABLE = re.compile(r",? or a table: %ds \S+ \S+ --from \w+")


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command line of a shell.

    Parameters
    ----------
    words
        What follows the command's name; None takes the process's own.

    Returns
    -------
    int
        0 when done; 1 when dsnb refused, when ``verify`` found drift, ``verify-notebook`` missed
        an input, or a cell of ``rerun`` failed; 2 when the line was not understood; 130 after
        Ctrl-C.

    Examples
    --------
    >>> main(["--version"])
    dsnb 0.1.0
    0
    """
    words = sys.argv[1:] if words is None else words
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for a terminal that lacks an arrow
    try:
        code = _carry_out(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader, such as head, has seen enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _carry_out(words: Sequence[str]) -> int:
    if list(words) in (["--version"], ["-V"]):
        print(f"dsnb {__version__}")
        return 0
    try:
        line = parse_line(words, VERBS, prefix="dsnb", variables=None)
        result = line.verb.carry_out(Call(notify=_notify), *line.args, **line.kwargs)
        _print(line, result)
        return 1 if isinstance(result, _TELLING) and not result else 0
    except HelpRequested as asked:
        print(asked.text.rstrip())
        return 0
    except DsnbError as error:
        said = _FROM_VARIABLE.sub("", f"dsnb: {error}")
        said = said.replace(": %pip install", ": pip install")
        print(_for_shell(said), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("dsnb: stopped; nothing was left half-done.", file=sys.stderr)
        return INTERRUPTED


def _notify(notice: str) -> None:
    tell_on_stderr(_for_shell(notice))


def _print(line: Line, result: Any) -> None:
    result = _as_frame(result)
    if line.json:
        import msgspec

        answer = msgspec.json.encode(_plain(result), enc_hook=_value)
        sys.stdout.write(msgspec.json.format(answer).decode() + "\n")
    elif isinstance(result, list):
        print("\n".join(map(str, result)))
    elif _is_frame(result):
        with_index_as_columns(result).to_csv(sys.stdout, index=False)
    else:
        print(_for_shell(str(result)))


def _is_frame(result: Any) -> bool:
    return _library(result) == "pandas"


def _library(result: Any) -> str:
    return type(result).__module__.partition(".")[0]


def _as_frame(result: Any) -> Any:
    """Return a table of any library as pandas has it; a shell sees no difference."""
    ways = {"polars": "to_pandas", "pyarrow": "to_pandas", "dask": "compute"}
    ways |= {"duckdb": "df", "_duckdb": "df"}
    way = ways.get(_library(result))
    return result if way is None else getattr(result, way)()


def _plain(result: Any) -> Any:
    """Return a result as JSON can hold it."""
    if isinstance(result, DatasetDiff):
        return result.to_dict()
    if _is_frame(result):
        return _records(with_index_as_columns(result))
    if is_dataclass(result) and not isinstance(result, type):
        return {one.name: _plain(getattr(result, one.name)) for one in fields(result)}
    if isinstance(result, list | tuple):
        return [_plain(item) for item in result]
    if isinstance(result, dict):
        return {str(key): _plain(value) for key, value in result.items()}
    return result


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table with the very values it holds; what is missing is null."""
    labels = list(map(str, frame.columns))
    held = (frame.iloc[:, index] for index in range(len(labels)))
    columns = [column.astype(object).where(column.notna(), None).tolist() for column in held]
    return [dict(zip(labels, row, strict=True)) for row in zip(*columns, strict=True)]


def _value(value: Any) -> Any:
    """Return a value of a library's own type as JSON can hold it."""
    for way in ("isoformat", "tolist"):
        if hasattr(value, way):
            return getattr(value, way)()
    return str(value)


def _for_shell(text: str) -> str:
    """Return a text whose commands can be typed in a shell."""
    return _COMMAND.sub(r"dsnb\1", text)


if __name__ == "__main__":
    sys.exit(main())
