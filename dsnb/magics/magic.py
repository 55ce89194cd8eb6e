"""Carrying out a line of ``%ds``."""

from __future__ import annotations

import re
from typing import Any

from IPython.display import publish_display_data
from IPython.utils.text import DollarFormatter

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.commands.declaring import Call
from dsnb.commands.parsing import HelpRequested, parse_line, split_code, split_line
from dsnb.commands.verbs import VERBS
from dsnb.errors import DsnbError, UsageError, VariableNotFoundError, did_you_mean
from dsnb.presenting import PlainText, Presentable, as_html, as_text, pass_over_once
from dsnb.session.current import SESSION

_UNEXPANDED = re.compile(r"\$[^\W\d]\w*|\{[^{}]+\}")


def run_line(line: str, variables: dict[str, object], body: str | None = None) -> Any:
    """Carry out what follows ``%ds``, or a whole cell that begins with ``%%ds``.

    Parameters
    ----------
    line
        What was typed.
    variables
        The notebook's variables.
    body
        What stands below the line of a cell; None for a line alone.

    Returns
    -------
    object
        What the verb answers; nothing for a cell. The result of a change was shown already, and
        the end of the cell does not show it again.

    Raises
    ------
    DsnbError
        When the line is not understood, or dsnb refuses to do it.
    """

    def variable(name: str) -> object:
        if name not in variables:
            near = did_you_mean(name, [known for known in variables if known[:1] != "_"])
            raise VariableNotFoundError(
                f"There is no variable {name} in this notebook. {near}".strip(),
                hint="Give the name of a table, without quotes or brackets.",
            )
        return variables[name]

    typed = line
    try:
        typed, code = split_code(line, VERBS)
        typed = _expanded(typed, variables)
        words = [*split_line(typed), *([] if code is None else ["--", code])]
        if body is not None:
            _check_begins_cell(words)
        parsed = parse_line(words, VERBS, prefix="%ds", variables=variable)
        call = Call(SESSION, SESSION.notebook.folder, notify, variables, body, _cell_of(body))
        result = parsed.verb.carry_out(call, *parsed.args, **parsed.kwargs)
    except HelpRequested as asked:
        return PlainText(asked.text.rstrip())
    except DsnbError as error:
        left = _UNEXPANDED.search(typed)
        if left:
            error.hint = (
                f"{error.hint} Or was {left[0]} meant to be replaced? That is done only when "
                "every $name and {expression} of the line can be."
            ).strip()
        raise
    # A verb that was asked for no change (%ds config) only answers.
    if parsed.verb.changes and getattr(result, "done", None) != "":
        _publish(result)
        pass_over_once(result)
    # The value of a step's cell is that of its last line, as of any cell.
    return result if body is None else None


def _check_begins_cell(words: list[str]) -> None:
    """Refuse a cell that begins with a verb that takes none."""
    verb = VERBS.get(words[0]) if words else None
    if verb is None or not verb.cell:
        given = words[0] if words else "nothing"
        raise UsageError(
            f"%%ds begins a cell that is a step, and {given} is none.",
            hint="Write %%ds step NAME --in REF --out DATASET"
            + (f", or one line: %ds {given}" if verb is not None else "."),
        )


def _cell_of(body: str | None) -> str:
    """Return the cell that a body stands in; empty where code has called the magic by itself."""
    source = SESSION.notebook.source
    return source if body is not None and source.lstrip().startswith("%%ds") else ""


def _expanded(text: str, variables: dict[str, object]) -> str:
    """Return a line with its ``$name`` and ``{expression}`` replaced, as IPython does it.

    IPython would do so everywhere, and turn ``{1: 2}`` in code into something else.
    """
    try:
        return str(DollarFormatter().vformat(text, [], variables))
    except Exception:
        return text  # where one cannot be replaced, IPython replaces none


class Notice(Presentable):
    """One sentence that the user should know, shown beside the result."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


@as_text.register
def _notice_text(notice: Notice) -> str:
    from dsnb.display.text import paragraph

    return paragraph(notice.sentence)


@as_html.register
def _notice_html(notice: Notice) -> str:
    from dsnb.display.html import block, quiet

    return block(quiet(notice.sentence))


def notify(sentence: str) -> None:
    """Show a sentence in the cell that is running."""
    _publish(Notice(sentence))


def _publish(result: Presentable) -> None:
    publish_display_data(result._repr_mimebundle_())  # type: ignore[no-untyped-call]
