"""`ContainerRegistry`: where an image of a container lies."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class ContainerRegistry:
    """Where an image of a container lies, and who may fetch it.

    No image is fetched here: the address is recorded, and name and password are written nowhere.
    """

    address: str | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
