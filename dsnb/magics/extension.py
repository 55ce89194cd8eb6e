"""What ``%load_ext dsnb`` adds to IPython, and ``%unload_ext dsnb`` takes away."""

from __future__ import annotations

import os
from typing import Any

from dsnb.presenting import pass_over_once
from dsnb.session.current import SESSION

_KEPT = "_dsnb_extension"


class _Extension:
    """The hooks of one shell."""

    def __init__(self, shell: Any) -> None:
        from dsnb.magics.completion import matcher_for
        from dsnb.magics.magic import DatasetMagics

        self._shell = shell
        self._matcher = matcher_for(shell)
        shell.register_magics(DatasetMagics)
        shell.Completer.custom_matchers.append(self._matcher)
        shell.events.register("pre_run_cell", self._begin_cell)
        shell.events.register("post_run_cell", self._end_cell)
        SESSION.home = os.getcwd()

    def remove(self) -> None:
        """Take everything away again; the run ends."""
        self._shell.events.unregister("pre_run_cell", self._begin_cell)
        self._shell.events.unregister("post_run_cell", self._end_cell)
        self._shell.Completer.custom_matchers.remove(self._matcher)
        self._shell.magics_manager.magics["line"].pop("ds", None)
        SESSION.end_cell()
        SESSION.home = None

    def _begin_cell(self, info: Any) -> None:
        if info.store_history and not info.silent:
            SESSION.begin_cell(self._shell.execution_count)

    def _end_cell(self, result: Any) -> None:
        pass_over_once(None)
        SESSION.end_cell()


def load(shell: Any) -> None:
    """Add the magic, its completion and the events to a shell; a second time changes nothing."""
    if getattr(shell, _KEPT, None) is None:
        setattr(shell, _KEPT, _Extension(shell))


def unload(shell: Any) -> None:
    """Take everything away that `load` added."""
    extension: _Extension | None = getattr(shell, _KEPT, None)
    if extension is not None:
        extension.remove()
        delattr(shell, _KEPT)
