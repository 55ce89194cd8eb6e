"""Deleting versions, deprecating them, and whom that concerns."""

from pathlib import Path

import pytest

import dsnb
from dsnb.errors import (
    DatasetNotFoundError,
    DriftError,
    InUseError,
    NotFoundError,
    UsageError,
    VersionNotFoundError,
)
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.workbench import load, register, write


@pytest.fixture
def three(workspace: Workspace) -> Workspace:
    for text in ("1", "2", "3"):
        write("a.txt", text)
        register(workspace, "a.txt")
    return workspace


def delete(workspace: Workspace, *refs: str, force: bool = False) -> list[str]:
    wanted = [one for ref in refs for one in workspace.expand(ref)]
    return [version.ref for version in workspace.delete(wanted, force=force).versions]


def test_a_number_is_never_used_again(three: Workspace) -> None:
    assert delete(three, "ds@3") == ["ds@3"]
    write("a.txt", "4")
    assert register(three, "a.txt").ref == "ds@4"
    assert [row.version.version for row in three.versions("ds").rows] == [4, 2, 1]
    with pytest.raises(VersionNotFoundError, match="deleted"):
        three.resolve("ds@3")


def test_not_even_when_every_version_went(three: Workspace) -> None:
    assert delete(three, "ds@1..3") == ["ds@1", "ds@2", "ds@3"]
    with pytest.raises(DatasetNotFoundError):
        three.versions("ds")
    assert register(three, "a.txt").ref == "ds@4"


def test_latest_is_the_newest_that_is_left(three: Workspace) -> None:
    delete(three, "ds@3")
    assert three.resolve("ds").ref == "ds@2"
    assert three.resolve("ds@latest~1").ref == "ds@1"


def test_a_bare_name_is_asked_about(three: Workspace) -> None:
    with pytest.raises(UsageError, match=r"Which version of ds.*ds@3 is the latest.*ds@1\.\.3"):
        delete(three, "ds")
    assert len(three.versions("ds")) == 3


def test_all_are_deleted_or_none(three: Workspace) -> None:
    before = three.layout.registry.read_bytes()
    with pytest.raises(VersionNotFoundError):
        delete(three, "ds@1", "ds@9")
    assert three.layout.registry.read_bytes() == before


def test_a_version_that_an_alias_points_to_stays(three: Workspace) -> None:
    three.set_alias(parse("ds@1"), "prod")
    before = three.layout.registry.read_bytes()
    with pytest.raises(InUseError, match=r"ds@1 is used by alias prod.*ds@1 ds@2 --force"):
        delete(three, "ds@1", "ds@2")
    assert three.layout.registry.read_bytes() == before
    assert delete(three, "ds@1", force=True) == ["ds@1"]
    with pytest.raises(VersionNotFoundError):
        three.resolve("ds@prod")


def test_a_version_that_a_run_read_stays() -> None:
    write("a.txt", "1")
    dsnb.register("ds", "a.txt")
    dsnb.run.start("train")
    dsnb.load("ds@1")
    with pytest.raises(InUseError, match=r"ds@1 is used by run 'train' \(just now\)"):
        dsnb.delete("ds@1")
    assert dsnb.delete("ds@1", force=True).dependents[0].runs[0].name == "train"


def test_the_run_that_made_a_version_does_not_hold_it() -> None:
    write("a.txt", "1")
    dsnb.register("ds", "a.txt")
    assert [use.ref for use in dsnb.run().run.outputs] == ["ds@1"]  # type: ignore[union-attr]
    assert len(dsnb.delete("ds@1").versions) == 1


def test_the_files_stay(three: Workspace) -> None:
    delete(three, "ds@1..3")
    assert Path("a.txt").read_text() == "3"


def test_a_range_is_of_one_dataset_in_order(three: Workspace) -> None:
    for wrong in ("ds@3..1", "ds@1..other@2"):
        with pytest.raises(dsnb.DsnbError):
            three.expand(wrong)
    assert [str(ref) for ref in three.expand("ds@2..3")] == ["ds@2", "ds@3"]


# Deprecation


def test_a_deprecated_version_says_so_when_it_is_loaded(
    three: Workspace, notices: list[str]
) -> None:
    three.deprecate(parse("ds@1"), "the sensor was broken")
    three.restore(three.resolve("ds@1"), overwrite=True)
    notices.clear()
    load(three, "ds@1")
    assert notices == ["ds@1 is deprecated: the sensor was broken."]
    three.deprecate(parse("ds@1"), remove=True)
    notices.clear()
    load(three, "ds@1")
    assert notices == []
    with pytest.raises(NotFoundError, match="is not deprecated"):
        three.deprecate(parse("ds@1"), remove=True)


# Whom drift concerns


def test_drift_names_the_runs_and_aliases_it_concerns() -> None:
    write("a.txt", "1")
    dsnb.register("ds", "a.txt", no_snapshot=True)
    dsnb.alias("ds@1", "prod")
    dsnb.run.start("train-temp")
    dsnb.load("ds@1")
    write("a.txt", "22")
    with pytest.raises(DriftError, match=r"Used by run 'train-temp' \(just now\), alias prod\."):
        dsnb.load("ds@1")
    assert "used by run 'train-temp' (just now), alias prod" in str(dsnb.verify("ds@1"))
    shown = dsnb.show("ds@1")
    assert [run.name for run in shown.dependents.runs] == ["train-temp"]
    assert shown.dependents.aliases == ("prod",)
