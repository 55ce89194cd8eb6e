"""Which workspace a path of the browser means, and which ones a browser may see at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsnb.errors import UsageError, WorkspaceError
from dsnb.server.scope import Scope
from dsnb.workspace import Workspace
from tests.server.conftest import Ask
from tests.server.shelves import shelve, some_version


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "server"
    folder.mkdir()
    return folder


@pytest.fixture
def scope(root: Path) -> Scope:
    return Scope(root, print)


def workspace_in(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Workspace.create(folder).root


# Finding


def test_the_workspace_is_the_nearest_one_above_the_folder(scope: Scope, root: Path) -> None:
    outer, inner = workspace_in(root), workspace_in(root / "a" / "b")
    (root / "a" / "b" / "c").mkdir()
    assert scope.locate("a/b/c").root == inner
    assert scope.locate("a/b").root == inner
    assert scope.locate("a").root == outer
    assert scope.locate("").root == outer


def test_the_workspace_that_encloses_the_servers_root_is_seen(scope: Scope, root: Path) -> None:
    outer = workspace_in(root.parent)
    assert scope.locate("").root == outer
    assert scope.shown(outer) == str(outer)


def test_a_file_stands_for_its_folder(scope: Scope, root: Path) -> None:
    (root / "train.ipynb").touch()
    place = scope.locate("train.ipynb")
    assert (place.folder, place.home) == (root, root)


def test_a_folder_that_is_not_there_yet_is_looked_for_all_the_same(
    scope: Scope, root: Path
) -> None:
    workspace = workspace_in(root / "a")
    assert scope.locate("a/later/still").root == workspace


def test_without_a_workspace_the_place_is_where_the_first_register_makes_it(
    scope: Scope, root: Path
) -> None:
    (root / "project" / "notebooks").mkdir(parents=True)
    (root / "project" / "pyproject.toml").touch()
    place = scope.locate("project/notebooks")
    assert place.root is None
    assert scope.shown(place.home) == "project"
    assert Workspace.find_or_create(place.folder)[0].root == place.home


def test_a_server_whose_root_is_a_link_shows_what_lies_behind_it(
    root: Path, tmp_path: Path
) -> None:
    workspace = workspace_in(root / "a")
    (tmp_path / "link").symlink_to(root)
    scope = Scope(tmp_path / "link", print)
    assert scope.locate("a").root == workspace
    assert scope.shown(workspace) == "a"
    assert scope.shown_notebook(str(tmp_path / "link" / "a" / "x.ipynb")) == "a/x.ipynb"


def test_one_workspace_object_serves_every_request(scope: Scope, root: Path) -> None:
    workspace_in(root / "a")
    assert scope.open(scope.locate("a")) is scope.open(scope.locate("a/b"))


def test_not_every_workspace_ever_seen_stays_open(scope: Scope, root: Path) -> None:
    for number in range(40):
        workspace_in(root / str(number))
        scope.open(scope.locate(str(number)))
    assert len(scope._open) == 16


# Refusing


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "a/..",
        "../server",
        "a/../../b",
        "./a",
        "/",
        "/etc",
        "//etc",
        "a\0b",
        "\0",
    ],
)
def test_a_path_only_leads_down(scope: Scope, path: str) -> None:
    with pytest.raises(UsageError, match="no folder below the server's root"):
        scope.locate(path)


@pytest.mark.parametrize("path", ["…/x", "...", "%2e%2e", "a b", "-", "~", "$HOME", "*", "C:"])
def test_a_strange_name_is_just_a_name(scope: Scope, root: Path, path: str) -> None:
    assert scope.locate(path).folder == root / path


def test_a_link_that_leads_out_is_refused(scope: Scope, root: Path, tmp_path: Path) -> None:
    workspace_in(tmp_path / "secret" / "deeper")
    (root / "link").symlink_to(tmp_path / "secret")
    for path in ("link", "link/deeper"):
        with pytest.raises(WorkspaceError, match="leads out"):
            scope.locate(path)


def test_a_link_that_stays_inside_is_followed(scope: Scope, root: Path) -> None:
    workspace = workspace_in(root / "a")
    (root / "link").symlink_to(root / "a")
    assert scope.locate("link").root == workspace


def test_a_link_that_runs_in_a_circle_is_no_workspace(scope: Scope, root: Path) -> None:
    (root / "circle").symlink_to(root / "circle")
    assert scope.locate("circle").root is None


def test_a_name_too_long_for_the_disk_is_refused(scope: Scope) -> None:
    with pytest.raises(WorkspaceError, match="cannot be looked into"):
        scope.locate("x" * 5_000)


def test_records_that_are_a_link_out_are_as_if_there_were_none(
    scope: Scope, root: Path, tmp_path: Path
) -> None:
    elsewhere = workspace_in(tmp_path / "secret")
    (root / "a").mkdir()
    (root / "a" / ".dsnb").symlink_to(elsewhere / ".dsnb")
    place = scope.locate("a")
    assert place.root is None
    with pytest.raises(WorkspaceError, match="a link that leads out of the server"):
        scope.open(place)


@pytest.mark.parametrize("part", ["registry.json", "runs.json", "config.toml", "manifests"])
def test_a_part_of_the_records_that_is_a_link_out_is_not_followed(
    scope: Scope, root: Path, tmp_path: Path, part: str
) -> None:
    workspace = workspace_in(root / "a")
    (workspace / ".dsnb" / part).symlink_to(tmp_path / part)
    assert scope.locate("a").root is None


def test_records_may_be_a_link_within_the_servers_folder(scope: Scope, root: Path) -> None:
    kept = workspace_in(root / "kept")
    (root / "a").mkdir()
    (root / "a" / ".dsnb").symlink_to(kept / ".dsnb")
    assert scope.locate("a").root == root / "a"


def test_a_workspace_named_by_the_environment_is_shown_when_it_lies_inside(
    scope: Scope, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = workspace_in(root / "named")
    workspace_in(root / "other")
    monkeypatch.setenv("DSNB_WORKSPACE", str(named))
    assert scope.locate("other").root == named


def test_a_workspace_named_by_the_environment_is_not_shown_when_it_lies_elsewhere(
    scope: Scope, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_in(root / "other")
    monkeypatch.setenv("DSNB_WORKSPACE", str(workspace_in(tmp_path / "secret")))
    place = scope.locate("other")
    assert place.root is None
    with pytest.raises(WorkspaceError, match="DSNB_WORKSPACE names one that lies elsewhere"):
        scope.open(place)


# Notebooks


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("{root}/work/train.ipynb", "work/train.ipynb"),
        ("{root}/../secret/train.ipynb", "train.ipynb"),
        ("/home/ada/secret/train.ipynb", "train.ipynb"),
        ("{root}-other/train.ipynb", "train.ipynb"),
        ("C:\\Users\\ada\\train.ipynb", "train.ipynb"),
        ("work/train.ipynb", "train.ipynb"),
        ("", ""),
        (None, None),
    ],
)
def test_a_notebook_outside_is_told_by_its_file_name_alone(
    scope: Scope, root: Path, path: str | None, shown: str | None
) -> None:
    assert scope.shown_notebook(path and path.format(root=root)) == shown


# Through the routes


async def test_without_a_workspace_one_route_tells_where_it_would_be(
    ask: Ask, project: Path
) -> None:
    status, answer = await ask("/workspace", path="project")
    assert status == 200
    told = [answer[key] for key in ("exists", "folder", "name", "state", "datasets")]
    assert told == [False, "project", "project", "none", 0]


@pytest.mark.parametrize("route", ["/datasets", "/datasets/x/versions", "/datasets/x/versions/1"])
async def test_without_a_workspace_the_others_say_how_to_begin(
    ask: Ask, project: Path, route: str
) -> None:
    status, answer = await ask(route, path="project")
    assert (status, answer["kind"]) == (404, "WorkspaceError")
    assert answer["message"].startswith("project is not in a workspace")
    assert "%ds register" in answer["hint"]


async def test_the_servers_root_has_an_empty_path_and_a_name(ask: Ask, jp_root_dir: Path) -> None:
    workspace_in(jp_root_dir)
    _, answer = await ask("/workspace")
    assert (answer["exists"], answer["folder"]) == (True, "")
    assert answer["name"] == jp_root_dir.name


async def test_the_enclosing_workspace_is_told_absolutely(ask: Ask, jp_root_dir: Path) -> None:
    outer = workspace_in(jp_root_dir.parent)
    _, answer = await ask("/workspace")
    assert (answer["exists"], answer["folder"], answer["name"]) == (True, str(outer), outer.name)


@pytest.mark.parametrize(
    "query",
    ["path=..", "path=%2e%2e%2f", "path=/etc", "path=a%00b", "path=%ff", "path=a&path=.."],
)
async def test_a_path_is_read_exactly_as_it_was_sent(
    jp_fetch: Callable[..., Any], http_server_client: Any, jp_auth_header: Any, query: str
) -> None:
    url = f"/a%40b/dsnb/api/v1/workspace?{query}"
    response = await http_server_client.fetch(url, headers=jp_auth_header, raise_error=False)
    assert response.code == 400
    assert b"UsageError" in response.body


async def test_a_link_out_shows_nothing_on_any_route(
    ask: Ask, project: Path, jp_root_dir: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    shelve(Workspace(workspace_in(secret)), [some_version("hidden")])
    (jp_root_dir / "link").symlink_to(secret)
    for route in ("/workspace", "/datasets", "/datasets/hidden/versions", "/runs", "/changes"):
        status, answer = await ask(route, path="link", state="none")
        assert status == 404
        assert "hidden" not in str(answer)
        assert str(secret) not in str(answer)
