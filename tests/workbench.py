"""Short ways to what most tests do: register, load, run Python in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsnb.datasets.registration import Registration, Request
from dsnb.tables.reading import Wanted
from dsnb.workspace import Workspace

NOBODY = 65534

_IMPORT_ALL = """
import email.parser, importlib, pkgutil, dsnb
import blake3, filelock, msgspec, pandas, pyarrow.parquet, tinydb, tomlkit, zstandard
for one in pkgutil.walk_packages(dsnb.__path__, "dsnb."):
    if one.name.split(".")[1] not in ("__main__", "magics", "server", "widgets"):
        importlib.import_module(one.name)
"""


@contextmanager
def mounted_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a file system of a size, such as ``256k``, while the context lasts."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "dsnb-test", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def write(path: str | Path, text: str) -> Path:
    """Write a file, and the folders above it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def register(
    workspace: Workspace, *paths: str | Path, name: str = "ds", **asked: Any
) -> Registration:
    return workspace.register(paths, Request(name=name, **asked))


def register_table(
    workspace: Workspace, table: object, name: str = "ds", **asked: Any
) -> Registration:
    return workspace.register_table(table, Request(name=name, **asked))


def load(workspace: Workspace, ref: str = "ds", library: Any = None, **how: Any) -> Any:
    checks = {key: how.pop(key) for key in ("verify", "as_is") if key in how}
    return workspace.load(workspace.resolve(ref), library, Wanted(**how), **checks)


def run_python(code: str, *, user: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python code in a new process, as another user when one is given."""
    source = Path(__file__).parent.parent
    if user is not None:
        # That user may not see the interpreter's or the package's folders.
        code = f"{_IMPORT_ALL}\nos.setuid({user})\n{code}"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import os\n{code}"],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=60,
    )
