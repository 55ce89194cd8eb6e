"""Showing what a migration changed, and what it found that is not here."""

from __future__ import annotations

from collections.abc import Iterator

from dsnb.display import html, text
from dsnb.migration.files import MigratedFile, Migration
from dsnb.presenting import as_html, as_text
from dsnb.units import count_text

_TOLD = 10
"""Findings of a file that the text form shows."""


@as_text.register
def _migration_text(result: Migration) -> str:
    lines = [text.paragraph(_told(result))]
    for file in result.files[: text.CAP]:
        lines.append(text.line(f"{_name(file)}  ", [_changes(file, result)], "  "))
        said = [f"{where}: {what}" for where, what in _remarks(file)]
        lines += [text.paragraph(one, "    ") for one in said[:_TOLD]]
        if len(said) > _TOLD:
            lines.append(f"    … and {len(said) - _TOLD:,} more")
    if len(result.files) > text.CAP:
        lines.append(f"  … and {len(result.files) - text.CAP:,} more")
    return "\n".join(lines)


@as_html.register
def _migration_html(result: Migration) -> str:
    rows: list[tuple[object, ...]] = []
    for file in result.files:
        rows.append((html.code(_name(file)), _changes(file, result), ""))
        rows += [("", where, what) for where, what in _remarks(file)]
    return html.block(
        _told(result),
        html.table(("File", "", "Look at"), rows, total=len(rows)) if rows else "",
        state="" if result else "warn",
    )


def _told(result: Migration) -> str:
    imports = count_text(sum(file.imports for file in result.files), "import")
    files = count_text(len(result.changed), "file")
    looked_at = f"{count_text(result.looked_at, 'script or notebook', 'scripts and notebooks')}"
    if not result.changed:
        return f"There is nothing to rewrite in {looked_at}."
    if result.check:
        return f"{imports} in {files} would be rewritten, of {looked_at}. Nothing was written."
    return f"{imports} in {files} rewritten, of {looked_at}."


def _changes(file: MigratedFile, result: Migration) -> str:
    if not file.imports:
        return "left as it is"
    return f"{count_text(file.imports, 'import')}{' to rewrite' if result.check else ' rewritten'}"


def _remarks(file: MigratedFile) -> Iterator[tuple[str, str]]:
    if file.trouble:
        yield "not read", file.trouble
    yield from file.findings


def _name(file: MigratedFile) -> str:
    return text.shortened(file.path, 60)
