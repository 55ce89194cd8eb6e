"""Reading a registered file with the user's own code makes its version an input of the run."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import dsnb
from dsnb.datasets import attribution
from dsnb.session.tracing import TRACER
from tests.workbench import write

WEEK_27 = "data/Weather/week 27/weather.csv"
WEEK_28 = "data/Weather/week 28/weather.csv"
Run = Callable[[str], object]


@pytest.fixture
def cell(weather: Path) -> Iterator[Run]:
    """Return what runs a cell of a notebook, in which week 27 and both weeks are registered."""
    shell = InteractiveShell()

    def run(code: str) -> object:
        return shell.run_cell(code, store_history=True).raise_error()

    run("%load_ext dsnb")
    run('%ds register weather_ds "data/Weather/week 27"')
    run('%ds register weather_ds --add "data/Weather/week 28"')
    run("import pandas as pd, threading")
    yield run
    run("%unload_ext dsnb")


def inputs() -> list[tuple[str, str, tuple[int, ...]]]:
    run = dsnb.run().run
    assert run is not None
    return [(use.ref, use.how, use.cells) for use in run.inputs]


@pytest.mark.parametrize(
    "code",
    [
        f"pd.read_csv({WEEK_28!r})",
        f"pd.read_csv({WEEK_28!r}, engine='python')",
        f"with open({WEEK_28!r}) as file: file.read()",
        f"__import__('pathlib').Path({WEEK_28!r}).read_bytes()",
        f"t = threading.Thread(target=pd.read_csv, args=[{WEEK_28!r}]); t.start(); t.join()",
    ],
)
def test_a_read_by_any_code_of_a_cell_is_an_input(cell: Run, code: str) -> None:
    cell(code)
    assert inputs() == [("weather_ds@2", "trace", (5,))]


def test_of_several_versions_with_the_file_it_is_the_newest(cell: Run) -> None:
    cell(f"pd.read_csv({WEEK_27!r})")
    assert inputs() == [("weather_ds@2", "trace", (5,))]


def test_a_file_that_is_not_what_any_version_records_is_no_input(cell: Run) -> None:
    Path(WEEK_28).write_text("origin\nEWR\n", encoding="utf-8")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert inputs() == []


def test_what_a_file_was_is_settled_when_it_is_opened(cell: Run) -> None:
    old = os.stat(WEEK_28).st_mtime - 100
    os.utime(WEEK_28, (old, old))
    dsnb.verify("weather_ds@2")  # its content in this state is remembered
    cell(f"frame = pd.read_csv({WEEK_28!r}); frame.head(3).to_csv({WEEK_28!r}, index=False)")
    if os.stat(WEEK_28).st_ctime - os.stat(WEEK_27).st_ctime > 2:
        assert inputs() == [("weather_ds@2", "trace", (5,))]
    else:
        # So young a file might have changed within the clock's tick, and nothing is claimed.
        assert inputs() in ([], [("weather_ds@2", "trace", (5,))])


def test_what_is_written_is_no_input(cell: Run) -> None:
    content = Path(WEEK_28).read_text(encoding="utf-8")
    cell(f"with open({WEEK_28!r}, 'w') as file: file.write({content!r})")
    assert inputs() == []


def test_other_files_and_code_are_no_inputs(cell: Run) -> None:
    Path("other.csv").write_text("a\n1\n", encoding="utf-8")
    cell("pd.read_csv('other.csv'); import json.tool")
    assert inputs() == []


def test_what_dsnb_opens_itself_is_no_input(cell: Run) -> None:
    cell("%ds verify --full")
    cell("d = %ds diff weather_ds@1..2")
    assert inputs() == []


def test_a_read_outside_a_cell_is_not_seen(cell: Run) -> None:
    pd.read_csv(WEEK_28)
    assert TRACER.take() == ({}, ())
    cell("1 + 1")
    assert inputs() == []


def test_a_cell_that_fails_has_read_all_the_same(cell: Run) -> None:
    with pytest.raises(ZeroDivisionError):
        cell(f"pd.read_csv({WEEK_28!r}); 1 / 0")
    assert inputs() == [("weather_ds@2", "trace", (5,))]


def test_without_a_workspace_reading_goes_on_as_ever(tmp_path: Path) -> None:
    shell = InteractiveShell()
    shell.run_cell("%load_ext dsnb", store_history=True).raise_error()
    Path("a.csv").write_text("a\n1\n", encoding="utf-8")
    shell.run_cell(
        "with open('a.csv') as file: text = file.read()", store_history=True
    ).raise_error()
    shell.run_cell("%unload_ext dsnb")
    assert shell.user_ns["text"] == "a\n1\n"
    assert not Path(".dsnb").exists()


def test_a_damaged_registry_never_reaches_the_users_cell(cell: Run) -> None:
    Path(".dsnb/registry.json").write_text("{", encoding="utf-8")
    cell(f"rows = len(pd.read_csv({WEEK_28!r}))")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets every file that is hashed to tell what was read."""
    paths: list[str] = []
    really = attribution.hash_files

    def telling(these: list[str]) -> object:
        paths.extend(these)
        return really(these)

    monkeypatch.setattr(attribution, "hash_files", telling)
    # A file system's clock may not tell what happens within two seconds.
    monkeypatch.setattr(attribution, "clock", lambda: time.time_ns() + 10_000_000_000)
    return paths


def test_a_file_that_is_read_in_every_cell_is_hashed_once(cell: Run, hashed: list[str]) -> None:
    os.utime(WEEK_28)
    cell(f"pd.read_csv({WEEK_28!r})")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert inputs() == [("weather_ds@2", "trace", (5, 6))]
    assert hashed == [os.path.abspath(WEEK_28)]


def test_the_registry_is_looked_through_once_until_it_changes(
    cell: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[int] = []
    really = attribution.every_version

    def telling(stores: Any) -> Any:
        times.append(1)
        return really(stores)

    monkeypatch.setattr(attribution, "every_version", telling)
    cell(f"pd.read_csv({WEEK_28!r})")
    Path("other.csv").write_text("a\n1\n", encoding="utf-8")
    cell("pd.read_csv('other.csv')")
    assert len(times) == 1
    cell("%ds register other other.csv")
    cell("pd.read_csv('other.csv')")
    assert len(times) == 2
    assert [use[0] for use in inputs()] == ["weather_ds@2", "other@1"]


@pytest.mark.parametrize("opened", ["linked/a.csv", "linked/sub/b.csv"])
def test_a_link_inside_what_is_registered_is_seen(cell: Run, tmp_path: Path, opened: str) -> None:
    write(tmp_path / "far/a.csv", "a\n1\n")
    write(tmp_path / "far/sub/b.csv", "b\n2\n")
    Path("linked").mkdir()
    Path("linked/a.csv").symlink_to(tmp_path / "far/a.csv")
    Path("linked/sub").symlink_to(tmp_path / "far/sub")
    cell("%ds register linked linked")
    cell(f"pd.read_csv({opened!r})")
    assert [use[0] for use in inputs()] == ["linked@1"]


def test_after_unloading_nothing_is_seen(cell: Run) -> None:
    cell("%unload_ext dsnb")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert TRACER.take() == ({}, ())
    cell("%load_ext dsnb")
    assert inputs() == []


# Reads by libraries that open files themselves


TABLE = "data/table.parquet"


@pytest.fixture
def parquet(cell: Run) -> str:
    """Return the path of a registered Parquet file, which pyarrow opens by itself."""
    pd.DataFrame({"a": [1, 2]}).to_parquet(TABLE)
    cell(f"%ds register table_ds {TABLE}")
    return TABLE


def test_a_parquet_file_is_an_input(cell: Run, parquet: str) -> None:
    cell(f"pd.read_parquet({parquet!r})")
    assert inputs() == [("table_ds@1", "trace", (6,))]


def test_what_nested_functions_of_a_module_read_counts(cell: Run, parquet: str) -> None:
    Path("helping.py").write_text(
        "import pandas as pd\n"
        "def outer(path):\n"
        "    def inner():\n"
        "        return pd.read_parquet(path)\n"
        "    return inner()\n",
        encoding="utf-8",
    )
    cell("import os, sys; sys.path.insert(0, os.getcwd()); import helping")
    cell(f"helping.outer({parquet!r})")
    assert inputs() == [("table_ds@1", "trace", (7,))]
    cell("sys.path.remove(os.getcwd()); del sys.modules['helping']")


def test_what_a_reloaded_module_reads_counts(cell: Run, parquet: str) -> None:
    Path("changing.py").write_text("def read(path): return 0\n", encoding="utf-8")
    cell("import os, sys; sys.path.insert(0, os.getcwd()); import changing")
    cell("%load_ext autoreload\n%autoreload 2")
    os.utime("changing.py", (1, 1))
    Path("changing.py").write_text(
        "import polars\ndef read(path): return polars.read_parquet(path)\n", encoding="utf-8"
    )
    cell(f"changing.read({parquet!r})")
    assert inputs() == [("table_ds@1", "trace", (8,))]
    cell("%autoreload 0\nsys.path.remove(os.getcwd()); del sys.modules['changing']")


def test_what_an_async_cell_reads_counts(cell: Run, parquet: str) -> None:
    cell(
        "import asyncio\n"
        f"frame = await asyncio.to_thread(pd.read_parquet, {parquet!r})\n"
        f"await asyncio.sleep(0); rows = pd.read_csv({WEEK_28!r})"
    )
    assert sorted(inputs()) == [("table_ds@1", "trace", (6,)), ("weather_ds@2", "trace", (6,))]


def test_a_cell_that_is_interrupted_has_read_all_the_same(cell: Run, parquet: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        cell(f"pd.read_parquet({parquet!r}); raise KeyboardInterrupt")
    assert inputs() == [("table_ds@1", "trace", (6,))]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_what_a_forked_child_reads_is_not_the_cells(cell: Run) -> None:
    cell(
        "import os\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        f"    open({WEEK_28!r}).read()\n"
        "    from dsnb.session.tracing import TRACER\n"
        "    os._exit(len(TRACER.take().reads))\n"
        "status = os.waitpid(child, 0)[1]"
    )
    cell("assert status == 0")
    assert inputs() == []


def test_a_file_that_is_overwritten_after_it_was_read_was_the_old_one(
    cell: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(WEEK_28).absolute()
    before = path.stat()
    seen: list[dict[str, Any]] = []
    take = TRACER.take
    monkeypatch.setattr(TRACER, "take", lambda: seen.append(dict(take().reads)) or take())
    cell(
        "import polars\n"
        f"frame = polars.read_csv({WEEK_28!r}, infer_schema=False)\n"
        f"frame.head(1).write_csv({WEEK_28!r})"
    )
    state = (before.st_size, before.st_mtime_ns, before.st_ctime_ns, before.st_ino)
    assert seen[-1][str(path)] == state


def test_a_link_that_another_program_made_leads_to_the_version(cell: Run, parquet: str) -> None:
    Path("link.parquet").symlink_to(parquet)
    cell("pd.read_parquet('link.parquet')")
    assert inputs() == [("table_ds@1", "trace", (6,))]


def test_the_current_folder_may_change_in_a_cell(cell: Run) -> None:
    cell(
        "import os\n"
        f"open({WEEK_27!r}).close()\n"
        "here = os.getcwd(); os.chdir('data/Weather/week 28')\n"
        "try: open('weather.csv').close()\n"
        "finally: os.chdir(here)"
    )
    assert inputs() == [("weather_ds@2", "trace", (5,))]


def test_what_is_hidden_belongs_to_the_environment_or_is_code_is_not_even_noticed(
    cell: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    take = TRACER.take
    monkeypatch.setattr(
        TRACER, "take", lambda: seen.append({*map(os.path.relpath, take().reads)}) or take()
    )
    for name in (".git/HEAD", ".hidden.csv", "env/a.csv", "env/pyvenv.cfg", "n.ipynb", "m.py"):
        write(Path(name), "a")
    write(Path("seen.csv"), "a")
    cell(
        "for name in ('.git/HEAD', '.hidden.csv', 'env/a.csv', 'n.ipynb', 'm.py', 'seen.csv',\n"
        "             pd.__file__, '/proc/self/status', '/etc/passwd'):\n"
        "    open(name).close()"
    )
    assert seen[-1] == {"seen.csv"}


def test_a_version_in_a_hidden_folder_is_an_input(cell: Run) -> None:
    write(Path(".hidden/sub/a.csv"), "a\n1\n")
    cell("%ds register hidden_ds .hidden/sub")
    cell(f"pd.read_csv({WEEK_28!r})")
    cell("pd.read_csv('.hidden/sub/a.csv')")
    assert [use[0] for use in inputs()] == ["weather_ds@2", "hidden_ds@1"]


def test_what_lies_outside_all_data_is_not_looked_at(cell: Run, tmp_path: Path) -> None:
    write(tmp_path / "far/a.csv", "a\n1\n")
    far = str(tmp_path / "far/a.csv")
    cell(f"pd.read_csv({WEEK_28!r})")
    cell("1")
    assert TRACER.roots is not None
    cell(f"%ds register far_ds {far!r}")  # now it is data
    cell(f"pd.read_csv({far!r})")
    assert [use[0] for use in inputs()] == ["weather_ds@2", "far_ds@1"]


def test_tracing_can_be_switched_off_and_on(cell: Run) -> None:
    cell("%ds config trace off")
    cell(f"pd.read_csv({WEEK_28!r})")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert TRACER.roots == ()
    assert inputs() == []
    cell("%ds config trace on")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert inputs() == [("weather_ds@2", "trace", (9,))]


def test_after_loading_again_everything_is_seen_again(cell: Run, parquet: str) -> None:
    cell(f"pd.read_parquet({parquet!r})")
    cell("%unload_ext dsnb")
    cell("%load_ext dsnb")
    cell(f"pd.read_csv({WEEK_28!r})")
    assert [use[0] for use in inputs()] == ["table_ds@1", "weather_ds@2"]


def test_what_dsnb_reads_with_other_libraries_is_no_input(cell: Run, parquet: str) -> None:
    cell("d = %ds diff table_ds@1")
    cell("s = %ds show table_ds@1")
    assert inputs() == []
    cell("t = %ds load table_ds@1 --as arrow")
    assert [use[:2] for use in inputs()] == [("table_ds@1", "load")]


def test_a_session_remembers_no_more_of_a_cell_than_it_must(cell: Run, parquet: str) -> None:
    cell(f"for _ in range(50): open({WEEK_28!r}).close(); pd.read_parquet({parquet!r})")
    assert TRACER.take() == ({}, ())
    assert [use[0] for use in inputs()] == ["weather_ds@2", "table_ds@1"]
