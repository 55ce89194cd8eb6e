"""Filling the cache in the background: after the user has the table, and never with anything else.

Whoever loads a table may do to it what they like at once.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from blake3 import blake3

from dsnb.tables import cachefiles, filling, parsed
from dsnb.tables.filling import FILLER
from dsnb.tables.parsed import Text
from dsnb.tables.reading import keep_parsed
from dsnb.workspace import Workspace
from tests.workbench import load, register, write

ROOM = 10**9
CSV = "i,c,s,n\n1,p,x,1\n2,q,y,2\n"


def filled() -> int:
    """Return how many tables are kept once all that was begun is done."""
    assert FILLER.wait(60)
    return len(cachefiles.entries())


@pytest.fixture
def one() -> Text:
    path = write("a.csv", CSV)
    return Text(str(path.absolute()), blake3(path.read_bytes()).hexdigest(), "csv", {})


def test_what_the_user_does_at_once_is_not_kept(workspace: Workspace) -> None:
    path = write("a.csv", CSV)
    options = {"dtype": {"c": "category", "n": "Int64"}}
    register(workspace, path, options=options)
    frame = load(workspace)
    plain = frame.copy()
    frame.loc[0, "i"] = 99
    frame["c"].array[0] = "q"  # none of these is seen by copy-on-write
    frame["n"].array[0] = 77
    view = frame["i"].to_numpy()
    view.flags.writeable = True
    view[:] = 55
    del frame["s"]
    assert filled() == 1
    pd.testing.assert_frame_equal(load(workspace), plain)


def test_a_second_load_parses_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        write(f"data/{name}.csv", CSV + f"3,r,{name},3\n")
    register(workspace, "data")
    register(workspace, "data/a.csv", name="other")
    plain = load(workspace)
    assert filled() == 2
    monkeypatch.setattr(pd, "read_csv", pytest.fail)
    first, second = load(workspace), load(workspace)
    first.loc[0, "i"] = 99
    pd.testing.assert_frame_equal(second, plain)
    assert load(workspace, "other")["s"].tolist() == ["x", "y", "a"]
    assert load(workspace, "other", columns=("s", "i"), limit=1).to_dict("list") == {
        "s": ["x"],
        "i": [1],
    }
    assert load(workspace, "other", "arrow").to_pydict()["s"] == ["x", "y", "a"]
    assert load(workspace, "other", "polars")["s"].to_list() == ["x", "y", "a"]


@pytest.mark.parametrize("library", ["arrow", "polars", "duckdb"])
def test_other_libraries_get_the_same_from_the_cache(workspace: Workspace, library: Any) -> None:
    content = "i,f,b,t,c,x\n1,1.5,True,2020-01-01,p,\n,,,,q,\n3,nan,False,2020-01-02,p,\n"
    options = {"parse_dates": ["t"], "dtype": {"c": "category"}}
    register(workspace, write("a.csv", content), options=options)

    def loaded() -> Any:
        table = load(workspace, library=library)
        return table.fetchall() if library == "duckdb" else table

    plain = loaded()
    assert filled() == 1
    found = loaded()
    assert found == plain if library == "duckdb" else found.equals(plain)


def test_what_drifted_is_not_kept_as_what_was_registered(workspace: Workspace) -> None:
    workspace.set_setting("snapshot", "never")
    path = write("a.csv", CSV)
    register(workspace, path)
    write("a.csv", CSV + "3,r,z,3\n")
    assert len(load(workspace, as_is=True)) == 3
    assert filled() == 0
    write("a.csv", CSV)
    assert len(load(workspace)) == 2
    assert filled() == 1
    write("a.csv", CSV + "3,r,z,3\n")
    assert len(load(workspace, as_is=True)) == 3


def test_a_file_that_changed_since_it_was_loaded_is_not_kept(one: Text) -> None:
    write("a.csv", CSV + "3,r,z,3\n")
    keep_parsed([one], ROOM)
    assert filled() == 0


def test_a_file_that_changes_while_it_is_parsed_is_not_kept(one: Text) -> None:
    def parse_and_change(text: Text) -> pd.DataFrame:
        frame = pd.read_csv(text.path).iloc[:1]
        write("a.csv", CSV)
        return frame

    FILLER.add([one], parse_and_change, ROOM)
    assert filled() == 0


def test_a_snapshot_is_kept_parsed_like_the_file_itself(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv")
    write("a.csv", "other\n1\n")
    plain = load(workspace)
    assert filled() == 1
    pd.testing.assert_frame_equal(load(workspace), plain)


def test_nothing_is_kept_where_the_user_wants_no_cache(workspace: Workspace) -> None:
    workspace.set_setting("cache.size", "0")
    register(workspace, write("a.csv", CSV))
    assert len(load(workspace)) == 2
    assert filled() == 0


def test_the_cache_never_takes_more_than_it_may(workspace: Workspace) -> None:
    workspace.set_setting("cache.size", "0.00002")  # 20 kB
    for number in range(12):
        register(workspace, write("a.csv", f"i\n{number}\n"), name=f"ds{number}")
        load(workspace, f"ds{number}")
        assert FILLER.wait(60)
    assert 0 < sum(size for _, size, _ in cachefiles.entries()) <= 20_000


def test_columns_alone_fill_no_cache(workspace: Workspace) -> None:
    register(workspace, write("a.csv", CSV))
    assert load(workspace, columns=("i",))["i"].tolist() == [1, 2]
    assert filled() == 0


def test_a_table_that_would_not_fit_into_memory_is_not_parsed_again(
    one: Text, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "_MEMORY", write("meminfo", "MemAvailable:    0 kB\n"))
    keep_parsed([one], ROOM)
    assert filled() == 0


@pytest.mark.parametrize("error", [OSError(28, "full"), ValueError("odd"), MemoryError()])
def test_whatever_goes_wrong_is_silent_and_the_next_one_is_done(
    one: Text, error: BaseException
) -> None:
    def fail(text: Text) -> pd.DataFrame:
        raise error

    FILLER.add([one], fail, ROOM)
    assert filled() == 0
    keep_parsed([one], ROOM)
    assert filled() == 1


def test_many_threads_load_at_once(workspace: Workspace) -> None:
    register(workspace, write("a.csv", CSV))
    plain, found = pd.read_csv("a.csv"), []

    def work() -> None:
        for _ in range(10):
            frame = load(workspace)
            found.append(frame.equals(plain))
            frame.loc[0, "i"] = 99

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 40
    assert filled() == 1


# The end of a process

BEGIN = """
import os, sys, time
import pandas as pd
from blake3 import blake3
from dsnb.tables import filling, parsed
from dsnb.tables.parsed import Text
from dsnb.tables.filling import FILLER
from dsnb.tables.reading import keep_parsed
one = Text(os.path.abspath("a.csv"), blake3(open("a.csv", "rb").read()).hexdigest(), "csv", {})
"""


def begin(code: str) -> "subprocess.Popen[str]":
    source = str(Path(filling.__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + code],
        env={**os.environ, "PYTHONPATH": source},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left() -> list[Path]:
    return [path for path in Path(os.environ["DSNB_CACHE"]).rglob("*") if path.is_file()]


def test_a_process_that_ends_at_once_still_keeps_what_it_began() -> None:
    # So large that pandas may read it in a pool of threads, which closes as the process ends.
    path = write("a.csv", "i,x\n" + "1,2.5\n" * 500_000)
    one = Text(str(path.absolute()), blake3(path.read_bytes()).hexdigest(), "csv", {})
    process = begin("keep_parsed([one], 10**9)\n")
    assert process.communicate(timeout=60) == ("", "")
    assert parsed.find(one) is not None


SLOW = """
store = parsed._to_arrow
def slow(frame):
    print("writing", flush=True)
    time.sleep(60)
    return store(frame)
parsed._to_arrow = slow
filling.PATIENCE = 0.3
keep_parsed([one], 10**9)
"""


def test_the_end_of_a_process_is_not_kept_waiting_and_leaves_nothing_half_written(
    one: Text,
) -> None:
    process = begin(SLOW + "time.sleep(1)")
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    assert process.communicate(timeout=30) == ("", "")
    assert left() == []


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_what_a_killed_process_left_is_swept(one: Text) -> None:
    process = begin(SLOW + "time.sleep(60)")
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    for path in left():  # an empty file may be one that is about to be locked
        path.write_bytes(b"half")
    cachefiles.prune(ROOM)
    assert len(left()) == 1, "its writer is alive"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert parsed.find(one) is None
    cachefiles.prune(ROOM)
    assert left() == []
    keep_parsed([one], ROOM)
    assert filled() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no such processes")
def test_a_forked_process_fills_the_cache_itself(one: Text) -> None:
    code = """
FILLER.add([one], lambda text: time.sleep(2), 10**9)
time.sleep(0.3)
if os.fork() == 0:
    keep_parsed([one], 10**9)
    print(FILLER.wait(10), parsed.find(one) is not None, flush=True)
    os._exit(0)
os.wait()
"""
    process = begin("import warnings; warnings.simplefilter('ignore')" + code)
    assert process.communicate(timeout=60) == ("True True\n", "")


def test_nothing_waits_for_a_thread_that_is_not_there() -> None:
    began = time.monotonic()
    assert FILLER.wait(30)
    assert time.monotonic() - began < 20
