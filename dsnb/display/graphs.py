"""Drawing a small directed graph as SVG: what a node is made from stands left of it.

Nodes are put into layers by their longest way from a beginning, as by Sugiyama's method, and within
a layer by the mean place of what they are linked to. Colours are the theme's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsnb.display.html import Html, safe

_CHAR = 7.3
_HEIGHT = 26
_GAP_X = 64
_GAP_Y = 16
_PAD = 10
_LONGEST = 32
_LINE = "var(--jp-ui-font-color2,#777)"
_TEXT = "var(--jp-ui-font-color1,#222)"
_FILL = "var(--jp-layout-color2,#eee)"
_BORDER = "var(--jp-border-color1,#bbb)"
_STRONG = "var(--jp-brand-color1,#1976d2)"


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the graph.

    Attributes
    ----------
    label
        What stands in it.
    title
        What is said of it on hover.
    round
        Whether its ends are round.
    strong
        Whether it stands out.
    """

    label: str
    title: str = ""
    round: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from one node to another, by their keys; dotted where it is only likely."""

    source: str
    target: str
    title: str = ""
    dotted: bool = False


def graph_svg(nodes: Mapping[str, Node], edges: Sequence[Edge], words: str) -> Html:
    """Return a graph without cycles as an SVG element.

    Parameters
    ----------
    nodes
        The nodes by key.
    edges
        The arrows; both ends are among the nodes.
    words
        What it shows, in words, for who cannot see it.

    Examples
    --------
    >>> nodes = {"a": Node("raw@1"), "b": Node("weather_ds@1")}
    >>> svg = graph_svg(nodes, [Edge("a", "b")], "weather_ds@1 comes from raw@1")
    >>> svg.count("<text"), svg.count("<path")
    (2, 4)
    """
    layers = _layers(nodes, edges)
    widths = {key: _CHAR * len(_cut(node.label)) + 2 * _PAD for key, node in nodes.items()}
    places: dict[str, tuple[float, float]] = {}
    left = float(_PAD)
    tallest = max(map(len, layers), default=0)
    height = tallest * (_HEIGHT + _GAP_Y) + _GAP_Y
    for layer in layers:
        spare = height - len(layer) * (_HEIGHT + _GAP_Y) - _GAP_Y
        for row, key in enumerate(layer):
            places[key] = (left, _GAP_Y + spare / 2 + row * (_HEIGHT + _GAP_Y))
        left += max(widths[key] for key in layer) + _GAP_X
    width = left - _GAP_X + _PAD
    drawn = [_arrow(edge, places, widths) for edge in edges]
    drawn += [_box(node, *places[key], widths[key]) for key, node in nodes.items()]
    return Html(
        f'<svg role="img" aria-label="{safe(words)}" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}">{"".join(drawn)}</svg>'
    )


def _layers(nodes: Mapping[str, Node], edges: Sequence[Edge]) -> list[list[str]]:
    sources: dict[str, list[str]] = {key: [] for key in nodes}
    for edge in edges:
        sources[edge.target].append(edge.source)
    depths: dict[str, int] = {}
    left = list(nodes)
    while left:
        ready = [key for key in left if all(source in depths for source in sources[key])]
        for key in ready:
            depths[key] = 1 + max((depths[source] for source in sources[key]), default=-1)
        left = [key for key in left if key not in depths]
        if not ready:
            raise ValueError("a graph with a cycle cannot be drawn in layers")
    layers: list[list[str]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for key, depth in depths.items():
        layers[depth].append(key)
    rows: dict[str, float] = {}
    for layer in layers:
        known = {key: [rows[one] for one in sources[key]] for key in layer}
        layer.sort(key=lambda key: sum(known[key]) / len(known[key]) if known[key] else 0.0)
        rows.update((key, row - len(layer) / 2) for row, key in enumerate(layer))
    return layers


def _arrow(
    edge: Edge, places: Mapping[str, tuple[float, float]], widths: Mapping[str, float]
) -> str:
    x1, y1 = places[edge.source]
    x2, y2 = places[edge.target]
    x1, y1, y2 = x1 + widths[edge.source], y1 + _HEIGHT / 2, y2 + _HEIGHT / 2
    bend = (x2 - x1) / 2
    dashes = ";stroke-dasharray:3 3" if edge.dotted else ""
    title = f"<title>{safe(edge.title)}</title>" if edge.title else ""
    line = f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    head = f"M{x2:.0f} {y2:.0f}l-7 -4v8z"
    return (
        f'<path d="{line}" style="fill:none;stroke:{_LINE}{dashes}">{title}</path>'
        f'<path d="{head}" style="fill:{_LINE}"></path>'
    )


def _box(node: Node, x: float, y: float, width: float) -> str:
    title = f"<title>{safe(node.title)}</title>" if node.title else ""
    turn = _HEIGHT / 2 if node.round else 3
    flat, high = width - 2 * turn, _HEIGHT - 2 * turn
    corners = (f"{turn} {turn}", f"-{turn} {turn}", f"-{turn} -{turn}", f"{turn} -{turn}")
    sides = (f"v{high}", f"h{-flat:.1f}", f"v{-high}")
    outline = f"M{x + turn:.1f} {y:.1f}h{flat:.1f}"
    for corner, side in zip(corners, (*sides, ""), strict=True):
        outline += f"a{turn} {turn} 0 0 1 {corner}{side}"
    stroke = f"{_STRONG};stroke-width:2" if node.strong else _BORDER
    return (
        f'<path d="{outline}z" style="fill:{_FILL};stroke:{stroke}">{title}</path>'
        f'<text x="{x + width / 2:.0f}" y="{y + _HEIGHT / 2 + 4:.0f}"'
        f' style="fill:{_TEXT};text-anchor:middle;font:12px var(--jp-code-font-family,monospace)">'
        f"{title}{safe(_cut(node.label))}</text>"
    )


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
