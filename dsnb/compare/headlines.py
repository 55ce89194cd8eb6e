"""The one sentence that says what a comparison found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsnb.compare.result import DatasetDiff, FilesDiff, RowsDiff, SchemaDiff

MINUS = "\N{MINUS SIGN}"
NAMED = 3


def headline(diff: DatasetDiff) -> str:
    """Return a comparison as one sentence of plain text.

    Rows and columns come first; files are mentioned where there is no table, or where the
    table is the same although its files are not.

    Examples
    --------
    >>> from dsnb.compare.result import DatasetDiff, FilesDiff
    >>> headline(DatasetDiff("photos@1", "photos@2", files=FilesDiff(unchanged=3)))
    'photos@1 → @2: no differences'
    """
    between = f"{diff.old} → {_shortened(diff.old, diff.new)}"
    rows, schema, files = diff.row_changes, diff.schema, diff.files
    found = []
    if rows:
        found += _rows(rows)
    elif rows is not None and diff:
        found.append("same rows")
    if schema:
        found += _columns(schema)
    elif schema is not None and not rows and diff:
        found.append("same columns")
    if files and not rows and not schema:
        found += _files(files)
    if rows is None and diff.notes and schema is not None:
        # Silence about rows that nobody compared would read as "the rows are the same".
        found += [] if schema or diff else ["same columns"]
        found.append("rows not compared")
    if not found:
        found = ["no differences"]
    if rows is not None:
        found += _matching(rows, bool(diff))
    return f"{between}: {', '.join(found)}"


def _shortened(old: str, new: str) -> str:
    name, at, version = new.rpartition("@")
    return f"@{version}" if at and old.rpartition("@")[:2] == (name, at) else new


def _rows(rows: RowsDiff) -> list[str]:
    said = [f"+{_count(rows.added, 'row')}", f"{MINUS}{rows.removed:,}"]
    if rows.changed:
        most = sorted(rows.changed_by_column.items(), key=lambda item: -item[1])
        cells = [f"{name} {_count(number, 'cell')}" for name, number in most]
        said.append(f"~{_count(rows.changed, 'row')} changed ({_named(cells)})")
    return said


def _columns(schema: SchemaDiff) -> list[str]:
    said = []
    if schema.added:
        names = _named([column.name for column in schema.added])
        said.append(f"{_count(len(schema.added), 'new column')} ({names})")
    if schema.removed:
        names = _named([column.name for column in schema.removed])
        said.append(f"{_count(len(schema.removed), 'column')} removed ({names})")
    if schema.renamed:
        names = _named([f"{one.before} → {one.after}" for one in schema.renamed])
        said.append(f"{_count(len(schema.renamed), 'column')} renamed ({names})")
    if schema.retyped:
        types = _named([f"{one.name} {one.before} → {one.after}" for one in schema.retyped])
        said.append(f"{_count(len(schema.retyped), 'column')} retyped ({types})")
    return said


def _files(files: FilesDiff) -> list[str]:
    said = []
    if files.added or files.removed:
        said += [f"+{_count(len(files.added), 'file')}", f"{MINUS}{len(files.removed):,}"]
    if files.changed:
        said.append(f"~{_count(len(files.changed), 'file')} changed")
    if files.moved:
        said.append(f"{_count(len(files.moved), 'file')} moved")
    return said


def _matching(rows: RowsDiff, different: bool) -> list[str]:
    said = []
    if rows.key:
        guessed = " (guessed)" if rows.key_source == "guessed" else ""
        if different:
            said.append(f"keyed on {', '.join(rows.key)}{guessed}")
        repeated = max(rows.repeated_keys_old, rows.repeated_keys_new)
        if repeated:
            said.append(f"{_count(repeated, 'key')} repeated")
    elif rows:
        said.append("no key: whole rows compared")
    return said


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
