"""Profiles of tables, against what plain Python finds."""

import json
import math
import statistics
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.tables.database import open_database
from dsnb.tables.profiles import QUANTILES, ColumnProfile, Profile
from dsnb.tables.profiling import profile_relation
from dsnb.tables.relations import FrameRelation, Relation, relation_of_files
from tests.compare.messy import cells_of, columns, missing, same


def profiled(table: pd.DataFrame | Relation, **bounds: int) -> Profile:
    relation = FrameRelation(table) if isinstance(table, pd.DataFrame) else table
    with open_database(10**9, "Profiling") as database:
        return profile_relation(database, relation, **bounds)


def column_of(cells: Any, **bounds: int) -> ColumnProfile:
    [found] = profiled(pd.DataFrame({"a": cells}), **bounds).columns
    return found


def different(cells: list[Any]) -> int:
    kinds: list[Any] = []
    for cell in cells:
        if not missing(cell) and not any(same(cell, known) for known in kinds):
            kinds.append(cell)
    return len(kinds)


@given(st.data(), st.integers(0, 9))
def test_a_profile_tells_what_plain_python_finds(data: st.DataObject, size: int) -> None:
    stored = data.draw(columns(size))
    cells = cells_of(stored)
    there = [cell for cell in cells if not missing(cell)]
    found = column_of(stored)
    assert (
        ColumnProfile.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
    )
    assert found.missing == len(cells) - len(there)
    assert found.distinct_is_exact
    assert found.distinct == different(cells)
    if found.kind == "numbers":
        finite = sorted(cell for cell in there if math.isfinite(cell))
        assert found.infinite == len(there) - len(finite)
        assert sum(found.counts) == len(finite)
        assert (found.minimum, found.maximum) == (
            (finite[0], finite[-1]) if finite else (None, None)
        )
        ranked = [finite[max(0, math.ceil(q * len(finite)) - 1)] for q in QUANTILES if finite]
        assert list(found.quantiles) == ranked
        if finite:
            assert found.mean == pytest.approx(math.fsum(map(float, finite)) / len(finite))
    if found.kind == "times":
        assert sum(found.counts) == len(there)
        if there:
            first = pd.Timestamp(min(there))
            first = first if first.tzinfo is None else first.tz_convert("UTC")
            assert str(found.minimum)[:19] == first.isoformat()[:19]
    if found.kind == "categories":
        counts = Counter(str(cell) for cell in there)
        ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        assert list(found.categories) == ranked[:10]
        assert found.rest == len(there) - sum(count for _, count in found.categories)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_standard_deviation_is_that_of_a_sample(numbers: list[float]) -> None:
    found = column_of(numbers)
    assert found.std == pytest.approx(statistics.stdev(numbers), rel=1e-9, abs=1e-6)


def test_far_from_zero_the_standard_deviation_keeps_its_digits() -> None:
    found = column_of([1e15 + one for one in (0.0, 1.0, 2.0, 3.0)])
    assert found.std == pytest.approx(statistics.stdev([0, 1, 2, 3]))


def test_an_empty_table_has_a_profile() -> None:
    found = profiled(
        pd.DataFrame({"a": pd.Series([], dtype="float64"), "b": pd.Series([], dtype=str)})
    )
    assert found.rows == 0
    assert [(one.missing, one.distinct, one.counts) for one in found.columns] == [(0, 0, ())] * 2
    assert profiled(pd.DataFrame()).columns == ()


def test_ends_beyond_what_floats_hold_are_exact() -> None:
    found = column_of(pd.Series([2**63, 2**64 - 1], dtype="uint64"))
    assert (found.minimum, found.maximum) == (2**63, 2**64 - 1)
    assert sum(found.counts) == 2


def test_overflowing_sums_are_left_out() -> None:
    found = column_of([1.7e308, 1.7e308, -1.7e308])
    assert (found.minimum, found.maximum) == (-1.7e308, 1.7e308)
    assert found.std is None
    assert sum(found.counts) == 3


def test_every_arrow_type_has_a_profile(tmp_path: Path) -> None:
    day = pd.Timestamp("2013-07-01 04:00")
    table = pa.table(
        {
            "decimal": pa.array(
                [Decimal("1.50"), Decimal("99999999.99"), None], pa.decimal128(10, 2)
            ),
            "bytes": pa.array([b"ab", b"", None]),
            "list": pa.array([[1, 2], [1, 2], None]),
            "struct": pa.array([{"a": 1}, {"a": 2}, None]),
            "far": pa.array([253402300799, 0, None], pa.timestamp("s")),
            "day": pa.array([day.date(), None, None], pa.date32()),
            "span": pa.array([90_061_000_000, 0, None], pa.duration("us")),
            "half": pa.array(np.array([1.5, np.nan, np.inf], dtype="float16")),
            "nothing": pa.nulls(3),
            "category": pa.array(["a", "b", "a"]).dictionary_encode(),
        }
    )
    path = tmp_path / "all.parquet"
    pq.write_table(table, path)
    relation = relation_of_files([str(path)], "parquet", lambda: table.to_pandas())
    found = {one.name: one for one in profiled(relation).columns}
    json.dumps([one.to_dict() for one in found.values()], allow_nan=False)
    assert (found["decimal"].minimum, found["decimal"].maximum) == ("1.50", "99999999.99")
    assert (found["bytes"].kind, found["bytes"].lengths) == ("bytes", (0, 2))
    assert (found["list"].kind, found["list"].distinct, found["list"].missing) == ("other", 1, 1)
    assert found["struct"].distinct == 2
    assert found["far"].maximum == "9999-12-31T23:59:59"
    assert (found["day"].minimum, found["day"].missing) == ("2013-07-01", 2)
    assert found["span"].maximum == "1 day 01:01:01"
    assert (found["half"].infinite, found["half"].missing) == (1, 1)
    assert (found["nothing"].missing, found["nothing"].distinct) == (3, 0)
    assert found["category"].categories == (("a", 2), ("b", 1))


def test_a_long_table_is_exact_where_it_can_be_added_up() -> None:
    random = np.random.default_rng(27)
    size = 40_000
    frame = pd.DataFrame(
        {
            "number": random.normal(10, 2, size),
            "few": random.integers(0, 9, size),
            "text": random.choice(["EWR", "JFK", "LGA"], size),
            "name": [f"n{one}" if one % 2 else "the same" for one in range(size)],
        }
    )
    frame.loc[::10, "number"] = None
    found = profiled(frame, whole=1000, wanted=10_000)
    number, few, text, name = found.columns
    assert found.sampled is not None
    assert 8000 < found.sampled < 14_000
    assert number.missing == 4000
    assert (number.minimum, number.maximum) == (frame.number.min(), frame.number.max())
    assert number.mean == pytest.approx(frame.number.mean())
    assert number.std == pytest.approx(frame.number.std(), rel=0.05)
    assert number.quantiles[2] == pytest.approx(frame.number.median(), abs=0.1)
    assert not number.distinct_is_exact
    assert number.distinct == pytest.approx(36_000, rel=0.1)
    assert (few.distinct, few.distinct_is_exact) == (9, True)
    assert dict(text.categories) == dict(frame.text.value_counts())
    assert name.categories == (("the same", size // 2),)
    assert name.rest == size // 2


def test_thousands_of_columns_are_looked_at_in_groups() -> None:
    found = profiled(pd.DataFrame(np.arange(1500).reshape(3, 500)))
    assert [one.name for one in found.columns] == [str(label) for label in range(500)]
    assert all(one.maximum - one.minimum == 1000 for one in found.columns)  # type: ignore[operator]


def test_long_texts_are_cut() -> None:
    found = column_of(["x" * 10_000])
    assert [len(text) for text, _ in found.categories] == [200]
    assert found.lengths == (10_000, 10_000)


@pytest.mark.parametrize(
    "damaged", [{}, {"name": "a"}, {"rows": 1, "columns": [{}], "sampled": None}]
)
def test_what_is_no_profile_is_refused(damaged: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Profile.from_dict(damaged)
