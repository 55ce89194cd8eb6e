"""CSV files whose first line has no names, and fields that hold nothing."""

import csv
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.errors import TableError
from dsnb.tables.parts import Wanted
from dsnb.tables.reading import read_sample, read_table
from tests.workbench import write

TEXTS = st.sampled_from(["", "x", "NA", "null", " ", "a,b", 'say "so"', "two\nlines"])


def read(*paths: str, wanted: Wanted = Wanted(), **options: Any) -> pd.DataFrame:  # noqa: B008
    return read_table(list(paths), "csv", options, wanted)


@pytest.fixture(autouse=True)
def files() -> None:
    write("a.csv", "a,b\n1,x\n2,y\n")
    write("b.csv", "3,z\n4,\n")


def test_columns_without_names_are_numbered() -> None:
    frame = read("a.csv", "b.csv", header="none")
    assert list(frame.columns) == ["Column1", "Column2"]
    assert frame["Column1"].tolist() == ["a", "1", "2", 3, 4]
    assert read("b.csv", header="none")["Column1"].tolist() == [3, 4]
    assert read("b.csv", header="none", wanted=Wanted(("Column2",)))["Column2"][0] == "z"
    assert read("b.csv", header="none", dtype={"Column1": "str"})["Column1"].tolist() == ["3", "4"]


def test_the_first_file_names_the_columns_of_all() -> None:
    frame = read("a.csv", "b.csv", header="first")
    assert frame["a"].tolist() == [1, 2, 3, 4]
    assert frame["b"].tolist()[:3] == ["x", "y", "z"]
    pd.testing.assert_frame_equal(read("a.csv", header="first"), read("a.csv"))


@pytest.mark.parametrize("text", ["3\n", "3,z,5\n", "3,z,5\n4,z\n"])
def test_a_file_of_another_width_than_the_first_is_refused(text: str) -> None:
    write("b.csv", text)
    with pytest.raises(TableError, match=r"b\.csv .* 2 names"):
        read("a.csv", "b.csv", header="first")


@pytest.mark.parametrize("text", ["", "1,2\n3,4,5\n"])
def test_what_is_no_table_without_names_is_refused(text: str) -> None:
    write("b.csv", text)
    with pytest.raises(TableError, match=r"b\.csv"):
        read("b.csv", header="none")


@pytest.mark.parametrize("header", ["last", [], 1, None, [1]])
def test_other_headers_are_refused(header: object) -> None:
    with pytest.raises(TableError, match="header cannot be"):
        read("a.csv", header=header)


def test_an_empty_field_is_an_empty_text_where_the_column_is_text() -> None:
    write("a.csv", "n,text,flag,day\n1,,True,2013-07-01\n,NA,,\n3,x,False,\n")
    frame = read("a.csv", empty_as_string=True, parse_dates=["day"])
    plain = read("a.csv", parse_dates=["day"])
    assert frame["text"].tolist()[::2] == ["", "x"]
    assert frame["text"].isna().tolist() == [False, True, False]
    for other in ("n", "flag", "day"):
        pd.testing.assert_series_equal(frame[other], plain[other])


def test_whether_a_column_is_text_is_settled_by_all_files() -> None:
    write("a.csv", "text,n,none\nx,1,\n")
    write("b.csv", "text,n,none\n,,\n")
    frame = read("a.csv", "b.csv", empty_as_string=True)
    assert frame["text"].tolist() == ["x", ""]
    assert frame["none"].tolist() == ["", ""]
    assert frame["n"].dtype == "float64"
    assert frame["n"].isna().tolist() == [False, True]


def test_columns_of_other_types_are_left_alone() -> None:
    write("a.csv", "n,day\n,\n")
    options = {"dtype": {"n": "Int64"}, "date_formats": {"day": ["%d.%m.%Y"]}}
    frame = read("a.csv", empty_as_string=True, **options)
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "datetime64[us]"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=6))
def test_each_field_is_what_pythons_reader_gives(rows: list[list[str]]) -> None:
    with open("t.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    frame = read("t.csv", empty_as_string=True)
    words = {"NA", "null"}
    for position, name in enumerate(frame.columns):
        fields = [row[position] for row in rows]
        wanted = [None if field in words else field for field in fields]
        assert [None if pd.isna(one) else one for one in frame[name]] == wanted


def test_the_first_rows_are_read_the_same_way() -> None:
    write("a.csv", "text,n\n,1\nx,2\ny,3\n")
    sample = read_sample("a.csv", "csv", {"empty_as_string": True}, 2)
    assert sample.to_dict("list") == {"text": ["", "x"], "n": [1, 2]}
    assert list(read_sample("b.csv", "csv", {"header": "none"}, 1)) == ["Column1", "Column2"]
