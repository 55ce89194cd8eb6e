import datetime as dt
import decimal
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import polars.testing
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.errors import DsnbError, RegistryError, TableError
from dsnb.workspace import Workspace
from tests.workbench import load, register_table

DAYS = pd.date_range("2013-07-01", periods=3, freq="D")

EXACT: dict[str, pd.DataFrame] = {
    "numbers": pd.DataFrame({"a": [1, 2**62], "b": [np.nan, -0.0], "c": [True, False]}),
    "small numbers": pd.DataFrame({"a": np.array([1], "int8"), "b": np.array([0.1], "float32")}),
    "unsigned": pd.DataFrame({"a": np.array([1, 2**64 - 1], "uint64")}),
    "text": pd.DataFrame({"a": ["x", None, "ü\0"]}),
    "nullable text": pd.DataFrame({"a": pd.array(["x", None], dtype="string")}),
    "bytes": pd.DataFrame({"a": [b"x", b"\xff", None]}),
    "nullable": pd.DataFrame(
        {
            "a": pd.array([1, None, 2**62 + 1], dtype="Int64"),
            "b": pd.array([True, None, False], dtype="boolean"),
            "c": pd.array([0.1, None, 3.0], dtype="Float64"),
            "d": pd.array([1, None, 3], dtype="UInt8"),
        }
    ),
    "on arrow": pd.DataFrame({"a": pd.array([1, None], dtype="int64[pyarrow]")}),
    "categories": pd.DataFrame({"a": pd.Categorical(["x", "y", None, "x"], ["y", "x", "unused"])}),
    "ordered": pd.DataFrame({"a": pd.Categorical(["x", "y"], ["y", "x"], ordered=True)}),
    "moments": pd.DataFrame({"a": DAYS, "b": DAYS.tz_localize("Europe/Berlin")}),
    "UTC": pd.DataFrame({"a": DAYS.tz_localize("UTC"), "b": DAYS.where([True, False, True])}),
    "nanoseconds": pd.DataFrame({"a": pd.array([1, 2**62], dtype="datetime64[ns]")}),
    "durations": pd.DataFrame({"a": pd.to_timedelta([1, None, 3], unit="ns")}),
    "days": pd.DataFrame({"a": [dt.date(2013, 7, 1), None]}),
    "decimals": pd.DataFrame({"a": [decimal.Decimal("0.10"), None]}),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="int64"), "b": pd.Series([], dtype="str")}),
    "no columns": pd.DataFrame(index=["x", "y"]),
    "named labels": pd.DataFrame([[1]], columns=pd.Index(["a"], name="n")),
    "nothing": pd.DataFrame(),
    "an index of numbers": pd.DataFrame({"a": [1, 2]}, index=[5, 3]),
    "an index of steps": pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(10, 30, 10)),
    "a named index": pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key")),
    "an index of moments": pd.DataFrame({"a": DAYS}, index=DAYS.tz_localize("America/Lima")),
    "an index that repeats": pd.DataFrame({"a": [1, 2]}, index=["x", "x"]),
    "an index of categories": pd.DataFrame({"a": [1, 2]}, index=pd.CategoricalIndex(["x", "y"])),
    "several levels": pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["p", "q"])
    ),
    "levels without names": pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("x", 1)])),
    "attributes": pd.DataFrame({"a": [1]}),
}  # fmt: skip
EXACT["attributes"].attrs = {"source": {1, 2}}


def assert_same(expected: pd.DataFrame, found: pd.DataFrame) -> None:
    """Compare all that a table says; the frequency of an index is derived, and labels are text."""
    pd.testing.assert_frame_equal(
        expected, found, check_exact=True, check_freq=False, check_column_type=False
    )
    for name in [name for name, dtype in expected.dtypes.items() if dtype.kind == "O"]:
        assert list(map(repr, expected[name])) == list(map(repr, found[name]))


@pytest.mark.parametrize("what", EXACT)
def test_a_table_from_memory_comes_back_as_it_was(workspace: Workspace, what: str) -> None:
    register_table(workspace, EXACT[what])
    found = load(workspace)
    assert_same(EXACT[what], found)
    assert set(found.attrs) == {"dsnb"}  # where it came from, and nothing of the table's own


def test_the_table_itself_is_left_alone(workspace: Workspace) -> None:
    frame = EXACT["attributes"].copy()
    frame.attrs = {"source": "here"}
    register_table(workspace, frame)
    assert frame.attrs == {"source": "here"}


def test_a_series_is_a_table_of_one_column(workspace: Workspace) -> None:
    series = pd.Series([1, 2], name="temp", index=["x", "y"])
    register_table(workspace, series)
    assert_same(series.to_frame(), load(workspace))


def objects(*values: Any) -> pd.DataFrame:
    cells = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        cells[place] = value
    return pd.DataFrame({"fine": range(len(values)), "odd": pd.Series(cells, dtype=object)})


REFUSED: dict[str, tuple[pd.DataFrame, str]] = {
    "text and numbers": (objects("x", 1), "'odd'"),
    "numbers of two kinds": (objects(1, 1.5), "'odd'"),
    "numbers as objects": (objects(1, 2), "'odd'"),
    "truth with gaps of NaN": (objects(True, np.nan), "'odd'"),
    "lists": (objects([1, 2], [3]), "'odd'"),
    "tuples": (objects((1, 2), (3,)), "'odd'"),
    "sets": (objects({1}, {2}), "'odd'"),
    "dictionaries that differ": (objects({"a": 1}, {"b": 2}), "'odd'"),
    "functions": (objects(len, max), "'odd'"),
    "NA among text": (objects("x", pd.NA), "'odd'"),
    "NaN among text": (objects("x", np.nan), "'odd'"),
    "moments as objects": (objects(dt.datetime(2013, 7, 1), None), "'odd'"),
    "decimals of different scale": (
        objects(decimal.Decimal("0.1"), decimal.Decimal("0.10")), "'odd'"
    ),
    "complex": (pd.DataFrame({"odd": [1j]}), "'odd'"),
    "sparse": (pd.DataFrame({"odd": pd.arrays.SparseArray([0, 0, 1])}), "'odd'"),
    "seconds": (pd.DataFrame({"odd": DAYS.as_unit("s")}), "'odd'"),
    "repeated labels": (pd.DataFrame([[1, 2]], columns=["odd", "odd"]), "'odd'"),
    "number labels": (pd.DataFrame([[1, 2]]), "column 0"),
    "labels of several levels": (
        pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "several levels"
    ),
    "number categories": (pd.DataFrame({"odd": pd.Categorical([3, 1, 3])}), "'odd'"),
    "rows without columns": (pd.DataFrame(index=pd.RangeIndex(3)), "index"),
    "an odd index": (pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", 1])), "index"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_table_that_would_not_come_back_is_refused_naming_the_column(
    workspace: Workspace, what: str
) -> None:
    frame, named = REFUSED[what]
    with pytest.raises(TableError, match=named) as refused:
        register_table(workspace, frame)
    assert "Convert it first" in str(refused.value)
    assert not list(workspace.layout.data.rglob("*"))
    assert not workspace.layout.registry.exists()


@pytest.mark.parametrize("value", [None, 1, [1, 2], {"a": [1]}, np.zeros(3), "df"])
def test_what_is_no_table_is_refused(workspace: Workspace, value: object) -> None:
    with pytest.raises(TableError, match="no table that can be registered"):
        register_table(workspace, value)


# Any table

SCALARS: list[Any] = [
    0, 1, 2**53 + 1, -1, 0.5, float("nan"), float("inf"), True, None, pd.NA, pd.NaT, "", "a", "1",
    b"a", decimal.Decimal("1.0"), decimal.Decimal("1.00"), dt.date(2013, 7, 1), dt.time(1, 2),
    dt.datetime(2013, 7, 1), pd.Timestamp("2013", tz="UTC"), pd.Timedelta(1), [1], (1,), {"a": 1},
    {"a": [1]}, np.int8(1), np.float32(0.1), 1j, dt.timedelta(days=1),
]  # fmt: skip
TYPES = [
    "int8", "uint64", "float32", "float64", "bool", "object", "str", "string", "Int64", "Float32",
    "boolean", "category", "datetime64[s]", "datetime64[ms]", "datetime64[us]", "datetime64[ns]",
    "datetime64[ns, Asia/Tokyo]", "datetime64[us, UTC]", "timedelta64[s]", "timedelta64[ns]",
    "int64[pyarrow]", "string[pyarrow]", "string[python]", "complex128", "Period[D]",
    "period[M]", "interval[int64]", "Sparse[int64]", "large_string[pyarrow]", "double[pyarrow]",
]  # fmt: skip


@st.composite
def arrays(draw: st.DrawFn, size: int) -> pd.Series:
    pool = draw(st.lists(st.sampled_from(SCALARS), min_size=1, max_size=3))
    cells = np.empty(size, dtype=object)
    for place in range(size):
        cells[place] = draw(st.sampled_from(pool))
    series = pd.Series(cells, dtype=object)
    try:
        return series.astype(draw(st.sampled_from(TYPES)))
    except Exception:
        return series


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    size = draw(st.integers(0, 4))
    labels = draw(
        st.lists(st.sampled_from(["a", "b", "c", "index", "__index_level_0__", ""]), max_size=3)
    )
    frame = (
        pd.concat([draw(arrays(size)) for _ in labels], axis=1)
        if labels
        else pd.DataFrame(index=range(size))
    )
    frame.columns = pd.Index(labels)
    levels = draw(st.integers(0, 2))
    names = [draw(st.sampled_from([None, "a", "key", 0])) for _ in range(levels)]
    try:
        if levels == 1:
            frame.index = pd.Index(draw(arrays(size)), name=names[0])
        elif levels == 2:
            frame.index = pd.MultiIndex.from_arrays(
                [draw(arrays(size)), draw(arrays(size))], names=names
            )
    except (TypeError, ValueError):
        pass  # what cannot be hashed is no index
    return frame


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(frames())
def test_any_table_comes_back_as_it_was_or_is_refused_and_leaves_nothing(
    workspace: Workspace, frame: pd.DataFrame
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        there = Workspace.create(folder)
        try:
            register_table(there, frame)
        except TableError:
            assert not list(there.layout.data.rglob("*"))
            assert not there.layout.registry.exists()
        else:
            assert_same(frame, load(there))


# Polars and Arrow

POLARS = pl.DataFrame(
    {
        "whole": [1, None, 2**62 + 1],
        "text": ["a", None, "b"],
        "fraction": [0.1, float("nan"), None],
        "list": [[1, 2], None, []],
        "struct": [{"a": 1}, None, {"a": None}],
        "day": [dt.date(2013, 7, 1), None, dt.date(9999, 1, 1)],
        "moment": [dt.datetime(2013, 7, 1, tzinfo=dt.UTC), None, None],
        "truth": [True, None, False],
        "span": [dt.timedelta(1), None, dt.timedelta(2)],
        "word": pl.Series(["x", None, "y"], dtype=pl.Categorical),
        "one of": pl.Series(["x", None, "y"], dtype=pl.Enum(["y", "x"])),
        "exact": pl.Series([decimal.Decimal("1.50"), None, decimal.Decimal("2.25")]),
        "tiny": pl.Series([1, None, 2], dtype=pl.UInt8),
        "none": [None, None, None],
    }
)  # fmt: skip


@pytest.mark.parametrize("lazy", [False, True])
def test_a_polars_table_comes_back_as_it_was(workspace: Workspace, lazy: bool) -> None:
    register_table(workspace, POLARS.lazy() if lazy else POLARS)
    pl.testing.assert_frame_equal(load(workspace, library="polars"), POLARS)


def test_a_polars_table_of_objects_is_refused(workspace: Workspace) -> None:
    with pytest.raises(TableError, match=r"'odd'.*Python objects"):
        register_table(workspace, pl.DataFrame({"odd": pl.Series([object()], dtype=pl.Object)}))
    assert not list(workspace.layout.data.rglob("*"))


ARROW = pa.table(
    {
        "whole": pa.array([1, None, 2**62 + 1]),
        "fraction": pa.array([0.1, float("nan"), None]),
        "word": pa.array(["x", None, "y"]).dictionary_encode(),
        "moment": pa.array([1, None, 3], pa.timestamp("us", "Europe/Berlin")),
        "list": pa.array([[1], None, []]),
        "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    }
)


@pytest.mark.parametrize("library", ["arrow", "duckdb"])
def test_an_arrow_table_comes_back_as_it_was(workspace: Workspace, library: str) -> None:
    # DuckDB has time zones and dictionaries of its own.
    table = ARROW if library == "arrow" else ARROW.drop_columns(["word", "moment"])
    register_table(workspace, table)
    found = load(workspace, library=library)
    found = found if library == "arrow" else found.to_arrow_table()
    assert found.to_pylist().__repr__() == table.to_pylist().__repr__()
    if library == "arrow":
        assert found.schema.equals(table.schema)


def test_an_arrow_batch_is_a_table(workspace: Workspace) -> None:
    register_table(workspace, pa.record_batch({"x": [1, None]}))
    assert load(workspace, library="arrow").to_pydict() == {"x": [1, None]}


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"odd": pa.array([1], pa.timestamp("s"))}),
        pa.table([[1], [2]], names=["odd", "odd"]),
        pa.table({"odd": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}),
    ],
)  # fmt: skip
def test_an_arrow_table_that_would_not_come_back_is_refused(
    workspace: Workspace, table: pa.Table
) -> None:
    with pytest.raises(TableError):
        register_table(workspace, table)
    assert not list(workspace.layout.data.rglob("*"))


# The disk refuses


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
def test_a_full_disk_is_told_apart_from_a_table_that_cannot_be_held(
    small_disk: Path, library: str
) -> None:
    numbers = np.random.default_rng(0).random(200_000)
    table: Any = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table}[library](
        {"a": numbers}
    )
    there = Workspace.create(small_disk)
    with pytest.raises(RegistryError, match="no room left"):
        register_table(there, table)
    assert not list(there.layout.data.rglob("*"))
    assert not there.layout.registry.exists()
    assert isinstance(RegistryError("x"), DsnbError)
    assert os.listdir(there.layout.folder) == [".gitignore"]
