"""Where outputs go: new folders, registered together or not at all."""

import os
from pathlib import Path

import pytest

from dsnb.datasets.registration import Request
from dsnb.errors import DsnbError, PipelineError
from dsnb.pipelines.places import Places
from dsnb.pipelines.steps import Output, Registering
from dsnb.refs import ANONYMOUS
from dsnb.storage.claims import is_claimed
from dsnb.workspace import Workspace
from tests.workbench import register, write

RUN = "3f0a5f4e-run"


def named(name: str, dataset: str | None = None, **asked: object) -> Output:
    registering = None if dataset is None else Registering(name=dataset)
    return Output(name=name, registering=registering, **asked)  # type: ignore[arg-type]


def made(workspace: Workspace, *outputs: Output, run: str = RUN) -> Places:
    places = Places(workspace, outputs, run, Path("code").absolute())
    places.make()
    return places


def test_an_output_without_a_place_lies_in_the_folder_of_its_dataset(workspace: Workspace) -> None:
    places = made(workspace, named("out", "prepared_ds"), named("rest"))
    data = workspace.layout.data
    assert [place.told for place in places.all] == [
        data / "prepared_ds" / RUN,
        data / "rest" / RUN,
    ]
    for place in places.all:
        write(place.told / "deep/a.txt", place.output.name)
    versions = places.register([], "file")
    places.release()
    assert [version.name for version in versions] == ["prepared_ds", ANONYMOUS]
    assert {version.run for version in versions} == {RUN}
    assert [p.told.joinpath("deep/a.txt").exists() for p in places.all] == [True, True]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("outs", f"outs/{RUN}"),
        ("outs/{run-id}", f"outs/{RUN}"),
        ("{run-id}/x/{output-name}", f"{RUN}/x/out"),
        ("outs/{output-name}", f"outs/out/{RUN}"),
        ("a//{run-id}/", f"a/{RUN}"),
    ],
)
def test_a_place_is_another_in_every_run(workspace: Workspace, path: str, where: str) -> None:
    [place] = made(workspace, named("out", place=("default", path))).all
    assert place.told == Path(where).absolute()
    assert place.told.is_dir()


def test_a_place_outside_of_its_datastore_is_refused(workspace: Workspace) -> None:
    with pytest.raises(DsnbError):
        made(workspace, named("out", place=("default", "../elsewhere/{run-id}")))


def test_nothing_is_written_over(workspace: Workspace) -> None:
    write(f"outs/{RUN}/mine.txt", "mine")
    with pytest.raises(PipelineError, match="is there already"):
        made(workspace, named("out", place=("default", "outs")))
    assert Path(f"outs/{RUN}/mine.txt").exists()


@pytest.mark.parametrize("other", ["outs/{run-id}", "outs/{run-id}/deeper"])
def test_two_outputs_never_share_a_folder(workspace: Workspace, other: str) -> None:
    one = named("one", place=("default", "outs/{run-id}"))
    with pytest.raises(PipelineError, match="one and two go to the same folder"):
        made(workspace, one, named("two", place=("default", other)))
    with pytest.raises(PipelineError, match="go to the same folder"):
        made(workspace, named("a", "ds"), named("b", "ds"))


def test_a_file_as_an_output_is_told_by_its_own_path(workspace: Workspace) -> None:
    places = made(workspace, named("model", "m_ds", is_folder=False))
    [place] = places.all
    assert not place.told.exists()
    write(place.told, "weights")
    [version] = places.register([], "file")
    places.release()
    assert workspace.verify([version])
    assert version.files == 1


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_is_not_registered_is_taken_away_where_it_is_dsnbs_own(
    workspace: Workspace, is_folder: bool
) -> None:
    places = made(workspace, named("out", "ds", is_folder=is_folder), named("two", is_folder=False))
    write(places.all[0].told / "a" if is_folder else places.all[0].told, "half")
    assert is_claimed(places.all[0].folder)
    assert places.all[0].folder.exists()
    places.release()
    assert not workspace.layout.data.exists()


def test_what_is_not_registered_stays_where_the_user_wanted_it_unless_it_is_empty(
    workspace: Workspace,
) -> None:
    places = made(workspace, named("a", place=("default", "a")), named("b", place=("default", "b")))
    write(places.all[0].told / "half.txt", "half")
    places.release()
    assert (Path(f"a/{RUN}/half.txt").exists(), Path(f"b/{RUN}").exists()) == (True, False)
    assert list(workspace.view().names()) == []


def test_an_empty_output_is_an_error_and_no_other_is_registered(workspace: Workspace) -> None:
    places = made(workspace, named("full", "full_ds"), named("void", "void_ds"))
    write(places.all[0].told / "a.txt", "a")
    (places.all[1].told / "deep").mkdir()
    with pytest.raises(PipelineError, match="Nothing was written to the output void"):
        places.register([], "file")
    places.release()
    assert list(workspace.view().names()) == []
    assert not workspace.layout.data.exists()


def test_an_output_that_cannot_be_registered_takes_the_others_back(workspace: Workspace) -> None:
    write("m.bin", "weights")
    register(workspace, "m.bin", name="taken", kind="model")
    places = made(workspace, named("one", "one_ds"), named("anon"), named("two", "taken"))
    for place in places.all:
        write(place.told / "a.txt", place.output.name)
    with pytest.raises(DsnbError, match="taken is a model"):
        places.register([], "file")
    places.release()
    assert [*workspace.view().names()] == ["taken"]
    assert not workspace.layout.data.exists()


def test_links_in_an_output_become_what_they_lead_to(workspace: Workspace) -> None:
    write("data/a.csv", "a")
    write("data/deep/b.csv", "b")
    places = made(workspace, named("out", "ds"))
    told = places.all[0].told
    os.symlink(Path("data/a.csv").absolute(), told / "linked.csv")
    os.symlink(Path("data").absolute(), told / "whole")
    os.symlink("linked.csv", told / "again.csv")
    os.symlink("nowhere", told / "dangling")
    [version] = places.register([], "file")
    places.release()
    write("data/a.csv", "changed")
    os.remove("data/deep/b.csv")
    assert workspace.verify([version])
    assert [path.relative_to(told).as_posix() for path in sorted(told.rglob("*.csv"))] == [
        *("again.csv", "linked.csv", "whole/a.csv", "whole/deep/b.csv")
    ]


def test_a_link_as_the_output_itself_becomes_a_folder(workspace: Workspace) -> None:
    write("data/a.csv", "a")
    places = made(workspace, named("out", "ds"))
    told = places.all[0].told
    told.rmdir()
    os.symlink(Path("data").absolute(), told)
    [version] = places.register([], "file")
    write("data/a.csv", "changed")
    assert workspace.verify([version])


def test_a_link_that_leads_back_is_refused(workspace: Workspace) -> None:
    places = made(workspace, named("out", "ds"))
    write(places.all[0].told / "a.txt", "a")
    os.symlink("..", places.all[0].told / "up")
    with pytest.raises(PipelineError, match="leads back"):
        places.register([], "file")


def test_what_is_uploaded_is_copied_when_it_is_done(workspace: Workspace) -> None:
    outputs = [
        named("some", "some_ds", upload=True, globs=("*.csv", "**/*.txt")),
        named("own", upload=True, written_to="results", place=("default", "own")),
    ]
    places = made(workspace, *outputs)
    some, own = (place.told for place in places.all)
    assert own == Path("code/results").absolute()
    for name in ("a.csv", "deep/b.csv", "c.bin", "top.txt", "deep/er/d.txt"):
        write(some / name, name)
    write(own / "x.bin", "x")
    first, second = places.register([], "file")
    assert sorted(name for group in workspace.manifest(first).groups for name in group.names) == [
        *("a.csv", "deep/b.csv", "deep/er/d.txt", "top.txt")
    ]
    assert Path("own", RUN, "x.bin").exists()
    assert workspace.verify([first, second])


def test_globs_that_fit_nothing_are_an_error(workspace: Workspace) -> None:
    places = made(workspace, named("out", "ds", upload=True, globs=("*.csv",)))
    write(places.all[0].told / "a.txt", "a")
    with pytest.raises(PipelineError, match=r"None of the files of the output out fits \*\.csv"):
        places.register([], "file")
    places.release()
    assert not workspace.layout.data.exists()


def test_folders_stay_while_nobody_can_tell_whether_they_are_registered(
    workspace: Workspace,
) -> None:
    places = Places(workspace, [Output(name="out")], "a-run", Path("code").absolute())
    places.make()
    write(places.all[0].told / "a.txt", "a")
    workspace.layout.registry.write_text("{", encoding="utf-8")
    places.release()
    assert (places.all[0].folder / "a.txt").read_text(encoding="utf-8") == "a"


def test_a_folder_whose_version_was_recorded_a_moment_ago_stays(workspace: Workspace) -> None:
    output = Output(name="out", registering=Registering(name="out_ds"))
    places = Places(workspace, [output], "a-run", Path("code").absolute())
    places.make()
    write(places.all[0].told / "a.txt", "a")
    # As when Ctrl-C comes after the version was recorded, and before anybody could note it.
    workspace.register([places.all[0].source], Request(name="out_ds", kind="file"))
    places.release()
    assert workspace.verify([workspace.resolve("out_ds")])
