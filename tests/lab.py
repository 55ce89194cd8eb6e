"""A real JupyterLab in a real browser."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Dialog, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent
WEATHER = ROOT / "notebooks" / "data" / "Weather"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# It comes with what checks the front end's own code.
AXE = ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
TOKEN = "of-the-tests"
MILLISECONDS = 20_000


class Lab:
    """A JupyterLab server with settings and workspaces of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        settings = folder / "config" / "lab" / "user-settings" / "@jupyterlab"
        for name, values in {
            "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        }.items():
            (settings / name).parent.mkdir(parents=True, exist_ok=True)
            (settings / f"{name}.jupyterlab-settings").write_text(json.dumps(values))
        # Each page would have it found out in Node whether JupyterLab should be built anew.
        config = folder / "config" / "labconfig" / "page_config.json"
        config.parent.mkdir()
        config.write_text(json.dumps({"buildAvailable": False, "buildCheck": False}))
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("DSNB", "JPY", "JUPYTER"))},
            "HOME": str(folder),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "config" / "lab" / "user-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "DSNB_CACHE": str(folder / "cache"),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}"]
        command += [f"--ServerApp.root_dir={self.folder}", "--LabApp.collaborative=False"]
        self.log = (folder / "lab.log").open("w")
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=self.log)
        self._await()

    def _await(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{self.url}/api?token={TOKEN}", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(Path(self.log.name).read_text())

    def notebook(self, name: str, *cells: str, workspace: bool = True) -> Path:
        """Make a folder with the weather data and a notebook, a workspace unless told otherwise."""
        folder = self.folder / name
        shutil.copytree(WEATHER, folder / "data" / "Weather")
        if workspace:
            (folder / ".dsnb").mkdir()
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": kernel},
        )
        nbformat.write(notebook, folder / "notebook.ipynb")
        return folder / "notebook.ipynb"

    def end_kernels(self) -> None:
        """End every kernel, so that those of earlier tests take no time from later ones."""
        for kernel in json.loads(self._ask("GET", "/api/kernels")):
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")

    def _ask(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"token {TOKEN}")
        with urllib.request.urlopen(request, timeout=20) as response:
            answer: bytes = response.read()
        return answer

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    running = Lab(folder)
    try:
        yield running
    finally:
        running.close()


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield running
        finally:
            running.close()


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page, lab: Lab, path: Path) -> None:
        self.page = page
        self.path = path
        self.errors: list[str] = []
        page.set_default_timeout(MILLISECONDS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._meet)
        where = path.relative_to(lab.folder)
        space = where.parent.name
        self.url = f"{lab.url}/lab/workspaces/{space}/tree/{where}?token={TOKEN}"
        self.open()

    def open(self) -> None:
        self.page.goto(self.url)
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()

    def _meet(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()
        else:
            self.errors.append(dialog.message)
            dialog.dismiss()

    def run_all(self) -> None:
        # Without a kernel yet, running would ask which one to take.
        self.page.locator("#jp-main-statusbar", has_text="| Idle").wait_for()
        prompt = self.page.locator(".jp-Cell .jp-InputPrompt").first
        for _ in range(3):  # a session that is only just there lets the first click pass
            self.choose("Run", "Run All Cells")
            with suppress(AssertionError):
                expect(prompt).to_have_text(re.compile(r"[*\d]"), timeout=3000)
                return
        raise AssertionError("the notebook does not run")

    def choose(self, menu: str, item: str) -> None:
        dialog = self.page.locator(".jp-Dialog")
        assert dialog.count() == 0, dialog.inner_text()
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
        self.page.locator(".lm-Menu-item", has_text=re.compile(f"^{item}")).first.click()

    def evaluate(self, expression: str) -> str:
        """Return the text of an expression, evaluated in a new last cell."""
        cells = self.page.locator(".jp-Notebook .jp-Cell")
        count = cells.count()
        self.page.locator(".jp-Notebook-footer").click()
        added = cells.nth(count)
        added.locator(".cm-content").click()
        self.page.keyboard.insert_text(expression)
        self.page.keyboard.press("Control+Enter")
        output = added.locator(".jp-OutputArea-output")
        output.first.wait_for()
        return output.first.inner_text().strip()

    def save(self) -> Any:
        with self.page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
            self.choose("File", "Save Notebook")
        return nbformat.read(self.path, as_version=4)

    def use_theme(self, theme: str) -> None:
        body = self.page.locator("body")
        if body.get_attribute("data-jp-theme-name") != theme:
            self.choose("Settings", "Theme")
            self.page.get_by_role("menuitem", name=theme).first.click()
        self.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")

    def faults_of_access(self, selector: str) -> list[str]:
        """Return the serious faults that axe finds in a part of the page."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "selector => axe.run(selector, {resultTypes: ['violations']})", selector
        )
        return [
            f"{fault['id']}: {node['html']}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]

    @property
    def picker(self) -> Locator:
        return self.page.locator(".dsnb-picker")


def register_elsewhere(folder: Path, name: str, *paths: str, description: str = "") -> None:
    """Register in a process of its own, as another kernel or a shell would."""
    command = [sys.executable, "-m", "dsnb", "register", name, *paths, "-d", description]
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
