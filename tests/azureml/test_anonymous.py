"""Datasets that were saved without a name: found by their id, in no list."""

from pathlib import Path

import pandas as pd
import pytest

import dsnb
from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.exceptions import UserErrorException
from dsnb.errors import DsnbError
from dsnb.refs import ANONYMOUS

WEEK_27, WEEK_28 = "data/Weather/week 27", "data/Weather/week 28"


def test_an_id_finds_what_was_never_registered(ws: Workspace, store: Datastore) -> None:
    files = Dataset.File.from_files((store, WEEK_27))
    table = Dataset.Tabular.from_delimited_files((store, WEEK_27))
    part = table.take(3)
    assert (files.name, files.version, files.description, files.tags) == (None,) * 4
    for dataset in (files, table, part):
        found = Dataset.get_by_id(ws, dataset.id)
        assert type(found) is type(dataset)
        assert (found.id, found.name, found.version) == (dataset.id, None, None)
    assert len({files.id, table.id, part.id}) == 3
    pd.testing.assert_frame_equal(
        Dataset.get_by_id(ws, part.id).to_pandas_dataframe(), part.to_pandas_dataframe()
    )
    assert Dataset.get_by_id(ws, files.id).to_path() == ["/weather.csv"]


def test_the_same_definition_and_content_has_the_same_id(ws: Workspace, store: Datastore) -> None:
    first = Dataset.File.from_files((store, WEEK_27)).id
    other = Dataset.File.from_files((store, WEEK_28)).id
    assert Dataset.File.from_files((store, WEEK_27)).id == first != other


def test_an_id_stands_for_the_content_that_it_was_given_for(
    ws: Workspace, store: Datastore
) -> None:
    before = Path(WEEK_27, "weather.csv").read_bytes()
    dataset = Dataset.File.from_files((store, WEEK_27))
    known = dataset.id
    Path(WEEK_27, "weather.csv").write_text("temp\n1\n", encoding="utf-8")
    assert dataset.id == known
    [copy] = Dataset.get_by_id(ws, known).download()
    assert Path(copy).read_bytes() == before
    assert Dataset.File.from_files((store, WEEK_27)).id != known


def test_before_it_has_an_id_a_dataset_is_what_is_there(ws: Workspace, store: Datastore) -> None:
    dataset = Dataset.Tabular.from_delimited_files((store, WEEK_27))
    assert len(dataset.to_pandas_dataframe()) > 1
    Path(WEEK_27, "weather.csv").write_text("temp\n1\n", encoding="utf-8")
    assert dataset.to_pandas_dataframe().to_dict("list") == {"temp": [1]}


def test_no_list_shows_it_and_nothing_else_can_have_its_place(
    ws: Workspace, store: Datastore
) -> None:
    assert Dataset.File.from_files((store, WEEK_27)).id
    assert len(dsnb.list()) == 0
    assert len(dsnb.verify().rows) == 0
    assert len(Dataset.get_all(ws)) == 0
    assert ws.local.status().datasets == 0
    assert len(dsnb.versions(ANONYMOUS)) == 1
    with pytest.raises(DsnbError, match="without a name"):
        dsnb.register(ANONYMOUS, WEEK_28)
    dsnb.register("weather_ds", WEEK_28)
    with pytest.raises(DsnbError, match="without a name"):
        dsnb.rename("weather_ds", ANONYMOUS)


def test_registering_it_leaves_its_id_as_it_was(ws: Workspace, store: Datastore) -> None:
    dataset = Dataset.File.from_files((store, WEEK_27))
    known = dataset.id
    registered = dataset.register(ws, "weather_ds")
    assert Dataset.get_by_id(ws, registered.id).name == "weather_ds"
    assert Dataset.get_by_id(ws, known).name is None
    assert dataset.id == known


def test_garbage_collection_keeps_what_an_id_stands_for(ws: Workspace, store: Datastore) -> None:
    part = Dataset.Tabular.from_delimited_files((store, WEEK_27)).take(5)
    known = part.id
    dsnb.gc()
    assert len(Dataset.get_by_id(ws, known).to_pandas_dataframe()) == 5
    assert dsnb.doctor()


def test_what_no_run_used_goes_as_any_other_version_does(ws: Workspace, store: Datastore) -> None:
    read = Dataset.File.from_files((store, WEEK_27))
    Dataset.get_by_id(ws, read.id)
    never = Dataset.File.from_files((store, WEEK_28)).id
    last = Dataset.File.from_files((store, "data/Weather")).id
    assert [one.ref for one in dsnb.gc(keep_last=1).versions] == [f"{ANONYMOUS}@2"]
    for known in (read.id, last):
        assert Dataset.get_by_id(ws, known).id == known
    with pytest.raises(UserErrorException, match=never):
        Dataset.get_by_id(ws, never)
    dsnb.delete(f"{ANONYMOUS}@3", force=True)
    with pytest.raises(UserErrorException, match=last):
        Dataset.get_by_id(ws, last)


def test_what_has_no_name_is_never_overtaken(ws: Workspace, store: Datastore) -> None:
    Dataset.get_by_id(ws, Dataset.File.from_files((store, WEEK_27)).id)
    assert Dataset.File.from_files((store, WEEK_28)).id
    [run] = ws.local.runs().values()
    assert [use.ref for use in run.inputs] == [f"{ANONYMOUS}@1"]
    assert ws.local.stale(run) == []


def test_a_file_that_cells_read_is_told_to_be_of_a_named_dataset(
    ws: Workspace, store: Datastore
) -> None:
    from dsnb.storage.files import stat_of

    assert Dataset.File.from_files((store, WEEK_27)).id
    path = str(Path(WEEK_27, "weather.csv").resolve())
    reads = {path: stat_of(Path(path).stat())}
    assert dict(ws.local.attribute(reads)) == {path: None}
    dsnb.register("weather_ds", WEEK_27)
    assert Dataset.File.from_files((store, WEEK_27)).id
    [version] = dict(ws.local.attribute(reads)).values()
    assert version is not None
    assert version.ref == "weather_ds@1"
