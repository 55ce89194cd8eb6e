"""The cache of parsed tables: what comes from it is what a parse gives, or nothing does."""

import json
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.errors import DsnbError
from dsnb.tables import cachefiles, parsed
from dsnb.tables.formats import format_of
from dsnb.tables.identity import are_identical
from dsnb.tables.parsed import Text
from dsnb.tables.parts import EVERYTHING, Wanted
from dsnb.tables.reading import read_table

TABLE = "origin,temp,late,n\nEWR,78.08,True,1\nJFK,,False,2\n,73.04,,3\n"


def text(content: str | bytes = TABLE, name: str = "a.csv", **options: Any) -> Text:
    """Write a file and return what a manifest would say of it."""
    raw = content.encode() if isinstance(content, str) else content
    Path(name).write_bytes(raw)
    known = format_of(name)
    assert known is not None
    return Text(os.path.abspath(name), blake3(raw).hexdigest(), known, options)


def parse(one: Text, wanted: Wanted = EVERYTHING, known: bool = False) -> pd.DataFrame:
    hashes = [one.hash] if known else None
    return read_table([one.path], one.format, one.options, wanted, lambda notice: None, hashes)


def kept(one: Text) -> Path:
    path = parsed.store(one, parse(one))
    assert path is not None
    return path


def opened(one: Text) -> pd.DataFrame:
    path = parsed.find(one)
    assert path is not None
    frame = parsed.open_frame(path)
    assert frame is not None
    return frame


# The same frame


def test_what_is_kept_is_the_very_frame_that_was_parsed() -> None:
    one = text()
    kept(one)
    assert are_identical(opened(one), parse(one))
    pd.testing.assert_frame_equal(opened(one), parse(one))


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("a,b\n1,x\n,\n", {}),
        ("a\n00501\n10001\n", {"dtype": {"a": "str"}}),
        ("a\n00501\n10001\n", {}),
        ("a,b\n1,x\n2,y\n1,x\n", {"dtype": {"a": "Int8", "b": "category"}}),
        ("a,b\n1,x\n,y\n", {"dtype": {"a": "Int64", "b": "string"}}),
        ("a,b\n1,x\n,y\n", {"dtype": {"a": "Float32", "b": "object"}}),
        ("a\nTrue\n\nFalse\n", {"dtype": {"a": "boolean"}}),
        ("a,b\nTrue,1\n,2\n", {}),
        ("t\n2020-01-01\n2020-01-02 03:04:05.678\n", {"parse_dates": ["t"]}),
        ("t,n\n2020-01-01,1\n,2\n", {"parse_dates": ["t"]}),
        ("t\n2020-01-01T00:00:00Z\n", {"parse_dates": ["t"]}),
        ("a;b\n1,5;x\n", {"sep": ";", "decimal": ","}),
        ("a\n18446744073709551615\n1\n", {}),
        ("a\n1e308\n-1e308\n1e309\ninf\n-inf\nnan\n-0.0\n5e-324\n", {}),
        ("a,a,a.1\n1,2,3\n", {}),
        ("1,2\n3,4\n", {}),
        (",b\nx,1\n", {}),
        ("a,b\n1,2,3\n4,5,6\n", {}),
        ("a,b\nx,2,3\ny,5,6\n", {}),
        ("a,b\n", {}),
        ('a,b\n"x\ny","q""q"\n', {}),
        ("\ufeffa,b\n1,2\n", {}),
        ("a\n\N{SNOWMAN}\n\n\N{GRINNING FACE}\n", {}),
        ("a,b\n1,\n2,\n", {}),
        ("a\n" + "x" * 70_000 + "\n", {}),
    ],
)
def test_the_types_of_texts_survive(content: str, options: dict[str, Any]) -> None:
    one = text(content, **options)
    kept(one)
    assert are_identical(opened(one), parse(one))


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", "t\n2020-01-01T00:00:00+05:30\n", {"parse_dates": ["t"]}),
        ("a.csv", "a\n" + "1\n" * 300_000 + "x\n", {"dtype": {"a": "object"}}),
        ("a.jsonl", '{"a": [1, 2]}\n{"a": [3]}\n', {}),
        ("a.jsonl", '{"a": {"b": 1}}\n{"a": {"c": 2}}\n', {}),
        ("a.jsonl", '{"a": 1}\n{"a": "x"}\n', {}),
        ("a.jsonl", '{"a": "\\ud800"}\n', {}),
    ],
)
def test_what_arrow_cannot_hold_exactly_comes_from_no_cache(
    name: str, content: str, options: dict[str, Any]
) -> None:
    one = text(content, name, **options)
    path = parsed.store(one, parse(one))
    if path is not None:  # where it can after all
        assert are_identical(opened(one), parse(one))
    else:
        assert parsed.find(one) is None
        assert parsed.is_settled(one), "nobody tries again"
    pd.testing.assert_frame_equal(parse(one, known=True), parse(one))


def test_mixed_objects_are_refused() -> None:
    one = text('{"a": 1}\n{"a": "x"}\n', "a.jsonl")
    assert parsed.store(one, parse(one)) is None


def test_excel_and_json_are_kept_too() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "t": pd.Timestamp("2020-01-01")})
    frame.to_excel("a.xlsx", index=False)
    for one in (
        text(Path("a.xlsx").read_bytes(), "a.xlsx"),
        text(json.dumps([{"zip": "00501", "n": 1.5}, {"zip": None, "n": 2}]), "a.json"),
        text('{"zip": "00501", "late": true}\n{"zip": "1"}\n', "a.jsonl"),
    ):
        kept(one)
        assert are_identical(opened(one), parse(one))


CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=4),
    st.sampled_from(
        [
            "", "NA", "nan", "None", "null", "-", "1", "007", "-0", "1.0", "1e308", "1e400", "-inf",
            "9223372036854775807", "9223372036854775808", "18446744073709551616", "1,234",
            "True", "false", "2020-01-01", "2020-13-01", "2020-01-01T00:00:00Z", " 1", '"', "x;y",
            "12:30", "0x1F", "1_000", "3.14159265358979323846", "9007199254740993", "\ufeff",
        ]
    ),
    st.integers(-(2**65), 2**65).map(str),
    st.floats().map(str),
)  # fmt: skip
COLUMNS = st.one_of(
    st.lists(CELLS, max_size=8),
    st.lists(st.integers(-5, 300).map(str), max_size=8),
    st.lists(st.sampled_from(["True", "False", ""]), max_size=8),
    st.lists(st.sampled_from(["EWR", "JFK", ""]), max_size=8),
    st.lists(st.sampled_from(["2020-01-01", "2020-01-02 03:04:05", ""]), max_size=8),
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "sep": st.sampled_from([",", ";", r"\s+"]),
        "decimal": st.sampled_from([".", ","]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]),
        "parse_dates": st.just(["a"]),
        "dtype": st.dictionaries(
            st.sampled_from(["a", "b"]),
            st.sampled_from(
                ["str", "object", "category", "string", "Int64", "float32", "complex", "boolean"]
            ),
        ),
    },
)


@st.composite
def messy(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """Draw a CSV as people have them, and options to read it with."""
    options = draw(OPTIONS)
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=4))
    header = draw(
        st.sampled_from(
            [["a", "b", "c", "d"], ["a", "a", "b", "b.1"], ["", "a", "1", "Unnamed: 0"]]
        )
    )
    rows = [header[: len(columns)]]
    for row in range(max(map(len, columns))):
        rows.append([column[row] for column in columns if row < len(column)])
    quote = draw(st.booleans())
    sep = options.get("sep", ",").replace(r"\s+", " ")

    def cell(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if quote else value

    content = draw(st.sampled_from(["\n", "\r\n"])).join(sep.join(map(cell, row)) for row in rows)
    if draw(st.booleans()):
        content += "\n"
    encoding = options.get("encoding", draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1"])))
    return content.encode(encoding, errors="replace"), options


def tried(read: Callable[[], pd.DataFrame]) -> pd.DataFrame | str:
    try:
        return read()
    except DsnbError as error:
        return str(error)


def is_same(one: pd.DataFrame | str, other: pd.DataFrame | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and one == other
    pd.testing.assert_frame_equal(one, other)
    # What cannot be judged, such as complex numbers, is compared as pickle sees it.
    return are_identical(one, other) or one.map(repr).equals(other.map(repr))


PROPERTY = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.filterwarnings("ignore")  # dates in no format, mixed types: pandas' own to tell
@PROPERTY
@given(messy(), st.lists(st.sampled_from(["a", "b", "c", "a.1"]), max_size=3), st.integers(0, 3))
def test_however_messy_a_file_is_the_cache_changes_nothing(
    drawn: tuple[bytes, dict[str, Any]], columns: list[str], limit: int
) -> None:
    content, options = drawn
    one = text(content, **options)
    plain = tried(lambda: parse(one))
    if isinstance(plain, pd.DataFrame):
        parsed.store(one, plain)
    for wanted in (
        Wanted(),
        Wanted(columns=columns),
        Wanted(limit=limit),
        Wanted(columns=columns, limit=limit),
        Wanted(where="a == a", columns=columns),
    ):
        with_cache = tried(lambda wanted=wanted: parse(one, wanted, known=True))
        assert is_same(with_cache, tried(lambda wanted=wanted: parse(one, wanted)))


@pytest.mark.filterwarnings("ignore")
@PROPERTY
@given(st.lists(messy(), min_size=2, max_size=3), st.integers(0, 3))
def test_several_files_are_joined_as_they_were(
    drawn: list[tuple[bytes, dict[str, Any]]], left_out: int
) -> None:
    options = drawn[0][1]
    texts = [text(content, f"{n}.csv", **options) for n, (content, _) in enumerate(drawn)]

    def read(hashes: list[str] | None) -> pd.DataFrame:
        paths = [one.path for one in texts]
        return read_table(paths, "csv", options, Wanted(), lambda notice: None, hashes)

    for n, one in enumerate(texts):
        frame = tried(lambda one=one: parse(one))
        if isinstance(frame, pd.DataFrame) and n != left_out:
            parsed.store(one, frame)
    assert is_same(tried(lambda: read([one.hash for one in texts])), tried(lambda: read(None)))


def test_the_arrow_table_is_the_one_that_pandas_makes_of_the_frame() -> None:
    one = text()
    path = kept(one)
    for mapped in (False, True):
        table = parsed.open_table(path, mapped=mapped)
        assert table.equals(pa.Table.from_pandas(parse(one)), check_metadata=True)


# Frames of one's own


def test_frames_are_writable_and_nobody_elses() -> None:
    one = text(
        "i,f,b,s,c,t,n\n1,1.5,True,x,p,2020-01-01,1\n2,2.5,False,y,q,2020-01-02,2\n",
        dtype={"c": "category", "n": "Int64"},
        parse_dates=["t"],
    )
    path = kept(one)
    before, plain = path.read_bytes(), parse(one)
    first, second = opened(one), opened(one)
    for name in first:
        first.loc[0, name] = first.loc[1, name]
        first[name].array[1] = plain[name].array[0]
    view = first["i"].to_numpy()
    view.flags.writeable = True
    view[:] = 99
    assert path.read_bytes() == before
    assert are_identical(second, plain)
    assert are_identical(opened(one), plain)


def test_what_becomes_of_the_file_does_not_reach_a_frame() -> None:
    one = text("s,n,c\n" + "some text,1,p\n" * 50_000, dtype={"c": "category"})
    path = kept(one)
    frame, plain = opened(one), parse(one)
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
        file.truncate(100)
    assert are_identical(frame, plain)


# Damage


@pytest.mark.parametrize("how", ["flipped", "cut short", "emptied", "a folder"])
def test_a_damaged_file_is_noticed_and_made_anew(how: str) -> None:
    one = text()
    path = kept(one)
    content = bytearray(path.read_bytes())
    if how == "flipped":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif how == "cut short":
        os.truncate(path, len(content) // 2)
    elif how == "emptied":
        os.truncate(path, 0)
    else:
        path.unlink()
        path.mkdir()
    assert parsed.find(one) is None
    pd.testing.assert_frame_equal(parse(one, known=True), parse(one))
    if how == "a folder":
        path.rmdir()
    kept(one)
    assert are_identical(opened(one), parse(one))


def test_a_process_checks_the_bytes_of_a_file_that_it_did_not_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = text()
    path = kept(one)
    times = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    monkeypatch.setattr(cachefiles, "_whole", {})
    assert parsed.find(one) is None
    assert not path.exists()


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can give files away")
def test_what_others_put_into_a_shared_cache_is_not_believed() -> None:
    one = text()
    os.chown(kept(one), 65534, 65534)
    assert parsed.find(one) is None
    assert not parsed.is_settled(one)


def test_a_cache_file_is_for_its_owner_only() -> None:
    assert stat.S_IMODE(kept(text()).stat().st_mode) == 0o600


# What a table is kept under


def test_whatever_bears_on_a_parse_has_a_part_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Text("a.csv", "0" * 64, "csv", {})
    others = [
        Text("a.csv", "1" * 64, "csv", {}),
        Text("a.csv", "0" * 64, "tsv", {}),
        Text("a.csv.gz", "0" * 64, "csv", {}),
        Text("a.csv", "0" * 64, "csv", {"sep": ";"}),
        Text("a.csv", "0" * 64, "csv", {"dtype": {"a": "str"}}),
    ]
    keys = {parsed.key_of(each) for each in (one, *others)}
    assert len(keys) == 6
    assert parsed.key_of(Text("b/c.CSV", "0" * 64, "csv", {})) in keys
    for library in ("pandas", "numpy", "pyarrow"):
        with monkeypatch.context() as patched:
            patched.setattr(f"{library}.__version__", "0.1")
            parsed._libraries.cache_clear()
            keys.add(parsed.key_of(one))
        parsed._libraries.cache_clear()
    other = "pyarrow" if pd.get_option("mode.string_storage") == "python" else "python"
    with pd.option_context("mode.string_storage", other):
        keys.add(parsed.key_of(one))
    assert len(keys) == 10


# Room


def test_what_was_not_used_for_longest_gives_way_first() -> None:
    texts = [text(f"a\n{number}\n", f"{number}.csv") for number in range(3)]
    paths = [kept(one) for one in texts]
    for age, path in enumerate(paths):
        os.utime(path, ns=(time.time_ns() - (9 - age) * 10**9, path.stat().st_mtime_ns))
    opened(texts[0])  # now it is the one used last
    size = paths[0].stat().st_size
    cachefiles.prune(3 * size)
    assert all(path.exists() for path in paths)
    cachefiles.prune(2 * size)
    assert [path.exists() for path in paths] == [True, False, True]
    cachefiles.prune(0)
    assert not any(path.exists() for path in paths)


def test_nothing_is_left_of_a_write_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = text()

    def full(*args: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.ipc.new_file", full)
    with pytest.raises(OSError, match="No space"):
        parsed.store(one, parse(one))
    assert cachefiles.entries() == []
    assert not [path for path in Path(os.environ["DSNB_CACHE"]).rglob("*") if path.is_file()]


def test_missing_values_of_objects_stay_what_they_were() -> None:
    one = text("a\nTrue\n\nFalse\n,\n".replace(",", '""'))
    frame = parse(one)
    kept(one)
    assert frame["a"].dtype == object
    assert all(value is np.nan or isinstance(value, bool) for value in opened(one)["a"])
