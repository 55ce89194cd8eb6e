"""What ``%load_ext dsnb`` adds to IPython, and ``%unload_ext dsnb`` takes away.

A notebook pays for this at its start, so nothing of the product is imported before the first
``%ds`` is run or completed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)
from IPython.core.magic import needs_local_scope, no_var_expand

from dsnb.presenting import pass_over_no_more
from dsnb.session.notebook import NOTEBOOK
from dsnb.session.readers import READERS
from dsnb.session.tracing import TRACER

_KEPT = "_dsnb_extension"
# ``%ds …`` at the beginning of a line, or assigned: ``df = ``, ``a, b = ``, ``frames["x"] = ``.
_TARGET = r"[^\W\d][\w.]*(?:\[[^\]]*\])?"
_LINE = re.compile(
    rf"(?:(?P<cell>%%ds)|\s*(?:{_TARGET}(?:\s*,\s*{_TARGET})*\s*=\s*)?%ds)\s+(?P<typed>.*)",
    re.DOTALL,
)


class _Extension:
    """The hooks in one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._matcher = self._make_matcher()
        shell.register_magic_function(self.ds, "line", "ds")
        shell.register_magic_function(self.ds_cell, "cell", "ds")
        shell.Completer.custom_matchers.append(self._matcher)
        shell.events.register("pre_run_cell", self._begin_cell)
        shell.events.register("post_run_cell", self._end_cell)
        NOTEBOOK.folder = os.getcwd()
        NOTEBOOK.variables, NOTEBOOK.run_body = shell.user_ns, self._run_body
        TRACER.install()
        READERS.install()
        # The cell that loads the extension began before there was anybody to hear of it.
        inputs = shell.history_manager.input_hist_raw
        if "load_ext" in inputs[-1] and len(inputs) == shell.displayhook.prompt_count + 1:
            NOTEBOOK.begin_cell(shell.displayhook.prompt_count, inputs[-1])

    def remove(self) -> None:
        """Take everything away again."""
        self._shell.events.unregister("pre_run_cell", self._begin_cell)
        self._shell.events.unregister("post_run_cell", self._end_cell)
        self._shell.Completer.custom_matchers.remove(self._matcher)
        for kind in ("line", "cell"):
            self._shell.magics_manager.magics[kind].pop("ds", None)
        READERS.remove()
        TRACER.remove()
        NOTEBOOK.end_cell()
        NOTEBOOK.folder = NOTEBOOK.variables = NOTEBOOK.run_body = None

    @no_var_expand  # code on a line must stay as it is; of the rest run_line takes care
    @needs_local_scope
    def ds(self, line: str, local_ns: Mapping[str, object] | None = None) -> Any:
        """Register, load and compare versions of datasets.

        ``%ds`` alone lists the verbs, ``%ds VERB --help`` tells about one.
        """
        from dsnb.magics.magic import run_line

        return run_line(line, {**self._shell.user_ns, **(local_ns or {})})

    @no_var_expand
    def ds_cell(self, line: str, cell: str) -> Any:
        """Carry out a cell as a step of this notebook's pipeline.

        ``%%ds step NAME --in REF --out DATASET`` on its first line says what it reads and makes;
        ``%ds step --help`` tells more.
        """
        from dsnb.magics.magic import run_line

        return run_line(line, self._shell.user_ns, cell)

    def _run_body(self, body: str) -> BaseException | None:
        """Run code as a cell's, and return the error that it ended with."""
        from dsnb.magics.bodies import run_body

        return run_body(self._shell, body)

    def _begin_cell(self, info: Any) -> None:
        pass_over_no_more()
        # Code that a cell runs as cells of its own (%run other.ipynb) belongs to that cell.
        if info.store_history:
            # The shell's own execution_count is by then that of the next cell, in IPython 9.
            NOTEBOOK.begin_cell(self._shell.displayhook.prompt_count, info.raw_cell)

    def _end_cell(self, result: Any) -> None:
        if result is None or result.info.store_history:
            pass_over_no_more()
            self._trace()
            NOTEBOOK.end_cell(None if result is None else result.error_in_exec)

    def _trace(self) -> None:
        """Record what the cell read and wrote by itself, without a verb."""
        traced = TRACER.take()
        if not traced.reads and not traced.writes:
            return
        try:
            from dsnb.session.current import SESSION

            SESSION.watch.record_files(traced.reads, traced.writes)
        except Exception:
            return  # the user's cell is done and right, whatever became of its trace

    def _make_matcher(self) -> Any:
        @context_matcher(identifier="dsnb.ds", priority=200)  # type: ignore[untyped-decorator]
        def complete_ds(context: CompletionContext) -> SimpleMatcherResult:
            match = _LINE.fullmatch(context.text_until_cursor)
            if match is None:
                return SimpleMatcherResult(completions=[], suppress=False)
            after = context.line_with_cursor[context.cursor_position :]
            try:
                from dsnb.magics.completion import complete

                begins_cell = match["cell"] is not None
                word, found = complete(match["typed"], after, self._shell.user_ns, cell=begins_cell)
            except Exception:
                # An error here would break the user's typing; there is merely nothing to offer.
                return SimpleMatcherResult(completions=[], suppress=False)
            return SimpleMatcherResult(
                completions=[SimpleCompletion(text, type=kind) for text, kind in found],
                suppress=True,
                ordered=True,
                # IPython's own token is only the end of a word with ``@``, ``-`` or a quote.
                matched_fragment=word,
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
