"""What importing costs, and what can be imported."""

import importlib
import subprocess
import sys

import pytest

from tests.test_public_names import HEAVY

MODULES = [
    "core",
    "core.conda_dependencies",
    "core.container_registry",
    "core.dataset",
    "core.datastore",
    "core.environment",
    "core.runconfig",
    "core.script_run_config",
    "core.workspace",
    "data",
    "data.dataset_consumption_config",
    "data.dataset_error_handling",
    "data.dataset_factory",
    "data.datapath",
    "data.data_reference",
    "data.file_dataset",
    "data.tabular_dataset",
    "exceptions",
]


def imported(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {*done.stdout.split()}


@pytest.mark.parametrize("module", MODULES)
def test_the_module_paths_are_those_of_the_retired_sdk(module: str) -> None:
    importlib.import_module(f"dsnb.azureml.{module}")


def test_importing_dsnb_leaves_these_calls_alone() -> None:
    assert not {name for name in imported("import dsnb; dsnb.load") if "azureml" in name}


def test_importing_these_calls_imports_nothing_heavy() -> None:
    everything = "; ".join(f"import dsnb.azureml.{module}" for module in MODULES)
    assert not imported(everything) & {*HEAVY}
