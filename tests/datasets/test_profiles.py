"""Profiles of versions: computed once for each content, kept, and told why where there is none."""

import json
from pathlib import Path

import pytest

import dsnb.display.forms  # noqa: F401 - makes results show themselves
from dsnb.datasets import profiles
from dsnb.datasets.registration import Request
from dsnb.errors import TableError
from dsnb.storage.discovery import cache_folder
from dsnb.workspace import Workspace
from tests.workbench import register, write

CSV = "origin,temp\nEWR,78.08\nJFK,\nEWR,75.92\n"


def kept() -> list[Path]:
    return list((cache_folder() / "profiles").rglob("*.json"))


def test_a_small_table_is_profiled_when_it_is_shown(workspace: Workspace) -> None:
    version = register(workspace, write("a.csv", CSV)).version
    details = workspace.show(version, "little")
    assert details.profile is not None
    origin, temp = details.profile.columns
    assert origin.categories == (("EWR", 2), ("JFK", 1))
    assert (temp.missing, temp.maximum) == (1, 78.08)
    assert "EWR 66.7 %, JFK 33.3 %" in str(details)
    assert '<svg role="img"' in details._repr_mimebundle_()["text/html"]


def test_a_profile_is_computed_once_for_each_content(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a.csv", CSV)
    one, same = (register(workspace, path, name=name).version for name in ("one", "same"))
    found = workspace.profile(one)
    assert found.profile is not None
    assert len(kept()) == 1
    monkeypatch.setattr(profiles, "_computed", lambda *_: pytest.fail("computed again"))
    assert workspace.profile(one) == found
    assert workspace.profile(same, "none") == found


def test_other_reader_options_make_another_profile(workspace: Workspace) -> None:
    path = write("a.csv", "a;b\n1;2\n")
    plain = register(workspace, path, name="plain").version
    options = Request(name="parted", options={"sep": ";"})
    parted = workspace.register([path], options).version
    found = [workspace.profile(one).profile for one in (plain, parted)]
    assert [one and len(one.columns) for one in found] == [1, 2]


@pytest.mark.parametrize("harm", [b"", b"{}", b"damaged", b'{"rows": 1}', b"[]", b"\xff"])
def test_a_damaged_profile_is_computed_again(workspace: Workspace, harm: bytes) -> None:
    version = register(workspace, write("a.csv", CSV)).version
    found = workspace.profile(version)
    [path] = kept()
    path.write_bytes(harm)
    assert workspace.profile(version) == found
    assert json.loads(path.read_bytes())["rows"] == 3


def test_a_large_table_is_profiled_only_when_asked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "LITTLE", 10)
    version = register(workspace, write("a.csv", CSV)).version
    details = workspace.show(version, "little")
    assert details.profile is None
    assert f"%ds show {version.ref} --profile" in str(details)
    assert workspace.show(version, "any").profile is not None
    assert workspace.show(version, "none").profile is not None


def test_a_drifted_version_without_a_snapshot_has_none_and_says_why(workspace: Workspace) -> None:
    path = write("a.csv", CSV)
    version = register(workspace, path, snapshot="never").version
    path.write_text("origin,temp\nLGA,1\n")
    found = workspace.profile(version)
    assert found.profile is None
    assert "drifted" in found.why
    assert kept() == []


def test_a_drifted_version_with_a_snapshot_is_profiled_from_it(workspace: Workspace) -> None:
    path = write("a.csv", CSV)
    version = register(workspace, path).version
    path.write_text("origin,temp\nLGA,1\n")
    found = workspace.profile(version)
    assert found.profile is not None
    assert found.profile.rows == 3


def test_files_that_are_no_table_have_none(workspace: Workspace) -> None:
    version = register(workspace, write("a.txt", "hello")).version
    assert workspace.profile(version) == profiles.Profiling()
    assert "profile" not in str(workspace.show(version, "little"))


def test_a_table_that_cannot_be_read_says_why(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = register(workspace, write("a.csv", CSV)).version

    def refused(*_: object) -> None:
        raise TableError("It cannot be read.")

    monkeypatch.setattr(profiles, "_computed", refused)
    assert workspace.profile(version).why == "none: It cannot be read."


def test_a_cache_that_takes_nothing_only_makes_it_slower(workspace: Workspace) -> None:
    version = register(workspace, write("a.csv", CSV)).version
    folder = cache_folder() / "profiles"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    assert workspace.profile(version).profile is not None


def test_nobody_else_may_read_a_profile(workspace: Workspace) -> None:
    workspace.profile(register(workspace, write("a.csv", CSV)).version)
    [path] = kept()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_gc_removes_profiles_that_nobody_looks_at(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.profile(register(workspace, write("a.csv", CSV)).version)
    assert list(profiles.unused_profiles()) == []
    monkeypatch.setattr(profiles, "UNUSED", -1)
    assert list(profiles.unused_profiles()) == kept()


def test_a_workspace_that_claims_the_digest_of_other_files_spoils_no_profile(
    workspace: Workspace, tmp_path: Path
) -> None:
    honest = register(workspace, write("a.csv", CSV)).version
    path = write(tmp_path / "stranger/a.csv", "origin,temp\nEWR,999\n")
    stranger = Workspace.create(tmp_path / "stranger", lambda notice: None)
    own = stranger.register([path], Request(name="ds")).version
    text = stranger.layout.registry.read_text(encoding="utf-8")
    write(stranger.layout.registry, text.replace(own.digest, honest.digest))
    claimed = Workspace(stranger.root).resolve("ds@1")
    assert claimed.digest == honest.digest
    Workspace(stranger.root).profile(claimed)
    found = workspace.profile(honest).profile
    assert found is not None
    assert found.columns[1].maximum == 78.08
