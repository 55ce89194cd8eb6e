"""Rewriting the imports of a piece of Python code, without touching anything else of it.

This needs libcst, which is imported with this module.
"""

# ruff: noqa: N802 - libcst calls the methods by these names

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from dsnb.migration.names import NEW, NOT_HERE, OLD, is_here


@dataclass
class Known:
    """What the code has imported so far; the cells of a notebook share it.

    Attributes
    ----------
    names
        For each name that stands for something of the retired SDK, its path there.
    is_bare
        Whether the name of the package itself was imported.
    is_moved
        Whether that was its old name, which is then replaced where it is used.
    """

    names: dict[str, str] = field(default_factory=dict)
    is_bare: bool = False
    is_moved: bool = False

    def __bool__(self) -> bool:
        return bool(self.names) or self.is_bare


@dataclass(frozen=True)
class Rewritten:
    """The outcome for a piece of code.

    Attributes
    ----------
    module
        The code.
    imports
        Number of import statements that changed.
    findings
        What it names and is not here, each with its line.
    """

    module: cst.Module
    imports: int
    findings: tuple[tuple[int, str], ...]


def rewrite(code: str | bytes, known: Known) -> Rewritten:
    """Rewrite the imports of the retired SDK in a piece of code.

    Parameters
    ----------
    code
        Python code.
    known
        What was imported before; what is imported here is added.

    Raises
    ------
    libcst.ParserSyntaxError
        When it is no Python code.
    """
    wrapper = MetadataWrapper(cst.parse_module(code), unsafe_skip_copy=True)
    rewriter = _Rewriter(known)
    module = wrapper.visit(rewriter)
    findings = tuple(sorted(dict.fromkeys(rewriter.findings)))
    return Rewritten(module, rewriter.imports, findings)


class _Rewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, known: Known) -> None:
        super().__init__()
        self.known = known
        self.imports = 0
        self.findings: list[tuple[int, str]] = []
        self._inner: set[cst.CSTNode] = set()

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import:
        names, changed = [], False
        for alias in updated_node.names:
            path = _below(_dotted(alias.name))
            if path is not None and self._is_here(path, original_node):
                if alias.asname is None:
                    self.known.is_bare = True
                    self.known.is_moved |= _is_old(alias.name)
                else:
                    self.known.names[_bound(alias)] = path
                if _is_old(alias.name):
                    alias, changed = alias.with_changes(name=_moved(alias.name)), True
            names.append(alias)
        self.imports += changed
        return updated_node.with_changes(names=names) if changed else updated_node

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom:
        module = updated_node.module
        path = None if module is None or updated_node.relative else _below(_dotted(module))
        if module is None or path is None or not self._is_here(path, original_node):
            return updated_node
        if not isinstance(updated_node.names, cst.ImportStar):
            for alias in updated_node.names:
                name = f"{path}.{_dotted(alias.name)}".lstrip(".")
                if self._is_here(name, original_node):
                    self.known.names[_bound(alias)] = name
        if not _is_old(module):
            return updated_node
        self.imports += 1
        return updated_node.with_changes(module=_moved(module))

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._inner.add(node.value)
        if node in self._inner:
            return  # it was looked at with what it is a part of
        path = self._path(_dotted(node))
        if path is not None:
            self._is_here(path, node)
        elif self.known and node.attr.value in NOT_HERE:
            self._find(node, f".{node.attr.value} is not there")

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        value = updated_node.value
        if self.known.is_moved and isinstance(value, cst.Name) and value.value == OLD:
            return updated_node.with_changes(value=_moved(value))
        return updated_node

    def _path(self, dotted: str) -> str | None:
        """Return the path in the retired SDK that a dotted name of the code means."""
        if self.known.is_bare and _below(dotted) is not None:
            return _below(dotted)
        first, _, rest = dotted.partition(".")
        path = self.known.names.get(first)
        return None if path is None else f"{path}.{rest}"

    def _is_here(self, path: str, node: cst.CSTNode) -> bool:
        if is_here(path):
            return True
        self._find(node, f"{OLD}.{path} is not there")
        return False

    def _find(self, node: cst.CSTNode, what: str) -> None:
        place = self.get_metadata(PositionProvider, node)
        self.findings.append((place.start.line if isinstance(place, CodeRange) else 0, what))


def _dotted(node: cst.CSTNode) -> str:
    """Return a dotted name, empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute) and (above := _dotted(node.value)):
        return f"{above}.{node.attr.value}"
    return ""


def _below(dotted: str) -> str | None:
    """Return what follows the package's old or new name, None for what is not below it."""
    for package in (OLD, NEW):
        if dotted == package:
            return ""
        if dotted.startswith(f"{package}."):
            return dotted.removeprefix(f"{package}.")
    return None


def _is_old(name: cst.BaseExpression) -> bool:
    return _dotted(name).partition(".")[0] == OLD


def _bound(alias: cst.ImportAlias) -> str:
    return _dotted(alias.asname.name if alias.asname is not None else alias.name)


def _moved(node: cst.BaseExpression) -> cst.Attribute:
    """Return a dotted name with the package's new name in the place of its old one."""
    if isinstance(node, cst.Attribute):
        return node.with_changes(value=_moved(node.value))
    above, _, name = NEW.rpartition(".")
    assert isinstance(node, cst.Name)
    return cst.Attribute(cst.Name(above), cst.Name(name), lpar=node.lpar, rpar=node.rpar)
