"""Partitions: what the paths of a dataset's files tell."""

from datetime import datetime
from pathlib import Path

import pytest

from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import FileDataset, TabularDataset
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from dsnb.azureml.exceptions import UserErrorException
from dsnb.workspace import Workspace as LocalWorkspace
from tests.workbench import load, write

FORMAT = "/{city}/{day:yyyy-MM-dd}/{part}.csv"


@pytest.fixture
def files(ws: Workspace, store: Datastore) -> FileDataset:
    """Return two days of two cities, in files of a part each."""
    for city in ("EWR", "JFK"):
        for day in ("2013-07-01", "2013-07-02"):
            write(f"in/{city}/{day}/a.csv", f"n\n{day[-1]}\n")
    write("in/JFK/2013-07-02/b.csv", "n\n3\n")
    return Dataset.File.from_files((store, "in"), partition_format=FORMAT)


def test_the_keys_and_their_values_are_known(ws: Workspace, files: FileDataset) -> None:
    first, second = datetime(2013, 7, 1), datetime(2013, 7, 2)
    for dataset in (files, files.register(ws, "ds"), Dataset.get_by_name(ws, "ds")):
        assert dataset.partition_keys == ["city", "part", "day"]
        assert dataset.get_partition_key_values() == [
            {"city": "EWR", "part": "a", "day": first},
            {"city": "EWR", "part": "a", "day": second},
            {"city": "JFK", "part": "a", "day": first},
            {"city": "JFK", "part": "a", "day": second},
            {"city": "JFK", "part": "b", "day": second},
        ]
        assert dataset.get_partition_key_values(["city"]) == [{"city": "EWR"}, {"city": "JFK"}]
        assert dataset.get_partition_key_values(["part", "city"]) == [
            {"part": "a", "city": "EWR"},
            {"part": "a", "city": "JFK"},
            {"part": "b", "city": "JFK"},
        ]


def test_a_part_of_the_files_has_its_own_values(ws: Workspace, files: FileDataset) -> None:
    part = files.skip(4)
    for dataset in (part, part.register(ws, "ds"), Dataset.get_by_id(ws, part.id)):
        assert dataset.get_partition_key_values(["part"]) == [{"part": "b"}]


def test_a_table_has_them_too(
    ws: Workspace, store: Datastore, files: FileDataset, workspace: LocalWorkspace
) -> None:
    table = Dataset.Tabular.from_delimited_files((store, "in"), partition_format=FORMAT)
    assert isinstance(table, TabularDataset)
    assert table.partition_keys == files.partition_keys
    assert table.get_partition_key_values() == files.get_partition_key_values()
    table.register(ws, "ds")
    frame = load(workspace, "ds@1")
    assert list(frame.columns) == ["n", *table.partition_keys]
    found = frame[table.partition_keys].drop_duplicates().to_dict("records")
    assert found == table.get_partition_key_values()


def test_a_dataset_without_keys_has_none(
    ws: Workspace, store: Datastore, files: FileDataset
) -> None:
    bare = Dataset.File.from_files((store, "in"))
    assert bare.partition_keys == []
    with pytest.raises(UserErrorException, match="no partition keys"):
        bare.get_partition_key_values()
    with pytest.raises(UserErrorException, match=r"'day '.* They are city, part, day"):
        files.get_partition_key_values(["city", "day "])


def test_a_file_that_does_not_fit_is_named(ws: Workspace, store: Datastore) -> None:
    write("in/EWR/a.csv", "n\n1\n")
    with pytest.raises(DatasetValidationError, match=r"/in/EWR/a\.csv does not fit"):
        Dataset.File.from_files((store, "in"), partition_format=FORMAT)
    later = Dataset.File.from_files((store, "in"), partition_format=FORMAT, validate=False)
    with pytest.raises(DatasetExecutionError, match=r"/in/EWR/a\.csv does not fit"):
        later.get_partition_key_values()
    with pytest.raises(UserErrorException, match=r"/in/EWR/a\.csv does not fit"):
        later.register(ws, "ds")
    with pytest.raises(DatasetValidationError, match="is no partition format"):
        Dataset.File.from_files((store, "in"), partition_format="/{city/a.csv", validate=False)


def test_what_was_registered_under_other_keys_is_another_version(
    ws: Workspace, store: Datastore, files: FileDataset
) -> None:
    files.register(ws, "ds")
    other = Dataset.File.from_files((store, "in"), partition_format="/{place}/*/*.csv")
    with pytest.raises(UserErrorException, match="create_new_version"):
        other.register(ws, "ds")
    assert other.register(ws, "ds", create_new_version=True).version == 2
    assert Dataset.get_by_name(ws, "ds", 1).partition_keys == ["city", "part", "day"]


def test_files_of_this_machine_have_keys_too(ws: Workspace, tmp_path: Path) -> None:
    file = write(tmp_path / "outside/EWR/2013-07-01/a.csv", "n\n1\n")
    dataset = Dataset.File.from_files(str(file), partition_format=FORMAT)
    assert dataset.get_partition_key_values(["city"]) == [{"city": "EWR"}]
