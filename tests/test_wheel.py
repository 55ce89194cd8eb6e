"""What `pip install` gives: built as a wheel, installed into a venv of its own, and used there."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
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


MARK = "a text that only the tree being packaged has"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sdist and the wheel of this tree, in which an old bundle lay."""
    tree = tmp_path_factory.mktemp("tree") / "dsnb"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    stale = tree / "dsnb" / "labextension" / "static"
    stale.mkdir(parents=True)
    for name in ("style.js", "stale.0123.js"):
        (stale / name).write_text("// of an earlier build", encoding="utf-8")
    (stale.parent / "package.json").write_text("{}", encoding="utf-8")
    index = tree / "labextension" / "src" / "index.ts"
    index.write_text(f"{index.read_text('utf-8')}\nconsole.debug('{MARK}');\n", encoding="utf-8")
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(tree)]
    # Node and jlpm are those of the wheels in this environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return folder


@pytest.fixture(scope="module")
def wheel(packages: Path) -> Path:
    [path] = packages.glob("*.whl")
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


def test_the_wheel_holds_the_package_and_the_front_end_just_built(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        shared = [name for name in names if "/share/jupyter/labextensions/dsnb/" in name]
        scripts = [archive.read(name).decode() for name in shared if name.endswith(".js")]
    for name in (
        "magics/extension.py",
        "py.typed",
        "server/openapi.yaml",
        "widgets/static/picker.js",
    ):
        assert f"dsnb/{name}" in names
    assert any(MARK in script for script in scripts)
    assert not any("of an earlier build" in script for script in scripts)
    assert any(name.endswith("/jupyter_server_config.d/dsnb.json") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"dsnb"}
    assert not any("node_modules" in name for name in names)


def test_the_sdist_holds_what_a_wheel_is_built_from(packages: Path) -> None:
    [path] = packages.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    for name in ("pyproject.toml", "labextension/yarn.lock", "labextension/src/index.ts"):
        assert name in names
    assert not any("node_modules" in name for name in names)


def test_jupyter_finds_both_extensions_enabled(venv: Path, tmp_path: Path) -> None:
    for what, said in (
        (["server", "extension", "list"], "dsnb.server"),
        (["labextension", "list"], "dsnb v0.1.0"),
    ):
        # The venv borrows Jupyter itself; what it lists is what was installed into the venv.
        done = subprocess.run(
            [venv / "bin" / "python", "-m", "jupyter", *what],
            capture_output=True,
            text=True,
            check=True,
            env={**_environment(tmp_path), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        )
        told = re.sub(r"\x1b\[\d+m", "", done.stdout + done.stderr)
        [line] = [line for line in told.splitlines() if said in line and "enabled" in line]
        assert "disabled" not in line
    assert "dsnb v0.1.0 enabled OK" in line


def test_every_module_that_is_imported_is_a_declared_dependency() -> None:
    import ast
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for group in project["optional-dependencies"].values() for name in group]
    declared = {
        name.split(">")[0].split("[")[0].lower().replace("-", "_")
        for name in [*project["dependencies"], *extras]
    }
    provided = {"IPython": "ipython", "yaml": "pyyaml", "backports": "backports.zstd"}
    for path in (ROOT / "dsnb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                if top in {*sys.stdlib_module_names, "compression", "dsnb", "numpy"}:
                    continue  # numpy comes with pandas, compression with Python 3.14
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
