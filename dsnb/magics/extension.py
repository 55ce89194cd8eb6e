"""What ``%load_ext dsnb`` adds to IPython, and ``%unload_ext dsnb`` takes away.

A notebook pays for this at its start, so nothing of the product is imported before the first
``%ds`` is run or completed.
"""

from __future__ import annotations

import os
import re
from typing import Any

from IPython.core.completer import CompletionContext, SimpleMatcherResult, context_matcher

from dsnb.presenting import pass_over_once
from dsnb.session.notebook import NOTEBOOK

_KEPT = "_dsnb_extension"
# ``%ds …`` at the beginning of a line, or after ``name = ``.
_LINE = re.compile(r"^\s*(?:[A-Za-z_][\w.,\s]*=\s*)?%ds\s+(?P<typed>.*)$", re.DOTALL)


class _Extension:
    """The hooks in one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._matcher = self._make_matcher()
        shell.register_magic_function(self.ds, "line", "ds")
        shell.Completer.custom_matchers.append(self._matcher)
        shell.events.register("pre_run_cell", self._begin_cell)
        shell.events.register("post_run_cell", self._end_cell)
        NOTEBOOK.folder = os.getcwd()

    def remove(self) -> None:
        """Take everything away again."""
        self._shell.events.unregister("pre_run_cell", self._begin_cell)
        self._shell.events.unregister("post_run_cell", self._end_cell)
        self._shell.Completer.custom_matchers.remove(self._matcher)
        self._shell.magics_manager.magics["line"].pop("ds", None)
        NOTEBOOK.end_cell()
        NOTEBOOK.folder = None

    def ds(self, line: str) -> Any:
        """Register, load and compare versions of datasets.

        ``%ds`` alone lists the verbs, ``%ds VERB --help`` tells about one.
        """
        from dsnb.magics.magic import run_line

        return run_line(line, self._shell.user_ns)

    def _begin_cell(self, info: Any) -> None:
        if info.store_history and not info.silent:
            NOTEBOOK.begin_cell(self._shell.execution_count)

    def _end_cell(self, result: Any) -> None:
        pass_over_once(None)
        NOTEBOOK.end_cell()

    def _make_matcher(self) -> Any:
        @context_matcher(identifier="dsnb.ds", priority=200)  # type: ignore[untyped-decorator]
        def complete_ds(context: CompletionContext) -> SimpleMatcherResult:
            line = context.text_until_cursor.rpartition("\n")[2]
            match = _LINE.match(line)
            if match is None:
                return SimpleMatcherResult(completions=[], suppress=False)
            try:
                from dsnb.magics.completion import completions

                found = completions(match["typed"], line, context.token, self._shell.user_ns)
            except Exception:
                # An error here would break the user's typing; there is merely nothing to offer.
                found = []
            return SimpleMatcherResult(
                completions=found, suppress=True, ordered=True, matched_fragment=context.token
            )

        return complete_ds


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
