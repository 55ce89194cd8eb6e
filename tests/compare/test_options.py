import numpy as np
import pandas as pd
import pytest

from dsnb.compare.options import Tolerance, parse_share, parse_tolerance
from dsnb.errors import ComparisonError, MissingColumnError, UsageError

from .messy import compare

OLD = pd.DataFrame({"id": range(8), "temp": np.arange(8.0), "wind": np.arange(8)})
NEW = OLD.assign(temp=OLD["temp"] + 0.25, wind=OLD["wind"] + 1)


def test_only_the_columns_asked_for_are_compared() -> None:
    diff = compare(OLD, NEW, on=["id"], columns=["wind"])
    assert (diff.compared, diff.changed_by_column) == (("wind",), {"wind": 8})
    with pytest.raises(MissingColumnError, match=r"wnd to compare.*wind"):
        compare(OLD, NEW, on=["id"], columns=["wnd"])


def test_a_tolerance_is_for_its_column_or_for_all_others() -> None:
    def changed(**tolerance: float) -> dict[str, int]:
        written = {
            None if name == "others" else name: Tolerance(value)
            for name, value in tolerance.items()
        }
        return dict(compare(OLD, NEW, on=["id"], tolerance=written).changed_by_column)

    assert changed(others=0.25) == {"wind": 8}
    assert changed(others=1) == {}
    assert changed(temp=0.2, others=1) == {"temp": 8}
    assert changed(wind=1) == {"temp": 8}


def test_a_tolerance_without_a_key_is_refused() -> None:
    twice = pd.DataFrame({"x": [1.0, 1.0]})
    with pytest.raises(ComparisonError, match="--on"):
        compare(twice, twice, tolerance={None: Tolerance(1)})


def test_a_tolerance_for_an_unknown_column_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="tmp"):
        compare(OLD, NEW, on=["id"], tolerance={"tmp": Tolerance(1)})


def test_a_sample_holds_the_same_keys_on_both_sides() -> None:
    old = pd.DataFrame({"id": range(20_000), "x": np.arange(20_000) % 9})
    new = old.sample(frac=1, random_state=1).assign(x=lambda frame: frame["x"] + 1)
    diff = compare(old, new, on=["id"], sample=0.1)
    assert diff.added == diff.removed == diff.unchanged == 0
    assert 1_700 < diff.changed < 2_300


def test_a_sample_of_whole_rows_finds_no_difference_where_there_is_none() -> None:
    old = pd.DataFrame({"x": np.arange(20_000.0) // 3})
    diff = compare(old, old.iloc[::-1], sample=0.1)
    assert diff.key == ()
    assert not diff
    assert 1_500 < diff.unchanged < 2_500


@pytest.mark.parametrize("written", ["", "x", "-1", "nan", "inf", "temp=", "temp=a", "1,2x"])
def test_what_is_no_tolerance_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="no tolerance"):
        parse_tolerance(written)


def test_tolerances_are_written_as_numbers_or_shares() -> None:
    assert parse_tolerance(0.5) == {None: Tolerance(absolute=0.5)}
    assert parse_tolerance({"temp": "1%"}) == {"temp": Tolerance(relative=0.01)}
    assert parse_tolerance("temp=1,0.1%") == {"temp": Tolerance(1), None: Tolerance(0, 0.001)}


@pytest.mark.parametrize("written", ["0", "-1", "101%", "x", 2])
def test_what_is_no_share_is_refused(written: str | float) -> None:
    with pytest.raises(UsageError, match="no share"):
        parse_share(written)
