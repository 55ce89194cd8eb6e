"""What a workspace promised, and whether it kept that."""

from __future__ import annotations

import os
import random
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tinydb import TinyDB

from dsnb.catalog.base import View
from dsnb.datasets.removal import EVERY
from dsnb.errors import DriftError, DsnbError
from dsnb.storage.atomic import TEMPORARY
from dsnb.storage.claims import SUFFIX
from dsnb.storage.manifests import ManifestStore, digest_of_files, digest_of_groups, hash_bytes
from dsnb.storage.snapshots import SnapshotStore
from dsnb.workspace import Workspace
from tests.crash.editions import NAMES, SHAPES, holds
from tests.crash.labour import ALIASES, Begun, Done, Made, every_version

Editions = dict[str, tuple[str, int]]
"""Name and edition of what each archive holds."""


class BrokenPromise(AssertionError):  # noqa: N818
    """A workspace did not keep what it promised."""


@dataclass(frozen=True)
class Promise:
    """What a version is: its digest, whether its bytes are kept, and which edition it holds."""

    digest: str
    kept: bool
    name: str
    edition: int


@dataclass
class Promises:
    """All that was acknowledged, as the parent of the killed processes remembers it.

    Attributes
    ----------
    archives
        What can be imported.
    versions
        By reference.
    aliases
        Version numbers by name and alias.
    highest
        The highest number that each name ever had.
    begun
        What the killed process was at, None when it was between two operations.
    """

    archives: Editions
    versions: dict[str, Promise] = field(default_factory=dict)
    aliases: dict[tuple[str, str], int] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)
    begun: Begun | None = None

    def begin(self, begun: Begun) -> None:
        """Take note of what is about to be done; nothing is promised yet."""
        self.begun = begun

    def take(self, done: Done) -> None:
        """Take note of what was promised."""
        begun, self.begun = self.begun, None
        if begun is None:
            raise BrokenPromise("something was acknowledged that had not begun")
        for made in done.made:
            self._add(begun, made)
        if begun.verb == "alias":
            self.aliases[begun.name, begun.alias] = _number(begun.ref)
        if begun.verb == "delete":
            self._forget(begun.ref)

    def settle(self, view: View) -> None:
        """Compare with what the registry holds; an operation in flight happened or did not."""
        begun, self.begun = self.begun, None
        verb = begun.verb if begun else None
        there = {version.ref: version for version in every_version(view)}
        for ref in sorted(self.versions.keys() - there.keys()):
            if begun is None or verb != "delete" or ref != begun.ref:
                raise BrokenPromise(f"{ref} was acknowledged and is gone")
            self._forget(ref)
        strangers = [there[ref] for ref in sorted(there.keys() - self.versions.keys())]
        if strangers and (begun is None or verb not in ("register", "import")):
            raise BrokenPromise(f"nobody registered {strangers[0].ref}")
        if len(strangers) > 1:
            raise BrokenPromise(f"one version was to be made, not {len(strangers)}")
        for version in strangers:
            assert begun is not None
            self._add(begun, Made(version.ref, version.digest, version.kept))
        for ref, promise in self.versions.items():
            version = there[ref]
            if version.digest != promise.digest:
                raise BrokenPromise(f"{ref} has another digest than was acknowledged")
            if version.kept != promise.kept:
                if begun is None or begun.ref != ref or verb != "snapshot":
                    raise BrokenPromise(f"{ref} was to be kept: {promise.kept}, and is not so")
                self.versions[ref] = replace(promise, kept=version.kept)
        self._settle_aliases(view, begun)
        for name in NAMES:
            if view.next_number(name) <= self.highest.get(name, 0):
                raise BrokenPromise(
                    f"the next version of {name} would get a number for the second time"
                )

    def _settle_aliases(self, view: View, begun: Begun | None) -> None:
        there = {(name, alias): to for name in NAMES for alias, to in view.aliases(name).items()}
        if begun is not None and begun.verb == "alias":
            moved = (begun.name, begun.alias)
            if there.get(moved) == _number(begun.ref):
                self.aliases[moved] = _number(begun.ref)
        if there != self.aliases:
            raise BrokenPromise(f"the aliases should be {self.aliases} and are {there}")

    def _add(self, begun: Begun, made: Made) -> None:
        name, edition = begun.name, begun.edition
        if begun.verb == "import":
            name, edition = self.archives[begun.archive]
        known = self.versions.get(made.ref)
        if known is None:
            if made.ref.partition("@")[0] != name:
                raise BrokenPromise(f"{made.ref} was made, where {name} was to be")
            if _number(made.ref) <= self.highest.get(name, 0):
                raise BrokenPromise(f"{made.ref} has a number that was used before")
        elif begun.verb == "snapshot":
            name, edition = known.name, known.edition
        self.highest[name] = max(self.highest.get(name, 0), _number(made.ref))
        self.versions[made.ref] = Promise(made.digest, made.kept, name, edition)

    def _forget(self, ref: str) -> None:
        self.versions.pop(ref)
        name = ref.partition("@")[0]
        for alias in ALIASES:
            if self.aliases.get((name, alias)) == _number(ref):
                del self.aliases[name, alias]


def check_after_kill(root: Path, promises: Promises, chance: random.Random, *, sweep: bool) -> None:
    """Open a workspace whose last process was killed, and hold it to all that it promised.

    Parameters
    ----------
    root
        The workspace.
    promises
        What was acknowledged.
    chance
        Decides which files of the user are written over.
    sweep
        Whether leftovers are swept, which must leave nothing but what is needed.
    """
    workspace = Workspace(root, lambda notice: None)
    _check_stock_tinydb(workspace)
    promises.settle(workspace.view())
    _check_manifests(workspace)
    _overwrite_some(chance)
    _check_health(workspace)
    # Whatever the killed process held must not be in the way of the next.
    workspace.set_setting("lock.timeout", "5")
    if sweep:
        _let_minutes_pass(workspace)
        workspace.collect_garbage(EVERY)
        clutter = sorted(map(str, find_clutter(workspace)))
        if clutter:
            raise BrokenPromise(f"gc left behind what nothing needs: {', '.join(clutter[:5])}")
        _check_health(workspace)
    with tempfile.TemporaryDirectory() as folder:
        for number, (ref, promise) in enumerate(promises.versions.items()):
            _check_bytes(workspace, ref, promise, Path(folder, str(number)))


def find_clutter(workspace: Workspace) -> Iterator[Path]:
    """Yield what lies in ``.dsnb`` although no version needs it, right after a sweep."""
    layout, versions = workspace.layout, list(every_version(workspace.view()))
    needed = {version.manifest for version in versions}
    for path in layout.folder.rglob("*"):
        if path.name.startswith(TEMPORARY) or path.name.endswith(SUFFIX):
            yield path
    for path in filter(Path.is_file, layout.manifests.rglob("*")):
        if path.parent.name + path.name.partition(".")[0] not in needed:
            yield path
    places = [
        layout.root / source.path for version in versions for source in version.definition.sources
    ]
    for path in filter(Path.is_file, layout.data.rglob("*")):
        if not any(path.is_relative_to(place) for place in places):
            yield path
    manifests = ManifestStore(layout.manifests)
    contents = {
        file.hash
        for version in versions
        if version.kept
        for file in manifests.read(version.manifest).files
    }
    if SnapshotStore(layout.objects).sweep(contents, dry_run=True).files:
        yield layout.objects


def _let_minutes_pass(workspace: Workspace) -> None:
    """Make unfinished files older: an empty one may have been made just now, so it is spared."""
    for path in workspace.layout.folder.rglob(f"{TEMPORARY}*"):
        moment = path.stat().st_mtime - 120
        os.utime(path, (moment, moment))


def _check_stock_tinydb(workspace: Workspace) -> None:
    if not workspace.layout.registry.exists():
        return
    try:
        with TinyDB(workspace.layout.registry, access_mode="r") as database:
            rows = database.table("versions").all()
    except ValueError as error:
        raise BrokenPromise(f"stock TinyDB cannot read the registry: {error}") from error
    refs = sorted(f"{row['name']}@{row['version']}" for row in rows)
    if refs != sorted(version.ref for version in every_version(workspace.view())):
        raise BrokenPromise("stock TinyDB and dsnb do not read the same versions")


def _check_manifests(workspace: Workspace) -> None:
    manifests = ManifestStore(workspace.layout.manifests)
    for version in every_version(workspace.view()):
        try:
            manifest = manifests.read(version.manifest)
        except DsnbError as error:
            raise BrokenPromise(f"the file list of {version.ref}: {error}") from error
        digest = digest_of_groups(
            digest_of_files(group.names, group.sizes, hash_bytes(group.hashes))
            for group in manifest.groups
        )
        if digest != version.digest:
            raise BrokenPromise(f"the file list of {version.ref} is another version's")


def _check_health(workspace: Workspace) -> None:
    found = workspace.examine()
    if not found:
        said = "; ".join(finding.what for finding in found.findings)
        raise BrokenPromise(f"doctor finds: {said}")


def _check_bytes(workspace: Workspace, ref: str, promise: Promise, folder: Path) -> None:
    version = workspace.resolve(ref)
    try:
        workspace.restore(version, str(folder))
    except DriftError as error:
        if version.kept or version.definition.sources[0].path.startswith(".dsnb/"):
            raise BrokenPromise(f"{ref} cannot be restored: {error}") from error
        return  # the data is the user's, who wrote over it
    except DsnbError as error:
        raise BrokenPromise(f"{ref} cannot be restored: {error}") from error
    if not holds(folder, promise.name, promise.edition):
        raise BrokenPromise(f"{ref} was restored, and is not edition {promise.edition}")


def _overwrite_some(chance: random.Random) -> None:
    for name in SHAPES:
        for path in sorted(Path("data", name).glob("*"))[: chance.randrange(3)]:
            path.write_bytes(b"written over\n")


def _number(ref: str) -> int:
    found = re.fullmatch(r".+@(\d+)", ref)
    assert found is not None
    return int(found[1])
