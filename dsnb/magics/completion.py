"""Completion of ``%ds``: verbs, options, dataset names and, after ``@``, their versions."""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from IPython.core.completer import SimpleCompletion

from dsnb.commands.declaring import Argument, Verb
from dsnb.commands.verbs import VERBS
from dsnb.session.notebook import NOTEBOOK
from dsnb.settings import SETTINGS
from dsnb.workspace import Workspace

_MOST = 200


def completions(
    typed: str, line: str, token: str, variables: Iterable[str]
) -> list[SimpleCompletion]:
    """Return what IPython may put in place of its token.

    Parameters
    ----------
    typed
        What follows ``%ds`` up to the cursor.
    line
        The whole line up to the cursor.
    token
        The end of the line that a completion replaces.
    variables
        Names of the notebook's variables.
    """
    return [
        SimpleCompletion(_from_token(text, line, token), type=kind)
        for text, kind in complete(typed, variables)[:_MOST]
    ]


def complete(typed: str, variables: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return what may stand in place of the last word of a ``%ds`` line.

    Parameters
    ----------
    typed
        What follows ``%ds`` up to the cursor.
    variables
        Names of the notebook's variables.

    Returns
    -------
    list
        Whole words with what kind of thing each is, best first.
    """
    words, last = _words(typed)
    if not words:
        return [(name, "verb") for name in VERBS if name.startswith(last)]
    verb = VERBS.get(words[0])
    if verb is None:
        return []
    rest = words[1:]
    if verb.verbs:
        if rest and rest[0] in verb.verbs:
            verb, rest = verb.verbs[rest[0]], rest[1:]
        elif not rest and not last.startswith("-"):
            return [(name, "verb") for name in verb.verbs if name.startswith(last)]
    return _complete_argument(verb, rest, last, variables)


def _complete_argument(
    verb: Verb[..., Any], words: Sequence[str], last: str, variables: Iterable[str]
) -> list[tuple[str, str]]:
    options = {
        flag: argument
        for argument in verb.arguments
        for flag in (argument.flag, argument.arg.short)
        if flag and argument.flag
    }
    if last.startswith("-"):
        flags = [argument.flag for argument in verb.arguments if argument.flag]
        free = [flag for flag in flags if flag not in words or flag == "--tag"]
        return [(flag, "option") for flag in free if flag.startswith(last)]
    before = words[-1] if words else ""
    if before in options and options[before].kind == "value":
        return _values(options[before], last, variables)
    positional = [argument for argument in verb.arguments if not argument.flag]
    position = _position(words, options)
    if not positional or (position >= len(positional) and positional[-1].kind != "any"):
        return []
    return _values(positional[min(position, len(positional) - 1)], last, variables)


def _position(words: Sequence[str], options: dict[str, Argument]) -> int:
    """Return how many positional arguments stand before the cursor."""
    count, skip = 0, False
    for word in words:
        if skip:
            skip = False
        elif word in options:
            skip = options[word].kind == "value"
        elif not word.startswith("-"):
            count += 1
    return count


def _values(argument: Argument, last: str, variables: Iterable[str]) -> list[tuple[str, str]]:
    if argument.choices:
        return [(choice, "value") for choice in argument.choices if choice.startswith(last)]
    match argument.arg.completes:
        case "name":
            return [(name, "dataset") for name in _names() if name.startswith(last)]
        case "ref":
            return _refs(last)
        case "path":
            return _paths(last)
        case "variable":
            named = (name for name in variables if name.startswith(last))
            return [(name, "variable") for name in named if not name.startswith("_")]
        case "setting":
            return [(key, "setting") for key in SETTINGS if key.startswith(last)]
        case "run":
            return _runs(last)
        case _:
            return []


def _refs(last: str) -> list[tuple[str, str]]:
    name, at, version = last.partition("@")
    if not at:
        return [(known, "dataset") for known in _names() if known.startswith(last)]
    view = _workspace().view()
    first, dots, second = version.partition("..")
    head, wanted = (f"{name}@{first}..", second) if dots else (f"{name}@", version)
    numbers = [str(number) for number in reversed(view.numbers(name))]
    aliases = [*sorted(view.aliases(name)), *(["latest"] if numbers else [])]
    offered = [(number, "version") for number in numbers] + [(alias, "alias") for alias in aliases]
    return [(head + text, kind) for text, kind in offered if text.startswith(wanted)]


def _paths(last: str) -> list[tuple[str, str]]:
    """Return paths as they must be typed: quoted where they hold a space."""
    typed = os.path.expanduser(last)
    found = sorted(glob.glob(glob.escape(typed) + "*"))[:_MOST]
    offered = []
    for path in found:
        shown = last + path[len(typed) :] + (os.sep if os.path.isdir(path) else "")
        offered.append((f'"{shown}"' if " " in shown else shown, "path"))
    return offered


def _runs(last: str) -> list[tuple[str, str]]:
    names = {run.name: None for run in reversed([*_workspace().runs().values()])}
    return [(name, "run") for name in names if name.startswith(last)]


def _names() -> Sequence[str]:
    return _workspace().view().names()


def _workspace() -> Workspace:
    return Workspace.find(NOTEBOOK.folder, lambda notice: None)


def _words(typed: str) -> tuple[list[str], str]:
    """Return the whole words before the cursor, and the unfinished one at it."""
    for closing in ("", '"', "'"):
        try:
            words = shlex.split(typed + closing, posix=os.name != "nt")
        except ValueError:
            continue
        if not typed or (typed[-1].isspace() and not closing):
            return words, ""
        return words[:-1], words[-1] if words else ""
    return [], typed


def _from_token(text: str, line: str, token: str) -> str:
    """Return the part of a word that replaces IPython's token, the end of what was typed.

    IPython's token begins after its last delimiter, and ``@`` and a space in quotes are some: of
    ``weather_ds@2`` it may be only ``2``, or nothing.
    """
    end = line[: len(line) - len(token)] if token and line.endswith(token) else line
    for start in range(len(end) + 1):
        typed = end[start:]
        if typed and text.startswith(typed) and (start == 0 or end[start - 1] in " \t"):
            return text[len(typed) :]
    return text
