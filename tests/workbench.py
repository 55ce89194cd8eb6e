"""Short ways to what most tests do: register, load, run Python in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from dsnb.datasets.registration import Registration, Request
from dsnb.tables.reading import Wanted
from dsnb.workspace import Workspace

NOBODY = 65534


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
        code = f"import os\nos.setuid({user})\n{code}"
    # A user other than root may not see the interpreter's or the package's folders otherwise.
    preload = "import blake3, filelock, msgspec, tinydb, zstandard, tomlkit, dsnb.workspace\n"
    preload += "import dsnb.catalog.tinydb, dsnb.datasets.registration, dsnb.datasets.loading\n"
    preload += "import dsnb.datasets.inspection, dsnb.storage.atomic, pandas, pyarrow.parquet\n"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", preload + code],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=60,
    )
