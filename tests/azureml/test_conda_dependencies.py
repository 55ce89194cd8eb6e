"""Packages that a script asks for, and conda's files of them."""

import ast
import inspect
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dsnb.azureml.core import conda_dependencies
from dsnb.azureml.core.conda_dependencies import CondaDependencies
from dsnb.azureml.exceptions import UserErrorException
from tests.workbench import write

FILE = """\
name: training
channels:
- conda-forge
dependencies:
- python=3.8
- scipy>=1.9
- pip
- pip:
  - --extra-index-url https://example.org/simple
  - lightgbm==4.5
variables:
  THREADS: "2"
"""


def test_nothing_is_asked_for_at_first() -> None:
    for needs in (CondaDependencies(), CondaDependencies.create()):
        assert [*needs.conda_packages, *needs.pip_packages, *needs.conda_channels] == []
        assert needs.get_python_version() is None
        assert needs.as_dict() == {"name": "project_environment"}


def test_a_file_is_read_and_written_as_it_is() -> None:
    needs = CondaDependencies(write("environment.yml", FILE))
    assert [*needs.conda_channels] == ["conda-forge"]
    assert [*needs.conda_packages] == ["python=3.8", "scipy>=1.9", "pip"]
    assert [*needs.pip_packages] == ["lightgbm==4.5"]
    assert [*needs.pip_options] == ["--extra-index-url https://example.org/simple"]
    assert needs.get_python_version() == "3.8"
    assert needs.save("again.yml") == "again.yml"
    assert yaml.safe_load(Path("again.yml").read_text()) == yaml.safe_load(FILE)
    assert needs.save_to_file(".") == ".azureml/auto_conda_dependencies.yml"
    assert Path(".azureml/auto_conda_dependencies.yml").read_text() == needs.serialize_to_string()


NAMES = st.sampled_from(["scipy", "scikit-learn", "pandas"])
CHANGES = st.lists(
    st.tuples(st.sampled_from(["add", "remove"]), NAMES, st.sampled_from(["", "==1.0", ">=2"])),
    max_size=8,
)


@given(CHANGES)
def test_of_each_package_of_pip_the_last_word_counts(changes: list[tuple[str, str, str]]) -> None:
    needs, known = CondaDependencies(), dict[str, str]()
    for change, name, version in changes:
        known.pop(name, None)
        if change == "add":
            needs.add_pip_package(name.replace("-", "_") + version)
            known[name] = name.replace("-", "_") + version
        else:
            needs.remove_pip_package(name)
    assert [*needs.pip_packages] == [*known.values()]
    written = CondaDependencies(write("written.yml", needs.serialize_to_string()))
    assert written.as_dict() == needs.as_dict()


def test_packages_of_conda_and_channels_come_and_go() -> None:
    needs = CondaDependencies.create(conda_packages=["scipy", "pandas"], python_version="3.9")
    needs.add_conda_package("scipy")
    needs.remove_conda_package("pandas")
    assert [*needs.conda_packages] == ["python=3.9", "scipy"]
    needs.add_conda_package("python>=3.12,<4")
    assert needs.get_python_version() == "3.12"
    needs.set_python_version("3.13")
    assert [*needs.conda_packages] == ["python=3.13", "scipy"]
    with pytest.raises(UserErrorException, match="needs Python"):
        needs.remove_conda_package("python=3.13")
    needs.add_channel("conda-forge")
    needs.add_channel("conda-forge")
    assert [*needs.conda_channels] == ["conda-forge"]
    needs.remove_channel("conda-forge")
    assert [*needs.conda_channels] == []


def test_an_option_of_pip_has_one_value() -> None:
    needs = CondaDependencies.create(pip_indexurl="https://example.org/a", pip_packages=["scipy"])
    needs.set_pip_index_url("--index-url https://example.org/b")
    needs.set_pip_option("--pre")
    assert [*needs.pip_options] == ["--index-url https://example.org/b", "--pre"]
    needs.remove_pip_option("--index-url")
    assert [*needs.pip_options] == ["--pre"]
    needs.set_pip_requirements(["pandas", "--no-index"])
    assert ([*needs.pip_packages], [*needs.pip_options]) == (["pandas"], ["--no-index"])
    with pytest.raises(UserErrorException, match="is an option of pip"):
        needs.add_pip_package("--pre")
    with pytest.raises(UserErrorException, match="no option of pip"):
        needs.set_pip_option("scipy")


def test_paths_in_a_file_start_from_its_folder() -> None:
    write("project/more.txt", "scipy")
    path = write("project/environment.yml", "dependencies: [{pip: [-r more.txt, -e .]}]")
    assert [*CondaDependencies(path).pip_options] == [
        f"-r {Path('project/more.txt').absolute()}",
        f"-e {Path('project').absolute()}",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- scipy", "has no keys"),
        ("packages: [scipy]", "packages cannot stand there"),
        ("dependencies: scipy=1", "dependencies is a list of texts, and not 'scipy=1'"),
        ("dependencies: 3", "list of texts, and not 3"),
        ("dependencies: [3]", "list of texts, and not"),
        ("dependencies: [{npm: [left-pad]}]", "list of texts"),
        ("channels: conda-forge", "channels is a list of texts"),
        ("dependencies: [{pip: scipy}]", "pip is a list of texts"),
        ("name: [unclosed", "is no YAML"),
        ("[" * 5000, "is no YAML"),
        ("when: 2026-99-99", "is no YAML"),
    ],
)  # fmt: skip
def test_another_file_is_refused(text: str, why: str) -> None:
    path = write("environment.yml", text)
    with pytest.raises(UserErrorException, match=why):
        CondaDependencies(path)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UserErrorException, match=r"none\.yml cannot be read"):
        CondaDependencies("none.yml")
    with pytest.raises(UserErrorException, match="Name the file"):
        CondaDependencies().save()
    with pytest.raises(UserErrorException, match="in no folder that is there"):
        CondaDependencies().save("none/environment.yml")
    with pytest.raises(UserErrorException, match="names no package"):
        CondaDependencies.create(pip_packages=[3])  # type: ignore[list-item]


def test_a_file_runs_nothing() -> None:
    path = write("environment.yml", "name: !!python/object/apply:os.mkdir [trapped]")
    with pytest.raises(UserErrorException, match="is no YAML"):
        CondaDependencies(path)
    assert not os.path.exists("trapped")
    called = {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(conda_dependencies)))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "yaml"
    }
    assert called == {"safe_load", "safe_dump", "YAMLError"}
    assert not re.search(r"from yaml|yaml\s+as|\w = yaml\b", inspect.getsource(conda_dependencies))
