"""The server half of the side panel: a Jupyter Server extension that reads workspaces.

It answers from the registry alone, so the panel works while the kernel is busy or absent. What it
serves is written down in ``openapi.yaml`` beside this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell Jupyter Server which module to load."""
    return [{"module": "dsnb.server"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Add the routes of the side panel to a server."""
    from dsnb.server.routes import add_routes

    add_routes(app)
