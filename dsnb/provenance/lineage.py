"""Lineage: what a version was made from, and what was made from it. Records in, a graph out.

A version comes from its parents, as far as they were recorded, and likely from what the run that
wrote it had read by then. Every link leads from an older to a newer version, so there are no
cycles, even where a run reads what it made itself.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from dsnb.errors import UsageError
from dsnb.presenting import Presentable, as_svg, one_line
from dsnb.records import Run, Use, Version
from dsnb.storage.atomic import write_atomically

Direction = Literal["up", "down", "both"]
# What would end a label of Mermaid's, or be taken for markup in it.
_NO_SYNTAX = str.maketrans({'"': "'", "|": "/", "<": "‹", ">": "›", "#": "♯", "`": "'", ";": ","})


@dataclass(frozen=True, slots=True)
class Link:
    """That one version was made from another.

    Attributes
    ----------
    source, target
        Ids of the older and of the newer version.
    recorded
        Whether the newer one names it as what it was made from; else the run that made it had read
        it by then, which makes it likely.
    role
        What a model used it for, such as ``training data``; empty for none.
    run
        Id of the run that made the newer version, if one did.
    cells
        The cells of that run that read the older version.
    """

    source: str
    target: str
    recorded: bool
    role: str = ""
    run: str | None = None
    cells: tuple[int, ...] = ()


@dataclass(frozen=True)
class Lineage(Presentable):
    """Where a version comes from, and what came from it.

    Attributes
    ----------
    root
        The version that was asked about.
    versions
        All versions of the graph by id, the one asked about among them.
    runs
        The runs of the graph by id: those that made one of its versions or read the one asked
        about.
    links
        How the versions were made from each other.
    readers
        Ids of the runs that read the version that was asked about, newest first.
    direction
        Whether it was followed to what it was made from (up), to what was made from it (down), or
        both.
    cut
        Whether there is more beyond the depth that was asked for.
    """

    root: Version
    versions: Mapping[str, Version]
    runs: Mapping[str, Run]
    links: tuple[Link, ...]
    readers: tuple[str, ...] = ()
    direction: Direction = "both"
    cut: bool = False

    def sources_of(self, identifier: str) -> list[Link]:
        """Return the links to what a version was made from, those that are recorded first."""
        return sorted(self._by_target[identifier], key=lambda link: not link.recorded)

    def targets_of(self, identifier: str) -> list[Link]:
        """Return the links to what was made from a version, oldest first."""
        return list(self._by_source[identifier])

    @cached_property
    def _by_target(self) -> Mapping[str, Sequence[Link]]:
        return _grouped(self.links, lambda link: link.target)

    @cached_property
    def _by_source(self) -> Mapping[str, Sequence[Link]]:
        return _grouped(self.links, lambda link: link.source)

    def to_dict(self) -> dict[str, Any]:
        """Return the graph as what JSON can hold."""
        return {
            "root": self.root.ref,
            "versions": [
                {
                    "ref": version.ref,
                    "id": version.id,
                    "kind": version.kind,
                    "digest": version.digest,
                    "created": version.created.isoformat(),
                    "run": version.run,
                }
                for version in self.versions.values()
            ],
            "runs": [
                {"id": run.id, "name": run.name, "started": run.started.isoformat()}
                for run in self.runs.values()
            ],
            "links": [
                {
                    "from": self.versions[link.source].ref,
                    "to": self.versions[link.target].ref,
                    "recorded": link.recorded,
                    "role": link.role,
                    "run": link.run,
                    "cells": list(link.cells),
                }
                for link in self.links
            ],
            "readers": list(self.readers),
            "cut": self.cut,
        }

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the graph to a file, in the language that its name ends in.

        Parameters
        ----------
        path
            A name that ends in ``.svg``, ``.mmd`` or ``.md`` (Mermaid), or ``.json``; what stands
            there is replaced.

        Raises
        ------
        UsageError
            When it ends otherwise, or cannot be written.
        """
        forms: dict[str, Callable[[], str]] = {
            ".svg": lambda: as_svg(self),
            ".mmd": self.to_mermaid,
            ".md": lambda: f"```mermaid\n{self.to_mermaid()}\n```\n",
            ".json": lambda: json.dumps(self.to_dict(), indent=1),
        }
        file = Path(path).expanduser()
        if file.suffix.lower() not in forms:
            raise UsageError(
                f"{str(path)!r} does not say what to write.",
                hint=f"Let the name end in {', '.join(forms)}.",
            )
        try:
            write_atomically(file, forms[file.suffix.lower()]().encode())
        except OSError as error:
            raise UsageError(
                f"{file} cannot be written: {error.strerror}.",
                hint="Name a file in a folder where you may write.",
            ) from error
        return file

    def to_mermaid(self) -> str:
        """Return the graph in the language of Mermaid, which GitHub and JupyterLab draw.

        A dotted arrow is what is only likely.
        """
        names = {identifier: f"v{place}" for place, identifier in enumerate(self.versions)}
        lines = ["graph LR"]
        for identifier, version in self.versions.items():
            opened, closed = ("([", "])") if version.kind == "model" else ("[", "]")
            lines.append(f'  {names[identifier]}{opened}"{version.ref}"{closed}')
        for link in self.links:
            arrow = "-->" if link.recorded else "-.->"
            said = _label(link, self.runs)
            labelled = f'|"{said}"|' if said else ""
            lines.append(f"  {names[link.source]} {arrow}{labelled} {names[link.target]}")
        lines.append(f"  style {names[self.root.id]} stroke-width:3px")
        return "\n".join(lines)


class Ancestry:
    """All links between the versions of a registry.

    Parameters
    ----------
    versions
        Every version.
    runs
        Every run.
    """

    def __init__(self, versions: Iterable[Version], runs: Mapping[str, Run]) -> None:
        self.versions = {version.id: version for version in versions}
        self.runs = runs

    @cached_property
    def _links(self) -> tuple[dict[str, list[Link]], dict[str, list[Link]]]:
        up: dict[str, list[Link]] = defaultdict(list)
        down: dict[str, list[Link]] = defaultdict(list)
        for version in sorted(self.versions.values(), key=_age):
            for link in self._made_from(version):
                # Whatever the records say, nothing is made from what came later.
                if _age(self.versions[link.source]) < _age(version):
                    up[version.id].append(link)
                    down[link.source].append(link)
        return up, down

    def _made_from(self, version: Version) -> Iterator[Link]:
        run = None if version.run is None else self.runs.get(version.run)
        read = _read_before(run, version) if run is not None and _wrote(run, version) else {}
        made_by = None if run is None else run.id
        named = {parent.id for parent in version.parents}
        for parent in version.parents:
            if parent.id in self.versions:
                cells = read.get(parent.id, ())
                yield Link(parent.id, version.id, True, parent.role, made_by, cells)
        for identifier, cells in read.items():
            if identifier in self.versions and identifier not in named:
                yield Link(identifier, version.id, False, "", made_by, cells)

    def of(
        self, version: Version, direction: Direction = "both", depth: int | None = None
    ) -> Lineage:
        """Return the lineage of a version.

        Parameters
        ----------
        version
            Which one.
        direction
            Where to look.
        depth
            How many steps; None for all.
        """
        up, down = self._links
        found: dict[Link, None] = {}
        cut = False
        for wanted, links, end in (("up", up, "source"), ("down", down, "target")):
            if direction not in (wanted, "both"):
                continue
            front, seen, steps = [version.id], {version.id}, 0
            while front:
                nexts = [link for identifier in front for link in links.get(identifier, ())]
                if depth is not None and steps >= depth:
                    cut = cut or bool(nexts)
                    break
                found.update(dict.fromkeys(nexts))
                ends = dict.fromkeys(getattr(link, end) for link in nexts)
                front = [identifier for identifier in ends if identifier not in seen]
                seen.update(front)
                steps += 1
        names = dict.fromkeys(
            identifier for link in found for identifier in (link.source, link.target)
        )
        versions = {one: self.versions[one] for one in dict.fromkeys([version.id, *names])}
        readers = self._readers(version) if direction != "up" else ()
        makers = (one.run for one in versions.values() if one.run is not None)
        runs = {
            one: self.runs[one] for one in dict.fromkeys([*makers, *readers]) if one in self.runs
        }
        left = tuple(_without_shortcuts(list(found)))
        return Lineage(version, versions, runs, left, readers, direction, cut)

    def _readers(self, version: Version) -> tuple[str, ...]:
        found = [
            run for run in self.runs.values() if any(use.id == version.id for use in run.inputs)
        ]
        return tuple(run.id for run in sorted(found, key=lambda run: run.started, reverse=True))


def _without_shortcuts(links: Sequence[Link]) -> Iterator[Link]:
    """Yield links, but of the likely ones none that others explain on a longer way."""
    up: dict[str, set[str]] = defaultdict(set)
    for link in links:
        up[link.target].add(link.source)
    for link in links:
        if link.recorded or not any(
            _reaches(up, other, link.source) for other in up[link.target] - {link.source}
        ):
            yield link


def _reaches(up: Mapping[str, set[str]], start: str, goal: str) -> bool:
    front, seen = [start], {start}
    while front:
        nexts = {one for identifier in front for one in up.get(identifier, ())}
        if goal in nexts:
            return True
        front = [*(nexts - seen)]
        seen |= nexts
    return False


def _age(version: Version) -> tuple[Any, str, int]:
    return (version.created, version.name, version.version)


def _wrote(run: Run, version: Version) -> bool:
    """Tell whether a run wrote what it registered, as far as that is known.

    What had been there already, and was merely registered, comes from nothing that was read.
    """
    if version.definition.from_memory or not run.cells:
        return True  # files of scripts are not watched
    return any(
        source.datastore == one.path.datastore and _takes_in(source.path, one.path.path)
        for source in version.definition.sources
        for one in run.written
    )


def _takes_in(source: str, path: str) -> bool:
    return source in (".", path) or path.startswith(f"{source}/") or fnmatchcase(path, source)


def _read_before(run: Run, version: Version) -> dict[str, tuple[int, ...]]:
    """Return the ids of what a run had read when it made a version, and the cells that did."""
    uses: dict[str, tuple[int, ...]] = {}
    for use in run.inputs:
        if use.at <= version.created and use.id != version.id:
            uses[use.id] = tuple(dict.fromkeys((*uses.get(use.id, ()), *_until(use, run, version))))
    return uses


def _until(use: Use, run: Run, version: Version) -> Iterable[int]:
    """Return the cells that read a version no later than the one that made another."""
    made = [one for one in run.outputs if one.id == version.id and one.cells]
    last = made[0].cells[0] if made else None
    return (cell for cell in use.cells if last is None or cell <= last)


def _label(link: Link, runs: Mapping[str, Run]) -> str:
    run = None if link.run is None else runs.get(link.run)
    said = [link.role, run.name if run is not None else ""]
    return one_line(", ".join(one for one in said if one)).translate(_NO_SYNTAX)


def _grouped(links: Iterable[Link], key: Callable[[Link], str]) -> Mapping[str, Sequence[Link]]:
    """Return links by one of their ends; none for a version that has none."""
    found: defaultdict[str, list[Link]] = defaultdict(list)
    for link in links:
        found[key(link)].append(link)
    return found
