"""A bit that flips in what dsnb keeps: found, never believed, and mended where that is possible."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dsnb.errors import DsnbError, RegistryDamagedError, SnapshotError
from dsnb.workspace import Workspace
from tests.crash.editions import holds, lay_out
from tests.workbench import register

NAMES = ("note", "table", "batch")
FLIPS = 12


@pytest.fixture
def furnished(workspace: Workspace) -> Workspace:
    """Return a workspace whose store has whole files, deltas and packs."""
    for name in NAMES:
        for edition in (1, 2):
            register(workspace, lay_out(name, edition), name=name)
    return workspace


def files(workspace: Workspace) -> dict[str, list[Path]]:
    """Return the files of the store and the manifests, by kind."""
    kinds: dict[str, list[Path]] = {}
    for folder in (workspace.layout.objects, workspace.layout.manifests):
        for path in sorted(folder.rglob("*.*")):
            kinds.setdefault("".join(path.suffixes), []).append(path)
    return kinds


def test_there_are_files_of_every_kind_to_damage(furnished: Workspace) -> None:
    assert files(furnished).keys() >= {".zst", ".delta", ".pack", ".json.zst"}


@pytest.mark.parametrize("kind", [".zst", ".delta", ".pack", ".json.zst"])
def test_a_flipped_bit_is_harmless_or_found_and_what_is_restored_is_right(
    furnished: Workspace, kind: str
) -> None:
    chance = random.Random(kind)
    found_some = 0
    for attempt in range(FLIPS):
        path = chance.choice(files(furnished)[kind])
        content = path.read_bytes()
        at = chance.randrange(len(content))
        flipped = bytearray(content)
        flipped[at] ^= 1 << chance.randrange(8)
        path.chmod(0o644)
        path.write_bytes(flipped)
        workspace = Workspace(furnished.root)
        found, restored, refusals = workspace.examine(), 0, list[DsnbError]()
        for name in NAMES:
            for edition in (1, 2):
                folder = Path(f"old/{attempt}/{name}/{edition}")
                try:
                    workspace.restore(workspace.resolve(f"{name}@{edition}"), str(folder))
                except (SnapshotError, RegistryDamagedError) as error:
                    refusals.append(error)
                    continue
                assert holds(folder, name, edition), (path, at)
                restored += 1
        for refusal in refusals:
            assert str(path) in refusal.message
            assert "doctor --repair" in refusal.hint or "backup" in refusal.hint
        # Whatever cannot be restored was found, and said to be so.
        assert bool(found) == (restored == 2 * len(NAMES)), (path, at)
        found_some += not found
        path.write_bytes(content)
        assert workspace.examine()
    assert found_some


@pytest.mark.parametrize("kind", [".zst", ".delta", ".pack", ".json.zst"])
def test_what_still_lies_unchanged_on_disk_is_mended(furnished: Workspace, kind: str) -> None:
    for path in files(furnished)[kind]:
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.chmod(0o644)
        path.write_bytes(content)
    assert not furnished.examine()
    mended = furnished.examine(repair=True)
    assert "mended" in {finding.state for finding in mended.findings}
    for finding in mended.findings:
        # Only what an older version had, and its files have no more, is lost.
        assert finding.state == "mended" or "@2" not in finding.what, finding
    for name in NAMES:
        workspace = Workspace(furnished.root)
        workspace.restore(workspace.resolve(f"{name}@2"), f"old/{name}")
        assert holds(Path(f"old/{name}"), name, 2)
