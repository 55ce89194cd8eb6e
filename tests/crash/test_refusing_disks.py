"""A disk that refuses: a clear error, and all that was promised before stays as it was."""

from __future__ import annotations

import os
import random
import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pandas as pd
import pytest

from dsnb.datasets import importing
from dsnb.errors import RegistryError
from dsnb.refs import parse
from dsnb.storage.atomic import TEMPORARY
from dsnb.storage.claims import SUFFIX
from dsnb.workspace import Workspace
from tests.workbench import load, mounted_disk, register, register_table, write

SIZE = 400_000
"""Bytes of what is written; they do not get smaller when they are compressed."""


def noise(seed: int) -> bytes:
    return random.Random(seed).randbytes(SIZE)


def register_and_keep(workspace: Workspace) -> None:
    register(workspace, "new.bin", name="new", snapshot="always")


def register_many_and_keep(workspace: Workspace) -> None:
    register(workspace, "many", name="many", snapshot="always")


def register_from_memory(workspace: Workspace) -> None:
    table = pd.DataFrame({"x": [noise(number)[:40_000] for number in range(10)]})
    register_table(workspace, table, name="frame")


def keep_later(workspace: Workspace) -> None:
    workspace.snapshot(parse("unkept@1"))


def restore_in_place(workspace: Workspace) -> None:
    workspace.restore(workspace.resolve("kept@1"), overwrite=True)


def restore_elsewhere(workspace: Workspace) -> None:
    workspace.restore(workspace.resolve("kept@1"), "old")


def export(workspace: Workspace) -> None:
    workspace.export([workspace.resolve("kept@1")], "kept.zip")


def import_archive(workspace: Workspace) -> None:
    workspace.import_archive(os.path.expanduser("~/kept.zip"))


WRITING = [
    register_and_keep,
    register_many_and_keep,
    register_from_memory,
    keep_later,
    restore_in_place,
    restore_elsewhere,
    export,
    import_archive,
]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the current folder, on a file system of 6 MB."""
    folder = tmp_path / "disk"
    with mounted_disk(folder, "6m"), monkeypatch.context() as here:
        here.chdir(folder)
        yield folder


@pytest.fixture
def furnished(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace with versions that are kept, and some that are not."""
    # What an import would leave free is more than there is.
    monkeypatch.setattr(importing, "_SPARE", -(1 << 40))
    elsewhere = Workspace.create(os.path.expanduser("~"))
    write(os.path.expanduser("~/other.bin"), "").write_bytes(noise(1))
    register(elsewhere, os.path.expanduser("~/other.bin"), name="other")
    elsewhere.export([elsewhere.resolve("other@1")], os.path.expanduser("~/kept.zip"))
    workspace = Workspace.create(disk)
    for seed, name in enumerate(("kept.bin", "unkept.bin", "new.bin"), start=2):
        Path(name).write_bytes(noise(seed))
    Path("many").mkdir()
    for number in range(20):
        Path(f"many/{number}.bin").write_bytes(noise(5)[number * 20_000 : (number + 1) * 20_000])
    register(workspace, "kept.bin", name="kept")
    register(workspace, "unkept.bin", name="unkept", snapshot="never")
    Path("kept.bin").write_bytes(b"written over")
    return workspace


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave so little room that records fit, and data does not."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        left = os.statvfs(disk)
        file.write(bytes(left.f_bavail * left.f_frsize - 150_000))
    yield
    filler.unlink()


@contextmanager
def limited(disk: Path) -> Iterator[None]:
    """Allow no file that is larger than records are."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (15_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def traces(disk: Path) -> list[Path]:
    return [
        path
        for path in disk.rglob("*")
        if path.name.startswith(TEMPORARY) or path.name.endswith(SUFFIX)
    ]


@pytest.mark.parametrize("happening", [full, limited])
@pytest.mark.parametrize("write_something", WRITING)
def test_what_finds_no_room_says_so_and_leaves_all_as_it_was(
    furnished: Workspace,
    disk: Path,
    happening: Callable[[Path], AbstractContextManager[None]],
    write_something: Callable[[Workspace], None],
) -> None:
    registry = furnished.layout.registry.read_bytes()
    data = {path: path.read_bytes() for path in disk.glob("*.bin")}
    with happening(disk):
        with pytest.raises(RegistryError) as refused:
            write_something(furnished)
        assert re.match("There is no room left to write /.+", refused.value.message)
        assert "Free some space" in refused.value.hint
        assert furnished.layout.registry.read_bytes() == registry
        assert {path: path.read_bytes() for path in disk.glob("*.bin")} == data
        assert traces(disk) == []
        found = furnished.examine()
        assert found, found.findings
        assert not Path("kept.zip").exists()
    write_something(furnished)
    assert furnished.examine()
    furnished.restore(furnished.resolve("kept@1"), "at last")
    assert Path("at last/kept.bin").read_bytes() == noise(2)


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


@pytest.mark.parametrize("write_something", WRITING)
def test_a_disk_that_is_read_only_refuses_what_writes(
    furnished: Workspace, disk: Path, write_something: Callable[[Workspace], None]
) -> None:
    make_read_only(disk)
    with pytest.raises(RegistryError) as refused:
        write_something(furnished)
    assert re.match("/.+ cannot be written", refused.value.message)
    assert "Make the folder writable" in refused.value.hint


def test_a_disk_that_is_read_only_can_be_read(furnished: Workspace, disk: Path) -> None:
    make_read_only(disk)
    found = furnished.examine()
    assert found, found.findings
    assert Path(load(furnished, "kept@1")[0]).read_bytes() == noise(2)
    assert Path(load(furnished, "unkept@1")[0]).read_bytes() == noise(3)
    assert furnished.verify([furnished.resolve("unkept@1")], full=True)


def test_a_file_in_the_place_of_the_store_is_told(workspace: Workspace) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv", snapshot="never")
    write(workspace.layout.objects, "mine")
    before = workspace.layout.registry.read_bytes()
    for attempt in (
        lambda: register(workspace, "a.csv", name="other"),
        lambda: workspace.snapshot(parse("ds@1")),
    ):
        with pytest.raises(RegistryError, match=r"objects.*something else stands in its place"):
            attempt()
    assert workspace.layout.registry.read_bytes() == before
    assert load(workspace)["x"].tolist() == [1]
    assert workspace.layout.objects.read_text() == "mine"
    workspace.layout.objects.unlink()
    assert register(workspace, "a.csv", name="other").version.kept
