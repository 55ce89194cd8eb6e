"""The seam between a result and how it is shown.

A result inherits `Presentable` and knows nothing of HTML; the display floor above registers a text
and an HTML form for each type here. So records stay on the ground and imports still only run down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any


def one_line(text: str) -> str:
    r"""Return text with control characters made visible, so that it stays on its line.

    Names and descriptions may come from a stranger: what they hold must not move the cursor of a
    terminal, colour it, or turn the direction of what follows.

    Examples
    --------
    >>> one_line("two\nlines")
    'two lines'
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable() or char in "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}":
        return char  # Persian words and many emoji are written with the joiners
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"


@singledispatch
def as_text(result: object) -> str:
    """Return the plain-text form of a result, for terminals of 80 columns."""
    return object.__str__(result)


@singledispatch
def as_html(result: object) -> str:
    """Return the HTML form of a result: escaped, capped, coloured by the theme."""
    from html import escape

    return f"<pre>{escape(as_text(result))}</pre>"


@singledispatch
def as_page(result: object) -> str:
    """Return a result as an HTML page that stands on its own, outside a notebook."""
    return as_html(result)


@singledispatch
def as_svg(result: object) -> str:
    """Return a result as a drawing that stands on its own."""
    raise TypeError(f"{type(result).__name__} cannot be drawn")


class Presentable:
    """A result with a plain-text and an HTML form.

    Examples
    --------
    >>> class Greeting(Presentable):
    ...     pass
    >>> _ = as_text.register(Greeting, lambda greeting: "hello")
    >>> print(Greeting())
    hello
    >>> sorted(Greeting()._repr_mimebundle_())
    ['text/html', 'text/plain']
    """

    __slots__ = ()

    def __str__(self) -> str:
        return as_text(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": as_text(self), "text/html": as_html(self)}


class Outcome(Presentable):
    """The result of a change, which a notebook shows at once.

    IPython shows the value of a cell's last line too; that one occasion is passed over when
    `pass_over_once` was told, so that the outcome appears exactly once.
    """

    __slots__ = ()

    def _ipython_display_(self) -> None:
        if _passed_over.pop(id(self), None) is None:
            raise NotImplementedError  # IPython then shows it as it shows any value


_passed_over: dict[int, Outcome] = {}


def pass_over_once(outcome: Outcome) -> None:
    """Let the next showing of an outcome pass, as it was shown already."""
    _passed_over[id(outcome)] = outcome


def pass_over_no_more() -> None:
    """Show everything again: the cell in which the outcomes were shown has ended."""
    _passed_over.clear()


@dataclass(frozen=True, slots=True)
class PlainText(Presentable):
    """Text that is shown as it is, such as help.

    Examples
    --------
    >>> print(PlainText("as it is"))
    as it is
    """

    text: str


@as_text.register
def _plain_text(result: PlainText) -> str:
    return result.text
