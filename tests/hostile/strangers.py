"""A workspace as a stranger would send it: every file written by hand, nothing through dsnb."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zstandard
from blake3 import blake3

from dsnb.workspace import Workspace

WHEN = "2026-11-23T05:00:00Z"
Group = Mapping[str, Any]


def group(datastore: str, base: str, **files: bytes) -> dict[str, Any]:
    """Return the files below one path, by name, as a manifest lists them."""
    return {
        "datastore": datastore,
        "base": base,
        "names": list(files),
        "sizes": [len(content) for content in files.values()],
        "hashes": [blake3(content).hexdigest() for content in files.values()],
    }


def version(name: str, sources: Sequence[tuple[str, str]], **values: Any) -> dict[str, Any]:
    """Return the record of a version, whatever the values are."""
    return {
        "name": name,
        "version": 1,
        "id": f"id of {name}",
        "definition": {"sources": [{"datastore": d, "path": p} for d, p in sources]},
        "manifest": "0" * 64,
        "digest": "1" * 64,
        "kind": "tabular",
        "format": "csv",
        "files": 1,
        "size": 1,
        "columns": [{"name": "a", "type": "int64"}],
        "created": WHEN,
        **values,
    }


def run(**values: Any) -> dict[str, Any]:
    """Return the record of a run, whatever the values are."""
    given = {"id": "run", "name": "run", "process": 1, "process_started": 0.5, "started": WHEN}
    return {**given, **values}


def write_manifest(folder: Path, groups: Any) -> str:
    """Write a manifest, whatever it holds, and return its address."""
    content = groups if isinstance(groups, bytes) else json.dumps({"groups": groups}).encode()
    address: str = blake3(content).hexdigest()
    path = folder / ".dsnb" / "manifests" / address[:2] / f"{address[2:]}.json.zst"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zstandard.compress(content))
    return address


def write_registry(
    folder: Path,
    versions: Sequence[Any] = (),
    runs: Sequence[Any] = (),
    aliases: Sequence[Any] = (),
    **tables: Any,
) -> None:
    """Write the two files of a registry."""
    folder = folder / ".dsnb"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").touch()
    meta = [{"schema_version": 1}]
    _dump(folder / "registry.json", {"meta": meta, "versions": versions, "aliases": aliases})
    _dump(folder / "runs.json", {"meta": meta, "runs": runs, **tables})


def send(
    folder: Path, name: str, source: tuple[str, str], listed: Group, **values: Any
) -> Workspace:
    """Return a workspace that arrived with one version, of one path."""
    address = write_manifest(folder, [listed])
    files = {"files": len(listed["names"]), "size": sum(listed["sizes"])}
    write_registry(folder, [version(name, [source], manifest=address, **{**files, **values})])
    return Workspace(folder, lambda notice: None)


def state_of(folder: Path) -> dict[str, bytes]:
    """Return everything that a workspace keeps, by name; locks hold nothing."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".lock", ".claim")
    }


def _dump(path: Path, tables: Mapping[str, Sequence[Any]]) -> None:
    numbered = {
        table: {str(index): document for index, document in enumerate(documents, start=1)}
        for table, documents in tables.items()
    }
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(numbered), encoding="utf-8")
    fresh.replace(path)


_WATCHED: list[tuple[str, list[str]]] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHED and event in ("open", "os.listdir", "os.scandir", "os.walk"):
        _note(arguments[0])


def _note(path: Any) -> None:
    if isinstance(path, str | bytes | os.PathLike):
        for folder, touched in _WATCHED:
            if f"{os.path.abspath(os.fsdecode(path))}/".startswith(f"{folder}/"):
                touched.append(os.fsdecode(path))


sys.addaudithook(_hear)


@contextmanager
def watching(folder: Path) -> Iterator[list[str]]:
    """Yield a list of every path below a folder that Python opens, lists or only looks at."""
    touched: list[str] = []
    real: dict[str, Callable[..., Any]] = {}

    def noting(name: str) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **kwargs: Any) -> Any:
            _note(path)
            return real[name](path, *args, **kwargs)

        return call

    for name in ("stat", "lstat", "access", "readlink"):
        real[name] = getattr(os, name)
        setattr(os, name, noting(name))
    _WATCHED.append((str(folder), touched))
    try:
        yield touched
    finally:
        _WATCHED.pop()
        for name, function in real.items():
            setattr(os, name, function)
