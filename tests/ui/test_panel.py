"""The side panel and the status bar in a real JupyterLab, as a person uses them."""

import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.lab import Notebook, register_elsewhere
from tests.server.shelves import some_run, some_use
from tests.ui.conftest import REGISTERED, Open
from tests.workbench import register

HOSTILE = "<img src=x onerror=window.hacked=1>"
WEEK_27 = "data/Weather/week 27/weather.csv"


def two_weeks(folder: Path) -> None:
    """Register both weeks, as somebody did before."""
    workspace, weather = Workspace(folder), folder / "data" / "Weather"
    register(workspace, weather / "week 27", name="weather_ds", description="week 27")
    register(workspace, weather, name="weather_ds", description="weeks 27, 28")


def panel_of(page: Page) -> Locator:
    """Open the side panel by its tab."""
    panel = page.get_by_role("region", name="Datasets")
    if not panel.is_visible():
        page.get_by_role("tab", name="Datasets").first.click()
    expect(panel).to_be_visible()
    return panel


def dataset(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("button", name=re.compile(f"^{name}")).first


def select(panel: Locator, ref: str) -> Locator:
    name = ref.partition("@")[0]
    if dataset(panel, name).get_attribute("aria-expanded") != "true":
        dataset(panel, name).click()
    panel.get_by_text(ref, exact=True).first.click()
    details = panel.get_by_role("region", name=f"Version {ref}")
    expect(details).to_be_visible()
    return details


def test_the_panel_shows_the_workspace_of_the_notebook_without_a_kernel(
    page: Page, open_notebook: Open
) -> None:
    notebook = open_notebook("1 + 1", prepare=two_weeks)
    panel = panel_of(page)
    expect(panel).to_contain_text(notebook.path.parent.name)
    details = select(panel, "weather_ds@2")
    expect(details).to_contain_text("✓ unchanged")
    expect(details).to_contain_text("weeks 27, 28")
    expect(details).to_contain_text("1,006 rows · 15 columns")


def test_a_search_narrows_the_list(page: Page, open_notebook: Open) -> None:
    def prepare(folder: Path) -> None:
        for name in ("weather_ds", "prices", "stations"):
            register(Workspace(folder), folder / "data" / "Weather" / "week 27", name=name)

    open_notebook("1", prepare=prepare)
    panel = panel_of(page)
    expect(dataset(panel, "prices")).to_be_visible()
    panel.get_by_role("searchbox", name="Search datasets").fill("wea")
    expect(dataset(panel, "prices")).to_be_hidden()
    expect(dataset(panel, "weather_ds")).to_be_visible()


def test_a_load_cell_is_inserted_and_what_it_reads_is_seen_everywhere(
    page: Page, open_notebook: Open
) -> None:
    notebook = open_notebook("x = 1", prepare=two_weeks)
    details = select(panel_of(page), "weather_ds@1")
    details.get_by_role("button", name="Insert load cell").click()
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(cells).to_have_count(2)
    expect(cells.nth(1)).to_contain_text("%load_ext dsnb")
    expect(cells.nth(1)).to_contain_text("df = %ds load weather_ds@1")
    notebook.run_all()
    expect(page.get_by_role("button", name="Run: 1 input, 0 outputs")).to_be_visible()
    assert notebook.evaluate("df.shape") == "(502, 15)"
    page.get_by_role("button", name="Run: 1 input, 0 outputs").click()
    panel = page.get_by_role("region", name="Datasets")
    run = panel.get_by_role("article", name="Run notebook")
    expect(run).to_contain_text("weather_ds@1")
    expect(run).to_contain_text("running")


def test_the_extension_is_loaded_once_only(page: Page, open_notebook: Open) -> None:
    open_notebook("%load_ext dsnb", prepare=two_weeks)
    details = select(panel_of(page), "weather_ds@1")
    details.get_by_role("button", name="Insert load cell").click()
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)


def test_the_reference_is_copied(page: Page, open_notebook: Open) -> None:
    open_notebook("1", prepare=two_weeks)
    details = select(panel_of(page), "weather_ds@2")
    details.get_by_role("button", name="Copy reference").click()
    page.wait_for_function("navigator.clipboard.readText().then(t => t === 'weather_ds@2')")


def test_what_the_notebook_registers_appears_at_once(page: Page, open_notebook: Open) -> None:
    notebook = open_notebook(REGISTERED, workspace=False)
    panel = panel_of(page)
    expect(panel).to_contain_text("Register your first dataset")
    expect(panel).to_contain_text("%ds register NAME PATH")
    notebook.run_all()
    expect(dataset(panel, "weather_ds")).to_be_visible()
    expect(page.get_by_role("button", name="Run: 0 inputs, 2 outputs")).to_be_visible()


def test_what_another_process_registers_appears_within_a_second_or_two(
    page: Page, open_notebook: Open
) -> None:
    notebook = open_notebook("1", prepare=two_weeks)
    panel = panel_of(page)
    expect(dataset(panel, "weather_ds")).to_be_visible()
    register_elsewhere(notebook.path.parent, "prices", "data/Weather/week 27")
    expect(dataset(panel, "prices")).to_be_visible(timeout=2_000)


def test_nothing_is_asked_while_the_panel_is_hidden(page: Page, open_notebook: Open) -> None:
    open_notebook("1", prepare=two_weeks)
    panel = panel_of(page)
    expect(dataset(panel, "weather_ds")).to_be_visible()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    page.get_by_role("tab", name="Datasets").first.click()
    expect(panel).to_be_hidden()
    page.wait_for_timeout(1_000)  # the kernel that just came up is asked for its run once
    asked: list[str] = []
    page.on("request", lambda request: "dsnb/api" in request.url and asked.append(request.url))
    page.wait_for_timeout(2_500)
    assert asked == []


def test_drift_of_what_is_not_kept_says_what_happened_and_whom_it_concerns(
    page: Page, open_notebook: Open
) -> None:
    def prepare(folder: Path) -> None:
        workspace = Workspace(folder)
        workspace.set_setting("snapshot", "never")
        two_weeks(folder)
        version = workspace.resolve("weather_ds@1")
        workspace.save_run(some_run(name="train-temp", inputs=(some_use(version),)))
        workspace.set_alias(parse("weather_ds@1"), "prod")
        (folder / WEEK_27).write_text("gone\n", encoding="utf-8")

    open_notebook("1", prepare=prepare)
    panel = panel_of(page)
    details = select(panel, "weather_ds@1")
    expect(details).to_contain_text("⚠ drifted")
    expect(details).to_contain_text("week 27/weather.csv")
    expect(details).to_contain_text("Concerns the alias prod")
    details.get_by_role("button", name="train-temp").click()
    run = panel.get_by_role("article", name="Run train-temp")
    run.get_by_role("button", name="weather_ds@1").click()
    expect(panel.get_by_role("region", name="Version weather_ds@1")).to_be_visible()


def test_a_drifted_version_that_is_kept_is_restored_from_the_panel(
    page: Page, open_notebook: Open
) -> None:
    def prepare(folder: Path) -> None:
        two_weeks(folder)
        (folder / WEEK_27).write_text("gone\n", encoding="utf-8")

    notebook = open_notebook("x = 1", prepare=prepare)
    panel = panel_of(page)
    details = select(panel, "weather_ds@1")
    expect(details).to_contain_text("⚠ drifted")
    expect(details).to_contain_text("Its snapshot is used.")
    line = "%ds restore weather_ds@1 --overwrite"
    details.get_by_role("button", name=f"Copy {line}").click()
    page.wait_for_function(f"navigator.clipboard.readText().then(text => text === '{line}')")
    details.get_by_role("button", name="Insert restore cell").click()
    expect(page.locator(".jp-Notebook .jp-CodeCell").nth(1)).to_contain_text(line)
    notebook.run_all()
    expect(page.locator(".jp-Notebook")).to_contain_text("restored")
    expect(details).to_contain_text("✓ unchanged")


def test_a_restore_cell_is_offered_only_where_there_is_something_to_restore(
    page: Page, open_notebook: Open
) -> None:
    def prepare(folder: Path) -> None:
        two_weeks(folder)
        (folder / WEEK_27).unlink()

    open_notebook("1", prepare=prepare)
    panel = panel_of(page)
    menu = page.locator(".lm-Menu")
    expect(select(panel, "weather_ds@1")).to_contain_text("⚠ drifted")
    panel.get_by_role("button", name=re.compile("^weather_ds@1")).click(button="right")
    menu.get_by_text("Insert restore cell").click()
    expect(page.locator(".jp-Notebook")).to_contain_text("%ds restore weather_ds@1")
    panel.get_by_role("button", name=re.compile("^weather_ds@2")).click(button="right")
    expect(menu.get_by_text("Insert load cell")).to_be_visible()
    expect(menu.get_by_text("Insert restore cell")).to_be_hidden()


def test_a_deprecated_version_says_so_in_the_list_and_why_in_its_details(
    page: Page, open_notebook: Open
) -> None:
    notebook = open_notebook("1", prepare=two_weeks)
    panel = panel_of(page)
    details = select(panel, "weather_ds@1")
    row = panel.get_by_role("button", name=re.compile("^weather_ds@1"))
    workspace = Workspace(notebook.path.parent)
    workspace.deprecate(parse("weather_ds@1"), "a sensor was broken")
    expect(row).to_contain_text("⊘ deprecated")
    expect(details).to_contain_text("⊘ deprecated")
    expect(details).to_contain_text("Not to be used any more: a sensor was broken")
    workspace.deprecate(parse("weather_ds@1"), remove=True)
    expect(row).not_to_contain_text("deprecated")
    expect(details).not_to_contain_text("used any more")


def test_a_deleted_version_is_a_text_in_its_runs_and_told_where_it_was_shown(
    page: Page, open_notebook: Open
) -> None:
    def prepare(folder: Path) -> None:
        two_weeks(folder)
        workspace = Workspace(folder)
        uses = [some_use(workspace.resolve(f"weather_ds@{number}")) for number in (1, 2)]
        workspace.save_run(some_run(name="train-temp", inputs=tuple(uses)))

    notebook = open_notebook("1", prepare=prepare)
    panel = panel_of(page)
    details = select(panel, "weather_ds@1")
    expect(details).to_contain_text("✓ unchanged")
    Workspace(notebook.path.parent).delete([parse("weather_ds@1")], force=True)
    expect(details.get_by_role("alert")).to_contain_text("weather_ds@1 was deleted.")
    panel.get_by_role("tab", name="Runs").click()
    run = panel.get_by_role("article", name="Run train-temp")
    expect(run.get_by_role("listitem").first).to_have_text("weather_ds@1(deleted)")
    expect(run.get_by_role("button")).to_have_text(["train-temp", "weather_ds@2"])


def test_the_profile_is_looked_at_with_the_keyboard(page: Page, open_notebook: Open) -> None:
    open_notebook("1", prepare=two_weeks)
    details = select(panel_of(page), "weather_ds@2")
    asked: list[str] = []
    page.on("request", lambda request: "/profile" in request.url and asked.append(request.url))
    details.get_by_text("Profile", exact=True).focus()
    assert asked == []
    page.keyboard.press("Enter")
    table = details.get_by_role("group", name="Profile of weather_ds@2")
    expect(table.get_by_role("row")).to_have_count(16)
    temp = table.get_by_role("row", name="temp")
    expect(temp).to_contain_text("float64")
    picture = temp.get_by_role("img", name=re.compile(r"^temp: from 69.08 to \S+ in \d+ bins$"))
    expect(picture).to_be_visible()
    expect(table.get_by_role("row", name="origin")).to_contain_text("JFK 33.4 %, LGA 33.4 %")
    page.keyboard.press("Tab")
    expect(table).to_be_focused()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.dsnb-Wide').scrollLeft > 50")
    expect(table.get_by_role("rowheader", name="temp")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(table).to_be_hidden()
    assert len(asked) == 1


def test_a_large_table_is_profiled_when_that_is_asked_for(page: Page, open_notebook: Open) -> None:
    rows = 365 * 1_100

    def prepare(folder: Path) -> None:
        days = pd.Series(range(rows)).mod(365)
        frame = pd.DataFrame({"day": days, "label": "a station with quite a long name " * 2})
        (folder / "big.csv").write_text(frame.to_csv(index=False), encoding="utf-8")
        register(Workspace(folder), str(folder / "big.csv"), name="big")
        (folder / "notes.txt").write_text("notes", encoding="utf-8")
        register(Workspace(folder), str(folder / "notes.txt"), name="notes")

    open_notebook("1", prepare=prepare)
    panel = panel_of(page)
    details = select(panel, "big@1")
    details.get_by_text("Profile", exact=True).click()
    expect(details).to_contain_text("Not computed yet")
    details.get_by_role("button", name="Compute profile").click()
    table = details.get_by_role("group", name="Profile of big@1")
    expect(table.get_by_role("row", name="day")).to_contain_text(re.compile("0 · 18[0-4] · 364"))
    expect(details).to_contain_text("an even sample")
    expect(details.get_by_role("button", name="Compute profile")).to_be_hidden()
    notes = select(panel, "notes@1")
    expect(notes).to_contain_text("✓ unchanged")
    expect(notes.get_by_text("Profile", exact=True)).to_have_count(0)


def test_models_say_that_there_are_none(page: Page, open_notebook: Open) -> None:
    open_notebook("1", prepare=two_weeks)
    panel = panel_of(page)
    panel.get_by_role("tab", name="Models").click()
    expect(panel.get_by_role("tabpanel")).to_contain_text("No models are registered yet")
    expect(panel.get_by_role("tabpanel")).to_contain_text("%ds model register NAME PATH")


def test_hostile_texts_run_no_script(page: Page, open_notebook: Open) -> None:
    def prepare(folder: Path) -> None:
        (folder / "bad.csv").write_text(f"{HOSTILE},b\n1,{HOSTILE}\n", encoding="utf-8")
        workspace = Workspace.create(folder)
        register(
            workspace,
            str(folder / "bad.csv"),
            name="bad",
            description=HOSTILE,
            tags={HOSTILE: HOSTILE},
        )

    open_notebook("%load_ext dsnb", "%ds show bad", "%ds list", prepare=prepare).run_all()
    panel = panel_of(page)
    details = select(panel, "bad@1")
    expect(details).to_contain_text(HOSTILE)
    for summary in details.locator("summary").all():
        summary.click()
    panel.get_by_role("tab", name="Runs").click()
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None


def test_the_panel_is_used_with_the_keyboard_alone(page: Page, open_notebook: Open) -> None:
    open_notebook("1", prepare=two_weeks)
    panel = panel_of(page)
    expect(dataset(panel, "weather_ds")).to_be_visible()
    search = panel.get_by_role("searchbox", name="Search datasets")
    search.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("weather_ds@2", exact=True).first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("region", name="Version weather_ds@2")).to_be_visible()
    page.keyboard.press("Tab")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_panel_has_no_serious_fault_of_access(
    page: Page, open_notebook: Open, theme: str
) -> None:
    def prepare(folder: Path) -> None:
        two_weeks(folder)
        Workspace(folder).deprecate(parse("weather_ds@2"), "a sensor was broken")
        (folder / WEEK_27).write_text("gone\n", encoding="utf-8")

    notebook: Notebook = open_notebook("1", prepare=prepare)
    notebook.use_theme(theme)
    panel = panel_of(page)
    details = select(panel, "weather_ds@2")
    expect(details).to_contain_text("⚠ drifted")
    details.get_by_text("Profile", exact=True).click()
    expect(details.get_by_role("rowheader", name="temp")).to_be_visible()
    for tab in ("Datasets", "Runs", "Models"):
        panel.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(300)
        assert notebook.faults_of_access("[role=region][aria-label=Datasets]") == []
    notebook.use_theme("JupyterLab Light")  # the next test gets the same settings
