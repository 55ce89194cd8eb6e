"""Executing a notebook in a kernel of its own, cell by cell."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsnb.errors import MissingLibraryError, NotebookError, first_line

_STARTUP = 300
"""Seconds that a kernel may take to start: environments on network drives are slow."""
_GLANCE = 0.5


@dataclass(frozen=True, slots=True)
class FailedCell:
    """The cell at which a notebook stopped.

    Attributes
    ----------
    cell
        Its execution count.
    error, message
        The error's class and what it said.
    source
        What the cell says.
    """

    cell: int
    error: str
    message: str
    source: str


class Execution:
    """One run of a notebook from its first cell to its last, or to the one that fails."""

    def __init__(self, client_class: Any, notebook: Any, kernel_name: str) -> None:
        self.kernel = ""
        self.failed: FailedCell | None = None
        self.begun = 0
        self.total = sum(_is_code(cell) for cell in notebook.cells)
        self._notebook = notebook
        self._current: Any = None
        self._client = client_class(
            notebook,
            kernel_name=kernel_name,
            timeout=None,
            startup_timeout=_STARTUP,
            record_timing=False,
            store_widget_state=False,
            on_notebook_start=self._know_kernel,
            on_cell_execute=self._begin,
        )

    def run(
        self, folder: Path, environment: Mapping[str, str], tell: Callable[[float], None]
    ) -> None:
        """Run the cells; Ctrl-C ends the kernel.

        Parameters
        ----------
        folder
            Where the kernel works.
        environment
            Its variables.
        tell
            Told how far it is, in percent.
        """
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        for cell in self._notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        try:
            self._run_cells(folder, environment, tell)
        except CellExecutionError as error:
            self.failed = self._failure(error.ename, error.evalue)
        except DeadKernelError:
            self.failed = self._failure("DeadKernelError", "the kernel died")
        except (RuntimeError, OSError) as error:
            raise NotebookError(
                f"The kernel of the notebook does not run: {first_line(error)}.",
                hint="See whether the notebook runs in JupyterLab.",
            ) from error

    def _run_cells(
        self, folder: Path, environment: Mapping[str, str], tell: Callable[[float], None]
    ) -> None:
        import asyncio
        from concurrent.futures import ThreadPoolExecutor
        from subprocess import DEVNULL

        # Its own thread: a notebook that calls this has a running event loop in its own.
        loop = asyncio.new_event_loop()
        # What a kernel says to a terminal is nothing that the notebook says.
        task = loop.create_task(
            self._client.async_execute(
                cwd=str(folder), env=dict(environment), stdout=DEVNULL, stderr=DEVNULL
            )
        )
        with ThreadPoolExecutor(1, thread_name_prefix="dsnb rerun") as pool:
            done = pool.submit(loop.run_until_complete, task)
            try:
                while True:
                    try:
                        done.result(_GLANCE)
                        return
                    except TimeoutError:
                        if done.done():
                            raise
                        tell(100 * max(self.begun - 1, 0) / max(self.total, 1))
            finally:
                # Whatever ends the wait, the kernel is ended before this returns.
                if not done.done():
                    loop.call_soon_threadsafe(task.cancel)
                pool.shutdown(wait=True)
                loop.close()

    def _know_kernel(self, notebook: Any) -> None:
        connection = Path(self._client.km.connection_file)
        self.kernel = connection.stem.removeprefix("kernel-")

    def _begin(self, cell: Any, cell_index: int) -> None:
        self.begun += 1
        self._current = cell

    def _failure(self, error: str, message: str) -> FailedCell:
        return FailedCell(self.begun, error, message, self._current.source)


def nbclient_class() -> Any:
    """Return what runs notebooks.

    Raises
    ------
    MissingLibraryError
        When nbclient is not installed.
    """
    try:
        from nbclient import NotebookClient
    except ImportError:
        raise MissingLibraryError(
            "Running a notebook needs nbclient, which is not installed.",
            hint="Install it: %pip install nbclient",
        ) from None
    return NotebookClient


def validated(document: Mapping[str, Any], path: Path) -> Any:
    """Return a notebook as nbformat has it, whole enough to be run."""
    import nbformat
    from nbformat.validator import normalize, validate

    try:
        if document["nbformat"] != 4:
            raise ValueError(f"it has nbformat {document['nbformat']}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids, as older notebooks have them
            read = nbformat.reads(json.dumps(document), nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
            _, notebook = normalize(read)
            validate(notebook, relax_add_props=True)
    except Exception as error:  # of its schema's libraries, whichever it uses
        raise NotebookError(
            f"{path} is no notebook that can be run: {first_line(error)}.",
            hint="Open it in JupyterLab and save it.",
        ) from error
    return notebook


def kernel_of(notebook: Any, path: Path, notify: Callable[[str], None]) -> str:
    """Return the name of the kernel that runs a notebook."""
    from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager

    metadata = notebook.metadata
    named = metadata.get("kernelspec", {})
    language = named.get("language") or metadata.get("language_info", {}).get("name") or "python"
    if str(language).lower() not in ("python", "ipython"):
        raise NotebookError(
            f"{path} is a notebook of {language}, and dsnb knows what Python does.",
            hint="Run it in JupyterLab.",
        )
    name = str(named.get("name") or NATIVE_KERNEL_NAME)
    if name in KernelSpecManager().find_kernel_specs():
        return name
    notify(f"The notebook's kernel {name} is not installed here; {NATIVE_KERNEL_NAME} runs it.")
    return NATIVE_KERNEL_NAME


def _is_code(cell: Any) -> bool:
    return bool(cell.cell_type == "code" and cell.source.strip())
