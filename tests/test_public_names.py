"""The names that users write, and what importing them costs."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import dsnb
from dsnb.commands.declaring import Verb
from dsnb.commands.verbs import VERBS

HEAVY = ("pandas", "numpy", "pyarrow", "ipywidgets", "polars", "duckdb", "dask", "tinydb")


def test_the_public_names() -> None:
    assert dsnb.__all__ == [
        "DsnbError", "Workspace", "__version__", "alias", "annotate", "bisect", "config",
        "datastore", "delete", "deprecate", "diff", "doctor", "export", "gc", "import_", "init",
        "lineage", "list", "load", "load_ipython_extension", "migrate", "model", "models",
        "overlap", "pick", "pipeline", "register", "rename", "rerun", "restore", "run", "runs",
        "show", "snapshot", "status", "step", "tag", "trace", "unload_ipython_extension", "verify",
        "verify_notebook", "versions",
    ]  # fmt: skip
    assert dir(dsnb) == sorted(dsnb.__all__)


def test_every_name_can_be_had() -> None:
    for name in dsnb.__all__:
        assert getattr(dsnb, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'regster'"):
        dsnb.regster  # noqa: B018


def test_every_verb_is_a_function_here() -> None:
    for verb in VERBS.values():
        assert verb.python_name in dsnb.__all__
        assert getattr(dsnb, verb.python_name) is verb


@pytest.mark.parametrize(
    "name",
    [
        *(verb.python_name for verb in VERBS.values()),
        "run.start",
        "run.tag",
        "run.show",
        "datastore.add",
    ],
)
def test_a_verb_explains_itself(name: str) -> None:
    verb: object = dsnb
    for part in name.split("."):
        verb = getattr(verb, part)
    assert isinstance(verb, Verb)
    assert verb.help.summary.endswith(".")
    signature = inspect.signature(verb)
    assert "call" not in signature.parameters
    for argument in verb.arguments:
        assert argument.help, f"{name}: {argument.name} is not explained"
    assert verb.help.examples


def test_no_module_takes_the_place_of_a_function() -> None:
    for module in pkgutil.walk_packages(dsnb.__path__, "dsnb."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for verb in VERBS.values():
        assert isinstance(getattr(dsnb, verb.python_name), Verb)
    assert not {module.name for module in pkgutil.iter_modules(dsnb.__path__)} & {*dsnb.__all__}


@pytest.mark.parametrize(
    "code",
    [
        "import dsnb",
        "import dsnb; dsnb.register, dsnb.Workspace, dsnb.DsnbError",
        "from IPython.core.interactiveshell import InteractiveShell as Shell\n"
        "Shell.instance().extension_manager.load_extension('dsnb')",
    ],
)
def test_importing_and_loading_the_extension_import_nothing_heavy(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print({{*sys.modules}} & {{*{HEAVY}}})"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "set()"
