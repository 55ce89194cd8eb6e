"""A view is a picture of one moment; a transaction makes the next one."""

import gc
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import TinyDB

from dsnb.catalog.base import View
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.errors import RegistryError
from tests.catalog.records import add, catalog_in, some_run, some_version

NAMES = ("a", "b", "c")


def picture(view: View) -> dict[str, Any]:
    """Return everything that a view tells."""
    return {
        name: (
            [view.version(name, number) for number in view.numbers(name)],
            dict(view.aliases(name)),
            view.next_number(name),
            list(view.deleted(name)),
            view.renamed_to(name),
        )
        for name in (*NAMES, *view.names())
    }


def change(catalog: TinyCatalog, what: str, name: str, other: str, pick: int) -> None:
    """Carry out one change, when the state allows it."""
    with catalog.transaction() as transaction:
        numbers = transaction.numbers(name)
        number = numbers[pick % len(numbers)] if numbers else 0
        version = transaction.version(name, number)
        if what == "add":
            transaction.add_version(some_version(name, transaction.next_number(name)))
        elif what == "rename" and numbers and not transaction.numbers(other):
            transaction.rename(name, other)
        elif version is not None and what == "update":
            transaction.update_version(some_version(name, number, id=version.id, description=what))
        elif version is not None and what == "remove":
            transaction.remove_version(version)
        elif what == "alias":
            transaction.set_alias(name, "prod", number or None)


CHANGES = st.tuples(
    st.sampled_from(["add", "add", "update", "remove", "alias", "rename"]),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.integers(0, 5),
)


@settings(max_examples=100, deadline=None)
@given(changes=st.lists(CHANGES, max_size=12))
def test_what_is_kept_in_memory_is_what_the_file_says_and_older_views_never_change(
    changes: list[tuple[str, str, str, int]],
) -> None:
    folder = tempfile.mkdtemp(dir=".")
    catalog = catalog_in(folder)
    taken = []
    highest = dict.fromkeys(NAMES, 0)
    for one in changes:
        if one[3] % 2:  # one that reads what others wrote
            catalog = catalog_in(folder)
            taken.append((catalog.view(), picture(catalog_in(folder).view())))
        change(catalog, *one)
        afresh = catalog_in(folder).view()
        # What is kept in memory is looked at last, when all changes had their chance to spoil it.
        taken.append((catalog.view(), picture(afresh)))
        for name in NAMES:
            assert afresh.next_number(name) > highest[name]
            highest[name] = max(highest[name], *afresh.numbers(name), 0)
        for version in (one for name in NAMES for one in picture(afresh)[name][0]):
            assert afresh.by_id(version.id) == version
    assert [picture(view) for view, _ in taken] == [expected for _, expected in taken]
    assert catalog.check() == []


def test_the_file_is_not_parsed_again_by_the_one_who_wrote_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = catalog_in()
    add(catalog)
    monkeypatch.setattr("dsnb.catalog.tablefile.parse_tables", None)
    add(catalog)
    assert catalog.view().numbers("ds") == [1, 2]
    catalog.save_run(some_run())
    catalog.save_run(some_run("again"))
    assert [run.name for run in catalog.runs().values()] == ["again"]


def test_a_file_that_another_replaced_within_the_same_tick_of_the_clock_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_000_000_000_000_000_000)
    catalog, other = catalog_in(), catalog_in()
    add(catalog)
    for number in range(50):  # the inodes of replaced files are used again
        with other.transaction() as transaction:
            transaction.set_alias("ds", f"{number:02}", 1)
            transaction.set_alias("ds", f"{number - 1:02}", None)
        assert list(catalog.view().aliases("ds")) == [f"{number:02}"]


def test_what_a_transaction_wrote_is_not_seen_before_it_ends() -> None:
    catalog = catalog_in()
    add(catalog)
    with catalog.transaction() as transaction:
        transaction.set_alias("ds", "prod", 1)
        assert transaction.aliases("ds") == {"prod": 1}
        assert catalog.view().aliases("ds") == {}
    assert catalog.view().aliases("ds") == {"prod": 1}


def test_what_a_failed_transaction_would_have_written_is_not_seen_later() -> None:
    catalog = catalog_in()
    first = add(catalog)
    catalog.save_run(some_run("before"))

    def fail() -> None:
        with catalog.transaction() as transaction:
            transaction.update_version(some_version("ds", 1, id=first.id, description="new"))
            transaction.set_alias("ds", "prod", 1)
            transaction.rename("ds", "renamed")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    with small_files(100), pytest.raises(RegistryError, match="no room left"):
        catalog.save_run(some_run("after"))
    add(catalog, "other")
    catalog.save_run(some_run("other", "2"))
    for one in (catalog, catalog_in()):
        assert one.view().version("ds", 1) == first
        assert one.view().names() == ["ds", "other"]
        assert [run.name for run in one.runs().values()] == ["before", "other"]


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """Let no file grow above some bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_transaction_that_changes_nothing_writes_nothing() -> None:
    with catalog_in().transaction() as transaction:
        assert transaction.names() == []
    assert not Path("registry.json").exists()


def test_the_rows_of_the_file_keep_their_places_through_updates() -> None:
    catalog = catalog_in()
    first, _ = add(catalog), add(catalog)
    with catalog.transaction() as transaction:
        transaction.update_version(some_version("ds", 1, id=first.id, description="new"))
    with TinyDB("registry.json") as stock:
        rows = stock.table("versions").all()
    assert [(row.doc_id, row["version"], row["description"]) for row in rows] == [
        (1, 1, "new"),
        (2, 2, ""),
    ]


def test_a_removed_version_takes_its_aliases_along_and_its_number_stays_used() -> None:
    catalog = catalog_in()
    versions = [add(catalog) for _ in range(3)]
    with catalog.transaction() as transaction:
        transaction.set_alias("ds", "prod", 3)
        transaction.set_alias("ds", "old", 1)
        transaction.remove_version(versions[2])
        assert transaction.numbers("ds") == [1, 2]
    for view in (catalog.view(), catalog_in().view()):
        assert view.numbers("ds") == [1, 2]
        assert view.aliases("ds") == {"old": 1}
        assert view.by_id(versions[2].id) is None
        assert (view.next_number("ds"), list(view.deleted("ds"))) == (4, [3])
    assert add(catalog).version == 4


def test_a_name_whose_versions_are_all_removed_is_gone_and_its_numbers_stay_used() -> None:
    catalog = catalog_in()
    for version in [add(catalog) for _ in range(2)]:
        with catalog.transaction() as transaction:
            transaction.remove_version(version)
    assert catalog.view().names() == []
    assert add(catalog_in()).version == 3


def test_what_was_removed_is_remembered_through_a_rename() -> None:
    catalog = catalog_in()
    versions = [add(catalog, "a") for _ in range(3)]
    with catalog.transaction() as transaction:
        transaction.remove_version(versions[1])
        transaction.rename("a", "b")
    assert list(catalog.view().deleted("b")) == [2]
    assert list(catalog.view().deleted("a")) == []
    assert add(catalog, "b").version == 4


def test_the_garbage_collector_is_as_it_was_after_parsing() -> None:
    add(catalog_in())
    Path("runs.json").write_text("garbage")
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            catalog_in().view()
            assert catalog_in().check() != []
            assert gc.isenabled() is enabled
        finally:
            gc.enable()
