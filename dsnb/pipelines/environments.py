"""Virtual environments for scripts that ask for packages, each made once and kept."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import site
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from dsnb.catalog.locking import locked
from dsnb.errors import DsnbError, writing
from dsnb.pipelines.packages import EDITABLE, NAMING_MORE, anchored, named_file, without_passwords
from dsnb.progress import waiting
from dsnb.storage.atomic import make_folder, write_atomically
from dsnb.storage.discovery import cache_folder, current_folder
from dsnb.units import count_text

_DAY = 24 * 3600.0
_UNUSED = 60 * _DAY
"""Seconds after which an environment that nobody used is not kept any longer."""
_PATIENCE = 3600.0
_GLANCE = 0.5
_SHOWN = 5
# Where packages would go instead, however pip is used elsewhere by this user.
_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_DRY_RUN")


def virtual_environment(
    packages: Sequence[str], options: Sequence[str], notify: Callable[[str], None]
) -> str:
    """Return the Python of a virtual environment that has some packages.

    What this interpreter can import can be imported there, too, unless one of these packages
    stands in its place. The environment is kept in the user's cache, and another is made when
    this interpreter, its packages or a local file that is named has changed.

    Parameters
    ----------
    packages
        What to install, each a line of a requirements file.
    options
        Options of pip, likewise, such as ``--extra-index-url …``.
    notify
        Is told that an environment is being made.

    Returns
    -------
    str
        The path of its interpreter.

    Raises
    ------
    DsnbError
        When no environment can be made, or pip cannot install the packages.
    RegistryError
        When the cache cannot be written.
    """
    lines = [anchored(line, str(current_folder())) for line in (*options, *packages)]
    # A file that names the environment's folder: it is written once that is whole.
    known = Path(os.path.abspath(cache_folder())) / "venvs" / _key(lines)
    with writing(known):
        if not (python := _python_of(known)):
            make_folder(known.parent)
            with locked(known, _PATIENCE):
                if not (python := _python_of(known)):  # nor has another process made it meanwhile
                    notify(
                        f"A virtual environment with {_told(packages)} is made, and kept for "
                        "later runs."
                    )
                    # Never where one was broken off: its pip may live on, and write there yet.
                    folder = known.with_name(f"{known.name}-{secrets.token_hex(4)}")
                    python = _make(folder, lines)
                    write_atomically(known, folder.name.encode("ascii"))
            _forget_unused(known.parent)
        with suppress(PermissionError):
            os.utime(known)
    return python


def _told(packages: Sequence[str]) -> str:
    if not 0 < len(packages) <= _SHOWN:
        return count_text(len(packages), "package")
    return without_passwords(", ".join(packages))


def _python_of(known: Path) -> str:
    """Return the interpreter of an environment that is whole; empty when there is none."""
    try:
        python = _python_in(known.with_name(known.read_text(encoding="ascii")))
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    # The Python it was made from may have been removed: its link then leads nowhere.
    return str(python) if python.exists() else ""


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make(folder: Path, lines: Sequence[str]) -> str:
    """Make an environment, and return its interpreter."""
    # The pip of this interpreter can be used from there, and putting in another takes seconds.
    bare = ["--without-pip"] if find_spec("pip") else []
    python = str(_python_in(folder))
    try:
        _run(
            [sys.executable, "-m", "venv", *bare, str(folder)],
            "Python cannot make a virtual environment",
            "On Debian and Ubuntu, install python3-venv.",
        )
        _let_see_this_interpreter(folder)
        if lines:
            asked = folder / "requirements.txt"
            asked.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            _run(
                [python, "-m", "pip", "install", "-r", str(asked)],
                "pip cannot install what the script asks for",
                "Correct its packages, or run it with this interpreter's own: "
                "run_config.use_virtualenv = False",
            )
            asked.unlink()  # an option may hold a password
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return python


def _let_see_this_interpreter(folder: Path) -> None:
    """Add this interpreter's packages to those of an environment, behind its own."""
    places = {"base": str(folder), "platbase": str(folder)}
    own = Path(sysconfig.get_path("purelib", "venv", places))
    # Not the folders alone: what is installed for editing is found by their own .pth files.
    lines = [f"import site; site.addsitedir({place!a})\n" for place in _site_folders()]
    (own / "_dsnb_behind.pth").write_text("".join(lines), encoding="utf-8")


def _site_folders() -> list[str]:
    folders = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        folders = [site.getusersitepackages(), *folders]
    return [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)]


def _run(command: Sequence[str], failed: str, hint: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    environ |= {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with (
        waiting("Making a virtual environment") as tell,
        subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        while True:
            try:
                said, _ = process.communicate(timeout=_GLANCE)
                break
            except subprocess.TimeoutExpired:
                tell(-1)
            except BaseException:
                process.kill()
                raise
    if process.returncode:
        raise DsnbError(f"{failed}: {_last_words(said)}", hint=hint)


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    words = " ".join((errors or lines)[-_SHOWN:]) or "it said nothing"
    return f"{without_passwords(words).rstrip('.')}."


def _forget_unused(above: Path) -> None:
    """Remove the environments that nobody used for long, and those that were broken off."""
    whole = set()
    for known in [path for path in above.iterdir() if path.is_file() and not path.suffix]:
        with suppress(OSError):
            if _age(known) > _UNUSED:
                known.unlink()
            else:
                whole.add(known.read_text(encoding="ascii", errors="replace"))
    for folder in [path for path in above.iterdir() if path.is_dir()]:
        with suppress(OSError):
            if folder.name not in whole and _age(folder) > _DAY:
                shutil.rmtree(folder, ignore_errors=True)


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _key(lines: Sequence[str]) -> str:
    """Return what an environment is known by: all that decides what can be imported in it."""
    known = hashlib.sha256()
    for part in (sys.version, sys.base_prefix, *_site_folders(), *_installed(), *lines):
        known.update(part.encode("utf-8", "surrogateescape") + b"\0")
    for part in _local_files(lines):
        known.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return known.hexdigest()[:32]


def _installed() -> list[str]:
    """Return the names, with their versions, of what this interpreter has installed.

    pip leaves out what is there already, which may be another version next week.
    """
    found = set()
    for folder in {*sys.path, *_site_folders()}:
        if folder.endswith(("site-packages", "dist-packages")):
            with suppress(OSError):
                found |= {*os.listdir(folder)}
    return sorted(name for name in found if name.endswith((".dist-info", ".egg-info")))


def _local_files(lines: Sequence[str], folder: str = "") -> Iterator[str]:
    """Yield what tells the local files apart that lines of requirements name.

    Parameters
    ----------
    lines
        The lines.
    folder
        Where further files of such lines are looked for.
    """
    for line in lines:
        option, path = named_file(line)
        if option in NAMING_MORE:
            path = os.path.join(folder, path)
            with suppress(OSError):
                text = Path(path).read_text(encoding="utf-8", errors="replace")
                yield text
                yield from _local_files(text.splitlines(), os.path.dirname(path))
        elif option in EDITABLE:
            for name in ("pyproject.toml", "setup.cfg", "setup.py"):
                yield from _states(os.path.join(path, name))
        else:
            yield from _states(path)


def _states(path: str) -> Iterator[str]:
    if not path or not os.path.exists(path):
        return
    inside = [os.path.join(at, name) for at, _, names in os.walk(path) for name in sorted(names)]
    for file in [path, *inside]:
        with suppress(OSError):
            state = os.stat(file)
            yield f"{os.path.abspath(file)} {state.st_size} {state.st_mtime_ns}"
