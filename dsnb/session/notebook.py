"""What IPython tells of the notebook: its folder, and the cell that is running.

This is all that ``%load_ext`` needs, so it imports nothing; the session proper is loaded with the
first verb.
"""

from __future__ import annotations

from collections.abc import Callable


class Notebook:
    """The notebook that this process belongs to, if any.

    Attributes
    ----------
    folder
        The folder from which the workspace is looked for; None is the current one.
    cell
        Execution count of the cell that is running, None between cells.
    after_cell
        Called when a cell has ended.
    """

    def __init__(self) -> None:
        self.folder: str | None = None
        self.cell: int | None = None
        self.after_cell: list[Callable[[], None]] = []

    def begin_cell(self, execution_count: int) -> None:
        """Attribute what follows to a cell, until it ends."""
        self.cell = execution_count

    def end_cell(self) -> None:
        """Let everything that waits for the end of the cell be done."""
        self.cell = None
        for finish in self.after_cell:
            finish()


NOTEBOOK = Notebook()
"""The notebook of this process."""
