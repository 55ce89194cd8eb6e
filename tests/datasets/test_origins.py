"""What a loaded frame carries of where it came from, and what becomes of it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet
import pytest

import dsnb
import dsnb.display.forms
from dsnb.datasets.origins import ATTRIBUTE, Origin, marked, origin_of
from dsnb.errors import TableError
from dsnb.presenting import as_text
from dsnb.records import Parent, Version, from_document, to_document
from dsnb.refs import parse
from dsnb.tables.hashing import hash_table
from dsnb.workspace import Workspace
from tests.workbench import load, register, register_table, write

CSV = "origin,temp\nEWR,78.08\nJFK,73.04\n"
Make = Callable[[pd.DataFrame], Any]


@pytest.fixture
def one(workspace: Workspace) -> Workspace:
    write("w.csv", CSV)
    register(workspace, "w.csv")
    return workspace


def carried(table: object) -> str | None:
    origin = origin_of(table)
    return None if origin is None else origin.ref


def parents(workspace: Workspace, ref: str) -> list[str]:
    return [parent.ref for parent in workspace.resolve(ref).parents]


# What is carried


def test_a_loaded_frame_carries_its_version_and_content(one: Workspace) -> None:
    version = one.resolve("ds@1")
    assert load(one).attrs == {ATTRIBUTE: f"ds@1 sha:{version.digest}"}
    assert origin_of(load(one)) == Origin("ds", 1, version.digest)


@pytest.mark.parametrize(
    "how",
    [{}, {"columns": ["temp"]}, {"where": "temp > 75"}, {"limit": 1}, {"verify": True}],
    ids=str,
)
def test_however_it_was_loaded_and_however_often(one: Workspace, how: dict[str, Any]) -> None:
    for _ in range(3):
        frame = load(one, **how)
        assert carried(frame) == "ds@1"
        frame.attrs["mine"] = True
        time.sleep(0.1)  # what is done in the background may be done then


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "jsonl", "parquet", "feather", "xlsx"])
def test_whatever_the_format(workspace: Workspace, ending: str) -> None:
    frame = pd.DataFrame({"temp": [78.08, 73.04]})
    path = Path(f"w.{ending}")
    writers: dict[str, Callable[[], object]] = {
        "csv": lambda: frame.to_csv(path),
        "tsv": lambda: frame.to_csv(path, sep="\t"),
        "json": lambda: frame.to_json(path),
        "jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        "parquet": lambda: frame.to_parquet(path),
        "feather": lambda: frame.to_feather(path),
        "xlsx": lambda: frame.to_excel(path),
    }
    writers[ending]()
    register(workspace, path)
    assert [carried(load(workspace)) for _ in range(2)] == ["ds@1", "ds@1"]


def test_two_names_of_one_content_are_told_apart(one: Workspace) -> None:
    write("same.csv", CSV)
    register(one, "same.csv", name="other")
    assert [carried(load(one, ref)) for ref in ("ds", "other", "ds")] == ["ds@1", "other@1", "ds@1"]


ALIKE: dict[str, Make] = {
    "copy": lambda df: df.copy(),
    "query": lambda df: df.query("temp > 75"),
    "columns": lambda df: df[["temp"]],
    "a column": lambda df: df["temp"],
    "loc": lambda df: df.loc[df["temp"] > 75],
    "assign": lambda df: df.assign(celsius=(df["temp"] - 32) / 1.8),
    "groupby": lambda df: df.groupby("origin").mean(),
    "sort": lambda df: df.sort_values("temp").reset_index(drop=True),
    "concat of its own": lambda df: pd.concat([df.head(1), df.tail(1)]),
    "merge of its own": lambda df: df.merge(df.assign(x=1), on="origin"),
}


@pytest.mark.parametrize("make", ALIKE.values(), ids=ALIKE.keys())
def test_pandas_hands_it_on(one: Workspace, make: Make) -> None:
    assert carried(make(load(one))) == "ds@1"


def test_frames_of_different_versions_joined_carry_none(one: Workspace) -> None:
    write("w.csv", CSV + "LGA,75.92\n")
    register(one, "w.csv")
    assert carried(pd.concat([load(one, "ds@1"), load(one, "ds@2")])) is None


@pytest.mark.parametrize("library", ["polars", "arrow"])
def test_other_libraries_carry_none(one: Workspace, library: Any) -> None:
    table = load(one, library=library)
    assert carried(table) is None
    if library == "arrow":
        assert ATTRIBUTE.encode() not in b"".join((table.schema.metadata or {}).values())


def test_what_drifted_and_is_loaded_as_it_is_carries_none(one: Workspace) -> None:
    one.release(parse("ds@1"))
    write("w.csv", CSV + "LGA,75.92\n")
    assert carried(load(one, as_is=True)) is None


def test_it_is_written_over_what_a_file_brought_along(workspace: Workspace) -> None:
    version = Version(**{**vars_of(workspace), "name": "older"})
    marked(pd.DataFrame({"a": [1]}), version).to_parquet("w.parquet")
    register(workspace, "w.parquet")
    assert carried(pd.read_parquet("w.parquet")) == "older@1"
    assert carried(load(workspace)) == "ds@1"


def vars_of(workspace: Workspace) -> dict[str, Any]:
    write("x.csv", CSV)
    version = register(workspace, "x.csv", name="x").version
    return {name: getattr(version, name) for name in version.__slots__}


def test_it_is_part_of_no_content(one: Workspace) -> None:
    frame = load(one)
    plain = frame.copy()
    plain.attrs = {}
    assert hash_table(frame) == hash_table(plain)
    first = register_table(one, plain, "features")
    again = register_table(one, frame, "features")
    assert (again.created, again.version) == (False, first.version)
    [path] = load(one, "features", "paths")
    held = pyarrow.parquet.read_schema(path).metadata
    assert b"sha:" not in b"".join(held.values())
    assert frame.attrs == load(one).attrs


def test_changing_it_changes_no_later_load(one: Workspace) -> None:
    load(one).attrs[ATTRIBUTE] = "changed"
    assert carried(load(one)) == "ds@1"


@pytest.mark.parametrize(
    "value",
    [None, 3, "", "ds@1", {"ref": "ds@1"}, "ds@1 sha:xyz", f"../x@1 sha:{'0' * 64}",
     f"ds@1 sha:{'0' * 64}\n", f"ds@{'9' * 30} sha:{'0' * 64}"],
    ids=repr,
)  # fmt: skip
def test_what_others_put_there_is_nothing(one: Workspace, value: object) -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs[ATTRIBUTE] = value
    assert origin_of(frame) is None
    assert not one.trace(frame, "df")
    assert register_table(one, frame, "x").version.parents == ()


# Parents


def test_a_version_made_from_a_loaded_frame_names_its_parent(one: Workspace) -> None:
    made = register_table(one, load(one).query("temp > 75"), "warm").version
    raw = one.resolve("ds@1")
    assert made.parents == (Parent("ds@1", raw.id, raw.digest),)
    assert parents(one, "warm@1") == ["ds@1"]
    assert from_document(to_document(made), Version, "it") == made
    assert raw.parents == ()


def test_parents_that_are_named_count_for_more_than_what_a_frame_carries(one: Workspace) -> None:
    other = register_table(one, pd.DataFrame({"b": [1]}), "other").version
    frame = load(one, "ds")
    parents = (Parent(other.ref, other.id, other.digest),)
    made = register_table(one, frame, "made", parents=parents)
    assert made.version.parents == parents
    # The same table made from the same is nothing new; made from something else it is.
    assert not register_table(one, frame, "made", parents=parents).created
    again = register_table(one, frame, "made", parents=(*parents, Parent("a@1", "1", "ab")))
    assert (again.created, again.version.digest) == (True, made.version.digest)
    assert not register_table(one, frame, "made").created


def test_a_frame_of_unknown_origin_has_no_parent(one: Workspace) -> None:
    frame = pd.DataFrame({"a": [1]})
    assert register_table(one, frame, "plain").version.parents == ()
    one.delete([parse("ds@1")], force=True)
    frame.attrs[ATTRIBUTE] = f"ds@1 sha:{'0' * 64}"
    assert register_table(one, frame, "other").version.parents == ()


def test_show_and_the_registration_tell_the_parent_as_it_is_called_now(one: Workspace) -> None:
    done = register_table(one, load(one).query("temp > 75"), "warm")
    assert "made from ds@1" in as_text(done)
    one.rename("ds", "raw")
    shown = one.show(one.resolve("warm"))
    assert shown.parents == ("raw@1",)
    assert "made from:" in as_text(shown)
    one.delete([parse("raw@1")], force=True)
    assert one.show(one.resolve("warm")).parents == ("ds@1 (not here any more)",)


def test_a_record_of_before_there_were_parents_is_read(one: Workspace) -> None:
    document = json.loads(json.dumps(to_document(one.resolve("ds@1"))))
    del document["parents"]
    assert from_document(document, Version, "it").parents == ()


def test_parents_travel_in_an_archive(one: Workspace, tmp_path: Path) -> None:
    register_table(one, load(one).query("temp > 75"), "warm")
    one.export([one.resolve("warm")], str(tmp_path / "a.zip"))
    (tmp_path / "other").mkdir()
    other = Workspace.create(tmp_path / "other")
    other.import_archive(str(tmp_path / "a.zip"))
    assert parents(other, "warm") == ["ds@1"]
    assert other.show(other.resolve("warm")).parents == ("ds@1 (not here any more)",)


# Tracing


def test_a_trace_tells_the_version_and_that_it_is_a_hint(one: Workspace) -> None:
    found = one.trace(load(one).head(1), "df")
    assert (bool(found), found.ref, found.proved) == (True, "ds@1", False)
    text = as_text(found)
    assert text.startswith("df came from ds@1 (a hint, no proof).")
    assert "It has 1 row × 2 columns, and the version 2 rows × 2 columns." in text
    assert "%ds diff ds@1 --from df" in text
    assert "whether cells changed is not known" in as_text(one.trace(load(one), "df"))


def test_the_hash_proves_a_table_that_was_registered_from_memory(one: Workspace) -> None:
    register_table(one, pd.DataFrame({"a": [1, 2]}), "features")
    frame = load(one, "features")
    assert one.trace(frame, "df").proved
    assert not one.trace(frame + 1, "df").proved


def test_a_trace_follows_a_rename_and_knows_a_stranger(one: Workspace) -> None:
    frame = load(one)
    one.rename("ds", "raw")
    found = one.trace(frame, "df")
    assert (found.ref, found.carried) == ("raw@1", "ds@1")
    assert "It was called ds@1 then." in as_text(found)
    write("other.csv", "a\n1\n")
    one.delete([parse("raw@1")], force=True)
    register(one, "other.csv")
    gone = one.trace(frame, "df")
    assert (gone.ref, gone.carried) == (None, "ds@1")
    assert "which is not in this workspace" in as_text(gone)


def test_a_trace_of_what_carries_nothing_says_why(one: Workspace) -> None:
    assert "carries no reference" in as_text(one.trace(pd.DataFrame(), "df"))
    assert "Tables of polars carry none" in as_text(one.trace(load(one, library="polars"), "df"))
    assert one.trace(load(one)["temp"], "column").ref == "ds@1"
    with pytest.raises(TableError, match="x is no table: list values carry"):
        one.trace([1], "x")


def test_a_trace_in_python(one: Workspace) -> None:
    found = dsnb.trace(dsnb.load("ds"))
    assert found.ref == "ds@1"
    assert as_text(found).startswith("the table came from ds@1")
