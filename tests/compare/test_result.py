import json
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dsnb.compare
import dsnb.display.forms
from dsnb.compare import (
    CellChange,
    DatasetDiff,
    FilePair,
    FilesDiff,
    Gaps,
    Options,
    Renamed,
    Retyped,
    RowsDiff,
    SchemaDiff,
    compare_rows,
)
from dsnb.compare.plain import json_value, plain_value
from dsnb.errors import ComparisonError, TableError, UsageError
from dsnb.records import Column, FileEntry
from dsnb.tables.relations import relation_of_files

from .messy import compare

FILE = FileEntry("default", "data/week 27.csv", 40, "aa")
OTHER = FileEntry("default", "data/week 28.csv", 41, "bb")


def diff(**parts: Any) -> DatasetDiff:
    return DatasetDiff("weather_ds@1", "weather_ds@2", **parts)


def test_importing_the_package_leaves_pandas_alone() -> None:
    code = "import sys, dsnb.compare; print({'pandas', 'numpy', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_public_names() -> None:
    assert dsnb.compare.__all__ == [
        "CellChange", "ColumnChanges", "DatasetDiff", "FilePair", "FilesDiff", "Gaps",
        "NumericShift", "Options", "Renamed", "Retyped", "RowsDiff", "RowsInFull", "SchemaDiff",
        "Tolerance", "compare_columns", "compare_fields", "compare_files", "compare_frames",
        "compare_rows",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "parts",
    [
        {"files": FilesDiff(added=(FILE,))},
        {"files": FilesDiff(removed=(FILE,))},
        {"files": FilesDiff(changed=(FilePair(FILE, OTHER),))},
        {"files": FilesDiff(moved=(FilePair(FILE, OTHER),))},
        {"schema": SchemaDiff(added=(Column("a", "str"),))},
        {"schema": SchemaDiff(removed=(Column("a", "str"),))},
        {"schema": SchemaDiff(retyped=(Retyped("a", "str", "int64"),))},
        {"schema": SchemaDiff(renamed=(Renamed("a", "b"),))},
        {"row_changes": RowsDiff(added=1)},
        {"row_changes": RowsDiff(removed=1)},
        {"row_changes": RowsDiff(changed=1)},
    ],
)
def test_any_difference_makes_it_true(parts: dict[str, Any]) -> None:
    assert diff(**parts)


def test_notes_order_and_repeated_keys_are_no_differences() -> None:
    assert not diff(
        files=FilesDiff(unchanged=1),
        schema=SchemaDiff(unchanged=1, reordered=True, gaps=(Gaps("a", False, True),)),
        row_changes=RowsDiff(unchanged=1, repeated_keys_old=1, repeated_keys_new=1),
        notes=("The file was read with another encoding.",),
    )


def test_rows_and_cells_come_from_the_comparison() -> None:
    old = pd.DataFrame({"id": [1, 2], "a": [5, 6]})
    new = pd.DataFrame({"id": [2, 3], "a": [7, 8]})
    result = diff(row_changes=compare(old, new, on=["id"], limit=0))
    assert result.rows("added")["id"].tolist() == [3]
    assert result.rows("removed")["id"].tolist() == [1]
    assert result.rows("changed")["id"].tolist() == [2]
    assert result.cells()["after"].tolist() == [7]
    assert result.row_changes is not None
    assert result.row_changes.cells == ()


def test_a_kind_of_rows_that_there_is_not_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"rows\('changed'\)"):
        diff(row_changes=RowsDiff()).rows("modified")  # type: ignore[arg-type]


def test_rows_that_were_not_compared_are_refused_with_the_reason() -> None:
    for ask in (diff(notes=("No table.",)).cells, lambda: diff(notes=("No table.",)).rows("added")):
        with pytest.raises(ComparisonError, match=r"weather_ds@2 were not compared. No table\."):
            ask()


def test_rows_that_were_not_kept_are_refused() -> None:
    with pytest.raises(ComparisonError, match="Only the counts"):
        diff(row_changes=RowsDiff(added=1)).rows("added")


def test_what_the_rows_come_from_is_private_and_not_compared() -> None:
    frame = pd.DataFrame({"id": [1]})
    kept = compare(frame, frame)
    assert kept == RowsDiff(key=("id",), key_source="guessed", unchanged=1)
    assert "in_full" not in repr(kept)


def test_the_first_rows_stay_known_where_all_of_them_would_be_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("dsnb.compare.changes.KEPT_CELLS", 0)
    paths = [tmp_path / "old.parquet", tmp_path / "new.parquet"]
    pd.DataFrame({"id": range(40), "a": 5}).to_parquet(paths[0])
    pd.DataFrame({"id": range(20, 60), "a": [6] * 5 + [5] * 35}).to_parquet(paths[1])
    relations = [
        relation_of_files([str(path)], "parquet", partial(pd.read_parquet, path)) for path in paths
    ]
    found = compare_rows(*relations, options=Options(on=["id"], rows=3)).in_full
    pd.testing.assert_frame_equal(found.first("added"), found.rows("added")[:3])
    for path in paths:
        path.unlink()
    with pytest.raises(TableError):
        found.rows("added")
    assert found.first("added")["id"].tolist() == [40, 41, 42]
    assert found.first("removed")["id"].tolist() == [0, 1, 2]
    assert found.first("changed")["id"].tolist() == [20, 21, 22]


def test_the_distributions_are_counted_once() -> None:
    old = pd.DataFrame({"id": [1, 2], "a": [5, 6]})
    found = compare(old, old.assign(a=[5, 7]), on=["id"])
    assert found.in_full.distributions() is found.in_full.distributions()


@pytest.mark.parametrize("name", ["page.html", "new folder/page.html", "~/page.html"])
def test_a_page_is_written_and_its_path_returned(name: str) -> None:
    path = diff(schema=SchemaDiff(added=(Column("a", "str"),))).to_html(name)
    assert path == Path(name).expanduser()
    assert path.read_text(encoding="utf-8").count("1 new column (a)") == 2
    assert [one.name for one in path.parent.iterdir() if one.name != "work"] == ["page.html"]


def test_a_page_replaces_the_one_that_was_there() -> None:
    diff(schema=SchemaDiff(added=(Column("a", "str"),))).to_html("page.html")
    diff().to_html(Path("page.html"))
    assert "no differences" in Path("page.html").read_text(encoding="utf-8")
    assert "new column" not in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [".", "", "a file/page.html", "nu\0l.html", "x" * 300, None, 3])
def test_an_impossible_path_is_refused_with_the_reason(path: Any) -> None:
    Path("a file").write_text("kept")
    with pytest.raises(UsageError, match=r"No page can be written to .*\.to_html\('diff\.html'\)"):
        diff().to_html(path)
    assert [one.name for one in Path().iterdir()] == ["a file"]


def test_it_becomes_plain_values_that_json_can_hold() -> None:
    cell = CellChange((datetime(2013, 7, 1, tzinfo=UTC),), "temp", Decimal("1.5"), float("inf"))
    result = diff(
        files=FilesDiff(changed=(FilePair(FILE, OTHER),), added=(FILE,)),
        schema=SchemaDiff(retyped=(Retyped("a", "str", "int64"),), added=(Column("b", "str"),)),
        row_changes=RowsDiff(key=("t",), key_source="on", changed=1, cells=(cell,)),
        notes=("A note.",),
    )
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["old"] == "weather_ds@1"
    assert plain["different"] is True
    assert plain["files"]["changed"][0]["after"]["path"] == "data/week 28.csv"
    assert plain["schema"]["retyped"] == [{"name": "a", "before": "str", "after": "int64"}]
    assert plain["rows"]["cells"] == [
        {"key": ["2013-07-01T00:00:00+00:00"], "column": "temp", "before": "1.5", "after": "inf"}
    ]
    assert plain["notes"] == ["A note."]


def test_parts_that_were_not_compared_are_null() -> None:
    plain = diff().to_dict()
    assert (plain["files"], plain["schema"], plain["rows"]) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.float32(0.5), 0.5),
        (float("nan"), None),
        (pd.NaT, None),
        (pd.NA, None),
        (np.datetime64("2013-07-01"), "2013-07-01T00:00:00"),
        (np.array([np.datetime64("2013-07-01", "ns")]), ["2013-07-01T00:00:00"]),
        (pd.Timestamp("2013-07-01", tz="UTC"), "2013-07-01T00:00:00+00:00"),
        (date(2013, 7, 1), "2013-07-01"),
        (pd.Timedelta("1h"), "0 days 01:00:00"),
        (np.timedelta64(1, "h"), "0 days 01:00:00"),
        (b"\x01", "01"),
        ({1: [np.nan]}, {"1": [None]}),
        ({2, 1}, [1, 2]),
        (np.array([[1, 2]]), [[1, 2]]),
        (1 + 2j, "(1+2j)"),
        (np.str_("a"), "a"),
    ],
)
def test_every_cell_has_a_plain_form(value: Any, expected: Any) -> None:
    assert json_value(value) == expected
    json.dumps(json_value(value), allow_nan=False)


def test_plain_values_keep_what_python_has_a_type_for() -> None:
    assert plain_value(Decimal("1.5")) == Decimal("1.5")
    assert isinstance(plain_value(np.datetime64("2013-07-01")), datetime)
    assert plain_value((1, np.float64("nan"))) == [1, None]
