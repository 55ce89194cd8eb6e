"""Tables: the files that make one, the types of their columns, what is refused."""

from pathlib import Path

import pandas as pd
import pytest

from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import DataType, TabularDataset
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from dsnb.azureml.data.dataset_type_definitions import PromoteHeadersBehavior
from dsnb.azureml.exceptions import UserErrorException

FRAME = pd.DataFrame({"code": [1, 2, 30], "temp": [1.5, 2.5, 3.5], "at": ["2013-07-01"] * 3})


def plain(dataset: TabularDataset) -> pd.DataFrame:
    """Return the table of a dataset without what it carries of its origin."""
    frame = dataset.to_pandas_dataframe()
    frame.attrs = {}
    return frame


def test_weather_is_the_table_that_pandas_reads(ws: Workspace, store: Datastore) -> None:
    weeks = ["data/Weather/week 27/weather.csv", "data/Weather/week 28/weather.csv"]
    wanted = pd.concat([pd.read_csv(week) for week in weeks], ignore_index=True)
    for path in ("data/Weather", "data/Weather/**/*.csv", "data/Weather/*/weather.csv"):
        dataset = Dataset.Tabular.from_delimited_files((store, path))
        pd.testing.assert_frame_equal(plain(dataset), wanted)
    listed = Dataset.Tabular.from_delimited_files([(store, week) for week in reversed(weeks)])
    assert len(plain(listed)) == len(wanted)
    assert listed.to_path() == ["/week 28/weather.csv", "/week 27/weather.csv"]


def test_parquet_and_json_lines_are_tables_too(ws: Workspace, store: Datastore) -> None:
    FRAME.to_parquet("t.parquet")
    FRAME.to_json("t.jsonl", orient="records", lines=True)
    Path("t.tsv").write_text(FRAME.to_csv(sep="\t", index=False), encoding="utf-8")
    for dataset in (
        Dataset.Tabular.from_parquet_files((store, "t.parquet")),
        Dataset.Tabular.from_json_lines_files((store, "t.jsonl")),
        Dataset.Tabular.from_delimited_files((store, "t.tsv")),
    ):
        pd.testing.assert_frame_equal(plain(dataset), FRAME)
        registered = dataset.register(ws, f"t_{dataset.to_path()[0].rpartition('.')[2]}")
        assert isinstance(registered, TabularDataset)
        pd.testing.assert_frame_equal(plain(registered), FRAME)


def test_what_writers_put_beside_a_table_is_passed_over(ws: Workspace, store: Datastore) -> None:
    Path("out").mkdir()
    FRAME.to_parquet("out/part-0.parquet")
    Path("out/_SUCCESS").touch()
    Path("out/.part-0.parquet.crc").touch()
    dataset = Dataset.Tabular.from_parquet_files((store, "out"))
    pd.testing.assert_frame_equal(plain(dataset), FRAME)


def test_separator_encoding_and_types_are_part_of_the_definition(
    ws: Workspace, store: Datastore
) -> None:
    Path("t.csv").write_text("code;temp;name;at\n01;1,5;Zürich;2013-07-01\n", encoding="cp1252")
    types = {
        "code": DataType.to_string(),
        "temp": DataType.to_float(","),
        "at": DataType.to_datetime("%Y-%m-%d"),
    }
    dataset = Dataset.Tabular.from_delimited_files(
        (store, "t.csv"), separator=";", encoding="windows1252", set_column_types=types
    ).register(ws, "t")
    frame = plain(Dataset.get_by_name(ws, "t"))
    assert frame.to_dict("records") == [
        {"code": "01", "temp": 1.5, "name": "Zürich", "at": pd.Timestamp("2013-07-01")}
    ]
    assert dataset.version == 1


def test_whole_numbers_and_truths_may_be_missing(ws: Workspace, store: Datastore) -> None:
    Path("t.csv").write_text("n,b\n1,True\n,\n", encoding="utf-8")
    frame = plain(
        Dataset.Tabular.from_delimited_files(
            (store, "t.csv"), set_column_types={"n": DataType.to_long(), "b": DataType.to_bool()}
        )
    )
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "boolean"]
    assert frame["n"].isna().tolist() == frame["b"].isna().tolist() == [False, True]


def test_without_inference_every_other_column_is_text(ws: Workspace, store: Datastore) -> None:
    Path("t.csv").write_text("a,b,c\n01,2,2013-07-01\n", encoding="utf-8")
    types = {"b": DataType.to_long(), "c": DataType.to_datetime()}
    frame = plain(
        Dataset.Tabular.from_delimited_files(
            (store, "t.csv"), infer_column_types=False, set_column_types=types
        )
    )
    assert frame.to_dict("records") == [{"a": "01", "b": 2, "c": pd.Timestamp("2013-07-01")}]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda path: Dataset.Tabular.from_parquet_files(path), "a,b\n1,2\n"),
        (lambda path: Dataset.Tabular.from_json_lines_files(path), "a,b\n1,2\n"),
        (lambda path: Dataset.Tabular.from_delimited_files(path), ""),
        (
            lambda path: Dataset.Tabular.from_delimited_files(
                path, set_column_types={"no": DataType.to_datetime()}
            ),
            "a,b\n1,2\n",
        ),
    ],
)
def test_what_is_no_such_table_is_noticed_at_once(
    ws: Workspace, store: Datastore, make: object, text: str
) -> None:
    Path("t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetValidationError):
        make((store, "t.csv"))  # type: ignore[operator]


def test_what_is_no_table_is_noticed_later_where_validation_is_off(
    ws: Workspace, store: Datastore
) -> None:
    dataset = Dataset.Tabular.from_delimited_files((store, "t.csv"), validate=False)
    with pytest.raises(DatasetExecutionError, match=r"t\.csv"):
        dataset.to_pandas_dataframe()
    Path("t.csv").write_text("a\n1\n", encoding="utf-8")
    assert plain(dataset)["a"].tolist() == [1]
    with pytest.raises(UserErrorException, match="neither"):
        dataset.to_pandas_dataframe(on_error="ignore")


@pytest.mark.parametrize(
    "given",
    [
        {"header": "no"},
        {"header": None},
        {"partition_format": "/week/weather.csv"},
        {"partition_format": "/{month:MM}/weather.csv"},
        {"partition_format": 27},
        {"encoding": "utf7"},
        {"separator": None},
        {"set_column_types": {"temp": "float"}},
    ],
)
def test_what_cannot_be_is_refused_at_once_and_never_passed_over(
    ws: Workspace, store: Datastore, given: dict[str, object]
) -> None:
    with pytest.raises(UserErrorException):
        Dataset.Tabular.from_delimited_files((store, "data/Weather"), validate=False, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("formats", ["dd/MM/yyyy", ["%d", 5], ["%d.%m.%Y", "%d.%m.%Y %z"]])
def test_what_is_no_format_of_dates_is_refused(formats: object) -> None:
    with pytest.raises(UserErrorException):
        DataType.to_datetime(formats)  # type: ignore[arg-type]


def test_lines_are_dropped_or_an_error_and_marks_are_those_of_text(
    ws: Workspace, store: Datastore
) -> None:
    Path("t.jsonl").write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(UserErrorException, match="invalid_lines"):
        Dataset.Tabular.from_json_lines_files((store, "t.jsonl"), invalid_lines="pass")
    with pytest.raises(UserErrorException, match="decimal mark"):
        Dataset.Tabular.from_json_lines_files(
            (store, "t.jsonl"), set_column_types={"a": DataType.to_float(",")}
        )


def test_without_inference_what_paths_tell_keeps_its_types(ws: Workspace, store: Datastore) -> None:
    frame = Dataset.Tabular.from_delimited_files(
        (store, "data/Weather"),
        infer_column_types=False,
        include_path=True,
        partition_format="/week {week}/weather.csv",
        set_column_types={"week": DataType.to_long()},
    ).to_pandas_dataframe()
    assert frame["week"].unique().tolist() == [27, 28]
    assert frame["Path"].unique().tolist() == ["/week 27/weather.csv", "/week 28/weather.csv"]
    text = pd.Series(["text"]).dtype
    assert {str(kind) for kind in frame.dtypes} == {str(text), "Int64"}


@pytest.mark.parametrize(
    ("header", "columns", "rows"),
    [
        (True, ["a", "b"], 2),
        (False, ["Column1", "Column2"], 4),
        ("NO_HEADERS", ["Column1", "Column2"], 4),
        (PromoteHeadersBehavior.NO_HEADERS, ["Column1", "Column2"], 4),
        ("ONLY_FIRST_FILE_HAS_HEADERS", ["a", "b"], 3),
        (PromoteHeadersBehavior.ONLY_FIRST_FILE_HAS_HEADERS, ["a", "b"], 3),
        ("ALL_FILES_HAVE_SAME_HEADERS", ["a", "b"], 2),
        (PromoteHeadersBehavior.COMBINE_ALL_FILES_HEADERS, ["a", "b"], 2),
    ],
)
def test_headers_can_be_in_all_files_in_the_first_or_in_none(
    ws: Workspace, store: Datastore, header: object, columns: list[str], rows: int
) -> None:
    Path("in").mkdir()
    Path("in/1.csv").write_text("a,b\n1,x\n", encoding="utf-8")
    Path("in/2.csv").write_text("a,b\n2,y\n", encoding="utf-8")
    dataset = Dataset.Tabular.from_delimited_files((store, "in"), header=header)  # type: ignore[arg-type]
    frame = dataset.to_pandas_dataframe()
    assert (list(frame.columns), len(frame)) == (columns, rows)
