"""How tables are read: each argument is part of the definition, and every load gives the same."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import DataType, TabularDataset
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from dsnb.azureml.data.dataset_type_definitions import PromoteHeadersBehavior
from dsnb.azureml.exceptions import UserErrorException
from dsnb.compare import Options
from dsnb.datasets.registration import Request
from dsnb.tables.filling import FILLER
from dsnb.workspace import Workspace as LocalWorkspace
from tests.workbench import load, write

CITIES = ("EWR", "JFK")
Make = Callable[[Datastore], TabularDataset]
Case = tuple[Make, pd.DataFrame]


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without what it carries of its origin."""
    frame = frame.copy()
    frame.attrs = {}
    return frame


def table(city: str) -> pd.DataFrame:
    """Return what the files of one city hold."""
    number = CITIES.index(city)
    days = [f"0{day}/12/2013" for day in (1 + number, 3)]
    return pd.DataFrame({"n": [number, 7], "day": days, "name": ["", "NA"], "t": ["1", "0"]})


def moments(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return day-first dates, made by Python alone."""
    found = [datetime.strptime(text, "%d/%m/%Y") for text in texts]
    return pd.Series(found, dtype="datetime64[us]", name=texts.name)


@pytest.fixture(autouse=True)
def files(ws: Workspace) -> None:
    """Write the files of each city, in each format, below ``in/CITY/2013/0MONTH``."""
    for month, city in enumerate(CITIES, 1):
        folder = Path(f"in/{city}/2013/0{month}")
        folder.mkdir(parents=True)
        table(city).to_csv(folder / "t.csv", index=False)
        table(city).to_parquet(folder / "t.parquet")
        table(city).to_json(folder / "t.jsonl", orient="records", lines=True)
        with (folder / "t.jsonl").open("a") as file:
            file.write("rubbish\n")
        table(city).to_csv(folder / "bare.tsv", index=False, header=month == 1, sep="\t")


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table of both cities with what the paths of its files tell."""
    paths = [f"/{city}/2013/0{month}/" for month, city in enumerate(CITIES, 1) for _ in range(2)]
    ending = frame.attrs.pop("ending")
    frame.insert(0, "Path", [f"{path}{ending}" for path in paths])
    frame["city"] = [city for city in CITIES for _ in range(2)]
    dates = [datetime(2013, month, 1) for month in (1, 2) for _ in range(2)]
    frame["month"] = pd.Series(dates, dtype="datetime64[us]")
    return frame


def both(ending: str, **how: Any) -> pd.DataFrame:
    """Return what pandas reads of both cities' files."""
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}.get(ending)
    frames = [
        table(city) if read is None else read(f"in/{city}/2013/0{month}/t.{ending}", **how)
        for month, city in enumerate(CITIES, 1)
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame.attrs["ending"] = f"t.{ending}"
    return frame


OF_PATHS: dict[str, Any] = {
    "include_path": True,
    "partition_format": "/{city}/{month:yyyy/MM}/t.*",
}
NAMED: dict[str, tuple[Make, Callable[[], pd.DataFrame]]] = {
    "paths of csv": (
        lambda store: Dataset.Tabular.from_delimited_files((store, "in/**/t.csv"), **OF_PATHS),
        lambda: told(both("csv")),
    ),
    "paths of parquet": (
        lambda store: Dataset.Tabular.from_parquet_files((store, "in/**/t.parquet"), **OF_PATHS),
        lambda: told(both("parquet")),
    ),
    "paths of json": (
        lambda store: Dataset.Tabular.from_json_lines_files(
            (store, "in/**/t.jsonl"), invalid_lines="drop", **OF_PATHS
        ),
        lambda: told(both("jsonl")),
    ),
    "one key": (
        lambda store: Dataset.Tabular.from_delimited_files(
            (store, "in/JFK/2013/02/t.csv"), partition_format="/{code}/2013/*/t.csv"
        ),
        lambda: pd.read_csv("in/JFK/2013/02/t.csv").assign(code="JFK"),
    ),
    "dates of csv": (
        lambda store: Dataset.Tabular.from_delimited_files(
            (store, "in/**/t.csv"), set_column_types={"day": DataType.to_datetime("%d/%m/%Y")}
        ),
        lambda: both("csv").assign(day=lambda frame: moments(frame["day"])),
    ),
    "types of parquet": (
        lambda store: Dataset.Tabular.from_parquet_files(
            (store, "in/**/t.parquet"),
            set_column_types={
                "day": DataType.to_datetime(["%Y-%m-%d", "%d/%m/%Y"]),
                "n": DataType.to_string(),
                "t": DataType.to_bool(),
            },
        ),
        lambda: both("parquet").assign(
            day=lambda frame: moments(frame["day"]),
            n=["0", "7", "1", "7"],
            t=pd.array([True, False] * 2, dtype="boolean"),
        ),
    ),
    "types of json": (
        lambda store: Dataset.Tabular.from_json_lines_files(
            (store, "in/**/t.jsonl"),
            invalid_lines="drop",
            set_column_types={
                "day": DataType.to_datetime("%d/%m/%Y"),
                "t": DataType.to_long(),
                "n": DataType.to_float(),
            },
        ),
        lambda: both("jsonl").assign(
            day=lambda frame: moments(frame["day"]),
            t=pd.array([1, 0] * 2, dtype="Int64"),
            n=[0.0, 7.0, 1.0, 7.0],
        ),
    ),
    "types of what paths tell": (
        lambda store: Dataset.Tabular.from_parquet_files(
            (store, "in/**/t.parquet"),
            partition_format="/{year}/{month}/t.parquet",
            set_column_types={"year": DataType.to_long(), "month": DataType.to_datetime("%m")},
        ),
        lambda: both("parquet").assign(
            year=pd.array([2013] * 4, dtype="Int64"),
            month=pd.Series(
                [datetime(1900, month, 1) for month in (1, 1, 2, 2)], dtype="datetime64[us]"
            ),
        ),
    ),
    "empty texts": (
        lambda store: Dataset.Tabular.from_delimited_files(
            (store, "in/**/t.csv"), empty_as_string=True
        ),
        lambda: (
            both("csv").assign(name=["", None, "", None]).astype({"name": "str"})
            if pd.__version__ >= "3"
            else both("csv").assign(name=["", float("nan"), "", float("nan")])
        ),
    ),
    "names in the first file": (
        lambda store: Dataset.Tabular.from_delimited_files(
            (store, "in/**/bare.tsv"), header=PromoteHeadersBehavior.ONLY_FIRST_FILE_HAS_HEADERS
        ),
        lambda: both("csv"),
    ),
    "no names": (
        lambda store: Dataset.Tabular.from_delimited_files(
            (store, "in/JFK/2013/02/bare.tsv"), header=False
        ),
        lambda: pd.read_csv(
            "in/JFK/2013/02/bare.tsv",
            sep="\t",
            names=[f"Column{number}" for number in (1, 2, 3, 4)],
        ),
    ),
}


@pytest.fixture(params=NAMED, ids=str)
def case(request: pytest.FixtureRequest, store: Datastore) -> Case:
    """Return a way to make a table, and the table."""
    make, wanted = NAMED[request.param]
    return make, plain(wanted())


@pytest.fixture
def local(ws: Workspace) -> LocalWorkspace:
    """Return dsnb's own workspace."""
    return ws.local


def test_the_table_is_what_plain_pandas_makes_of_the_files(store: Datastore, case: Case) -> None:
    make, wanted = case
    pd.testing.assert_frame_equal(plain(make(store).to_pandas_dataframe()), wanted)
    frame = make(store).skip(1).take(1).to_pandas_dataframe()
    pd.testing.assert_frame_equal(plain(frame), wanted[1:2].reset_index(drop=True))


def test_every_load_of_the_version_is_that_table(
    ws: Workspace, store: Datastore, local: LocalWorkspace, case: Case
) -> None:
    make, wanted = case
    registered = make(store).register(ws, "ds")
    columns = list(wanted.columns)
    assert [column.name for column in registered._recorded.columns] == columns
    assert [column.type for column in registered._recorded.columns] == [*map(str, wanted.dtypes)]
    for _ in range(3):
        pd.testing.assert_frame_equal(plain(load(local, "ds@1")), wanted)
        pd.testing.assert_frame_equal(plain(load(local, limit=1)), wanted.head(1))
        for name in columns:
            pd.testing.assert_frame_equal(plain(load(local, columns=[name])), wanted[[name]])
        some = [columns[-1], columns[0]]
        pd.testing.assert_frame_equal(plain(load(local, columns=some)), wanted[some])
        if "n" in wanted and pd.api.types.is_numeric_dtype(wanted["n"]):
            pd.testing.assert_frame_equal(
                plain(load(local, where="n == 7")).reset_index(drop=True),
                wanted[wanted["n"] == 7].reset_index(drop=True),
            )
        assert FILLER.wait(60)
    pd.testing.assert_frame_equal(
        plain(Dataset.get_by_name(ws, "ds").to_pandas_dataframe()), wanted
    )


def test_every_library_gets_that_table(
    ws: Workspace, store: Datastore, local: LocalWorkspace, case: Case
) -> None:
    make, wanted = case
    make(store).register(ws, "ds")
    wanted_rows = pl.from_pandas(wanted).rows()
    for _ in range(2):
        found = load(local, library="polars")
        assert found.columns == list(wanted.columns)
        assert found.rows() == wanted_rows
        assert load(local, library="arrow").column_names == list(wanted.columns)
        assert len(load(local, library="duckdb").fetchall()) == len(wanted)
        assert FILLER.wait(60)


def test_the_snapshot_is_that_table(
    ws: Workspace, store: Datastore, local: LocalWorkspace, case: Case
) -> None:
    make, wanted = case
    make(store).register(ws, "ds")
    for path in Path("in").rglob("*"):
        if path.is_file():
            path.write_text("something else")
    pd.testing.assert_frame_equal(plain(load(local)), wanted)
    next(Path("in").rglob("t.csv")).unlink()
    pd.testing.assert_frame_equal(
        plain(Dataset.get_by_name(ws, "ds").to_pandas_dataframe()), wanted
    )


def test_what_is_looked_at_and_compared_is_that_table(
    ws: Workspace, store: Datastore, local: LocalWorkspace, case: Case
) -> None:
    make, wanted = case
    version = make(store).register(ws, "ds")._recorded
    shown = local.preview(version, 2)
    assert list(shown.columns) == list(wanted.columns)
    assert not local.compare_with_table(version, wanted, "df", Options())
    assert not local.compare_with_disk(version, Options())
    changed = wanted.assign(**{wanted.columns[-1]: wanted.iloc[:, -1].sort_index(ascending=False)})
    changed = pd.concat([wanted, changed.head(1)], ignore_index=True)
    assert local.compare_with_table(version, changed, "df", Options())
    profile = local.profile(version).profile
    assert profile is not None
    assert [column.name for column in profile.columns] == list(wanted.columns)


def test_the_same_again_is_the_same_version(ws: Workspace, store: Datastore, case: Case) -> None:
    make, _ = case
    assert make(store).register(ws, "ds").version == 1
    assert make(store).register(ws, "ds").version == 1
    assert make(store).id == make(store).id


def test_an_imported_version_is_that_table(
    ws: Workspace,
    store: Datastore,
    local: LocalWorkspace,
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make, wanted = case
    version = make(store).register(ws, "ds")._recorded
    archive = local.export([version], str(tmp_path / "ds.zip")).path
    for number in range(2):  # also one that was imported before
        folder = tmp_path / f"elsewhere{number}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        other = LocalWorkspace.create(".")
        other.import_archive(archive)
        pd.testing.assert_frame_equal(plain(load(other)), wanted)
        archive = other.export([other.resolve("ds")], str(tmp_path / f"{number}.zip")).path


@pytest.mark.parametrize("path", ["in", "in/EWR", "in/*/2013/**", "in/JFK/2013/02/t.csv"])
def test_the_column_of_paths_is_what_to_path_gives(
    ws: Workspace, store: Datastore, path: str
) -> None:
    for named in Path("in").rglob("*.*"):
        if named.name != "t.csv":
            named.unlink()
    dataset = Dataset.Tabular.from_delimited_files((store, path), include_path=True)
    assert dataset.to_pandas_dataframe()["Path"].unique().tolist() == dataset.to_path()


# What cannot be


def test_a_file_whose_path_does_not_fit_is_named_at_once(ws: Workspace, store: Datastore) -> None:
    write("in/t.csv", "n\n1\n")
    with pytest.raises(DatasetValidationError, match=r"in/t\.csv does not fit"):
        Dataset.Tabular.from_delimited_files((store, "in/**/t.csv"), **OF_PATHS)
    later = Dataset.Tabular.from_delimited_files((store, "in/**/t.csv"), validate=False, **OF_PATHS)
    with pytest.raises(UserErrorException, match=r"in/t\.csv does not fit"):
        later.register(ws, "ds")
    with pytest.raises(DatasetExecutionError, match=r"in/t\.csv does not fit"):
        later.to_pandas_dataframe()


@pytest.mark.parametrize("given", [{"include_path": True}, {"partition_format": "/{n}/t.csv"}])
def test_a_column_that_is_there_already_is_not_hidden(
    ws: Workspace, store: Datastore, given: dict[str, Any]
) -> None:
    write("more/t.csv", "n,Path\n1,2\n")
    with pytest.raises(DatasetValidationError, match="is there already"):
        Dataset.Tabular.from_delimited_files((store, "more/t.csv"), **given)


def test_a_date_that_has_no_format_is_told(ws: Workspace, store: Datastore) -> None:
    types = {"day": DataType.to_datetime("%m-%d-%Y")}
    for make, path in (
        (Dataset.Tabular.from_delimited_files, "in/**/t.csv"),
        (Dataset.Tabular.from_parquet_files, "in/**/t.parquet"),
    ):
        with pytest.raises(DatasetExecutionError, match="01/12/2013"):
            make((store, path), set_column_types=types, validate=False).to_pandas_dataframe()


def test_without_a_format_dates_are_iso_8601(ws: Workspace, store: Datastore) -> None:
    write("t.jsonl", '{"day": "2013-07-01"}\n{"day": "2013-07-01T10:30:00"}\n')
    types = {"day": DataType.to_datetime()}
    frame = Dataset.Tabular.from_json_lines_files((store, "t.jsonl"), set_column_types=types)
    found = frame.to_pandas_dataframe()["day"].tolist()
    assert found == [pd.Timestamp("2013-07-01"), pd.Timestamp("2013-07-01 10:30")]


def test_dropped_lines_are_told_whenever_the_table_is_read(
    ws: Workspace, store: Datastore, workspace: LocalWorkspace, notices: list[str]
) -> None:
    dataset = Dataset.Tabular.from_json_lines_files((store, "in/**/t.jsonl"), invalid_lines="drop")
    dataset.register(ws, "ds")
    for number in range(1, 4):
        assert len(load(workspace)) == 4
        assert sum("Dropped: 2 damaged lines" in one for one in notices) == number
        assert FILLER.wait(60)


def test_files_that_moved_within_the_datastore_are_compared_by_what_their_paths_tell(
    ws: Workspace, store: Datastore, local: LocalWorkspace
) -> None:
    def versions(place: str) -> Any:
        return (
            Dataset.Tabular.from_delimited_files(
                (store, place), partition_format="/{city}/2013/*/t.csv"
            )
            .register(ws, "ds", create_new_version=True)
            ._recorded
        )

    write("a/EWR/2013/1/t.csv", "n\n1\n")
    write("a/JFK/2013/1/t.csv", "n\n1\n")
    found = [versions(f"a/{city}/2013") for city in CITIES]
    assert found[0].digest == found[1].digest
    assert [load(local, version.ref)["city"].tolist() for version in found] == [["EWR"], ["JFK"]]
    assert local.compare(*found, Options(on=("n",)))
    profiles = [local.profile(version).profile for version in found]
    assert profiles[0] != profiles[1]


def test_a_line_that_cannot_be_typed_is_not_suggested(
    ws: Workspace, store: Datastore, local: LocalWorkspace, by_reference: None
) -> None:
    NAMED["paths of csv"][0](store).register(ws, "ds")
    write("in/JFK/2013/02/t.csv", "n\n1\n")
    with pytest.raises(DatasetExecutionError, match="with the call that registered it"):
        Dataset.get_by_name(ws, "ds").to_pandas_dataframe()


def test_paths_can_be_added(ws: Workspace, store: Datastore, local: LocalWorkspace) -> None:
    Dataset.Tabular.from_delimited_files((store, "in/EWR/2013/01/t.csv"), **OF_PATHS).register(
        ws, "ds"
    )
    local.register(["in/JFK/2013/02/t.csv"], Request(name="ds", add=True))
    pd.testing.assert_frame_equal(plain(load(local, "ds@2")), plain(told(both("csv"))))
