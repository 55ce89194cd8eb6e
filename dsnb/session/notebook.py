"""What IPython tells of the notebook: its folder, and the cell that is running.

This is all that ``%load_ext`` needs, so it imports nothing; the session proper is loaded with the
first verb.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any


class Notebook:
    """The notebook that this process belongs to, if any.

    Attributes
    ----------
    folder
        The folder from which the workspace is looked for; None is the current one.
    cell
        Execution count of the cell that is running, None between cells.
    source
        What the cell that is running says; empty between cells.
    sources
        What the cells said that were run since somebody last cleared it, each once, in order.
    failed
        Name of the error's class that the last cell ended with, and its execution count.
    before_cell
        Called when a cell begins.
    after_cell
        Called when a cell has ended.
    variables
        The notebook's variables; None outside a notebook.
    run_body
        Runs code as a cell's, shows what it shows, its error included, and returns that error; None
        outside a notebook.
    """

    def __init__(self) -> None:
        self.folder: str | None = None
        self.cell: int | None = None
        self.source = ""
        self.sources: dict[str, None] = {}
        self.failed: tuple[str, int] | None = None
        self.before_cell: list[Callable[[], None]] = []
        self.after_cell: list[Callable[[], None]] = []
        self.variables: MutableMapping[str, Any] | None = None
        self.run_body: Callable[[str], BaseException | None] | None = None

    def begin_cell(self, execution_count: int, source: str = "") -> None:
        """Attribute what follows to a cell, until it ends."""
        for prepare in self.before_cell:
            prepare()
        self.cell = execution_count
        self.source = source
        self.sources[source] = None

    def end_cell(self, error: BaseException | None = None) -> None:
        """Let everything that waits for the end of the cell be done.

        Parameters
        ----------
        error
            What the cell ended with, if it failed.
        """
        failed = error is not None and self.cell is not None
        self.failed = (type(error).__name__, self.cell or 0) if failed else None
        self.cell = None
        self.source = ""
        for finish in self.after_cell:
            finish()

    @contextmanager
    def as_cell(self, source: str) -> Iterator[None]:
        """Attribute what follows to a cell that another one runs again; empty for no cell."""
        running, self.source = self.source, source or self.source
        self.sources[self.source] = None
        try:
            yield
        finally:
            self.source = running


NOTEBOOK = Notebook()
"""The notebook of this process."""
