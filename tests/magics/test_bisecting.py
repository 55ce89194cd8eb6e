"""``%ds bisect`` in a notebook: its code, its notices, Ctrl-C."""

import pytest

from tests.kernels import Kernel

HOURS = """
import pandas as pd
for hour in range(1, 8):
    pd.DataFrame({"hour": [hour], "it's": [hour]}).to_csv("w.csv", index=False)
    %ds register ds w.csv --snapshot
"""


@pytest.fixture
def seven(kernel: Kernel) -> Kernel:
    kernel.do(HOURS)
    return kernel


def test_each_step_is_shown_and_then_the_answer(seven: Kernel) -> None:
    ran = seven.do("%ds bisect ds -- df.hour.max() < 5")
    assert ran.texts[:-1] == [
        "ds@7: it fails.", "ds@1: it holds.", "ds@4: it holds.", "ds@6: it fails.",
        "ds@5: it fails.",
    ]  # fmt: skip
    assert ran.value is not None
    assert ran.value.startswith("ds@5 is the first version for which this fails: df.hour.max()")
    assert "next: %ds diff ds@4..5" in ran.value
    assert set(ran.shown[-1]) == {"text/plain", "text/html"}
    assert ran.streamed == ""


@pytest.mark.parametrize(
    "code",
    [
        """df["it's"].max() < 5""",
        "{'a': 5}['a'] > df.hour.max()",
        'df.hour.map({5: "late", 6: "late", 7: "late"}).isna()',
        "df.hour.isin(early)",
        "is_early(df)",
        "all(hour in early for hour in df.hour)",
        'f"{df.hour.max()}" < f"{max(early) + 1}"',
    ],
)
def test_the_expression_is_what_was_typed_and_sees_the_notebook(seven: Kernel, code: str) -> None:
    seven.do("early = [1, 2, 3, 4]; df = 'mine'\ndef is_early(df): return df.hour.max() in early")
    seven.do(f"found = %ds bisect ds -- {code}")
    assert seven.evaluate("(found.first_bad, found.last_good, df)") == ("ds@5", "ds@4", "mine")
    assert seven.evaluate("found.test") == code


def test_within_a_function_it_sees_the_function_s_variables(seven: Kernel) -> None:
    seven.do(
        "def first_after(hour, name):\n"
        "    found = %ds bisect $name -- df.hour.max() <= hour\n"
        "    return found.first_bad\n"
    )
    assert seven.evaluate("[first_after(hour, 'ds') for hour in (2, 5)]") == ["ds@3", "ds@6"]


def test_ctrl_c_stops_it(seven: Kernel) -> None:
    ran = seven.run("import os, signal\n%ds bisect ds -- os.kill(os.getpid(), signal.SIGINT)")
    assert ran.error is not None
    assert ran.error["ename"] == "KeyboardInterrupt"
    assert seven.do("%ds bisect ds -- df.hour.max() < 5").value


def test_the_name_is_completed_and_the_code_is_left_to_python(seven: Kernel) -> None:
    assert seven.complete("%ds bis")["matches"] == ["bisect"]
    assert seven.complete("%ds bisect d")["matches"] == ["ds"]
    assert seven.complete("%ds bisect ds --b")["matches"] == ["--bad"]
    seven.do("thresholds = {}")
    assert "thresholds" in seven.complete("%ds bisect ds -- df.hour < thresh")["matches"]
