"""The files of a dataset: paths, copies, a mounted folder."""

import os
import stat
from pathlib import Path

import pytest

from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import FileDataset
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from dsnb.azureml.exceptions import UserErrorException

NAMES = ["a/1.txt", "a/b/2.txt", "c/3.txt"]


@pytest.fixture
def tree(ws: Workspace, store: Datastore) -> FileDataset:
    for name in NAMES:
        path = Path("tree", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return Dataset.File.from_files((store, "tree"))


def texts(folder: str) -> dict[str, str]:
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def test_paths_are_relative_to_what_was_named(tree: FileDataset, store: Datastore) -> None:
    assert tree.to_path() == ["/a/1.txt", "/a/b/2.txt", "/c/3.txt"]
    for path, wanted in {
        "tree/a": ["/1.txt", "/b/2.txt"],
        "tree/a/b/2.txt": ["/2.txt"],
        "tree/*/*.txt": ["/a/1.txt", "/c/3.txt"],
        "tree/**/*.txt": ["/a/1.txt", "/a/b/2.txt", "/c/3.txt"],
    }.items():
        assert Dataset.File.from_files((store, path)).to_path() == wanted
    several = Dataset.File.from_files([(store, "tree/c/3.txt"), (store, "tree/a/b")])
    assert several.to_path() == ["/c/3.txt", "/a/b/2.txt"]


def test_paths_in_two_datastores_begin_with_their_names(
    ws: Workspace, store: Datastore, tree: FileDataset, tmp_path: Path
) -> None:
    folder = tmp_path / "bulk"
    folder.mkdir()
    (folder / "4.txt").write_text("4", encoding="utf-8")
    bulk = Datastore.register_folder(ws, "bulk", str(folder))
    dataset = Dataset.File.from_files([(store, "tree/c"), (bulk, "4.txt")])
    assert dataset.to_path() == ["/default/tree/c/3.txt", "/bulk/4.txt"]


def test_a_download_has_every_file_under_its_path(tree: FileDataset) -> None:
    paths = tree.download("copies")
    assert paths == [str(Path("copies", name).absolute()) for name in NAMES]
    assert texts("copies") == {name: name for name in NAMES}
    temporary = tree.download()
    assert [Path(path).read_text(encoding="utf-8") for path in temporary] == NAMES


def test_a_download_writes_over_nothing_unless_it_is_told_to(tree: FileDataset) -> None:
    Path("copies/c").mkdir(parents=True)
    Path("copies/c/3.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserErrorException, match="overwrite=True"):
        tree.download("copies")
    assert texts("copies") == {"c/3.txt": "mine"}
    tree.download("copies", overwrite=True)
    assert texts("copies") == {name: name for name in NAMES}


def test_files_that_are_gone_are_left_out_only_when_that_is_asked_for(
    ws: Workspace, tree: FileDataset, by_reference: None
) -> None:
    kept = tree.register(ws, "tree")
    Path("tree/a/b/2.txt").unlink()
    with pytest.raises(DatasetExecutionError, match=r"2\.txt"):
        kept.download("copies")
    kept.download("copies", ignore_not_found=True)
    assert texts("copies") == {name: name for name in NAMES if name != "a/b/2.txt"}
    Path("tree/c/3.txt").write_text("changed", encoding="utf-8")
    with pytest.raises(DatasetExecutionError, match=r"3\.txt"):
        kept.download("others", ignore_not_found=True)


def test_a_mounted_folder_has_the_files_and_is_gone_afterwards(tree: FileDataset) -> None:
    with tree.mount() as mounted:
        folder = mounted.mount_point
        assert texts(folder) == {name: name for name in NAMES}
    assert not Path(folder).exists()
    assert texts("tree") == {name: name for name in NAMES}


def test_a_mounted_folder_can_be_started_and_stopped(tree: FileDataset) -> None:
    context = tree.take(1).mount("here/mounted")
    assert context.mount_point == str(Path("here/mounted").absolute())
    context.start()
    context.start()
    assert texts("here/mounted") == {"a/1.txt": "a/1.txt"}
    context.stop()
    context.stop()
    assert not Path("here/mounted").exists()
    with pytest.raises(UserErrorException, match="start"):
        _ = tree.mount().mount_point


def test_a_mounted_folder_takes_no_new_files(tree: FileDataset) -> None:
    with tree.mount() as mounted:
        for folder in (mounted.mount_point, os.path.join(mounted.mount_point, "a")):
            assert not stat.S_IMODE(os.stat(folder).st_mode) & 0o222


def test_a_folder_that_is_not_empty_is_not_mounted_over(tree: FileDataset) -> None:
    Path("mine").mkdir()
    with tree.mount("mine") as mounted:  # an empty one stays, and is empty again
        assert len(texts(mounted.mount_point)) == 3
    assert [*Path("mine").iterdir()] == []
    Path("mine/notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserErrorException, match="not empty"), tree.mount("mine"):
        pass
    assert texts("mine") == {"notes.txt": "mine"}


def test_a_mount_that_fails_leaves_nothing(
    tree: FileDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, place: str) -> None:
        raise KeyboardInterrupt

    context = tree.mount("mounted")
    monkeypatch.setattr(os, "symlink", refuse)
    with pytest.raises(KeyboardInterrupt):
        context.start()
    assert not Path("mounted").exists()


def test_where_no_links_can_be_made_the_folder_has_copies(
    tree: FileDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, place: str) -> None:
        raise OSError("links are not for you")

    monkeypatch.setattr(os, "symlink", refuse)
    with tree.mount() as mounted:
        assert texts(mounted.mount_point) == {name: name for name in NAMES}
        assert not Path(mounted.mount_point, "a/1.txt").is_symlink()


def test_missing_files_are_noticed_at_once_unless_that_is_turned_off(
    ws: Workspace, store: Datastore
) -> None:
    Path("empty").mkdir()
    for path in ("nowhere", "data/*.nothing", "empty"):
        with pytest.raises(DatasetValidationError):
            Dataset.File.from_files((store, path))
        later = Dataset.File.from_files((store, path), validate=False)
        with pytest.raises(UserErrorException):
            later.register(ws, "nothing")
        with pytest.raises(DatasetExecutionError):
            later.to_path()
    with pytest.raises(UserErrorException, match="leads out"):
        Dataset.File.from_files((store, "../elsewhere"))


def test_a_directory_is_uploaded_and_becomes_a_dataset(
    ws: Workspace, store: Datastore, tree: FileDataset
) -> None:
    made = Dataset.File.upload_directory("tree", (store, "up"), show_progress=False)
    assert made.to_path() == tree.to_path()
    some = Dataset.File.upload_directory("tree", (store, "some"), pattern="*/b/*.txt")
    assert some.to_path() == ["/a/b/2.txt"]
    assert texts("some") == {"a/b/2.txt": "a/b/2.txt"}
    with pytest.raises(UserErrorException, match="nothing was copied"):
        Dataset.File.upload_directory("tree", (store, "none"), pattern="*.nothing")
    with pytest.raises(UserErrorException, match="no folder"):
        Dataset.File.upload_directory("nowhere", store)
    with pytest.raises(ValueError, match="datastore"):
        Dataset.File.upload_directory("tree", "up")
