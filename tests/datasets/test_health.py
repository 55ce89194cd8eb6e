"""The doctor: everything that breaks is found, and mended where that is possible."""

from pathlib import Path

import pytest

from dsnb.datasets.health import Examination
from dsnb.storage.atomic import TEMPORARY
from dsnb.workspace import Workspace
from tests.workbench import load, register, write


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    for text in ("1", "2"):
        write("a.txt", text * 3000)
        register(workspace, "a.txt")
    return workspace


def states(found: Examination) -> list[str]:
    return [finding.state for finding in found.findings]


def kept(workspace: Workspace) -> list[Path]:
    return sorted(path for path in workspace.layout.objects.rglob("*") if path.is_file())


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def manifest_of(workspace: Workspace, ref: str) -> Path:
    address = workspace.resolve(ref).manifest
    return workspace.layout.manifests / address[:2] / f"{address[2:]}.json.zst"


def test_a_sound_workspace_is_sound(two: Workspace) -> None:
    found = two.examine()
    assert found
    assert (found.findings, found.versions, found.contents) == ((), 2, 2)


def test_drift_is_no_disease(two: Workspace) -> None:
    write("a.txt", "changed")
    assert two.examine()


@pytest.mark.parametrize("damage", ["truncate", "garbage", "empty", "remove"])
def test_a_damaged_registry_is_found_and_put_back(two: Workspace, damage: str) -> None:
    registry = two.layout.registry
    content = registry.read_bytes()
    if damage == "remove":
        registry.unlink()
    else:
        registry.write_bytes(
            {"truncate": content[:-20], "garbage": b"\0" * 50, "empty": b""}[damage]
        )
    found = two.examine()
    assert not found
    assert any("--repair" in finding.remedy for finding in found.findings)
    mended = two.examine(repair=True)
    assert "mended" in states(mended)
    assert "lost" not in states(mended)
    assert [row.version.ref for row in two.versions("ds").rows] == ["ds@2", "ds@1"]
    assert two.examine()
    assert Path(load(two, "ds@1")[0]).read_text() == "1" * 3000


def test_a_lost_file_list_is_made_anew_from_unchanged_files(two: Workspace) -> None:
    manifest_of(two, "ds@2").unlink()
    found = two.examine()
    assert states(found) == ["broken"]
    assert states(two.examine(repair=True)) == ["mended"]
    assert two.examine()
    assert two.verify([two.resolve("ds@2")], full=True)


def test_a_lost_file_list_of_changed_files_is_lost(two: Workspace) -> None:
    flip(manifest_of(two, "ds@1"))
    found = two.examine(repair=True)
    assert states(found) == ["lost"]
    assert "The file list of ds@1 is lost" in found.findings[0].what
    assert not two.examine()


def test_a_flipped_bit_in_a_kept_file_is_found_and_mended_from_the_file(two: Workspace) -> None:
    for path in kept(two):
        flip(path)
    found = two.examine()
    assert states(found) == ["broken", "broken"]
    mended = two.examine(repair=True)
    # The file still holds what ds@2 was registered with; what ds@1 held is nowhere any more.
    assert states(mended) == ["mended", "lost"]
    assert "in ds@1 cannot be given back" in mended.findings[1].what
    write("a.txt", "1" * 3000)
    assert states(two.examine(repair=True)) == ["mended"]
    assert two.examine()
    write("a.txt", "changed")
    assert Path(load(two, "ds@2")[0]).read_text() == "2" * 3000


def test_what_rests_on_a_damaged_content_is_sound_again_with_it(workspace: Workspace) -> None:
    rows = [f"{number},{number * 7919 % 100_003},EWR" for number in range(200_000)]
    first = "\n".join(rows)
    rows[1000] = "1000,0,JFK"
    second = "\n".join(rows)
    for text in (first, second):
        write("a.txt", text)
        register(workspace, "a.txt")
    [base] = [path for path in kept(workspace) if path.suffix == ".zst"]
    flip(base)
    found = workspace.examine(repair=True)
    # The file is the second; without the first its kept bytes cannot be read, and are kept anew.
    assert states(found) == ["mended", "lost"]
    write("a.txt", first)
    assert states(workspace.examine(repair=True)) == ["mended"]
    assert workspace.examine()
    assert Path(load(workspace, "ds@2")[0]).read_text() == second


def test_a_delta_comes_back_with_its_base(workspace: Workspace) -> None:
    rows = [f"{number},{number * 7919 % 100_003},EWR" for number in range(200_000)]
    first = "\n".join(rows)
    second = first.replace("1000,", "1001,", 1)
    for text in (first, second, first + "\n"):
        write("a.txt", text)
        register(workspace, "a.txt")
    [base] = [path for path in kept(workspace) if path.suffix == ".zst"]
    flip(base)
    write("a.txt", first)
    assert states(workspace.examine(repair=True)) == ["mended"]
    assert Path(load(workspace, "ds@2")[0]).read_text() == second


def test_what_cannot_be_replaced_is_not_thrown_away(two: Workspace) -> None:
    for path in kept(two):
        flip(path)
    write("a.txt", "changed")
    before = {path: path.read_bytes() for path in kept(two)}
    assert states(two.examine(repair=True)) == ["lost", "lost"]
    assert {path: path.read_bytes() for path in kept(two)} == before


def test_a_kept_file_that_vanished_is_found(two: Workspace) -> None:
    for path in kept(two):
        path.unlink()
    assert states(two.examine()) == ["broken", "broken"]
    assert states(two.examine(repair=True)) == ["mended", "lost"]


def test_broken_settings_are_found(two: Workspace) -> None:
    write(two.layout.config, "snapshot = ")
    found = two.examine()
    assert states(found) == ["broken"]
    assert "config.toml" in found.findings[0].what


def test_leftovers_are_a_remark(two: Workspace) -> None:
    write(two.layout.folder / f"{TEMPORARY}0123", "half")
    found = two.examine()
    assert found
    assert states(found) == ["remark"]
    assert "%ds gc" in found.findings[0].remedy


def test_looking_changes_nothing(two: Workspace) -> None:
    flip(kept(two)[0])
    two.layout.registry.write_bytes(b"{")
    before = {path: path.read_bytes() for path in two.layout.folder.rglob("*") if path.is_file()}
    two.examine()
    after = {path: path.read_bytes() for path in two.layout.folder.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
