"""Typing and running in a cell of a real JupyterLab."""

from playwright.sync_api import Page, expect

from tests.ui.conftest import REGISTERED, Open


def test_names_and_versions_are_completed_in_a_cell(page: Page, open_notebook: Open) -> None:
    notebook = open_notebook(REGISTERED)
    notebook.run_all()
    expect(page.locator(".jp-Notebook")).to_contain_text("weather_ds@2")
    page.locator(".jp-Notebook-footer").click()
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    cell.locator(".cm-content").click()
    page.keyboard.type("df = %ds load wea")
    page.keyboard.press("Tab")
    offered = page.locator(".jp-Completer-item")
    # One that is offered alone may be taken at once.
    taken = cell.get_by_text("weather_ds")
    offered.or_(taken).first.wait_for()
    if offered.first.is_visible():
        page.keyboard.press("Enter")
    expect(cell).to_contain_text("df = %ds load weather_ds")
    page.keyboard.type("@")
    page.keyboard.press("Tab")
    expect(offered.filter(has_text="weather_ds@1")).to_be_visible()
    # JupyterLab sorts what it is offered by its own rule.
    offered.filter(has_text="weather_ds@2").click()
    expect(cell).to_contain_text("df = %ds load weather_ds@2")


def test_a_refusal_is_one_paragraph_and_stops_run_all(page: Page, open_notebook: Open) -> None:
    notebook = open_notebook(REGISTERED, "%ds load wether_ds", "print('not reached')")
    notebook.run_all()
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    refused = cells.nth(1).locator(".jp-OutputArea-output")
    expect(refused).to_contain_text("Did you mean weather_ds?")
    expect(refused).not_to_contain_text("Traceback")
    expect(cells.nth(2).locator(".jp-OutputArea-output")).to_have_count(0)
