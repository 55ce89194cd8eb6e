"""Requests that no panel sends: every route refuses them, reveals nothing, and stays up."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnb.errors import DsnbError
from dsnb.server.handlers import LARGEST_PAGE
from dsnb.server.reading import read_models, read_run, read_version, read_versions
from dsnb.server.scope import Scope
from dsnb.workspace import Workspace
from tests.hostile.strangers import WHEN, run, version, watching, write_registry
from tests.hostile.texts import NASTY, TEXTS
from tests.server.conftest import Ask
from tests.server.test_contract import CONTRACT, EXAMPLES
from tests.workbench import register, write

CHANGING = ["POST", "PUT", "PATCH", "DELETE"]
SENDABLE = [text for text in NASTY if text]
many = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    write("data/a.csv", "a\n1\n")
    register(workspace, "data", name="weather_ds")
    return workspace


def as_sent(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")


@pytest.fixture
def send(http_server_client: Any, jp_auth_header: Any, jp_base_url: str) -> Callable[..., Any]:
    """Return a function that sends a request exactly as it is spelled."""

    def send(where: str, headers: dict[str, str] | None = None, **how: Any) -> Any:
        url = f"{jp_base_url}dsnb/api/v1{where}"
        given = jp_auth_header if headers is None else headers
        return http_server_client.fetch(url, headers=given, raise_error=False, **how)

    return send


# Who may ask


def test_every_way_of_asking_is_covered_below() -> None:
    patterns = [re.sub(r"{[a-z]+}", "[^/]+", route) for route in CONTRACT["paths"]]
    assert all(any(re.fullmatch(p, one) for one in EXAMPLES) for p in patterns)


@pytest.mark.parametrize("route", EXAMPLES)
@pytest.mark.parametrize("method", CHANGING)
async def test_a_page_that_does_not_know_the_secret_of_the_cookie_changes_nothing(
    filled: Workspace, send: Callable[..., Any], jp_serverapp: Any, route: str, method: str
) -> None:
    """A browser that is logged in sends its cookie for any page; only ours knows the secret."""
    jp_serverapp.identity_provider.token = ""
    body = None if method == "DELETE" else b"{}"
    before = filled.layout.registry.read_bytes()
    response = await send(f"{route}?path=project", headers={}, method=method, body=body)
    assert response.code in (403, 405)
    assert filled.layout.registry.read_bytes() == before


@pytest.mark.parametrize("route", EXAMPLES)
@pytest.mark.parametrize("path", ["project", "../x", "nowhere"])
async def test_an_answer_is_never_taken_for_a_page(
    filled: Workspace, send: Callable[..., Any], route: str, path: str
) -> None:
    response = await send(f"{route}?path={path}&state=another")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]


# What is asked for


@pytest.mark.parametrize("text", SENDABLE, ids=range(len(SENDABLE)))
async def test_any_text_is_answered_or_refused(
    filled: Workspace, send: Callable[..., Any], text: str
) -> None:
    sent = as_sent(text)
    for where in (
        f"/workspace?path={sent}",
        f"/datasets?path={sent}",
        f"/datasets?path=project&search={sent}",
        f"/datasets?path=project&limit={sent}",
        f"/datasets?path=project&offset={sent}",
        f"/datasets/{sent}/versions?path=project",
        f"/datasets/{sent}/versions/1?path=project",
        f"/datasets/weather_ds/versions/{sent}?path=project",
        f"/datasets/{sent}/versions/1/profile?path=project",
        f"/datasets/weather_ds/versions/{sent}/profile?path=project",
        f"/datasets/weather_ds/versions/1/profile?path=project&effort={sent}",
        f"/models?path={sent}",
        f"/models?path=project&search={sent}",
        f"/runs?path=project&kernel={sent}",
        f"/runs/{sent}?path=project",
        f"/runs/run?path={sent}",
        f"/changes?path=project&state={sent}&wait=0",
        f"/changes?path=project&state=x&wait={sent}",
    ):
        response = await send(where)
        assert response.code in (200, 400, 404), (where, response.body)
        assert b"Traceback" not in response.body
        assert len(response.body) < 200_000


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize(
    "value",
    ["-1", "1e9", str(LARGEST_PAGE + 1) * 4, "9" * 5000, "0x10", "\u0661", " 1", "1 ", "+1"],
)
async def test_no_page_is_larger_than_the_largest(
    filled: Workspace, send: Callable[..., Any], name: str, value: str
) -> None:
    response = await send(f"/datasets?path=project&{name}={as_sent(value)}")
    assert response.code == 400


@pytest.mark.parametrize("wait", ["-1", "61", "1e9", "inf", "nan", "9" * 400])
async def test_no_wait_is_longer_than_the_longest(
    filled: Workspace, send: Callable[..., Any], wait: str
) -> None:
    assert (await send(f"/changes?path=project&state=x&wait={wait}")).code == 400


async def test_a_long_search_is_searched_for(filled: Workspace, ask: Ask) -> None:
    status, answer = await ask("/datasets", path="project", search="x" * 50_000)
    assert (status, answer["total"]) == (200, 0)


async def test_hostile_records_are_data_in_an_answer(project: Path, ask: Ask) -> None:
    bad = "</script><script>window.__pwned=1</script>\u2028\x00\u202e"
    write_registry(
        project,
        [version(bad, [("default", bad)], description=bad, tags={"__proto__": bad}, creator=bad)],
        [run(name=bad, notebook=bad, user=bad)],
        [{"name": bad, "alias": bad, "version": 1}],
    )
    status, answer = await ask("/datasets", path="project")
    assert status == 200
    assert answer["items"][0]["name"].startswith("</script>")
    assert (await ask("/runs", path="project"))[0] == 200


def test_a_strangers_run_makes_the_server_look_at_nothing_outside(
    project: Path, jp_root_dir: Path, tmp_path: Path
) -> None:
    """Neither at the files that it names, nor where the versions beside it claim to lie."""
    private = tmp_path / "private"
    private.mkdir()
    (private / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    (project / "link").symlink_to(private)
    (project / "link.csv").symlink_to(private / "secret.csv")
    away = str(private).removeprefix("/")
    named = [
        ("local", f"{away}/secret.csv"),
        ("local", away),
        ("default", "link/secret.csv"),
        ("default", "link.csv"),
        ("default", "../../private/secret.csv"),
        ("store", "secret.csv"),
    ]
    later = "2026-11-23T06:00:00Z"
    files = [{"path": {"datastore": d, "path": p}, "cells": [1], "at": later} for d, p in named]
    versions = [version(f"v{n}", [source]) for n, source in enumerate(named)]
    versions += [version("all", [("local", f"{away}/*.csv"), ("default", "link")])]
    parents = [{"ref": f"v{n}@1", "id": f"id of v{n}", "digest": "1" * 64} for n in range(6)]
    versions += [version("made", [("local", away)], kind="model", parents=parents, run="run")]
    uses = [
        {"ref": one["name"], "id": one["id"], "digest": "1" * 64, "how": "trace", "at": WHEN}
        for one in versions
    ]
    write_registry(project, versions, [run(untracked=files, written=files, inputs=uses)])
    (project / ".dsnb" / "config.toml").write_text(
        f'[datastores]\nstore = "{private}"\n', encoding="utf-8"
    )
    scope = Scope(jp_root_dir, print)
    with watching(private) as touched, watching(project / "link") as through:
        told = read_run(scope, "project", "run")
        read_models(scope, "project", "", 0, 100)
        read_versions(scope, "project", "made", 0, 100)
        read_version(scope, "project", "made", 1)
    assert touched == []
    assert set(through) <= {str(project / "link")}  # where it leads is read off the link itself
    assert told["untracked_total"] == 5  # nothing is known of the one that leads out


# Where the workspace lies


@pytest.fixture
def maze(tmp_path: Path) -> Scope:
    """Return the scope of a folder with links that lead everywhere."""
    root, secret = tmp_path / "root", tmp_path / "secret"
    for folder in (root / "a" / "b", secret / "inner"):
        folder.mkdir(parents=True)
    for folder in (root / "a", secret, secret / "inner"):
        Workspace.create(folder)
    for name, target in {
        "out": secret,
        "a/up": "..",
        "a/out": "../../secret",
        "circle": "circle",
        "etc": "/etc",
        "a/b/back": root / "a",
        "proc": "/proc/self/root",
    }.items():
        os.symlink(target, root / name)
    return Scope(root, print)


PARTS = ["a", "b", "up", "out", "inner", "circle", "etc", "proc", "back", "secret", ".", "..", ""]
ODD = ["\u2024\u2024", "\uff0e\uff0e", "%2e%2e", "..%2f", "..\\", "C:", "\uff0f", "a\u0301", "~"]


def is_utf8(parts: list[str]) -> bool:
    """Tell whether a request can say it; what is no UTF-8 is refused before."""
    return not re.search("[\ud800-\udfff]", "".join(parts))


@many
@given(
    st.lists(st.one_of(st.sampled_from([*PARTS, *PARTS, *ODD]), TEXTS), max_size=6).filter(is_utf8)
)
def test_no_path_leads_to_a_workspace_outside(maze: Scope, parts: list[str]) -> None:
    try:
        place = maze.locate("/".join(parts))
        told = [maze.shown(place.folder), maze.shown(place.home)]
    except DsnbError:
        return
    assert place.folder.is_relative_to(maze.root)
    assert place.root is None or place.root == maze.root / "a"
    assert "secret" not in str(told[0]).split("/")[:1] or "secret" in parts


@pytest.mark.parametrize("path", ["a" * 300, "/".join(["a"] * 3000), "x/" * 40_000])
async def test_a_path_too_long_for_the_disk_is_refused(
    project: Path, send: Callable[..., Any], path: str
) -> None:
    response = await send(f"/workspace?path={path[:60_000]}")
    assert response.code in (200, 404)


async def test_an_error_tells_no_place_outside_the_servers_root(
    filled: Workspace, send: Callable[..., Any], jp_root_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "private").mkdir()
    (jp_root_dir / "link").symlink_to(tmp_path / "private")
    response = await send("/datasets?path=link")
    assert response.code == 404
    assert b"private" not in response.body
