"""Running the code of a step within a cell that is running already."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def run_body(shell: Any, body: str) -> BaseException | None:
    """Run code as if it were a cell: it shows what it shows, its error included.

    Parameters
    ----------
    shell
        IPython's shell.
    body
        The code.

    Returns
    -------
    BaseException or None
        The error that it ended with; None when it did not.
    """
    code = _on_its_lines(body)
    transformed = _transformed(shell, code)
    if transformed is None or not shell.should_run_async(code, transformed_cell=transformed):
        result = shell.run_cell(code, store_history=False)
    else:
        # IPython would wait for it in the kernel's loop, which is busy with the cell that waits.
        with _beside_the_loop(), asyncio.Runner() as runner:
            result = runner.run(
                shell.run_cell_async(code, store_history=False, transformed_cell=transformed)
            )
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def _on_its_lines(body: str) -> str:
    """Return the code so that errors name the lines of the whole cell."""
    # A cell magic, or indentation that is taken off, must stand on the first line.
    first = body.lstrip("\n")
    return body if first.startswith(("%%", " ", "\t")) else f"# the step\n{body}"


def _transformed(shell: Any, code: str) -> str | None:
    try:
        return str(shell.transform_cell(code))
    except Exception:
        return None  # running it shows what is wrong


@contextmanager
def _beside_the_loop() -> Iterator[None]:
    """Let another event loop run in this thread, as if the one that is running were not."""
    loop = asyncio._get_running_loop()
    task = None if loop is None else asyncio.current_task(loop)
    if loop is not None and task is not None:
        asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if loop is not None and task is not None:
            asyncio.tasks._enter_task(loop, task)
