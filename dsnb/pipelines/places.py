"""Where a run's outputs go: a new folder each time, and what becomes of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from dsnb.datasets.registration import Request
from dsnb.errors import DsnbError, PipelineError, writing
from dsnb.pipelines.folders import copy_files, let_write
from dsnb.pipelines.steps import Output
from dsnb.records import Kind, Parent, Source, Version
from dsnb.refs import ANONYMOUS
from dsnb.storage.atomic import make_folder
from dsnb.storage.claims import claimed
from dsnb.storage.datastores import DEFAULT
from dsnb.workspace import Workspace

_LATELY = 100
"""So many versions are looked at for one that was made a moment ago."""


@dataclass(frozen=True)
class Place:
    """Where one output of one run goes.

    Attributes
    ----------
    output
        The output.
    source
        Where it lies in the end.
    path
        The same on this machine.
    told
        Where the step's code is told to write.
    """

    output: Output
    source: Source
    path: Path
    told: Path

    @property
    def folder(self) -> Path:
        """The folder that nothing else is in."""
        return self.path if self.output.is_folder else self.path.parent


def place_of(workspace: Workspace, output: Output, run_id: str, working: Path) -> Place:
    """Return where an output of a run goes, which nothing has been written to.

    Parameters
    ----------
    workspace
        Whose datastores.
    output
        The output.
    run_id
        The run.
    working
        The folder that the step's code works in.
    """
    datastore, path = output.place or (DEFAULT, "")
    if path:
        named = path.replace("{run-id}", run_id).replace("{output-name}", output.name)
        # A path without the run would be written over by the next one.
        path = named if "{run-id}" in path else f"{named}/{run_id}"
    elif datastore == DEFAULT:
        name = output.name if output.registering is None else output.registering.name
        data = workspace.layout.tables(name) / run_id
        path = data.relative_to(workspace.root).as_posix()
    else:
        path = f"{output.name}/{run_id}"
    if not output.is_folder:
        path = f"{path}/{output.name}"
    source = Source(datastore=datastore, path="/".join(p for p in path.split("/") if p))
    place = Path(workspace.place(source))
    told = place
    if output.upload:
        scratch = workspace.layout.scratch(run_id) / "uploads" / output.name
        told = working / (output.written_to or scratch)
    return Place(output, source, place, Path(os.path.abspath(told)))


class Places:
    """The places of all outputs of one run, from before it begins until it is done.

    Parameters
    ----------
    workspace
        Whose datastores.
    outputs
        The outputs.
    run_id
        The run.
    working
        The folder that the step's code works in.
    """

    def __init__(
        self, workspace: Workspace, outputs: Sequence[Output], run_id: str, working: Path
    ) -> None:
        self._workspace = workspace
        self._run_id = run_id
        self._claims = ExitStack()
        self._kept: list[Place] = []
        self.all = [place_of(workspace, output, run_id, working) for output in outputs]

    def make(self) -> None:
        """Make the folders that the step's code is told to write to.

        Raises
        ------
        PipelineError
            When something lies there already, or two outputs go to the same folder.
        """
        for one, other in combinations(self.all, 2):
            if _overlap(one.folder, other.folder) or _overlap(one.told, other.told):
                raise PipelineError(
                    f"The outputs {one.output.name} and {other.output.name} go to the same folder.",
                    hint="Give each a folder of its own, such as one with {output-name} in it.",
                )
        for place in self.all:
            if place.folder.exists() and (not place.folder.is_dir() or os.listdir(place.folder)):
                raise PipelineError(
                    f"{place.folder} is there already, and an output never writes over anything.",
                    hint="Put {run-id} into the output's path, so that every run has its own.",
                )
            with writing(place.folder):
                if self._is_own(place):
                    self._claims.enter_context(claimed(place.folder))
                # A folder that its code names is its code's to make.
                is_given = place.output.is_folder and not place.output.written_to
                make_folder(place.told if is_given else place.told.parent)

    def register(self, parents: Sequence[Parent], kind: Kind | None) -> list[Version]:
        """Record what was written, each output under its name, or without one: all, or none.

        Parameters
        ----------
        parents
            What it was made from.
        kind
            What the versions shall be; None tells it by their files.

        Raises
        ------
        DsnbError
            When an output is empty or cannot be registered.
        """
        for place in self.all:
            if not _holds_files(place.told):
                raise PipelineError(
                    f"Nothing was written to the output {place.output.name}.",
                    hint="Its code is told where to write; that folder was empty when it ended.",
                )
        for place in self.all:
            let_write(place.told)
            if place.told != place.path:
                _copy(place)
            _replace_links(place.path)
        asked = [([place.source], self._request(place, tuple(parents), kind)) for place in self.all]
        done = self._workspace.register_all(asked)
        self._kept = self.all
        return [one.version for one in done]

    def release(self) -> None:
        """Let go of the folders; what no version names is taken away, where it is dsnb's own."""
        for place in self.all:
            if place in self._kept or self._is_registered(place):
                continue
            if self._is_own(place):
                with suppress(OSError):
                    let_write(place.folder)
                shutil.rmtree(place.folder, ignore_errors=True)
            else:
                with suppress(OSError):
                    place.folder.rmdir()  # what was written there is the user's to look at
        self._claims.close()
        for place in self.all:
            if self._is_own(place):
                with suppress(OSError):
                    place.folder.parent.rmdir()  # it stays while it holds others
                    self._workspace.layout.data.rmdir()

    def _request(self, place: Place, parents: tuple[Parent, ...], kind: Kind | None) -> Request:
        asked = place.output.registering
        return Request(
            name=ANONYMOUS if asked is None else asked.name,
            kind=kind,
            description="" if asked is None else asked.description,
            tags={} if asked is None else asked.tags,
            new_version=True if asked is None else asked.new_version,
            run=self._run_id,
            parents=parents,
        )

    def _is_registered(self, place: Place) -> bool:
        """Tell whether a version names a place: Ctrl-C may come after it was recorded."""
        asked = place.output.registering
        name = ANONYMOUS if asked is None else asked.name
        try:
            view = self._workspace.view()
        except DsnbError:
            return True  # nobody can tell now; `gc` takes it when it is not needed
        newest = (view.version(name, number) for number in view.numbers(name)[-_LATELY:])
        return any(one is not None and place.source in one.definition.sources for one in newest)

    def _is_own(self, place: Place) -> bool:
        return place.folder.is_relative_to(self._workspace.layout.data)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _copy(place: Place) -> None:
    """Copy what was written elsewhere to where it is to lie."""
    if place.told.is_file():
        target = place.path / place.told.name if place.output.is_folder else place.path
        copy_files([(str(place.told), str(target))])
        return
    globs = place.output.globs
    names = [file.relative_to(place.told) for file in _files_below(place.told)]
    chosen = [name for name in names if not globs or any(_fits(name, each) for each in globs)]
    if not chosen:
        raise PipelineError(
            f"None of the files of the output {place.output.name} fits {', '.join(globs)}.",
            hint="Choose other source_globs.",
        )
    copy_files([(str(place.told / name), str(place.path / name)) for name in chosen])


def _fits(name: Path, pattern: str) -> bool:
    """Tell whether a path fits a pattern, in which ``**/`` stands for any folders, or none."""
    return name.match(pattern) or ("**/" in pattern and name.match(pattern.replace("**/", "")))


def _replace_links(path: Path) -> None:
    """Copy what links in an output lead to: an input's folder, for one, is taken away soon."""
    for link in [path, *_links_below(path)]:
        if not link.is_symlink():
            continue
        real = Path(os.path.realpath(link))
        if real.is_dir():
            if link.is_relative_to(real):
                raise PipelineError(f"The link {link} leads back to where it lies.")
            link.unlink()
            pairs = [(file, link / file.relative_to(real)) for file in _files_below(real)]
        else:
            pairs = [(real, link)] if real.exists() else []  # a dangling one is passed over
        copy_files([(str(file), str(place)) for file, place in pairs])


def _links_below(folder: Path) -> list[Path]:
    found = (
        Path(above, name) for above, folders, names in os.walk(folder) for name in folders + names
    )
    return [path for path in found if path.is_symlink()]


def _holds_files(place: Path) -> bool:
    return place.is_file() or any(names for _, _, names in _walk(place))


def _files_below(folder: Path) -> list[Path]:
    return sorted(Path(above, name) for above, _, names in _walk(folder) for name in names)


def _walk(folder: Path) -> Iterable[tuple[str, list[str], list[str]]]:
    """Walk through a folder and the folders that links in it lead to, each once."""
    seen: set[str] = set()
    for above, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(above)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield above, folders, names
