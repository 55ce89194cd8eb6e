"""A registry from a stranger, in a real JupyterLab: all of it is shown, none of it is run."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.hostile.strangers import WHEN, group, run, version, write_manifest, write_registry
from tests.lab import Notebook
from tests.ui.conftest import Open
from tests.ui.test_panel import panel_of, select

NAME = "<img src=x onerror=window.__pwned=1>"
ATTACKS = [
    NAME,
    "<script>window.__pwned=2</script>",
    "\"'><svg/onload=window.__pwned=3>",
    '" onmouseover=window.__pwned=4 onfocus=window.__pwned=4 autofocus x="',
    "' onmouseover=window.__pwned=4 x='",
    "<a href='javascript:window.__pwned=5'>x</a>",
    "[x](javascript:window.__pwned=6) ![x](x onerror=window.__pwned=6)",
    "$\\href{javascript:window.__pwned=7}{x}$ \\(\\href{javascript:window.__pwned=7}{x}\\)",
    "</td></tr></table></div></style><iframe srcdoc='<script>parent.__pwned=8</script>'>",
    "<style>@import 'javascript:window.__pwned=9';</style>",
    "${window.__pwned=10} {{constructor.constructor('window.__pwned=10')()}}",
    "data:text/html,<script>window.__pwned=11</script>",
]
ALL = " ".join(ATTACKS)
TABLE = f'"{NAME}","{ATTACKS[2]}"\n"{NAME}","{ATTACKS[5]}"\n'.replace('""', '"').encode()
NEXT_TABLE = TABLE.replace(b"script", b"iframe")
SHOWN = """\
%load_ext dsnb
import dsnb
from IPython.display import display
for ref in ("ds", "ds@1"):
    display(dsnb.list(), dsnb.versions("ds"), dsnb.show(ref), dsnb.verify(ref))
display(dsnb.status(), dsnb.runs(), dsnb.datastore(), dsnb.config(), dsnb.diff("ds@1..2"))"""
EVERY = """\
from tests.display.results import every_result
from tests.ui.test_hostile import ALL, ATTACKS
for text in (ALL, *ATTACKS):
    display(*every_result(text).values())"""
REFUSED = """\
for act in (lambda: dsnb.show("nothing"), lambda: dsnb.load("ds@9"), lambda: dsnb.show(ALL)):
    try:
        act()
    except dsnb.DsnbError as error:
        display(error)"""


def prepare(folder: Path) -> None:
    """Write a workspace in which every text is an attack."""
    (folder / "data" / NAME).mkdir()
    (folder / "data" / NAME / "a.csv").write_bytes(TABLE)
    source = ("default", f"data/{NAME}")
    manifest = write_manifest(folder, [group("default", source[1], **{"a.csv": TABLE})])
    next_source = ("default", f"data/{NAME} 2")
    (folder / next_source[1]).mkdir()
    (folder / next_source[1] / f"{NAME}.csv").write_bytes(NEXT_TABLE)
    files = {f"{NAME}.csv": NEXT_TABLE}
    next_manifest = write_manifest(folder, [group("default", next_source[1], **files)])
    texts: dict[str, Any] = {
        "description": ALL,
        "tags": {text: text for text in ATTACKS},
        "creator": ALL,
        "columns": [{"name": text, "type": text} for text in ATTACKS],
        "key": ATTACKS[:2],
        "deprecated": ALL,
        "manifest": manifest,
        "run": "run",
    }
    versions = [
        version("ds", [source], **texts),
        version(
            "ds",
            [next_source],
            **{
                **texts,
                "version": 2,
                "id": NAME,
                "digest": "2" * 64,
                "manifest": next_manifest,
            },
        ),
        version(NAME, [source], **{**texts, "id": "other"}),
        version(ALL, [source], **{**texts, "id": "another"}),
    ]
    use = {"ref": ALL, "id": ALL, "digest": ALL, "how": "load", "cells": [1], "at": WHEN}
    a_run = run(
        name=ALL,
        notebook=f"/{ALL}.ipynb",
        kernel=ALL,
        host=ALL,
        user=ALL,
        code={"commit": ALL, "branch": ALL, "dirty": True},
        packages={ALL: ALL},
        tags={ALL: ALL},
        inputs=[use],
        outputs=[use, {**use, "ref": "ds@1", "id": "id of ds"}],
    )
    aliases = [{"name": "ds", "alias": text, "version": 2} for text in ATTACKS]
    write_registry(folder, versions, [a_run], aliases)
    quoted = ALL.replace("\\", "\\\\").replace('"', '\\"')
    settings = f'creator = "{quoted}"\n[datastores]\n"{quoted}" = "{quoted}"\n'
    (folder / ".dsnb" / "config.toml").write_text(settings, encoding="utf-8")


def nothing_ran(page: Page) -> None:
    """Touch all that an attack could wait for, and see that it did not come."""
    page.evaluate(
        """() => {
            for (const node of document.querySelectorAll("[class*=dsnb] *, .dsnb *")) {
                for (const kind of ["mouseover", "mouseenter", "focus", "pointerdown"])
                    node.dispatchEvent(new Event(kind, {bubbles: true}));
            }
        }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.__pwned") is None
    found = page.evaluate(
        """() => [...document.querySelectorAll("[class*=dsnb] *, .dsnb *, .jp-OutputArea *")]
            .filter(node => /^(script|iframe|object|embed|img|link|form|base|meta)$/i
                .test(node.tagName)
                || [...node.attributes].some(one => /^on/i.test(one.name)
                    || /^\\s*(javascript|data):/i.test(one.value)))
            .map(node => node.outerHTML.slice(0, 200))"""
    )
    assert found == []


@pytest.fixture
def notebook(open_notebook: Open) -> Notebook:
    return open_notebook(SHOWN, EVERY, REFUSED, "dsnb.pick('ds')", prepare=prepare)


def test_a_strangers_texts_run_nothing_in_cells_and_the_picker(
    page: Page, notebook: Notebook
) -> None:
    notebook.run_all()
    picker = notebook.picker
    versions = picker.get_by_role("listbox", name="Version")
    expect(versions).to_contain_text("onerror", timeout=60_000)
    output = page.locator(".jp-OutputArea .dsnb").first
    expect(output).to_contain_text("<img src=x onerror")
    assert page.locator(".jp-OutputArea .dsnb").count() > 40
    assert page.locator(".jp-OutputArea .dsnb mjx-container").count() == 0
    for tab, text in (("Preview", "onerror"), ("Columns", "onerror"), ("Since @1", "ds@1 → ds@2")):
        picker.get_by_role("tab", name=tab).click()
        expect(picker.get_by_role("tabpanel", name=tab)).to_contain_text(text)
    for summary in picker.get_by_role("tabpanel").locator("summary").all():
        summary.click()
    expect(picker.get_by_role("tabpanel", name="Since @1")).to_contain_text(NAME)
    picker.get_by_role("combobox", name="Dataset").fill("img")
    expect(picker).to_contain_text("onerror")
    nothing_ran(page)


def test_a_strangers_texts_run_nothing_in_the_panel(page: Page, notebook: Notebook) -> None:
    panel = panel_of(page)
    expect(panel).to_contain_text(NAME)
    details = select(panel, "ds@2")
    expect(details).to_contain_text(NAME)
    for summary in details.locator("summary").all():
        summary.click()
    nothing_ran(page)
    panel.get_by_role("button", name=re.compile("^<img")).first.click()
    nothing_ran(page)
    panel.get_by_role("searchbox", name="Search datasets").fill(NAME)
    nothing_ran(page)
    panel.get_by_role("tab", name="Runs").click()
    expect(panel.get_by_role("tabpanel")).to_contain_text("onerror")
    for summary in panel.locator("summary").all():
        summary.click()
    nothing_ran(page)
