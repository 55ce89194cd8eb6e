"""What ``openapi.yaml`` promises and what is served are the same."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jupyter_server.auth import Authorizer
from openapi_spec_validator import validate

import dsnb.server
from dsnb.records import Failure, Note, Parent, Source, Untracked
from dsnb.server.handlers import LARGEST_PAGE, LONGEST_WAIT, USUAL_PAGE, USUAL_WAIT
from dsnb.server.routes import BELOW, ROUTES
from dsnb.workspace import Workspace
from tests.server.conftest import Ask
from tests.server.shelves import WHEN, shelve, some_run, some_use, some_version
from tests.workbench import register, write

CONTRACT = yaml.safe_load(
    (Path(dsnb.server.__file__).parent / "openapi.yaml").read_text(encoding="utf-8")
)
EXAMPLES = [
    "/workspace",
    "/changes",
    "/datasets",
    "/datasets/weather_ds/versions",
    "/datasets/weather_ds/versions/1",
    "/datasets/weather_ds/versions/1/profile",
    "/models",
    "/datasets/temp/versions",
    "/datasets/temp/versions/1",
    "/runs",
    "/runs/run-1",
    "/lock",
]


def strict(schema: Any) -> Any:
    """Return a schema that also refuses what it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    narrowed = {key: strict(part) for key, part in schema.items()}
    if "properties" in schema:
        narrowed.setdefault("additionalProperties", False)
    return narrowed


def check(answer: object, reference: str) -> None:
    schema = {"$ref": reference, "components": strict(CONTRACT["components"])}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        answer
    )


def schema_of(route: str) -> str:
    """Return the schema of what a route of the file answers."""
    for pattern, item in CONTRACT["paths"].items():
        if re.fullmatch(re.sub(r"{[a-z]+}", "[^/]+", pattern), route):
            content = item["get"]["responses"]["200"]["content"]
            return str(content["application/json"]["schema"]["$ref"])
    raise AssertionError(route)


@pytest.fixture
def shelved(workspace: Workspace) -> Workspace:
    """Return a workspace in which every kind of record is found, one version with real files."""
    write("data/a.csv", "a,b\n1,2\n")
    asked = {"name": "weather_ds", "description": "week 27", "tags": {"k": "v"}, "run": "run-1"}
    version = register(workspace, "data", **asked).version
    gone = some_version("gone")
    data = (_parent(version, "training data"), _parent(gone))
    files = write("model.bin", "weights"), write("new.csv", "a\n1\n"), write("out.csv", "a\n")
    model = register(
        workspace, files[0], name="temp", kind="model", parents=data, run="run-1"
    ).version
    when = {"path": Source(datastore="default", path="new.csv"), "at": WHEN}
    other = {"path": Source(datastore="default", path="out.csv"), "at": WHEN}
    workspace.save_run(
        some_run(
            notebook="/elsewhere/train.ipynb",
            kernel="a-kernel",
            tags={"stage": "try"},
            experiment="temperature",
            failure=Failure(error="ValueError", cell=3),
            metrics={"rmse": (2.0, 1.5), "none": (), "odd": (float("inf"),)},
            notes=(Note(text="a try", at=WHEN),),
            packages={"pandas": "3.1.0"},
            inputs=(some_use(version), some_use(gone, how="trace")),
            outputs=(some_use(version), some_use(model, how="register")),
            untracked=(Untracked(cells=(2,), **when),),
            written=(Untracked(cells=(3,), **other),),
        )
    )
    write("data/b.csv", "a,b\n3,4\n")
    register(workspace, "data", name="weather_ds")
    workspace.save_run(some_run("run-2", ended=None))
    return workspace


def _parent(version: Any, role: str = "") -> Parent:
    return Parent(version.ref, version.id, version.digest, role)


def test_the_file_is_valid_openapi() -> None:
    validate(CONTRACT)


def test_every_route_of_the_file_is_served_and_none_besides() -> None:
    assert set(CONTRACT["paths"]) == set(ROUTES)
    assert CONTRACT["servers"] == [{"url": f"/{BELOW}"}]
    assert all(set(item) == {"get"} for item in CONTRACT["paths"].values())


def test_the_bounds_of_the_file_are_the_ones_that_hold() -> None:
    limit = CONTRACT["components"]["parameters"]["limit"]["schema"]
    assert (limit["maximum"], limit["default"]) == (LARGEST_PAGE, USUAL_PAGE)
    [wait] = [p for p in CONTRACT["paths"]["/changes"]["get"]["parameters"] if "name" in p][1:]
    assert (wait["schema"]["maximum"], wait["schema"]["default"]) == (LONGEST_WAIT, USUAL_WAIT)


@pytest.mark.parametrize("route", EXAMPLES)
async def test_an_answer_has_the_shape_that_the_file_gives_it(
    shelved: Workspace, ask: Ask, route: str
) -> None:
    status, answer = await ask(route, path="project", state="another", kernel="a-kernel")
    assert status == 200
    check(answer, schema_of(route))


async def test_what_is_checked_against_the_file_holds_every_kind_of_record(
    shelved: Workspace, ask: Ask
) -> None:
    _, details = await ask("/datasets/weather_ds/versions/1", path="project")
    for part in ("run", "readers", "made"):
        assert details[part], part
    _, model = await ask("/datasets/temp/versions/1", path="project")
    assert [parent["kind"] for parent in model["parents"]] == ["tabular", None]
    _, listed = await ask("/models", path="project")
    for part in ("data", "made_by"):
        assert listed["items"][0]["latest"][part], part
    _, run = await ask("/runs/run-1", path="project")
    for part in ("metrics", "notes", "packages", "stale", "untracked", "written"):
        assert run[part], part


@pytest.mark.parametrize("route", EXAMPLES)
async def test_a_refusal_has_the_shape_of_an_error(ask: Ask, project: Path, route: str) -> None:
    status, answer = await ask(route, path="../elsewhere", state="none", kernel="a-kernel")
    assert status == 400
    check(answer, "#/components/schemas/Error")


@pytest.mark.parametrize("route", EXAMPLES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def test_who_has_not_logged_in_is_refused_everywhere(
    shelved: Workspace, fetch: Callable[..., Any], route: str, method: str
) -> None:
    body = b"" if method in ("POST", "PUT", "PATCH") else None
    response = await fetch(
        route,
        headers={"Authorization": "token wrong"},
        path="project",
        state="another",
        kernel="a-kernel",
        how={"method": method, "body": body},
    )
    assert response.code == 403
    assert b"weather" not in (response.body or b"")
    if method != "HEAD":
        check(json.loads(response.body), "#/components/schemas/Error")


@pytest.mark.parametrize("route", EXAMPLES)
async def test_the_servers_rules_of_who_may_read_are_asked(
    shelved: Workspace, fetch: Callable[..., Any], jp_serverapp: Any, route: str
) -> None:
    asked = []

    class Nobody(Authorizer):
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            asked.append((action, resource))
            return False

    jp_serverapp.web_app.settings["authorizer"] = Nobody()
    response = await fetch(route, path="project", state="another", kernel="a-kernel")
    assert response.code == 403
    assert asked == [("read", "dsnb")]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_the_routes_only_read(
    shelved: Workspace, fetch: Callable[..., Any], method: str
) -> None:
    body = b"{}" if method != "DELETE" else None
    response = await fetch("/datasets", path="project", how={"method": method, "body": body})
    assert response.code == 405
    check(json.loads(response.body), "#/components/schemas/Error")


@pytest.mark.parametrize("route", EXAMPLES)
async def test_a_page_of_another_origin_is_refused(
    shelved: Workspace, fetch: Callable[..., Any], jp_serverapp: Any, route: str
) -> None:
    # A token may be used from anywhere; a browser that is merely logged in may not.
    jp_serverapp.identity_provider.token = ""
    headers = {"Authorization": "", "Origin": "https://evil.example"}
    response = await fetch(
        route, headers=headers, path="project", state="another", kernel="a-kernel"
    )
    assert response.code == 404
    check(json.loads(response.body), "#/components/schemas/Error")
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_version_of_no_table_has_no_rows_and_no_format(
    workspace: Workspace, ask: Ask
) -> None:
    shelve(workspace, [some_version(kind="file", format=None, rows=None, columns=None)])
    _, answer = await ask("/datasets", path="project")
    latest = answer["items"][0]["latest"]
    assert [latest[key] for key in ("kind", "format", "rows", "columns")] == ["file", *[None] * 3]
    check(answer, "#/components/schemas/DatasetPage")
