"""The pieces of the HTML forms: everything escaped, all colours the theme's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from dsnb.display.text import shortened
from dsnb.presenting import one_line
from dsnb.units import ago, exact

CAP = 100
"""Rows of a table that the HTML form shows before it says how many more there are."""

_CELL = 300
"""Characters of a cell that are shown."""
_ROOM = 60_000
"""Characters of HTML after which a table takes no further row, lest the notebook grow heavy."""

# Colours come from JupyterLab's theme; the second value serves pages that have none.
_STYLE = """<style>
.dsnb{font-size:var(--jp-ui-font-size1,13px);line-height:1.5;color:var(--jp-content-font-color1,inherit)}
.dsnb code{font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)}
.dsnb code.ref{user-select:all;font-weight:600;cursor:copy;background:none;padding:0;color:inherit}
.dsnb .quiet{color:var(--jp-content-font-color2,#616161)}
.dsnb.warn{border-left:3px solid var(--jp-warn-color1,#f57c00);padding-left:8px}
.dsnb.bad{border-left:3px solid var(--jp-error-color1,#d32f2f);padding-left:8px}
.dsnb .plus{color:var(--jp-success-color0,#1b5e20)}
.dsnb .minus{color:var(--jp-error-color1,#c62828)}
.dsnb details>summary{cursor:pointer}
.dsnb details.inline{display:inline-block;max-width:100%;margin-right:1.5em;vertical-align:top}
.dsnb table{font-size:inherit;color:inherit;border-collapse:collapse;margin:4px 0 8px 0;border:none}
.dsnb th,.dsnb td{text-align:left!important;padding:2px 12px 2px 0!important;border:none;
white-space:nowrap;max-width:40em;overflow:hidden;text-overflow:ellipsis}
.dsnb th{font-weight:600;border-bottom:1px solid var(--jp-border-color2,#e0e0e0)}
.dsnb td.right,.dsnb th.right{text-align:right!important}
.dsnb .scroll{overflow-x:auto;max-height:24em}
</style>"""
# Between two dollars a notebook sees a formula, in which \href makes a link of any kind. These are
# the words of MathJax 3 and 2 for leaving a text alone.
_NO_MATH = "mathjax_ignore tex2jax_ignore"


class Html(str):
    """Text that is HTML already, and safe."""

    __slots__ = ()


def safe(text: object, longest: int = 2000) -> Html:
    """Return text as HTML: cut, without control characters, and escaped, unless it is HTML already.

    Examples
    --------
    >>> safe("<b>")
    '&lt;b&gt;'
    """
    if isinstance(text, Html):
        return text
    return Html(escape(one_line(shortened(str(text), longest))))


def block(*lines: object, state: str = "") -> Html:
    """Return a whole result: its lines below each other, with the style they need."""
    body = "".join(f"<div>{safe(line)}</div>" for line in lines if line)
    kind = f"dsnb {state}".strip()
    return Html(f'{_STYLE}<div class="{kind} {_NO_MATH}">{body}</div>')


def line(*texts: object) -> Html:
    """Join what there is of some texts by dots.

    Examples
    --------
    >>> line("2 files", None, "<81.2 kB>")
    '2 files · &lt;81.2 kB&gt;'
    """
    return Html(" · ".join(safe(text) for text in texts if text))


def ref(text: str) -> Html:
    """Return a reference, which one click selects whole."""
    return Html(f'<code class="ref">{safe(text, _CELL)}</code>')


def code(text: str) -> Html:
    """Return a command or path."""
    return Html(f"<code>{safe(text, _CELL)}</code>")


def quiet(text: object) -> Html:
    """Return text of less weight."""
    return Html(f'<span class="quiet">{safe(text)}</span>')


def signed(text: str, sign: str) -> Html:
    """Return a change in the colour of its sign, which the text itself shows too."""
    kind = {"+": "plus", "−": "minus"}.get(sign, "")
    return Html(f'<span class="{kind}">{safe(text, _CELL)}</span>')


def moment(when: datetime) -> Html:
    """Return how long ago a moment was, and the moment itself on hover."""
    return Html(f'<span title="{escape(exact(when))}">{escape(ago(when))}</span>')


def details(summary: object, body: object, *, open: bool = False, inline: bool = False) -> Html:
    """Return something that opens on a click."""
    attributes = ' class="inline"' if inline else ""
    attributes += " open" if open else ""
    return Html(f"<details{attributes}><summary>{safe(summary)}</summary>{safe(body)}</details>")


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: Sequence[int] = (),
    total: int | None = None,
    room: int = _ROOM,
) -> Html:
    """Return a table of at most `CAP` rows.

    Parameters
    ----------
    headers
        The columns' titles.
    rows
        The cells.
    right
        Positions of the columns that are aligned right, as numbers are.
    total
        Number of rows there are, when ``rows`` need not hold them all.
    room
        Characters of HTML after which no further row is shown.
    """

    def cell(kind: str, position: int, content: object) -> str:
        side = ' class="right"' if position in right else ""
        return f"<{kind}{side}>{safe(content, _CELL)}</{kind}>"

    head = "".join(cell("th", i, header) for i, header in enumerate(headers))
    shown: list[str] = []
    size = 0
    for row in rows:
        if len(shown) == CAP or size > room:
            break
        cells = (cell("td", position, content) for position, content in enumerate(row))
        shown.append(f"<tr>{''.join(cells)}</tr>")
        size += len(shown[-1])
    body = "".join(shown)
    more = "" if total is None or total <= len(shown) else quiet(f"… {total - len(shown):,} more")
    return Html(
        '<div class="scroll"><table>'
        + (f"<thead><tr>{head}</tr></thead>" if headers else "")
        + f"<tbody>{body}</tbody></table></div>{more}"
    )
