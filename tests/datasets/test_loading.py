import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dsnb.datasets import loading
from dsnb.errors import (
    DriftError,
    MissingColumnError,
    MissingLibraryError,
    TableError,
)
from dsnb.workspace import Workspace
from tests.workbench import NOBODY, load, register, register_table, run_python, write

CSV = "origin,temp\nEWR,78.08\nJFK,73.04\n"
OTHER = "origin,temp\nEWR,78.98\nJFK,73.04\n"

pytestmark = pytest.mark.usefixtures("by_reference")


def drifted(workspace: Workspace, ref: str = "ds") -> list[tuple[str, str]]:
    return [(file.path, file.fate) for file in workspace.show(workspace.resolve(ref)).drift.drifted]


@pytest.fixture
def two_files(workspace: Workspace) -> Workspace:
    write("data/a.csv", CSV)
    write("data/b.csv", CSV)
    register(workspace, "data")
    return workspace


# What comes back


def test_a_version_loads_what_pandas_reads(workspace: Workspace, weather: Path) -> None:
    register(workspace, "data/Weather/week 27")
    register(workspace, "data/Weather/week 28", add=True)
    weeks = [pd.read_csv(f"data/Weather/week {week}/weather.csv") for week in (27, 28)]
    pd.testing.assert_frame_equal(load(workspace, "ds@1"), weeks[0])
    pd.testing.assert_frame_equal(load(workspace, "ds@2"), pd.concat(weeks, ignore_index=True))


def test_files_come_as_the_paths_of_this_machine_in_order(workspace: Workspace) -> None:
    for name in ("b/x.bin", "a.bin"):
        write(f"data/{name}", name)
    register(workspace, "data/b", "data/a.bin")
    assert load(workspace) == [os.path.abspath("data/b/x.bin"), os.path.abspath("data/a.bin")]
    with pytest.raises(TableError, match="no rows or columns to choose"):
        load(workspace, limit=1)


# Drift


def test_nothing_drifts_when_files_are_touched_or_rewritten_alike(two_files: Workspace) -> None:
    os.utime("data/a.csv", (1_700_000_000, 1_700_000_000))
    write("data/b.csv", CSV)
    shutil.copy("data/b.csv", "c.csv")
    os.replace("c.csv", "data/b.csv")
    assert len(load(two_files)) == 4
    assert drifted(two_files) == []
    assert two_files.verify(None, full=True)
    assert two_files.status().drifted == ()


def change(path: Path) -> None:
    write(path, OTHER)


def grow(path: Path) -> None:
    write(path, CSV + "LGA,1.0\n")


def remove(path: Path) -> None:
    path.unlink()


def put_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def remove_the_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def put_a_file_for_the_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    write(path.parent, "")


def put_a_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nothing")


FATES: dict[Any, dict[str, str]] = {
    change: {"data/a.csv": "changed"},
    grow: {"data/a.csv": "changed"},
    remove: {"data/a.csv": "missing"},
    put_a_folder: {"data/a.csv": "not a file"},
    put_a_dangling_link: {"data/a.csv": "missing"},
    remove_the_folder: {"data/a.csv": "missing", "data/b.csv": "missing"},
    put_a_file_for_the_folder: {"data/a.csv": "missing", "data/b.csv": "missing"},
}


@pytest.mark.parametrize("do", FATES, ids=lambda do: do.__name__)
def test_what_became_of_files_is_told_before_anything_is_loaded(
    two_files: Workspace, do: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = two_files.layout.registry.read_bytes()
    do(Path("data/a.csv"))
    monkeypatch.setattr(loading, "read_table", pytest.fail)
    with pytest.raises(DriftError) as refused:
        load(two_files)
    text = str(refused.value)
    assert all(path in text for path in FATES[do])
    assert f"{len(FATES[do])} of 2 files" in text
    nothing_left = do is remove_the_folder
    assert ("Put the data back" if nothing_left else "%ds register ds data") in text
    assert ("--as-is" in text) == (do in (change, grow))
    with pytest.raises(DriftError):
        load(two_files, library="paths")
    assert dict(drifted(two_files)) == FATES[do]
    verification = two_files.verify(None)
    assert not verification
    [(version, drift)] = verification.rows
    assert (version.ref, bool(drift), drift.files) == ("ds@1", True, 2)
    assert two_files.status().drifted == ("ds@1",)
    assert two_files.layout.registry.read_bytes() == before


def test_the_error_names_sizes_and_the_line_to_type_from_here(
    two_files: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("data/a.csv", OTHER + "LGA,1.0\n")
    Path("note books").mkdir()
    monkeypatch.chdir("note books")
    with pytest.raises(DriftError) as refused:
        load(two_files)
    assert "data/a.csv changed (32 B → 40 B, modified just now)" in str(refused.value)
    assert "%ds register ds ../data –" in str(refused.value)


def test_the_line_to_type_quotes_spaces_and_keeps_absolute_paths(workspace: Workspace) -> None:
    outside = write("../my data/a.csv", CSV).resolve()
    register(workspace, outside)
    write(outside, OTHER)
    with pytest.raises(DriftError, match=f'%ds register ds "{outside}"'):
        load(workspace)


def test_many_drifted_files_are_counted(workspace: Workspace) -> None:
    for number in range(12):
        write(f"data/{number:02}.csv", CSV)
    register(workspace, "data")
    shutil.rmtree("data")
    with pytest.raises(DriftError, match=r"12 of 12 files.*04\.csv is gone.*and 7 more"):
        load(workspace)


def test_a_change_of_the_same_size_with_the_times_set_back_is_noticed(
    two_files: Workspace,
) -> None:
    path = Path("data/a.csv")
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    change(path)
    os.utime(path, ns=times)
    with pytest.raises(DriftError, match="same size"):
        load(two_files)


def test_changed_content_loads_as_it_is_when_asked_and_says_so(
    two_files: Workspace, notices: list[str]
) -> None:
    change(Path("data/a.csv"))
    frame = load(two_files, as_is=True)
    assert frame["temp"].tolist() == [78.98, 73.04, 78.08, 73.04]
    assert len(notices) == 1
    assert "data/a.csv changed" in notices[0]
    assert "loaded as it is now" in notices[0]


def test_missing_content_cannot_be_loaded_as_it_is(two_files: Workspace) -> None:
    remove(Path("data/a.csv"))
    with pytest.raises(DriftError, match="is gone"):
        load(two_files, as_is=True)


def test_unchanged_content_as_it_is_says_nothing(two_files: Workspace, notices: list[str]) -> None:
    assert len(load(two_files, as_is=True)) == 4
    assert notices == []


def test_new_files_are_news_and_no_drift(two_files: Workspace) -> None:
    write("data/c.csv", CSV)
    write("data/_SUCCESS", "")
    write("data/.hidden", "")
    details = two_files.show(two_files.resolve("ds"))
    assert (details.drift.drifted, details.drift.news) == ((), ("data/c.csv",))
    assert two_files.verify(None)
    assert len(load(two_files)) == 4


def test_news_among_mere_files_may_begin_with_an_underscore(workspace: Workspace) -> None:
    write("data/_a.txt", "1")
    register(workspace, "data")
    write("data/_b.txt", "1")
    assert workspace.show(workspace.resolve("ds")).drift.news == ("data/_b.txt",)


def test_a_file_that_belongs_to_an_earlier_path_is_no_news(workspace: Workspace) -> None:
    write("data/a.csv", CSV)
    write("data/b.csv", CSV)
    register(workspace, "data/a.csv", "data")
    assert workspace.show(workspace.resolve("ds")).drift.news == ()


def test_news_of_a_pattern_are_what_it_matches_now(workspace: Workspace) -> None:
    write("data/a.csv", CSV)
    register(workspace, "data/*.csv")
    write("data/b.csv", CSV)
    write("data/notes.txt", CSV)
    assert workspace.show(workspace.resolve("ds")).drift.news == ("data/b.csv",)


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
def test_a_file_that_can_no_longer_be_read_is_told(open_folder: Path) -> None:
    workspace = Workspace.create(open_folder)
    path = write("a.csv", CSV)
    register(workspace, "a.csv", snapshot="never")
    os.chmod(path, 0)
    done = run_python(
        f"""
from dsnb.workspace import Workspace
from dsnb.tables.reading import EVERYTHING
os.environ["DSNB_CACHE"] = "/proc/nowhere"
workspace = Workspace({str(workspace.root)!r})
version = workspace.resolve("ds")
print([file.fate for file in workspace.show(version).drift.drifted])
workspace.load(version, None, EVERYTHING)
""",
        user=NOBODY,
    )
    assert done.stdout == "['unreadable']\n"
    assert "DriftError" in done.stderr
    assert "a.csv cannot be read any more" in done.stderr


def test_a_datastore_that_vanished_is_drift_where_one_looks_and_named_where_one_loads(
    workspace: Workspace,
) -> None:
    write("../bulk/a.csv", CSV)
    write("b.csv", CSV)
    workspace.add_datastore("bulk", "../bulk")
    register(workspace, "../bulk")
    register(workspace, "b.csv", name="other")
    shutil.move("../bulk", "../gone")
    with pytest.raises(DriftError, match=r"a\.csv is gone"):
        load(workspace)
    shutil.move("../gone", "../bulk")
    workspace.layout.config.unlink()
    with pytest.raises(DriftError, match=r"no datastore 'bulk'.*%ds datastore add bulk"):
        load(workspace)
    assert drifted(workspace) == [("a.csv", "missing")]
    assert workspace.status().drifted == ("ds@1",)
    assert [bool(drift) for _, drift in workspace.verify(None).rows] == [True, False]


@pytest.mark.parametrize("how", ["changed", "replaced", "removed"])
def test_a_file_changed_while_it_is_read_is_noticed(
    two_files: Workspace, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = loading.read_table

    def read_and_change(*args: Any) -> Any:
        frame = really(*args)
        if how == "changed":
            change(Path("data/b.csv"))
        elif how == "replaced":
            os.replace(write("other", OTHER), "data/b.csv")
        else:
            os.remove("data/b.csv")
        return frame

    monkeypatch.setattr(loading, "read_table", read_and_change)
    with pytest.raises(DriftError, match=r"b\.csv"):
        load(two_files)


def test_a_full_check_sees_what_size_and_times_hide(
    two_files: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A disk that rots keeps every time; here the remembered state is made to say what it said.
    version = two_files.resolve("ds")
    change(Path("data/a.csv"))
    monkeypatch.setattr("dsnb.storage.drift.fingerprint", rotten(two_files))
    assert len(load(two_files)) == 4
    with pytest.raises(DriftError):
        load(two_files, verify=True)
    assert two_files.verify([version])
    assert not two_files.verify([version], full=True)


def rotten(workspace: Workspace) -> Any:
    from types import SimpleNamespace

    from dsnb.storage.fingerprints import fingerprint
    from dsnb.storage.manifests import hash_bytes

    manifest = workspace._stores.manifest(workspace.resolve("ds"))

    def remembering(*args: Any, full: bool, **rest: Any) -> Any:
        if full:
            return fingerprint(*args, full=True, **rest)
        return SimpleNamespace(hashes=hash_bytes(file.hash for file in manifest.files))

    return remembering


def test_the_hint_for_a_table_from_memory_names_no_path(workspace: Workspace) -> None:
    register_table(workspace, pd.DataFrame({"x": [1]}))
    [path] = workspace.layout.data.rglob("*.parquet")
    path.write_bytes(b"garbage")
    with pytest.raises(DriftError, match="%ds register ds --from VAR"):
        load(workspace)


# Libraries and parts


def test_a_library_that_is_not_installed_is_named_with_how_to_get_it(
    two_files: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("polars", "duckdb", "dask"):
        monkeypatch.setitem(sys.modules, name, None)
    for library, package in (("polars", "polars"), ("duckdb", "duckdb"), ("dask", r'"dask\[')):
        with pytest.raises(MissingLibraryError, match=f"{library} is not.*%pip install {package}"):
            load(two_files, library=library)


def test_a_column_that_is_not_there_is_refused_with_a_suggestion(two_files: Workspace) -> None:
    for library in ("pandas", "arrow"):
        with pytest.raises(MissingColumnError, match=r"no column tmp\. Did you mean temp"):
            load(two_files, library=library, columns=("tmp",))


def test_an_interrupted_load_can_simply_be_done_again(two_files: Workspace) -> None:
    code = """
import os, signal
from dsnb.workspace import Workspace
from dsnb.tables.reading import EVERYTHING
import dsnb.datasets.loading as loading
def interrupt(*_):
    os.kill(os.getpid(), signal.SIGINT)
    import time; time.sleep(10)
loading.read_table = interrupt
workspace = Workspace(".")
workspace.load(workspace.resolve("ds"), None, EVERYTHING)
"""
    began = time.monotonic()
    source = str(Path(loading.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
    )
    assert "KeyboardInterrupt" in done.stderr
    assert time.monotonic() - began < 9
    assert len(load(two_files)) == 4


def test_the_way_on_from_drift_keeps_the_options_of_the_version(workspace: Workspace) -> None:
    write("semi colon.csv", "id;v\n1;2,5\n")
    options = {"sep": ";", "decimal": ",", "dtype": {"id": "Int64"}}
    register(workspace, "semi colon.csv", options=options)
    write("semi colon.csv", "id;v\n1;2,5\n2;3,5\n")
    with pytest.raises(DriftError) as refused:
        load(workspace)
    line = '%ds register ds "semi colon.csv" --sep ";" --decimal , --dtype id=Int64 –'
    assert line in str(refused.value)


def test_drift_is_told_although_the_current_folder_is_gone(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.csv", CSV).resolve()
    register(workspace, "a.csv")
    path.write_text("x\n9\n", encoding="utf-8")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(DriftError, match=r"%ds register ds a\.csv"):
        load(workspace)
