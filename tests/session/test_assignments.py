"""The cell that gave a variable its value, by what the cells say."""

import pytest

from dsnb.session.assignments import assigning_cell


@pytest.mark.parametrize(
    "cell",
    [
        "df = 1",
        "a, (df, b) = 1, (2, 3)",
        "df: int = 1",
        "df += 1",
        "for df in []: pass",
        "if True:\n    df = 1",
        "with open('a') as df: pass",
        "print(df := 1)",
        "import pandas as df",
        "import df.sub",
        "def df(): pass",
        "class df: pass",
        "def f():\n    global df\n    df = 1",
        "df = get_ipython().run_line_magic('ds', 'load weather_ds@1')",
        "try: pass\nexcept Exception: df = 1",
        "[*df] = [1]",
    ],
)
def test_whatever_assigns_counts(cell: str) -> None:
    assert assigning_cell(["", cell, "print(df)"], "df") == 1


@pytest.mark.parametrize(
    "cell",
    [
        "print(df)",
        "df['x'] = 1",
        "df.x = 1",
        "def f():\n    df = 1",
        "f = lambda df: df",
        "dfs = 1",
        "df = ",
        "!cat df",
        "# df = 1",
    ],
)
def test_what_assigns_another_thing_or_nothing_does_not(cell: str) -> None:
    assert assigning_cell(["", cell], "df") is None


def test_it_is_the_last_that_counts() -> None:
    assert assigning_cell(["", "df = 1", "df = 2", "x = 1"], "df") == 2
