"""The picker: choose a dataset and one of its versions, look at it, load it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Int, TraitError, Unicode, observe, validate

from dsnb.datasets.inspection import VersionRow
from dsnb.errors import DsnbError, UsageError
from dsnb.presenting import as_text
from dsnb.records import Version
from dsnb.session.current import SESSION, Session
from dsnb.session.tracing import TRACER
from dsnb.units import count_text
from dsnb.widgets.answers import Answers, refusal
from dsnb.widgets.kept import Kept
from dsnb.widgets.questions import Questions
from dsnb.widgets.rows import aliases_of
from dsnb.widgets.variables import checked_name, has_kernel, loading_line, notebook_variables
from dsnb.widgets.watching import Watch
from dsnb.workspace import Workspace

_STATIC = Path(__file__).parent / "static"
_VIEW = "application/vnd.jupyter.widget-view+json"
_KEPT_ROWS = 10
_AGREEING = ("dataset", "version", "ref")


class Picker(anywidget.AnyWidget):
    """Choose a version of a dataset, in the notebook or by setting an attribute.

    ``dataset``, ``version`` and ``ref`` always agree: setting one sets the others, and what does
    not exist is refused and changes nothing.

    Parameters
    ----------
    workspace
        Where the datasets are.
    ref
        The version to begin with, or a dataset, whose latest it then is; None begins with the
        dataset that was registered last.
    session
        Records what is loaded.

    Attributes
    ----------
    dataset
        Name of the chosen dataset; empty while there is none.
    version
        Number of the chosen version; None while there is none.
    ref
        The chosen reference, such as ``weather_ds@2``.

    Raises
    ------
    DsnbError
        When there is no such version.
    """

    _esm = _STATIC / "picker.js"
    _css = _STATIC / "picker.css"

    dataset = Unicode().tag(sync=True)
    version = Int(None, allow_none=True).tag(sync=True)
    ref = Unicode().tag(sync=True)
    _key = Unicode().tag(sync=True)

    def __init__(
        self, workspace: Workspace, ref: str | None = None, session: Session = SESSION
    ) -> None:
        self._guard = threading.RLock()
        self._settling = False
        self._chosen: Version | None = None
        self._workspace = copy(workspace)  # shares what was read of the registry already
        self._workspace.notify = self._take_notice
        self._questions = self._make_questions()
        self._tell = workspace.notify
        self._session = session
        self._displayed = False
        chosen = self._begin_with(ref)
        key = uuid.uuid4().hex
        super().__init__(model_id=key, _key=key)
        self._watch = Watch(self._workspace.view, self._refresh)
        if chosen is not None:
            self._settle(chosen)
        self.on_msg(self._hear)

    def load(self) -> Any:
        """Return the data of the chosen version, which becomes an input of the run.

        Raises
        ------
        DriftError
            When its files changed or vanished and no snapshot keeps them.
        DsnbError
            When nothing is chosen, or it cannot be read.
        """
        from dsnb.tables.reading import EVERYTHING

        with TRACER.not_the_users():
            version = self._chosen_version()
            data = self._workspace.load(version, None, EVERYTHING)
            self._session.record(self._workspace, version, "load")
        return data

    def close(self) -> None:
        """Close the widget, and stop to watch for it."""
        if hasattr(self, "_watch"):
            self._watch.release()
        super().close()

    def __str__(self) -> str:
        return as_text(self._to_keep())

    # The three attributes that agree

    @validate("dataset", "version", "ref")
    def _check(self, proposal: Mapping[str, Any]) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        if self._settling:
            return value
        meant = self._meant(name, value)
        return {"dataset": meant.name, "version": meant.version, "ref": meant.ref}[name]

    @observe("dataset", "version", "ref")
    def _follow(self, change: Mapping[str, Any]) -> None:
        if not self._settling:
            self._settle(self._meant(change["name"], change["new"]))

    def _meant(self, name: str, value: Any) -> Version:
        """Return the version that is meant by a new value of one of the three."""
        if value in (None, ""):
            raise TraitError("A picker cannot be emptied: set its dataset, version or ref.")
        ref = {"dataset": f"{value}@latest", "version": f"{self.dataset}@{value}"}.get(name, value)
        with TRACER.not_the_users():
            return self._workspace.resolve(ref)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _AGREEING:
            # The front end hears of the three together, never of one that contradicts another.
            with self._guard, self.hold_sync():
                if value is None:  # which traitlets would not have checked
                    self._meant(name, value)
                super().__setattr__(name, value)
        else:
            super().__setattr__(name, value)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a front end set; what does not exist is set back there, without a traceback."""
        wanted = {name: sync_data[name] for name in _AGREEING if name in sync_data}
        for name, value in wanted.items():
            try:
                setattr(self, name, value)
            except (DsnbError, TraitError):
                self.send_state(list(_AGREEING))
        super().set_state({k: value for k, value in sync_data.items() if k not in wanted})

    def _settle(self, version: Version) -> None:
        """Let the three agree on a version, and tell the front end once."""
        with self._guard:
            self._settling = True
            try:
                self._chosen = version
                with self.hold_sync(), self.hold_trait_notifications():
                    self.dataset, self.version = version.name, version.version
                    self.ref = version.ref
            finally:
                self._settling = False
        self._keep()

    def _begin_with(self, ref: str | None) -> Version | None:
        if ref is not None:
            return self._workspace.resolve(ref)
        latest = [row.version for row in self._workspace.datasets().rows]
        return max(latest, key=lambda version: version.created, default=None)

    def _chosen_version(self) -> Version:
        if self._chosen is None:
            raise UsageError(
                "No version is chosen: there are no datasets yet.",
                hint="Register the first: %ds register NAME PATH",
            )
        # It may have been renamed since, which its id survives.
        return self._workspace.view().by_id(self._chosen.id) or self._workspace.resolve(self.ref)

    def _take_notice(self, sentence: str) -> None:
        if not self._questions.note(sentence):
            self._tell(sentence)

    # What the front end asks for

    def _make_questions(self) -> Questions:
        answers = Answers(self._workspace.in_passing())
        return Questions(
            {
                "datasets": answers.datasets,
                "versions": answers.versions,
                "states": answers.states,
                "preview": answers.preview,
                "columns": answers.columns,
                "profile": answers.profile,
                "compute": answers.compute,
                "since": answers.since,
                "choose": self._choose,
                "load": self._load_into,
                "code": lambda variable, ref: loading_line(checked_name(variable), ref),
            },
            slow=frozenset({"states", "preview", "profile", "compute", "since", "load"}),
            latest=frozenset({"states", "preview", "profile", "compute", "since"}),
            refuse=refusal,
            send=self.send,
        )

    def _hear(self, _: object, content: Any, buffers: object) -> None:
        match content:
            case {"ask": "watch", "view": str(view)}:
                self._watch.renew(view)
            case {"ask": "rest", "view": str(view)}:
                self._watch.release(view)
            case _:
                self._questions.hear(content)

    def _choose(self, ref: str) -> str:
        self.ref = ref
        return self.ref

    def _load_into(self, variable: str, ref: str) -> str:
        name, variables = checked_name(variable), notebook_variables()
        with self._guard:
            if ref != self.ref:
                self.ref = ref
        data = self.load()
        variables[name] = data
        size = count_text(len(data), "path")
        if not isinstance(data, list):
            rows, columns = data.shape
            size = f"{count_text(rows, 'row')} × {count_text(columns, 'column')}"
        return f"{name} is {ref} · {size}"

    # Telling what is new

    def _refresh(self) -> None:
        """Follow a changed registry: the chosen version may be called otherwise now."""
        with suppress(Exception), TRACER.not_the_users():
            view = self._workspace.view()
            before = self._chosen
            now = self._begin_with(None) if before is None else view.by_id(before.id)
            if now is not None and (before is None or now.ref != before.ref):
                self._settle(now)
            elif now is not None:
                self._chosen = now
                self._keep()
            self.send({"news": True})

    # What the notebook keeps

    def _ipython_display_(self) -> None:
        """Show two outputs: the widget, and the text that a reopened notebook shows in its place.

        In one output JupyterLab would show "model not found", never the text.
        """
        from IPython.display import display

        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        if has_kernel():
            # The text is for exports without widgets; the kept one beside it says more.
            bundle = {_VIEW: view, "text/plain": f"Picker: {self.ref or 'no dataset yet'}"}
            display(bundle, raw=True)  # type: ignore[no-untyped-call]
        display(self._to_keep(), display_id=f"dsnb-{self._key}")  # type: ignore[no-untyped-call]
        self._displayed = True

    def _keep(self) -> None:
        """Let the kept text tell of the present choice."""
        if self._displayed:
            from IPython.display import update_display

            with suppress(Exception):  # a text for later readers is worth no error now
                update_display(self._to_keep(), display_id=f"dsnb-{self._key}")  # type: ignore[no-untyped-call]

    def _to_keep(self) -> Kept:
        version = self._chosen
        if version is None:
            return Kept(self._key, None)
        view = self._workspace.view()
        numbers, aliases = view.numbers(version.name), view.aliases(version.name)
        rows = [
            VersionRow(
                found,
                tuple(a for a in aliases_of(number, aliases, numbers[-1]) if a != "latest"),
                number == numbers[-1],
            )
            for number in reversed(numbers[-_KEPT_ROWS:])
            if (found := view.version(version.name, number)) is not None
        ]
        line = loading_line("df" if version.kind == "tabular" else "paths", version.ref)
        return Kept(self._key, version, rows, len(numbers), line)
