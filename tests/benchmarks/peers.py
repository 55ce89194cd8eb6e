"""What others do to fingerprint the same files, where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path


def peers(place: Path, scratch: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the peers that are installed here, each with what it does to the files of a folder.

    Parameters
    ----------
    place
        The folder.
    scratch
        A folder that they may use.
    """
    names = b"\0".join(os.fsencode(path) for path in sorted(place.rglob("*")) if path.is_file())
    if shutil.which("sha256sum"):
        yield "sha256sum", partial(_run, ["xargs", "-0", "sha256sum"], names, place)
    if git := shutil.which("git"):
        lines = names.replace(b"\0", b"\n")
        yield "git hash-object", partial(_run, [git, "hash-object", "--stdin-paths"], lines, place)
    # It has so many requirements that it wants an environment of its own: `pipx install dvc`.
    if dvc := shutil.which("dvc"):
        yield "dvc add --no-commit", partial(_dvc_add, dvc, place, scratch)


def _dvc_add(dvc: str, place: Path, scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    home = scratch / "home"
    # The memory of earlier runs lies in the user's folders.
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home)}
    run = partial(
        subprocess.run, cwd=scratch, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    run([dvc, "init", "--no-scm", "--quiet"])
    run([dvc, "config", "core.site_cache_dir", str(home)])
    place.rename(scratch / "data")
    try:
        run([dvc, "add", "--no-commit", "--quiet", "data"])
    finally:
        (scratch / "data").rename(place)


def _run(command: list[str], given: bytes, folder: Path) -> None:
    subprocess.run(command, input=given, cwd=folder, check=True, stdout=subprocess.DEVNULL)
