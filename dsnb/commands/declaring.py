"""How a verb is declared: as one function, from which every face reads what it needs.

The signature gives the arguments, their types and defaults; `Annotated` adds what a type cannot
say; the NumPy docstring gives the help of the verb and of each argument, and its example.
"""

from __future__ import annotations

import inspect
import keyword
import os
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, update_wrapper
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar

from dsnb.errors import UsageError
from dsnb.session.current import SESSION, Session
from dsnb.session.tracing import TRACER
from dsnb.workspace import Notify, Workspace, tell_on_stderr

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")

Completes = Literal[
    "name",
    "ref",
    "version",
    "path",
    "variable",
    "run",
    "setting",
    "step",
    "input",
    "output",
    "nothing",
]


@dataclass(frozen=True, slots=True)
class Arg:
    """What a signature cannot say of an argument.

    Attributes
    ----------
    metavar
        How the value is called in help.
    completes
        What completion offers for it.
    short
        A one-letter option.
    form
        ``columns``: a comma-separated list. ``amount``: a number, also as text, or a dict of them.
        ``pairs``: ``K=V``, any number of times. ``many``: values, any number of times.
        ``version``: what follows ``name@``. ``code``: all that follows ``--``, as it stands.
    notebook_only
        Whether it makes no sense in a shell.
    or_path
        Whether a path may stand in the place of a variable.
    """

    metavar: str
    completes: Completes = "nothing"
    short: str = ""
    form: Literal["plain", "columns", "amount", "pairs", "many", "version", "code"] = "plain"
    notebook_only: bool = False
    or_path: bool = False

    @property
    def repeats(self) -> bool:
        """Whether an option may be given any number of times."""
        return self.form in ("pairs", "many")


NAME = Arg("NAME", "name")
REF = Arg("REF", "ref")
PATH = Arg("PATH", "path")
VARIABLE = Arg("VAR", "variable", notebook_only=True)
COLUMNS = Arg("COLS", form="columns")
PAIRS = Arg("K=V", form="pairs")
TEXT = Arg("TEXT")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the notebook that was named on a line: its name and its value."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Call:
    """The circumstances in which a verb is carried out.

    Attributes
    ----------
    session
        The session whose run records what is read and made; None where nothing is recorded.
    start
        The folder from which the workspace is looked for; None is the current one.
    notify
        Told what the user should know.
    variables
        Those of the notebook, for code on a line.
    body, cell
        What stands below the line that is carried out, and the whole cell; no body for a line.
    """

    session: Session | None = None
    start: str | None = None
    notify: Notify = tell_on_stderr
    variables: Mapping[str, object] = field(default_factory=dict)
    body: str | None = None
    cell: str = ""

    def workspace(self) -> Workspace:
        """Return the workspace, which must exist."""
        return Workspace.find(self.start, self.notify)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a verb, as faces need it.

    Attributes
    ----------
    name
        The parameter's name in Python.
    flag
        The option as typed (``--from``), empty for a positional argument.
    kind
        ``one``, ``optional``, ``any`` or ``some`` values for a positional argument; ``flag`` or
        ``value`` for an option.
    type
        ``str`` or ``int``.
    """

    name: str
    flag: str
    kind: Literal["one", "optional", "any", "some", "flag", "value"]
    arg: Arg
    help: str
    choices: tuple[str, ...] = ()
    type: type = str
    default: object = None

    def taken(self, value: Any) -> Any:
        """Return a value given in Python as the verb takes it.

        Raises
        ------
        UsageError
            When it is no such value.
        """
        if self.arg.completes == "variable" or (value is None and self._may_be_none):
            return value
        if self.arg.form == "code":
            return self._text(value) if isinstance(value, str) else value
        if self.arg.form == "version" and not isinstance(value, str):
            return str(self._whole_number(value))
        if self.kind == "flag":
            return self._of(bool, value, "True or False")
        if self.arg.form in ("columns", "many"):
            return self._columns(value)
        if self.arg.form == "amount":
            return self._amount(value)
        if self.arg.form == "pairs":
            if not isinstance(value, Mapping):
                raise self._refused(value, 'a dict, such as {"stage": "raw"}')
            return {self._text(str(key)): self._text(_text_of(each)) for key, each in value.items()}
        if self.choices:
            if value not in self.choices:
                raise self._refused(value, f"one of {', '.join(self.choices)}")
            return value
        if self.type is int:
            return self._whole_number(value)
        if self.arg.completes == "path":
            return self._of((str, os.PathLike), value, "a path")
        return self._text(self._of(str, value, "a text"))

    @property
    def _may_be_none(self) -> bool:
        return self.kind in ("optional", "value", "any") and self.default is None

    def _columns(self, value: Any) -> list[str]:
        if isinstance(value, str):
            return split_columns(self._text(value))
        wanted = "a list of texts, or one text with commas"
        if not isinstance(value, Iterable) or isinstance(value, bytes | Mapping):
            raise self._refused(value, wanted)
        columns = list(value)
        if not all(isinstance(column, str) for column in columns):
            raise self._refused(value, wanted)
        return [self._text(column) for column in columns]

    def _amount(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._text(str(key)): self._amount(each) for key, each in value.items()}
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._refused(value, "a number, or a text such as '0.1%'")
        return value

    def _text(self, value: str) -> str:
        """Return a text that can be recorded: half a character, as a terminal may send, cannot."""
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"{self.name} holds what is no character: {value[:40]!a}.",
                hint="Type it again, as plain text.",
            ) from None
        return value

    def _whole_number(self, value: Any) -> int:
        # numpy's whole numbers are numbers, too, and True is none.
        if isinstance(value, bool) or not hasattr(value, "__index__") or value < 0:
            raise self._refused(value, "a whole number from 0")
        return int(value)

    def _of(self, wanted: Any, value: Any, described: str) -> Any:
        if not isinstance(value, wanted):
            raise self._refused(value, described)
        return value

    def _refused(self, value: Any, wanted: str) -> UsageError:
        text = repr(value)
        shown = text if len(text) <= 60 else f"a {type(value).__name__}"
        return UsageError(f"{self.name} cannot be {shown}.", hint=f"Give {wanted}.")


class Verb(Generic[P, R]):
    """One verb of the product.

    Calling it is the Python form; faces read `arguments` and call `carry_out`.

    Parameters
    ----------
    function
        What it does; its first parameter is the `Call`.
    changes
        Whether it changes something: faces then show its result at once.
    name
        How it is typed; None is the function's name.
    cell
        Whether it is the first line of a cell, ``%%ds``, and what stands below belongs to it.
    """

    def __init__(
        self,
        function: Callable[Concatenate[Call, P], R],
        *,
        changes: bool,
        name: str | None = None,
        cell: bool = False,
    ) -> None:
        self.name = name or function.__name__
        self.changes = changes
        self.cell = cell
        self._function = function
        self.verbs: dict[str, Verb[..., Any]] = {}
        update_wrapper(self, function)
        signature = inspect.signature(function)
        self.__signature__ = signature.replace(
            parameters=[*signature.parameters.values()][1:]  # the call is not the user's
        )

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Carry the verb out for Python code."""
        return self.carry_out(Call(SESSION, SESSION.notebook.folder), *args, **kwargs)

    def carry_out(self, call: Call, *args: P.args, **kwargs: P.kwargs) -> R:
        """Carry the verb out; what it opens is not taken for the user's reading."""
        args, kwargs = self._checked(args, kwargs)  # type: ignore[assignment]
        if call.session is not None:
            call.session.watch.catch_up()
        with TRACER.not_the_users():
            return self._function(call, *args, **kwargs)

    def _checked(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return arguments as the function takes them, or refuse what does not fit."""
        try:
            bound = self.__signature__.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.__name__}() {error}") from None
        for argument in self.arguments:
            if argument.name in bound.arguments:
                given = bound.arguments[argument.name]
                bound.arguments[argument.name] = (
                    tuple(argument.taken(each) for each in given)
                    if argument.kind == "any" and argument.arg.form == "plain"
                    else argument.taken(given)
                )
        return bound.args, bound.kwargs

    @property
    def python_name(self) -> str:
        """How it is called in Python, where ``import`` and ``a-b`` are no names."""
        name = self.name.replace("-", "_")
        return f"{name}_" if keyword.iskeyword(name) else name

    def __repr__(self) -> str:
        return f"<dsnb verb {self.name}>"

    def __getattr__(self, name: str) -> Verb[..., Any]:
        try:
            return self.__dict__["verbs"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"{self!r} has no {name!r}") from None

    def verb(
        self, name: str, *, changes: bool
    ) -> Callable[[Callable[Concatenate[Call, Q], S]], Verb[Q, S]]:
        """Declare a verb below this one, such as ``run start``."""

        def declare(function: Callable[Concatenate[Call, Q], S]) -> Verb[Q, S]:
            below = Verb(function, changes=changes, name=name)
            self.verbs[name] = below
            return below

        return declare

    @cached_property
    def help(self) -> Help:
        """The texts of the docstring."""
        return read_help(self.__doc__ or "")

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments, in order."""
        return tuple(_arguments(self))


@dataclass(frozen=True, slots=True)
class Help:
    """What a verb's docstring says.

    Attributes
    ----------
    summary
        The first line.
    details
        What follows it.
    arguments
        The text of each parameter.
    examples
        The command lines of the section Examples.
    """

    summary: str
    details: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()


def declare(
    *, changes: bool, name: str | None = None, cell: bool = False
) -> Callable[[Callable[Concatenate[Call, P], R]], Verb[P, R]]:
    """Declare a function to be a verb.

    Parameters
    ----------
    changes
        Whether it changes something.
    name
        How it is typed; None is the function's name.
    cell
        Whether it is the first line of a cell.
    """

    def declared(function: Callable[Concatenate[Call, P], R]) -> Verb[P, R]:
        return Verb(function, changes=changes, name=name, cell=cell)

    return declared


def _text_of(value: object) -> str:
    """Return a value as it is typed: a type, such as that of a column, by its name."""
    return value.__name__ if isinstance(value, type) else str(value)


def split_columns(text: str) -> list[str]:
    """Return the names in a comma-separated list.

    Examples
    --------
    >>> split_columns("origin, time_hour")
    ['origin', 'time_hour']
    """
    return [column.strip() for column in text.split(",") if column.strip()]


def read_help(docstring: str) -> Help:
    """Return the texts of a NumPy docstring, as plain text.

    Examples
    --------
    >>> read_help("Do it.").summary
    'Do it.'
    """
    from docstring_parser import numpydoc

    parsed = numpydoc.parse(docstring)
    arguments = {
        name.strip().lstrip("*"): _plain(parameter.description or "")
        for parameter in parsed.params
        for name in parameter.arg_name.split(",")
    }
    return Help(
        _plain(parsed.short_description or ""),
        _plain(parsed.long_description or ""),
        arguments,
        tuple(
            line.strip() for line in docstring.splitlines() if "%ds " in line and "``" not in line
        ),
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "")).strip()


def _arguments(verb: Verb[..., Any]) -> Iterator[Argument]:
    hints = typing.get_type_hints(verb.__wrapped__, include_extras=True)
    for name, parameter in inspect.signature(verb).parameters.items():
        hint, arg = hints[name], Arg(name.upper())
        if typing.get_origin(hint) is typing.Annotated:
            hint, arg, *_ = typing.get_args(hint)
        choices, of_type = _choices(hint), int if _mentions(hint, int) else str
        if arg.form == "version":
            of_type = str  # aliases name versions, too
        text = verb.help.arguments.get(name, "")
        default = None if parameter.default is parameter.empty else parameter.default
        if parameter.kind is parameter.KEYWORD_ONLY:
            flag = "--" + name.rstrip("_").replace("_", "-")
            kind: Any = "flag" if hint is bool else "value"
            yield Argument(name, flag, kind, arg, text, choices, of_type, default)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            yield Argument(name, "", "any", arg, text, choices, of_type)
        elif arg.form == "pairs":
            yield Argument(name, "", "any", arg, text)
        else:
            kind = "one" if parameter.default is parameter.empty else "optional"
            yield Argument(name, "", kind, arg, text, choices, of_type, default)


def _choices(hint: Any) -> tuple[str, ...]:
    if typing.get_origin(hint) is Literal:
        return tuple(str(choice) for choice in typing.get_args(hint))
    for part in typing.get_args(hint):
        if found := _choices(part):
            return found
    return ()


def _mentions(hint: Any, wanted: type) -> bool:
    return hint is wanted or any(_mentions(part, wanted) for part in typing.get_args(hint))
