"""The face in a shell: the command ``dsnb``."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb import __version__
from dsnb.commands.declaring import Call
from dsnb.commands.parsing import HelpRequested, Line, parse_line
from dsnb.commands.verbs import VERBS
from dsnb.compare import DatasetDiff
from dsnb.datasets.inspection import Verification
from dsnb.errors import DsnbError
from dsnb.workspace import tell_on_stderr

INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command line of a shell.

    Parameters
    ----------
    words
        What follows the command's name; None takes the process's own.

    Returns
    -------
    int
        0 when done; 1 when dsnb refused, or when ``verify`` found drift; 2 when the line was not
        understood; 130 after Ctrl-C.

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
    if list(words) in (["--version"], ["-V"]):
        print(f"dsnb {__version__}")
        return 0
    try:
        line = parse_line(words, VERBS, prefix="dsnb", variables=None)
        result = line.verb.run(Call(notify=_notify), *line.args, **line.kwargs)
        _print(line, result)
        return 1 if isinstance(result, Verification) and not result else 0
    except HelpRequested as asked:
        print(asked.text.rstrip())
        return 0
    except DsnbError as error:
        print(_for_shell(f"dsnb: {error}"), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("dsnb: stopped; nothing was left half-done.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as head, has seen enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _notify(notice: str) -> None:
    tell_on_stderr(_for_shell(notice))


def _print(line: Line, result: Any) -> None:
    result = _as_frame(result)
    if line.json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(_plain(result)).decode()) + "\n")
    elif isinstance(result, list):
        print("\n".join(map(str, result)))
    elif _is_frame(result):
        result.to_csv(sys.stdout, index=False)
    else:
        print(_for_shell(str(result)))
    sys.stdout.flush()


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
        import msgspec

        return msgspec.json.decode(result.to_json(orient="records", date_format="iso"))
    if is_dataclass(result) and not isinstance(result, type):
        return {one.name: _plain(getattr(result, one.name)) for one in fields(result)}
    if isinstance(result, list | tuple):
        return [_plain(item) for item in result]
    if isinstance(result, dict):
        return {str(key): _plain(value) for key, value in result.items()}
    return result


def _for_shell(text: str) -> str:
    """Return a text whose commands can be typed in a shell."""
    assigned = re.sub(r"\b(?:df|paths) = %ds ", "dsnb ", text)
    return assigned.replace("%ds", "dsnb").replace("%pip install", "pip install")


if __name__ == "__main__":
    sys.exit(main())
