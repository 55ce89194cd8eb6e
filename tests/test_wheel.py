"""What `pip install` gives: built as a wheel, installed into a venv of its own, and used there."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

USE = """
from IPython.core.interactiveshell import InteractiveShell
import dsnb
shell = InteractiveShell.instance()
for line in (
    "%load_ext dsnb",
    "%ds register weather_ds weather.csv",
    "df = %ds load weather_ds@1",
):
    shell.run_cell(line, store_history=True).raise_error()
print(dsnb.__file__)
print(shell.user_ns["df"].shape)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def venv(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new venv with the wheel in it; its dependencies come from the running one."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    # Only what is a dependency anyway is borrowed; dsnb itself is found in the venv first.
    (site / "borrowed.pth").write_text(f"{_site_packages()}\n", encoding="utf-8")
    return folder


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "dsnb/magics/extension.py" in names
    assert "dsnb/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"dsnb"}


def test_every_module_that_is_imported_is_a_declared_dependency() -> None:
    import ast
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for group in project["optional-dependencies"].values() for name in group]
    declared = {
        name.split(">")[0].split("[")[0].lower().replace("-", "_")
        for name in [*project["dependencies"], *extras]
    }
    provided = {"docstring_parser": "docstring_parser", "IPython": "ipython"}
    for path in (ROOT / "dsnb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                if top in sys.stdlib_module_names or top == "dsnb" or top == "numpy":
                    continue  # numpy comes with pandas, of which it is a part here
                assert provided.get(top, top).lower() in declared, f"{path} imports {name}"


def test_the_extension_loads_in_a_new_venv(venv: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "weather.csv").write_text("origin,temp\nEWR,78.08\n", encoding="utf-8")
    done = subprocess.run(
        [venv / "bin" / "python", "-c", USE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(tmp_path),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    place, shape = done.stdout.splitlines()[-2:]
    assert str(venv) in place
    assert shape == "(1, 2)"


def test_the_command_works_in_a_new_venv(venv: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [venv / "bin" / "dsnb", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=_environment(tmp_path),
    )
    assert done.stdout == "dsnb 0.1.0\n"


def _site_packages() -> str:
    import IPython

    return str(Path(IPython.__file__).parent.parent)


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {**kept, "DSNB_CACHE": str(folder / "cache"), "HOME": str(folder)}
