from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsnb
from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import FileDataset, TabularDataset
from dsnb.azureml.data.abstract_dataset import _is_number
from dsnb.azureml.exceptions import AzureMLException, UserErrorException
from dsnb.errors import DsnbError

WEEK_27, WEEK_28 = "data/Weather/week 27", "data/Weather/week 28"


@pytest.fixture
def two_versions(ws: Workspace, store: Datastore) -> None:
    Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_ds")
    Dataset.File.from_files((store, WEEK_28)).register(ws, "weather_ds", create_new_version=True)


@pytest.mark.parametrize(
    ("asked", "number"), [("latest", 2), (None, 2), (1, 1), ("1", 1), (2, 2), ("2", 2)]
)
def test_a_version_is_found_by_its_number_or_is_the_latest(
    ws: Workspace, two_versions: None, asked: int | str | None, number: int
) -> None:
    found = Dataset.get_by_name(ws, "weather_ds", version=asked)
    assert (found.name, found.version) == ("weather_ds", number)
    assert Dataset.get_by_name(ws, "weather_ds").version == 2


@pytest.mark.parametrize("asked", ["first", "1.0", "-1", "v1", "", True, 1.0, "¹", "latest~1"])
def test_anything_else_is_an_error_that_names_it(
    ws: Workspace, two_versions: None, asked: object
) -> None:
    with pytest.raises(UserErrorException) as caught:
        Dataset.get_by_name(ws, "weather_ds", asked)  # type: ignore[arg-type]
    assert repr(asked) in str(caught.value)
    assert "weather_ds" in str(caught.value)


@pytest.mark.parametrize("name", [None, 3, ["weather_ds"]])
def test_what_is_no_name_or_id_is_an_error_too(ws: Workspace, name: object) -> None:
    with pytest.raises(UserErrorException):
        Dataset.get_by_name(ws, name)  # type: ignore[arg-type]
    with pytest.raises(UserErrorException):
        Dataset.get_by_id(ws, name)  # type: ignore[arg-type]


@given(st.text() | st.integers() | st.floats() | st.booleans())
def test_a_number_is_what_int_reads_from_plain_digits(value: object) -> None:
    plain = isinstance(value, str) and value != "" and set(value) <= set("0123456789")
    assert _is_number(value) == (plain or type(value) is int)


@pytest.mark.parametrize(
    ("name", "version"), [("weather_ds", 9), ("weather_ds", 0), ("wether_ds", 1), ("x", "3")]
)
def test_what_is_not_there_is_an_error_that_names_name_and_version(
    ws: Workspace, two_versions: None, name: str, version: int | str
) -> None:
    with pytest.raises(UserErrorException) as caught:
        Dataset.get_by_name(ws, name, version)
    assert name in str(caught.value)
    assert str(version) in str(caught.value)


def test_an_error_is_one_of_the_retired_sdk_and_one_of_dsnb(ws: Workspace) -> None:
    with pytest.raises(AzureMLException) as caught:
        Dataset.get_by_name(ws, "nothing")
    assert isinstance(caught.value, DsnbError)
    assert isinstance(caught.value.inner_exception, DsnbError)
    assert caught.value.message == str(caught.value)


def test_a_registered_dataset_is_found_by_its_id(ws: Workspace, two_versions: None) -> None:
    one = Dataset.get_by_name(ws, "weather_ds", 1)
    found = Dataset.get_by_id(ws, one.id)
    assert (found.id, found.name, found.version) == (one.id, "weather_ds", 1)
    with pytest.raises(UserErrorException, match="no-such-id"):
        Dataset.get_by_id(ws, "no-such-id")


def test_all_datasets_are_mapped_to_their_latest_versions_and_read_when_asked(
    ws: Workspace, two_versions: None, store: Datastore
) -> None:
    Dataset.Tabular.from_delimited_files((store, WEEK_27)).register(ws, "table_ds")
    dsnb.model.register("a_model", "data/Weather/week 27/weather.csv")
    found = Dataset.get_all(ws)
    assert sorted(found) == ["table_ds", "weather_ds"]
    assert found["weather_ds"].version == 2
    assert isinstance(found["weather_ds"], FileDataset)
    assert isinstance(ws.datasets["table_ds"], TabularDataset)
    assert "a_model" not in found
    with pytest.raises(KeyError):
        found["a_model"]
    with pytest.raises(UserErrorException, match="a_model@1 is a model"):
        Dataset.get_by_name(ws, "a_model")


def test_the_workspace_of_dsnb_itself_will_do(ws: Workspace, two_versions: None) -> None:
    assert Dataset.get_by_name(ws.local, "weather_ds").version == 2
    with pytest.raises(UserErrorException, match="no workspace"):
        Dataset.get_by_name("weather", "weather_ds")


def test_a_dataset_follows_when_it_is_renamed(ws: Workspace, two_versions: None) -> None:
    found = Dataset.get_by_name(ws, "weather_ds")
    dsnb.rename("weather_ds", "rain_ds")
    assert found.add_tags({"a": "1"}).name == "rain_ds"
    assert Path(found.download("copies")[0]).exists()
