"""Datastores: named folders, and what is put there and taken from there."""

from pathlib import Path

import pytest

import dsnb
from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data.datapath import DataPath
from dsnb.azureml.exceptions import UserErrorException


@pytest.fixture
def bulk(tmp_path: Path) -> Path:
    folder = tmp_path / "bulk"
    folder.mkdir()
    return folder


def write(*paths: str) -> list[str]:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(path, encoding="utf-8")
    return list(paths)


def test_the_default_datastore_is_the_workspaces_folder(ws: Workspace) -> None:
    for store in (
        ws.get_default_datastore(),
        Datastore.get_default(ws),
        Datastore(ws),
        Datastore.get(ws, "default"),
        Datastore.get(ws, "workspaceblobstore"),
    ):
        assert (store.name, store.folder) == ("default", str(Path.cwd()))
        assert store.workspace is ws
    ws.set_default_datastore("default")
    with pytest.raises(UserErrorException, match="always the workspace's own folder"):
        ws.set_default_datastore("local")


def test_a_folder_is_named_here_or_with_the_verb(ws: Workspace, bulk: Path) -> None:
    assert Datastore.register_folder(ws, "bulk", str(bulk)).folder == str(bulk)
    assert Datastore.register_folder(ws, "bulk", str(bulk)).name == "bulk"  # once more is nothing
    dsnb.datastore.add("again", str(bulk))
    assert {"default", "bulk", "again"} <= set(ws.datastores)
    assert Datastore.get(ws, "again").folder == str(bulk)
    Datastore.get(ws, "again").unregister()
    assert "again" not in ws.datastores
    with pytest.raises(UserErrorException, match=r"bulkk.*Did you mean bulk.*register_folder"):
        Datastore.get(ws, "bulkk")


def test_a_name_moves_to_another_folder_only_when_that_is_asked_for(
    ws: Workspace, bulk: Path
) -> None:
    Datastore.register_folder(ws, "bulk", str(bulk))
    with pytest.raises(UserErrorException, match="already"):
        Datastore.register_folder(ws, "bulk", "data")
    assert Datastore.register_folder(ws, "bulk", "data", overwrite=True).folder.endswith("data")


def test_storage_of_the_cloud_is_the_folder_that_was_given_its_name(
    ws: Workspace, bulk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask() -> Datastore:
        return Datastore.register_azure_blob_container(
            workspace=ws, datastore_name="weather_blobs", container_name="c", account_name="a"
        )

    with pytest.raises(UserErrorException, match="register_folder"):
        ask()
    Datastore.register_folder(ws, "weather_blobs", str(bulk))
    assert ask().folder == str(bulk)
    assert "is a folder here" in capsys.readouterr().err
    with pytest.raises(UserErrorException, match="register_pandas_dataframe"):
        Datastore.register_azure_sql_database(ws, "weather_sql", "server", "database")


def test_data_of_a_datastore_is_registered_by_its_name(ws: Workspace, bulk: Path) -> None:
    (bulk / "a.txt").write_text("a", encoding="utf-8")
    store = Datastore.register_folder(ws, "bulk", str(bulk))
    Dataset.File.from_files(DataPath(store, "a.txt")).register(ws, "a_ds")
    [source] = ws.local.resolve("a_ds").definition.sources
    assert (source.datastore, source.path) == ("bulk", "a.txt")
    with pytest.raises(UserErrorException, match="Versions lie"):
        store.unregister()


def test_files_are_uploaded_below_the_folder_that_holds_them_all(
    ws: Workspace, store: Datastore
) -> None:
    files = write("out/a/1.txt", "out/b/2.txt")
    reference = store.upload_files(files, target_path="up", overwrite=True, show_progress=True)
    assert Path("up/a/1.txt").read_text(encoding="utf-8") == "out/a/1.txt"
    assert Path("up/b/2.txt").exists()
    assert reference.path_on_datastore == "up"
    assert Dataset.File.from_files(reference).to_path() == ["/a/1.txt", "/b/2.txt"]
    store.upload_files(files, relative_root=".", target_path="rooted")
    assert Path("rooted/out/a/1.txt").exists()
    store.upload("out", "whole")
    assert Path("whole/b/2.txt").exists()


def test_what_is_there_is_passed_over_unless_it_may_be_written_over(
    ws: Workspace, store: Datastore, capsys: pytest.CaptureFixture[str]
) -> None:
    files = write("out/1.txt", "out/2.txt")
    write("up/1.txt")
    store.upload_files(files, target_path="up")
    assert Path("up/1.txt").read_text(encoding="utf-8") == "up/1.txt"
    assert Path("up/2.txt").exists()
    assert "1 files are in" in capsys.readouterr().err
    store.upload_files(files, target_path="up", overwrite=True)
    assert Path("up/1.txt").read_text(encoding="utf-8") == "out/1.txt"


def test_an_upload_that_cannot_be_copies_nothing(ws: Workspace, store: Datastore) -> None:
    files = write("out/1.txt")
    for given in (
        {"files": [*files, "out/nothing.txt"]},
        {"files": files, "relative_root": "data"},
        {"files": files, "target_path": "../elsewhere"},
        {"files": files, "target_path": ".dsnb/objects"},
    ):
        with pytest.raises(UserErrorException):
            store.upload_files(**{"target_path": "up", **given})  # type: ignore[arg-type]
    with pytest.raises(UserErrorException, match="no folder"):
        store.upload("nowhere", "up")
    assert not Path("up").exists()


def test_a_download_takes_what_begins_with_the_prefix(ws: Workspace, store: Datastore) -> None:
    write("in/a1.txt", "in/a2/b.txt", "in/c.txt")
    assert store.download("copies", prefix="in/a") == 2
    found = sorted(path.as_posix() for path in Path("copies").rglob("*.txt"))
    assert found == ["copies/in/a1.txt", "copies/in/a2/b.txt"]
    assert store.download("copies", prefix="in") == 1
    assert store.download("copies", prefix="in", overwrite=True) == 3
    assert store.download("copies", prefix="nothing") == 0
    store.download("everything")
    assert not Path("everything/.dsnb").exists()
