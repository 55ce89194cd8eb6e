"""Rewriting files: Python scripts and notebooks, in place, each of them whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnb.errors import MissingLibraryError, MissingPathError, writing
from dsnb.migration.cells import read_cell
from dsnb.migration.names import OLD
from dsnb.presenting import Outcome
from dsnb.storage.atomic import write_atomically

if TYPE_CHECKING:
    from dsnb.migration.imports import Known

SUFFIXES = (".py", ".ipynb")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})
_LAYOUTS: tuple[dict[str, Any], ...] = tuple(
    {"indent": indent, "ensure_ascii": only_ascii}
    for indent in (1, 2, 4, None)
    for only_ascii in (False, True)
)


@dataclass(frozen=True, slots=True)
class MigratedFile:
    """What became of one file that names the retired SDK.

    Attributes
    ----------
    path
        The file.
    imports
        Number of import statements that changed.
    findings
        What it names and is not here: where, and what.
    trouble
        Why it could not be read, or a part of it; empty when it could.
    """

    path: str
    imports: int
    findings: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Migration(Outcome):
    """The outcome of a migration; false when it was to be checked only, and there is work to do.

    Attributes
    ----------
    files
        Those that name the retired SDK.
    looked_at
        Number of scripts and notebooks that were looked at.
    check
        Whether they were left as they are.
    """

    files: tuple[MigratedFile, ...]
    looked_at: int
    check: bool = False

    @property
    def changed(self) -> tuple[MigratedFile, ...]:
        """The files that changed, or would."""
        return tuple(file for file in self.files if file.imports)

    def __bool__(self) -> bool:
        return not (self.check and self.changed)


def migrate(paths: Sequence[Path], *, check: bool = False) -> Migration:
    """Rewrite the imports of the retired SDK in scripts and notebooks.

    Parameters
    ----------
    paths
        Files, and folders: all scripts and notebooks below them.
    check
        Whether to write nothing.

    Raises
    ------
    MissingPathError
        When a path is not there; nothing is written then.
    MissingLibraryError
        When libcst is not installed.
    RegistryError
        When a file cannot be written.
    """
    for path in paths:
        if not path.exists():
            raise MissingPathError(
                f"There is no {path}.", hint="Name a script, a notebook or a folder."
            )
    found = list(dict.fromkeys(file for path in paths for file in _files(path)))
    migrated = []
    for path in found:
        content = path.read_bytes()
        if OLD.encode() not in content:
            continue
        outcome, new = _migrated(path, content)
        if outcome.imports and not check:
            with writing(path):
                write_atomically(path.resolve(), new)  # a link stays one
        if outcome.imports or outcome.findings or outcome.trouble:
            migrated.append(outcome)
    return Migration(tuple(migrated), len(found), check)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for above, folders, names in os.walk(path):
        folders[:] = sorted(one for one in folders if one[0] != "." and one not in _SKIPPED)
        yield from (Path(above, name) for name in sorted(names) if name.endswith(SUFFIXES))


def _migrated(path: Path, content: bytes) -> tuple[MigratedFile, bytes]:
    try:
        from dsnb.migration.imports import Known
    except ImportError as error:
        raise MissingLibraryError(
            "Code is rewritten with libcst, which is not installed.",
            hint="%pip install 'dsnb[migrate]'",
        ) from error
    if path.suffix == ".ipynb":
        return _migrated_notebook(path, content, Known())
    return _migrated_script(path, content, Known())


def _migrated_script(path: Path, content: bytes, known: Known) -> tuple[MigratedFile, bytes]:
    from libcst import ParserSyntaxError

    from dsnb.migration.imports import rewrite

    try:
        done = rewrite(content, known)
    except (ParserSyntaxError, UnicodeDecodeError, LookupError, RecursionError) as error:
        return MigratedFile(str(path), 0, trouble=_why(error)), content
    findings = tuple((f"line {line}", what) for line, what in done.findings)
    return MigratedFile(str(path), done.imports, findings), done.module.bytes


def _migrated_notebook(path: Path, content: bytes, known: Known) -> tuple[MigratedFile, bytes]:
    try:
        text = content.decode()
        notebook = json.loads(text)
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        layout = _layout(text, notebook)
        imports, findings, troubles = 0, [], []
        for number, cell in enumerate(cells, 1):
            is_list = isinstance(cell["source"], list)
            source = "".join(cell["source"])
            new, count, found, trouble = _migrated_cell(source, known)
            if new != source:
                cell["source"] = new.splitlines(keepends=True) if is_list else new
            imports += count
            findings += [(f"cell {number}, line {line}", what) for line, what in found]
            troubles += [f"cell {number}: {trouble}"] if trouble else []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return MigratedFile(str(path), 0, trouble=f"it is no notebook ({_why(error)})"), content
    end = "\n" if text.endswith("\n") else ""
    new_text = json.dumps(notebook, **layout) + end
    outcome = MigratedFile(str(path), imports, tuple(findings), "; ".join(troubles))
    return outcome, new_text.encode()


def _migrated_cell(source: str, known: Known) -> tuple[str, int, Sequence[tuple[int, str]], str]:
    """Return a cell's new source, its changed imports, its findings, and why it was left alone."""
    from libcst import ParserSyntaxError

    from dsnb.migration.imports import rewrite

    cell = read_cell(source)
    if cell is None:
        return source, 0, (), ""
    try:
        done = rewrite(cell.code, known)
    except (ParserSyntaxError, RecursionError) as error:
        return source, 0, (), _why(error) if OLD in source else ""
    shift = cell.head.count("\n")
    findings = [(line + shift, what) for line, what in done.findings]
    return cell.whole(done.module.code), done.imports, findings, ""


def _layout(text: str, notebook: Any) -> dict[str, Any]:
    """Return how a notebook is laid out, so that it differs in nothing but what is changed."""
    body = text.rstrip("\n")
    for layout in _LAYOUTS:
        if json.dumps(notebook, **layout) == body:
            return layout
    return _LAYOUTS[0]


def _why(error: Exception) -> str:
    line = getattr(error, "raw_line", None)
    return f"line {line} is no Python code" if line is not None else type(error).__name__
