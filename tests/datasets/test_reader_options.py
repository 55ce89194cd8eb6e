"""Reader options given at registration hold for whatever is done with the version later."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dsnb
from dsnb.datasets.comparison import Options
from dsnb.widgets.picker import Picker
from dsnb.workspace import Workspace
from tests.workbench import load, register

Write = Callable[[Path, pd.DataFrame], object]


def frame(*more: Any) -> pd.DataFrame:
    """Return a table that none of the files below give back without their option."""
    rows = [("Größe", 1.5, "007", "2013-07-01"), ("温度", 2.25, "010", "2013-07-02"), *more]
    return pd.DataFrame(rows, columns=["name", "temp", "code", "day"])


def csv(**how: Any) -> Write:
    return lambda path, table: table.to_csv(path, index=False, **how)


def latin(path: Path, table: pd.DataFrame) -> None:
    table.replace("温度", "Wärme").to_csv(path, index=False, encoding="latin-1")


def sheets(path: Path, table: pd.DataFrame) -> None:
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"not": ["this"]}).to_excel(book, sheet_name="first", index=False)
        table.to_excel(book, sheet_name="hours", index=False)


CASES: dict[str, tuple[str, Write, dict[str, Any], Callable[[str], pd.DataFrame]]] = {
    "sep": ("w.csv", csv(sep=";"), {"sep": ";"}, lambda path: pd.read_csv(path, sep=";")),
    "decimal": (
        "w.csv",
        csv(sep=";", decimal=","),
        {"sep": ";", "decimal": ","},
        lambda path: pd.read_csv(path, sep=";", decimal=","),
    ),
    "encoding": (
        "w.csv",
        latin,
        {"encoding": "latin-1"},
        lambda path: pd.read_csv(path, encoding="latin-1"),
    ),
    "parse_dates": (
        "w.csv",
        csv(),
        {"parse_dates": ["day"]},
        lambda path: pd.read_csv(path, parse_dates=["day"]),
    ),
    "dtype": (
        "w.csv",
        csv(),
        {"dtype": {"code": "str", "temp": "float32"}},
        lambda path: pd.read_csv(path, dtype={"code": "str", "temp": "float32"}),
    ),
    "sheet": (
        "w.xlsx",
        sheets,
        {"sheet": "hours"},
        lambda path: pd.read_excel(path, sheet_name="hours"),
    ),
    "dtype of jsonl": (
        "w.jsonl",
        lambda path, table: table.to_json(path, orient="records", lines=True),
        {"dtype": {"temp": "float32"}},
        lambda path: frame().astype({"temp": "float32"}),
    ),
}


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Any:
    return CASES[request.param]


@pytest.fixture
def registered(workspace: Workspace, case: Any) -> pd.DataFrame:
    """Register one version of the case with its options; return what it holds."""
    name, write, options, read = case
    write(Path(name), frame())
    register(workspace, name, options=options, snapshot="always")
    held: pd.DataFrame = read(name)
    assert held.shape == (2, 4)
    return held


def test_every_load_reads_with_them(workspace: Workspace, registered: pd.DataFrame) -> None:
    for _ in range(3):
        pd.testing.assert_frame_equal(load(workspace), registered)
        pd.testing.assert_frame_equal(load(workspace, columns=["temp"]), registered[["temp"]])
        pd.testing.assert_frame_equal(load(workspace, limit=1), registered.head(1))
        pd.testing.assert_frame_equal(
            load(workspace, where="temp > 2").reset_index(drop=True),
            registered[registered["temp"] > 2].reset_index(drop=True),
        )
    arrow = load(workspace, library="arrow").to_pandas()
    assert arrow.to_dict("list") == registered.to_dict("list")


def test_the_snapshot_is_read_with_them(
    workspace: Workspace, registered: pd.DataFrame, case: Any
) -> None:
    Path(case[0]).unlink()
    pd.testing.assert_frame_equal(load(workspace), registered)


def test_a_preview_reads_with_them(workspace: Workspace, registered: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(workspace.preview(workspace.resolve("ds"), 10), registered)


def test_a_diff_reads_both_versions_with_them(
    workspace: Workspace, registered: pd.DataFrame, case: Any
) -> None:
    name, write, options, _ = case
    write(Path(name), frame(("Luft", 3.5, "011", "2013-07-03")).replace(2.25, 4.75))
    on_disk = workspace.compare_with_disk(workspace.resolve("ds"), Options(on=("code",)))
    register(workspace, name, options=options)
    found = workspace.compare(
        workspace.resolve("ds@1"), workspace.resolve("ds@2"), Options(on=("code",))
    )
    for diff in (on_disk, found):
        assert not diff.schema
        rows = diff.row_changes
        assert rows is not None
        assert (rows.added, rows.removed, rows.changed) == (1, 0, 1)
        assert rows.changed_by_column == {"temp": 1}
        assert [(cell.before, cell.after) for cell in rows.cells] == [(2.25, 4.75)]
    assert not workspace.compare_with_table(
        workspace.resolve("ds@1"), registered, "df", Options(on=("code",))
    )


def test_the_picker_reads_with_them(workspace: Workspace, registered: pd.DataFrame) -> None:
    picker = dsnb.pick("ds")
    assert isinstance(picker, Picker)
    pd.testing.assert_frame_equal(picker.load(), registered)


def test_they_are_shown_and_come_with_added_paths(
    workspace: Workspace, registered: pd.DataFrame, case: Any
) -> None:
    name, write, options, _ = case
    more = Path(name).with_stem("more")
    write(more, frame())
    added = register(workspace, more, add=True).version
    assert dict(added.definition.options) == dict(options)
    pd.testing.assert_frame_equal(
        load(workspace), pd.concat([registered, registered], ignore_index=True)
    )


def test_the_same_files_read_otherwise_are_another_version(workspace: Workspace) -> None:
    csv()(Path("w.csv"), frame())
    register(workspace, "w.csv")
    assert register(workspace, "w.csv", options={"dtype": {"code": "str"}}).created
    assert load(workspace, "ds@1")["code"].tolist() == [7, 10]
    assert load(workspace, "ds@2")["code"].tolist() == ["007", "010"]
