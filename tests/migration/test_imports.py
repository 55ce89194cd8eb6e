"""What is rewritten, what is left as it is, and what is told."""

import pkgutil
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsnb.azureml
from dsnb.azureml import core, data
from dsnb.migration.imports import Known, rewrite
from dsnb.migration.names import NOT_HERE, is_here


def rewritten(code: str) -> str:
    return rewrite(code, Known()).module.code


def findings(code: str) -> list[tuple[int, str]]:
    return [*rewrite(code, Known()).findings]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from azureml.core import Workspace", "from dsnb.azureml.core import Workspace"),
        ("from azureml.core import (\n  Workspace , # one\n  Dataset,)", None),
        ("import azureml.core as aml", "import dsnb.azureml.core as aml"),
        ("import os, azureml.core.dataset as d", "import os, dsnb.azureml.core.dataset as d"),
        ("from azureml import core", "from dsnb.azureml import core"),
        ("from azureml.data import *", "from dsnb.azureml.data import *"),
        ("from azureml . core  import   Dataset", "from dsnb.azureml . core  import   Dataset"),
        (
            "import azureml.core\nw = azureml.core.Workspace . from_config()",
            "import dsnb.azureml.core\nw = dsnb.azureml.core.Workspace . from_config()",
        ),
        (
            "def f():\n\timport azureml.core; x = [azureml.core.Dataset]",
            "def f():\n\timport dsnb.azureml.core; x = [dsnb.azureml.core.Dataset]",
        ),
    ],
)
def test_imports_are_rewritten_and_nothing_else(old: str, new: str | None) -> None:
    wanted = old.replace("azureml", "dsnb.azureml") if new is None else new
    assert rewritten(old) == wanted
    assert rewritten(wanted) == wanted


@pytest.mark.parametrize(
    "code",
    [
        "from .azureml.core import x",
        "from . import azureml",
        "import azureml_tools, my.azureml.core",
        "x.azureml.core.Workspace",
        "azureml.core.Workspace  # not imported here",
        "name = 'azureml.core'",
        "f(azureml=1)",
        "import dsnb.azureml.core",
    ],
)
def test_what_is_no_import_of_the_retired_sdk_is_left_as_it_is(code: str) -> None:
    done = rewrite(code, Known())
    assert (done.module.code, done.imports, done.findings) == (code, 0, ())


def test_a_module_that_is_not_there_is_left_as_it_is_and_told() -> None:
    code = "import os\nfrom azureml.widgets import RunDetails\nimport azureml.opendatasets as o\n"
    assert rewritten(code) == code
    assert findings(code) == [
        (2, "azureml.widgets is not there"),
        (3, "azureml.opendatasets is not there"),
    ]


@pytest.mark.parametrize("package", ["azureml", "dsnb.azureml"])
def test_calls_that_are_not_there_are_told_before_and_after(package: str) -> None:
    code = (
        f"from {package}.core import Workspace as W, Dataset, Nothing\n"
        f"import {package}.core\n"
        "W.from_config()\n"
        "Dataset.Tabular.from_sql_query('select 1')\n"
        f"{package}.core.Workspace.setup()\n"
        "frame = table.to_spark_dataframe()\n"
    )
    assert findings(code) == [
        (1, "azureml.core.Nothing is not there"),
        (4, "azureml.core.Dataset.Tabular.from_sql_query is not there"),
        (5, "azureml.core.Workspace.setup is not there"),
        (6, ".to_spark_dataframe is not there"),
    ]


def test_code_that_imports_nothing_of_it_is_not_looked_through() -> None:
    assert findings("frame.to_spark_dataframe()\nws.compute_targets") == []


def test_the_methods_that_are_told_are_not_there() -> None:
    for owner in (
        *(core.Workspace, core.Dataset, core.Datastore, core.Dataset.File, core.Dataset.Tabular),
        *(data.FileDataset, data.TabularDataset),
    ):
        assert not NOT_HERE & {*dir(owner)}


def test_what_is_there_is_known_by_its_path() -> None:
    for path in (
        "",
        "core",
        "core.Workspace.from_config",
        "data.datapath.DataPath",
        "core.VERSION",
    ):
        assert is_here(path)
    for path in ("cores", "core.Workspaces", "core.Workspace.from_configs", "data.no.DataPath"):
        assert not is_here(path)


LINES = st.lists(
    st.sampled_from(
        [
            "from azureml.core import Workspace, Dataset",
            "import azureml.core",
            "import   azureml.data.datapath  as  p # why",
            "from azureml.core.dataset import (Dataset\n    )",
            "x = azureml.core.Dataset",
            "y  =  'azureml.core'",
            "def f( a ,b ) :\n  return a",
            "# azureml.core",
            "",
            "z;w",
        ]
    ),
    max_size=12,
)


@given(LINES)
def test_without_the_new_prefix_it_is_the_code_that_it_was(lines: list[str]) -> None:
    code = "\n".join(lines)
    new = rewritten(code)
    assert new.replace("dsnb.azureml", "azureml") == code
    assert rewritten(new) == new
    imports = [line for line in new.splitlines() if line.startswith(("import", "from"))]
    assert all("dsnb.azureml" in line for line in imports)


def test_every_public_module_is_known() -> None:
    names = (one.name for one in pkgutil.walk_packages(dsnb.azureml.__path__, "dsnb.azureml."))
    public = [name.removeprefix("dsnb.azureml.") for name in names]
    own = {"calling", "core.asked", "core.environment_sections", "core.rundetails"}
    own |= {"core.modeltags", "core.runfiles", "core.scripts", "core.submitting", "core.wiring"}
    own |= {"data.choosing", "data.mapping", "data.origin"}
    code = (
        "from dsnb.migration.names import is_here; import sys; print(*map(is_here, sys.argv[1:]))"
    )
    wanted = sorted({*public} - own)
    done = subprocess.run(
        [sys.executable, "-c", code, *wanted], capture_output=True, text=True, check=True
    )
    assert dict(zip(wanted, done.stdout.split(), strict=True)) == dict.fromkeys(wanted, "True")
