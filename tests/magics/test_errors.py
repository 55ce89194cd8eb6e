"""What a user who made a mistake sees: a short message that says what to type next."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from dsnb.errors import MissingPathError
from dsnb.presenting import as_html
from tests.kernels import Kernel

REGISTER = '%ds register weather_ds "data/Weather/week 27"'


@pytest.fixture
def workspace(kernel: Kernel) -> Kernel:
    kernel.do(REGISTER)
    Path(kernel.folder, "empty").mkdir()
    Path(kernel.folder, "gone.csv").write_text("a\n1\n")
    kernel.do("%ds register gone gone.csv --no-snapshot", silent=True)
    Path(kernel.folder, "gone.csv").unlink()
    return kernel


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ("%ds load wether_ds", "DatasetNotFoundError", "Did you mean weather_ds?"),
        ("%ds load weather_ds@7", "VersionNotFoundError", "There is weather_ds@1."),
        ("%ds load weather_ds@pord", "VersionNotFoundError", "has no alias pord"),
        ("%ds load weather_ds@@", "BadReferenceError", "name@2"),
        ("%ds load 'weather ds'", "BadReferenceError", "name@2"),
        ("%ds diff weather_ds@1..", "BadReferenceError", "name@1..2"),
        ("%ds register weather_ds data/Wether", "MissingPathError", "data/Wether"),
        ("%ds register weather_ds empty", "EmptySourceError", "empty"),
        ("%ds register 'weather ds' data", "BadNameError", "Try weather_ds."),
        ("%ds register weather_ds", "UsageError", "%ds register weather_ds data/file.csv"),
        ("%ds register", "UsageError", "needs NAME"),
        ('%ds register weather_ds "data', "UsageError", "quote is opened and not closed"),
        ("%ds load it's", "UsageError", "quote is opened and not closed"),
        ("%ds load weather_ds --colums a", "UsageError", "Did you mean --columns?"),
        ("%ds load weather_ds --limit many", "UsageError", "not a whole number"),
        ("%ds load weather_ds --as excel", "UsageError", "pandas"),
        ("%ds load weather_ds --columns tmp", "MissingColumnError", "temp"),
        ("%ds register a data --tag raw", "UsageError", "--tag a=b"),
        ("%ds lod weather_ds", "UsageError", "Did you mean load?"),
        ("%ds run strat x", "UsageError", "Did you mean start?"),
        ("%ds run show nothing", "RunNotFoundError", "%ds runs"),
        ("%ds register new --from no_such_frame", "VariableNotFoundError", "no_such_frame"),
        ("%ds config diff.row", "ConfigError", "Did you mean diff.rows"),
        ("%ds config diff.rows many", "ConfigError", "a whole number"),
        ("%ds alias weather_ds@1 latest", "BadNameError", "prod"),
        ("%ds tag weather_ds@1", "UsageError", "%ds tag weather_ds@1 stage=raw"),
        ("%ds rename weather_ds gone", "BadNameError", "already"),
        ("%ds load gone@1", "DriftError", "gone.csv is gone"),
        ("%ds restore gone@1", "DriftError", "cannot be restored"),
        ("%ds snapshot gone@1", "DriftError", "gone.csv is gone"),
        ("%ds delete weather_ds", "UsageError", "Which version of weather_ds"),
        ("%ds delete", "UsageError", "%ds delete weather_ds@1"),
        ("%ds delete weather_ds@9", "VersionNotFoundError", "no weather_ds@9"),
        ("%ds export weather_ds@1", "UsageError", "-o weather.dsnb.zip"),
        ("%ds import nothing.zip", "ArchiveError", "nothing.zip"),
        ("%ds gc --older-than soon", "UsageError", "30d"),
        ("%ds gc --keep-last 0", "UsageError", "--keep-last 1"),
        ("%ds gc --keep-tagged", "UsageError", "--keep-last N"),
        ("%ds deprecate weather_ds@1 --remove", "NotFoundError", "is not deprecated"),
        ("%ds config snapshot sometimes", "ConfigError", "auto, always, never"),
        ("%ds init nowhere", "WorkspaceError", "nowhere"),
        ("%ds register new $folder/a.csv", "MissingPathError", "Or was $folder meant"),
        ("%ds register new --from $frame", "VariableNotFoundError", "Or was $frame meant"),
        ("%ds load {name}@1", "BadReferenceError", "{expression}"),
    ],
)
def test_a_mistake_gives_one_paragraph_without_frames_and_changes_nothing(
    workspace: Kernel, line: str, kind: str, said: str
) -> None:
    registry = workspace.folder / ".dsnb" / "registry.json"
    before = registry.read_bytes()
    ran = workspace.run(line)
    assert ran.error is not None
    assert ran.error["ename"] == kind
    assert said in ran.error["evalue"]
    assert "\n" not in ran.error["evalue"]
    assert ran.error["traceback"] == [f"{kind}: {ran.error['evalue']}"]
    assert not ran.shown
    assert ran.streamed == ""
    assert registry.read_bytes() == before


def test_the_name_of_an_unknown_variable_is_offered(workspace: Kernel) -> None:
    ran = workspace.run("features = 1\n%ds register new --from featurs")
    assert ran.error is not None
    assert "Did you mean features?" in ran.error["evalue"]


def test_outside_a_workspace_the_way_to_make_one_is_said(kernel: Kernel) -> None:
    for line in ("%ds list", "%ds load weather_ds", "%ds run", "%ds config"):
        ran = kernel.run(line)
        assert ran.error is not None
        assert ran.error["ename"] == "WorkspaceError"
        assert "%ds init" in ran.error["evalue"]
    assert not (kernel.folder / ".dsnb").exists()


def test_a_first_registration_that_fails_leaves_no_workspace(kernel: Kernel) -> None:
    assert kernel.run("%ds register weather_ds nowhere").error is not None
    assert not (kernel.folder / ".dsnb").exists()


def test_a_registry_of_a_newer_dsnb_is_refused_and_kept(workspace: Kernel) -> None:
    registry = workspace.folder / ".dsnb" / "registry.json"
    document = json.loads(registry.read_text())
    for entry in document["meta"].values():
        entry["schema_version"] = 99
    registry.write_text(json.dumps(document))
    before = registry.read_bytes()
    for line in ("%ds list", REGISTER, '%ds register new "data/Weather/week 28"'):
        ran = workspace.run(line)
        assert ran.error is not None
        assert ran.error["ename"] == "RegistryTooNewError"
        assert "%pip install --upgrade dsnb" in ran.error["evalue"]
    assert registry.read_bytes() == before


def test_a_damaged_registry_is_named_with_the_way_back(workspace: Kernel) -> None:
    registry = workspace.folder / ".dsnb" / "registry.json"
    registry.write_text("{")
    ran = workspace.run("%ds list")
    assert ran.error is not None
    assert ran.error["ename"] == "RegistryDamagedError"
    assert "backups" in ran.error["evalue"]


def test_an_error_in_a_cell_leaves_what_its_earlier_lines_did(workspace: Kernel) -> None:
    ran = workspace.run("%ds alias weather_ds@1 prod\n%ds load weather_ds@7\n%ds list")
    assert len(ran.shown) == 1
    assert ran.error is not None


def test_the_error_can_be_caught_and_read_in_python(workspace: Kernel) -> None:
    workspace.do(
        "import dsnb\n"
        "try:\n    dsnb.load('weather_ds@7')\n"
        "except dsnb.DsnbError as error:\n    caught = (type(error).__name__, error.hint)"
    )
    assert workspace.evaluate("caught") == ("VersionNotFoundError", "Type %ds versions weather_ds")


def test_an_unexpected_error_keeps_its_traceback(workspace: Kernel) -> None:
    workspace.do(
        "from unittest.mock import patch\n"
        "fault = patch('dsnb.workspace.Workspace.datasets', side_effect=ZeroDivisionError)"
    )
    ran = workspace.run("with fault:\n    %ds list")
    assert ran.error is not None
    assert ran.error["ename"] == "ZeroDivisionError"
    assert len(ran.error["traceback"]) > 3


def test_an_error_stops_run_all(tmp_path: Path) -> None:
    lines = ("%load_ext dsnb", "%ds load weather_ds", "open('later', 'w').close()")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line) for line in lines])
    nbformat.write(notebook, tmp_path / "analysis.ipynb")
    done = subprocess.run(
        [sys.executable, "-c", "from nbclient.cli import main; main()", "analysis.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "WorkspaceError: " in done.stderr
    assert "is not in a workspace" in done.stderr
    assert not (tmp_path / "later").exists()


def test_the_html_of_an_error_is_escaped() -> None:
    html = as_html(MissingPathError("There is no <script>alert(1)</script>.", hint="<b>"))
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html
