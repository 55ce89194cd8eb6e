import pandas as pd

from dsnb.records import Column
from dsnb.tables.columns import columns_of, with_index_as_columns


def test_columns_are_named_by_the_text_of_their_label() -> None:
    frame = pd.DataFrame({1: [1], ("a", "b"): [2.0]})
    assert columns_of(frame) == (Column("1", "int64"), Column("('a', 'b')", "float64"))


def test_the_row_numbers_of_a_frame_are_no_column() -> None:
    frame = pd.DataFrame({"temp": [3.0, 1.0, 2.0]})
    empty = pd.DataFrame({"temp": []}, index=[])
    for numbered in (
        frame,
        frame[1:],
        frame.sort_values("temp"),
        frame.iloc[:0],
        frame[::2],
        empty,
    ):
        assert list(with_index_as_columns(numbered)) == ["temp"]
        assert isinstance(with_index_as_columns(numbered).index, pd.RangeIndex)


def test_a_named_index_is_a_column() -> None:
    frame = pd.DataFrame({"temp": [3.0, 1.0]}, index=pd.RangeIndex(2, name="id"))
    assert columns_of(frame) == (Column("id", "int64"), Column("temp", "float64"))


def test_an_unnamed_index_of_something_else_than_integers_is_a_column() -> None:
    frame = pd.DataFrame({"temp": [3.0]}, index=pd.to_datetime(["2013-07-01"]).as_unit("ns"))
    assert columns_of(frame)[0] == Column("index", "datetime64[ns]")


def test_every_level_of_an_index_is_a_column() -> None:
    index = pd.MultiIndex.from_tuples([("EWR", 1)], names=["origin", None])
    frame = pd.DataFrame({"temp": [3.0]}, index=index)
    assert [column.name for column in columns_of(frame)] == ["origin", "level_1", "temp"]


def test_an_index_that_repeats_a_column_is_dropped() -> None:
    frame = pd.DataFrame({"id": [1, 2], "temp": [3.0, 4.0]}).set_index("id", drop=False)
    assert list(with_index_as_columns(frame)) == ["id", "temp"]


def test_an_index_that_contradicts_the_column_of_its_name_stays() -> None:
    frame = pd.DataFrame({"id": [1, 2]}, index=pd.Index([2, 1], name="id"))
    assert list(with_index_as_columns(frame)) == ["id", "id"]


def test_looking_at_columns_leaves_the_frame_alone() -> None:
    frame = pd.DataFrame({"temp": [3.0]}, index=pd.Index(["EWR"], name="origin"))
    before = frame.copy()
    columns_of(frame)
    pd.testing.assert_frame_equal(frame, before)
