"""Ways to break dsnb, each of which the tests must notice."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dsnb.catalog import jsonfile
from dsnb.catalog.tinydb import TinyCatalog
from dsnb.datasets import housekeeping
from dsnb.records import Manifest
from dsnb.storage import manifests
from dsnb.storage.manifests import ManifestStore


def _patch(owner: object, name: str, value: object) -> None:
    pytest.MonkeyPatch().setattr(owner, name, value)


def write_in_place() -> None:
    """Write over a file, as a plain program does."""

    def write(path: Path, content: bytes, *, durable: bool = True) -> os.stat_result:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb", buffering=0) as file:
            for part in range(0, len(content), 100):
                file.write(content[part : part + 100])
        return os.stat(path)

    _patch(jsonfile, "write_atomically", write)
    _patch(manifests, "write_atomically", write)


def commit_before_the_manifest() -> None:
    """Let the registry name a version whose manifest comes later."""
    write, transaction = ManifestStore.write, TinyCatalog.transaction
    waiting: list[tuple[ManifestStore, Manifest]] = []

    def promise(store: ManifestStore, manifest: Manifest) -> str:
        from blake3 import blake3

        waiting.append((store, manifest))
        return blake3(manifests.encode_manifest(manifest)).hexdigest()

    class Late:
        def __init__(self, catalog: TinyCatalog) -> None:
            self._context = transaction(catalog)

        def __enter__(self) -> Any:
            return self._context.__enter__()

        def __exit__(self, *error: Any) -> None:
            self._context.__exit__(*error)
            while waiting:
                write(*waiting.pop())

    _patch(ManifestStore, "write", promise)
    _patch(ManifestStore, "is_there", lambda store, address: True)
    _patch(TinyCatalog, "transaction", Late)


def sweep_what_is_needed() -> None:
    """Take the newest of the file lists for unneeded."""
    needs = housekeeping._Needs.__init__

    def forget_one(self: Any, *given: Any) -> None:
        needs(self, *given)
        self.manifests -= set(sorted(self.manifests)[:1])

    _patch(housekeeping._Needs, "__init__", forget_one)


def reuse_numbers() -> None:
    """Give the number of a deleted version to another."""
    from dsnb.catalog.index import Index

    def highest(self: Index, name: str) -> int:
        return max(self.sorted_numbers(name), default=0)

    _patch(Index, "last_number", highest)


def acknowledge_early() -> None:
    """Say that all is done before it is; the work itself is sound."""


KINDS: Mapping[str, Callable[[], None]] = {
    "written in place": write_in_place,
    "committed before the manifest": commit_before_the_manifest,
    "swept although needed": sweep_what_is_needed,
    "numbers used again": reuse_numbers,
    "acknowledged before it is done": acknowledge_early,
}
