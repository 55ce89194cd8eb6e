"""Columns that no file holds: the names of files, wherever their bytes are read from."""

from pathlib import Path

import pandas as pd
import pytest

from dsnb.errors import TableError
from dsnb.records import FileGroup, Manifest
from dsnb.tables.filecolumns import as_registered, named, names_asked
from dsnb.tables.reading import read_table
from dsnb.tables.sampling import describe
from tests.workbench import write

PATHS = {"include_path": True, "partition_format": "/{city}/*"}


def group(base: str, *names: str, datastore: str = "default") -> FileGroup:
    return FileGroup(datastore, base, names, (1,) * len(names), ("0" * 64,) * len(names))


@pytest.mark.parametrize(
    ("groups", "below"),
    [
        ([group(".", "a.csv", "b/c.csv")], ["a.csv", "b/c.csv"]),
        ([group("data/in", "a.csv")], ["a.csv"]),
        ([group("data/x", "a.csv"), group("data/y/z", "b.csv")], ["x/a.csv", "y/z/b.csv"]),
        ([group("data", "a.csv"), group("data/y", "b.csv")], ["a.csv", "y/b.csv"]),
        ([group("x", "a.csv"), group("y", "b.csv")], ["x/a.csv", "y/b.csv"]),
        (
            [group("x", "a.csv"), group("x", "a.csv", datastore="other")],
            ["default/x/a.csv", "other/x/a.csv"],
        ),
    ],
)
def test_names_are_told_below_the_folder_of_all(groups: list[FileGroup], below: list[str]) -> None:
    assert [name.below for name in named(groups, {})] == below
    assert [name.path for name in named(groups, {})] == [
        one.path(name) for one in groups for name in one.names
    ]


def test_files_that_were_brought_here_keep_their_names() -> None:
    before = [group("data/EWR", "a.csv"), group("JFK", "b.csv", datastore="other")]
    here = [group(".dsnb/data/ds/1 EWR", "a.csv"), group(".dsnb/data/ds/2 JFK", "b.csv")]
    options = as_registered(Manifest(tuple(before)), PATHS)
    assert named(here, options) == named(before, {})
    assert as_registered(Manifest(tuple(here)), options) == options
    # One more path, which was added here, is called what it is called here.
    assert [name.path for name in named([*here, group("x", "c.csv")], options)][2] == "x/c.csv"
    assert as_registered(Manifest(tuple(before)), {"sep": ";"}) == {"sep": ";"}


@pytest.mark.parametrize("base", ["/", "/etc", "//", "", "..", "a//b", "."])
def test_whatever_a_registry_claims_of_them_is_only_a_name(base: str) -> None:
    options = {**PATHS, "file_bases": [["default", base], ["", base]]}
    names = named([group("x", "a.csv"), group("y", "b.csv")], options)
    assert [Path(name.below).name for name in names] == ["a.csv", "b.csv"]


def test_nobody_is_asked_for_names_in_vain() -> None:
    assert names_asked(iter(()), {"sep": ";"}) == []


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl"])
def test_a_large_table_is_described_with_them(format: str) -> None:
    frame = pd.DataFrame({"n": [1, 2], "day": ["01/07/2013", "02/07/2013"]})
    paths = [f"{city}/t.{format}" for city in ("EWR", "JFK")]
    for path in paths:
        write(path, "")
        writing = {
            "csv": lambda place: frame.to_csv(place, index=False),
            "parquet": frame.to_parquet,
            "jsonl": lambda place: frame.to_json(place, orient="records", lines=True),
        }
        writing[format](path)
    names = named([group(".", *paths)], {})
    options = {**PATHS, "date_formats": {"day": ["%d/%m/%Y"]}, "dtype": {"n": "str"}}
    whole = describe(paths, format, options, 0, names)  # type: ignore[arg-type]
    part = describe(paths, format, options, 1 << 40, names)  # type: ignore[arg-type]
    assert part.columns == whole.columns
    assert [column.name for column in part.columns or ()] == ["Path", "n", "day", "city"]
    assert part.whole is None
    assert whole.rows == 4


def test_files_without_rows_have_these_columns_too() -> None:
    write("EWR/t.csv", "n\n")
    write("JFK/t.csv", "n\n1\n")
    for paths in (["EWR/t.csv"], ["EWR/t.csv", "JFK/t.csv"]):
        frame = read_table(paths, "csv", PATHS, names=named([group(".", *paths)], {}))
        assert list(frame.columns) == ["Path", "n", "city"]
        assert frame["city"].tolist() == ["JFK"] * (len(paths) - 1)
        assert frame["city"].dtype == pd.Series(["text"]).dtype


def test_types_that_what_paths_tell_cannot_have_are_refused() -> None:
    write("EWR/t.csv", "n\n1\n")
    names = named([group(".", "EWR/t.csv")], {})
    with pytest.raises(TableError, match="cannot be read so"):
        read_table(["EWR/t.csv"], "csv", {**PATHS, "dtype": {"city": "Int64"}}, names=names)


@pytest.mark.parametrize(
    "options",
    [
        {"include_path": True, "file_bases": "data"},
        {"include_path": True, "file_bases": [["default"]]},
        {"partition_format": ["/{a}"]},
        {"partition_format": "/{a"},
        {"include_path": "yes"},
    ],
)
def test_what_a_registry_cannot_ask_for_is_refused(options: dict[str, object]) -> None:
    groups = (group("x", "a.csv"),)
    with pytest.raises(TableError):
        names_asked(groups, options)
    with pytest.raises(TableError):
        as_registered(Manifest(groups), options)
