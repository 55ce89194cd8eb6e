"""Datasets as named inputs of a script."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data.dataset_consumption_config import (
    DatasetConsumptionConfig,
    check_input_name,
)
from dsnb.azureml.exceptions import UserErrorException

WEATHER = "data/Weather"


@given(st.text(max_size=8) | st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]*", fullmatch=True))
def test_a_name_does_for_an_environment_variable(name: str) -> None:
    if re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name):
        assert check_input_name(name) == name
    else:
        with pytest.raises(UserErrorException, match="cannot name an input"):
            check_input_name(name)


def test_an_input_has_a_name_and_a_way(ws: Workspace, store: Datastore) -> None:
    dataset = Dataset.File.from_files((store, WEATHER))
    given = dataset.as_named_input("weather_ds")
    assert (given.name, given.mode, given.dataset) == ("weather_ds", "direct", dataset)
    mounted = given.as_mount("/tmp/weather")
    assert (mounted.name, mounted.mode) == ("weather_ds", "mount")
    assert mounted.path_on_compute == "/tmp/weather"
    assert (given.as_download().mode, given.as_download().path_on_compute) == ("download", None)
    given.name = "other"
    assert given.name == "other"
    with pytest.raises(UserErrorException, match="1st"):
        given.name = "1st"


def test_a_name_is_made_up_where_none_is_given(ws: Workspace, store: Datastore) -> None:
    dataset = Dataset.File.from_files((store, WEATHER))
    names = {dataset.as_mount().name, dataset.as_download().name}
    assert len(names) == 2
    assert all(map(check_input_name, names))


def test_a_table_is_handed_over_as_itself(ws: Workspace, store: Datastore) -> None:
    table = Dataset.Tabular.from_delimited_files((store, WEATHER))
    assert table.as_named_input("weather_ds").mode == "direct"
    with pytest.raises(UserErrorException, match="TabularDataset"):
        table.as_named_input("weather_ds").as_mount()
    with pytest.raises(UserErrorException, match="hdfs"):
        DatasetConsumptionConfig("weather_ds", table, "hdfs")


def test_an_input_is_named_by_workspace_name_and_version_too(
    ws: Workspace, store: Datastore
) -> None:
    Dataset.File.from_files((store, WEATHER)).register(ws, "weather_ds")
    for named in ((ws, "weather_ds"), (ws, "weather_ds", 1)):
        assert DatasetConsumptionConfig("in_ds", named).dataset.version == 1
