"""Loading the extension, once or again, and taking it away."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from dsnb.session.notebook import NOTEBOOK
from dsnb.workspace import Workspace
from tests.kernels import Kernel, started

HOOKS = (
    "(sum(matcher.__name__ == 'complete_ds' for matcher in ip.Completer.custom_matchers),"
    " sum(len(callbacks) for callbacks in ip.events.callbacks.values()),"
    " 'ds' in ip.magics_manager.magics['line'])"
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel that has not loaded the extension."""
    with started(tmp_path_factory.mktemp("plain")) as kernel:
        kernel.do("ip = get_ipython()")
        yield kernel


def test_loading_adds_the_hooks_and_unloading_takes_all_of_them_away(plain: Kernel) -> None:
    before = plain.evaluate(HOOKS)
    assert before[0] == 0
    plain.do("%load_ext dsnb")
    loaded = plain.evaluate(HOOKS)
    assert loaded == (1, before[1] + 2, True)
    assert "already loaded" in plain.do("%load_ext dsnb").streamed
    assert plain.evaluate(HOOKS) == loaded
    plain.do("import dsnb; dsnb.load_ipython_extension(ip)")
    assert plain.evaluate(HOOKS) == loaded
    plain.do("%reload_ext dsnb")
    assert plain.evaluate(HOOKS) == loaded
    plain.do("%ds")
    plain.do("%unload_ext dsnb")
    assert plain.evaluate(HOOKS) == before
    plain.do("dsnb.unload_ipython_extension(ip)")
    assert "`%ds` not found" in plain.do("%ds list").streamed + str(plain.run("%ds").messages)


def test_reloading_goes_on_with_the_same_run(plain: Kernel) -> None:
    plain.do("%reload_ext dsnb")
    plain.do('%ds register weather_ds "data/Weather/week 27"')
    run = "__import__('dsnb').run().run.id"
    before = plain.evaluate(run)
    plain.do("%reload_ext dsnb\n%ds load weather_ds@1")
    plain.do("%ds load weather_ds@1")
    assert plain.evaluate(run) == before


def test_the_magic_explains_itself(plain: Kernel) -> None:
    plain.do("%reload_ext dsnb")
    (page,) = plain.run("%ds?").reply["payload"]
    assert "Register, load and compare versions" in page["data"]["text/plain"]


def test_a_terminal_shows_changes_and_answers_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    lines = [
        "%load_ext dsnb",
        "%ds register prices a.csv",
        "made = %ds alias prices@1 prod",
        "%ds versions prices",
        "%ds load prizes",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--colors=NoColor", "--no-banner"],
        input="\n".join(lines),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    out = done.stdout
    assert out.count("prices@1  registered") == 1
    assert out.count("alias prod points to it now") == 1
    assert out.count("holds") == 1
    assert out.count("There is no dataset prizes. Did you mean prices?") == 1
    assert "Traceback" not in out + done.stderr


def test_the_cell_that_loads_the_extension_counts_as_a_cell() -> None:
    Path("a.csv").write_text("a\n1\n", encoding="utf-8")
    shell = InteractiveShell()
    shell.run_cell("1 + 1", store_history=True).raise_error()
    shell.run_cell("%load_ext dsnb\n%ds register a a.csv", store_history=True).raise_error()
    assert NOTEBOOK.cell is None
    [run] = Workspace.find().runs().values()
    shell.run_cell("%unload_ext dsnb")
    assert run.outputs[0].cells == (2,)


def test_an_extension_that_is_loaded_outside_a_cell_begins_none() -> None:
    shell = InteractiveShell()
    shell.extension_manager.load_extension("dsnb")
    assert NOTEBOOK.cell is None
    shell.extension_manager.unload_extension("dsnb")
