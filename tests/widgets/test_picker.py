from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from traitlets import TraitError

from dsnb.commands.declaring import Call
from dsnb.commands.picking import pick
from dsnb.datasets.inspection import DatasetList, VersionList
from dsnb.errors import DatasetNotFoundError, DriftError, DsnbError, UsageError
from dsnb.refs import parse
from dsnb.session.current import SESSION
from dsnb.widgets.picker import Picker
from dsnb.workspace import Workspace
from tests.magics.shell import ipython
from tests.widgets.front import Front
from tests.workbench import register, run_python

Open = Callable[..., Front]


def agreed(picker: Picker) -> tuple[str, int | None, str]:
    return picker.dataset, picker.version, picker.ref


def test_it_begins_with_the_latest_version_of_the_dataset(weeks: Workspace) -> None:
    assert agreed(Picker(weeks, "weather_ds")) == ("weather_ds", 2, "weather_ds@2")
    assert agreed(Picker(weeks, "weather_ds@1")) == ("weather_ds", 1, "weather_ds@1")


def test_without_a_name_it_begins_with_what_was_registered_last(weeks: Workspace) -> None:
    assert Picker(weeks).ref == "weather_ds@2"
    register(weeks, "prices.csv", "data/Weather/week 27/weather.csv", name="prices", kind="file")
    assert Picker(weeks).ref == "prices@2"


def test_an_unknown_dataset_is_refused(weeks: Workspace) -> None:
    with pytest.raises(DatasetNotFoundError, match="Did you mean weather_ds"):
        Picker(weeks, "wether_ds")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("version", 1, ("weather_ds", 1, "weather_ds@1")),
        ("ref", "weather_ds@1", ("weather_ds", 1, "weather_ds@1")),
        ("ref", "weather_ds@latest~1", ("weather_ds", 1, "weather_ds@1")),
        ("ref", "prices", ("prices", 1, "prices@1")),
        ("dataset", "prices", ("prices", 1, "prices@1")),
    ],
)
def test_setting_one_sets_the_others(
    open_picker: Open, name: str, value: object, expected: tuple[str, int, str]
) -> None:
    picker = open_picker().picker
    setattr(picker, name, value)
    assert agreed(picker) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 3),
        ("version", None),
        ("version", "1"),
        ("ref", "weather_ds@prod"),
        ("ref", "no such thing"),
        ("ref", ""),
        ("dataset", "wind_ds"),
        ("dataset", "weather_ds@1"),
    ],
)
def test_what_does_not_exist_is_refused_and_changes_nothing(
    open_picker: Open, name: str, value: object
) -> None:
    picker = open_picker().picker
    with pytest.raises((DsnbError, TraitError)):
        setattr(picker, name, value)
    assert agreed(picker) == ("weather_ds", 2, "weather_ds@2")


def test_observers_see_the_three_agree(open_picker: Open) -> None:
    picker = open_picker().picker
    seen: list[tuple[str, int | None, str]] = []
    picker.observe(lambda change: seen.append(agreed(picker)), ["dataset", "version", "ref"])
    picker.dataset = "prices"
    assert set(seen) == {("prices", 1, "prices@1")}


def test_what_a_front_end_sets_wrongly_is_set_back_there(
    open_picker: Open, caplog: pytest.LogCaptureFixture
) -> None:
    picker = open_picker().picker
    sent: list[object] = []
    picker.send_state = lambda key=None: sent.append(key)
    picker.set_state({"ref": "weather_ds@9"})
    assert picker.ref == "weather_ds@2"
    assert sent
    picker.set_state({"ref": "weather_ds@1"})
    assert agreed(picker) == ("weather_ds", 1, "weather_ds@1")
    assert not caplog.records


def test_load_returns_the_data_and_is_an_input_of_the_run(open_picker: Open) -> None:
    picker = open_picker("weather_ds@1").picker
    assert picker.load().shape == (502, 15)
    run = SESSION.run(picker._workspace)
    assert run is not None
    assert [(use.ref, use.how) for use in run.inputs] == [("weather_ds@1", "load")]


def test_load_of_a_drifted_version_is_refused(open_picker: Open) -> None:
    picker = open_picker("prices").picker
    Path("prices.csv").write_text("day,price\n", encoding="utf-8")
    with pytest.raises(DriftError):
        picker.load()


def test_a_renamed_dataset_is_still_loaded(open_picker: Open, weeks: Workspace) -> None:
    picker = open_picker("prices").picker
    weeks.rename("prices", "costs")
    assert len(picker.load()) == 2


def test_an_empty_workspace_has_nothing_to_choose(workspace: Workspace) -> None:
    picker = Picker(workspace)
    assert agreed(picker) == ("", None, "")
    with pytest.raises(UsageError, match=r"Register the first: %ds register"):
        picker.load()
    assert "no datasets yet" in str(picker)


def test_many_threads_leave_the_three_in_agreement(open_picker: Open) -> None:
    front = open_picker()
    picker, refs = front.picker, ["weather_ds@1", "weather_ds@2", "prices@1"]

    def choose(ref: str) -> None:
        for _ in range(30):
            front.picker._handle_custom_msg({"view": ref, "id": 1, "ask": "choose", "ref": ref}, [])
            picker.ref = ref

    threads = [Thread(target=choose, args=(ref,)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert picker.ref in refs
    assert picker.ref == f"{picker.dataset}@{picker.version}"
    assert not [message for message in front.heard if "error" in message]


def test_a_notebook_gets_two_outputs_and_a_terminal_the_text(weeks: Workspace) -> None:
    with ipython() as shell:
        shown: list[dict[str, object]] = []
        shell.display_pub.publish = lambda data, **_: shown.append(data)
        picker = Picker(weeks, "weather_ds")
        picker._ipython_display_()
        assert [sorted(data) for data in shown] == [["text/html", "text/plain"]]
        shell.kernel = object()
        shown.clear()
        picker._ipython_display_()
    view, kept = shown
    assert "text/html" not in view
    assert "application/vnd.jupyter.widget-view+json" in view
    assert "weather_ds@2" in str(kept["text/plain"])
    assert f'data-dsnb-kept="{picker._key}"' in str(kept["text/html"])


def test_the_kept_text_follows_the_choice_and_is_escaped(weeks: Workspace) -> None:
    weeks.set_description(parse("weather_ds@1"), "<img src=x onerror=alert(1)>")
    picker = Picker(weeks, "weather_ds")
    picker.version = 1
    kept = picker._to_keep()._repr_mimebundle_()
    assert kept["text/plain"].startswith("weather_ds@1")
    assert "<img" not in kept["text/html"]
    assert "&lt;img" in kept["text/html"]


def test_the_kept_text_says_what_is_deprecated(weeks: Workspace) -> None:
    weeks.deprecate(parse("weather_ds@1"))
    kept = str(Picker(weeks, "weather_ds@1"))
    assert kept.startswith("weather_ds@1  ⊘ deprecated · week 27")
    assert kept.count("⊘ deprecated") == 2


def test_the_front_end_is_part_of_the_package() -> None:
    for file in (Picker._esm, Picker._css):
        assert len(str(file)) > 1000


def test_pick_is_a_widget_in_a_notebook_and_a_list_in_a_shell(weeks: Workspace) -> None:
    assert pick("weather_ds").ref == "weather_ds@2"
    assert isinstance(pick.carry_out(Call(), "weather_ds"), VersionList)
    assert isinstance(pick.carry_out(Call()), DatasetList)


def test_no_widget_library_is_imported_before_a_picker_is_wanted() -> None:
    code = (
        "import sys, dsnb, dsnb.commands.picking, dsnb.magics.extension\n"
        "print([m for m in ('ipywidgets', 'anywidget', 'dsnb.widgets') if m in sys.modules])"
    )
    assert run_python(code).stdout.strip() == "[]"
