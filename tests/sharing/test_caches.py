"""The user's cache only makes things quicker: without one everything works all the same."""

import subprocess
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from dsnb.datasets.comparison import Options
from dsnb.datasets.removal import EVERY
from dsnb.workspace import Workspace
from tests.workbench import load, register, register_table, write


def nowhere(disk: Path) -> Path:
    return Path("/proc/nowhere")


def a_file_in_its_place(disk: Path) -> Path:
    return write("cache-file", "mine")


def a_full_disk(disk: Path) -> Path:
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return disk / "cache"


def a_disk_that_is_read_only(disk: Path) -> Path:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    return disk / "cache"


@pytest.fixture(params=[nowhere, a_file_in_its_place, a_full_disk, a_disk_that_is_read_only])
def no_cache(
    request: pytest.FixtureRequest, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSNB_CACHE", str(request.param(small_disk)))


@pytest.mark.usefixtures("no_cache")
def test_all_works_without_a_cache(workspace: Workspace) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    register_table(workspace, pd.DataFrame({"x": [1]}), name="frame")
    assert load(workspace, "frame").x.tolist() == [1]
    assert workspace.verify(None, full=True)
    write("a.csv", "x\n2\n")
    assert load(workspace, "ds@1").x.tolist() == [1]
    assert load(workspace, "ds@1", library="arrow")["x"].to_pylist() == [1]
    register(workspace, "a.csv")
    old, new = workspace.resolve("ds@1"), workspace.resolve("ds@2")
    assert workspace.compare(old, new, Options(on=None)).files is not None
    assert len(workspace.preview(old, 5)) == 1
    workspace.export([old, new], "both.zip")
    workspace.restore(old, overwrite=True)
    assert Path("a.csv").read_text() == "x\n1\n"
    workspace.collect_garbage(EVERY)
    assert workspace.examine()
