"""Partition formats: the values that the paths of files have for their keys."""

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import TableError
from dsnb.tables.partitions import partitions_of

NAMES = st.text("abcXYZ019_ -=é温()[]+^$|", min_size=1, max_size=8)
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)


@pytest.mark.parametrize(
    ("format", "path", "values"),
    [
        ("/{a}/data.csv", "/x/y/data.csv", {"a": "y"}),
        ("/{a}/{b}/data.csv", "/x/y/z/data.csv", {"a": "y", "b": "z"}),
        ("{a}/data.csv", "/x/y/data.csv", {"a": "y"}),
        ("/{a}.csv", "/x/week 27.csv", {"a": "week 27"}),
        ("/{a}/*.csv", "/x/y/z.0.csv", {"a": "y"}),
        ("/{a}/*/data.csv", "/x/y/1/data.csv", {"a": "y"}),
        ("/x/{a}/**/data.csv", "/x/y/1/2/data.csv", {"a": "y"}),
        ("/{a}*/d.csv", "/x.1/d.csv", {"a": "x"}),
        ("/k={a}/{{{b}}}.csv", "/k=1/{2}.csv", {"a": "1", "b": "2"}),
        ("/{a}/{a}.csv", "/x/y/y.csv", {"a": "y"}),
        ("/{d:yyyy}/d.csv", "/2013/d.csv", {"d": datetime(2013, 1, 1)}),
        ("/{d:yyyy/MM}/d.csv", "/2013/07/d.csv", {"d": datetime(2013, 7, 1)}),
        ("/{d:dd.MM.yyyy}.csv", "/31.07.2013.csv", {"d": datetime(2013, 7, 31)}),
        ("/{d:yyyyMMdd}*/{a}.csv", "/20130731-5/x.csv", {"a": "x", "d": datetime(2013, 7, 31)}),
        ("/{d:yyyy/MM/yyyyMMdd}.csv", "/2013/07/20130731.csv", {"d": datetime(2013, 7, 31)}),
        (
            "/{Department}/{PartitionDate:yyyy/MM/dd/HH/mm/ss}/data.csv",
            "/all/Accounts/2019/01/02/03/04/05/data.csv",
            {"Department": "Accounts", "PartitionDate": datetime(2019, 1, 2, 3, 4, 5)},
        ),
    ],
)
def test_the_end_of_a_path_tells_the_keys(
    format: str, path: str, values: dict[str, object]
) -> None:
    found = partitions_of(format)
    assert dict(zip(found.keys, found.values_of(path), strict=True)) == values


def test_the_date_is_the_last_key() -> None:
    assert partitions_of("/{d:yyyy}/{a}/{b}.csv").keys == ("a", "b", "d")


@given(NAMES, NAMES, MOMENTS)
def test_what_a_path_was_made_of_is_found_in_it(one: str, other: str, moment: datetime) -> None:
    path = f"/up/{one}/{moment:%m_%d}/{moment.year:04}/{other}/{moment:%H%M%S}.csv"
    found = partitions_of("/{one}/{at:MM_dd/yyyy/*/HHmmss}.csv")
    assert found.values_of(path) == (one, moment)
    found = partitions_of("/{one}/*/*/{other}/*.csv")
    assert found.values_of(path) == (one, other)


@pytest.mark.parametrize(
    ("format", "path"),
    [
        ("/{a}/data.csv", "/data.csv"),
        ("/{a}/data.csv", "/x/data_csv"),
        ("/{a}/data.csv", "/x/data.csv.gz"),
        ("/{a}/data.csv", "/x.y/data.csv"),
        ("/{a}/data.csv", "/x/data.csv\n"),
        ("/{a}/{a}.csv", "/x/y.csv"),
        ("/x/{a}/*.csv", "/x/y/1/2.csv"),
        ("/{d:yyyy/MM}/d.csv", "/2013/7/d.csv"),
        ("/{d:yyyy/MM}/d.csv", "/2013/13/d.csv"),
        ("/{d:yyyy/MM}/d.csv", "/0000/01/d.csv"),
        ("/{d:yyyyMMdd}/d.csv", "/20130229/d.csv"),
        ("/{d:yyyy}/d.csv", "/२०१३/d.csv"),
    ],
)
def test_a_path_that_does_not_fit_is_named(format: str, path: str) -> None:
    with pytest.raises(TableError, match=re.escape(path.strip())):
        partitions_of(format).values_of(path)


@pytest.mark.parametrize(
    "format",
    [
        "", "/data.csv", "/{}/data.csv", "/{a", "/a}", "/{a{b}}", "/{{a}}/x.csv", "/{:yyyy}.csv",
        "/{d:}/x.csv", "/{d:MM}/x.csv", "/{d:yyyy/dd}/x.csv", "/{d:abc}/x.csv",
        "/{d:yyyy}/{e:yyyy}.csv", "/{d}/{d:yyyy}.csv", "/{a}{b}.csv",
    ],
)  # fmt: skip
def test_what_is_no_format_is_refused(format: str) -> None:
    with pytest.raises(TableError, match="is no partition format"):
        partitions_of(format)
