from typing import Any

import numpy as np
import pandas as pd
import pytest

from dsnb.tables.identity import are_identical

UTC = "datetime64[us, UTC]"


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 2, 3]),
        pd.Series([1.5, np.nan, -0.0]),
        pd.Series(["a", None, "ü"]),
        pd.Series(["a", np.nan, "b"], dtype=object),
        pd.Series([True, None], dtype=object),
        pd.Series([1, None], dtype="Int8"),
        pd.Series([True, None], dtype="boolean"),
        pd.Series(["a", None], dtype="string"),
        pd.Series(["a", None, "a"], dtype="category"),
        pd.Series(["2020-01-01", None], dtype=UTC),
        pd.Series([1 + 2j]),
        pd.Series([], dtype="float64"),
    ],
)
def test_a_copy_is_identical(values: Any) -> None:
    frame = pd.DataFrame({"a": values, "b": values})
    assert are_identical(frame, frame.copy())
    assert are_identical(frame, pd.concat([frame[["a"]], frame[["b"]]], axis=1))


def frame(values: Any, **how: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(values, **how)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (frame([0.0]), frame([-0.0])),
        (frame([1]), frame([1.0])),
        (frame([1]), frame([1], dtype="int32")),
        (frame([1]), frame([1], dtype="Int64")),
        (frame([None], dtype=object), frame([np.nan], dtype=object)),
        (frame([True], dtype=object), frame([1], dtype=object)),
        (frame(["a"], dtype=object), frame(["a"], dtype="string")),
        (frame(["a"], dtype="string[python]"), frame(["a"], dtype="string[pyarrow]")),
        (frame(["a"], dtype="category"), frame(["a"], dtype="str")),
        (
            frame(pd.Categorical(["a"], categories=["a", "b"])),
            frame(pd.Categorical(["a"], categories=["b", "a"])),
        ),
        (
            frame(["2020-01-01"], dtype="datetime64[s]"),
            frame(["2020-01-01"], dtype="datetime64[us]"),
        ),
        (frame(["2020-01-01"], dtype=UTC), frame(["2020-01-01"], dtype="datetime64[us]")),
        (frame([1], dtype="Int64"), frame([None], dtype="Int64")),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (pd.DataFrame({"1": [1]}), pd.DataFrame({1: [1]})),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}, index=[0])),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}, index=pd.RangeIndex(1, 2))),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}).rename_axis("rows")),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}).rename_axis(columns="cells")),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1]})),
        (pd.DataFrame({"a": []}), pd.DataFrame()),
    ],
)
def test_whatever_can_be_told_apart_is_not_identical(
    one: pd.DataFrame, other: pd.DataFrame
) -> None:
    assert not are_identical(one, other)
    assert not are_identical(other, one)
    assert are_identical(one, one.copy())


def test_other_attributes_are_a_difference() -> None:
    one, other = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})
    other.attrs["from"] = "ds@1"
    assert not are_identical(one, other)


@pytest.mark.parametrize("value", [[1], {"a": 1}, 1, 1.5, b"x", pd.Timestamp("2020")])
def test_other_objects_are_never_called_identical(value: Any) -> None:
    one = pd.DataFrame({"a": pd.Series([value], dtype=object)})
    assert not are_identical(one, one.copy())
