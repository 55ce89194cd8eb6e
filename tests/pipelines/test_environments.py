"""Virtual environments: what can be imported there, how often they are made, what breaks them."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from dsnb.errors import DsnbError
from dsnb.pipelines.environments import virtual_environment

OFFLINE = ["--no-index"]
MAKE = """
import sys
from dsnb.pipelines.environments import virtual_environment
print(virtual_environment(sys.argv[1:], ["--no-index"], lambda notice: print("notice:", notice)))
"""
SLOW_BUILD = """
import pathlib, time, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path({begun!r}).touch()
    while pathlib.Path({hold!r}).exists():
        time.sleep(0.05)
    name = "gale-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("gale.py", "SPEED = 10")
        wheel.writestr("gale-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: gale\\n"
                       "Version: 1.0\\n")
        wheel.writestr("gale-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\n"
                       "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("gale-1.0.dist-info/RECORD", "")
    return name
"""


def wheel(name: str, version: str, code: str, folder: str = "wheels") -> str:
    """Write a wheel that holds one module, and return its path."""
    path = Path(folder, f"{name}-{version}-py3-none-any.whl")
    path.parent.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", code)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"./{path.as_posix()}"


def said(python: str, code: str) -> str:
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def made() -> list[Path]:
    """Return what is kept, whole or not."""
    return [path for path in Path(os.environ["DSNB_CACHE"], "venvs").iterdir() if path.is_dir()]


def slow_package(tmp_path: Path) -> tuple[Path, Path]:
    """Write a package that is built only once a file is gone; return that file, and another.

    The other one shows that building has begun.
    """
    hold, begun = tmp_path / "hold", tmp_path / "begun"
    hold.touch()
    Path("gale").mkdir()
    Path("gale/pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'
    )
    Path("gale/slow.py").write_text(SLOW_BUILD.format(hold=str(hold), begun=str(begun)))
    return hold, begun


def making(*packages: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", MAKE, *packages],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    for _ in range(600):
        if path.exists():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"{path} never came: {process.communicate()}")


def test_what_was_asked_for_comes_before_what_this_interpreter_has(notices: list[str]) -> None:
    wheel("tinydb", "99.0", "__version__ = 'asked for'")
    python = virtual_environment(["tinydb>=99"], [*OFFLINE, "--find-links=wheels"], notices.append)
    code = "import tinydb, dsnb, pandas; from importlib.metadata import version as v; "
    assert said(python, f"{code} print(tinydb.__version__, v('tinydb'), dsnb.__file__)") == (
        f"asked for 99.0 {sys.modules['dsnb'].__file__}"
    )
    assert "asked for" not in said(sys.executable, f"{code} print(tinydb.__version__)")
    assert notices == ["A virtual environment with tinydb>=99 is made, and kept for later runs."]


def test_it_is_made_once(notices: list[str]) -> None:
    path = wheel("breeze", "1.0", "SPEED = 3")
    first = virtual_environment([path], OFFLINE, notices.append)
    assert virtual_environment([path], OFFLINE, notices.append) == first
    assert said(first, "import breeze; print(breeze.SPEED)") == "3"
    assert (len(notices), len(made())) == (1, 1)


def test_a_package_that_changed_where_it_lies_makes_another(notices: list[str]) -> None:
    first = virtual_environment([wheel("breeze", "1.0", "SPEED = 3")], OFFLINE, notices.append)
    path = wheel("breeze", "1.0", "SPEED = 12345")
    second = virtual_environment([path], OFFLINE, notices.append)
    assert said(second, "import breeze; print(breeze.SPEED)") == "12345"
    assert said(first, "import breeze; print(breeze.SPEED)") == "3"  # a run may still use it


def test_a_file_of_requirements_is_looked_into(notices: list[str]) -> None:
    wheel("breeze", "1.0", "SPEED = 3")
    wheel("breeze", "2.0", "SPEED = 4")
    Path("more.txt").write_text("--find-links wheels\nbreeze==1.0  # light\n", encoding="utf-8")
    first = virtual_environment(["-r more.txt"], OFFLINE, notices.append)
    assert said(first, "import breeze; print(breeze.SPEED)") == "3"
    Path("more.txt").write_text("--find-links wheels\nbreeze==2.0  # fresh\n", encoding="utf-8")
    second = virtual_environment(["-r more.txt"], OFFLINE, notices.append)
    assert said(second, "import breeze; print(breeze.SPEED)") == "4"


def test_other_packages_of_this_interpreter_make_another(
    notices: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = virtual_environment([], [], notices.append)
    assert virtual_environment([], [], notices.append) == first
    (tmp_path / "site-packages" / "gust-2.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    # What pip left out because it was there may be another version now.
    assert virtual_environment([], [], notices.append) != first


def test_what_this_interpreter_has_is_not_installed_again(notices: list[str]) -> None:
    python = virtual_environment(["tinydb>=4"], OFFLINE, notices.append)  # nowhere to get it from
    assert said(python, "import tinydb; print(tinydb.__file__)") == said(
        sys.executable, "import tinydb; print(tinydb.__file__)"
    )


def test_an_environment_within_an_environment_sees_both(notices: list[str]) -> None:
    outer = virtual_environment([wheel("breeze", "1.0", "SPEED = 3")], OFFLINE, notices.append)
    make = "from dsnb.pipelines.environments import virtual_environment as v; print(v([], [], str))"
    inner = said(outer, make)
    assert inner not in (outer, said(sys.executable, make))
    assert said(inner, "import breeze, dsnb; print(breeze.SPEED)") == "3"


def test_pip_says_why_it_cannot(notices: list[str]) -> None:
    with pytest.raises(DsnbError, match=r"No matching distribution found for breeze\..*virtualenv"):
        virtual_environment(["breeze"], OFFLINE, notices.append)
    assert made() == []
    wheel("breeze", "1.0", "SPEED = 3")
    options = [*OFFLINE, "--find-links wheels"]
    assert virtual_environment(["breeze"], options, notices.append)


def test_no_password_stays_in_the_cache_or_is_told(
    notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_RETRIES", "0")
    index = "https://me:s3cret@127.0.0.1:9"
    path = wheel("breeze", "1.0", "SPEED = 3")
    virtual_environment([path], [*OFFLINE, f"--extra-index-url {index}/simple"], notices.append)
    for file in Path(os.environ["DSNB_CACHE"]).rglob("*"):
        assert not file.is_file() or b"s3cret" not in file.read_bytes()
    with pytest.raises(DsnbError, match="127") as failed:
        virtual_environment([f"gale @ {index}/gale-1.0.tar.gz"], OFFLINE, notices.append)
    assert "s3cret" not in f"{failed.value} {notices}"


def test_two_processes_at_once_make_it_once(tmp_path: Path) -> None:
    hold, begun = slow_package(tmp_path)
    first = making("./gale")
    wait_for(begun, first)
    second = making("./gale")
    time.sleep(0.3)
    hold.unlink()
    answers = [process.communicate(timeout=120) for process in (first, second)]
    lines = [answer.splitlines() for answer, _ in answers]
    assert sorted(map(len, lines)) == [1, 2], answers
    assert lines[0][-1] == lines[1][-1]
    assert len(made()) == 1


def test_one_that_was_killed_is_made_anew(tmp_path: Path, notices: list[str]) -> None:
    hold, begun = slow_package(tmp_path)
    process = making("./gale")
    wait_for(begun, process)
    process.kill()  # its pip lives on, and installs into what it was told to
    process.communicate(timeout=60)
    [broken] = made()
    hold.unlink()
    python = virtual_environment(["./gale"], OFFLINE, notices.append)
    assert said(python, "import gale; print(gale.SPEED)") == "10"
    assert not python.startswith(str(broken))


def test_ctrl_c_leaves_nothing(tmp_path: Path, notices: list[str]) -> None:
    hold, begun = slow_package(tmp_path)
    process = making("./gale")
    wait_for(begun, process)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert made() == []
    hold.unlink()
    python = virtual_environment(["./gale"], OFFLINE, notices.append)
    assert said(python, "import gale; print(gale.SPEED)") == "10"


def test_what_nobody_used_for_long_is_not_kept(notices: list[str]) -> None:
    old = virtual_environment([], [], notices.append)
    long_ago = time.time() - 90 * 24 * 3600
    for path in Path(os.environ["DSNB_CACHE"], "venvs").iterdir():
        os.utime(path, (long_ago, long_ago))
    new = virtual_environment([wheel("breeze", "1.0", "SPEED = 3")], OFFLINE, notices.append)
    assert not Path(old).exists()
    assert Path(new).exists()
    assert virtual_environment([], [], notices.append) != old
