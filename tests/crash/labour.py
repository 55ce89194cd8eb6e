"""What a process does until it is killed: one operation on a workspace after another.

Before each operation it tells what it is about to do, and after it what it thereby promised.
"""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from dsnb.catalog.base import View
from dsnb.datasets.registration import Request
from dsnb.datasets.removal import EVERY
from dsnb.records import Version
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.crash import sabotage
from tests.crash.editions import NAMES, SHAPES, TABLES, frame, lay_out
from tests.crash.moments import CALLS, CLOSINGS, Moment

Verb = Literal["register", "snapshot", "alias", "delete", "gc", "restore", "import"]
FREQUENCY: Mapping[Verb, int] = {
    "register": 8,
    "snapshot": 2,
    "alias": 2,
    "delete": 3,
    "gc": 2,
    "restore": 2,
    "import": 2,
}
ALIASES = ("prod", "paper")
_MOST_VERSIONS = 4


@dataclass(frozen=True)
class Begun:
    """What is about to be done."""

    verb: Verb
    name: str = ""
    edition: int = 0
    ref: str = ""
    alias: str = ""
    archive: str = ""


@dataclass(frozen=True)
class Made:
    """A version as it was promised."""

    ref: str
    digest: str
    kept: bool


@dataclass(frozen=True)
class Done:
    """What was done, and is promised from now on."""

    made: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Failed:
    """An operation that should have gone well did not."""

    traceback: str


@dataclass(frozen=True)
class Order:
    """What a process is to do, and when it dies.

    Attributes
    ----------
    seed
        Of all that is random.
    folder
        The workspace.
    archives
        Files to import.
    environment
        The variables that dsnb looks at.
    last_call
        The process kills itself before this call to the system, counted while dsnb works; 0 leaves
        it to others.
    broken
        The name of a sabotage, with which promises are not kept.
    """

    seed: str
    folder: Path
    archives: tuple[Path, ...]
    environment: Mapping[str, str]
    last_call: int = 0
    broken: str = ""


def labour(order: Order, parent: Connection) -> None:
    """Work until the process is killed; tell the parent all that happens."""
    os.environ.update(order.environment)
    os.chdir(order.folder)
    if order.broken:
        sabotage.KINDS[order.broken]()
    acknowledge_early = order.broken == "acknowledged before it is done"
    chance = random.Random(order.seed)
    try:
        workspace = Workspace(order.folder, lambda notice: None)
        death = Moment(order.last_call, _die, CALLS | CLOSINGS)
        while True:
            begun = _choose(workspace, order, chance)
            if begun.verb == "register" and begun.name in SHAPES:
                lay_out(begun.name, begun.edition)
            parent.send(begun)
            if acknowledge_early:
                parent.send(Done())
            with death.awaited():
                done = _do(workspace, begun)
            if not acknowledge_early:
                parent.send(done)
    except BaseException:
        parent.send(Failed(traceback.format_exc()))
        raise


def every_version(view: View) -> Iterator[Version]:
    """Yield all versions of a registry."""
    for name in view.names():
        for number in view.numbers(name):
            version = view.version(name, number)
            assert version is not None
            yield version


def _choose(workspace: Workspace, order: Order, chance: random.Random) -> Begun:
    """Return something that can be done now."""
    view = workspace.view()
    versions = [
        view.version(name, number) for name in view.names() for number in view.numbers(name)
    ]
    there = [version for version in versions if version is not None]
    [verb] = chance.choices(list(FREQUENCY), list(FREQUENCY.values()))
    if len(there) > _MOST_VERSIONS * len(NAMES):
        verb = chance.choice(["delete", "gc"])
    if verb == "gc":
        return Begun("gc")
    if verb == "import":
        return Begun("import", archive=str(chance.choice(order.archives)))
    candidates = list(filter(_CANDIDATES.get(verb, bool), there))
    if verb == "register" or not candidates:
        return Begun("register", chance.choice(NAMES), chance.randrange(1_000))
    version = chance.choice(candidates)
    alias = chance.choice(ALIASES) if verb == "alias" else ""
    return Begun(verb, version.name, ref=version.ref, alias=alias)


def _is_in_place(version: Version) -> bool:
    """Tell whether nobody writes over the files of a version: dsnb wrote them itself."""
    return all(source.path.startswith(".dsnb/") for source in version.definition.sources)


_CANDIDATES: Mapping[str, Callable[[Version], bool]] = {
    "restore": lambda version: version.kept,
    "snapshot": lambda version: version.kept or _is_in_place(version),
}


def _do(workspace: Workspace, begun: Begun) -> Done:
    ref = parse(begun.ref) if begun.ref else parse(NAMES[0])
    match begun.verb:
        case "register":
            return Done((_promise(_register(workspace, begun.name, begun.edition)),))
        case "snapshot":
            return Done((_promise(workspace.snapshot(ref).version),))
        case "alias":
            workspace.set_alias(ref, begun.alias)
        case "delete":
            workspace.delete([ref], force=True)
        case "gc":
            workspace.collect_garbage(EVERY)
        case "restore":
            workspace.restore(workspace.resolve(ref), overwrite=True)
        case "import":
            return Done(tuple(map(_promise, workspace.import_archive(begun.archive).versions)))
    return Done()


def _register(workspace: Workspace, name: str, edition: int) -> Version:
    if name in TABLES:
        request = Request(name=name, snapshot=TABLES[name])
        return workspace.register_table(frame(name, edition), request).version
    request = Request(name=name, snapshot=SHAPES[name].policy)
    return workspace.register([f"data/{name}"], request).version


def _promise(version: Version) -> Made:
    return Made(version.ref, version.digest, version.kept)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
