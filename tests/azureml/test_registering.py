from pathlib import Path

import pandas as pd
import pytest

from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import FileDataset, TabularDataset
from dsnb.azureml.data.datapath import DataPath
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError
from dsnb.azureml.exceptions import UserErrorException

WEEK_27, WEEK_28 = "data/Weather/week 27", "data/Weather/week 28"


def both(store: Datastore) -> FileDataset:
    return Dataset.File.from_files([(store, WEEK_27), (store, WEEK_28)])


def test_the_first_version_of_a_name_is_1_and_the_next_references_both_folders(
    ws: Workspace, store: Datastore
) -> None:
    one = Dataset.File.from_files((store, WEEK_27)).register(
        ws, "weather_ds", "weather data in week 27", {"week": "27"}
    )
    two = both(store).register(ws, "weather_ds", create_new_version=True)
    assert (one.name, one.version, two.version) == ("weather_ds", 1, 2)
    assert (one.description, one.tags) == ("weather data in week 27", {"week": "27"})
    assert (two.description, two.tags) == (None, {})
    assert two.to_path() == ["/week 27/weather.csv", "/week 28/weather.csv"]
    assert Dataset.get_by_name(ws, "weather_ds", version=1).to_path() == ["/weather.csv"]
    assert not [*Path(".dsnb").rglob("*.csv")]  # by reference: the folders were not copied


def test_a_name_that_exists_needs_create_new_version(ws: Workspace, store: Datastore) -> None:
    Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_ds")
    with pytest.raises(UserErrorException, match=r"create_new_version=True.*update.*add_tags"):
        both(store).register(ws, "weather_ds")
    assert Dataset.get_by_name(ws, "weather_ds").version == 1


@pytest.mark.parametrize("create_new_version", [True, False])
def test_the_same_content_again_is_the_same_version_and_that_is_said(
    ws: Workspace, store: Datastore, create_new_version: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    first = both(store).register(ws, "weather_ds")
    again = both(store).register(ws, "weather_ds", create_new_version=create_new_version)
    assert (again.version, again.id) == (1, first.id)
    assert "weather_ds@1 holds this already" in capsys.readouterr().err


def test_overwritten_files_are_a_new_version_although_the_paths_are_the_same(
    ws: Workspace, store: Datastore
) -> None:
    Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_ds")
    Path(WEEK_27, "weather.csv").write_text("temp\n1\n", encoding="utf-8")
    again = Dataset.File.from_files((store, WEEK_27))
    assert again.register(ws, "weather_ds", create_new_version=True).version == 2


def test_a_changed_file_is_never_handed_over_as_the_version(
    ws: Workspace, store: Datastore, by_reference: None
) -> None:
    kept = Dataset.Tabular.from_delimited_files((store, WEEK_27)).register(ws, "weather_ds")
    files = Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_files")
    Path(WEEK_27, "weather.csv").write_text("temp\n1\n", encoding="utf-8")
    with pytest.raises(DatasetExecutionError, match=r"weather\.csv"):
        kept.to_pandas_dataframe()
    with pytest.raises(DatasetExecutionError, match=r"weather\.csv"):
        files.download("copies")
    with pytest.raises(DatasetExecutionError, match=r"weather\.csv"), files.mount():
        pass
    assert not Path("copies").exists()


def test_what_was_kept_is_handed_over_in_place_of_a_changed_file(
    ws: Workspace, store: Datastore
) -> None:
    before = Path(WEEK_27, "weather.csv").read_bytes()
    files = Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_files")
    Path(WEEK_27, "weather.csv").write_text("temp\n1\n", encoding="utf-8")
    [copy] = files.download("copies")
    assert Path(copy).read_bytes() == before
    with files.mount() as mounted:
        assert Path(mounted.mount_point, "weather.csv").read_bytes() == before


def test_numbers_are_never_used_again(ws: Workspace, store: Datastore) -> None:
    Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_ds")
    two = both(store).register(ws, "weather_ds", create_new_version=True)
    two.unregister_all_versions()
    assert (two.name, two.version) == (None, None)
    two.unregister_all_versions()  # what has no name is none to forget
    with pytest.raises(UserErrorException, match="weather_ds"):
        Dataset.get_by_name(ws, "weather_ds")
    assert two.register(ws, "weather_ds").version == 3
    assert Path(WEEK_27, "weather.csv").exists()


def test_metadata_change_in_place(ws: Workspace, store: Datastore) -> None:
    dataset = both(store).register(ws, "weather_ds", "two weeks", {"a": "1", "b": "2"})
    assert dataset.update(description="weeks 27, 28").description == "weeks 27, 28"
    assert dataset.tags == {"a": "1", "b": "2"}
    assert dataset.add_tags({"c": "3", "a": "1"}).tags == {"a": "1", "b": "2", "c": "3"}
    assert dataset.remove_tags(["a", "unknown"]).tags == {"b": "2", "c": "3"}
    assert dataset.update(tags={"d": "4"}).tags == {"d": "4"}
    assert dataset.update(description="", tags={}).tags == {}
    assert dataset.description is None
    seen = Dataset.get_by_name(ws, "weather_ds")
    assert (seen.version, seen.tags, seen.description) == (1, {}, None)


def test_a_tag_with_another_value_is_refused(ws: Workspace, store: Datastore) -> None:
    dataset = both(store).register(ws, "weather_ds", tags={"a": "1"})
    with pytest.raises(UserErrorException, match="a"):
        dataset.add_tags({"a": "2", "b": "2"})
    assert Dataset.get_by_name(ws, "weather_ds").tags == {"a": "1"}


def test_what_are_no_tags_are_refused(ws: Workspace, store: Datastore) -> None:
    with pytest.raises(UserErrorException, match="no tags"):
        both(store).register(ws, "weather_ds", tags=["a"])  # type: ignore[arg-type]
    with pytest.raises(UserErrorException, match="cannot be recorded"):
        both(store).register(ws, "weather_ds", description=3)  # type: ignore[arg-type]
    dataset = both(store).register(ws, "weather_ds", tags={"week": "27"})
    assert dataset.remove_tags("week").tags == {}


def test_what_is_not_registered_has_no_metadata_to_change(store: Datastore) -> None:
    dataset = both(store)
    for change in (
        lambda: dataset.update(description="x"),
        lambda: dataset.add_tags({"a": "1"}),
        lambda: dataset.remove_tags(["a"]),
    ):
        with pytest.raises(UserErrorException, match="not registered"):
            change()


def test_a_name_that_breaks_the_rules_is_refused(ws: Workspace, store: Datastore) -> None:
    for name in ("weather ds", "../x", "", "anonymous"):
        with pytest.raises(UserErrorException):
            both(store).register(ws, name)
    assert len(Dataset.get_all(ws)) == 0


def test_a_part_of_a_table_is_kept_as_a_table_of_its_own(ws: Workspace, store: Datastore) -> None:
    whole = Dataset.Tabular.from_delimited_files((store, WEEK_27)).register(ws, "weather_ds")
    part = whole.keep_columns(["temp", "origin"]).take(10)
    head = part.register(ws, "head")
    assert isinstance(head, TabularDataset)
    pd.testing.assert_frame_equal(head.to_pandas_dataframe(), part.to_pandas_dataframe())
    [parent] = ws.local.resolve("head").parents
    assert parent.ref == "weather_ds@1"


def test_a_part_of_the_files_is_a_version_of_these_files(ws: Workspace, store: Datastore) -> None:
    two = both(store).register(ws, "weather_ds")
    last = two.skip(1).register(ws, "last_week")
    assert last.to_path() == ["/weather.csv"]
    [parent] = ws.local.resolve("last_week").parents
    assert parent.ref == "weather_ds@1"
    with pytest.raises(UserErrorException, match="no file"):
        two.take(0).register(ws, "nothing")


def test_a_version_can_be_registered_under_another_name(ws: Workspace, store: Datastore) -> None:
    one = Dataset.Tabular.from_delimited_files((store, WEEK_27)).register(ws, "weather_ds")
    other = one.register(ws, "copy_ds")
    assert (other.name, other.version) == ("copy_ds", 1)
    assert ws.local.resolve("copy_ds").digest == ws.local.resolve("weather_ds").digest
    memory = Dataset.Tabular.register_pandas_dataframe(pd.DataFrame({"a": [1, 2]}), store, "made")
    again = memory.register(ws, "made_again")
    pd.testing.assert_frame_equal(again.to_pandas_dataframe(), pd.DataFrame({"a": [1, 2]}))


def test_a_dataframe_becomes_a_version_and_then_the_next(ws: Workspace, store: Datastore) -> None:
    for number in (1, 2):
        frame = pd.DataFrame({"a": [number]})
        made = Dataset.Tabular.register_pandas_dataframe(
            frame, (store, "tables"), "made", "a table", {"k": "v"}
        )
        assert (made.version, made.description, made.tags) == (number, "a table", {"k": "v"})
        assert isinstance(made, TabularDataset)
        pd.testing.assert_frame_equal(made.to_pandas_dataframe(), frame)


def test_a_dataset_can_be_registered_in_another_workspace(
    ws: Workspace, store: Datastore, tmp_path: Path
) -> None:
    from dsnb.workspace import Workspace as LocalWorkspace

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = LocalWorkspace.create(elsewhere, lambda notice: None)
    one = Dataset.File.from_files((store, WEEK_27)).register(ws, "weather_ds")
    there = one.register(other, "weather_ds")
    assert there.to_path() == ["/weather.csv"]
    assert other.resolve("weather_ds").digest == ws.local.resolve("weather_ds").digest


def test_every_way_to_name_a_place_names_the_same(ws: Workspace, store: Datastore) -> None:
    ways = [
        (store, WEEK_27),
        (store, f"/{WEEK_27}/"),
        DataPath(store, WEEK_27),
        store.path(WEEK_27),
        WEEK_27,
        Path(WEEK_27),
        Path(WEEK_27).absolute().as_uri().replace("%20", " "),
        [(store, WEEK_27), WEEK_27],
    ]
    made = [Dataset.File.from_files(way).register(ws, "weather_ds") for way in ways]
    assert {one.version for one in made} == {1}


@pytest.mark.parametrize("path", [None, [], 3, "", ("default", WEEK_27), "https://host/a.csv"])
def test_what_names_no_data_here_is_refused(ws: Workspace, path: object) -> None:
    with pytest.raises(UserErrorException):
        Dataset.File.from_files(path)
