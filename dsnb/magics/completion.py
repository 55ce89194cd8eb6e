"""Completion of ``%ds``: verbs, options, dataset names and, after ``@``, their versions."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dsnb.commands.declaring import Argument, Verb
from dsnb.commands.parsing import ESCAPES, split_line
from dsnb.commands.verbs import VERBS
from dsnb.pipelines.notebooks import STEPS
from dsnb.session.notebook import NOTEBOOK
from dsnb.settings import SETTINGS
from dsnb.workspace import Workspace

_MOST = 200


def complete(
    typed: str, after: str = "", variables: Iterable[str] = (), *, cell: bool = False
) -> tuple[str, list[tuple[str, str]]]:
    """Return what may stand in place of the last word of a ``%ds`` line.

    Parameters
    ----------
    typed
        What follows ``%ds`` up to the cursor.
    after
        What stands behind the cursor.
    variables
        Names of the notebook's variables.
    cell
        Whether it is the first line of a cell, ``%%ds``.

    Returns
    -------
    tuple
        The last word as it was typed, and the whole words that may replace it, best first, each
        with what kind of thing it is.

    Examples
    --------
    >>> complete("reg")
    ('reg', [('register', 'verb')])
    """
    start, quote = _last_word(typed)
    word = typed[start:]
    last = "".join(split_line(word + quote))
    verbs = {name: verb for name, verb in VERBS.items() if verb.cell or not cell}
    found = _complete_word(split_line(typed[:start]), last, variables, verbs)
    # Editors that close quotes by themselves have put one behind the cursor already.
    closed = bool(quote) and after.startswith(quote)
    return word, [(_quoted(text, quote, closed), kind) for text, kind in found[:_MOST]]


def _complete_word(
    words: Sequence[str],
    last: str,
    variables: Iterable[str],
    verbs: Mapping[str, Verb[..., Any]],
) -> list[tuple[str, str]]:
    if not words:
        return [(name, "verb") for name in verbs if name.startswith(last)]
    verb = verbs.get(words[0])
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
        free = [
            argument.flag
            for argument in verb.arguments
            if argument.flag
            and (argument.arg.repeats or not {argument.flag, argument.arg.short} & {*words})
        ]
        return [(flag, "option") for flag in free if flag.startswith(last)]
    before = words[-1] if words else ""
    given = _positional(words, options)
    if before in options and options[before].kind == "value":
        if options[before].arg.completes == "version":
            return _versions(given[0], last) if given else []
        return _values(options[before], last, variables)
    positional = [argument for argument in verb.arguments if not argument.flag]
    position = len(given)
    if not positional or (position >= len(positional) and positional[-1].kind != "any"):
        return []
    return _values(positional[min(position, len(positional) - 1)], last, variables)


def _positional(words: Sequence[str], options: dict[str, Argument]) -> list[str]:
    """Return the positional arguments that stand before the cursor."""
    given, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in options:
            skip = options[word].kind == "value"
        elif not word.startswith("-"):
            given.append(word)
    return given


def _values(argument: Argument, last: str, variables: Iterable[str]) -> list[tuple[str, str]]:
    if argument.choices:
        return [(choice, "value") for choice in argument.choices if choice.startswith(last)]
    match argument.arg.completes:
        case "name":
            return _datasets(last)
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
        case "step":
            return _steps(last)
        case "input" | "output":
            called, equals, rest = last.rpartition("=")
            found = _refs(rest) if argument.arg.completes == "input" else _datasets(rest)
            return [(f"{called}{equals}{text}", kind) for text, kind in found]
        case _:
            return []


def _datasets(last: str) -> list[tuple[str, str]]:
    return [(name, "dataset") for name in _names() if name.startswith(last)]


def _refs(last: str) -> list[tuple[str, str]]:
    name, at, version = last.partition("@")
    if not at:
        return [(known, "dataset") for known in _names() if known.startswith(last)]
    first, dots, second = version.partition("..")
    head, wanted = (f"{name}@{first}..", second) if dots else (f"{name}@", version)
    return [(head + text, kind) for text, kind in _versions(name, wanted)]


def _versions(name: str, last: str) -> list[tuple[str, str]]:
    """Return what may follow ``name@``."""
    view = _workspace().view()
    numbers = [str(number) for number in reversed(view.numbers(name))]
    aliases = [*sorted(view.aliases(name)), *(["latest"] if numbers else [])]
    offered = [(number, "version") for number in numbers] + [(alias, "alias") for alias in aliases]
    return [(text, kind) for text, kind in offered if text.startswith(last)]


def _paths(last: str) -> list[tuple[str, str]]:
    typed = os.path.expanduser(last)
    found = sorted(glob.glob(glob.escape(typed) + "*"))[:_MOST]
    return [
        (last + path[len(typed) :] + (os.sep if os.path.isdir(path) else ""), "path")
        for path in found
    ]


def _runs(last: str) -> list[tuple[str, str]]:
    names = {run.name: None for run in reversed([*_workspace().runs().values()])}
    return [(name, "run") for name in names if name.startswith(last)]


def _steps(last: str) -> list[tuple[str, str]]:
    return [(name, "step") for name in STEPS.of(_workspace()) if name.startswith(last)]


def _names() -> Sequence[str]:
    return _workspace().view().names()


_opened: dict[Path, Workspace] = {}


def _workspace() -> Workspace:
    found = Workspace.find(NOTEBOOK.folder, lambda notice: None)
    # One that was opened before need not read its registry again for each key that is pressed.
    return _opened.setdefault(found.root, found)


def _last_word(typed: str) -> tuple[int, str]:
    """Return where the last word of a line begins, and the quote that is open in it."""
    start, quote, escaped = 0, "", False
    for position, char in enumerate(typed):
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'" and ESCAPES:
            escaped = True
        elif char == quote:
            quote = ""
        elif char in "'\"" and not quote:
            quote = char
        elif char in " \t\r\n" and not quote:
            start = position + 1
    return start, quote


def _quoted(text: str, quote: str, closed: bool) -> str:
    """Return a word as it must be typed so that it is read as one."""
    if not quote and not any(char in text for char in " \t\r\n'\"\\"):
        return text
    if not quote:
        quote = "'" if '"' in text and "'" not in text else '"'
    elif quote == "'" and "'" in text:
        quote, closed = '"', False
    if quote == '"' and ESCAPES:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return quote + text + ("" if closed else quote)
