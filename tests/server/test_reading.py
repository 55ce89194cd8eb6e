"""What the lists and details tell."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dsnb.refs import parse
from dsnb.server.reading import read_datasets, read_runs
from dsnb.server.scope import Scope
from dsnb.session import environment
from dsnb.workspace import Workspace
from tests.server.conftest import Ask
from tests.server.shelves import many, shelve, some_run, some_use, some_version
from tests.workbench import register, register_table, write


def names_of(answer: dict[str, Any]) -> list[str]:
    return [item["name"] for item in answer["items"]]


# Lists


async def test_datasets_come_by_name_with_their_latest_version(
    workspace: Workspace, ask: Ask
) -> None:
    shelve(
        workspace,
        [some_version("b"), some_version("a", 1), some_version("a", 2, description="newer")],
        aliases=[("a", "prod", 2), ("a", "base", 2), ("a", "old", 1)],
    )
    _, answer = await ask("/datasets", path="project")
    assert names_of(answer) == ["a", "b"]
    first = answer["items"][0]
    assert (first["versions"], first["latest"]["ref"]) == (2, "a@2")
    assert first["latest"]["aliases"] == ["base", "prod"]
    assert first["latest"]["latest"] is True


async def test_a_search_finds_a_part_of_the_name_in_any_case(
    workspace: Workspace, ask: Ask
) -> None:
    shelve(workspace, [some_version(name) for name in ("Weather", "prices", "weather.raw", "a[1]")])
    _, answer = await ask("/datasets", path="project", search="WEATH")
    assert (answer["total"], names_of(answer)) == (2, ["Weather", "weather.raw"])
    _, answer = await ask("/datasets", path="project", search="[1")
    assert names_of(answer) == ["a[1]"]
    _, answer = await ask("/datasets", path="project", search="nothing like it")
    assert answer == {"total": 0, "offset": 0, "items": []}


async def test_versions_come_newest_first(workspace: Workspace, ask: Ask) -> None:
    shelve(workspace, [some_version(number=n) for n in (1, 2, 4)], [("weather_ds", "prod", 1)])
    _, answer = await ask("/datasets/weather_ds/versions", path="project")
    assert [item["version"] for item in answer["items"]] == [4, 2, 1]
    assert [item["latest"] for item in answer["items"]] == [True, False, False]
    assert [item["aliases"] for item in answer["items"]] == [[], [], ["prod"]]


async def test_pages_cover_a_list_without_gap_or_repetition(workspace: Workspace, ask: Ask) -> None:
    shelve(workspace, many(datasets=25, versions=1))
    seen: list[str] = []
    while True:
        _, answer = await ask("/datasets", path="project", offset=len(seen), limit=10)
        assert (answer["total"], answer["offset"]) == (25, len(seen))
        if not answer["items"]:
            break
        seen += names_of(answer)
    assert seen == [f"dataset_{index:05d}" for index in range(25)]


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "ten"},
        {"limit": "1e2"},
        {"limit": "٣"},
        {"limit": "9" * 400},
        {"offset": "-1"},
        {"offset": "1.5"},
        {"offset": "9" * 400},
        {"offset": " 1"},
    ],
)
async def test_a_page_that_makes_no_sense_is_refused(
    workspace: Workspace, ask: Ask, asked: dict[str, str]
) -> None:
    for route in ("/datasets", "/runs"):
        status, answer = await ask(route, path="project", **asked)
        assert (status, answer["kind"]) == (400, "UsageError")


async def test_a_page_after_the_end_is_empty(workspace: Workspace, ask: Ask) -> None:
    _, answer = await ask("/runs", path="project", offset=10**9)
    assert answer["items"] == []


# Names


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", 400),
        ("..%2F..%2Fetc", 400),
        ("%2e%2e", 400),
        ("a%00b", 400),
        ("%ff", 400),
        ("a@1", 400),
        ("x" * 256, 400),
        ("__proto__", 400),
        ("constructor", 404),
        ("wether_ds", 404),
    ],
)
async def test_a_name_that_is_none_is_told_from_one_that_is_not_there(
    workspace: Workspace, http_server_client: Any, jp_auth_header: Any, name: str, status: int
) -> None:
    shelve(workspace, [some_version()])
    for route in ("versions", "versions/1"):
        url = f"/a%40b/dsnb/api/v1/datasets/{name}/{route}?path=project"
        response = await http_server_client.fetch(url, headers=jp_auth_header, raise_error=False)
        assert response.code == status
        assert response.headers["Content-Type"] == "application/json"


async def test_a_misspelt_name_is_answered_with_the_near_one(
    workspace: Workspace, ask: Ask
) -> None:
    shelve(workspace, [some_version()])
    _, answer = await ask("/datasets/wether_ds/versions", path="project")
    assert answer["kind"] == "DatasetNotFoundError"
    assert "Did you mean weather_ds?" in answer["message"]


async def test_a_renamed_dataset_says_what_it_is_called_now(workspace: Workspace, ask: Ask) -> None:
    write("data/a.csv", "a\n1\n")
    register(workspace, "data", name="old")
    workspace.rename("old", "new")
    status, answer = await ask("/datasets/old/versions", path="project")
    assert (status, answer["message"]) == (404, "The dataset old is called new now.")


@pytest.mark.parametrize(
    ("number", "status"), [("2", 404), ("0", 400), ("-1", 400), ("1x", 400), ("9" * 30, 400)]
)
async def test_a_number_that_is_none_is_told_from_one_that_is_not_there(
    workspace: Workspace, ask: Ask, number: str, status: int
) -> None:
    shelve(workspace, [some_version()])
    assert (await ask(f"/datasets/weather_ds/versions/{number}", path="project"))[0] == status


# Details


async def test_details_tell_the_files_and_that_they_are_unchanged(
    workspace: Workspace, ask: Ask
) -> None:
    write("data/a.csv", "a,b\n1,2\n")
    register(workspace, "data", name="ds", key=("a",), tags={"stage": "raw"})
    _, answer = await ask("/datasets/ds/versions/1", path="project")
    assert answer["key"] == ["a"]
    assert answer["schema"] == [{"name": "a", "type": "int64"}, {"name": "b", "type": "int64"}]
    assert answer["paths"] == ["data"]
    [file] = answer["file_list"]
    assert (file["path"], file["size"], len(file["hash"])) == ("data/a.csv", 8, 64)
    none = dict.fromkeys(("drifted", "missing", "unseen", "news"), 0)
    assert answer["drift"] == {**none, "files": 1, "what": []}
    assert (answer["newer"], answer["run"]) == (None, None)


async def test_details_tell_what_became_of_the_files(workspace: Workspace, ask: Ask) -> None:
    write("data/a.csv", "a\n1\n")
    write("data/b.csv", "a\n1\n")
    register(workspace, "data", name="ds")
    write("data/a.csv", "a\n1\n2\n")
    Path("data/b.csv").unlink()
    write("data/c.csv", "a\n3\n")
    _, answer = await ask("/datasets/ds/versions/1", path="project")
    drift = answer["drift"]
    assert (drift["drifted"], drift["missing"], drift["files"], drift["news"]) == (2, 1, 2, 1)
    assert any("b.csv is gone" in what for what in drift["what"])


async def test_details_of_an_old_version_name_the_latest(workspace: Workspace, ask: Ask) -> None:
    for content in ("a\n1\n", "a\n2\n"):
        register(workspace, write("data/a.csv", content), name="ds")
    _, answer = await ask("/datasets/ds/versions/1", path="project")
    assert (answer["newer"], answer["version"]["latest"]) == ("ds@2", False)


async def test_details_name_the_run_that_made_the_version(workspace: Workspace, ask: Ask) -> None:
    version = register(workspace, write("a.csv", "a\n1\n"), name="ds", run="run-1").version
    workspace.save_run(some_run(outputs=(some_use(version, how="register"),)))
    _, answer = await ask("/datasets/ds/versions/1", path="project")
    assert (answer["run"]["id"], answer["run"]["name"]) == ("run-1", "train")


async def test_a_version_tells_whether_its_bytes_are_kept(workspace: Workspace, ask: Ask) -> None:
    register(workspace, write("a.csv", "a\n1\n"), name="kept")
    register(workspace, write("b.csv", "a\n1\n"), name="referred", snapshot="never")
    register_table(workspace, pd.DataFrame({"a": [1]}), name="table", snapshot="never")
    _, answer = await ask("/datasets", path="project")
    assert [item["latest"]["kept"] for item in answer["items"]] == [True, False, False]
    told = [await ask(f"/datasets/{n}/versions/1", path="project") for n in names_of(answer)]
    assert [details["from_memory"] for _, details in told] == [False, False, True]


async def test_a_version_tells_that_it_is_deprecated_and_why(
    workspace: Workspace, ask: Ask
) -> None:
    for content in ("a\n1\n", "a\n2\n", "a\n3\n"):
        register(workspace, write("data/a.csv", content), name="ds")
    workspace.deprecate(parse("ds@1"), "a sensor was broken")
    workspace.deprecate(parse("ds@2"))
    _, answer = await ask("/datasets/ds/versions", path="project")
    assert [row["deprecated"] for row in answer["items"]] == [None, "", "a sensor was broken"]
    _, details = await ask("/datasets/ds/versions/1", path="project")
    assert details["version"]["deprecated"] == "a sensor was broken"


async def test_details_name_the_runs_that_read_the_version(workspace: Workspace, ask: Ask) -> None:
    version = register(workspace, write("a.csv", "a\n1\n"), name="ds", run="made").version
    workspace.save_run(some_run("made", outputs=(some_use(version, how="register"),)))
    for name in ("first", "second"):
        workspace.save_run(some_run(name, name=name, inputs=(some_use(version),)))
    _, answer = await ask("/datasets/ds/versions/1", path="project")
    assert [(run["id"], run["name"]) for run in answer["readers"]] == [
        ("second", "second"),
        ("first", "first"),
    ]
    assert answer["readers_total"] == 2


async def test_a_deleted_version_is_not_there_and_says_so(workspace: Workspace, ask: Ask) -> None:
    for content in ("a\n1\n", "a\n2\n"):
        register(workspace, write("data/a.csv", content), name="ds")
    workspace.delete([parse("ds@1")])
    status, answer = await ask("/datasets/ds/versions/1", path="project")
    assert (status, answer["kind"]) == (404, "VersionNotFoundError")
    assert answer["message"].startswith("ds@1 was deleted.")
    workspace.delete([parse("ds@2")])
    status, answer = await ask("/datasets/ds/versions/2", path="project")
    assert (status, answer["kind"]) == (404, "DatasetNotFoundError")
    assert answer["message"] == "Every version of ds was deleted."


# Runs


async def test_runs_come_newest_first_and_by_kernel(workspace: Workspace, ask: Ask) -> None:
    shelve(
        workspace, [], runs=[some_run("1", kernel="k"), some_run("2"), some_run("3", kernel="k")]
    )
    _, answer = await ask("/runs", path="project")
    assert [run["id"] for run in answer["items"]] == ["3", "2", "1"]
    _, answer = await ask("/runs", path="project", kernel="k", limit=1)
    assert (answer["total"], [run["id"] for run in answer["items"]]) == (2, ["3"])
    _, answer = await ask("/runs", path="project", kernel="none such")
    assert answer["total"] == 0


async def test_a_run_is_running_as_long_as_its_process_lives(
    workspace: Workspace, ask: Ask
) -> None:
    here = {
        "process": os.getpid(),
        "process_started": environment.process_started(),
        "host": environment.host(),
        "ended": None,
    }
    runs = [
        some_run("running", **here),
        some_run("interrupted", **{**here, "process_started": 1.0}),
        some_run("completed"),
        some_run("impossible", **{**here, "process": -5}),
        some_run("enormous", **{**here, "process": 10**30}),
    ]
    shelve(workspace, [], runs=runs)
    _, answer = await ask("/runs", path="project")
    told = {run["id"]: run["status"] for run in answer["items"]}
    assert {told.pop(name) for name in ("impossible", "enormous")} == {"interrupted"}
    assert all(name == status for name, status in told.items())


async def test_a_use_is_told_by_the_name_that_its_version_has_now(
    workspace: Workspace, ask: Ask
) -> None:
    version = register(workspace, write("a.csv", "a\n1\n"), name="old").version
    uses = (some_use(version), some_use(some_version("deleted", 7), how="trace"))
    workspace.save_run(some_run(inputs=uses))
    workspace.rename("old", "new")
    _, answer = await ask("/runs", path="project")
    [run] = answer["items"]
    told = [(use["ref"], use["deleted"]) for use in run["inputs"]]
    assert told == [("new@1", False), ("deleted@7", True)]
    assert (run["inputs_total"], run["outputs_total"]) == (2, 0)


async def test_a_run_never_tells_a_path_of_the_machine(
    workspace: Workspace, ask: Ask, jp_root_dir: Path
) -> None:
    inside, outside = f"{jp_root_dir}/project/train.ipynb", "/home/ada/secret/plan.ipynb"
    shelve(workspace, [], runs=[some_run("1", notebook=inside), some_run("2", notebook=outside)])
    _, answer = await ask("/runs", path="project")
    assert [run["notebook"] for run in answer["items"]] == ["plan.ipynb", "project/train.ipynb"]
    assert str(jp_root_dir) not in str(answer)


# Registries that are not what they should be

DAMAGED = [
    "",
    "{",
    "null",
    "[]",
    '{"versions": {"1": {"name": "a"}}}',
    '{"versions": {"1": {"name": 5, "version": 1, "id": "x"}}}',
    '{"versions": {"x": {"name": "a", "version": 1, "id": "x"}}}',
    '{"versions": {"1": {"name": "a", "version": ' + "9" * 5_000 + ', "id": "x"}}}',
    "[" * 100_000,
    "\x00\x00",
]


@pytest.mark.parametrize("content", DAMAGED)
async def test_a_damaged_registry_is_a_conflict_that_names_the_remedy(
    workspace: Workspace, ask: Ask, content: str
) -> None:
    write(workspace.layout.registry, content)
    for route in ("/workspace", "/datasets", "/datasets/a/versions", "/datasets/a/versions/1"):
        status, answer = await ask(route, path="project")
        assert (status, answer["kind"]) == (409, "RegistryDamagedError")
        assert "backups" in answer["hint"]
    # The panel must notice that it was mended.
    assert (await ask("/changes", path="project", state="another"))[0] == 200


async def test_a_record_that_is_damaged_is_a_conflict(workspace: Workspace, ask: Ask) -> None:
    write(workspace.layout.registry, '{"versions": {"1": {"name": "a", "version": 1, "id": "x"}}}')
    for route in ("/datasets", "/datasets/a/versions", "/datasets/a/versions/1"):
        assert (await ask(route, path="project"))[0] == 409


async def test_a_registry_of_a_newer_dsnb_is_a_conflict(workspace: Workspace, ask: Ask) -> None:
    write(workspace.layout.registry, '{"meta": {"1": {"schema_version": 99}}}')
    status, answer = await ask("/datasets", path="project")
    assert (status, answer["kind"]) == (409, "RegistryTooNewError")
    assert "Upgrade" in answer["hint"]


async def test_damaged_runs_do_not_keep_the_datasets_from_being_seen(
    workspace: Workspace, ask: Ask
) -> None:
    shelve(workspace, [some_version()])
    write(workspace.layout.runs, "{")
    assert (await ask("/datasets", path="project"))[0] == 200
    assert (await ask("/runs", path="project"))[0] == 409


async def test_a_missing_manifest_is_told_as_drift(workspace: Workspace, ask: Ask) -> None:
    shelve(workspace, [some_version()])
    status, answer = await ask("/datasets/weather_ds/versions/1", path="project")
    assert (status, answer["drift"]["drifted"], answer["file_list"]) == (200, 1, [])
    assert "the list of its files" in answer["drift"]["what"][0]


async def test_broken_settings_are_the_users_to_mend(workspace: Workspace, ask: Ask) -> None:
    write(workspace.layout.config, "[[[")
    status, answer = await ask("/datasets", path="project")
    assert (status, answer["kind"]) == (400, "ConfigError")


async def test_an_error_nobody_foresaw_tells_nothing_of_the_machine(
    workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError("/home/ada/secret")

    monkeypatch.setattr("dsnb.server.handlers.read_workspace", fail)
    status, answer = await ask("/workspace", path="project")
    assert (status, answer["kind"]) == (500, "InternalServerError")
    assert "secret" not in str(answer)


# Hostile content

HOSTILE = "<img src=x onerror=alert(1)></script>\x00\x1b[31m\u202e\U0001f600é" * 3


async def test_hostile_text_is_told_as_the_text_it_is(workspace: Workspace, ask: Ask) -> None:
    hostile = {"description": HOSTILE, "tags": {"__proto__": HOSTILE}, "creator": HOSTILE}
    register(workspace, write("a.csv", "a\n1\n"), name="ds", **hostile)
    shown = (await ask("/datasets/ds/versions/1", path="project"))[1]["version"]
    assert shown["description"] == HOSTILE
    assert shown["tags"] == {"__proto__": HOSTILE}


async def test_an_answer_is_never_taken_for_a_page(
    workspace: Workspace, fetch: Callable[..., Any]
) -> None:
    response = await fetch("/datasets", path="project")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_a_file_name_that_is_no_text_is_written_out(workspace: Workspace, ask: Ask) -> None:
    write("data/a.csv", "a\n1\n")
    register(workspace, "data", name="ds")
    Path("data/a.csv").unlink()
    with open(b"data/\xff.csv", "w"):
        pass
    status, answer = await ask("/datasets/ds/versions/1", path="project")
    assert status == 200
    assert answer["drift"]["drifted"] == 1


# Size and speed


async def test_no_page_of_ten_thousand_versions_is_over_200_kb(
    workspace: Workspace, ask: Ask
) -> None:
    long = {"description": "é" * 5_000, "tags": {f"key{i}": "v" * 90 for i in range(50)}}
    rows = many(datasets=199, versions=1, **long)
    rows += [some_version("a_long_history", number, **long) for number in range(1, 10_001)]
    shelve(workspace, rows, [("a_long_history", f"alias-{i}", 10_000) for i in range(500)])
    for route in ("/datasets", "/datasets/a_long_history/versions"):
        # Each answer's size is checked where it is fetched.
        _, answer = await ask(route, path="project", limit=200)
        assert len(answer["items"]) == 200


async def test_a_page_of_the_longest_names_ends_early_and_the_next_goes_on(
    workspace: Workspace, ask: Ask
) -> None:
    names = [f"{index:03d}" + "x" * 252 for index in range(200)]
    shelve(workspace, [some_version(name, description="é" * 5_000) for name in names])
    seen: list[str] = []
    while len(seen) < 200:
        _, answer = await ask("/datasets", path="project", offset=len(seen), limit=200)
        assert answer["items"]
        seen += names_of(answer)
    assert seen == names


async def test_runs_that_used_thousands_of_versions_still_fit(
    workspace: Workspace, ask: Ask
) -> None:
    used = tuple(some_use(version, cells=tuple(range(500))) for version in many(1_000, 1))
    runs = [some_run(str(index), inputs=used, outputs=used) for index in range(20)]
    shelve(workspace, [], runs=runs)
    _, answer = await ask("/runs", path="project", limit=200)
    assert answer["total"] == 20
    assert 1 <= len(answer["items"]) < 20
    assert answer["items"][0]["inputs_total"] == 1_000


def test_a_registry_that_did_not_change_is_not_read_again(
    workspace: Workspace, jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve(workspace, [some_version()], runs=[some_run()])
    scope = Scope(jp_root_dir, print)
    read_datasets(scope, "project", "", 0, 10)
    read_runs(scope, "project", None, 0, 10)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} is read"))
    read_datasets(scope, "project", "weather", 0, 10)
    read_runs(scope, "project", None, 0, 10)


async def test_what_changed_on_disk_is_told_at_once(workspace: Workspace, ask: Ask) -> None:
    register(workspace, write("a.csv", "a\n1\n"), name="ds")
    assert (await ask("/datasets", path="project"))[1]["total"] == 1
    register(workspace, write("b.csv", "a\n2\n"), name="other")
    Workspace(workspace.root).set_alias(parse("other@1"), "prod")
    _, answer = await ask("/datasets", path="project", search="other")
    assert answer["items"][0]["latest"]["aliases"] == ["prod"]
