"""A version whose bytes are kept means those bytes for ever."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from dsnb.datasets.comparison import Options
from dsnb.errors import DriftError, SnapshotError, SourceError
from dsnb.refs import parse
from dsnb.storage.snapshots import SnapshotStore
from dsnb.workspace import Workspace
from tests.workbench import load, register, register_table, write

CSV = "origin,temp\nEWR,78.08\nJFK,73.04\n"
OTHER = "origin,temp\nEWR,78.98\nJFK,73.04\n"


def overwrite(path: Path) -> None:
    write(path, OTHER)


def remove(path: Path) -> None:
    path.unlink()


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_elsewhere(path: Path) -> None:
    write("elsewhere.csv", OTHER)
    path.unlink()
    path.symlink_to(os.path.abspath("elsewhere.csv"))


@pytest.fixture
def kept(workspace: Workspace) -> Workspace:
    write("data/a.csv", CSV)
    write("data/b.csv", CSV)
    assert register(workspace, "data").version.kept
    return workspace


@pytest.mark.parametrize("happens", [overwrite, remove, make_a_folder, link_elsewhere])
def test_a_kept_version_loads_the_same_whatever_happens_to_its_files(
    kept: Workspace, notices: list[str], happens: object
) -> None:
    before = load(kept)
    happens(Path("data/a.csv"))  # type: ignore[operator]
    pd.testing.assert_frame_equal(load(kept), before)
    [notice] = notices
    assert "ds@1 has drifted: 1 of 2 files" in notice
    assert notice.endswith("Its snapshot is used instead.")


def test_only_what_drifted_comes_from_the_snapshot(kept: Workspace) -> None:
    overwrite(Path("data/b.csv"))
    first, second = load(kept, library="paths")
    assert first == os.path.abspath("data/a.csv")
    assert Path(second).read_text() == CSV
    assert Path(second).name == "b.csv"
    assert not os.access(second, os.W_OK) or os.getuid() == 0


def test_all_of_it_comes_back_without_its_datastore(workspace: Workspace, tmp_path: Path) -> None:
    bulk = tmp_path / "bulk"
    write(bulk / "a.csv", CSV)
    workspace.add_datastore("bulk", str(bulk))
    register(workspace, bulk / "a.csv")
    shutil.rmtree(bulk)
    workspace.layout.config.unlink()
    assert len(load(workspace)) == 2


def test_a_copy_in_the_cache_that_was_changed_is_not_used(kept: Workspace) -> None:
    overwrite(Path("data/a.csv"))
    copy = Path(load(kept, library="paths")[0])
    copy.chmod(0o644)
    copy.write_text(OTHER)
    assert Path(load(kept, library="paths")[0]).read_text() == CSV


def test_a_version_that_is_not_kept_is_an_error_when_it_drifts(workspace: Workspace) -> None:
    write("a.csv", CSV)
    assert not register(workspace, "a.csv", snapshot="never").version.kept
    overwrite(Path("a.csv"))
    with pytest.raises(DriftError):
        load(workspace)
    assert not workspace.layout.objects.exists()


def test_as_is_loads_what_is_there_although_the_version_is_kept(kept: Workspace) -> None:
    overwrite(Path("data/a.csv"))
    assert load(kept, as_is=True)["temp"][0] == 78.98


def test_a_file_written_to_while_it_is_read_is_read_from_the_snapshot(
    kept: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dsnb.datasets import loading

    read = loading.read_table

    def meanwhile(paths: list[str], *rest: object) -> object:
        if paths[0] == os.path.abspath("data/a.csv"):
            overwrite(Path("data/a.csv"))
        return read(paths, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "read_table", meanwhile)
    assert load(kept)["temp"].tolist() == [78.08, 73.04, 78.08, 73.04]


def test_comparisons_and_previews_use_the_snapshot_too(kept: Workspace) -> None:
    overwrite(Path("data/a.csv"))
    version = kept.resolve("ds")
    diff = kept.compare_with_disk(version, Options(on=None))
    assert diff.row_changes is not None
    assert len(kept.preview(version, 10)) == 2
    register(kept, "data")
    between = kept.compare(version, kept.resolve("ds@2"), Options(on=["origin"]))
    assert between.files is not None
    assert len(between.files.changed) == 1


def test_auto_keeps_up_to_50_megabytes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsnb.datasets.keeping.SMALL", 1000)
    write("small.txt", "x" * 1000)
    write("large.txt", "x" * 1001)
    assert register(workspace, "small.txt", name="small").version.kept
    assert not register(workspace, "large.txt", name="large").version.kept
    monkeypatch.setattr(SnapshotStore, "clones", lambda self, path: True)
    write("large.txt", "y" * 1001)
    assert register(workspace, "large.txt", name="large").version.kept


def test_the_setting_decides_and_an_option_overrides_it(workspace: Workspace) -> None:
    write("a.csv", CSV)
    workspace.set_setting("snapshot", "never")
    assert not register(workspace, "a.csv").version.kept
    assert register(workspace, "a.csv", name="b", snapshot="always").version.kept
    workspace.set_setting("snapshot", "always")
    assert register_table(workspace, pd.DataFrame({"a": [1]}), name="c").version.kept
    workspace.set_setting("snapshot", "auto")
    assert not register_table(workspace, pd.DataFrame({"a": [2]}), name="c").version.kept


def test_registering_again_with_a_snapshot_keeps_what_is_registered(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", snapshot="never")
    again = register(workspace, "a.csv", snapshot="always")
    assert (again.created, again.version.ref, again.version.kept) == (False, "ds@1", True)
    assert workspace.resolve("ds").kept


def test_a_snapshot_can_be_made_later_and_let_go(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", snapshot="never")
    made = workspace.snapshot(parse("ds"))
    assert (made.version.kept, made.was_kept, made.new) == (True, False, 1)
    again = workspace.snapshot(parse("ds"))
    assert (again.was_kept, again.new) == (True, 0)
    gone = workspace.release(parse("ds"))
    assert (gone.version.kept, gone.was_kept) == (False, True)
    overwrite(Path("a.csv"))
    with pytest.raises(DriftError):
        load(workspace)


def test_what_drifted_can_no_longer_be_kept(workspace: Workspace) -> None:
    write("a.csv", CSV)
    register(workspace, "a.csv", snapshot="never")
    overwrite(Path("a.csv"))
    with pytest.raises(DriftError, match="has drifted"):
        workspace.snapshot(parse("ds"))
    assert not workspace.resolve("ds").kept


def test_a_file_that_changes_while_it_is_registered_is_not_registered(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.csv", CSV)
    keep = SnapshotStore.keep

    def meanwhile(store: SnapshotStore, *rest: object) -> object:
        overwrite(Path("a.csv"))
        return keep(store, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(SnapshotStore, "keep", meanwhile)
    with pytest.raises(SourceError):
        register(workspace, "a.csv")
    assert len(workspace.datasets()) == 0


def test_a_damaged_snapshot_is_told_and_never_loaded(kept: Workspace) -> None:
    [thing] = [path for path in kept.layout.objects.rglob("*") if path.is_file()]
    content = bytearray(thing.read_bytes())
    content[len(content) // 2] ^= 1
    thing.chmod(0o644)
    thing.write_bytes(content)
    overwrite(Path("data/a.csv"))
    with pytest.raises(SnapshotError, match="doctor"):
        load(kept)


def test_equal_contents_are_kept_once(workspace: Workspace) -> None:
    for name in ("a", "b"):
        write(f"{name}.bin", "x" * 5000)
        register(workspace, f"{name}.bin", name=name)
    assert len([path for path in workspace.layout.objects.rglob("*") if path.is_file()]) == 1
