"""The picker in a real JupyterLab, as a person uses it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from dsnb.refs import parse
from dsnb.workspace import Workspace
from tests.lab import MILLISECONDS, Notebook
from tests.ui.conftest import REGISTERED, Open
from tests.widgets.many import add_versions
from tests.workbench import register

PICK = "p = %ds pick weather_ds\np"
LOADED = "%load_ext dsnb"
HOSTILE = "<img src=x onerror=window.hacked=1>"

STOPWATCH = """() => {
    const watch = (window.stopwatch = {});
    const look = () => {
        const cells = document.querySelectorAll(".jp-CodeCell");
        const prompt = cells[cells.length - 1].querySelector(".jp-InputPrompt").textContent;
        if (!watch.ended && /\\d/.test(prompt)) watch.ended = performance.now();
        const rows = document.querySelectorAll(".dsnb-picker .versions [role=option]");
        if (!watch.shown && rows.length) watch.shown = performance.now();
        if (!watch.shown || !watch.ended) requestAnimationFrame(look);
    };
    look();
}"""


@pytest.fixture
def notebook(open_notebook: Open) -> Notebook:
    """A notebook that shows a picker with weather_ds@2 chosen."""
    notebook = open_notebook(REGISTERED, PICK)
    notebook.run_all()
    expect(version(notebook, 2)).to_have_attribute("aria-selected", "true")
    return notebook


def version(notebook: Notebook, number: int) -> Locator:
    name = re.compile(rf"^weather_ds@{number}\b")
    return notebook.picker.get_by_role("listbox", name="Version").get_by_role("option", name=name)


def says(notebook: Notebook, text: str) -> None:
    expect(notebook.picker.get_by_role("status")).to_contain_text(text)


def test_a_version_is_chosen_and_looked_at(notebook: Notebook) -> None:
    picker = notebook.picker
    expect(picker.get_by_role("combobox", name="Dataset")).to_have_value("weather_ds")
    expect(version(notebook, 2)).to_have_accessible_name(
        re.compile(
            r"^weather_ds@2, latest, just now, by \w+, weeks 27, 28, 1,006 rows, ✓ unchanged$"
        )
    )
    version(notebook, 1).click()
    expect(picker.locator(".heading .ref")).to_have_text("weather_ds@1")
    panel = picker.get_by_role("tabpanel", name="Preview")
    expect(panel.get_by_role("row")).to_have_count(11)
    expect(panel.get_by_role("columnheader", name="origin")).to_be_visible()
    picker.get_by_role("tab", name="Columns").click()
    expect(picker.get_by_role("tabpanel", name="Columns")).to_contain_text("float64")
    version(notebook, 2).click()
    picker.get_by_role("tab", name="Since @1").click()
    expect(picker.get_by_role("tabpanel")).to_contain_text("weather_ds@1 → weather_ds@2")
    expect(picker.get_by_role("tabpanel")).to_contain_text("+504 rows")


def test_a_version_is_profiled_when_that_is_looked_at(notebook: Notebook) -> None:
    picker = notebook.picker
    picker.get_by_role("tab", name="Profile").click()
    panel = picker.get_by_role("tabpanel", name="Profile")
    expect(panel).to_contain_text("profile (1,006 rows × 15 columns)")
    temp = panel.get_by_role("row").filter(has=notebook.page.get_by_text("temp", exact=True))
    expect(temp.get_by_role("img", name=re.compile("^temp: from 69.08 to "))).to_be_visible()
    bars = temp.locator("path").last
    assert bars.evaluate("bars => getComputedStyle(bars).fill") != "rgb(0, 0, 0)"
    expect(panel.get_by_role("row")).to_have_count(16)
    version(notebook, 1).click()
    expect(panel).to_contain_text("profile (502 rows × 15 columns)")
    assert notebook.faults_of_access(".dsnb-picker") == []


def test_a_large_table_is_profiled_when_that_is_asked_for(open_notebook: Open) -> None:
    def prepare(folder: Path) -> None:
        # A content that no other test has had profiled.
        (folder / "own.csv").write_text("own\n1\n2\n", encoding="utf-8")

    # What is too large to be looked through unasked is as small as a test wants it.
    made = """\
%load_ext dsnb
import dsnb.datasets.profiles, dsnb.widgets.answers
dsnb.datasets.profiles.LITTLE = dsnb.widgets.answers.LITTLE = 1
%ds register weather_ds own.csv"""
    notebook = open_notebook(made, PICK, prepare=prepare)
    notebook.run_all()
    notebook.picker.get_by_role("tab", name="Profile").click()
    panel = notebook.picker.get_by_role("tabpanel", name="Profile")
    expect(panel).to_contain_text("Not computed yet")
    panel.get_by_role("button", name="Compute profile").press("Enter")
    expect(panel).to_contain_text("profile (2 rows × 1 column)")
    expect(panel).to_be_focused()


def test_it_is_loaded_into_a_variable(notebook: Notebook) -> None:
    version(notebook, 1).click()
    notebook.picker.get_by_role("textbox", name="Variable").fill("week27")
    notebook.picker.get_by_role("button", name="Load").click()
    says(notebook, "week27 is weather_ds@1 · 502 rows × 15 columns")
    assert notebook.evaluate("week27.shape") == "(502, 15)"


def test_a_name_that_is_none_is_told(notebook: Notebook) -> None:
    notebook.picker.get_by_role("textbox", name="Variable").fill("1df")
    notebook.picker.get_by_role("button", name="Load").click()
    says(notebook, "'1df' cannot name a variable. Write letters")


def test_code_is_inserted_below(notebook: Notebook) -> None:
    notebook.picker.get_by_role("button", name="Insert code").click()
    inserted = notebook.page.locator(".jp-Notebook .jp-Cell").nth(2)
    expect(inserted.locator(".cm-content")).to_have_text("df = %ds load weather_ds@2")
    expect(inserted.locator(".cm-content")).to_be_focused()
    notebook.page.keyboard.press("Shift+Enter")
    expect(inserted.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\d"))
    assert notebook.evaluate("df.shape") == "(1006, 15)"


def test_the_reference_is_copied(notebook: Notebook) -> None:
    notebook.picker.get_by_role("button", name="Copy reference").click()
    says(notebook, "Copied weather_ds@2")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == "weather_ds@2"


def test_where_no_cell_can_be_inserted_the_line_is_shown_to_copy(notebook: Notebook) -> None:
    # As VS Code and Colab do, which keep their notebook to themselves.
    notebook.page.evaluate("Array.prototype.findIndex = () => -1")
    notebook.page.evaluate(
        "document.querySelector('.dsnb-picker').closest('[data-windowed-list-index]')"
        ".removeAttribute('data-windowed-list-index')"
    )
    notebook.picker.get_by_role("button", name="Insert code").click()
    says(notebook, "Copied; paste it into a cell: df = %ds load weather_ds@2")


def test_compare_asks_for_another_version(notebook: Notebook) -> None:
    picker = notebook.picker
    version(notebook, 1).click()
    picker.get_by_role("button", name="Compare").click()
    other = picker.get_by_role("textbox", name="Compare with")
    expect(other).to_be_focused()
    expect(picker.get_by_role("tabpanel")).to_contain_text("weather_ds@1 is the first version")
    other.fill("@2")
    other.press("Enter")
    expect(picker.get_by_role("tabpanel")).to_contain_text("+504 rows")
    other.fill("@7")
    other.press("Enter")
    expect(picker.get_by_role("alert")).to_contain_text("There is no weather_ds@7")


def test_python_and_widget_agree_both_ways(notebook: Notebook) -> None:
    version(notebook, 1).click()
    notebook.page.wait_for_timeout(300)
    assert notebook.evaluate("(p.dataset, p.version, p.ref)") == "('weather_ds', 1, 'weather_ds@1')"
    notebook.evaluate("p.version = 2; p.load().shape")
    expect(version(notebook, 2)).to_have_attribute("aria-selected", "true")
    expect(notebook.picker.locator(".heading .ref")).to_have_text("weather_ds@2")


def test_everything_can_be_done_with_the_keyboard(notebook: Notebook) -> None:
    notebook.evaluate('%ds register prices "data/Weather/week 27/weather.csv"')
    page, picker = notebook.page, notebook.picker
    picker.get_by_role("combobox", name="Dataset").focus()
    page.keyboard.type("pri")
    expect(picker.get_by_role("option", name="prices")).to_be_visible()
    page.keyboard.press("Escape")
    expect(picker.get_by_role("listbox", name="Datasets")).to_be_hidden()
    expect(picker.get_by_role("combobox", name="Dataset")).to_have_value("weather_ds")
    page.keyboard.type("pri")
    expect(picker.get_by_role("option", name="prices")).to_be_visible()
    page.keyboard.press("Enter")
    expect(picker.locator(".heading .ref")).to_have_text("prices@1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(picker.get_by_role("listbox", name="Datasets")).to_be_visible()
    page.wait_for_timeout(200)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(picker.locator(".heading .ref")).to_have_text("weather_ds@2")
    page.keyboard.press("Tab")  # Find version
    page.keyboard.press("Tab")  # the list
    expect(picker.get_by_role("listbox", name="Version")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(version(notebook, 1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    expect(version(notebook, 2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")  # copy
    page.keyboard.press("Tab")  # the tabs
    page.keyboard.press("ArrowRight")
    expect(picker.get_by_role("tab", name="Columns")).to_be_focused()
    expect(picker.get_by_role("tabpanel")).to_contain_text("float64")
    for _ in range(3):  # the panel, the variable, Load
        page.keyboard.press("Tab")
    expect(picker.get_by_role("button", name="Load")).to_be_focused()
    page.keyboard.press("Enter")
    says(notebook, "df is weather_ds@2")


def test_versions_are_found(notebook: Notebook) -> None:
    notebook.picker.get_by_role("searchbox", name="Find version").fill("week 27")
    expect(notebook.picker.locator(".count")).to_have_text("1 version found")
    expect(version(notebook, 2)).to_have_count(0)
    notebook.picker.get_by_role("searchbox", name="Find version").fill("")
    expect(version(notebook, 2)).to_be_visible()


def test_a_new_version_appears_by_itself(notebook: Notebook) -> None:
    workspace = Workspace(notebook.path.parent)
    weather = notebook.path.parent / "data" / "Weather" / "week 28"
    register(workspace, weather, name="weather_ds", description="week 28 alone")
    expect(version(notebook, 3)).to_be_visible()
    expect(version(notebook, 2)).to_have_attribute("aria-selected", "true")


def test_drift_is_told_in_the_widget(open_notebook: Open) -> None:
    def prepare(folder: Path) -> None:
        Workspace(folder).set_setting("snapshot", "never")

    notebook = open_notebook(REGISTERED, PICK, prepare=prepare)
    notebook.run_all()
    expect(version(notebook, 2)).to_have_attribute("aria-selected", "true")
    (notebook.path.parent / "data" / "Weather" / "week 28" / "weather.csv").unlink()
    version(notebook, 1).click()
    version(notebook, 2).click()
    expect(notebook.picker.get_by_role("alert")).to_contain_text("weather_ds@2 has drifted")
    notebook.picker.get_by_role("button", name="Load").click()
    says(notebook, "Keep the change as a new version: %ds register weather_ds")


def test_a_drifted_version_is_shown_and_loaded_from_its_snapshot(notebook: Notebook) -> None:
    picker = notebook.picker
    (notebook.path.parent / "data" / "Weather" / "week 27" / "weather.csv").write_text("gone\n")
    version(notebook, 1).click()
    expect(version(notebook, 1)).to_have_accessible_name(
        re.compile("⚠ drifted, its snapshot is used$")
    )
    panel = picker.get_by_role("tabpanel", name="Preview")
    expect(panel).to_contain_text("From its snapshot", timeout=MILLISECONDS)
    expect(panel).to_contain_text("%ds restore weather_ds@1 --overwrite")
    expect(panel.get_by_role("row")).to_have_count(11)
    assert notebook.faults_of_access(".dsnb-picker") == []
    picker.get_by_role("button", name="Load").click()
    says(notebook, "df is weather_ds@1 · 502 rows × 15 columns")
    says(notebook, "Its snapshot is used instead.")
    notebook.evaluate("%ds restore weather_ds@1 --overwrite")
    version(notebook, 2).click()
    version(notebook, 1).click()
    expect(version(notebook, 1)).to_have_accessible_name(re.compile("✓ unchanged$"))
    expect(panel).not_to_contain_text("From its snapshot")


def test_a_deprecated_version_says_so_and_why(notebook: Notebook) -> None:
    ref = parse("weather_ds@1")
    Workspace(notebook.path.parent).deprecate(ref, "a sensor was broken")
    expect(version(notebook, 1)).to_contain_text("⊘ deprecated")
    version(notebook, 1).click()
    heading = notebook.picker.locator(".heading")
    expect(heading).to_contain_text("⊘ deprecated: a sensor was broken")
    Workspace(notebook.path.parent).deprecate(ref, remove=True)
    expect(heading).not_to_contain_text("deprecated")


def test_hostile_texts_run_no_script(open_notebook: Open) -> None:
    prepared = [
        f'%ds annotate weather_ds@2 "{HOSTILE}"',
        f'%ds tag weather_ds@2 "note={HOSTILE}"',
        "import pandas as pd",
        f'evil = pd.DataFrame({{"{HOSTILE}": ["{HOSTILE}", "b"], "id": [1, 2]}})',
        f'%ds register evil --from evil -d "{HOSTILE}" --key id',
        f'evil.loc[0, "{HOSTILE}"] = "{HOSTILE}2"',
        f'%ds register evil --from evil -d "{HOSTILE}"',
        "p = %ds pick evil",
        "p",
    ]
    notebook = open_notebook(REGISTERED, "\n".join(prepared))
    notebook.run_all()
    picker = notebook.picker
    expect(picker.get_by_role("option", name="evil@2")).to_contain_text(HOSTILE)
    expect(picker.get_by_role("tabpanel")).to_contain_text(HOSTILE)
    for tab in ("Columns", "Profile", "Since @1"):
        picker.get_by_role("tab", name=tab).click()
        expect(picker.get_by_role("tabpanel")).to_contain_text(HOSTILE)
    assert picker.locator("img").count() == 0
    assert notebook.page.evaluate("window.hacked") is None


def test_a_picture_brings_its_outlines_and_nothing_else(notebook: Notebook) -> None:
    evil = (
        '<svg role="img" aria-label="a picture" onload="window.hacked=1" style="position:fixed">'
        "<script>window.hacked=2</script><title>a <b>title</b></title>"
        "<foreignObject><img src=x onerror=window.hacked=3></foreignObject>"
        '<image href="x"/><use href="x#y"/><a href="javascript:window.hacked=4"><text>x</text></a>'
        '<animate attributeName="href" values="javascript:window.hacked=5"/>'
        '<path d="M0,0h9" style="fill:url(http://127.0.0.1:9/x)" onclick="window.hacked=6"/>'
        '<path d="M0,0h8" style="fill:var(--jp-brand-color1,#1976d2);fill-opacity:.55"/></svg>'
    )
    notebook.evaluate(
        f"import dsnb.widgets.answers; dsnb.widgets.answers.as_html = lambda _: {evil!r}; 'set'"
    )
    notebook.picker.get_by_role("tab", name="Profile").click()
    picture = notebook.picker.get_by_role("img", name="a picture")
    expect(picture).to_be_attached()
    assert picture.evaluate("svg => svg.outerHTML") == (
        '<svg role="img" aria-label="a picture"><title>a title</title><path d="M0,0h9"></path>'
        '<path d="M0,0h8" style="fill:var(--jp-brand-color1,#1976d2);fill-opacity:.55"></path>'
        "</svg>"
    )
    assert notebook.page.evaluate("window.hacked") is None


def test_a_reopen_notebook_or_exported_notebook_shows_a_text(notebook: Notebook) -> None:
    page = notebook.page
    kept = page.locator("[data-dsnb-kept]")
    expect(kept).to_be_hidden()
    version(notebook, 1).click()
    expect(kept).to_contain_text("load it: df = %ds load weather_ds@1")
    view, text = notebook.save().cells[1].outputs
    assert "text/html" not in view.data
    assert text.data["text/plain"].startswith("weather_ds@1")
    notebook.open()  # the kernel still runs, so the widget comes back
    expect(version(notebook, 1)).to_have_attribute("aria-selected", "true")
    expect(kept).to_be_hidden()
    notebook.choose("Kernel", "Shut Down Kernel")
    page.wait_for_timeout(500)
    notebook.open()
    expect(kept).to_be_visible()
    expect(notebook.picker).to_have_count(0)
    expect(page.get_by_text("model not found")).to_be_hidden()
    expect(page.get_by_text("Loading widget")).to_be_hidden()
    for execute in ([], ["--execute"]):  # without and with the widget's state
        command = [sys.executable, "-m", "nbconvert", "--to", "html", *execute, notebook.path.name]
        subprocess.run(command, cwd=notebook.path.parent, check=True, capture_output=True)
        page.goto(notebook.path.with_suffix(".html").as_uri())
        expect(kept).to_be_visible()
        expect(kept).to_contain_text("weather_ds@1")
        expect(page.get_by_text("Picker: ")).to_be_hidden()


def test_ten_thousand_versions_scroll_and_are_shown_at_once(open_notebook: Open) -> None:
    def prepare(folder: Path) -> None:
        workspace = Workspace(folder)
        register(workspace, folder / "data" / "Weather", name="weather_ds")
        add_versions(workspace, "weather_ds@1", 9_999)

    notebook = open_notebook(
        "%load_ext dsnb\nfrom dsnb.commands.picking import pick", PICK, prepare=prepare
    )
    page = notebook.page
    page.evaluate(STOPWATCH)
    notebook.run_all()
    expect(version(notebook, 10_000)).to_be_visible()
    times = page.evaluate("window.stopwatch")
    print(f"\nshown {times['shown'] - times['ended']:.0f} ms after the cell ended")
    assert times["shown"] - times["ended"] < 1000
    expect(notebook.picker.locator(".count")).to_have_text("10,000 versions")
    versions = notebook.picker.get_by_role("listbox", name="Version")
    versions.evaluate("list => (list.scrollTop = list.scrollHeight / 2)")
    expect(version(notebook, 5_000)).to_be_visible()
    versions.focus()
    page.keyboard.press("End")
    expect(version(notebook, 1)).to_have_attribute("aria-selected", "true")
    expect(version(notebook, 1)).to_have_attribute("aria-posinset", "10000")
    assert versions.locator(".version").count() < 40
    slowest = versions.evaluate(
        """async (list) => {
            let slowest = 0;
            let before = performance.now();
            for (let top = 0; top < 40000; top += 400) {
                list.scrollTop = top;
                await new Promise(requestAnimationFrame);
                slowest = Math.max(slowest, performance.now() - before);
                before = performance.now();
            }
            return slowest;
        }"""
    )
    print(f"the slowest frame of scrolling took {slowest:.0f} ms")
    assert slowest < 250
    notebook.evaluate("p.version = 4321; p.ref")
    expect(version(notebook, 4_321)).to_be_visible()


def test_nothing_is_sent_while_the_picker_is_out_of_sight(open_notebook: Open) -> None:
    empty = "\n" * 60
    notebook = open_notebook(REGISTERED, PICK, f"#{empty}# far below", f"#{empty}# the end")
    notebook.run_all()
    expect(version(notebook, 2)).to_be_attached()
    notebook.page.locator(".jp-Notebook .jp-Cell").last.locator(".cm-content").click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.wait_for_timeout(500)
    assert notebook.evaluate("p._watch.is_running") == "False"


def test_an_empty_workspace_says_what_to_do(open_notebook: Open) -> None:
    notebook = open_notebook(LOADED, "p = %ds pick\np")
    notebook.run_all()
    expect(notebook.picker).to_contain_text("%ds register NAME PATH")
    notebook.evaluate('%ds register weather_ds "data/Weather/week 27"')
    expect(version(notebook, 1)).to_have_attribute("aria-selected", "true")


def test_a_closed_picker_leaves_its_text(notebook: Notebook) -> None:
    assert notebook.evaluate("p.close(); 'closed'") == "'closed'"
    expect(notebook.picker).to_have_count(0)
    expect(notebook.page.locator("[data-dsnb-kept]")).to_be_visible()
