"""Reach: which of the recorded places are looked at in passing, and which wait for the user.

A registry names places anywhere on this machine: under the datastore ``local``, under a datastore
of its settings, or through links in its own folder. It may come from a stranger, who must not make
dsnb read, or even look at, what lies outside of it just because the folder is opened. So:

- Whatever is only *shown* (the panel, the picker, ``status``, ``show``) looks at a place as far as
  it really lies, links followed, in the workspace's folder.
- Elsewhere it looks only at places that this user has *used* on this machine: registered, loaded,
  verified or compared. Doing so for the first time says what is read, unless it is registered.

Used places are remembered in the user's cache folder, never in the workspace, where a stranger
could claim anything. Without that memory a place is used once more, and nothing else is lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MOST_LINKS = 40


class UsedPlaces:
    """The places that this user has used, as empty files in a folder of the cache.

    Parameters
    ----------
    folder
        Where they are remembered.

    Examples
    --------
    >>> import tempfile
    >>> used = UsedPlaces(Path(tempfile.mkdtemp()))
    >>> used.add("/data/2013")
    >>> "/data/2013" in used, "/etc" in used
    (True, False)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, place: str) -> bool:
        return self._file(place).exists()

    def add(self, place: str) -> None:
        """Remember a place."""
        file = self._file(place)
        with suppress(OSError):  # without a cache it is taken for new the next time
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()

    def _file(self, place: str) -> Path:
        from blake3 import blake3

        address = blake3(os.fsencode(place)).hexdigest()[:32]
        return self._folder / address[:2] / address[2:]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one look at a workspace goes.

    Attributes
    ----------
    root
        The workspace's folder.
    used
        The places that this user has used.
    notify
        Told what outside the workspace is read for the first time.
    in_passing
        Whether something is only shown, rather than asked for.
    """

    root: str
    used: UsedPlaces
    notify: Callable[[str], None]
    in_passing: bool = False

    def admits(self, place: str, base: str, names: Sequence[str] = ()) -> bool:
        """Tell whether the files of a place may be looked at; asked for, they always may.

        Parameters
        ----------
        place
            The path of a definition on this machine.
        base, names
            The folder of its files, and their names below it.
        """
        if place in self.used:
            return True
        outside = _first_outside(self.root, base, names)
        if self.in_passing:
            return outside is None
        if outside is not None:
            self.notify(
                f"{outside} lies outside the workspace {self.root} and was never used here "
                "before; it is read now, as you asked for it."
            )
        self.used.add(place)
        return True

    def walks(self, place: str) -> bool:
        """Tell whether a place may be searched for files, which follows every link it meets."""
        return not self.in_passing or place in self.used

    def take(self, places: Iterable[str]) -> None:
        """Remember places that the user named."""
        for place in places:
            self.used.add(place)


def _first_outside(root: str, base: str, names: Sequence[str]) -> str | None:
    """Return the first path that leads out of a folder, links followed; None when none does."""
    for folder in dict.fromkeys(("", *map(os.path.dirname, names))):
        if not _stays_inside(root, os.path.join(base, folder)):
            return os.path.normpath(os.path.join(base, folder))
    for path in (os.path.join(base, name) for name in names):
        if os.path.islink(path) and not _stays_inside(root, path):
            return path
    return None


def _stays_inside(root: str, path: str) -> bool:
    """Tell whether a path leads nowhere but into a folder.

    Unlike `os.path.realpath` it takes no step outside, where already looking may reach a network.
    """
    pending = _parts_below(root, path)
    here: list[str] = []
    links = 0
    while pending:
        part = pending.pop(0)
        if part == "..":
            if not here:
                return False
            here.pop()
            continue
        here.append(part)
        try:
            target = os.readlink(os.path.join(root, *here))
        except OSError:
            continue  # no link, or nothing at all
        links += 1
        if links > _MOST_LINKS:
            return True  # round and round: whoever opens it is told so
        here.pop()
        if os.path.isabs(target):
            here.clear()
            further = _parts_below(root, target)
        else:
            further = [part for part in target.split(os.sep) if part not in ("", ".")]
        if further is None:
            return False
        pending = further + pending
    return pending is not None


def _parts_below(root: str, path: str) -> list[str] | None:
    """Return the parts of a path below a folder as it is spelled, None when it lies elsewhere."""
    inside = os.path.join(root, "")
    if not os.path.join(path, "").startswith(inside):
        return None
    return [part for part in path[len(inside) :].split(os.sep) if part not in ("", ".")]
