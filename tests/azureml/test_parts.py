"""Parts of a dataset: the rows, files and columns that a plain slice would give."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.azureml.core import Dataset, Datastore, Workspace
from dsnb.azureml.data import FileDataset, TabularDataset
from dsnb.azureml.data.choosing import after, first, positions_of, split
from dsnb.azureml.data.dataset_error_handling import DatasetExecutionError, DatasetValidationError
from dsnb.azureml.exceptions import UserErrorException

COUNTS = st.integers(0, 12)
STEPS = st.lists(st.tuples(st.sampled_from(["take", "skip"]), COUNTS), max_size=4)


def sliced(whole: list[int], steps: list[tuple[str, int]]) -> list[int]:
    for step, count in steps:
        whole = whole[:count] if step == "take" else whole[count:]
    return whole


@given(COUNTS, STEPS)
def test_taking_and_skipping_is_slicing(count: int, steps: list[tuple[str, int]]) -> None:
    choices = [first(n) if step == "take" else after(n) for step, n in steps]
    assert positions_of(count, choices).tolist() == sliced([*range(count)], steps)


@given(st.integers(0, 60), st.floats(0, 1), st.integers(0, 2**32) | st.none())
def test_a_split_shares_out_everything_once_and_in_order(
    count: int, share: float, seed: int | None
) -> None:
    one, other = (positions_of(count, [choice]).tolist() for choice in split(share, seed))
    assert sorted(one + other) == [*range(count)]
    assert one == sorted(one)
    assert other == sorted(other)
    if share in (0, 1):
        assert len(one) == count * share


@given(st.integers(0, 60), st.floats(0, 1), st.integers(0, 2**32))
def test_a_seed_makes_a_split_repeatable(count: int, share: float, seed: int) -> None:
    once, again = (positions_of(count, [split(share, seed)[0]]).tolist() for _ in range(2))
    assert once == again


def test_a_split_has_about_the_share_that_was_asked_for() -> None:
    for seed in range(20):
        assert 0.65 < len(positions_of(4000, [split(0.7, seed)[0]])) / 4000 < 0.75


@pytest.fixture
def files(store: Datastore) -> FileDataset:
    for name in range(12):
        Path("many", f"part {name % 3}").mkdir(parents=True, exist_ok=True)
        Path("many", f"part {name % 3}", f"{name:02}.txt").write_text(f"{name}", encoding="utf-8")
    return Dataset.File.from_files((store, "many"))


@pytest.fixture
def table(store: Datastore) -> TabularDataset:
    pd.DataFrame({"a": range(12), "b": [*"abcdefghijkl"], "c": 0.5}).to_csv("t.csv", index=False)
    return Dataset.Tabular.from_delimited_files((store, "t.csv"))


SLOW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SLOW
@given(STEPS)
def test_parts_of_files_are_slices_of_the_files(
    files: FileDataset, steps: list[tuple[str, int]]
) -> None:
    part, whole = files, files.to_path()
    for step, count in steps:
        part = getattr(part, step)(count)
    assert part.to_path() == [whole[position] for position in sliced([*range(12)], steps)]


@SLOW
@given(STEPS, st.permutations("abc"), st.integers(1, 3), st.booleans())
def test_parts_of_a_table_are_slices_of_its_rows_and_columns(
    table: TabularDataset,
    steps: list[tuple[str, int]],
    names: list[str],
    many: int,
    columns_first: bool,
) -> None:
    part = table.keep_columns(names[:many]) if columns_first else table
    for step, count in steps:
        part = getattr(part, step)(count)
    part = part if columns_first else part.drop_columns(names[many:])
    whole = pd.read_csv("t.csv")
    wanted = whole[[name for name in whole.columns if name in names[:many]]]
    wanted = wanted.iloc[sliced([*range(12)], steps)].reset_index(drop=True)
    found = part.to_pandas_dataframe()
    found.attrs = {}
    pd.testing.assert_frame_equal(found, wanted)


def test_the_parts_of_a_split_are_the_whole(files: FileDataset, table: TabularDataset) -> None:
    for share in (0.0, 0.3, 1.0):
        one, other = files.random_split(share)
        assert sorted(one.to_path() + other.to_path()) == sorted(files.to_path())
        left, right = table.random_split(share, seed=7)
        rows = pd.concat([left.to_pandas_dataframe(), right.to_pandas_dataframe()])
        assert sorted(rows["a"]) == [*range(12)]
    assert files.take_sample(1.0).to_path() == files.to_path()
    assert len(table.take_sample(0.0).to_pandas_dataframe()) == 0


def test_a_part_is_not_registered_until_it_is(
    ws: Workspace, files: FileDataset, table: TabularDataset
) -> None:
    for dataset in (files, table):
        part = dataset.register(ws, dataset.kind).take(2)
        assert (part.name, part.version) == (None, None)
        assert part.register(ws, f"{dataset.kind}_part").version == 1


@pytest.mark.parametrize("count", [-1, 1.5, "3", True, None])
def test_what_is_no_count_is_refused(table: TabularDataset, count: object) -> None:
    for part in (table.take, table.skip):
        with pytest.raises(UserErrorException, match="no count"):
            part(count)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "0.5", True, None])
def test_what_is_no_share_is_refused(table: TabularDataset, share: object) -> None:
    with pytest.raises(UserErrorException, match="no share"):
        table.random_split(share)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True])
def test_what_is_no_seed_is_refused(table: TabularDataset, seed: object) -> None:
    with pytest.raises(UserErrorException, match="no seed"):
        table.random_split(0.5, seed=seed)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers(table: TabularDataset) -> None:
    part = table.take(np.int64(5)).random_split(np.float64(1), seed=np.int32(1))[0]  # type: ignore[arg-type]
    assert len(part.to_pandas_dataframe()) == 5


@pytest.mark.parametrize("columns", [None, 3, [1], {"a": "b"}])
def test_what_names_no_columns_is_refused(table: TabularDataset, columns: object) -> None:
    for part in (table.keep_columns, table.drop_columns):
        with pytest.raises(UserErrorException, match="no columns"):
            part(columns)  # type: ignore[arg-type]


def test_a_column_that_is_not_there_is_named(table: TabularDataset) -> None:
    assert [*table.keep_columns("b", validate=True).to_pandas_dataframe()] == ["b"]
    with pytest.raises(DatasetValidationError, match="no column bb"):
        table.keep_columns(["a", "bb"], validate=True)
    later = table.keep_columns(["a", "bb"])
    with pytest.raises(DatasetExecutionError, match="no column bb"):
        later.to_pandas_dataframe()
    with pytest.raises(DatasetExecutionError, match="no column d"):
        table.drop_columns("d").to_pandas_dataframe()
