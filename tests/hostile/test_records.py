"""Whatever a registry, a manifest or the settings hold: it works, or a `DsnbError` says why not."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dsnb
from dsnb.display import forms as forms
from dsnb.errors import DsnbError
from dsnb.magics.completion import complete
from dsnb.presenting import as_html, as_text
from dsnb.server import reading
from dsnb.server.answers import encode
from dsnb.server.scope import Scope
from dsnb.widgets.answers import Answers
from dsnb.workspace import Workspace
from tests.hostile.strangers import group, run, state_of, version, write_manifest, write_registry
from tests.hostile.texts import VALUES

TABLE = b"a,b\n1,x\n2,y\n"
LISTED = group("default", "data", **{"a.csv": TABLE})
FULL = {
    "description": "weeks 27, 28",
    "tags": {"stage": "raw"},
    "rows": 2,
    "key": ["a"],
    "creator": "ada",
    "run": "run",
    "kept": False,
    "deprecated": None,
}
USE = {"ref": "ds@1", "id": "id of ds", "digest": "1" * 64, "how": "load", "cells": [3]}
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def shown(result: Any) -> None:
    as_text(result).encode()
    as_html(result).encode()


def answered(answer: Any) -> None:
    encode(answer).decode()


def verbs(folder: Path) -> Iterator[Callable[[], object]]:
    """Yield everything that reads a registry, each to be called on its own."""
    scope = Scope(folder, lambda notice: None)
    answers = Answers(Workspace(folder, lambda notice: None).in_passing())
    yield lambda: shown(dsnb.list())
    yield lambda: shown(dsnb.list("*", tag={"stage": "raw"}))
    yield lambda: shown(dsnb.versions("ds"))
    yield lambda: shown(dsnb.show("ds"))
    yield lambda: shown(dsnb.show("ds@prod"))
    yield lambda: shown(dsnb.show("ds@2026-12-31"))
    yield lambda: shown(dsnb.verify())
    yield lambda: shown(dsnb.verify("ds", full=True))
    yield lambda: dsnb.load("ds")
    yield lambda: dsnb.load("ds", as_="paths")
    yield lambda: shown(dsnb.diff("ds"))
    yield lambda: shown(dsnb.diff("ds@1..1"))
    yield lambda: shown(dsnb.status())
    yield lambda: shown(dsnb.runs())
    yield lambda: shown(dsnb.datastore())
    yield lambda: shown(dsnb.config())
    yield lambda: answered(answers.datasets())
    yield lambda: answered(answers.versions("ds", "raw", find="ds@1"))
    yield lambda: answered(list(answers.states(["ds@1"])))
    yield lambda: answered(answers.preview("ds@1"))
    yield lambda: answered(answers.columns("ds@1"))
    yield lambda: answered(answers.since("ds@1"))
    yield lambda: answered(reading.read_workspace(scope, ""))
    yield lambda: answered(reading.read_datasets(scope, "", "", 0, 100))
    yield lambda: answered(reading.read_versions(scope, "", "ds", 0, 100))
    yield lambda: answered(reading.read_version(scope, "", "ds", 1))
    yield lambda: answered(reading.read_runs(scope, "", None, 0, 100))


def changes() -> Iterator[Callable[[], object]]:
    """Yield what changes a registry, each to be called on its own."""
    yield lambda: dsnb.tag("ds", {"k": "v"})
    yield lambda: dsnb.annotate("ds", "other")
    yield lambda: dsnb.alias("ds", "best")
    yield lambda: dsnb.rename("ds", "other")
    yield lambda: dsnb.register("ds", "data/a.csv")


@contextmanager
def a_folder() -> Iterator[Path]:
    """Work in a fresh folder with a table in it: hypothesis tries many in one test."""
    before = Path.cwd()
    folder = Path(tempfile.mkdtemp(dir=before))
    (folder / "data").mkdir()
    (folder / "data" / "a.csv").write_bytes(TABLE)
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)
        shutil.rmtree(folder)


def everything_works_or_is_refused(folder: Path) -> None:
    before = state_of(folder)
    for verb in verbs(folder):
        with suppress(DsnbError):
            verb()
    for typed in ("load ", "load ds@", "show d", "run ", "config "):
        with suppress(DsnbError):
            complete(typed)
    kept = {name: content for name, content in state_of(folder).items() if "runs" not in name}
    assert kept == {name: content for name, content in before.items() if "runs" not in name}
    for change in changes():
        before = state_of(folder)
        try:
            change()
        except DsnbError:
            assert state_of(folder) == before


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value within a document."""
    if path:
        yield path
    inner = document.items() if isinstance(document, dict) else ()
    inner = enumerate(document) if isinstance(document, list) else inner
    for key, value in inner:
        yield from places(value, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a document with one value replaced."""
    if not path:
        return value
    copy = json.loads(json.dumps(document))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return copy


VERSION = {**version("ds", [("default", "data")]), **FULL}
RUN = run(inputs=[{**USE, "at": "2026-11-23T05:00:00Z"}], notebook="a.ipynb", tags={"k": "v"})
ALIAS = {"name": "ds", "alias": "prod", "version": 1}


def test_the_registry_that_is_bent_below_is_a_good_one() -> None:
    with a_folder() as folder:
        record = {**VERSION, "manifest": write_manifest(folder, [LISTED])}
        write_registry(folder, [record], [RUN], [ALIAS])
        for verb in verbs(folder):
            verb()
        for change in changes():
            change()


@many
@given(st.data())
def test_any_record_of_a_version(data: st.DataObject) -> None:
    with a_folder() as folder:
        record: Any = {**VERSION, "manifest": write_manifest(folder, [LISTED])}
        for _ in range(data.draw(st.integers(1, 3))):
            path = data.draw(st.sampled_from([*places(record)]))
            record = replaced(record, path, data.draw(VALUES))
        write_registry(folder, [record], [RUN], [ALIAS])
        everything_works_or_is_refused(folder)


@many
@given(st.data())
def test_any_record_of_a_run_or_an_alias(data: st.DataObject) -> None:
    with a_folder() as folder:
        record = {**VERSION, "manifest": write_manifest(folder, [LISTED])}
        a_run = replaced(RUN, data.draw(st.sampled_from([*places(RUN)])), data.draw(VALUES))
        alias = replaced(ALIAS, data.draw(st.sampled_from([*places(ALIAS)])), data.draw(VALUES))
        write_registry(folder, [record], [a_run], [alias])
        everything_works_or_is_refused(folder)


@many
@given(st.data())
def test_any_manifest(data: st.DataObject) -> None:
    with a_folder() as folder:
        manifest: Any = {"groups": [LISTED]}
        for _ in range(data.draw(st.integers(1, 2))):
            path = data.draw(st.sampled_from([(), *places(manifest)]))
            manifest = replaced(manifest, path, data.draw(VALUES))
            if not isinstance(manifest, dict):
                break
        address = write_manifest(folder, json.dumps(manifest).encode())
        write_registry(folder, [{**VERSION, "manifest": address}], [RUN], [ALIAS])
        everything_works_or_is_refused(folder)


@many
@given(st.dictionaries(st.sampled_from(["sep", "dtype", "engine", "nrows", "iterator"]), VALUES))
def test_any_recorded_reader_options(options: dict[str, Any]) -> None:
    with a_folder() as folder:
        definition = {"sources": [{"datastore": "default", "path": "data"}], "options": options}
        record = {**VERSION, "definition": definition}
        write_registry(folder, [{**record, "manifest": write_manifest(folder, [LISTED])}])
        everything_works_or_is_refused(folder)


GARBAGE = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b'{"versions": []}',
    b'{"versions": {"1": null}}',
    b'{"versions": {"x": {}}}',
    b'{"meta": {"1": {"schema_version": 10e400}}}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"versions": {"1": {"name": "\\ud800"}}}',
    b'{"versions": {"1": {"version": ' + b"9" * 5000 + b"}}}",
]


@pytest.mark.parametrize("content", GARBAGE, ids=[str(content[:20]) for content in GARBAGE])
@pytest.mark.parametrize("name", ["registry.json", "runs.json", "config.toml"])
def test_a_file_of_garbage(content: bytes, name: str) -> None:
    with a_folder() as folder:
        record = {**VERSION, "manifest": write_manifest(folder, [LISTED])}
        write_registry(folder, [record], [RUN], [ALIAS])
        (folder / ".dsnb" / name).write_bytes(content)
        everything_works_or_is_refused(folder)


@pytest.mark.parametrize("content", GARBAGE, ids=[str(content[:20]) for content in GARBAGE])
def test_a_manifest_of_garbage(content: bytes) -> None:
    with a_folder() as folder:
        address = write_manifest(folder, content)
        write_registry(folder, [{**VERSION, "manifest": address}], [RUN], [ALIAS])
        everything_works_or_is_refused(folder)


@pytest.mark.parametrize(
    "text",
    [
        "creator = 1",
        "creator = [[[]]]",
        "diff = 3",
        "diff.rows = -1",
        "diff.rows = " + "9" * 5000,
        "diff.rows = 1e400",
        "lock.timeout = nan",
        "lock.timeout = inf",
        "lock = {timeout = 2026-01-01}",
        "x = " + "[" * 5000,
        "datastores = 1",
        "datastores = []",
        'datastores = {bulk = "\\u0000"}',
        "datastores = {bulk = {}}",
        'datastores = {"../x" = "y", "<script>" = "", "\\u202e" = "~nobody/$HOME/%PATH%"}',
        'datastores = {a = "s3://b", b = "http://127.0.0.1:9/", c = "\\\\\\\\host\\\\share"}',
        'datastores = {a = "file:///etc", b = "//host/share", c = "/net/host", d = "/proc/self"}',
        'snapshot = "../../x"',
        '"__proto__" = {a = 1}',
        "\x00",
    ],
)
def test_any_settings(text: str) -> None:
    with a_folder() as folder:
        record = {**VERSION, "manifest": write_manifest(folder, [LISTED])}
        write_registry(folder, [record], [RUN], [ALIAS])
        (folder / ".dsnb" / "config.toml").write_text(text, encoding="utf-8")
        everything_works_or_is_refused(folder)
