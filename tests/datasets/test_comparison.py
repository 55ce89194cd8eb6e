import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dsnb.compare import DatasetDiff
from dsnb.datasets.comparison import Options
from dsnb.errors import ComparisonError, MissingColumnError, TableError
from dsnb.workspace import Workspace
from tests.workbench import load, register, register_table, write

OLD = pd.DataFrame({"id": [1, 2, 3], "temp": [78.08, 73.04, 75.5]})
NEW = pd.DataFrame({"id": [1, 2, 4], "temp": [78.98, 73.04, 70.0]})


def put(frame: pd.DataFrame, path: str) -> None:
    write(path, frame.to_csv(index=False))


def diff(workspace: Workspace, old: str, new: str | None = None, **how: Any) -> DatasetDiff:
    options = Options(**how)
    if new is None:
        return workspace.compare_with_disk(workspace.resolve(old), options)
    return workspace.compare(workspace.resolve(old), workspace.resolve(new), options)


def counts(found: DatasetDiff) -> tuple[int, int, int, int] | None:
    rows = found.row_changes
    return rows and (rows.added, rows.removed, rows.changed, rows.unchanged)


def files(found: DatasetDiff) -> dict[str, list[str]]:
    assert found.files is not None
    return {
        "added": [file.path for file in found.files.added],
        "removed": [file.path for file in found.files.removed],
        "changed": [pair.after.path for pair in found.files.changed],
    }


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    """A workspace whose versions 1 and 2 lie in files of their own."""
    put(OLD, "old.csv")
    put(NEW, "new.csv")
    register(workspace, "old.csv", key=("id",))
    register(workspace, "new.csv")
    return workspace


# Two versions


def test_two_versions_are_compared_in_files_columns_and_rows(two: Workspace) -> None:
    found = diff(two, "ds@1", "ds@2")
    assert (found.old, found.new) == ("ds@1", "ds@2")
    assert counts(found) == (1, 1, 1, 1)
    assert found.row_changes is not None
    assert found.row_changes.key == ("id",)
    [cell] = found.row_changes.cells
    assert (cell.column, cell.before, cell.after) == ("temp", 78.08, 78.98)
    assert files(found) == {"added": ["new.csv"], "removed": ["old.csv"], "changed": []}
    assert found.schema is not None
    assert not found.schema


def test_a_version_does_not_differ_from_itself(two: Workspace) -> None:
    found = diff(two, "ds@1", "ds@1")
    assert not found
    assert "identical" in found.notes[0]


def test_columns_added_removed_and_retyped_are_told(workspace: Workspace) -> None:
    put(OLD, "a.csv")
    put(NEW.assign(wind=1).drop(columns="temp").assign(id=["x", "y", "z"]), "b.csv")
    register(workspace, "a.csv")
    register(workspace, "b.csv")
    schema = diff(workspace, "ds@1", "ds@2").schema
    assert schema is not None
    assert [column.name for column in schema.added] == ["wind"]
    assert [column.name for column in schema.removed] == ["temp"]
    assert [change.name for change in schema.retyped] == ["id"]


@pytest.mark.usefixtures("by_reference")
def test_rows_wait_until_both_contents_can_be_read(two: Workspace) -> None:
    put(OLD, "new.csv")
    found = diff(two, "ds@1", "ds@2")
    assert found.row_changes is None
    assert found.schema is not None
    assert found.notes == (
        "Rows were not compared: 1 of 1 files of ds@2 changed on disk since it was registered.",
    )
    os.remove("old.csv")
    assert len(diff(two, "ds@1", "ds@2").notes) == 2


def test_files_that_are_no_table_are_compared_as_files(workspace: Workspace) -> None:
    write("data/a.bin", "1")
    write("data/b.bin", "1")
    register(workspace, "data")
    write("data/a.bin", "2")
    os.remove("data/b.bin")
    write("data/c.bin", "3")
    register(workspace, "data")
    found = diff(workspace, "ds@1", "ds@2")
    assert files(found) == {
        "added": ["data/c.bin"],
        "removed": ["data/b.bin"],
        "changed": ["data/a.bin"],
    }
    assert (found.schema, found.row_changes) == (None, None)
    assert "no table of one format" in found.notes[0]


def test_a_key_that_is_asked_for_and_not_there_is_refused(two: Workspace) -> None:
    with pytest.raises(MissingColumnError):
        diff(two, "ds@1", "ds@2", on=("ident",))
    with pytest.raises(ComparisonError):
        diff(two, "ds@1", "ds@2", on=("id",), ignore=("id",))


# A version and the disk


def test_nothing_changed_on_disk(two: Workspace) -> None:
    os.utime("old.csv", (1_700_000_000, 1_700_000_000))
    found = diff(two, "ds@1")
    assert not found
    assert found.new == "disk now"


def test_a_file_added_to_the_folder_is_compared_down_to_the_rows(workspace: Workspace) -> None:
    put(OLD, "data/a.csv")
    register(workspace, "data", key=("id",))
    put(NEW[2:], "data/b.csv")
    found = diff(workspace, "ds")
    assert files(found) == {"added": ["data/b.csv"], "removed": [], "changed": []}
    assert counts(found) == (1, 0, 0, 3)
    assert found.notes == ()


@pytest.mark.usefixtures("by_reference")
def test_a_file_that_changed_is_compared_in_files_and_columns_and_says_why(
    two: Workspace,
) -> None:
    put(NEW.assign(wind=1), "old.csv")
    found = diff(two, "ds@1")
    assert files(found)["changed"] == ["old.csv"]
    assert found.row_changes is None
    assert found.schema is not None
    assert [column.name for column in found.schema.added] == ["wind"]
    assert "1 of 1 files of ds@1 changed on disk" in found.notes[0]


@pytest.mark.parametrize("path", ["data", "data/a.csv", "data/*.csv"])
def test_what_vanished_is_told_as_removed_files(workspace: Workspace, path: str) -> None:
    put(OLD, "data/a.csv")
    register(workspace, path)
    shutil.rmtree("data")
    found = diff(workspace, "ds")
    assert files(found) == {"added": [], "removed": ["data/a.csv"], "changed": []}
    assert "Only the file lists were compared" in found.notes[0]


def test_a_disk_that_holds_no_table_any_more_is_compared_in_files(workspace: Workspace) -> None:
    put(OLD, "data/a.csv")
    register(workspace, "data")
    write("data/b.txt", "1")
    found = diff(workspace, "ds")
    assert files(found)["added"] == ["data/b.txt"]
    assert found.row_changes is None
    assert "What is on disk now holds files that are no table" in found.notes[0]
    os.remove("data/b.txt")
    Path("data/a.csv").write_bytes(b"\xff\x00\xfe")
    assert "cannot be read as csv" in diff(workspace, "ds").notes[0]


def test_looking_at_the_disk_registers_nothing(two: Workspace) -> None:
    before = two.layout.registry.read_bytes()
    put(NEW, "old.csv")
    diff(two, "ds@1")
    assert two.layout.registry.read_bytes() == before


# A version and a table in memory


@pytest.mark.parametrize("make", [lambda x: x, pl.from_pandas, pa.Table.from_pandas])
def test_a_table_in_memory_is_compared_with_a_version(two: Workspace, make: Any) -> None:
    version = two.resolve("ds@1")
    found = two.compare_with_table(version, make(NEW), "df", Options())
    assert (found.old, found.new, found.files) == ("ds@1", "df", None)
    assert counts(found) == (1, 1, 1, 1)
    assert not two.compare_with_table(version, make(load(two, "ds@1")), "df", Options())
    lazy = two.compare_with_table(version, pl.from_pandas(NEW).lazy(), "df", Options())
    assert counts(lazy) == (1, 1, 1, 1)


def test_a_table_from_memory_equals_the_version_made_of_it(workspace: Workspace) -> None:
    frame = OLD.set_index("id").assign(kind=pd.Categorical(["a", "b", "a"]))
    register_table(workspace, frame)
    assert not workspace.compare_with_table(workspace.resolve("ds"), frame, "df", Options())


@pytest.mark.usefixtures("by_reference")
def test_a_table_cannot_be_compared_with_what_changed(two: Workspace) -> None:
    put(NEW, "old.csv")
    with pytest.raises(ComparisonError, match=r"ds@1 changed on disk.*%ds diff ds@1"):
        two.compare_with_table(two.resolve("ds@1"), OLD, "df", Options())


def test_what_is_no_table_cannot_be_compared(two: Workspace) -> None:
    with pytest.raises(TableError, match="A list is no table"):
        two.compare_with_table(two.resolve("ds@1"), [1, 2], "df", Options())


def test_the_same_bytes_read_in_another_way_are_not_identical(workspace: Workspace) -> None:
    Path("a.csv").write_bytes("x\né\n".encode("latin-1"))
    register(workspace, "a.csv", options={"encoding": "latin-1"})
    register(workspace, "a.csv", options={"encoding": "cp1251"})
    diff = workspace.compare(workspace.resolve("ds@1"), workspace.resolve("ds@2"), Options())
    assert diff.row_changes
    assert not diff.files


def test_a_column_that_is_not_there_is_told_even_where_nothing_changed(
    workspace: Workspace,
) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    version = workspace.resolve("ds@1")
    with pytest.raises(MissingColumnError, match="nope"):
        workspace.compare(version, version, Options(on=("nope",)))
    with pytest.raises(MissingColumnError, match="nope"):
        workspace.compare_with_disk(version, Options(ignore=("nope",)))


def test_where_one_of_several_paths_is_gone_the_others_count_as_unchanged(
    workspace: Workspace,
) -> None:
    for folder in ("one", "two"):
        write(f"{folder}/a.csv", "x\n1\n")
    register(workspace, "one", "two")
    shutil.rmtree("two")
    diff = workspace.compare_with_disk(workspace.resolve("ds@1"), Options())
    assert diff.files is not None
    assert [file.path for file in diff.files.removed] == ["two/a.csv"]
    assert diff.files.unchanged == 1
