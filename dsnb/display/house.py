"""Showing the workspace itself: made, what is where, settings, datastores, errors."""

from __future__ import annotations

from dsnb.datasets.inspection import WorkspaceStatus
from dsnb.display import html, text
from dsnb.errors import DsnbError
from dsnb.presenting import as_html, as_text
from dsnb.provenance.runs import count_versions
from dsnb.provenance.stale import Stale
from dsnb.storage.configuration import DatastoreList, SettingList
from dsnb.units import count_text, size_text
from dsnb.workspace import WorkspaceCreated


@as_text.register
def _created_text(result: WorkspaceCreated) -> str:
    folder = text.brief(result.folder)
    if result.created:
        return f"This is a workspace now: {folder}\n  next: %ds register NAME PATH"
    return f"This is a workspace already: {folder}"


@as_html.register
def _created_html(result: WorkspaceCreated) -> str:
    when = "now" if result.created else "already"
    made = html.Html(f"This is a workspace {when}: {html.code(result.folder)}")
    next_step = html.Html(f"next: {html.code('%ds register NAME PATH')}")
    return html.block(made, html.quiet(next_step) if result.created else "")


@as_text.register
def _status_text(result: WorkspaceStatus) -> str:
    return text.facts(_facts(result))


@as_html.register
def _status_html(result: WorkspaceStatus) -> str:
    return html.block(
        html.table((), _facts(result)), state="warn" if result.drifted or result.stale else ""
    )


@as_text.register
def _datastores_text(result: DatastoreList) -> str:
    lines = [text.paragraph(result.done)] if result.done else []
    lines.append(text.table(result.rows, ("datastore", "folder", "state")))
    return "\n".join(lines)


@as_html.register
def _datastores_html(result: DatastoreList) -> str:
    rows = ((name, html.code(folder), state) for name, folder, state in result.rows)
    return html.block(result.done, html.table(("Datastore", "Folder", "State"), rows))


@as_text.register
def _settings_text(result: SettingList) -> str:
    if result.done:
        return text.paragraph(result.done)
    lines: list[str] = []
    for key, value, is_set, meaning in result.rows:
        lines.append(text.line(f"{key} = ", [_value(value) + ("" if is_set else " (default)")]))
        lines.append(text.paragraph(meaning, "  "))
    return "\n".join(lines)


@as_html.register
def _settings_html(result: SettingList) -> str:
    if result.done:
        return html.block(html.code(result.done))
    rows = (
        (html.code(key), html.code(_value(value)), "set" if is_set else "default", meaning)
        for key, value, is_set, meaning in result.rows
    )
    return html.block(html.table(("Setting", "Value", "", "What it does"), rows))


@as_text.register
def _error_text(error: DsnbError) -> str:
    said = f"{text.brief(error.message)} {text.brief(error.hint)}".strip()
    return f"{type(error).__name__}: {said}"


@as_html.register
def _error_html(error: DsnbError) -> str:
    return html.block(error.message, html.quiet(error.hint), state="bad")


def _facts(result: WorkspaceStatus) -> list[tuple[str, str]]:
    added = [f"{name} ({state}): {folder}" for name, folder, state in result.datastores[2:]]
    run = "not begun"
    if result.run is not None:
        inputs, outputs = count_versions(result.run.inputs), count_versions(result.run.outputs)
        run = f"{count_text(inputs, 'input')}, {count_text(outputs, 'output')}"
    more = f" and {len(result.drifted) - 10:,} more" if len(result.drifted) > 10 else ""
    facts = [
        ("workspace", result.folder),
        (
            "holds",
            f"{count_text(result.datasets, 'dataset')}, {count_text(result.versions, 'version')}, "
            f"{'runs unknown' if result.runs is None else count_text(result.runs, 'run')}",
        ),
        ("registry", size_text(result.registry_size)),
        ("kept", f"{size_text(result.kept_size)} of snapshots and tables"),
        (
            "state",
            f"⚠ drifted: {', '.join(result.drifted[:10])}{more}"
            if result.drifted
            else "✓ the latest versions are unchanged",
        ),
        ("this run", run),
        *(("stale", _stale(one)) for one in result.stale[:10]),
        *([("stale", f"and {len(result.stale) - 10:,} more")] if len(result.stale) > 10 else []),
        ("cache", f"{result.cache} ({size_text(result.cache_size)})"),
    ]
    return facts + [("datastore", one) for one in added]


def _stale(one: Stale) -> str:
    where = "this run"
    if one.cells:
        word = "cell" if len(one.cells) == 1 else "cells"
        where = f"{word} {', '.join(map(str, one.cells[:10]))}"
    why = [
        "which has drifted since" if one.drifted else "",
        f"of which there is {one.newer}" if one.newer else "",
    ]
    return f"{where} read {one.ref}, {' and '.join(filter(None, why))}"


def _value(value: object) -> str:
    return "(empty)" if value == "" else str(value)
