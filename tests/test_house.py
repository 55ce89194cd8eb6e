"""The house: each module stands on a floor, and imports only from its own floor or below."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "dsnb"

# From the ground up. What stands on one line may not import each other, except within a package.
FLOORS = (
    {"presenting", "units", "progress"},
    {"errors"},
    {"refs", "records", "settings"},
    {"storage"},
    {"catalog"},
    {"tables", "provenance"},
    {"compare"},
    {"datasets"},
    {"workspace"},
    {"session"},
    {"pipelines"},
    {"azureml"},
    {"migration"},
    {"display"},
    {"widgets"},
    {"commands"},
    {"magics", "cli", "server"},
    {"__init__", "__main__"},
)
LEVEL = {name: level for level, floor in enumerate(FLOORS) for name in floor}


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
        for path in PACKAGE.rglob("*.py")
    }


def imports_of(path: Path) -> Iterator[str]:
    """Yield every module of dsnb that a file imports anywhere, inside functions too."""
    known = set(modules())
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("dsnb"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dsnb"):
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield below if below in known else str(node.module)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"


def part_of(module: str) -> str:
    """Return the module or package, directly below dsnb, that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_only_run_down(module: str) -> None:
    here = part_of(module)
    assert here in LEVEL, f"{module} has no place in the house"
    for imported in imports_of(modules()[module]):
        there = part_of(imported)
        if there == here:
            continue
        if imported == "dsnb" and module in ("dsnb.cli", "dsnb.server.reading"):
            continue  # they tell the version
        assert LEVEL[there] < LEVEL[here], f"{module} imports {imported}"


def test_modules_form_no_circle() -> None:
    graph = {
        module: {one for one in imports_of(path) if one != module and one != "dsnb"}
        for module, path in modules().items()
        if module != "dsnb.__init__"
    }
    # What a type checker alone sees is no arrow of the running program.
    graph["dsnb.compare.headlines"].discard("dsnb.compare.result")
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"modules import each other: {' → '.join(error.args[1])}")


def test_a_rising_import_would_be_noticed(tmp_path: Path) -> None:
    risen = tmp_path / "records.py"
    risen.write_text("def f():\n    from dsnb.workspace import Workspace\n", encoding="utf-8")
    assert [part_of(name) for name in imports_of(risen)] == ["workspace"]
    assert LEVEL["workspace"] > LEVEL["records"]


def test_no_module_is_named_like_a_function_of_the_public_api() -> None:
    import dsnb

    public = set(dsnb.__all__) - {"__version__"}
    assert {part_of(module) for module in modules()}.isdisjoint(public)
