"""The handlers of the routes: check what was asked, read off the event loop, answer or refuse."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, authenticated

from dsnb.datasets.profiles import Effort
from dsnb.errors import DsnbError, NotFoundError, RegistryError, UsageError, WorkspaceError
from dsnb.server.answers import Answer, clipped, encode
from dsnb.server.changes import Changes, Waiting, look
from dsnb.server.reading import (
    read_datasets,
    read_kernel_lock,
    read_models,
    read_profile,
    read_run,
    read_runs,
    read_version,
    read_versions,
    read_workspace,
)
from dsnb.server.scope import Scope
from dsnb.server.shared import Shared

LARGEST_PAGE = 200
USUAL_PAGE = 100
LONGEST_WAIT = 60.0
USUAL_WAIT = 25.0
EFFORTS = ("little", "any")

Asked = ParamSpec("Asked")
Result = TypeVar("Result")


def _workers(count: int, name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix=f"dsnb {name}")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers of one server share.

    Attributes
    ----------
    scope
        The workspaces that may be seen.
    changes
        The clients that wait.
    readers
        Threads that read registries, which takes milliseconds.
    checkers
        Threads that look at a version's files, which may have to be hashed: a few of those never
        keep the lists waiting.
    """

    scope: Scope
    changes: Changes = field(default_factory=Changes)
    readers: ThreadPoolExecutor = field(default_factory=lambda: _workers(4, "reader"))
    checkers: ThreadPoolExecutor = field(default_factory=lambda: _workers(2, "checker"))
    profilers: ThreadPoolExecutor = field(default_factory=lambda: _workers(2, "profiler"))
    computers: ThreadPoolExecutor = field(default_factory=lambda: _workers(1, "computer"))
    profiles: Shared = field(default_factory=Shared)


class ReadingHandler(APIHandler):
    """The one way in which every route is asked, answered and refused.

    A route's handler only defines `answer`. Every error becomes the contract's ``Error`` here.
    """

    auth_resource = "dsnb"

    def initialize(self, desk: Desk) -> None:
        """Take what the handlers share."""
        self.desk = desk

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse whoever has not said who they are, before anything else is looked at."""
        await super().prepare()
        if self.current_user is None and self.request.method != "OPTIONS":
            raise HTTPError(HTTPStatus.FORBIDDEN)

    @authenticated
    @authorized
    async def get(self, *parts: str) -> None:
        """Answer, or say what is wrong and what to do next."""
        try:
            answer = await self.answer(*parts)
        except DsnbError as error:
            self.set_status(_status_of(error))
            answer = _error(type(error).__name__, error.message, error.hint)
        self.finish(encode(answer))

    async def answer(self, *parts: str) -> Answer:
        """Return what the route tells."""
        raise NotImplementedError

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell what Jupyter Server refuses, or what went wrong, as every other error."""
        error = kwargs.get("exc_info", (None, None))[1]
        status = HTTPStatus(status_code)
        told = (isinstance(error, HTTPError) and error.log_message) or status.phrase
        message = f"{told.rstrip('.')}."
        hint = _HINTS.get(status, "The log of the Jupyter server tells more.")
        self.finish(encode(_error(status.phrase.title().replace(" ", ""), message, hint)))

    async def read(
        self, how: Callable[Asked, Result], *asked: Asked.args, **options: Asked.kwargs
    ) -> Result:
        """Return what a function reads, in a thread of its own kind."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.desk.readers, lambda: how(*asked, **options))

    @property
    def path(self) -> str:
        """The folder that was named."""
        return self.asked("path") or ""

    @property
    def span(self) -> tuple[int, int]:
        """The part of a list that was asked for: where it starts, and how long it may be."""
        offset = self.whole("offset", 0, least=0, most=10**9)
        return offset, self.whole("limit", USUAL_PAGE, least=1, most=LARGEST_PAGE)

    def asked(self, name: str) -> str | None:
        """Return a parameter exactly as it was sent, with nothing cut off or replaced."""
        sent: list[bytes] = self.request.query_arguments.get(name) or []
        try:
            return sent[-1].decode() if sent else None
        except UnicodeDecodeError:
            raise UsageError(f"{name} is not UTF-8.", hint="Encode it as URLs are.") from None

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a parameter that is a whole number."""
        return checked_number(name, self.asked(name) or str(default), least, most)


class WorkspaceHandler(ReadingHandler):
    """The workspace of a folder."""

    async def answer(self, *parts: str) -> Answer:
        """Return where it is, or would be."""
        return await self.read(read_workspace, self.desk.scope, self.path)


class ChangesHandler(ReadingHandler):
    """Waiting for changes."""

    # A panel that only waits is no reason to keep an idle server running.
    _track_activity = False

    def initialize(self, desk: Desk) -> None:
        """Take what the handlers share, and begin to be a client."""
        super().initialize(desk)
        self._client = Waiting()

    async def answer(self, *parts: str) -> Answer:
        """Return the state once it is another one, or time is up."""
        known = self.asked("state")
        if known is None:
            raise UsageError("state is missing.", hint="Send the state that /workspace told.")
        seconds = _checked_seconds(self.asked("wait") or str(USUAL_WAIT))
        path = self.path
        state = await self.desk.changes.wait(
            lambda: self.read(look, self.desk.scope, path), known, seconds, self._client
        )
        return {"state": state}

    def on_connection_close(self) -> None:
        """Stop to wait for a client that has left."""
        super().on_connection_close()
        self._client.leave()


class DatasetsHandler(ReadingHandler):
    """The datasets."""

    async def answer(self, *parts: str) -> Answer:
        """Return a page of them by name."""
        offset, limit = self.span
        search = self.asked("search") or ""
        return await self.read(
            read_datasets, self.desk.scope, self.path, search, offset=offset, limit=limit
        )


class ModelsHandler(ReadingHandler):
    """The models."""

    async def answer(self, *parts: str) -> Answer:
        """Return a page of them by name."""
        offset, limit = self.span
        search = self.asked("search") or ""
        return await self.read(
            read_models, self.desk.scope, self.path, search, offset=offset, limit=limit
        )


class VersionsHandler(ReadingHandler):
    """The versions of a dataset."""

    async def answer(self, *parts: str) -> Answer:
        """Return a page of them, newest first."""
        (name,) = parts
        offset, limit = self.span
        return await self.read(
            read_versions, self.desk.scope, self.path, name, offset=offset, limit=limit
        )


class VersionHandler(ReadingHandler):
    """One version."""

    async def answer(self, *parts: str) -> Answer:
        """Return everything about it."""
        name, text = parts
        number = checked_number("The version's number", text, 1, 10**18 - 1)
        loop, path = asyncio.get_running_loop(), self.path
        return await loop.run_in_executor(
            self.desk.checkers, read_version, self.desk.scope, path, name, number
        )


class ProfileHandler(ReadingHandler):
    """What the table of one version holds."""

    async def answer(self, *parts: str) -> Answer:
        """Return its profile; who asks for one that is being computed is answered with that."""
        name, text = parts
        number = checked_number("The version's number", text, 1, 10**18 - 1)
        path, effort = self.path, _checked_effort(self.asked("effort") or "little")
        desk, loop = self.desk, asyncio.get_running_loop()
        workers = desk.computers if effort == "any" else desk.profilers
        return await desk.profiles.do(
            (path, name, number, effort),
            lambda: loop.run_in_executor(
                workers, read_profile, desk.scope, path, name, number, effort
            ),
        )


class RunsHandler(ReadingHandler):
    """The runs."""

    async def answer(self, *parts: str) -> Answer:
        """Return a page of them, newest first."""
        offset, limit = self.span
        kernel = self.asked("kernel")
        return await self.read(
            read_runs, self.desk.scope, self.path, kernel, offset=offset, limit=limit
        )


class RunHandler(ReadingHandler):
    """One run."""

    async def answer(self, *parts: str) -> Answer:
        """Return everything about it."""
        loop, path = asyncio.get_running_loop(), self.path
        return await loop.run_in_executor(
            self.desk.checkers, read_run, self.desk.scope, path, parts[0]
        )


class LockHandler(ReadingHandler):
    """What the file of a notebook shall say of the versions it used."""

    async def answer(self, *parts: str) -> Answer:
        """Return the lock of what its kernel's session read and made."""
        kernel = self.asked("kernel")
        if kernel is None:
            raise UsageError("kernel is missing.", hint="Send the id of the notebook's kernel.")
        return await self.read(read_kernel_lock, self.desk.scope, self.path, kernel)


def checked_number(name: str, text: str, least: int, most: int) -> int:
    """Return the whole number that a text is.

    Raises
    ------
    UsageError
        When it is none, or lies outside the bounds.

    Examples
    --------
    >>> checked_number("limit", "50", 1, 200)
    50
    """
    if not re.fullmatch("[0-9]{1,18}", text) or not least <= int(text) <= most:
        raise UsageError(
            f"{name} is {text[:40]!r}.", hint=f"Send a whole number from {least} to {most}."
        )
    return int(text)


def _checked_seconds(text: str) -> float:
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{0,9})?", text) and float(text) <= LONGEST_WAIT:
        return float(text)
    raise UsageError(f"wait is {text[:40]!r}.", hint=f"Send seconds, from 0 to {LONGEST_WAIT:g}.")


def _checked_effort(text: str) -> Effort:
    if text in EFFORTS:
        return cast("Effort", text)
    raise UsageError(f"effort is {text[:40]!r}.", hint=f"Send {' or '.join(EFFORTS)}.")


_HINTS = {
    HTTPStatus.FORBIDDEN: "Log in to the Jupyter server, or send its token.",
    HTTPStatus.NOT_FOUND: "Ask from the page that the Jupyter server itself serves.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Send GET: these routes only read.",
}


def _status_of(error: DsnbError) -> HTTPStatus:
    match error:
        case NotFoundError() | WorkspaceError():
            return HTTPStatus.NOT_FOUND
        case RegistryError():
            return HTTPStatus.CONFLICT
    return HTTPStatus.BAD_REQUEST


def _error(kind: str, message: str, hint: str) -> Answer:
    return {"kind": kind, "message": clipped(message, 4_000), "hint": clipped(hint, 4_000)}
