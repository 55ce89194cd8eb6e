"""Showing versions: one just registered, lists of them, one in full, how they stand on disk."""

from __future__ import annotations

from collections.abc import Iterator

from dsnb.datasets.drifting import describe_drift
from dsnb.datasets.inspection import (
    DatasetList,
    Verification,
    VersionDetails,
    VersionList,
    VersionRow,
)
from dsnb.datasets.metadata import MetadataChange
from dsnb.datasets.registration import Registration
from dsnb.display import html, text
from dsnb.display.profiles import profile_html, profile_lines, title
from dsnb.presenting import as_html, as_text
from dsnb.provenance.dependents import Dependents
from dsnb.records import Column, FileEntry, Version
from dsnb.storage.drift import Drift
from dsnb.units import ago, count_text, exact, size_text

MINUS = "−"
_DRIFTED = 5
"""Files of a version whose drift is told in words."""


def shape(version: Version) -> str:
    """Return how much a version holds, in its own unit."""
    if version.columns is None:
        return ""
    if version.rows is None:
        return count_text(len(version.columns), "column")
    return f"{count_text(version.rows, 'row')} × {len(version.columns):,}"


def holds(version: Version) -> str:
    """Return how much a version holds, in one word where a list has little room."""
    if version.rows is not None:
        return count_text(version.rows, "row")
    return count_text(version.files, "file")


def state(drift: Drift) -> str:
    """Return how a version's files stand, as a shape and a word."""
    if drift.unseen:
        return "○ outside the workspace, not looked at"
    if drift:
        return f"⚠ drifted ({len(drift.drifted):,} of {count_text(drift.files, 'file')})"
    return "✓ unchanged"


def since(version: Version, previous: Version) -> str:
    """Return what a version has more or less than the one before, as far as records tell."""
    said = [_plus(version.files - previous.files, "file")]
    if version.rows is not None and previous.rows is not None:
        said.append(_plus(version.rows - previous.rows, "row"))
    if version.columns is not None and previous.columns is not None:
        before = {column.name for column in previous.columns}
        after = {column.name for column in version.columns}
        if version.columns == previous.columns:
            said.append("same columns")
        else:
            said += [_plus(len(after - before), "column")] if after - before else []
            said += [f"{MINUS}{count_text(len(before - after), 'column')}"] * bool(before - after)
            if after == before:
                said.append("columns retyped or reordered")
    return ", ".join(said)


@as_text.register
def _registration_text(result: Registration) -> str:
    version = result.version
    lines = [text.line(f"{version.ref}  ", _registered(result))]
    if result.started_workspace:
        lines.insert(0, f"This workspace begins here: {text.brief(result.started_workspace)}")
    if result.created:
        if result.previous is not None:
            change = since(version, result.previous)
            lines.append(text.paragraph(f"since @{result.previous.version}: {change}", "  "))
        lines += [f"  same content as {result.same_as}"] * bool(result.same_as)
        if version.parents:
            lines.append(text.paragraph(f"{origin_word(version)} {_parents(version)}", "  "))
        lines += [text.paragraph(f"key: {', '.join(version.key)}", "  ")] * bool(version.key)
        lines += [f"  {_skipped(result.skipped)}"] * bool(result.skipped)
    lines.append(text.line("next: ", _next(result), "  "))
    return "\n".join(lines)


@as_html.register
def _registration_html(result: Registration) -> str:
    version = result.version
    lines: list[object] = [
        html.Html(f"{html.ref(version.ref)}&ensp;{html.line(*_registered(result))}")
    ]
    if result.started_workspace:
        where = html.code(result.started_workspace)
        lines.insert(0, html.quiet(html.Html(f"This workspace begins here: {where}")))
    if result.created:
        if result.previous is not None:
            change = f"since @{result.previous.version}: {since(version, result.previous)}"
            lines.append(change)
        lines.append(
            html.line(
                result.same_as and f"same content as {result.same_as}",
                version.parents and f"{origin_word(version)} {_parents(version)}",
                version.key and f"key: {', '.join(version.key)}",
                result.skipped and html.quiet(_skipped(result.skipped)),
            )
        )
        lines.append(_files_and_schema(version, result.files))
    commands = html.Html(" · ".join(html.code(command) for command in _next(result)))
    lines.append(html.quiet(html.Html(f"next: {commands}")))
    return html.block(*lines)


@as_text.register
def _datasets_text(result: DatasetList) -> str:
    if not result.rows:
        return _none_found(result)
    headers = ("dataset", "versions", "holds", "registered", "description")
    rows = [
        (
            row.version.ref,
            f"{count:,}",
            holds(row.version),
            ago(row.version.created),
            text.parts(_deprecated(row.version), row.version.description),
        )
        for row, count in zip(result.rows[: text.CAP], result.counts, strict=False)
    ]
    lines = text.table(rows, headers, ("left", "right")).split("\n")
    return "\n".join(text.capped(lines, len(result.rows) + 1, text.CAP + 1))


@as_html.register
def _datasets_html(result: DatasetList) -> str:
    if not result.rows:
        return html.block(_none_found(result))
    headers = ("Dataset", "Versions", "Holds", "Size", "Registered", "Description", "Tags")
    rows = (
        (
            html.ref(row.version.ref),
            f"{count:,}",
            shape(row.version) or count_text(row.version.files, "file"),
            size_text(row.version.size),
            html.moment(row.version.created),
            text.parts(_deprecated(row.version), row.version.description),
            _tags(row.version),
        )
        for row, count in zip(result.rows, result.counts, strict=True)
    )
    listed = html.table(headers, rows, (1, 3), len(result.rows))
    return html.block(f"{count_text(len(result.rows), 'dataset')}", listed)


@as_text.register
def _versions_text(result: VersionList) -> str:
    headers = ("version", "registered", "holds", "size", "description")
    rows = [
        (
            row.version.ref,
            ago(row.version.created),
            holds(row.version),
            size_text(row.version.size),
            text.parts(_deprecated(row.version), ", ".join(row.aliases), row.version.description),
        )
        for row in result.rows[: text.CAP]
    ]
    lines = text.table(rows, headers, ("left", "left", "left", "right")).split("\n")
    return "\n".join(text.capped(lines, len(result.rows) + 1, text.CAP + 1))


@as_html.register
def _versions_html(result: VersionList) -> str:
    headers = ("Version", "Registered", "By", "Holds", "Size", "Aliases", "Description", "Tags")
    rows = (
        (
            html.ref(row.version.ref),
            html.moment(row.version.created),
            row.version.creator,
            shape(row.version) or count_text(row.version.files, "file"),
            size_text(row.version.size),
            _aliases(row),
            text.parts(_deprecated(row.version), row.version.description),
            _tags(row.version),
        )
        for row in result.rows
    )
    listed = html.table(headers, rows, (4,), len(result.rows))
    return html.block(f"{result.name} · {count_text(len(result.rows), 'version')}", listed)


@as_text.register
def _details_text(result: VersionDetails) -> str:
    version = result.version
    lines = [text.line(f"{version.ref}  ", _headline(result))]
    lines += _drifted_files(result.drift, "  ")
    lines.append(text.facts(_facts(result), indent="  "))
    if result.profile is not None:
        lines += [f"  {title(result.profile)}:", *profile_lines(result.profile, "    ")]
    elif version.columns:
        lines.append(f"  columns ({len(version.columns):,}):")
        columns = [(column.name, column.type) for column in version.columns[: text.CAP]]
        laid_out = text.table(columns, indent="    ").split("\n")
        lines += text.capped(laid_out, len(version.columns), indent="    ")
    if result.profiling.why:
        lines.append(text.paragraph(f"profile: {result.profiling.why}", "  "))
    lines.append(f"  files ({version.files:,}):")
    files = [(file.path, size_text(file.size)) for file in result.files[: text.CAP]]
    laid_out = text.table(files, align=("left", "right"), indent="    ").split("\n")
    lines += text.capped(laid_out, version.files, indent="    ")
    return "\n".join(lines)


@as_html.register
def _details_html(result: VersionDetails) -> str:
    version = result.version
    facts = html.table((), ((label, value) for label, value in _facts(result) if value))
    drifted = [html.quiet(describe_drift(file)) for file in result.drift.drifted[:_DRIFTED]]
    more = len(result.drift.drifted) - _DRIFTED
    drifted += [html.quiet(f"… and {more:,} more")] * (more > 0)
    return html.block(
        html.Html(f"{html.ref(version.ref)}&ensp;{html.line(*_headline(result))}"),
        *drifted,
        facts,
        _profile(result),
        _files_and_schema(version, result.files),
        state="warn" if result.drift else "",
    )


@as_text.register
def _verification_text(result: Verification) -> str:
    if not result.rows:
        return "There are no versions to verify."
    lines = [_verified(result)]
    # Of many versions only those are listed that there is something to say about.
    listed = [row for row in _with_dependents(result) if row[1] or len(result.rows) <= text.CAP]
    for version, drift, dependents in listed[: text.CAP]:
        news = f", {count_text(len(drift.news), 'new file')}" if drift.news else ""
        lines.append(f"  {version.ref}  {state(drift)}{news}")
        lines += _drifted_files(drift, "    ")
        if drift:
            lines += [text.paragraph(one, "    ") for one in _concerned(version, drift, dependents)]
    if len(listed) > text.CAP:
        lines.append(f"  … and {len(listed) - text.CAP:,} more")
    return "\n".join(lines)


@as_html.register
def _verification_html(result: Verification) -> str:
    if not result.rows:
        return html.block("There are no versions to verify.")
    drifted_first = sorted(_with_dependents(result), key=lambda row: not row[1])
    rows = (
        (
            html.ref(version.ref),
            state(drift),
            f"{len(drift.news):,}" if drift.news else "",
            "; ".join(describe_drift(file) for file in drift.drifted[:5]),
            "; ".join(_concerned(version, drift, dependents)) if drift else "",
        )
        for version, drift, dependents in drifted_first
    )
    headers = ("Version", "State", "New files", "What happened", "Concerns")
    return html.block(
        _verified(result),
        html.table(headers, rows, (2,), len(result.rows)),
        state="" if result else "warn",
    )


@as_text.register
def _change_text(result: MetadataChange) -> str:
    return text.line(f"{result.version.ref}  ", [result.done])


@as_html.register
def _change_html(result: MetadataChange) -> str:
    return html.block(html.Html(f"{html.ref(result.version.ref)}&ensp;{html.safe(result.done)}"))


def _registered(result: Registration) -> list[str]:
    version = result.version
    if not result.created:
        return [f"nothing new: this is what was registered {ago(version.created)}"]
    return [
        "registered",
        count_text(version.files, "file"),
        size_text(version.size),
        shape(version),
        _held(version),
    ]


def _held(version: Version) -> str:
    """Return where a version's bytes are."""
    if version.kept:
        return "kept (snapshot)"
    if version.definition.from_memory:
        return "kept as Parquet"
    return "kept by dsnb" if version.definition.is_own else "by reference"


def _next(result: Registration) -> list[str]:
    version = result.version
    variable = "df" if version.kind == "tabular" else "paths"
    commands = [f"{variable} = %ds load {version.ref}"]
    if result.previous is not None:
        commands.append(f"%ds diff {version.name}@{result.previous.version}..{version.version}")
    return commands


def _with_dependents(result: Verification) -> Iterator[tuple[Version, Drift, Dependents]]:
    dependents = result.dependents or (Dependents(),) * len(result.rows)
    for (version, drift), concerned in zip(result.rows, dependents, strict=True):
        yield version, drift, concerned


def _concerned(version: Version, drift: Drift, dependents: Dependents) -> Iterator[str]:
    """Yield whom drift concerns, and whether the version can be brought back."""
    if dependents:
        yield f"used by {dependents}"
    if version.kept:
        overwrites = any(file.fate != "missing" for file in drift.drifted)
        again = f"%ds restore {version.ref}{' --overwrite' if overwrites else ''}"
        yield f"its snapshot is loaded instead; put it back: {again}"


def origin_word(version: Version) -> str:
    """Return what a version's parents are to it."""
    return "trained on" if version.kind == "model" else "made from"


def _parents(version: Version) -> str:
    return ", ".join(f"{one.ref} ({one.role})" if one.role else one.ref for one in version.parents)


def _skipped(count: int) -> str:
    return f"{count_text(count, 'hidden name')} skipped"


def _files_and_schema(version: Version, files: tuple[FileEntry, ...]) -> html.Html:
    parts = []
    if files:
        rows = ((html.code(file.path), size_text(file.size), file.hash[:12]) for file in files)
        listed = html.table(("File", "Size", "Hash"), rows, (1,), version.files)
        parts.append(html.details(count_text(version.files, "file"), listed, inline=True))
    if version.columns:
        columns: list[Column] = list(version.columns)
        rows_of = ((column.name, html.code(column.type)) for column in columns)
        listed = html.table(("Column", "Type"), rows_of, total=len(columns))
        title = f"schema ({count_text(len(columns), 'column')})"
        parts.append(html.details(title, listed, inline=True))
    return html.Html("".join(parts))


def _profile(result: VersionDetails) -> html.Html:
    if result.profile is not None:
        listed = profile_html(result.profile)
        return html.details(title(result.profile), listed, open=True)
    why = result.profiling.why
    return html.quiet(f"profile: {why}") if why else html.Html("")


def _drifted_files(drift: Drift, indent: str) -> list[str]:
    said = [text.paragraph(describe_drift(file), indent) for file in drift.drifted[:_DRIFTED]]
    return text.capped(said, len(drift.drifted), _DRIFTED, indent)


def _headline(result: VersionDetails) -> list[str]:
    version = result.version
    newer = f"↑ newer: @{result.newer.rpartition('@')[2]}" if result.newer else ""
    news = count_text(len(result.drift.news), "new file") + " beside it"
    return [
        version.description,
        shape(version),
        count_text(version.files, "file"),
        size_text(version.size),
        state(result.drift),
        "⊘ deprecated" if version.deprecated is not None else "",
        newer,
        news if result.drift.news else "",
    ]


def _facts(result: VersionDetails) -> list[tuple[str, str]]:
    version = result.version
    why = f": {version.deprecated}" if version.deprecated else ""
    options = ", ".join(f"{key}={value}" for key, value in version.definition.options.items())
    return [
        ("registered", f"{exact(version.created)}, by {version.creator or 'unknown'}"),
        ("deprecated", "" if version.deprecated is None else f"⊘ do not use{why}"),
        ("aliases", _aliases(result.row)),
        (origin_word(version), ", ".join(result.parents)),
        ("used by", str(result.dependents)),
        ("tags", _tags(version)),
        ("key", ", ".join(version.key)),
        ("paths", ", ".join(map(str, version.definition.sources))),
        ("bytes", _held(version)),
        ("kind", text.parts(version.kind, version.format, options)),
        ("digest", version.digest),
        ("run", version.run or ""),
        ("id", version.id),
    ]


def _deprecated(version: Version) -> str:
    return "" if version.deprecated is None else "⊘ deprecated"


def _aliases(row: VersionRow) -> str:
    return ", ".join((*(("latest",) if row.is_latest else ()), *row.aliases))


def _tags(version: Version) -> str:
    return ", ".join(f"{key}={value}" for key, value in version.tags.items())


def _none_found(result: DatasetList) -> str:
    if result.pattern or result.tags:
        return "No dataset fits. Type %ds list to see them all."
    return (
        f"The workspace {result.workspace} has no datasets yet. "
        "Register the first: %ds register NAME PATH"
    )


def _verified(result: Verification) -> str:
    drifted = sum(1 for _, drift in result.rows if drift)
    how = "every file hashed" if all(drift.full for _, drift in result.rows) else ""
    checked = f"{count_text(len(result.rows), 'version')} checked"
    return text.parts(checked, f"⚠ {drifted:,} drifted" if drifted else "✓ all unchanged", how)


def _plus(count: int, thing: str) -> str:
    sign = "+" if count >= 0 else MINUS
    return f"{sign}{count_text(abs(count), thing)}"
