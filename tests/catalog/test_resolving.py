from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from dsnb.catalog.resolving import resolve
from dsnb.errors import DatasetNotFoundError, VersionNotFoundError
from dsnb.records import Version
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.catalog.records import NOON, some_version
from tests.catalog.records import add as add_to


def add(workspace: Workspace, name: str = "ds", **known: Any) -> Version:
    return add_to(workspace._catalog, name, **known)


@pytest.fixture
def three(workspace: Workspace) -> Workspace:
    """Three versions: one before noon, one in the last moment of the local day, one after it."""
    local = NOON.astimezone()
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    add(workspace, digest="aaaa1111".ljust(64, "0"), created=NOON)
    add(
        workspace,
        digest="aaaa2222".ljust(64, "0"),
        created=midnight.astimezone(UTC) - timedelta(microseconds=1),
    )
    add(workspace, digest="bbbb3333".ljust(64, "0"), created=midnight.astimezone(UTC))
    with workspace._catalog.transaction() as transaction:
        transaction.set_alias("ds", "prod", 2)
    return workspace


@pytest.mark.parametrize(
    ("ref", "number"),
    [
        ("ds", 3), ("ds@latest", 3), ("ds@latest~1", 2), ("ds@latest~2", 1), ("ds@1", 1),
        ("ds@v2", 2), ("ds:2", 2), ("ds@prod", 2), ("ds@sha:bbbb", 3), ("ds@sha:AAAA1", 1),
        ("ds@2026-07-02", 3), ("ds@2026-07-01T12:00Z", 1), ("ds@2030-01-01", 3),
    ],
)  # fmt: skip
def test_every_form_means_one_version(three: Workspace, ref: str, number: int) -> None:
    assert three.resolve(ref).version == number


def test_a_date_means_the_newest_version_at_the_end_of_that_day_here(three: Workspace) -> None:
    day = f"{NOON.astimezone():%Y-%m-%d}"
    after = f"{NOON.astimezone() + timedelta(days=1):%Y-%m-%d}"
    assert three.resolve(f"ds@{day}").version == 2
    assert three.resolve(f"ds@{after}").version == 3


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("ds@4", r"There is no ds@4\. There is ds@1 to @3, and the aliases prod"),
        ("ds@0", r"There is no ds@0"),
        ("ds@latest~3", r"There is no ds@latest~3"),
        ("ds@prd", r"no alias prd\. Did you mean prod"),
        ("ds@sha:cccc", r"There is no ds@sha:cccc"),
        ("ds@2026-06-30T00:00Z", r"had no version yet on 2026-06-30"),
        ("ds@sha:aaaa", r"ds@sha:aaaa could be any of ds@1, ds@2.*more digits"),
    ],
)
def test_a_version_that_is_not_there_is_told_with_those_there_are(
    three: Workspace, ref: str, said: str
) -> None:
    with pytest.raises(VersionNotFoundError, match=said):
        three.resolve(ref)


def test_a_digest_that_several_versions_share_means_the_newest(workspace: Workspace) -> None:
    for digest in ("ab", "cd", "ab"):
        add(workspace, digest=digest * 32)
    assert workspace.resolve("ds@sha:abab").version == 3


def test_an_unknown_dataset_is_told_with_the_nearest(three: Workspace) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"no dataset dss\. Did you mean ds.*%ds list"):
        three.resolve("dss")


def test_an_empty_workspace_says_how_to_register(workspace: Workspace) -> None:
    with pytest.raises(DatasetNotFoundError, match=r"has none yet.*%ds register ds PATH"):
        workspace.resolve("ds@2")


def test_a_name_is_followed_through_several_renames_and_back(workspace: Workspace) -> None:
    first = add(workspace, "a")
    for old, new in (("a", "b"), ("b", "c")):
        workspace.rename(old, new)
    for gone in ("a", "b"):
        with pytest.raises(DatasetNotFoundError, match=f"{gone} is called c now"):
            workspace.resolve(gone)
    workspace.rename("c", "a")
    assert workspace.resolve("a@1").id == first.id
    with pytest.raises(DatasetNotFoundError, match="c is called a now"):
        workspace.resolve("c")
    assert workspace.view().by_id(first.id) == replace(first, name="a")


def test_numbers_are_never_used_again_through_any_renames(workspace: Workspace) -> None:
    for _ in range(3):
        add(workspace, "a")
    workspace.rename("a", "b")
    assert add(workspace, "a").version == 4
    workspace.rename("a", "c")
    workspace.rename("b", "a")
    assert workspace.view().numbers("a") == [1, 2, 3]
    assert add(workspace, "a").version == 5
    assert workspace.view().numbers("c") == [4]


def remove(workspace: Workspace, name: str, *numbers: int) -> None:
    with workspace._catalog.transaction() as transaction:
        for number in numbers:
            version = transaction.version(name, number)
            assert version is not None
            transaction.remove_version(version)


def test_a_version_that_was_deleted_is_told_from_one_that_never_was(three: Workspace) -> None:
    remove(three, "ds", 2)
    for ref in ("ds@2", "ds@v2", "ds:2"):
        with pytest.raises(VersionNotFoundError, match=r"ds@2 was deleted\. There is ds@1 to @3"):
            three.resolve(ref)
    with pytest.raises(VersionNotFoundError, match=r"There is no ds@4"):
        three.resolve("ds@4")
    with pytest.raises(VersionNotFoundError, match=r"no alias prod"):
        three.resolve("ds@prod")
    assert three.resolve("ds@latest~1").version == 1


def test_a_dataset_whose_versions_were_all_deleted_is_told(three: Workspace) -> None:
    remove(three, "ds", 1, 2, 3)
    for ref in ("ds", "ds@2", "ds@prod"):
        with pytest.raises(
            DatasetNotFoundError,
            match=r"Every version of ds was deleted.*as ds@4: %ds register ds PATH",
        ):
            three.resolve(ref)
    assert add(three).version == 4


def test_a_version_that_went_with_a_rename_was_not_deleted(three: Workspace) -> None:
    three.rename("ds", "new")
    add(three, "ds")
    with pytest.raises(VersionNotFoundError, match=r"There is no ds@2\. There is ds@4"):
        three.resolve("ds@2")


def test_many_versions_of_one_name_are_not_walked_through(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workspace._catalog.transaction() as transaction:
        for number in range(1, 301):
            transaction.add_version(some_version("ds", number))
    view = workspace.view()
    assert resolve(view, parse("ds")).version == 300
    looked_at: list[int] = []
    look_up = type(view).version

    def counted(self: Any, name: str, number: int) -> Version | None:
        looked_at.append(number)
        return look_up(self, name, number)

    monkeypatch.setattr(type(view), "version", counted)
    monkeypatch.setattr("builtins.sorted", None)
    for ref in ("ds@150", "ds", "ds@latest~3"):
        resolve(view, parse(ref))
    assert looked_at == [150, 300, 297]
