"""Showing lineage: a tree of words for terminals, a graph for the notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dsnb.display import html, text
from dsnb.display.graphs import Edge, Node, graph_svg
from dsnb.presenting import as_html, as_svg, as_text, one_line
from dsnb.provenance.lineage import Lineage, Link
from dsnb.records import Run
from dsnb.units import ago, count_text

_DRAWN = 120
"""Versions that are drawn, at most; more are a thicket."""
_READERS = 5
_LINES = 100
_SHORT = 40


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the tree: what a version was made from, or what was made from it."""

    title: str
    nothing: str
    links: Callable[[str], list[Link]]
    end: Callable[[Link], str]


@as_text.register
def _lineage_text(result: Lineage) -> str:
    lines = [text.line(f"{result.root.ref}  ", [_headline(result)])]
    for side in _sides(result):
        told = list(_branches(result, side, result.root.id, "  ", {result.root.id}))
        lines.append(f"  {side.title}{'' if told else f': {side.nothing}'}")
        lines += text.capped(told[:_LINES], len(told), _LINES, indent="  ")
    if result.direction != "up":
        lines.append(text.paragraph(f"read by: {_readers(result)}", "  "))
    lines += [text.paragraph(note, "  ") for note in _notes(result)]
    return "\n".join(lines)


@as_html.register
def _lineage_html(result: Lineage) -> str:
    head = html.Html(f"{html.ref(result.root.ref)}&ensp;{html.safe(_headline(result))}")
    drawn = len(result.versions) <= _DRAWN and bool(result.links)
    picture = html.Html(f'<div class="scroll">{_drawing(result)}</div>') if drawn else ""
    words = html.Html(f"<pre>{html.Html(_escaped_lines(result))}</pre>")
    notes = [f"read by: {_readers(result)}"] if result.readers else []
    if len(result.versions) > _DRAWN:
        notes.append(f"too many to draw: the tree has the first, … {_left_out(result):,} more")
    said = html.line(*notes, *_notes(result))
    tree = html.details("as a tree", words, open=not drawn)
    return html.block(head, picture, html.quiet(said) if said else "", tree)


@as_svg.register
def _lineage_svg(result: Lineage) -> str:
    return _drawing(result).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _left_out(result: Lineage) -> int:
    """Return how many links the tree has no line for, at least."""
    return max(len(result.links) - _LINES, 0)


def _escaped_lines(result: Lineage) -> str:
    return "\n".join(html.safe(line) for line in as_text(result).split("\n"))


def _drawing(result: Lineage) -> html.Html:
    nodes = {
        identifier: Node(
            version.ref,
            text.parts(version.kind, f"made {ago(version.created)}", _made_by(result, version.run)),
            round=version.kind == "model",
            strong=identifier == result.root.id,
        )
        for identifier, version in result.versions.items()
    }
    edges = [
        Edge(link.source, link.target, _how(result, link), dotted=not link.recorded)
        for link in result.links
    ]
    return graph_svg(nodes, edges, f"lineage of {result.root.ref}: {_headline(result)}")


def _headline(result: Lineage) -> str:
    said = []
    if result.direction != "down":
        said.append(f"made from {count_text(_count(result, up=True), 'version')}")
    if result.direction != "up":
        said.append(f"{count_text(_count(result, up=False), 'version')} made from it")
        said.append(f"read by {count_text(len(result.readers), 'run')}")
    return ", ".join(said)


def _count(result: Lineage, *, up: bool) -> int:
    """Return how many versions lie on one side, near and far."""
    front, seen = [result.root.id], {result.root.id}
    while front:
        links = [
            link
            for identifier in front
            for link in (result.sources_of(identifier) if up else result.targets_of(identifier))
        ]
        ends = dict.fromkeys(link.source if up else link.target for link in links)
        front = [identifier for identifier in ends if identifier not in seen]
        seen.update(front)
    return len(seen) - 1


def _sides(result: Lineage) -> Iterator[_Side]:
    if result.direction != "down":
        nothing = "nothing that is known"
        yield _Side("made from", nothing, result.sources_of, lambda link: link.source)
    if result.direction != "up":
        yield _Side("what was made from it", "nothing", result.targets_of, lambda link: link.target)


def _branches(
    result: Lineage, side: _Side, identifier: str, indent: str, told: set[str]
) -> Iterator[str]:
    links = side.links(identifier)
    for place, link in enumerate(links):
        last = place == len(links) - 1
        end = side.end(link)
        again = end in told
        shown = text.parts(
            result.versions[end].ref, _how(result, link), "see above" if again else ""
        )
        yield text.shortened(f"{indent}{'└─' if last else '├─'} {one_line(shown)}", text.WIDTH)
        if not again:
            told.add(end)
            deeper = f"{indent}{'   ' if last else '│  '}"
            yield from _branches(result, side, end, deeper, told)


def _how(result: Lineage, link: Link) -> str:
    cells = ""
    if link.cells:
        word = "cell" if len(link.cells) == 1 else "cells"
        cells = (
            f"{word} {', '.join(map(str, link.cells[:5]))}{', …' if len(link.cells) > 5 else ''}"
        )
    run = result.runs.get(link.run or "")
    read = "" if link.recorded else "read before by"
    by = f"{read or 'by'} run {run.name}" if run is not None else ""
    return text.parts(text.shortened(link.role, _SHORT), text.shortened(by, _SHORT), cells)


def _made_by(result: Lineage, run: str | None) -> str:
    found = result.runs.get(run or "")
    return f"by run {found.name}" if found is not None else ""


def _readers(result: Lineage) -> str:
    if not result.readers:
        return "no run"
    runs: Sequence[Run] = [result.runs[one] for one in result.readers[:_READERS]]
    said = [f"{run.name} ({run.id[:8]}, {ago(run.started)})" for run in runs]
    more = len(result.readers) - _READERS
    return ", ".join(said) + (f" and {more:,} more" if more > 0 else "")


def _notes(result: Lineage) -> list[str]:
    said = []
    if any(not link.recorded for link in result.links):
        said.append("read before: the run had read it when it made the other, so it is likely")
    if result.cut:
        said.append("there is more: leave --depth out to see all")
    return said
