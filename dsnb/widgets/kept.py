"""What a notebook keeps of a picker: readable once no kernel makes the widget live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsnb.datasets.inspection import VersionRow
from dsnb.display import html, text
from dsnb.display.versions import shape
from dsnb.presenting import Presentable, as_html, as_text
from dsnb.records import Version
from dsnb.units import count_text, exact, size_text
from dsnb.widgets.rows import badge

_LISTED = 10

# The widget itself hides this text while it is live (picker.js). The first rule hides what
# JupyterLab writes in the place of a widget without a kernel, "model not found"; the second keeps
# the text from flashing up while a live widget is loading, and only there.
_STYLE = """<style>
.jp-OutputArea-child:has(+ .jp-OutputArea-child [data-dsnb-kept="{key}"]):not(:has(.dsnb-picker))
{{display:none}}
.jp-NotebookPanel [data-dsnb-kept="{key}"]{{animation:dsnb-kept 0s 1.2s backwards}}
@keyframes dsnb-kept{{from{{visibility:hidden;max-height:0;overflow:hidden}}}}
</style>"""


@dataclass(frozen=True, slots=True)
class Kept(Presentable):
    """The version that is chosen in a picker, and its newest neighbours.

    Attributes
    ----------
    key
        Ties the text to its widget: letters, digits and dashes.
    chosen
        The version, None while there is none.
    rows
        The newest versions of its dataset.
    total
        How many there are.
    line
        Code that loads the chosen version.
    """

    key: str
    chosen: Version | None
    rows: Sequence[VersionRow] = ()
    total: int = 0
    line: str = ""


@as_text.register
def _kept_text(result: Kept) -> str:
    if result.chosen is None:
        return "There are no datasets yet. Register the first: %ds register NAME PATH"
    headers = ("version", "registered", "holds", "size", "description")
    listed = [_cells(row) for row in result.rows[:_LISTED]]
    lines = text.table(listed, headers, ("left", "left", "left", "right")).split("\n")
    return "\n".join(
        [
            text.line(f"{result.chosen.ref}  ", _headline(result.chosen)),
            text.paragraph(f"load it: {result.line}", "  "),
            *text.capped(lines, result.total + 1, _LISTED + 1),
        ]
    )


@as_html.register
def _kept_html(result: Kept) -> str:
    return (
        f'{_STYLE.format(key=result.key)}<div data-dsnb-kept="{result.key}">{_body(result)}</div>'
    )


def _body(result: Kept) -> str:
    if result.chosen is None:
        return html.block(as_text(result))
    rows = (
        (html.ref(reference), *cells)
        for reference, *cells in (_cells(row) for row in result.rows[:_LISTED])
    )
    headers = ("Version", "Registered", "Holds", "Size", "Description")
    return html.block(
        html.Html(f"{html.ref(result.chosen.ref)}&ensp;{html.line(*_headline(result.chosen))}"),
        html.quiet(html.Html(f"load it: {html.code(result.line)}")),
        html.table(headers, rows, (3,), result.total),
    )


def _headline(version: Version) -> list[str]:
    return [
        badge(version),
        version.description,
        shape(version),
        count_text(version.files, "file"),
        size_text(version.size),
    ]


def _cells(row: VersionRow) -> tuple[str, ...]:
    version = row.version
    # The page may be read a year from now, so the moment itself is told.
    named = (*(("latest",) if row.is_latest else ()), *row.aliases)
    return (
        version.ref,
        exact(version.created),
        shape(version) or count_text(version.files, "file"),
        size_text(version.size),
        text.parts(badge(version), ", ".join(named), version.description),
    )
