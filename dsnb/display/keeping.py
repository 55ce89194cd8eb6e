"""Showing what was kept, brought back, let go, handed on or mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsnb.datasets.archives import Export
from dsnb.datasets.health import Examination, Finding
from dsnb.datasets.housekeeping import GarbageCollection
from dsnb.datasets.importing import Import
from dsnb.datasets.keeping import Snapshot
from dsnb.datasets.removal import Deletion
from dsnb.datasets.restoring import Restoration
from dsnb.display import html, text
from dsnb.presenting import as_html, as_text
from dsnb.records import Version
from dsnb.units import count_text, size_text

_SHAPES = {"broken": "⚠", "lost": "⚠", "mended": "✓", "remark": "·"}


@as_text.register
def _snapshot_text(result: Snapshot) -> str:
    return text.line(f"{result.version.ref}  ", _kept(result))


@as_html.register
def _snapshot_html(result: Snapshot) -> str:
    said = html.line(*_kept(result))
    return html.block(html.Html(f"{html.ref(result.version.ref)}&ensp;{said}"))


@as_text.register
def _restoration_text(result: Restoration) -> str:
    lines = [text.line(f"{result.version.ref}  ", _restored(result))]
    listed = [text.paragraph(path, "  ") for path in result.written[: text.CAP]]
    return "\n".join(lines + text.capped(listed, len(result.written), indent="  "))


@as_html.register
def _restoration_html(result: Restoration) -> str:
    rows = ((html.code(path),) for path in result.written)
    listed = html.table((), rows, total=len(result.written)) if result.written else ""
    files = html.details(count_text(len(result.written), "file"), listed) if listed else ""
    said = html.line(*_restored(result))
    return html.block(html.Html(f"{html.ref(result.version.ref)}&ensp;{said}"), files)


@as_text.register
def _deletion_text(result: Deletion) -> str:
    lines = [text.line(f"{_listed(result.versions)}  ", _deleted(result))]
    lines += [text.paragraph(one, "  ") for one in _who_used(result)]
    lines.append("  next: %ds gc --dry-run")
    return "\n".join(lines)


@as_html.register
def _deletion_html(result: Deletion) -> str:
    said = html.line(*_deleted(result))
    next_step = html.Html(f"next: {html.code('%ds gc --dry-run')}")
    return html.block(
        html.Html(f"{html.ref(_listed(result.versions))}&ensp;{said}"),
        *map(html.quiet, _who_used(result)),
        html.quiet(next_step),
    )


@as_text.register
def _collection_text(result: GarbageCollection) -> str:
    lines = [text.paragraph(_collected(result))]
    if result.versions:
        verb = "would be deleted" if result.dry_run else "deleted"
        count = count_text(len(result.versions), "version")
        lines.append(text.paragraph(f"{count} {verb}: {_listed(result.versions)}", "  "))
    rows = [(one.kind, f"{one.files:,}", size_text(one.size)) for one in result.swept]
    if rows:
        lines.append(text.table(rows, align=("left", "right", "right"), indent="  "))
    if result.dry_run and (rows or result.versions):
        lines.append("  next: the same line without --dry-run")
    return "\n".join(lines)


@as_html.register
def _collection_html(result: GarbageCollection) -> str:
    parts: list[object] = [_collected(result)]
    if result.versions:
        verb = "would be deleted" if result.dry_run else "deleted"
        rows = ((html.ref(version.ref), version.description) for version in result.versions)
        listed = html.table((), rows, total=len(result.versions))
        parts.append(html.details(f"{count_text(len(result.versions), 'version')} {verb}", listed))
    if result.swept:
        rows_of = ((one.kind, f"{one.files:,}", size_text(one.size)) for one in result.swept)
        parts.append(html.table(("", "Files", "Size"), rows_of, (1, 2)))
    return html.block(*parts)


@as_text.register
def _export_text(result: Export) -> str:
    lines = [text.line(f"{_listed(result.versions)}  ", _exported(result))]
    lines.append(text.paragraph(result.path, "  "))
    lines.append("  next, where it shall be: %ds import FILE")
    return "\n".join(lines)


@as_html.register
def _export_html(result: Export) -> str:
    said = html.line(*_exported(result), html.code(result.path))
    next_step = html.Html(f"next, where it shall be: {html.code('%ds import FILE')}")
    return html.block(
        html.Html(f"{html.ref(_listed(result.versions))}&ensp;{said}"), html.quiet(next_step)
    )


@as_text.register
def _import_text(result: Import) -> str:
    lines = [text.paragraph(one) for one in _imported(result)]
    if result.started_workspace:
        lines.insert(0, f"This workspace begins here: {text.brief(result.started_workspace)}")
    if result.versions:
        lines.append(text.paragraph(f"next: df = %ds load {result.versions[-1].ref}", "  "))
    return "\n".join(lines)


@as_html.register
def _import_html(result: Import) -> str:
    lines: list[object] = [*_imported(result)]
    if result.started_workspace:
        where = html.code(result.started_workspace)
        lines.insert(0, html.quiet(html.Html(f"This workspace begins here: {where}")))
    if result.versions:
        command = html.code(f"df = %ds load {result.versions[-1].ref}")
        lines.append(html.quiet(html.Html(f"next: {command}")))
    return html.block(*lines)


@as_text.register
def _examination_text(result: Examination) -> str:
    lines = [text.paragraph(_examined(result))]
    for finding in result.findings[: text.CAP]:
        lines.append(text.paragraph(_found(finding), "  "))
        if finding.remedy:
            lines.append(text.paragraph(finding.remedy, "    "))
    if len(result.findings) > text.CAP:
        lines.append(f"  … and {len(result.findings) - text.CAP:,} more")
    return "\n".join(lines)


@as_html.register
def _examination_html(result: Examination) -> str:
    rows = ((_found(finding), finding.remedy) for finding in result.findings)
    listed = html.table(("Found", "What to do"), rows, total=len(result.findings))
    return html.block(
        _examined(result),
        listed if result.findings else "",
        state="" if result else "warn",
    )


def _kept(result: Snapshot) -> Sequence[str]:
    version = result.version
    size = size_text(version.size)
    if not version.kept:
        return ["not kept any more", "next: %ds gc"] if result.was_kept else ["was not kept"]
    if result.was_kept and not result.new:
        return ["kept already (snapshot)", count_text(version.files, "file"), size]
    taking = f"takes {size_text(result.size)}" if result.new else "takes nothing: kept already"
    return ["kept (snapshot)", count_text(version.files, "file"), size, taking]


def _restored(result: Restoration) -> Sequence[str]:
    count = count_text(len(result.written), "file")
    unchanged = f"{count_text(result.unchanged, 'file')} unchanged" if result.unchanged else ""
    if not result.written:
        return ["nothing to restore", unchanged]
    return [f"restored {count}", f"to {result.folder}" if result.folder else "", unchanged]


def _deleted(result: Deletion) -> Sequence[str]:
    numbers = "its number is" if len(result.versions) == 1 else "their numbers are"
    return ["deleted", f"{numbers} not used again", "the files in place stay"]


def _who_used(result: Deletion) -> Iterator[str]:
    for version, dependents in zip(result.versions, result.dependents, strict=True):
        if dependents:
            yield f"{version.ref} was used by {dependents}"


def _collected(result: GarbageCollection) -> str:
    if not result.swept and not result.versions:
        return "There is nothing to free."
    if result.dry_run:
        return f"{size_text(result.size)} would be freed."
    return f"{size_text(result.size)} freed."


def _exported(result: Export) -> Sequence[str]:
    files = count_text(result.contents, "content")
    return ["exported", files, size_text(result.size)]


def _imported(result: Import) -> Iterator[str]:
    if result.versions:
        size = size_text(sum(version.size for version in result.versions))
        yield f"{_listed(result.versions)} imported and verified · {size}"
    for version, was in zip(result.versions, result.renumbered, strict=True):
        if version.ref != was:
            yield f"{was} is {version.ref} here: its number was in use"
    if result.present:
        verb = "is" if len(result.present) == 1 else "are"
        yield f"{', '.join(result.present)} {verb} here already"
    if not result.versions and not result.present:
        yield "The archive holds no version."


def _examined(result: Examination) -> str:
    checked = [count_text(result.versions, "version"), count_text(result.contents, "kept content")]
    mended = sum(finding.state == "mended" for finding in result.findings)
    wrong = sum(finding.state in ("broken", "lost") for finding in result.findings)
    said = [f"{mended:,} mended"] if mended else []
    said += [f"⚠ {wrong:,} {'is' if wrong == 1 else 'are'} wrong"] if wrong else []
    return text.parts(f"{' and '.join(checked)} read", *(said or ["✓ nothing is broken"]))


def _found(finding: Finding) -> str:
    return f"{_SHAPES[finding.state]} {finding.state}: {finding.what}"


def _listed(versions: Sequence[Version]) -> str:
    """Name versions; those of one dataset that follow each other as a range."""
    names = list(dict.fromkeys(version.name for version in versions))
    told = []
    for name in names[:10]:
        numbers = sorted(version.version for version in versions if version.name == name)
        if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
            told.append(f"{name}@{numbers[0]}..{numbers[-1]}")
        else:
            told += [f"{name}@{number}" for number in numbers[:10]]
            told += ["…"] if len(numbers) > 10 else []
    return ", ".join(told) + (" …" if len(names) > 10 else "")
