"""What fails in one process takes nothing away from another."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from dsnb.errors import UnreadableFileError
from dsnb.storage.snapshots.newfile import NewFile
from dsnb.workspace import Workspace
from tests.workbench import register, write


def test_a_register_that_fails_leaves_what_another_version_needs_meanwhile(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = random.Random(0).randbytes(100_000)
    Path("both").mkdir()
    Path("both/1.bin").write_bytes(shared)
    Path("both/2.bin").write_bytes(random.Random(1).randbytes(100_000))
    publish = NewFile.publish

    def meanwhile(new: NewFile, *where: Any, **how: Any) -> int:
        """Once the first file is kept, another version comes to need it, and the second changes."""
        monkeypatch.setattr(NewFile, "publish", publish)
        size = publish(new, *where, **how)
        register(Workspace(workspace.root), "both/1.bin", name="other")
        write("both/2.bin", "changed")
        return size

    monkeypatch.setattr(NewFile, "publish", meanwhile)
    with pytest.raises(UnreadableFileError):
        register(workspace, "both", name="failing")
    write("both/1.bin", "written over")
    assert workspace.resolve("other@1").kept
    workspace.restore(workspace.resolve("other@1"), "old")
    assert Path("old/1.bin").read_bytes() == shared
