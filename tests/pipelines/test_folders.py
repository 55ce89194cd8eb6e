"""The files of a version as a folder of links or copies."""

import os
from pathlib import Path

import pytest

from dsnb.errors import DriftError, PipelineError, RegistryError
from dsnb.pipelines.folders import copy_files, empty, hand_over, located
from dsnb.records import Mechanism, Version
from dsnb.workspace import Workspace
from tests.workbench import register, write

WAYS = pytest.mark.parametrize("mechanism", ["mount", "download"])


def files(folder: str = "given") -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def give(workspace: Workspace, version: Version, mechanism: Mechanism = "mount") -> None:
    hand_over(located(workspace, version), Path("given"), mechanism)


@WAYS
def test_files_have_their_paths_below_what_they_have_in_common(
    workspace: Workspace, mechanism: Mechanism
) -> None:
    write("data/w 27/a.csv", "27")
    write("data/w 28/deep/ü.csv", "28")
    both = register(workspace, "data/w 27", "data/w 28", kind="file").version
    give(workspace, both, mechanism)
    assert files() == {"w 27/a.csv": "27", "w 28/deep/ü.csv": "28"}


@WAYS
def test_a_file_that_is_named_twice_is_there_once(
    workspace: Workspace, mechanism: Mechanism
) -> None:
    write("data/a.csv", "a")
    write("data/b.csv", "b")
    twice = register(workspace, "data/a.csv", "data", kind="file").version
    give(workspace, twice, mechanism)
    assert files() == {"a.csv": "a", "b.csv": "b"}
    assert os.path.islink("given/a.csv") == (mechanism == "mount")


def test_a_mount_holds_links_and_a_download_copies(workspace: Workspace) -> None:
    write("data/a.csv", "a")
    version = register(workspace, "data", kind="file").version
    give(workspace, version)
    assert os.path.realpath("given/a.csv") == os.path.abspath("data/a.csv")
    assert not os.stat("given").st_mode & 0o222
    hand_over(located(workspace, version), Path("copied"), "download")
    write("copied/a.csv", "changed")
    assert Path("data/a.csv").read_text(encoding="utf-8") == "a"


def test_what_is_emptied_leaves_the_files_that_its_links_lead_to(workspace: Workspace) -> None:
    write("data/deep/a.csv", "a")
    give(workspace, register(workspace, "data", kind="file").version)
    os.chmod("given", 0o755)
    os.symlink(os.path.abspath("data"), "given/whole")
    empty(Path("given"))
    assert (os.listdir("given"), files("data")) == ([], {"deep/a.csv": "a"})


@pytest.mark.usefixtures("by_reference")
@WAYS
def test_files_that_were_overwritten_are_never_handed_over_as_the_version(
    workspace: Workspace, mechanism: Mechanism
) -> None:
    write("data/a.csv", "old")
    version = register(workspace, "data", kind="file").version
    write("data/a.csv", "new")
    with pytest.raises(DriftError):
        give(workspace, version, mechanism)
    assert not Path("given").exists()


@WAYS
def test_files_that_were_overwritten_are_handed_over_as_they_were_kept(
    workspace: Workspace, mechanism: Mechanism
) -> None:
    write("data/a.csv", "old")
    write("data/b.csv", "same")
    version = register(workspace, "data", kind="file", snapshot="always").version
    write("data/a.csv", "new")
    give(workspace, version, mechanism)
    assert files() == {"a.csv": "old", "b.csv": "same"}


@WAYS
def test_a_folder_that_is_not_empty_is_left_alone(
    workspace: Workspace, mechanism: Mechanism
) -> None:
    write("data/a.csv", "a")
    version = register(workspace, "data", kind="file").version
    write("given/mine.txt", "mine")
    with pytest.raises(PipelineError, match="given is not empty"):
        give(workspace, version, mechanism)
    assert files() == {"mine.txt": "mine"}
    write("file", "")
    with pytest.raises(RegistryError, match="something else stands in its place"):
        hand_over(located(workspace, version), Path("file"), mechanism)


def test_a_source_that_cannot_be_copied_is_named_and_leaves_nothing() -> None:
    os.mkfifo("pipe")
    Path("folder").mkdir()
    for source in ("nowhere", "pipe", "folder"):
        with pytest.raises(PipelineError, match=f"^{source} cannot be copied"):
            copy_files([(source, "copies/a")])
    assert os.listdir("copies") == []
