"""What a run records of its surroundings: the process, the notebook, the code, the libraries."""

from __future__ import annotations

import getpass
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from dsnb.records import CodeState, Run

_SHAPING = (
    "dsnb",
    "pandas",
    "numpy",
    "pyarrow",
    "polars",
    "duckdb",
    "scikit-learn",
    "scipy",
    "torch",
    "tensorflow",
    "xgboost",
    "ipykernel",
)
_GIT_SECONDS = 3


def process_started() -> float:
    """Return the moment this process began, in seconds since the epoch."""
    import psutil

    return float(psutil.Process().create_time())


def is_alive(run: Run) -> bool:
    """Tell whether the process of a run still exists; one of another host counts as alive."""
    if run.host and run.host != host():
        return True
    import psutil

    try:
        started = psutil.Process(run.process).create_time()
    except psutil.Error:
        return False
    return bool(abs(started - run.process_started) < 1.0)


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def user() -> str:
    """Return the user's name, empty when there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def notebook_path(folder: str) -> str | None:
    """Return the notebook, or script, that this process runs; None when it cannot be known.

    Jupyter names the notebook in ``JPY_SESSION_NAME``, but joins its folders in more than one way,
    so that its last part is looked for in the kernel's own folder first.

    Parameters
    ----------
    folder
        Where the process began.
    """
    named = os.environ.get("JPY_SESSION_NAME")
    if named:
        beside = Path(folder) / Path(named).name
        return str(beside) if beside.exists() else named
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if script and Path(script).name not in ("ipykernel_launcher.py", "__main__.py", "ipython"):
        return os.path.abspath(str(script))
    return None


def digest_of(notebook: str | None) -> str | None:
    """Return the BLAKE3 of a notebook's file as it is now; None when it cannot be read."""
    from blake3 import blake3

    try:
        return blake3(Path(notebook).read_bytes()).hexdigest() if notebook else None
    except OSError:
        return None


def kernel_id() -> str | None:
    """Return the id of the Jupyter kernel that this process is; None elsewhere."""
    ipykernel = sys.modules.get("ipykernel.kernelapp")
    if ipykernel is None or not ipykernel.IPKernelApp.initialized():
        return None
    connection: str = ipykernel.IPKernelApp.instance().connection_file
    return str(Path(connection).stem.removeprefix("kernel-"))


def code_state(folder: str) -> CodeState:
    """Return the state of the git work tree that a folder lies in; empty without one."""
    command = ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            # Looking must not take the lock that the user's own git commands want.
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return CodeState()
    heads: dict[str, str] = {}
    dirty = False
    for line in answer.stdout.splitlines():
        if line.startswith("# branch."):
            key, _, value = line.removeprefix("# branch.").partition(" ")
            heads[key] = value
        else:
            dirty = True
    commit, branch = heads.get("oid"), heads.get("head")
    return CodeState(
        commit=None if commit == "(initial)" else commit,
        branch=None if branch == "(detached)" else branch,
        dirty=dirty,
    )


def packages() -> Mapping[str, str]:
    """Return the versions of Python and of the installed libraries that shape results."""
    found = {"python": platform.python_version()}
    for name in _SHAPING:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
