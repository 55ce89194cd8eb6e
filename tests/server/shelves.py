"""Registries of any size and content, written as a stock TinyDB would hold them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dsnb.records import Column, Definition, Run, Source, Use, Version, to_document
from dsnb.workspace import Workspace

WHEN = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def some_version(name: str = "weather_ds", number: int = 1, **values: Any) -> Version:
    given = {
        "id": f"{name}-{number}",
        "definition": Definition(sources=(Source(datastore="default", path="data/a.csv"),)),
        "manifest": "0" * 64,
        "digest": f"{number:064x}",
        "kind": "tabular",
        "format": "csv",
        "files": 1,
        "size": 40_900,
        "rows": 502,
        "columns": (Column("temp", "float64"),),
        "description": "weather in week 27",
        "created": WHEN,
        "creator": "ada",
    }
    return Version(name=name, version=number, **{**given, **values})


def some_run(identifier: str = "run-1", **values: Any) -> Run:
    given = {"name": "train", "process": 1, "process_started": 0.5, "started": WHEN, "ended": WHEN}
    return Run(id=identifier, **{**given, **values})


def some_use(version: Version, **values: Any) -> Use:
    given = {"how": "load", "cells": (3,), "at": WHEN}
    return Use(ref=version.ref, id=version.id, digest=version.digest, **{**given, **values})


def shelve(
    workspace: Workspace,
    versions: Iterable[Version],
    aliases: Iterable[tuple[str, str, int]] = (),
    runs: Iterable[Run] = (),
) -> None:
    """Write a registry that holds these records and nothing else."""
    tables = {
        "meta": [{"schema_version": 1}],
        "versions": [to_document(version) for version in versions],
        "aliases": [{"name": n, "alias": a, "version": v} for n, a, v in aliases],
    }
    _write(workspace.layout.registry, tables)
    _write(
        workspace.layout.runs,
        {"meta": [{"schema_version": 1}], "runs": [to_document(run) for run in runs]},
    )


def many(datasets: int, versions: int, **values: Any) -> list[Version]:
    """Return a number of versions of each of a number of datasets."""
    template = some_version(**values)
    return [
        replace(template, name=name, version=number, id=f"{name}-{number}")
        for name in (f"dataset_{index:05d}" for index in range(datasets))
        for number in range(1, versions + 1)
    ]


def _write(path: Any, tables: dict[str, list[Any]]) -> None:
    numbered = {
        table: {str(index): document for index, document in enumerate(documents, start=1)}
        for table, documents in tables.items()
    }
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(numbered), encoding="utf-8")
    fresh.replace(path)
