from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.errors import RegistryDamagedError
from dsnb.records import (
    CodeState,
    Column,
    Definition,
    FileGroup,
    Manifest,
    Run,
    Source,
    Use,
    Version,
    from_document,
    to_document,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
VERSION = Version(
    name="weather_ds",
    version=2,
    id="an-id",
    definition=Definition(
        sources=(Source(datastore="default", path="data/a b.csv"),),
        options={"dtype": {"a": "Int8"}},
    ),
    manifest="ab" * 32,
    digest="cd" * 32,
    kind="tabular",
    format="csv",
    files=1,
    size=40,
    rows=2,
    columns=(Column("temp", "float64"),),
    key=("temp",),
    tags={"stage": "raw"},
    created=NOON,
)
USE = Use(ref="weather_ds@2", id="an-id", digest="cd" * 32, how="load", cells=(1, 2), at=NOON)
RUN = Run(
    id="a-run",
    name="session",
    process=7,
    process_started=0.5,
    started=NOON,
    ended=NOON,
    code=CodeState(commit="abc", branch="main", dirty=True),
    packages={"pandas": "3"},
    inputs=(USE,),
)
MANIFEST = Manifest((FileGroup("default", "data", ("a", "b/c"), (1, 2), ("0" * 64, "1" * 64)),))
RECORDS = [VERSION, RUN, MANIFEST, USE, Column("a", "b"), Source(datastore="x", path=".")]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_from_its_document(record: object) -> None:
    import json

    document = json.loads(json.dumps(to_document(record)))
    assert from_document(document, type(record), "it") == record


def test_a_moment_is_recorded_with_its_zone() -> None:
    assert to_document(VERSION)["created"] == "2026-07-01T12:00:00Z"
    elsewhere = {**to_document(VERSION), "created": "2026-07-01T14:00:00+02:00"}
    assert from_document(elsewhere, Version, "it").created == NOON


def test_a_moment_without_zone_is_refused() -> None:
    document = {**to_document(VERSION), "created": "2026-07-01T12:00:00"}
    with pytest.raises(RegistryDamagedError, match="time zone"):
        from_document(document, Version, "it")
    for record, key in ((USE, "at"), (RUN, "started"), (RUN, "ended")):
        with pytest.raises(RegistryDamagedError, match="time zone"):
            from_document({**to_document(record), key: "2026-07-01T12:00:00"}, type(record), "it")


def test_keys_of_a_later_dsnb_are_passed_over() -> None:
    document = {**to_document(VERSION), "colour": "blue", "license": {"a": [1]}}
    assert from_document(document, Version, "it") == VERSION


def test_what_an_older_dsnb_did_not_write_has_its_default() -> None:
    document = to_document(VERSION)
    for key in ("format", "rows", "columns", "key", "description", "tags", "creator", "run"):
        del document[key]
    record = from_document(document, Version, "it")
    assert (record.columns, record.key, record.tags, record.run) == (None, (), {}, None)


REQUIRED = ["name", "version", "id", "definition", "manifest", "digest", "kind", "files", "size",
            "created"]  # fmt: skip


@pytest.mark.parametrize("key", REQUIRED)
def test_a_missing_key_is_named_with_the_way_on(key: str) -> None:
    document = to_document(VERSION)
    del document[key]
    with pytest.raises(
        RegistryDamagedError, match=rf"^It is damaged: .*{key}.*%ds doctor --repair"
    ):
        from_document(document, Version, "It")


@given(st.sampled_from(sorted(to_document(VERSION))), JSON)
def test_a_wrong_value_is_an_error_of_the_registry_or_no_error(key: str, value: Any) -> None:
    try:
        record = from_document({**to_document(VERSION), key: value}, Version, "it")
    except RegistryDamagedError:
        return
    assert isinstance(record, Version)
    assert record.version >= 1
    assert record.created.utcoffset() is not None
    assert from_document(to_document(record), Version, "it") == record


@given(JSON, st.sampled_from([Version, Run, Manifest, Use, Column]))
def test_any_document_is_a_record_or_an_error_of_the_registry(document: Any, kind: type) -> None:
    with suppress(RegistryDamagedError):
        assert isinstance(from_document(document, kind, "it"), kind)


@given(st.dictionaries(st.sampled_from([*to_document(RUN), "x"]), JSON))
def test_any_run_is_a_record_or_an_error_of_the_registry(changes: dict[str, Any]) -> None:
    with suppress(RegistryDamagedError):
        assert isinstance(from_document({**to_document(RUN), **changes}, Run, "it"), Run)


def test_a_manifest_lists_its_files_below_the_datastores_root() -> None:
    assert [file.path for file in MANIFEST.files] == ["data/a", "data/b/c"]
    assert (MANIFEST.count, MANIFEST.size) == (2, 3)
    at_root = FileGroup("default", ".", ("a",), (1,), ("0" * 64,))
    assert [file.path for file in at_root.files] == ["a"]


def test_a_path_is_shown_as_it_can_be_typed() -> None:
    assert str(Source(datastore="default", path="data/a.csv")) == "data/a.csv"
    assert str(Source(datastore="local", path="mnt/a.csv")) == "/mnt/a.csv"
    assert str(Source(datastore="bulk", path="a.csv")) == "bulk:a.csv"


def test_records_do_not_change() -> None:
    with pytest.raises(AttributeError):
        VERSION.version = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="time zone"):
        Use(ref="a@1", id="", digest="", how="load", at=datetime(2026, 7, 1))
    assert NOON.astimezone(timezone(timedelta(hours=2))) == NOON
