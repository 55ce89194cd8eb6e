"""The routes, as ``openapi.yaml`` spells them, and how a server gets them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dsnb.errors import DsnbError
from dsnb.server.handlers import (
    ChangesHandler,
    DatasetsHandler,
    Desk,
    LockHandler,
    ModelsHandler,
    ProfileHandler,
    ReadingHandler,
    RunHandler,
    RunsHandler,
    VersionHandler,
    VersionsHandler,
    WorkspaceHandler,
)
from dsnb.server.reading import read_workspace
from dsnb.server.scope import Scope

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

BELOW = "dsnb/api/v1"
ROUTES: dict[str, type[ReadingHandler]] = {
    "/workspace": WorkspaceHandler,
    "/changes": ChangesHandler,
    "/datasets": DatasetsHandler,
    "/datasets/{name}/versions": VersionsHandler,
    "/datasets/{name}/versions/{number}": VersionHandler,
    "/datasets/{name}/versions/{number}/profile": ProfileHandler,
    "/models": ModelsHandler,
    "/runs": RunsHandler,
    "/runs/{id}": RunHandler,
    "/lock": LockHandler,
}


def add_routes(app: ServerApp) -> None:
    """Serve the routes from a server, for the folder that it shows its files from."""
    # A server whose files come from elsewhere than a disk still has a folder that it runs in.
    root = getattr(app.contents_manager, "root_dir", "") or app.root_dir
    desk = Desk(Scope(root, app.log.info))
    web: Any = app.web_app
    web.add_handlers(".*$", list(_specs(app.base_url, desk)))
    desk.readers.submit(_read_ahead, desk.scope)


def _read_ahead(scope: Scope) -> None:
    """Import what reading needs, and read the root's own workspace: the first click waits less."""
    import dsnb.catalog.jsonfile  # noqa: F401 - with TinyDB and msgspec

    with suppress(DsnbError, OSError):
        read_workspace(scope, "")


def _specs(base: str, desk: Desk) -> Iterable[tuple[str, type[ReadingHandler], dict[str, Any]]]:
    for route, handler in ROUTES.items():
        pattern = re.sub(r"\\{[a-z]+\\}", "([^/]+)", re.escape(f"{BELOW}{route}"))
        yield f"{re.escape(base)}{pattern}", handler, {"desk": desk}
