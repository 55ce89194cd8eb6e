"""Dataset versions inside the Jupyter notebook.

Load the magics with ``%load_ext dsnb``; the same verbs are functions here and the ``dsnb`` command
in a shell. Nothing heavy is imported before a verb needs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "DsnbError",
    "Workspace",
    "__version__",
    "alias",
    "annotate",
    "bisect",
    "config",
    "datastore",
    "delete",
    "deprecate",
    "diff",
    "doctor",
    "export",
    "gc",
    "import_",
    "init",
    "lineage",
    "list",
    "load",
    "load_ipython_extension",
    "migrate",
    "model",
    "models",
    "overlap",
    "pick",
    "pipeline",
    "register",
    "rename",
    "rerun",
    "restore",
    "run",
    "runs",
    "show",
    "snapshot",
    "status",
    "step",
    "tag",
    "trace",
    "unload_ipython_extension",
    "verify",
    "verify_notebook",
    "versions",
]

if TYPE_CHECKING:
    from dsnb.commands.data import load, register
    from dsnb.commands.housekeeping import doctor, gc
    from dsnb.commands.keeping import delete, deprecate, restore, snapshot
    from dsnb.commands.looking import diff, list, overlap, show, verify, versions
    from dsnb.commands.migrating import migrate
    from dsnb.commands.modelling import model, models
    from dsnb.commands.naming import alias, annotate, rename, tag
    from dsnb.commands.notebooks import rerun, verify_notebook
    from dsnb.commands.origins import bisect, lineage, trace
    from dsnb.commands.picking import pick
    from dsnb.commands.running import run, runs
    from dsnb.commands.setup import config, datastore, init, status
    from dsnb.commands.sharing import export, import_
    from dsnb.commands.stepping import pipeline, step
    from dsnb.errors import DsnbError
    from dsnb.workspace import Workspace


def load_ipython_extension(shell: Any) -> None:
    """Add the magic ``%ds``, its completion and the session's run to IPython."""
    from dsnb.magics.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take away everything that `load_ipython_extension` added."""
    from dsnb.magics.extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name == "DsnbError":
        from dsnb.errors import DsnbError

        return DsnbError
    if name in __all__:
        # Results show themselves once the display floor is there.
        import dsnb.display.forms  # noqa: F401
        from dsnb.commands.verbs import VERBS
        from dsnb.workspace import Workspace

        # A verb that Python has as a keyword ends with an underscore here.
        return Workspace if name == "Workspace" else VERBS[name.removesuffix("_").replace("_", "-")]
    raise AttributeError(f"module 'dsnb' has no attribute {name!r}")


def __dir__() -> Iterable[str]:
    return sorted(__all__)
