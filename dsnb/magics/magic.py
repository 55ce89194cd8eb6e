"""The line magic ``%ds``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.display import publish_display_data

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.commands.declaring import Call
from dsnb.commands.parsing import HelpRequested, parse_line, split_line
from dsnb.commands.verbs import VERBS
from dsnb.errors import VariableNotFoundError, did_you_mean
from dsnb.presenting import PlainText, Presentable, as_html, as_text, pass_over_once
from dsnb.session.current import SESSION


@magics_class
class DatasetMagics(Magics):
    """Dataset versions: register, load, compare and trace data without leaving the cell."""

    @line_magic
    def ds(self, line: str) -> Any:
        """Register, load and compare versions of datasets; ``%ds`` alone lists the verbs."""
        try:
            parsed = parse_line(split_line(line), VERBS, prefix="%ds", variables=self._variable)
        except HelpRequested as asked:
            return PlainText(asked.text.rstrip())
        call = Call(SESSION, SESSION.home, notify)
        result = parsed.verb.run(call, *parsed.args, **parsed.kwargs)
        # A verb that was asked for no change (%ds config) only answers.
        if parsed.verb.changes and getattr(result, "done", None) != "":
            _publish(result)
            pass_over_once(result)
        return result

    def _variable(self, name: str) -> object:
        assert self.shell is not None
        namespace: Mapping[str, object] = self.shell.user_ns
        if name not in namespace:
            near = did_you_mean(name, [known for known in namespace if known[:1] != "_"])
            raise VariableNotFoundError(
                f"There is no variable {name} in this notebook. {near}".strip(),
                hint="Give the name of a table, without quotes or brackets.",
            )
        return namespace[name]


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
