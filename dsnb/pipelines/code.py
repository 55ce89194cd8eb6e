"""The code of a step: a folder, of which every run has a copy, and that is known by its content."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dsnb.errors import PipelineError
from dsnb.pipelines.folders import copy_file
from dsnb.storage.atomic import make_folder
from dsnb.storage.files import JUNK
from dsnb.units import size_text

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

LARGEST = 300_000_000
"""Bytes that a folder of code may hold; what is more is data that lies in the wrong place."""
_IGNORES = (".amlignore", ".gitignore")


@dataclass(frozen=True)
class Code:
    """The files of a folder of code, as they were when it was looked at.

    Attributes
    ----------
    folder
        The folder.
    names
        POSIX paths of its files below it, sorted. What ``.amlignore`` lists is left out, or
        ``.gitignore`` where there is none. Links are what they lead to.
    """

    folder: Path
    names: tuple[str, ...]

    @cached_property
    def identity(self) -> str:
        """BLAKE3 over the names and contents, 64 hexadecimal digits."""
        from blake3 import blake3

        whole = blake3()
        for name in self.names:
            content = blake3((self.folder / name).read_bytes()).hexdigest()
            whole.update(f"{name}\0{content}\n".encode("utf-8", "surrogateescape"))
        return whole.hexdigest()

    def copy_to(self, target: Path) -> Code:
        """Copy the files to a folder that is not there yet, and return what is there then.

        Raises
        ------
        PipelineError
            When a file cannot be read.
        """
        for folder in sorted({target, *((target / name).parent for name in self.names)}):
            make_folder(folder)
        for name in self.names:
            copy_file(self.folder / name, target / name, shutil.copy)
        return Code(target, self.names)


def find_code(folder: Path) -> Code:
    """Return the code in a folder.

    Raises
    ------
    PipelineError
        When there is no such folder, it cannot be read, or it holds so much that it cannot be only
        code.
    """
    if not folder.is_dir():
        raise PipelineError(
            f"There is no folder {folder} to take the code from.",
            hint="Name the folder that holds the script: source_directory='…'",
        )
    names, total = [], 0
    try:
        for name, size in _files(folder, "", _ignored(folder), frozenset()):
            names.append(name)
            total += size
            if total > LARGEST:
                raise PipelineError(
                    f"{folder} holds more than {size_text(LARGEST)}, the most that code which is "
                    "copied for every run may have.",
                    hint="Put the scripts in a folder of their own, or list what is no code in a "
                    "file .amlignore there, as in a .gitignore.",
                )
    except OSError as error:
        raise PipelineError(
            f"{error.filename or folder} cannot be read: {error.strerror}.",
            hint="Make it readable, or list it in a file .amlignore beside the scripts.",
        ) from error
    return Code(folder, tuple(sorted(names)))


def _files(
    folder: Path, below: str, ignored: GitIgnoreSpec, above: frozenset[str]
) -> Iterator[tuple[str, int]]:
    """Yield the files of a folder with their sizes; a link that leads back is passed over."""
    above |= {os.path.realpath(folder / below)}
    for name in os.listdir(folder / below):
        path, place = f"{below}{name}", folder / below / name
        if name in JUNK:
            continue
        if place.is_dir():
            if not ignored.match_file(f"{path}/") and os.path.realpath(place) not in above:
                yield from _files(folder, f"{path}/", ignored, above)
        elif os.path.isfile(place) and not ignored.match_file(path):
            yield path, place.stat().st_size


def _ignored(folder: Path) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    for name in _IGNORES:
        file = folder / name
        if file.is_file():
            lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
            try:
                return GitIgnoreSpec.from_lines(lines)
            except ValueError as error:
                raise PipelineError(
                    f"{file} cannot be understood: {error}.", hint="Write it as git has it."
                ) from error
    return GitIgnoreSpec.from_lines([])
