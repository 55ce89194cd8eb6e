"""What is told of models, and of where versions come from and lead to."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dsnb.datasets.models import trained_on
from dsnb.provenance.lineage import Ancestry
from dsnb.records import Parent, Version
from dsnb.refs import parse
from dsnb.server.relatives import find_relatives
from dsnb.workspace import Workspace
from tests.server.conftest import Ask
from tests.server.shelves import WHEN, many, shelve, some_run, some_use, some_version
from tests.workbench import register, write


def a_model(name: str = "temp", number: int = 1, **values: Any) -> Version:
    given = {"kind": "model", "format": None, "rows": None, "columns": None}
    return some_version(name, number, **{**given, **values})


def parent(version: Version, role: str = "") -> Parent:
    return Parent(version.ref, version.id, version.digest, role)


def told(relatives: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    return [(one["ref"], one["role"], one["likely"]) for one in relatives]


async def test_models_are_listed_apart_from_datasets(workspace: Workspace, ask: Ask) -> None:
    shelve(
        workspace,
        [some_version("a"), a_model("b", 1), a_model("b", 2), some_version("c"), a_model("d")],
        aliases=[("b", "prod", 2)],
    )
    _, datasets = await ask("/datasets", path="project")
    assert [item["name"] for item in datasets["items"]] == ["a", "c"]
    _, models = await ask("/models", path="project")
    assert models["total"] == 2
    first = models["items"][0]
    assert (first["versions"], first["latest"]["ref"], first["latest"]["aliases"]) == (
        2,
        "b@2",
        ["prod"],
    )
    _, found = await ask("/models", path="project", search="D")
    assert [item["name"] for item in found["items"]] == ["d"]
    _, workspace_told = await ask("/workspace", path="project")
    assert (workspace_told["datasets"], workspace_told["models"]) == (2, 2)


async def test_a_model_tells_its_data_by_the_names_of_now_and_the_run_that_made_it(
    workspace: Workspace, ask: Ask
) -> None:
    data = register(workspace, write("a.csv", "a\n1\n"), name="old").version
    gone = some_version("gone", 7)
    parents = (parent(gone), *trained_on({"training data": data}))
    asked = {"kind": "model", "parents": parents, "run": "run-1", "tags": {"stage": "trial"}}
    register(workspace, write("m.bin", "weights"), name="temp", **asked)
    workspace.save_run(some_run(name="train"))
    workspace.rename("old", "new")
    for route, pick in (("/models", "latest"), ("/datasets/temp/versions", None)):
        _, answer = await ask(route, path="project")
        model = answer["items"][0][pick] if pick else answer["items"][0]
        assert told(model["data"]) == [("new@1", "training data", False), ("gone@7", "", False)]
        assert [one["kind"] for one in model["data"]] == ["tabular", None]
        assert (model["data_total"], model["made_by"]["name"]) == (2, "train")
        assert model["tags"] == {"stage": "trial"}


async def test_a_dataset_in_a_list_tells_nothing_of_training(
    workspace: Workspace, ask: Ask
) -> None:
    shelve(workspace, [some_version()])
    _, answer = await ask("/datasets", path="project")
    assert not {"data", "data_total", "made_by"} & set(answer["items"][0]["latest"])


async def test_details_tell_parents_versions_made_from_it_and_models(
    workspace: Workspace, ask: Ask
) -> None:
    raw = register(workspace, write("a.csv", "a\n1\n"), name="raw").version
    clean = register(workspace, write("b.csv", "a\n2\n"), name="clean", parents=(parent(raw),))
    model = {"kind": "model", "parents": trained_on({"test data": clean.version})}
    register(workspace, write("m.bin", "weights"), name="temp", **model)
    _, answer = await ask("/datasets/clean/versions/1", path="project")
    assert told(answer["parents"]) == [("raw@1", "", False)]
    assert told(answer["made"]) == [("temp@1", "test data", False)]
    assert (answer["parents_total"], answer["made_total"]) == (1, 1)
    assert answer["made"][0]["kind"] == "model"


async def test_what_a_run_had_read_before_it_made_a_version_is_told_as_likely(
    workspace: Workspace, ask: Ask
) -> None:
    raw, other = some_version("raw"), some_version("other")
    made = some_version("made", run="run-1", created=WHEN + timedelta(hours=2))
    later = {"at": WHEN + timedelta(hours=3)}
    run = some_run(
        inputs=(some_use(raw), some_use(other, **later)),
        outputs=(some_use(made, how="register"),),
    )
    shelve(workspace, [raw, other, made], runs=[run])
    _, answer = await ask("/datasets/made/versions/1", path="project")
    assert told(answer["parents"]) == [("raw@1", "", True)]
    _, answer = await ask("/datasets/raw/versions/1", path="project")
    assert told(answer["made"]) == [("made@1", "", True)]
    _, answer = await ask("/datasets/other/versions/1", path="project")
    assert answer["made"] == []


async def test_damaged_runs_keep_no_model_from_being_seen(workspace: Workspace, ask: Ask) -> None:
    shelve(workspace, [a_model(run="run-1")], runs=[some_run()])
    write(workspace.layout.runs, "{")
    for route in ("/models", "/datasets/temp/versions", "/datasets/temp/versions/1"):
        assert (await ask(route, path="project"))[0] == 200


async def test_a_model_that_was_deleted_is_listed_no_more(workspace: Workspace, ask: Ask) -> None:
    register(workspace, write("m.bin", "weights"), name="temp", kind="model")
    assert (await ask("/models", path="project"))[1]["total"] == 1
    workspace.delete([parse("temp@1")])
    assert (await ask("/models", path="project"))[1]["total"] == 0


async def test_pages_of_models_with_much_data_fit_and_leave_none_out(
    workspace: Workspace, ask: Ask
) -> None:
    data = tuple(parent(one, "training data") for one in many(500, 1))
    models = [a_model(f"model_{index:03d}", parents=data) for index in range(300)]
    shelve(workspace, models)
    seen: list[str] = []
    while len(seen) < 300:
        _, answer = await ask("/models", path="project", offset=len(seen), limit=200)
        assert answer["items"]
        assert answer["items"][0]["latest"]["data_total"] == 500
        seen += [item["name"] for item in answer["items"]]
    assert seen == [model.name for model in models]


def test_one_step_of_lineage_is_that_of_the_whole_registry(workspace: Workspace) -> None:
    """Only the runs around a version are looked into; all versions and runs give the same."""
    versions = [
        some_version(f"d{n}", run=f"run-{n % 7}", created=WHEN + timedelta(minutes=n))
        for n in range(40)
    ]
    versions = [
        one if n % 3 else replace(one, parents=(parent(versions[n // 2]),))
        for n, one in enumerate(versions)
    ]
    runs = [
        some_run(
            f"run-{k}",
            inputs=tuple(
                some_use(one, at=WHEN + timedelta(minutes=n))
                for n, one in enumerate(versions)
                if n % 5 == k % 5
            ),
            outputs=tuple(some_use(one, how="register") for one in versions[k::7]),
        )
        for k in range(7)
    ]
    shelve(workspace, versions, runs=runs)
    view, known = workspace.view(), workspace.runs()
    whole = Ancestry(versions, known)
    links = 0
    for version in versions:
        near, lineage = find_relatives(view, known, version), whole.of(version, depth=1)
        up = {lineage.versions[link.source].ref for link in lineage.sources_of(version.id)}
        down = {lineage.versions[link.target].ref for link in lineage.targets_of(version.id)}
        assert {one.ref for one in near.parents} == up | {one.ref for one in version.parents}
        assert {one.ref for one in near.made} == down
        links += len(up) + len(down)
    assert links > 80
