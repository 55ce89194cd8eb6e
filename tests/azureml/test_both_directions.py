"""What is registered with these calls is seen by every other face, and the reverse."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import dsnb
from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import FileDataset, TabularDataset
from dsnb.refs import ANONYMOUS
from dsnb.server.reading import read_datasets
from dsnb.server.scope import Scope
from dsnb.workspace import Workspace as LocalWorkspace
from tests.kernels import Kernel, fresh, started

WEEK_27, WEEK_28 = "data/Weather/week 27", "data/Weather/week 28"


def dsnb_says(*line: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dsnb", *line],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_the_shell_and_the_verbs_see_what_the_calls_register(
    ws: Workspace, store: Datastore
) -> None:
    Dataset.Tabular.from_delimited_files((store, WEEK_27)).register(
        ws, "weather_ds", "weather data in week 27", {"week": "27"}
    )
    both = [(store, WEEK_27), (store, WEEK_28)]
    Dataset.Tabular.from_delimited_files(both).register(ws, "weather_ds", create_new_version=True)
    assert "weather_ds@2" in dsnb_says("list")
    assert "week=27" in dsnb_says("show", "weather_ds@1")
    old = dsnb.load("weather_ds@1")
    pd.testing.assert_frame_equal(
        old, Dataset.get_by_name(ws, "weather_ds", 1).to_pandas_dataframe()
    )
    assert dsnb.diff("weather_ds@1..2").headline.startswith("weather_ds")


def test_the_calls_see_what_the_shell_registers(ws: Workspace) -> None:
    dsnb_says("register", "weather_ds", WEEK_27, "-d", "week 27", "--tag", "week=27")
    dsnb_says("register", "weather_files", WEEK_27, "--kind", "file")
    table = Dataset.get_by_name(ws, "weather_ds")
    files = Dataset.get_by_name(ws, "weather_files")
    assert isinstance(table, TabularDataset)
    assert isinstance(files, FileDataset)
    assert (table.version, table.description, table.tags) == (1, "week 27", {"week": "27"})
    assert files.to_path() == table.to_path() == ["/weather.csv"]
    assert sorted(Dataset.get_all(ws)) == ["weather_ds", "weather_files"]
    dsnb_says("tag", "weather_ds@1", "seen=yes")
    assert Dataset.get_by_name(ws, "weather_ds").tags == {"week": "27", "seen": "yes"}


def test_both_give_the_same_definition_so_neither_makes_a_version_of_the_others(
    ws: Workspace, store: Datastore
) -> None:
    dsnb.register("weather_ds", WEEK_27)
    same = Dataset.Tabular.from_delimited_files((store, WEEK_27)).register(ws, "weather_ds")
    assert same.version == 1
    Dataset.File.from_files((store, WEEK_28)).register(ws, "files_ds")
    assert dsnb.register("files_ds", WEEK_28, kind="file").ref == "files_ds@1"


def test_hidden_files_and_key_columns_go_with_a_version_to_another_name(ws: Workspace) -> None:
    Path(WEEK_27, ".notes").write_text("hidden", encoding="utf-8")
    dsnb.register("all_ds", WEEK_27, include_hidden=True, kind="file")
    dsnb.register("keyed_ds", WEEK_28, key=["origin", "time_hour"])
    for name in ("all_ds", "keyed_ds"):
        found = Dataset.get_by_name(ws, name)
        assert found.register(ws, name).version == 1
        assert found.register(ws, f"{name}_too").version == 1
        one, other = (ws.local.resolve(ref) for ref in (name, f"{name}_too"))
        assert (one.digest, one.key, one.definition) == (other.digest, other.key, other.definition)
    assert "/.notes" in Dataset.get_by_name(ws, "all_ds_too").to_path()


def test_the_panel_shows_what_has_a_name(ws: Workspace, store: Datastore) -> None:
    Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_ds", "week 27")
    assert Dataset.File.from_files((store, WEEK_28)).id
    scope = Scope(Path.cwd().parent, print)
    answer = read_datasets(scope, Path.cwd().name, "", 0, 50)
    assert [item["name"] for item in answer["items"]] == ["weather_ds"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.do("%load_ext dsnb")
        yield kernel


@pytest.fixture
def kernel(running: Kernel, tmp_path: Path) -> Kernel:
    return begun(fresh(running, tmp_path / "notebook"))


def begun(kernel: Kernel) -> Kernel:
    kernel.do("%ds init")
    kernel.do(
        "from dsnb.azureml.core import Dataset, Workspace\n"
        "ws = Workspace.from_config()\n"
        "store = ws.get_default_datastore()"
    )
    return kernel


def test_in_a_notebook_they_are_inputs_and_outputs_of_its_run(kernel: Kernel) -> None:
    kernel.do(f"files = Dataset.File.from_files((store, {WEEK_27!r})).register(ws, 'weather_ds')")
    kernel.do('%ds register table_ds "data/Weather/week 28"')
    first = int(kernel.evaluate("get_ipython().execution_count"))
    kernel.do("table = Dataset.get_by_name(ws, 'table_ds')")
    kernel.do("again = Dataset.get_by_id(ws, files.id)")
    kernel.do(f"unnamed = Dataset.Tabular.from_delimited_files((store, {WEEK_28!r}))\nunnamed.id")
    kernel.do("df = Dataset.get_by_id(ws, unnamed.id).keep_columns('temp').to_pandas_dataframe()")
    [run] = LocalWorkspace(kernel.folder).runs().values()
    made = {use.ref: use.how for use in run.outputs}
    read = {use.ref: use.cells for use in run.inputs}
    assert made == {"weather_ds@1": "register", "table_ds@1": "register"}
    assert read == {
        "table_ds@1": (first,),
        "weather_ds@1": (first + 1,),
        f"{ANONYMOUS}@1": (first + 3,),
    }
    assert [use.columns for use in run.inputs if use.ref.startswith(ANONYMOUS)] in (
        [None],
        [("temp",)],
        [None, ("temp",)],
    )
    assert not run.untracked


def test_what_a_cell_reads_itself_is_noted_before_what_it_registers_then(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    with started(tmp_path / "kernel") as running:
        running.do("%load_ext dsnb")
        kernel = begun(fresh(running, tmp_path / "notebook"))
        kernel.do(f"Dataset.File.from_files((store, {WEEK_27!r})).register(ws, 'weather_ds')")
        kernel.do(
            "import pandas as pd\n"
            f"df = pd.read_csv('{WEEK_27}/weather.csv').head(3)\n"
            "Dataset.Tabular.register_pandas_dataframe(df, store, 'head_ds')"
        )
        [run] = LocalWorkspace(kernel.folder).runs().values()
    assert [use.ref for use in run.inputs] == ["weather_ds@1"]
    assert [use.ref for use in run.outputs] == ["weather_ds@1", "head_ds@1"]


def test_the_workspace_is_the_notebooks_wherever_the_code_has_gone(kernel: Kernel) -> None:
    kernel.do("import os; os.makedirs('other/.dsnb'); os.chdir('other')")
    kernel.do("%ds config creator alice")
    kernel.do("found = Workspace.from_config()")
    assert kernel.evaluate("found.local.config['creator']") == "alice"


def test_an_error_is_shown_as_a_short_message(kernel: Kernel) -> None:
    ran = kernel.run("Dataset.get_by_name(ws, 'nothing')")
    assert ran.error is not None
    assert ran.error["ename"] == "UserErrorException"
    assert len(ran.error["traceback"]) == 1
    assert "Traceback" not in ran.error["traceback"][0]
