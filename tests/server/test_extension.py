"""The extension as Jupyter Server finds, loads and stops it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

import dsnb.server
from dsnb.workspace import Workspace
from tests.workbench import register, write

TOKEN = "a-token"
ROOT = Path(__file__).parent.parent.parent
HEAVY = ("pandas", "pyarrow", "ipywidgets", "numpy", "polars", "matplotlib")

SERVE = """
import sys, threading, time, urllib.request
from jupyter_server.serverapp import ServerApp

app = ServerApp()
app.initialize([
    "--ServerApp.jpserver_extensions={'dsnb.server': True}", "--allow-root", "--no-browser",
    "--IdentityProvider.token=a-token", f"--port={sys.argv[1]}", "--ServerApp.port_retries=0",
    f"--ServerApp.root_dir={sys.argv[2]}", "--ServerApp.log_level=WARN",
])
app.start()
print("heavy:", *[name for name in HEAVY if name in sys.modules], flush=True)
"""


def test_the_module_names_itself() -> None:
    assert dsnb.server._jupyter_server_extension_points() == [{"module": "dsnb.server"}]


def test_the_settings_file_enables_it() -> None:
    path = resources.files("dsnb.server") / "jupyter_config" / "dsnb.json"
    enabled = json.loads(path.read_text(encoding="utf-8"))
    assert enabled == {"ServerApp": {"jpserver_extensions": {"dsnb.server": True}}}


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def server(workspace: Workspace, port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a server of its own process over a workspace with one version."""
    register(workspace, write("data/a.csv", "a,b\n1,2\n"), name="ds")
    variables = {key: value for key, value in os.environ.items() if "JUPYTER" not in key}
    variables |= {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("DATA", "RUNTIME")}
    variables |= {"JUPYTER_CONFIG_DIR": str(tmp_path / "CONFIG"), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", f"HEAVY = {HEAVY}\n{SERVE}", str(port), str(workspace.root)],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _until_it_answers(process, port)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _until_it_answers(process: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            get(port, "workspace")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(process.communicate())


def get(port: int, route: str) -> bytes:
    url = f"http://127.0.0.1:{port}/dsnb/api/v1/{route}"
    request = urllib.request.Request(url, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        body: bytes = response.read()
        return body


def test_serving_every_route_loads_nothing_heavy(server: subprocess.Popen[str], port: int) -> None:
    assert json.loads(get(port, "workspace"))["exists"]
    for route in ("datasets", "datasets/ds/versions", "datasets/ds/versions/1", "runs"):
        assert get(port, route)
    assert get(port, "changes?state=another")
    server.send_signal(signal.SIGTERM)
    told, _ = server.communicate(timeout=30)
    assert told == "heavy:\n"


def test_a_server_stops_at_once_although_a_client_waits(
    server: subprocess.Popen[str], port: int
) -> None:
    known = json.loads(get(port, "workspace"))["state"]

    def wait() -> None:
        try:
            get(port, f"changes?state={known}&wait=60")
        except OSError:
            return  # the server went away

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(1)
    start = time.monotonic()
    server.send_signal(signal.SIGTERM)
    _, said = server.communicate(timeout=30)
    waiting.join()
    assert time.monotonic() - start < 5
    assert server.returncode == 0
    assert "Traceback" not in said
    assert "was destroyed" not in said
