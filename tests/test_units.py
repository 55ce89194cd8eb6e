from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.units import ago, count_text, size_text

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
        (999_950_000, "1.0 GB"), (1_500_000_000_000, "1.5 TB"), (10**16, "10,000.0 TB"),
    ],
)  # fmt: skip
def test_a_size_has_the_unit_that_keeps_it_short(size: int, text: str) -> None:
    assert size_text(size) == text


@given(st.integers(0, 10**15))
def test_a_size_is_right_to_three_digits(size: int) -> None:
    amount, unit = size_text(size).replace(",", "").split()
    exact = float(amount) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}[unit]
    assert exact == pytest.approx(size, rel=0.051)


def test_a_count_has_a_plural() -> None:
    assert [count_text(number, "file") for number in (0, 1, 2000)] == [
        "0 files",
        "1 file",
        "2,000 files",
    ]


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(minutes=60), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(hours=24), "1 day ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=365), "1 year ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_how_long_ago_is_told_in_the_largest_unit(passed: timedelta, text: str) -> None:
    assert ago(NOW - passed, NOW) == text
