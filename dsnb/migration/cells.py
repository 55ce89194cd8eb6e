"""The cells of a notebook as Python code: what is IPython's own is put aside meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PYTHON_FOLLOWS = re.compile(r"%%(time|timeit|capture|prun|debug|writefile\s.*\.py)\b")
_MAGIC = re.compile(
    r"^(?P<lead>[ \t]*(?:[\w.\[\]'\", ]+=[ \t]*)?)(?P<magic>[%!](?:[^\n]*\\\n)*[^\n]*)$"
    r"|^(?P<before>[ \t]*)(?P<help>\?[^\n]*|[\w.]+\?{1,2}[ \t]*)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Cell:
    """A cell without what is IPython's own.

    Attributes
    ----------
    head
        A magic for the whole cell, with the end of its line; empty for none.
    code
        The Python code, with names in place of magics.
    aside
        What these names stand for.
    """

    head: str
    code: str
    aside: tuple[tuple[str, str], ...]

    def whole(self, code: str) -> str:
        """Return the cell with other code, and all that was put aside back in its place."""
        for name, magic in reversed(self.aside):
            code = code.replace(name, magic)
        return self.head + code


def read_cell(source: str) -> Cell | None:
    r"""Return a cell without what is IPython's own, None when it holds other code than Python.

    Examples
    --------
    >>> cell = read_cell("%matplotlib inline\nimport azureml.core")
    >>> print(cell.code)
    __aside_0__
    import azureml.core
    >>> print(cell.whole(cell.code))
    %matplotlib inline
    import azureml.core
    """
    head = ""
    if source.lstrip().startswith("%%"):
        begin = len(source) - len(source.lstrip())
        end = source.find("\n", begin) + 1
        if not end or not _PYTHON_FOLLOWS.match(source[begin:]):
            return None
        head, source = source[:end], source[end:]
    aside: list[tuple[str, str]] = []
    stem = "__aside_"
    while stem in source:
        stem += "_"

    def put_aside(found: re.Match[str]) -> str:
        name = f"{stem}{len(aside)}__"
        aside.append((name, found["magic"] or found["help"]))
        return f"{found['lead'] or found['before'] or ''}{name}"

    return Cell(head, _MAGIC.sub(put_aside, source), tuple(aside))
