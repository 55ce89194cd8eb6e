import json
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB

from dsnb.catalog.schema import SCHEMA_VERSION
from dsnb.errors import (
    DsnbError,
    RegistryDamagedError,
    RegistryError,
    RegistryTooNewError,
)
from dsnb.records import Run, now, to_document
from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.workbench import NOBODY, load, register, run_python, write


def some_versions(workspace: Workspace, count: int = 3) -> None:
    for _ in range(count):
        write("a.txt", f"{time.monotonic_ns()}")
        register(workspace, "a.txt")


def some_run(name: str = "session", identifier: str = "an-id") -> Run:
    return Run(id=identifier, name=name, process=1, process_started=0.5, started=now())


# What others can read


def test_stock_tinydb_reads_the_registry_and_the_runs(workspace: Workspace) -> None:
    some_versions(workspace)
    workspace.set_alias(parse("ds@2"), "prod")
    workspace.save_run(some_run())
    with TinyDB(workspace.layout.registry) as registry:
        assert registry.tables() >= {"versions", "aliases", "meta"}
        assert [row["version"] for row in registry.table("versions")] == [1, 2, 3]
        assert {"name": "ds", "alias": "prod", "version": 2} in registry.table("aliases").all()
        assert registry.table("meta").all() == [{"schema_version": SCHEMA_VERSION}]
        assert all(len(row["digest"]) == 64 and row["id"] for row in registry.table("versions"))
    with TinyDB(workspace.layout.runs) as runs:
        assert [row["name"] for row in runs.table("runs")] == ["session"]


def test_what_stock_tinydb_writes_is_seen_at_once(workspace: Workspace) -> None:
    some_versions(workspace, 1)
    assert workspace.resolve("ds").description == ""
    with TinyDB(workspace.layout.registry) as registry:
        registry.table("versions").update({"description": "by hand"})
    assert workspace.resolve("ds").description == "by hand"


def test_manifests_lie_outside_the_registry(workspace: Workspace) -> None:
    for number in range(300):
        write(f"data/{number}.txt", str(number))
    register(workspace, "data")
    assert workspace.layout.registry.stat().st_size < 5_000
    assert b"299.txt" not in workspace.layout.registry.read_bytes()


def test_keys_of_a_later_dsnb_are_kept_and_passed_over(workspace: Workspace) -> None:
    some_versions(workspace, 1)
    with TinyDB(workspace.layout.registry) as registry:
        registry.table("versions").update({"colour": "blue"})
    workspace.set_tags(parse("ds"), {"a": "1"})
    with TinyDB(workspace.layout.registry) as registry:
        [row] = registry.table("versions").all()
    assert (row["colour"], row["tags"]) == ("blue", {"a": "1"})
    assert workspace.resolve("ds").tags == {"a": "1"}


# What the disk refuses


def grow(workspace: Workspace) -> None:
    workspace.set_description(parse("ds"), "x" * 500_000)


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no limit of file sizes here")
def test_a_limit_of_file_sizes_leaves_the_registry_as_it_was(workspace: Workspace) -> None:
    some_versions(workspace, 1)
    before = workspace.layout.registry.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(RegistryError, match="no room left"):
            grow(workspace)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert workspace.layout.registry.read_bytes() == before


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become nobody")
def test_a_workspace_that_cannot_be_written_can_be_read(
    open_folder: Path, workspace: Workspace
) -> None:
    write("a.csv", "x\n1\n")
    register(workspace, "a.csv")
    before = workspace.layout.registry.read_bytes()
    done = run_python(
        f"""
import os
from dsnb.errors import DsnbError
from dsnb.workspace import Workspace
from dsnb.datasets.registration import Request
from dsnb.refs import parse
from dsnb.tables.reading import EVERYTHING
os.environ["DSNB_CACHE"] = "/proc/nowhere"
workspace = Workspace({str(workspace.root)!r})
print(workspace.load(workspace.resolve("ds"), None, EVERYTHING)["x"].tolist())
print(bool(workspace.verify(None)), len(workspace.datasets()), workspace.status().datasets)
import pandas
for attempt in (
    lambda: workspace.register(["a.csv"], Request(name="other")),
    lambda: workspace.register_table(pandas.DataFrame(dict(x=[1])), Request(name="other")),
    lambda: workspace.set_alias(parse("ds"), "prod"),
    lambda: workspace.set_setting("creator", "me"),
):
    try:
        attempt()
    except DsnbError as error:
        print(type(error).__name__, "Make the folder writable" in str(error))
""",
        user=NOBODY,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["[1]", "True 1 1", *["RegistryError True"] * 4]
    assert workspace.layout.registry.read_bytes() == before


# A damaged registry


def version_record(**changes: Any) -> dict[str, Any]:
    document = {
        "name": "ds", "version": 1, "id": "1", "definition": {"sources": []}, "manifest": "0" * 64,
        "digest": "0" * 64, "kind": "file", "files": 0, "size": 0,
        "created": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    document.update(changes)
    return {key: value for key, value in document.items() if value is not ...}


def tables(**changes: Any) -> bytes:
    return json.dumps({"versions": {"1": version_record(**changes)}}).encode()


DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "cut short": tables()[:-20],
    "no JSON": b"\x00\xff garbage",
    "a list": b"[1, 2]",
    "a text": b'"versions"',
    "a table that is none": b'{"versions": 5}',
    "a record that is none": b'{"versions": {"1": 5}}',
    "records without numbers": b'{"versions": {"one": {}}}',
    "a record without name": tables(name=...),
    "a number that is text": tables(version="1"),
    "a number that is truth": tables(version=True),
    "an id that is a list": tables(id=[1]),
    "nothing within": b'{"versions": {"1": {}}}',
    "deep nesting": b'{"versions": {"1": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}}",
    "an alias that is none": b'{"aliases": {"1": {"name": "ds", "alias": 1, "version": 1}}}',
    "a name that is none": b'{"names": {"1": {"name": []}}}',
    "a last number that is text": b'{"names": {"1": {"name": "ds", "last": "x"}}}',
    "a new name that is a list": b'{"names": {"1": {"name": "ds", "renamed_to": ["x"]}}}',
    "a schema that is text": b'{"meta": {"1": {"schema_version": "x"}}}',
    "a schema that is missing": b'{"meta": {"1": {}}}',
    "merge marks": b"<<<<<<< HEAD\n" + tables(),
    "later damage: a moment without zone": tables(created="2026-01-01T00:00:00"),
    "later damage: no moment": tables(created="yesterday"),
    "later damage: no definition": tables(definition=...),
    "later damage: a negative number": tables(version=-1),
    "later damage: kind": tables(kind="both"),
    "later damage: columns": tables(columns=[["x"]]),
    "later damage: an address that climbs": tables(manifest="../../../etc/passwd"),
    "later damage: a manifest that is gone": tables(),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_registry_is_a_clear_error_and_stays_as_it_is(
    workspace: Workspace, damage: str
) -> None:
    path = workspace.layout.registry
    path.write_bytes(DAMAGED[damage])
    write("a.txt", "1")
    attempts = [lambda: load(workspace, "ds@1")]
    if not damage.startswith("later"):
        attempts += [
            lambda: register(workspace, "a.txt"),
            lambda: workspace.set_alias(parse("ds"), "prod"),
            lambda: workspace.datasets(),
            lambda: workspace.status(),
            lambda: workspace.rename("ds", "other"),
        ]
    for attempt in attempts:
        if damage == "later damage: a negative number":
            continue
        with pytest.raises(RegistryDamagedError) as refused:
            attempt()
        assert "damaged" in str(refused.value) or "cannot be used" in str(refused.value)
        assert "backup" in str(refused.value) or "doctor" in str(refused.value)
    if damage == "later damage: a negative number":
        with pytest.raises(RegistryDamagedError):
            workspace.datasets()
    assert path.read_bytes() == DAMAGED[damage]


def test_a_registry_of_a_newer_dsnb_is_refused_and_stays_as_it_is(workspace: Workspace) -> None:
    some_versions(workspace, 1)
    with TinyDB(workspace.layout.registry) as registry:
        registry.table("meta").update({"schema_version": SCHEMA_VERSION + 1})
    before = workspace.layout.registry.read_bytes()
    for attempt in (lambda: workspace.resolve("ds"), lambda: some_versions(workspace, 1)):
        with pytest.raises(RegistryTooNewError, match=r"registry\.json.*newer.*Upgrade") as refused:
            attempt()
        assert isinstance(refused.value, DsnbError)
    assert workspace.layout.registry.read_bytes() == before


def test_damaged_runs_do_not_stop_work_with_versions(workspace: Workspace) -> None:
    workspace.layout.runs.write_text('{"runs": {"1": {"id": 5}}}')
    some_versions(workspace, 1)
    with pytest.raises(RegistryDamagedError, match="Run record 1 is damaged"):
        workspace.runs()


# Runs


def test_a_run_is_replaced_by_its_id_and_runs_come_oldest_first(workspace: Workspace) -> None:
    for name, identifier in (("one", "1"), ("two", "2"), ("one again", "1")):
        workspace.save_run(some_run(name, identifier))
    assert [run.name for run in workspace.runs().values()] == ["one again", "two"]
    assert to_document(workspace.runs()["2"])["name"] == "two"
