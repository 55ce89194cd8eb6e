from typing import Any

import numpy as np
import pandas as pd
import pytest

from dsnb.datasets.judging import UndecidedError, expression_test, function_test, is_true
from dsnb.errors import SearchError, UsageError

FRAME = pd.DataFrame({"temp": [78.08, 73.04], "origin": ["EWR", "JFK"]})


def asked(text: str, data: Any = FRAME, kind: Any = "tabular", **variables: object) -> object:
    return expression_test(text, variables)(data, kind)


def test_a_table_is_called_df_and_pandas_and_numpy_are_there() -> None:
    assert asked("df.temp.max()") == 78.08
    assert asked("np.isclose(df.temp.min(), 73.04) and pd.notna(df).all(axis=None)")
    assert asked('  df["origin"].isin(["EWR", "JFK"]).all()  ')


def test_files_are_called_paths() -> None:
    assert asked("len(paths)", ["a", "b"], "file") == 2


@pytest.mark.parametrize(
    ("text", "kind", "right"), [("len(paths)", "tabular", "df"), ("len(df)", "file", "paths")]
)
def test_a_variable_of_the_wrong_name_is_not_taken_for_the_data(
    text: str, kind: str, right: str
) -> None:
    with pytest.raises(SearchError, match=f"Write {right} in its place"):
        asked(text, [], kind, df=FRAME, paths=["a"])


def test_an_expression_sees_variables_wherever_it_uses_them() -> None:
    def is_warm(temp: float) -> bool:
        return temp > 70

    assert asked("all(is_warm(t + more) for t in df.temp)", is_warm=is_warm, more=0)
    assert not asked("(lambda: df.temp.max() < limit)()", limit=75)
    assert asked("np.max(df)", np=type("Mine", (), {"max": staticmethod(len)})) == 2


def test_it_changes_no_variables() -> None:
    variables: dict[str, object] = {"df": "mine"}
    assert expression_test("[n := len(df), n]", variables)(FRAME, "tabular") == [2, 2]
    assert variables == {"df": "mine"}


@pytest.mark.parametrize("text", ["", " ", "df.temp <", "x = 1", "df.temp; 1", "import os", "\0"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="For example: %ds bisect weather_ds -- "):
        expression_test(text, {})


def test_an_option_behind_the_expression_is_told_its_place() -> None:
    with pytest.raises(UsageError, match="Options stand before the --"):
        expression_test("df.temp.max() < 3 --good 2", {})


def test_a_function_is_given_the_data() -> None:
    assert function_test(len)(FRAME, "tabular") == 2
    with pytest.raises(UsageError, match="3 is neither an expression nor a function"):
        function_test(3)  # type: ignore[arg-type]


TRUE: list[object] = [
    True, np.True_, 1, "x", [0], np.array(True), np.array([[True], [True]]),
    pd.Series([True, True]), pd.Series([], dtype=bool), pd.Series([True], dtype="boolean"),
    pd.Series([True, np.True_], dtype=object), pd.DataFrame({"a": [True], "b": [True]}),
    pd.Index([True]), pd.array([True, True]),
]  # fmt: skip
FALSE: list[object] = [
    False, np.False_, 0, "", [], np.array([True, False]), pd.Series([True, False]),
    pd.Series([False, None], dtype="boolean"), pd.Series([None, False], dtype=object),
    pd.DataFrame({"a": [True], "b": [False]}), pd.DataFrame({"a": [pd.NA], "b": [False]}),
]  # fmt: skip
NEITHER: list[object] = [
    None, pd.NA, pd.NaT, float("nan"), np.float32("nan"), pd.Series([1, 2]), pd.Series(["x"]),
    np.array([0.0]), pd.Series([True, None], dtype="boolean"), pd.Series([True, None]),
    pd.DataFrame({"a": [True], "b": [1]}), pd.DataFrame(),
]  # fmt: skip


@pytest.mark.parametrize("answer", TRUE, ids=repr)
def test_an_answer_is_true_when_all_of_it_is(answer: object) -> None:
    assert is_true(answer)


@pytest.mark.parametrize("answer", FALSE, ids=repr)
def test_an_answer_is_false_when_any_of_it_is(answer: object) -> None:
    assert not is_true(answer)


@pytest.mark.parametrize("answer", NEITHER, ids=repr)
def test_an_answer_that_is_missing_or_no_truth_value_is_neither(answer: object) -> None:
    with pytest.raises(UndecidedError):
        is_true(answer)
