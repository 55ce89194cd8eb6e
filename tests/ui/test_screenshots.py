"""The README's picture: JupyterLab with the panel, the picker and a diff on the weather data."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ui.conftest import Open
from tests.ui.test_panel import panel_of, select

PICTURE = Path(__file__).parent.parent.parent / "docs" / "jupyterlab.png"

CELLS = (
    "%load_ext dsnb\n"
    '%ds register weather_ds "data/Weather/week 27" -d "weather data in week 27"'
    " --key origin,time_hour",
    '%ds register weather_ds --add "data/Weather/week 28" -d "weeks 27, 28"',
    "df = %ds load weather_ds@2\n"
    'df.loc[df["origin"] == "EWR", "temp"] += 0.9\n'
    "%ds diff --from df weather_ds@2 --rows 3",
    "%ds pick weather_ds",
)


def test_the_picture_shows_panel_picker_and_diff(page: Page, open_notebook: Open) -> None:
    page.set_viewport_size({"width": 1280, "height": 1230})
    notebook = open_notebook(*CELLS, name="weather")
    notebook.run_all()
    expect(page.locator(".dsnb-picker").get_by_role("option").first).to_be_visible()
    details = select(panel_of(page), "weather_ds@2")
    expect(details).to_contain_text("✓ unchanged")
    page.wait_for_timeout(1_000)
    taken = page.screenshot()
    assert len(taken) > 20_000
    # The picture in the repository changes only when it is asked for: `make screenshots`.
    if os.environ.get("DSNB_SCREENSHOTS"):
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(taken)
