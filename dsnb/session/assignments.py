"""Which cell gave a variable its value, by what the cells say."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence


def assigning_cell(cells: Sequence[str], name: str) -> int | None:
    r"""Return the number of the last cell that assigns a variable, None when none does.

    Parameters
    ----------
    cells
        What each cell says, as Python, by its execution count.
    name
        The variable.

    Examples
    --------
    >>> assigning_cell(["", "df = 1", "def f():\n    df = 2", "print(df)"], "df")
    1
    """
    for number in range(len(cells) - 1, -1, -1):
        if name not in cells[number]:
            continue
        try:
            tree = ast.parse(cells[number])
        except (SyntaxError, ValueError, RecursionError):
            continue
        if name in _assigned(tree):
            return number
    return None


def _assigned(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a cell gives a value, those inside functions left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            yield from (one for part in ast.walk(node) for one in _globals(part))
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        yield from _assigned(node)


def _globals(node: ast.AST) -> Sequence[str]:
    return node.names if isinstance(node, ast.Global) else ()
