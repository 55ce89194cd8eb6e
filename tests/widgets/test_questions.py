import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dsnb.datasets import profiles
from dsnb.presenting import as_html
from dsnb.records import Version
from dsnb.refs import parse
from dsnb.tables.profiles import Profile
from dsnb.widgets import answers
from dsnb.widgets.answers import PAGE
from dsnb.widgets.rows import frame_table
from dsnb.workspace import Workspace
from tests.magics.shell import ipython
from tests.widgets.front import Front
from tests.widgets.many import add_versions
from tests.workbench import register, register_table

Open = Callable[..., Front]


def test_datasets_are_found_by_a_part_of_their_name(open_picker: Open) -> None:
    front = open_picker()
    assert [row["name"] for row in front.ask("datasets")["rows"]] == ["prices", "weather_ds"]
    found = front.ask("datasets", text="WEATH")
    assert found["rows"] == [{"name": "weather_ds", "latest": 2, "count": "2 versions"}]


def test_a_version_row_tells_what_the_list_shows(open_picker: Open, weeks: Workspace) -> None:
    weeks.set_alias(parse("weather_ds@2"), "prod")
    answer = open_picker().ask("versions", dataset="weather_ds", find="weather_ds@2")
    row = answer["rows"][0]
    assert [row["ref"] for row in answer["rows"]] == ["weather_ds@2", "weather_ds@1"]
    assert (row["number"], row["previous"], row["when"]) == (2, 1, "just now")
    assert (row["description"], row["aliases"]) == ("weeks 27, 28", ["latest", "prod"])
    assert (row["holds"], row["shape"]) == ("1,006 rows", "1,006 rows × 15")
    assert answer["found"] == 0
    assert answer["chosen"] == row


def test_a_deprecated_version_says_so_and_why(open_picker: Open, weeks: Workspace) -> None:
    weeks.deprecate(parse("weather_ds@1"), "a sensor was broken")
    newer, older = open_picker().ask("versions", dataset="weather_ds")["rows"]
    assert (older["badge"], older["why"]) == ("⊘ deprecated", "a sensor was broken")
    assert (newer["badge"], newer["why"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", [1]),
        ("@2", [2]),
        ("weather_ds@2", [2]),
        ("weeks", [2]),
        ("WEEK 27", [1]),
        ("stage=raw", [1]),
        ("prod", [2]),
        ("deprecated", [1]),
        ("sensor", [1]),
        ("nothing such", []),
        ("  ", [2, 1]),
    ],
)
def test_versions_are_found_by_what_is_said_of_them(
    open_picker: Open, weeks: Workspace, text: str, expected: list[int]
) -> None:
    weeks.set_tags(parse("weather_ds@1"), {"stage": "raw"})
    weeks.set_alias(parse("weather_ds@2"), "prod")
    weeks.deprecate(parse("weather_ds@1"), "a sensor was broken")
    answer = open_picker().ask("versions", dataset="weather_ds", text=text)
    assert [row["number"] for row in answer["rows"]] == expected
    assert answer["total"] == len(expected)


def test_ten_thousand_versions_are_given_in_pages(open_picker: Open, weeks: Workspace) -> None:
    add_versions(weeks, "weather_ds@2", 10_000)
    front = open_picker()
    middle = front.ask(
        "versions", dataset="weather_ds", offset=5000, limit=10**6, find="weather_ds@7"
    )
    assert middle["total"] == 10_002
    assert len(middle["rows"]) == PAGE
    assert middle["rows"][0]["ref"] == "weather_ds@5002"
    assert middle["found"] == 10_002 - 7
    assert middle["chosen"]["ref"] == "weather_ds@7"
    found = front.ask("versions", dataset="weather_ds", text="description of 4321")
    assert [row["number"] for row in found["rows"]] == [4321]


def test_states_come_one_by_one(open_picker: Open) -> None:
    front = open_picker()
    Path("data/Weather/week 28/weather.csv").unlink()
    front.post("states", refs=["weather_ds@1", "weather_ds@2", "gone@1"])
    first = front.wait_for(lambda message: message.get("state", {}).get("ref") == "weather_ds@1")
    second = front.wait_for(lambda message: message.get("state", {}).get("ref") == "weather_ds@2")
    assert first["state"]["text"] == "✓ unchanged"
    assert second["state"]["text"] == "⚠ drifted, its snapshot is used"


def test_a_preview_has_ten_rows_and_tells_what_is_missing(open_picker: Open) -> None:
    front = open_picker()
    table = front.ask("preview", ref="weather_ds@2")
    assert table["headers"][:3] == ["origin", "year", "month"]
    assert table["right"][:2] == [1, 2]
    assert len(table["rows"]) == 10
    assert front.ask("preview", ref="prices@1")["rows"] == [["1", "2.5"], ["2", None]]


def test_a_preview_of_files_lists_them(open_picker: Open, weeks: Workspace) -> None:
    for number in range(12):
        Path(f"many/{number:02}.bin").parent.mkdir(exist_ok=True)
        Path(f"many/{number:02}.bin").write_bytes(b"x")
    register(weeks, "many", name="blobs")
    front = open_picker("blobs")
    table = front.ask("preview", ref="blobs@1")
    assert table["rows"][0] == ["many/00.bin", "1 B"]
    assert (len(table["rows"]), table["note"]) == (10, "… and 2 further files")
    assert "holds files" in front.ask("columns", ref="blobs@1")["note"]


def test_a_wide_table_is_cut_and_says_so() -> None:
    import pandas as pd

    frame = pd.DataFrame([[[1, 2]] * 60], columns=[f"c{n}" for n in range(60)])
    table = frame_table(frame)
    assert len(table["headers"]) == len(table["rows"][0]) == 50
    assert table["note"] == "… and 10 further columns"
    assert table["rows"][0][0] == "[1, 2]"


def test_columns_come_from_the_record(open_picker: Open, weeks: Workspace) -> None:
    import pandas as pd

    register_table(weeks, pd.DataFrame({"id": [1], "x": [0.5]}), "keyed", key=("id",))
    table = open_picker().ask("columns", ref="keyed@1")
    assert table["rows"] == [["id", "int64", "key"], ["x", "float64", ""]]


def test_a_profile_is_what_show_shows(open_picker: Open, weeks: Workspace) -> None:
    html = open_picker().ask("profile", ref="prices@1")["html"]
    assert html == as_html(weeks.profile(weeks.resolve("prices@1")).profile)
    assert "profile (2 rows × 2 columns)" in html
    assert '<svg role="img" aria-label="day: from 1 to ' in html


def test_a_large_table_is_looked_through_when_that_is_asked_for(
    open_picker: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (profiles, answers):
        monkeypatch.setattr(module, "LITTLE", 10)
    front = open_picker()
    answer = front.ask("profile", ref="prices@1")
    assert (answer["costly"], "html" in answer) == (True, False)
    assert answer["note"].startswith("Not computed yet: looking through 19 B takes a while.")
    computed = front.ask("compute", ref="prices@1")
    assert "profile (2 rows × 2 columns)" in computed["html"]
    assert front.ask("profile", ref="prices@1") == computed


def test_a_profile_that_takes_long_keeps_no_other_waiting(
    open_picker: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, compute = threading.Event(), profiles._computed

    def wait_and_compute(stores: Any, version: Version) -> Profile:
        assert version.name == "weather_ds" or go.wait(20)
        return compute(stores, version)

    monkeypatch.setattr(profiles, "_computed", wait_and_compute)
    front = open_picker()
    long = front.post("compute", ref="prices@1")
    assert "html" in front.ask("profile", ref="weather_ds@1")
    assert front.ask("preview", ref="prices@1")["rows"]
    go.set()
    assert front.wait_for(lambda message: message.get("id") == long)["answer"]["html"]


def test_what_has_no_profile_says_why(open_picker: Open, weeks: Workspace) -> None:
    register(weeks, "prices.csv", name="blob", kind="file")
    front = open_picker()
    assert front.ask("profile", ref="blob@1") == {"note": "blob@1 holds files that are no table."}
    Path("prices.csv").write_text("day,price\n9,9\n", encoding="utf-8")
    for question in ("profile", "compute"):
        answer = front.ask(question, ref="prices@1")
        assert answer["note"].startswith("No profile: prices@1 has drifted")
        assert "costly" not in answer


def test_since_compares_with_the_version_before(open_picker: Open) -> None:
    front = open_picker()
    answer = front.ask("since", ref="weather_ds@2")
    assert (answer["old"], answer["new"]) == ("weather_ds@1", "weather_ds@2")
    assert "+504 rows" in answer["html"]
    assert "first version" in front.ask("since", ref="weather_ds@1")["note"]


@pytest.mark.parametrize("other", ["2", "@2", "weather_ds@2", "latest", "@latest"])
def test_since_compares_with_any_other_and_takes_the_older_first(
    open_picker: Open, other: str
) -> None:
    answer = open_picker().ask("since", ref="weather_ds@1", against=other)
    assert (answer["old"], answer["new"]) == ("weather_ds@1", "weather_ds@2")


def test_load_sets_the_variable_and_says_what_it_is(open_picker: Open) -> None:
    front = open_picker()
    with ipython() as shell:
        said = front.ask("load", variable=" df ", ref="weather_ds@1")
        assert said == "df is weather_ds@1 · 502 rows × 15 columns"
        assert shell.user_ns["df"].shape == (502, 15)
    assert front.picker.ref == "weather_ds@1"


@pytest.mark.parametrize("name", ["", "1df", "a b", "class", "df.x", "list"])
def test_load_into_no_proper_variable_is_refused_with_a_hint(open_picker: Open, name: str) -> None:
    front = open_picker()
    with ipython() as shell:
        before = dict(shell.user_ns)
        error = front.reply("load", variable=name, ref="weather_ds@2")["error"]
        assert shell.user_ns == before
    assert error["hint"]


def test_the_code_to_insert_fits_the_notebook(open_picker: Open) -> None:
    front = open_picker()
    given = {"variable": "df", "ref": "weather_ds@2"}
    with ipython() as shell:
        assert front.ask("code", **given) == "df = %ds load weather_ds@2"
        shell.magics_manager.magics["line"].pop("ds")
        assert front.ask("code", **given) == 'import dsnb\ndf = dsnb.load("weather_ds@2")'


def test_drift_is_told_with_the_ways_on(open_picker: Open) -> None:
    Path("prices.csv").write_text("day,price\n9,9\n", encoding="utf-8")
    error = open_picker().reply("preview", ref="prices@1")["error"]
    assert "prices@1 has drifted" in error["message"]
    assert "%ds register prices" in error["hint"]


def test_a_preview_from_the_snapshot_says_so_and_how_to_restore_it(open_picker: Open) -> None:
    front = open_picker()
    before = front.reply("preview", ref="weather_ds@1")
    assert "notices" not in before
    place = Path("data/Weather/week 27/weather.csv")
    place.write_text("gone\n", encoding="utf-8")
    changed = front.reply("preview", ref="weather_ds@1")
    assert changed["answer"] == before["answer"]
    [said] = changed["notices"]
    assert said.startswith("From its snapshot")
    assert said.endswith("%ds restore weather_ds@1 --overwrite")
    place.unlink()
    [said] = front.reply("preview", ref="weather_ds@1")["notices"]
    assert said.endswith("%ds restore weather_ds@1")


def test_whatever_goes_wrong_is_an_answer_and_nothing_in_the_log(
    open_picker: Open, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    front = open_picker()
    assert "no dataset" in front.reply("versions", dataset="nope")["error"]["message"]
    assert "TypeError" in front.reply("preview", ref="prices@1", nonsense=1)["error"]["message"]
    for nonsense in (None, [], {}, {"ask": "preview"}, {"view": 1, "ask": "load"}):
        front.picker._handle_custom_msg(nonsense, [])
    assert not caplog.records
    assert capsys.readouterr() == ("", "")


def test_only_the_newest_of_many_previews_is_made(
    open_picker: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = open_picker()
    made: list[str] = []

    def preview(ref: str) -> str:
        made.append(ref)
        time.sleep(0.1)
        return ref

    questions = front.picker._questions
    questions._answers = {**questions._answers, "preview": preview}
    numbers = [front.post("preview", ref=str(number)) for number in range(20)]
    front.wait_for(lambda message: message.get("id") == numbers[-1])
    assert made[-1] == "19"
    assert len(made) <= 3


def test_a_new_version_is_told_while_somebody_watches(open_picker: Open, weeks: Workspace) -> None:
    front = open_picker("prices")
    front.post("watch")
    register(weeks, "prices.csv", "data/Weather/week 27/weather.csv", name="prices", kind="file")
    front.wait_for(lambda message: message.get("news"))
    assert front.picker.ref == "prices@1"
    assert [row["number"] for row in front.ask("versions", dataset="prices")["rows"]] == [2, 1]
    front.post("rest")
    assert not front.picker._watch.is_running


def test_nothing_is_told_while_nobody_watches(open_picker: Open, weeks: Workspace) -> None:
    front = open_picker("prices")
    assert not front.picker._watch.is_running
    weeks.set_description(parse("prices@1"), "other")
    time.sleep(1)
    assert front.heard == []


def test_the_choice_follows_a_rename(open_picker: Open, weeks: Workspace) -> None:
    front = open_picker("prices")
    front.post("watch")
    weeks.rename("prices", "costs")
    front.wait_for(lambda message: message.get("news"))
    assert (front.picker.dataset, front.picker.ref) == ("costs", "costs@1")


def test_the_first_dataset_of_an_empty_workspace_is_chosen_when_it_comes(
    open_picker: Open, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    workspace = Workspace.create(tmp_path / "empty")
    front = open_picker(None, workspace)
    front.post("watch")
    register(workspace, "prices.csv", name="first")
    front.wait_for(lambda message: message.get("news"))
    assert front.picker.ref == "first@1"


def test_the_rows_of_ten_thousand_are_never_in_the_widgets_state(
    open_picker: Open, weeks: Workspace
) -> None:
    add_versions(weeks, "weather_ds@2", 10_000)
    state = open_picker().picker.get_state()
    state = {key: value for key, value in state.items() if key not in ("_esm", "_css")}
    assert len(str(state)) < 2000
    assert replace(weeks.resolve("weather_ds"), description="") is not None
