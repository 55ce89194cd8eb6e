"""Nothing that is stored is ever run: no pickles, no evaluated texts, no imported names."""

import ast
import json
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

import dsnb
from dsnb.errors import DsnbError, TableError
from dsnb.workspace import Workspace
from tests.hostile.strangers import version, write_manifest, write_registry
from tests.workbench import write

PACKAGE = Path(dsnb.__file__).parent
MODULES = {
    "pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml",
    "jsonpickle", "code", "codeop",
}  # fmt: skip
CALLS = {
    "eval", "exec", "compile", "__import__", "import_module", "read_pickle", "to_pickle",
    "read_hdf", "allow_pickle", "load_module", "exec_module", "system", "popen",
}  # fmt: skip
ALLOWED = {
    # pandas' own little language, for a condition that the user typed; no variable is in reach.
    ("tables/parts.py", "eval"),
    # Python that the user typed behind %ds bisect, which sees the notebook's variables.
    ("datasets/judging.py", "eval"),
    ("datasets/judging.py", "compile"),
    # conda's files of the user's, by the loader that knows texts, lists and mappings only: that it
    # is that loader, tests/azureml/test_conda_dependencies.py makes sure of.
    ("azureml/core/conda_dependencies.py", "yaml"),
}


class Trap:
    """What leaves a file behind when it is unpickled."""

    def __reduce__(self) -> Any:
        return (os.mkdir, ("trapped",))


PICKLED = pickle.dumps(Trap())


@pytest.fixture(autouse=True)
def never_trapped() -> Iterator[None]:
    yield
    assert not Path("trapped").exists()


def test_the_trap_works() -> None:
    pickle.loads(PICKLED)
    os.rmdir("trapped")


def used(path: Path) -> Iterator[str]:
    """Yield the names of what a module imports, calls or passes that could run stored data."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name for one in node.names if (name := one.name.split(".")[0]) in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from {node.module.split(".")[0]} & MODULES
            yield from (one.name for one in node.names if one.name in CALLS)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else None
            called = node.func.id if isinstance(node.func, ast.Name) else called
            regex = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
            if called in CALLS and not (regex and node.func.value.id == "re"):  # type: ignore[attr-defined]
                yield called
            yield from (word.arg for word in node.keywords if word.arg in CALLS)


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_no_module_can_run_what_is_stored(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    assert {(name, one) for one in used(path)} <= ALLOWED


def hostile_tables() -> Iterator[pa.Table]:
    """Yield tables whose metadata carries a pickle wherever a reader might look for one."""
    plain = pa.table({"a": [1, 2]})
    for extension in ("arrow.py_extension_type", "pandas.period", "pandas.interval", "unknown"):
        metadata = {"ARROW:extension:name": extension, "ARROW:extension:metadata": PICKLED}
        field = pa.field("a", pa.int64(), metadata=metadata)
        yield plain.cast(pa.schema([field]))
    hostile = {"__reduce__": PICKLED.decode("latin-1")}
    column = {"name": "a", "field_name": "a", "pandas_type": "object", "numpy_type": "object"}
    described = {
        "index_columns": [{"kind": "range", "name": None, "start": 0, "stop": 2, "step": 1}],
        "column_indexes": [],
        "columns": [{**column, "metadata": hostile}],
        "creator": {"library": "pickle"},
        "pandas_version": "3.0.0",
        "attributes": hostile,
    }
    yield plain.replace_schema_metadata({"pandas": json.dumps(described), "PANDAS_ATTRS": PICKLED})
    described["columns"] = [{**column, "pandas_type": "__import__('os')", "numpy_type": "os.mkdir"}]
    yield plain.replace_schema_metadata({"pandas": json.dumps(described)})


@pytest.mark.parametrize("table", [*hostile_tables()])
@pytest.mark.parametrize("kind", ["parquet", "feather"])
@pytest.mark.parametrize("library", ["pandas", "polars", "arrow", "duckdb", "dask"])
def test_a_table_that_carries_a_pickle_is_read_or_refused(
    workspace: Workspace, table: pa.Table, kind: str, library: str
) -> None:
    if kind == "parquet":
        pyarrow.parquet.write_table(table, "a.parquet")
    else:
        pyarrow.feather.write_feather(table, "a.feather")
    try:
        dsnb.register("ds", f"a.{kind}", kind="tabular")
        dsnb.load("ds", as_=library)
        dsnb.diff("ds")
    except DsnbError:
        pass


@pytest.mark.parametrize("name", ["a.pkl", "a.pickle", "a.npy", "a.joblib", "a.csv", "a.parquet"])
def test_a_pickle_of_any_name_is_a_file_like_any_other(workspace: Workspace, name: str) -> None:
    Path(name).write_bytes(PICKLED)
    dsnb.register("ds", name)
    assert dsnb.load("ds", as_="paths") == [str(Path(name).resolve())]


def test_a_table_of_objects_is_kept_without_pickling(workspace: Workspace) -> None:
    with pytest.raises(DsnbError):
        dsnb.register("ds", from_=pd.DataFrame({"a": [Trap()]}))


# Conditions are the user's; nothing else is evaluated


@pytest.mark.parametrize(
    "where",
    [
        "@os.mkdir('trapped') == a",
        "__import__('os').mkdir('trapped') == a",
        "@__import__('os').mkdir('trapped') == a",
        "@pd.io.common.os.mkdir('trapped') == a",
        "[__import__('os').mkdir('trapped') for x in a]",
        "(lambda: __import__('os').mkdir('trapped'))()",
    ],
)
def test_a_condition_reaches_the_columns_and_no_more(workspace: Workspace, where: str) -> None:
    write("a.csv", "a\n1\n2\n")
    dsnb.register("ds", "a.csv")
    assert dsnb.load("ds", where="a > 1")["a"].tolist() == [2]
    with pytest.raises(TableError, match="cannot be evaluated"):
        dsnb.load("ds", where=where)


@pytest.mark.parametrize(
    "options",
    [
        {"converters": {"a": "__import__('os').mkdir('trapped')"}},
        {"date_parser": "os.mkdir"},
        {"engine": "os.mkdir"},
        {"storage_options": {"key": "value"}},
        {"filepath_or_buffer": "http://127.0.0.1:9/a.csv"},
        {"iterator": True},
        {"chunksize": 1},
    ],
)
def test_a_recorded_option_is_one_of_the_known_ones(options: dict[str, Any]) -> None:
    content = write("data/a.csv", "a\n1\n").read_bytes()
    from tests.hostile.strangers import group

    address = write_manifest(Path.cwd(), [group("default", "data", **{"a.csv": content})])
    definition = {"sources": [{"datastore": "default", "path": "data"}], "options": options}
    write_registry(Path.cwd(), [version("ds", [], manifest=address, definition=definition)])
    with pytest.raises(TableError, match="is no reader option"):
        dsnb.load("ds")
