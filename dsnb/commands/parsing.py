"""Command lines: one parser, made from the declarations, for ``%ds`` and for the shell."""

from __future__ import annotations

import argparse
import inspect
import os
import re
import shlex
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from dsnb.commands.declaring import Argument, Variable, Verb, split_columns
from dsnb.errors import UsageError, VariableNotFoundError, did_you_mean

Variables = Callable[[str], object]
_WIDTH = 80
ESCAPES = os.name != "nt"
"""Whether a backslash escapes in a command line: on Windows it separates the parts of a path."""


class HelpRequested(Exception):  # noqa: N818 - it is no error
    """The command line asks for help rather than for something to be done."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Line:
    """A command line that was understood.

    Attributes
    ----------
    verb
        What to do.
    args, kwargs
        Its arguments, converted.
    json
        Whether the answer shall be JSON (in a shell).
    """

    verb: Verb[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    json: bool = False


def split_line(text: str) -> list[str]:
    r"""Split a command line as a shell does; a backslash escapes on POSIX only.

    Raises
    ------
    UsageError
        When a quote is not closed.

    Examples
    --------
    >>> split_line('register weather_ds "data/week 27" -d "it\'s hot"')
    ['register', 'weather_ds', 'data/week 27', '-d', "it's hot"]
    """
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if not ESCAPES:
        lexer.escape = ""
    try:
        return list(lexer)
    except ValueError:
        raise UsageError(
            "A quote is opened and not closed in this line.",
            hint='Close it, or write "it\'s" for a word with an apostrophe.',
        ) from None


def split_code(text: str, verbs: Mapping[str, Verb[..., Any]]) -> tuple[str, str | None]:
    """Cut off the code that follows ``--`` on the line of a verb that takes some.

    Parameters
    ----------
    text
        The line.
    verbs
        The verbs there are.

    Returns
    -------
    tuple
        What stands before ``--``, and the code as it was typed; None when there is none.
    """
    words = text.split(maxsplit=1)
    verb = verbs.get(words[0]) if words else None
    if verb is None or _code_of(verb) is None:
        return text, None
    found = re.search(r"\s--(?=\s|$)", text)
    return (text, None) if found is None else (text[: found.start()], text[found.end() :].strip())


def parse_line(
    words: Sequence[str],
    verbs: Mapping[str, Verb[..., Any]],
    *,
    prefix: str,
    variables: Variables | None,
) -> Line:
    """Understand a command line.

    Parameters
    ----------
    words
        The line, split.
    verbs
        The verbs there are.
    prefix
        What the line begins with, ``%ds`` or ``dsnb``, for help.
    variables
        Gives the value of a variable of the notebook; None in a shell, which has none.

    Raises
    ------
    UsageError
        When the line fits no verb or its arguments.
    HelpRequested
        When it asks for help.
    """
    shell = variables is None
    if not words or words[0] in ("-h", "--help"):
        raise HelpRequested(overview(verbs, prefix))
    if words[0] not in verbs:
        near = did_you_mean(words[0], list(verbs))
        raise UsageError(
            f"There is no verb {words[0]!r}. {near}".strip(), hint=f"Type {prefix} for all of them."
        )
    verb, rest = verbs[words[0]], list(words[1:])
    line = f"{'%%ds' if verb.cell else prefix} {words[0]}"
    if rest and rest[0] in verb.verbs:
        line = f"{line} {rest[0]}"
        verb, rest = verb.verbs[rest[0]], rest[1:]
    rest, code = _without_code(verb, rest, line, shell=shell)
    # Options may stand anywhere between the paths, so the positional arguments are taken last.
    parsed, extra = verb_parser(verb, line, shell=shell).parse_known_intermixed_args(rest)
    extra = [vars(parsed)[name] for name in code if vars(parsed)[name] is not None] + extra
    if extra:
        raise _superfluous(verb, line, extra)
    found = {**vars(parsed), **code}
    args, kwargs = _bound(verb, found, variables, line)
    return Line(verb, args, kwargs, bool(found.get("json")))


def overview(verbs: Mapping[str, Verb[..., Any]], prefix: str) -> str:
    """Return the list of all verbs with a line each.

    Parameters
    ----------
    verbs
        The verbs there are.
    prefix
        What a line begins with.
    """
    rows = []
    for verb in verbs.values():
        rows.append((verb.name, verb.help.summary))
        rows += [(f"{verb.name} {name}", each.help.summary) for name, each in verb.verbs.items()]
    width = max(len(name) for name, _ in rows) + 4
    lines = [f"{prefix} VERB …   dataset versions: register, load, compare and trace data", ""]
    for name, summary in rows:
        lines += textwrap.wrap(
            summary,
            _WIDTH,
            initial_indent=f"  {name}".ljust(width),
            subsequent_indent=" " * width,
        )
    return "\n".join([*lines, "", f"{prefix} VERB --help tells more."])


def _code_of(verb: Verb[..., Any]) -> Argument | None:
    """Return the argument of a verb that is code."""
    return next((one for one in verb.arguments if one.arg.form == "code"), None)


def _without_code(
    verb: Verb[..., Any], words: list[str], line: str, *, shell: bool
) -> tuple[list[str], dict[str, str]]:
    """Return the words before ``--`` and, by its argument's name, the code after it."""
    argument = _code_of(verb)
    if argument is None or {"-h", "--help"} & {*words[: (*words, "--").index("--")]}:
        return words, {}
    if "--" not in words:
        raise UsageError(
            f"{line} needs {argument.arg.metavar}: Python code, the last thing on the line.",
            hint=f"For example: {_examples(verb, shell=shell)[0]}",
        )
    at = words.index("--")
    return words[:at], {argument.name: " ".join(words[at + 1 :])}


def _examples(verb: Verb[..., Any], *, shell: bool) -> list[str]:
    """Return the examples of a verb as they are typed where it is used."""
    if not shell or verb.cell:
        return [*verb.help.examples]
    examples = [each.replace("%ds", "dsnb") for each in verb.help.examples if "--from" not in each]
    if _code_of(verb) is None:
        return examples
    halves = (each.partition(" -- ") for each in examples)
    return [f"{typed} -- {shlex.quote(code)}" for typed, _, code in halves]


def _superfluous(verb: Verb[..., Any], line: str, extra: Sequence[str]) -> UsageError:
    """Return the error for words that a verb has no place for."""
    option = next((word.partition("=")[0] for word in extra if word.startswith("-")), None)
    if option is not None:
        flags = [argument.flag for argument in verb.arguments if argument.flag]
        said = f"{line} has no option {option}. {did_you_mean(option, flags)}"
    elif verb.verbs:
        near = did_you_mean(extra[0], list(verb.verbs))
        said = f"There is no verb {f'{verb.name} {extra[0]}'!r}. {near}"
    else:
        said = f"{line} has no place for {extra[0]!r}."
    return UsageError(said.strip(), hint=f"Type {line} --help to see its form.")


class _Parser(argparse.ArgumentParser):
    """argparse, saying what is wrong in our words and never leaving the process."""

    def error(self, message: str) -> NoReturn:
        missing = message.partition("arguments are required: ")[2]
        shown = f"{self.prog} needs {missing}" if missing else message[:1].upper() + message[1:]
        raise UsageError(f"{shown.rstrip('.')}.", hint=f"Type {self.prog} --help to see its form.")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise HelpRequested(message or "")

    def print_help(self, file: Any = None) -> None:
        raise HelpRequested(self.format_help())


def verb_parser(verb: Verb[..., Any], line: str, *, shell: bool) -> argparse.ArgumentParser:
    """Return the parser of one verb.

    Parameters
    ----------
    verb
        The verb.
    line
        What a line of it begins with.
    shell
        Whether it serves a shell: with ``--json``, without variables.
    """
    examples = _examples(verb, shell=shell)
    about = f"{verb.help.summary} {verb.help.details}".strip()
    if verb.verbs:
        about += f" There is also: {', '.join(f'{verb.name} {name}' for name in verb.verbs)}."
    parser = _Parser(
        prog=line,
        description=about,
        epilog="\n".join(["examples:", *(f"  {each}" for each in examples)]) if examples else None,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    for argument in verb.arguments:
        if not (shell and argument.arg.notebook_only):
            _add_argument(parser, argument)
    if shell:
        parser.add_argument("--json", action="store_true", help="answer in JSON")
    # argparse keeps the usage it has formatted as a template, in which %ds would be a field.
    usage = parser.format_usage().partition(" ")[2].strip().replace("%", "%%")
    parser.usage = usage.replace("[-- EXPR]", "-- EXPR")  # parse_line sees that it is there
    return parser


def _add_argument(parser: argparse.ArgumentParser, argument: Argument) -> None:
    text = argument.help.replace("%", "%%")
    if argument.kind == "flag":
        parser.add_argument(
            argument.flag, dest=argument.name, action="store_true", default=False, help=text
        )
        return
    settings: dict[str, Any] = {"help": text, "metavar": argument.arg.metavar}
    if argument.choices:
        settings.update(choices=argument.choices, metavar="{" + ",".join(argument.choices) + "}")
    if argument.type is int:
        settings["type"] = _whole_number
    if argument.flag:
        flags = [flag for flag in (argument.arg.short, argument.flag) if flag]
        if argument.arg.repeats:
            settings["action"] = "append"
        parser.add_argument(*flags, dest=argument.name, default=argument.default, **settings)
        return
    count = {"one": None, "optional": "?", "any": "*", "some": "+"}[argument.kind]
    if argument.arg.form == "code":
        count = "?"
    if count == "?":
        settings["default"] = argument.default
    parser.add_argument(argument.name, nargs=count, **settings)


def _bound(
    verb: Verb[..., Any], found: Mapping[str, Any], variables: Variables | None, line: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return a verb's arguments as its function takes them."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    parameters = inspect.signature(verb).parameters
    for argument in verb.arguments:
        value = found.get(argument.name, argument.default)
        parameter = parameters[argument.name]
        if argument.arg.form == "columns" and isinstance(value, str):
            value = split_columns(value)
        elif argument.arg.form == "pairs" and value is not None:
            example = f"{line} … {argument.flag} a=b".replace("  ", " ")
            value = dict(_pair(pair, example) for pair in value)
        elif argument.arg.or_path and isinstance(value, str) and _is_path(value, variables):
            value = Path(value)
        elif argument.arg.completes == "variable" and isinstance(value, str):
            assert variables is not None
            value = Variable(value, variables(value))
        if parameter.kind is parameter.VAR_POSITIONAL:
            args.extend(value)
        elif argument.flag:
            kwargs[argument.name] = value
        else:
            args.append(value)
    return tuple(args), kwargs


def _is_path(text: str, variables: Variables | None) -> bool:
    """Tell whether a path is meant where a variable may stand, too; variables go first."""
    if variables is None or not text.isidentifier():
        return True
    try:
        variables(text)
    except VariableNotFoundError:
        return os.path.exists(text)
    return False


def _pair(text: str, example: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"{text!r} is not of the form K=V.", hint=f"For example: {example}")
    return key, value


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help for terminals of 80 columns, with the examples as they are written."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=_WIDTH)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)
