"""Work that is done once for all who ask for it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")


class Shared:
    """The work that is under way, by what it is about.

    Examples
    --------
    >>> begun = []
    >>> async def work():
    ...     begun.append("work")
    ...     return len(begun)
    >>> async def ask_twice():
    ...     shared = Shared()
    ...     return await asyncio.gather(shared.do("a", work), shared.do("a", work))
    >>> asyncio.run(ask_twice())
    [1, 1]
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Future[Any]] = {}

    async def do(self, about: Hashable, begin: Callable[[], Awaitable[Result]]) -> Result:
        """Return what some work gives; it is begun only where none is under way.

        Who stops to wait leaves it to the others, and the work goes on.

        Parameters
        ----------
        about
            What the work is about.
        begin
            Begins it.
        """
        running = self._running.get(about)
        if running is None:
            running = self._running[about] = asyncio.ensure_future(begin())
            running.add_done_callback(lambda _: self._running.pop(about))
        result: Result = await asyncio.shield(running)
        return result
