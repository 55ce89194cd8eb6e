"""The storage keeps TinyDB's contract, and its file is one that stock TinyDB reads."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import TinyDB, where
from tinydb.storages import JSONStorage, MemoryStorage

from dsnb.catalog.jsonfile import AtomicJSONStorage
from dsnb.errors import RegistryDamagedError, UsageError

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=5)
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc") | TEXTS, VALUES, max_size=4)
TABLES = st.sampled_from(["versions", "aliases", "_default"])
ROWS = st.lists(st.integers(1, 6), max_size=3)
OPERATIONS = st.one_of(
    st.tuples(st.just("insert"), TABLES, DOCUMENTS),
    st.tuples(st.just("insert_multiple"), TABLES, st.lists(DOCUMENTS, max_size=3)),
    st.tuples(st.just("update"), TABLES, DOCUMENTS, ROWS),
    st.tuples(st.just("upsert"), TABLES, DOCUMENTS, VALUES),
    st.tuples(st.just("remove"), TABLES, ROWS),
    st.tuples(st.just("truncate"), TABLES),
    st.tuples(st.just("drop_table"), TABLES),
    st.tuples(st.just("drop_tables")),
    st.tuples(st.just("reopen")),
)


def carry_out(database: TinyDB, what: str, table: str = "", *given: Any) -> object:
    """Carry out an operation and return its answer, or the error that it is."""
    try:
        match what:
            case "drop_tables":
                return database.drop_tables()
            case "drop_table":
                return database.drop_table(table)
            case "update":
                existing = [row for row in given[1] if database.table(table).contains(doc_id=row)]
                return database.table(table).update(given[0], doc_ids=existing)
            case "upsert":
                return database.table(table).upsert(given[0], where("a") == given[1])
            case "remove":
                existing = [row for row in given[0] if database.table(table).contains(doc_id=row)]
                return database.table(table).remove(doc_ids=sorted(set(existing)))
            case _:
                return getattr(database.table(table), what)(*given)
    except (KeyError, ValueError) as error:
        return type(error)


def contents(database: TinyDB) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    return {
        name: [(document.doc_id, dict(document)) for document in database.table(name)]
        for name in sorted(database.tables())
    }


@settings(max_examples=150, deadline=None)
@given(operations=st.lists(OPERATIONS, max_size=12))
def test_any_operations_answer_and_leave_what_they_do_with_tinydbs_own_storages(
    operations: list[tuple[Any, ...]],
) -> None:
    for name in ("ours.json", "stock.json"):
        Path(name).unlink(missing_ok=True)
    ours = TinyDB(Path("ours.json"), storage=AtomicJSONStorage)
    stock = TinyDB("stock.json", storage=JSONStorage)
    memory = TinyDB(storage=MemoryStorage)
    for operation in operations:
        if operation == ("reopen",):
            ours.close()
            ours = TinyDB(Path("ours.json"), storage=AtomicJSONStorage)
            stock.close()
            stock = TinyDB("stock.json", storage=JSONStorage)
            memory._tables.clear()
            continue
        answers = [carry_out(database, *operation) for database in (ours, stock, memory)]
        assert answers[0] == answers[1] == answers[2]
        assert contents(ours) == contents(stock) == contents(memory)
    written = contents(ours)
    for database in (ours, stock, memory):
        database.close()
    if Path("ours.json").exists():
        with TinyDB("ours.json") as by_stock:
            assert contents(by_stock) == written
        with TinyDB(Path("stock.json"), storage=AtomicJSONStorage) as by_ours:
            assert contents(by_ours) == written


def test_nothing_reaches_the_disk_before_it_is_committed_or_closed() -> None:
    path = Path("db.json")
    database = TinyDB(path, storage=AtomicJSONStorage)
    database.insert({"a": 1})
    assert not path.exists()
    database.storage.commit()
    before = path.read_bytes()
    database.insert({"a": 2})
    assert path.read_bytes() == before
    database.close()
    with TinyDB(path) as stock:
        assert stock.all() == [{"a": 1}, {"a": 2}]


def test_what_was_discarded_is_not_written() -> None:
    path = Path("db.json")
    with TinyDB(path, storage=AtomicJSONStorage) as database:
        database.insert({"a": 1})
        database.storage.commit()
        database.insert({"a": 2})
        database.storage.discard()
    with TinyDB(path) as stock:
        assert stock.all() == [{"a": 1}]


def test_tables_given_to_a_storage_stay_as_they_are() -> None:
    tables = {"_default": {"1": {"a": 1}}}
    with TinyDB(Path("db.json"), storage=AtomicJSONStorage, tables=tables) as database:
        database.insert({"a": 2})
        database.remove(doc_ids=[1])
    assert tables == {"_default": {"1": {"a": 1}}}


@pytest.mark.parametrize(
    "value", ["\ud800", {(1, 2): 3}, object()], ids=["text", "keys", "an object"]
)
def test_what_json_cannot_hold_is_refused_and_the_file_stays(value: object) -> None:
    path = Path("db.json")
    with TinyDB(path, storage=AtomicJSONStorage) as database:
        database.insert({"a": 1})
    before = path.read_bytes()
    database = TinyDB(path, storage=AtomicJSONStorage)
    database.insert({"a": value})
    with pytest.raises(UsageError, match="cannot be recorded"):
        database.close()
    assert path.read_bytes() == before


@pytest.mark.parametrize("row", ["01", "-1", "1 ", "٣", "9" * 5000, "one", ""])
def test_rows_that_tinydb_would_take_for_others_are_damage(row: str) -> None:
    path = Path("db.json")
    path.write_text(f'{{"_default": {{"1": {{}}, "{row}": {{}}}}}}')
    with pytest.raises(RegistryDamagedError, match="not numbered"):
        TinyDB(path, storage=AtomicJSONStorage).all()
