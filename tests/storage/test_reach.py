"""What is looked at in passing: the workspace's own folder, and what the user has used here."""

import os
from pathlib import Path

import pytest

from dsnb.storage.reach import Reach, UsedPlaces

Said = list[str]


@pytest.fixture
def said() -> Said:
    return []


@pytest.fixture
def asking(tmp_path: Path, said: Said) -> Reach:
    root = tmp_path / "work"
    (root / "data").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    return Reach(str(root), UsedPlaces(tmp_path / "used"), said.append)


@pytest.fixture
def passing(asking: Reach) -> Reach:
    return Reach(asking.root, asking.used, asking.notify, in_passing=True)


def link(reach: Reach, name: str, target: str) -> str:
    path = os.path.join(reach.root, name)
    os.symlink(target, path)
    return path


def test_what_lies_in_the_workspace_is_looked_at(passing: Reach, said: Said) -> None:
    data = f"{passing.root}/data"
    assert passing.admits(data, data, ["a.csv", "b/c.csv"])
    assert passing.admits(f"{data}/gone", f"{data}/gone")
    assert said == []


@pytest.mark.parametrize("place", ["/etc", "{root}/../elsewhere", "{root}2", "/"])
def test_what_lies_elsewhere_waits_until_it_is_asked_for(
    passing: Reach, asking: Reach, said: Said, place: str
) -> None:
    place = place.format(root=passing.root)
    assert not passing.admits(place, place)
    assert said == []
    assert asking.admits(place, place)
    assert said == [
        f"{os.path.normpath(place)} lies outside the workspace {asking.root} and was never used "
        "here before; it is read now, as you asked for it."
    ]
    assert asking.admits(place, place)
    assert passing.admits(place, place)
    assert len(said) == 1


def test_what_the_user_named_is_looked_at_without_a_word(
    passing: Reach, asking: Reach, said: Said
) -> None:
    asking.take(["/etc"])
    assert passing.admits("/etc", "/etc", ["passwd"])
    assert said == []


@pytest.mark.parametrize(
    ("target", "stays"),
    [
        ("../elsewhere", False),
        ("data/../../elsewhere", False),
        ("{root}/../elsewhere", False),
        ("/etc", False),
        ("..", False),
        ("data", True),
        ("data/../data/./", True),
        ("{root}/data", True),
        (".", True),
        ("nowhere", True),
        ("link", True),
    ],
)
def test_a_link_is_looked_behind_only_while_it_stays_inside(
    passing: Reach, target: str, stays: bool
) -> None:
    place = link(passing, "link", target.format(root=passing.root))
    assert passing.admits(place, place) == stays
    assert passing.admits(passing.root, passing.root, ["link"]) == stays
    assert passing.admits(passing.root, passing.root, ["data/a", "link/a.csv"]) == stays


def test_links_are_followed_one_after_the_other(passing: Reach) -> None:
    link(passing, "a", "b")
    link(passing, "b", "data/c")
    link(passing, "data/c", "../../elsewhere")
    assert not passing.admits(passing.root, passing.root, ["a/x.csv"])


def test_no_step_is_taken_outside(passing: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    place = link(passing, "link", "/net/somewhere/data")
    asked: list[str] = []
    for name in ("stat", "lstat", "readlink", "scandir", "listdir"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os,
            name,
            lambda path, *a, real=real, **k: (asked.append(str(path)), real(path, *a, **k))[1],
        )
    assert not passing.admits(place, place, ["a.csv", "b/c.csv"])
    assert not passing.admits("/net/other", "/net/other", ["a.csv"])
    assert asked
    assert not [path for path in asked if path.startswith("/net")]


def test_only_a_used_place_is_searched_in_passing(passing: Reach, asking: Reach) -> None:
    data = f"{passing.root}/data"
    assert asking.walks(data)
    assert not passing.walks(data)
    asking.take([data])
    assert passing.walks(data)


def test_without_a_cache_a_place_stays_new(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    used = UsedPlaces(tmp_path / "file")
    used.add("/data")
    assert "/data" not in used
