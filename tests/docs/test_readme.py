"""The README tells the truth: its blocks run, and its reference is that of the declarations."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import dsnb
from dsnb.commands.verbs import VERBS
from dsnb.workspace import Workspace
from tests.workbench import load

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
STORY = README.partition("## What it looks like")[2].partition("\n## ")[0]
# A block of input, and the block of output that follows it at once, if one does.
BLOCKS = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)

sys.path.insert(0, str(ROOT / "scripts"))


def test_the_blocks_run_and_show_what_is_written_below_them(
    weather: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = InteractiveShell()
    cells = BLOCKS.findall(STORY)
    assert len(cells) >= 5
    try:
        for code, shown in cells:
            capsys.readouterr()
            shell.run_cell(code, store_history=True).raise_error()
            if shown:
                assert_shows(capsys.readouterr().out, shown)
    finally:
        shell.run_cell("%unload_ext dsnb")


def assert_shows(output: str, shown: str) -> None:
    """Compare output with what the README shows; ``…`` stands for anything."""
    output = re.sub(r"^Out\[\d+\]: ?", "", output.strip(), flags=re.MULTILINE)
    output = re.sub(r"^This workspace begins here: .*\n", "", output).strip()
    wanted = re.escape(shown.strip()).replace("…", ".*")
    assert re.fullmatch(wanted, output, re.DOTALL), output


def test_the_drift_that_is_shown_is_the_drift_that_is_told(weather: Path) -> None:
    workspace = Workspace.create(".", (notices := []).append)
    dsnb.register("weather_ds", "data/Weather/week 27")
    dsnb.alias("weather_ds@1", "prod")
    dsnb.run.start("train-temp")
    dsnb.load("weather_ds@1")
    path = weather / "week 27" / "weather.csv"
    path.write_text(path.read_text(encoding="utf-8")[:43_100], encoding="utf-8")
    load(workspace, "weather_ds@1")
    assert_tells(r"```text\n(weather_ds@1 has drifted.*?)```", notices[0])
    dsnb.snapshot("weather_ds@1", remove=True)
    with pytest.raises(dsnb.DsnbError) as caught:
        dsnb.load("weather_ds@1")
    assert_tells(r"```text\nDriftError: (.*?)```", str(caught.value))


def assert_tells(block: str, told: str) -> None:
    """Compare what is told with a block of the README, in which any time may be named."""
    shown = re.search(block, STORY, re.DOTALL)
    assert shown is not None
    anything = r"(\d+ \w+ ago|just now)"
    wanted = re.sub(r"\d+\\? \w+\\? ago", anything.replace("\\", "\\\\"), re.escape(flat(shown[1])))
    assert re.fullmatch(wanted, flat(told)), told


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_reference_is_that_of_the_declarations() -> None:
    import reference

    assert reference.with_reference(README) == README, "run `make reference`"


def test_every_verb_and_option_is_documented() -> None:
    for verb in VERBS.values():
        for name, each in [(verb.name, verb)] + [
            (f"{verb.name} {below}", one) for below, one in verb.verbs.items()
        ]:
            assert f"### `{name}`" in README
            assert each.help.summary.endswith("."), name
            assert each.help.examples, f"{name} has no example"
            section = README.partition(f"### `{name}`\n")[2].partition("\n### ")[0]
            for argument in each.arguments:
                assert argument.help, f"{name}: {argument.name} has no help"
                assert argument.help in section
                assert (argument.flag or argument.arg.metavar) in section


def test_every_promise_names_the_test_that_proves_it() -> None:
    promises = README.partition("## What dsnb promises")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| **")]
    assert len(rows) >= 10
    for row in rows:
        named = re.findall(r"`([^`]+)::(test_\w+)`", row)
        assert named, row
        file = ""
        for place, test in named:
            file = file if place == "…" else place
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), test


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"])
def test_the_documents_that_the_readme_names_are_there(name: str) -> None:
    assert f"({name})" in README
    assert len((ROOT / name).read_text(encoding="utf-8")) > 400


def test_make_lists_what_it_makes() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "lab", "check", "bench"):
        assert re.search(rf"^  make {target} +\w", listed, re.MULTILINE), listed
        assert f"make {target}" in README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
