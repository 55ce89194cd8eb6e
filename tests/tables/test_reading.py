import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
import zstandard

from dsnb.errors import MissingColumnError, TableError
from dsnb.tables.formats import common_format, format_of
from dsnb.tables.sampling import describe
from dsnb.workspace import Workspace
from tests.workbench import load, register, write

FRAME = pd.DataFrame(
    {
        "origin": ["EWR", "JFK", None, "LGA"],
        "hour": [1, 2, 3, 4],
        "temp": [78.08, np.nan, 73.04, 75.5],
        "late": [True, False, True, True],
    }
)

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
TEXTS: dict[str, Callable[[pd.DataFrame], str]] = {
    ".csv": lambda frame: frame.to_csv(index=False),
    ".tsv": lambda frame: frame.to_csv(index=False, sep="\t"),
    ".tab": lambda frame: frame.to_csv(index=False, sep="\t"),
    ".json": lambda frame: frame.to_json(orient="records"),
    ".jsonl": lambda frame: frame.to_json(orient="records", lines=True),
    ".ndjson": lambda frame: frame.to_json(orient="records", lines=True),
}
READ: dict[str, Callable[[Any], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".tsv": lambda path: pd.read_csv(path, sep="\t"),
    ".tab": lambda path: pd.read_csv(path, sep="\t"),
    ".json": pd.read_json,
    ".jsonl": lambda path: pd.read_json(path, lines=True),
    ".ndjson": lambda path: pd.read_json(path, lines=True),
    ".parquet": pd.read_parquet,
    ".pq": pd.read_parquet,
    ".feather": pd.read_feather,
    ".xlsx": pd.read_excel,
}


def put(name: str, frame: pd.DataFrame = FRAME) -> Path:
    """Write a table in the format that the name tells."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    suffixes = path.suffixes
    if suffixes[0] in TEXTS:
        packed = PACK[suffixes[1] if len(suffixes) > 1 else ""]
        path.write_bytes(packed(TEXTS[suffixes[0]](frame).encode()))
    elif suffixes[0] in (".parquet", ".pq"):
        frame.to_parquet(path)
    elif suffixes[0] == ".feather":
        frame.to_feather(path)
    else:
        frame.to_excel(path, index=False)
    return path


@pytest.mark.parametrize("packed", PACK)
@pytest.mark.parametrize("suffix", TEXTS)
def test_text_loads_as_pandas_reads_it_packed_or_not(
    workspace: Workspace, suffix: str, packed: str
) -> None:
    name = f"table{suffix}{packed}"
    put(name)
    version = register(workspace, name).version
    expected = READ[suffix](io.StringIO(TEXTS[suffix](FRAME)))
    assert version.kind == "tabular"
    assert (version.rows, [column.name for column in version.columns or ()]) == (4, list(FRAME))
    pd.testing.assert_frame_equal(load(workspace), expected)


@pytest.mark.parametrize("suffix", [".parquet", ".pq", ".feather", ".xlsx"])
def test_binary_formats_load_as_pandas_reads_them(workspace: Workspace, suffix: str) -> None:
    path = put(f"table{suffix}")
    version = register(workspace, path).version
    assert (version.kind, version.rows) == ("tabular", 4)
    assert [column.type for column in version.columns or ()] == [
        str(dtype) for dtype in READ[suffix](path).dtypes
    ]
    pd.testing.assert_frame_equal(load(workspace), READ[suffix](path))


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.csv", "csv"), (".csv", "csv"), ("A.CSV.GZ", "csv"), ("b/a.tab", "tsv"),
        ("a.b.c.parquet", "parquet"), ("a.parquet.gz", None), ("a.xlsx.zst", None), ("a.gz", None),
        ("csv", None), ("a.csv/b", None), ("a.arrow", "feather"), ("a.csv.", None),
    ],
)  # fmt: skip
def test_the_name_tells_the_format(name: str, format: str | None) -> None:
    assert format_of(name) == common_format([name, name]) == format


# Reader options


def test_options_are_kept_with_the_version_and_used_by_every_load(workspace: Workspace) -> None:
    write("a.csv", "name;when;amount;n\nMüller;2013-07-01;1,5;7\n")
    Path("a.csv").write_bytes(Path("a.csv").read_text().encode("latin-1"))
    options = {
        "sep": ";",
        "decimal": ",",
        "encoding": "latin-1",
        "parse_dates": ["when"],
        "dtype": {"n": "Int8"},
    }
    version = register(workspace, "a.csv", options=options).version
    assert version.definition.options == options
    expected = pd.read_csv("a.csv", **options)  # type: ignore[call-overload]
    pd.testing.assert_frame_equal(load(workspace), expected)
    assert load(workspace).iloc[0].tolist() == ["Müller", pd.Timestamp("2013-07-01"), 1.5, 7]
    assert {column.name: column.type for column in version.columns or ()}["n"] == "Int8"
    assert load(workspace, library="polars")["amount"].to_list() == [1.5]


def test_a_part_can_be_loaded_whatever_columns_the_options_name(workspace: Workspace) -> None:
    write("a.csv", "name,when,n\nx,2013-07-01,7\n")
    register(workspace, "a.csv", options={"parse_dates": ["when"], "dtype": {"n": "Int8"}})
    assert load(workspace, columns=("name",)).to_dict("list") == {"name": ["x"]}
    assert str(load(workspace, columns=("when", "n")).dtypes["when"]).startswith("datetime64")


def test_a_sheet_is_chosen_by_name(workspace: Workspace) -> None:
    with pd.ExcelWriter("book.xlsx") as book:
        FRAME.to_excel(book, sheet_name="one", index=False)
        (FRAME[["hour"]] * 2).to_excel(book, sheet_name="two", index=False)
    register(workspace, "book.xlsx")
    register(workspace, "book.xlsx", options={"sheet": "two"}, name="two")
    assert list(load(workspace)) == list(FRAME)
    assert load(workspace, "two")["hour"].tolist() == [2, 4, 6, 8]
    with pytest.raises(TableError, match=r"cannot be read as excel.*three"):
        register(workspace, "book.xlsx", options={"sheet": "three"}, name="three")


@pytest.mark.parametrize(
    "options", [{"encoding": "latin-47"}, {"dtype": {"origin": "int"}}, {"parse_dates": ["when"]}]
)
def test_an_option_that_does_not_fit_the_file_is_refused(
    workspace: Workspace, options: dict[str, Any]
) -> None:
    put("a.csv")
    with pytest.raises(TableError, match=r"a\.csv cannot be read as csv"):
        register(workspace, "a.csv", options=options)
    assert not workspace.layout.registry.exists()


# Several files


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".feather"])
def test_files_whose_columns_differ_are_joined_by_name_and_it_is_said(
    workspace: Workspace, suffix: str, notices: list[str]
) -> None:
    put(f"data/a{suffix}", FRAME[["origin", "hour"]])
    put(f"data/b{suffix}", FRAME[["temp", "hour"]][::-1].reset_index(drop=True))
    version = register(workspace, "data").version
    notices.clear()
    frame = load(workspace)
    assert list(frame) == ["origin", "hour", "temp"] == [c.name for c in version.columns or ()]
    assert frame["hour"].tolist() == [1, 2, 3, 4, 4, 3, 2, 1]
    assert frame["origin"].isna().tolist() == [False, False, True, False] + [True] * 4
    assert len(notices) == 1
    assert "origin, temp" in notices[0]
    assert f"b{suffix}" in notices[0]
    assert load(workspace, library="arrow").num_rows == version.rows == 8


def test_columns_in_another_order_are_the_same_columns(
    workspace: Workspace, notices: list[str]
) -> None:
    put("data/a.csv", FRAME)
    put("data/b.csv", FRAME[["temp", "late", "hour", "origin"]])
    register(workspace, "data")
    pd.testing.assert_frame_equal(load(workspace)[4:].reset_index(drop=True), FRAME)
    assert notices == []


def test_the_recorded_columns_of_parquet_are_those_that_load(workspace: Workspace) -> None:
    pa.parquet.write_table(pa.table({"n": [1, None, 3], "m": [1, 2, 3]}), "a.parquet")
    columns = register(workspace, "a.parquet").version.columns or ()
    assert [(column.name, column.type) for column in columns] == [("n", "float64"), ("m", "int64")]
    assert [str(dtype) for dtype in load(workspace).dtypes] == ["float64", "int64"]


def test_large_tables_are_described_by_a_part_of_them() -> None:
    put("a.parquet")
    put("a.csv")
    put("a.json")
    huge = 1 << 40
    described = describe(["a.parquet", "a.parquet"], "parquet", {}, huge)
    assert (described.rows, described.whole) == (8, None)
    assert [column.name for column in described.columns or ()] == list(FRAME)
    described = describe(["a.csv", "nowhere.csv"], "csv", {}, huge)
    assert described.rows is None
    assert [column.name for column in described.columns or ()] == list(FRAME)
    assert describe(["a.json"], "json", {}, huge).columns is None


# A part of the table

FILES = ["table.csv", "table.jsonl", "table.parquet", "table.feather", "table.xlsx"]


@pytest.mark.parametrize("library", ["pandas", "arrow", "polars"])
@pytest.mark.parametrize("name", FILES)
def test_columns_rows_and_a_limit_choose_a_part(
    workspace: Workspace, name: str, library: Any
) -> None:
    path = put(name)
    register(workspace, path)
    whole = READ[path.suffix](path)

    def rows(**wanted: Any) -> list[dict[str, Any]]:
        found = load(workspace, library=library, **wanted)
        if library == "pandas":
            return found.astype(object).where(found.notna(), None).to_dict("records")
        return found.to_pylist() if library == "arrow" else found.to_dicts()

    def cut(frame: pd.DataFrame) -> list[dict[str, Any]]:
        return frame.astype(object).where(frame.notna(), None).to_dict("records")

    assert rows(columns=("temp", "origin")) == cut(whole[["temp", "origin"]])
    assert rows(limit=2) == cut(whole[:2])
    assert rows(limit=0) == []
    assert rows(limit=99) == cut(whole)
    assert rows(where="hour > 1 and late", limit=1) == cut(whole[2:3])
    assert rows(where="temp > 74", columns=("hour",)) == [{"hour": 1}, {"hour": 4}]
    assert rows(columns=("hour",), limit=1) == [{"hour": 1}]


def test_a_limit_goes_across_files(workspace: Workspace) -> None:
    for name in "abc":
        put(f"data/{name}.csv")
    register(workspace, "data")
    assert load(workspace, limit=6)["hour"].tolist() == [1, 2, 3, 4, 1, 2]
    assert load(workspace, where="hour == 4", limit=2)["hour"].tolist() == [4, 4]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx", ".jsonl"])
def test_a_limit_changes_no_type(workspace: Workspace, suffix: str) -> None:
    path = put(f"a{suffix}", pd.DataFrame({"n": [1, 2, None], "mixed": ["1", "2", "x"]}))
    register(workspace, path)
    whole, part = load(workspace), load(workspace, limit=1)
    assert len(part) == 1
    assert part.dtypes.to_list() == whole.dtypes.to_list()
    assert part["mixed"].to_list() == whole["mixed"].to_list()[:1]


def test_a_limit_within_the_first_file_changes_neither_columns_nor_types(
    workspace: Workspace,
) -> None:
    write("data/a.csv", "n\n1\n")
    write("data/b.csv", "n,late\n2.5,True\n")
    register(workspace, "data")
    part = load(workspace, limit=1)
    assert list(part) == ["n", "late"]
    assert str(part["n"].dtype) == "float64"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_texts_in_json_stay_texts_and_numbers_numbers(workspace: Workspace, name: str) -> None:
    row = {"zip": "00501", "n": 1, "x": 0.5, "date": "2013-07-01", "created_at": 1372636800}
    text = json.dumps(row | {"2013": True})
    register(workspace, write(name, f"[{text}]" if name == "a.json" else f"{text}\n"))
    assert load(workspace).to_dict("records") == [row | {"2013": True}]
    register(workspace, name, options={"dtype": {"zip": "int64", "n": "float32"}})
    assert [str(load(workspace)[column].dtype) for column in ("zip", "n")] == ["int64", "float32"]


def test_json_by_columns_has_its_rows_numbered(workspace: Workspace) -> None:
    write("a.json", '{"zip": {"0": "00501", "1": "10001"}}')
    register(workspace, "a.json")
    assert load(workspace).to_dict() == {"zip": {0: "00501", 1: "10001"}}


@pytest.mark.parametrize(
    "condition",
    ["hour", "0", "'x'", "hour + 1", "nothing > 1", "hour >", "x = 1", "@pd", "True", "", "a\nb"],
)
def test_what_is_no_condition_on_rows_is_refused(workspace: Workspace, condition: str) -> None:
    put("a.csv")
    register(workspace, "a.csv")
    with pytest.raises(TableError, match=r"cannot be evaluated.*--where"):
        load(workspace, where=condition)


def test_rows_of_which_a_condition_is_unknown_are_left_out(workspace: Workspace) -> None:
    put("a.csv")
    register(workspace, "a.csv", options={"dtype": {"hour": "Int64"}})
    register(workspace, put("b.parquet", pd.DataFrame({"n": pd.array([1, None, 3])})), name="b")
    assert load(workspace, where="temp > 0")["hour"].tolist() == [1, 3, 4]
    assert load(workspace, "b", where="n > 0")["n"].tolist() == [1, 3]
    assert load(workspace, "b", "arrow", where="n > 0").to_pydict() == {"n": [1, 3]}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_missing_column_is_named_with_those_there_are(
    workspace: Workspace, name: str, library: Any
) -> None:
    register(workspace, put(name))
    for wanted in ({"columns": ("tmp",)}, {"columns": ("tmp",), "where": "hour > 1"}):
        with pytest.raises(MissingColumnError, match=r"no column tmp\. Did.* temp.*origin, hour"):
            load(workspace, library=library, **wanted)


# Libraries


@pytest.mark.parametrize("name", FILES)
def test_every_library_gets_the_same_table(workspace: Workspace, name: str) -> None:
    path = put(name)
    register(workspace, path)
    expected = READ[path.suffix](path)
    polars, arrow = load(workspace, library="polars"), load(workspace, library="arrow")
    relation, dask = load(workspace, library="duckdb"), load(workspace, library="dask")
    assert isinstance(polars, pl.DataFrame)
    assert isinstance(arrow, pa.Table)
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    for found in (polars.to_pandas(), arrow.to_pandas(), relation.df(), dask.compute()):
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert load(workspace, library="paths") == [str(path.absolute())]


def test_whole_numbers_with_gaps_stay_whole_on_the_way_to_arrow(workspace: Workspace) -> None:
    pa.parquet.write_table(pa.table({"n": [2**62 + 1, None]}), "a.parquet")
    pa.feather.write_feather(pa.table({"n": [2**62 + 1, None]}), "b.feather")
    for name, ref in (("a.parquet", "a"), ("b.feather", "b")):
        register(workspace, name, name=ref)
        assert load(workspace, ref, "arrow")["n"].to_pylist() == [2**62 + 1, None]
        assert load(workspace, ref, "polars")["n"].to_list() == [2**62 + 1, None]
        assert load(workspace, ref, "duckdb").fetchall() == [(2**62 + 1,), (None,)]


def test_what_a_library_cannot_hold_is_said(workspace: Workspace) -> None:
    write("a.json", '[{"x": 1}, {"x": "a"}]')
    register(workspace, "a.json")
    for library in ("polars", "arrow", "duckdb"):
        with pytest.raises(TableError, match=f"{library} cannot hold this table.*--as pandas"):
            load(workspace, library=library)


@pytest.mark.parametrize("name", ["a.csv", *FILES, "a.csv.gz", "a.csv.zst", "a.jsonl.xz"])
def test_garbage_is_told_with_the_file_and_the_ways_on(workspace: Workspace, name: str) -> None:
    Path(name).write_bytes(b"\x00\xff\xfe garbage" * 10)
    with pytest.raises(TableError, match=rf"{name} cannot be read as .*--kind file"):
        register(workspace, name, kind="tabular")
    assert not workspace.layout.registry.exists()
