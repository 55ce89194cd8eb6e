"""Models, runs and what belongs to no version in the side panel, as a person uses them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dsnb.datasets.models import trained_on
from dsnb.records import CodeState, Failure, Note, Source, Untracked
from dsnb.workspace import Workspace
from tests.lab import Notebook
from tests.server.shelves import WHEN, some_run, some_use
from tests.ui.conftest import Open
from tests.ui.test_panel import dataset, panel_of, select, two_weeks
from tests.workbench import register

REGION = "[role=region][aria-label=Datasets]"


def a_model(folder: Path) -> None:
    """Register two versions of a model, trained on a dataset, and the runs that made them."""
    two_weeks(folder)
    workspace = Workspace(folder)
    first, second = (workspace.resolve(f"weather_ds@{number}") for number in (1, 2))
    for number, roles in enumerate(
        ({"training data": first}, {"training data": second, "validation data": first}), start=1
    ):
        (folder / "temp.bin").write_text(f"weights {number}", encoding="utf-8")
        asked = {"parents": trained_on(roles), "run": f"run-{number}", "tags": {"stage": "trial"}}
        made = register(workspace, str(folder / "temp.bin"), name="temp", kind="model", **asked)
        (folder / "fresh.csv").write_text("a\n1\n", encoding="utf-8")
        (folder / "predictions.csv").write_text("a\n1\n", encoding="utf-8")
        fresh, made_up = (
            Untracked(path=Source(datastore="default", path=path), cells=(4,), at=WHEN)
            for path in ("fresh.csv", "predictions.csv")
        )
        workspace.save_run(
            some_run(
                f"run-{number}",
                name=f"train-{number}",
                experiment="temperature",
                notebook=str(folder / "notebook.ipynb"),
                code=CodeState(commit="3f1b2c4d5e6f7a8b9c0d", branch="main", dirty=True),
                failure=Failure(error="ValueError", cell=7) if number == 2 else None,
                inputs=tuple(some_use(one, how="trace") for one in roles.values()),
                outputs=(some_use(made.version, how="register", cells=(6,)),),
                tags={"stage": "trial"},
                metrics={"rmse": (3.0, 2.25), "mae": (1.5,)},
                notes=(Note(text="a longer window helps", at=WHEN),),
                packages={"python": "3.11.9", "pandas": "3.1.0"},
                untracked=(fresh,),
                written=(made_up,),
            )
        )


def tab(panel: Locator, name: str) -> None:
    panel.get_by_role("tab", name=name).click()


def test_a_models_data_is_shown_and_linked_both_ways(page: Page, open_notebook: Open) -> None:
    open_notebook("1", prepare=a_model)
    panel = panel_of(page)
    expect(dataset(panel, "weather_ds")).to_be_visible()
    expect(dataset(panel, "temp")).to_have_count(0)
    tab(panel, "Models")
    row = panel.get_by_role("listitem").filter(has_text="temp").first
    expect(row).to_contain_text("weather_ds@2")
    expect(row).to_contain_text("training data")
    expect(row).to_contain_text("stage=trial")
    dataset(panel, "temp").click()
    panel.get_by_role("button", name="temp@1").click()
    model = panel.get_by_role("region", name="Version temp@1")
    expect(model).to_contain_text("Trained on")
    model.get_by_role("button", name="weather_ds@1").click()
    data = panel.get_by_role("region", name="Version weather_ds@1")
    expect(panel.get_by_role("tab", name="Datasets")).to_have_attribute("aria-selected", "true")
    expect(data).to_contain_text("validation data")
    data.get_by_role("button", name="temp@2").click()
    expect(panel.get_by_role("region", name="Version temp@2")).to_be_visible()
    expect(panel.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")
    panel.get_by_role("region", name="Version temp@2").get_by_role("button", name="train-2").click()
    expect(panel.get_by_role("region", name="Details of run train-2")).to_be_visible()


def test_models_are_searched_and_their_files_loaded(page: Page, open_notebook: Open) -> None:
    notebook = open_notebook("x = 1", prepare=a_model)
    panel = panel_of(page)
    tab(panel, "Models")
    search = panel.get_by_role("searchbox", name="Search models")
    search.fill("weather")
    expect(panel).to_contain_text("No model’s name contains “weather”")
    search.fill("tem")
    dataset(panel, "temp").click()
    panel.get_by_role("button", name="temp@2").click()
    panel.get_by_role("button", name="Insert load cell").click()
    notebook.run_all()
    expect(page.get_by_role("button", name="Run: 1 input, 0 outputs")).to_be_visible()
    assert notebook.evaluate("len(paths)") == "1"


def test_a_failed_run_tells_its_cell_and_all_that_is_known(page: Page, open_notebook: Open) -> None:
    open_notebook("1", prepare=a_model)
    panel = panel_of(page)
    tab(panel, "Runs")
    run = panel.get_by_role("article", name="Run train-2")
    expect(run).to_contain_text("✗ failed")
    run.get_by_role("button", name="train-2").click()
    details = panel.get_by_role("region", name="Details of run train-2")
    for text in (
        "✗ failed",
        "Cell 7 failed: ValueError",
        "temperature",
        "3f1b2c4d5e on main, with uncommitted changes",
        "notebook.ipynb",
        "stage=trial",
        "rmse",
        "2.25",
        "a longer window helps",
        "Environment (2)",
    ):
        expect(details).to_contain_text(text)
    inputs = details.get_by_role("region", name="Inputs")
    older = inputs.get_by_role("listitem").filter(has_text="weather_ds@1")
    expect(older).to_contain_text("read, cell 3")
    expect(older).to_contain_text("↑ newer:")
    expect(details.get_by_role("region", name="Models")).to_contain_text("temp@2")
    page.keyboard.press("Tab")
    details.get_by_role("button", name="Close details").focus()
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()


def test_a_cell_that_fails_makes_its_run_a_failed_one(page: Page, open_notebook: Open) -> None:
    notebook = open_notebook(
        "%load_ext dsnb", "df = %ds load weather_ds@1", "df['nothing']", prepare=two_weeks
    )
    notebook.run_all()
    # What is sent while a cell fails is not run.
    expect(page.locator(".jp-Notebook")).to_contain_text("KeyError", timeout=20_000)
    panel = panel_of(page)
    tab(panel, "Runs")
    run = panel.get_by_role("article", name="Run notebook")
    expect(run).to_contain_text("● running")
    notebook.evaluate("%ds run end")
    expect(run).to_contain_text("✗ failed")
    run.get_by_role("button", name="notebook", exact=True).click()
    details = panel.get_by_role("region", name="Details of run notebook")
    expect(details).to_contain_text("Cell 3 failed: KeyError")


@pytest.mark.parametrize("below", ["", "notebooks"])
def test_an_untracked_input_is_registered_from_the_panel(
    page: Page, open_notebook: Open, below: str
) -> None:
    def prepare(folder: Path) -> None:
        two_weeks(folder)
        (folder / "data" / "fresh values.csv").write_text("a\n1\n", encoding="utf-8")
        if below:
            (folder / below).mkdir()
            (folder / "notebook.ipynb").rename(folder / below / "notebook.ipynb")

    up = "../" if below else ""
    notebook = open_notebook(
        "%load_ext dsnb\nimport pandas as pd",
        f"df = pd.read_csv('{up}data/fresh values.csv')",
        below=below,
        prepare=prepare,
    )
    notebook.run_all()
    panel = panel_of(page)
    tab(panel, "Runs")
    run = panel.get_by_role("article", name="Run notebook")
    run.get_by_role("button", name="notebook", exact=True).click()
    files = panel.get_by_role("region", name="Untracked inputs")
    expect(files).to_contain_text("data/fresh values.csv")
    expect(files).to_contain_text("cell 2")
    files.get_by_role("button", name="Register data/fresh values.csv").click()
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(2)
    expect(cell).to_contain_text(f'%ds register fresh_values "{up}data/fresh values.csv"')
    page.keyboard.press("Shift+Enter")
    expect(files).to_be_hidden()
    details = panel.get_by_role("region", name="Details of run notebook")
    expect(details.get_by_role("region", name="Outputs")).to_contain_text("fresh_values@1")


def test_nothing_is_registered_where_no_notebook_is_open(page: Page, open_notebook: Open) -> None:
    notebook = open_notebook("1", prepare=a_model)
    panel = panel_of(page)
    tab(panel, "Runs")
    panel.get_by_role("button", name="train-1").first.click()
    button = panel.get_by_role("button", name="Register fresh.csv")
    expect(button).to_be_enabled()
    notebook.choose("File", "Close Tab")
    page.get_by_role("button", name="Discard").click()
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "Open a notebook first")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_models_and_runs_have_no_serious_fault_of_access(
    page: Page, open_notebook: Open, theme: str, pictures: Callable[[str], None]
) -> None:
    notebook: Notebook = open_notebook("1", prepare=a_model)
    notebook.use_theme(theme)
    panel = panel_of(page)
    pictured = theme.rpartition(" ")[2].lower()
    tab(panel, "Models")
    dataset(panel, "temp").click()
    panel.get_by_role("button", name="temp@2").click()
    expect(panel.get_by_role("region", name="Version temp@2")).to_contain_text("Trained on")
    assert notebook.faults_of_access(REGION) == []
    pictures(f"models-{pictured}")
    select_data(panel)
    assert notebook.faults_of_access(REGION) == []
    pictures(f"data-{pictured}")
    tab(panel, "Runs")
    panel.get_by_role("button", name="train-2").first.click()
    expect(panel.get_by_role("region", name="Untracked inputs")).to_be_visible()
    assert notebook.faults_of_access(REGION) == []
    pictures(f"runs-{pictured}")
    notebook.use_theme("JupyterLab Light")


def select_data(panel: Locator) -> None:
    tab(panel, "Datasets")
    details = select(panel, "weather_ds@1")
    expect(details).to_contain_text("Models")
