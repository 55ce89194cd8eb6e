"""Environments: what a script needs around it, as files and in the workspace."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dsnb.azureml.core import Environment, Workspace
from dsnb.azureml.core.container_registry import ContainerRegistry
from dsnb.azureml.core.environment import DEFAULT_CPU_IMAGE
from dsnb.azureml.exceptions import UserErrorException
from tests.workbench import write

REGISTER = """
import sys
from dsnb.azureml.core import Environment, Workspace
env = Environment("training")
env.environment_variables = {"N": sys.argv[1]}
print(env.register(Workspace.from_config()).version)
"""


def full(name: str = "training") -> Environment:
    env = Environment(name)
    env.python.conda_dependencies.add_pip_package("lightgbm==4.5")
    env.python.interpreter_path = "python3.12"
    env.docker.enabled = True
    env.docker.base_dockerfile = "FROM scratch\nRUN true\n"
    env.docker.base_image = None
    env.docker.arguments = ["--gpus=all"]
    env.docker.base_image_registry = ContainerRegistry("registry.example", "me", "s3cret")
    env.environment_variables["THREADS"] = "2"
    return env


def same(one: Environment, other: Environment) -> bool:
    """Tell whether two environments ask for the same, passwords and names apart."""
    needs = one.python.conda_dependencies, other.python.conda_dependencies
    return (
        (needs[0].as_dict() if needs[0] else None) == (needs[1].as_dict() if needs[1] else None)
        and one.python.interpreter_path == other.python.interpreter_path
        and one.environment_variables == other.environment_variables
        and one.docker.base_dockerfile == other.docker.base_dockerfile
        and one.docker.arguments == other.docker.arguments
        and one.docker.base_image_registry.address == other.docker.base_image_registry.address
    )


def test_packages_come_from_files_of_conda_and_pip() -> None:
    path = write("environment.yml", "dependencies: [scipy, {pip: [lightgbm]}]")
    needs = Environment.from_conda_specification("training", path).python.conda_dependencies
    assert needs is not None
    assert ([*needs.conda_packages], [*needs.pip_packages]) == (["scipy"], ["lightgbm"])
    path = write(
        "requirements.txt", "# ours\nscipy>=1 \\\n  --hash=sha256:00\n\n-r more.txt\n--pre\n"
    )
    needs = Environment.from_pip_requirements("training", path, "24.0").python.conda_dependencies
    assert needs is not None
    assert [*needs.conda_packages] == ["pip=24.0"]
    assert [" ".join(one.split()) for one in needs.pip_packages] == ["scipy>=1 --hash=sha256:00"]
    assert [*needs.pip_options] == [f"-r {Path('more.txt').absolute()}", "--pre"]
    with pytest.raises(UserErrorException, match=r"none\.txt cannot be read"):
        Environment.from_pip_requirements("training", "none.txt")


def test_an_image_asks_for_no_packages_but_those_that_are_named() -> None:
    env = Environment.from_docker_image("training", "ubuntu", ContainerRegistry("r.example"))
    assert (env.docker.base_image, env.python.user_managed_dependencies) == ("ubuntu", True)
    path = write("Dockerfile", "FROM scratch")
    write("requirements.txt", "scipy")
    for dockerfile in (path, "FROM scratch"):
        env = Environment.from_dockerfile(
            "training", dockerfile, pip_requirements="requirements.txt"
        )
        assert (env.docker.base_dockerfile, env.docker.base_image) == ("FROM scratch", None)
        assert not env.python.user_managed_dependencies
    with pytest.raises(UserErrorException, match="not both"):
        Environment.from_docker_image("training", "ubuntu", None, "a.yml", "b.txt")


def test_what_has_no_meaning_is_not_kept_in_silence() -> None:
    env = Environment("training")
    for section, name in ((env, "spark"), (env.python, "packages"), (env.docker, "gpu")):
        with pytest.raises(AttributeError):
            setattr(section, name, True)
    with pytest.raises(TypeError, match="a text"):
        Environment(3)  # type: ignore[arg-type]


def test_a_copy_is_one_of_its_own() -> None:
    env = full()
    copy = env.clone("tuning")
    assert (copy.name, copy.version) == ("tuning", None)
    assert same(env, copy)
    copy.environment_variables["THREADS"] = "4"
    copy.python.conda_dependencies.add_pip_package("scipy")  # type: ignore[union-attr]
    assert same(env, full())
    with pytest.raises(UserErrorException, match="needs a name"):
        env.clone("")


def test_what_is_registered_is_found_by_name_and_version(ws: Workspace) -> None:
    first = full().register(ws)
    assert (first.name, first.version) == ("training", "1")
    assert full().register(ws).version == "1"  # the same is no new version
    changed = Environment.get(ws, "training")
    assert same(changed, full())
    changed.environment_variables["THREADS"] = "4"
    assert changed.register(ws).version == "2"
    assert Environment.get(ws, "training").environment_variables == {"THREADS": "4"}
    for version in ("1", 1):
        assert same(Environment.get(ws, "training", version), full())
    full("CON").register(ws)  # what Windows takes for a device
    assert {name: env.version for name, env in Environment.list(ws).items()} == {
        "CON": "1",
        "training": "2",
    }
    assert not any(b"s3cret" in path.read_bytes() for path in Path(".dsnb").rglob("*.json"))


def test_what_is_not_registered_is_told_so(ws: Workspace) -> None:
    assert Environment.list(ws) == {}
    full().register(ws)
    with pytest.raises(UserErrorException, match=r"no environment trainin .*mean training.*regis"):
        Environment.get(ws, "trainin")
    for version in ("2", "latest", 0, "01"):
        with pytest.raises(UserErrorException, match=f"no version {version}: it has 1"):
            Environment.get(ws, "training", version)
    with pytest.raises(UserErrorException, match="no labels"):
        Environment.get(ws, "training", label="latest")
    with pytest.raises(UserErrorException, match="cannot name a script's environment"):
        Environment.get(ws, "../training")
    with pytest.raises(UserErrorException, match="cannot name a script's environment"):
        Environment("../training").register(ws)


def test_processes_that_register_at_once_get_numbers_of_their_own(ws: Workspace) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", REGISTER, str(number)], stdout=subprocess.PIPE, text=True
        )
        for number in range(4)
    ]
    versions = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert sorted(versions) == ["1", "2", "3", "4"]
    for number, version in enumerate(versions):
        found = Environment.get(ws, "training", version)
        assert found.environment_variables == {"N": str(number)}


def test_a_folder_holds_it_as_files() -> None:
    full().save_to_directory("saved")
    assert same(Environment.load_from_directory("saved"), full())
    assert Path("saved/BaseDockerfile").read_text() == "FROM scratch\nRUN true\n"
    assert "s3cret" not in Path("saved/azureml_environment.json").read_text()
    with pytest.raises(UserErrorException, match="overwrite=True"):
        full().save_to_directory("saved")
    bare = Environment("bare")
    bare.python.conda_dependencies = None
    bare.save_to_directory("saved", overwrite=True)
    loaded = Environment.load_from_directory("saved")
    assert (loaded.name, loaded.docker.base_dockerfile) == ("bare", None)
    assert same(loaded, bare)


def test_what_the_retired_sdk_saved_is_read() -> None:
    theirs = {
        "name": "training",
        "version": None,
        "environmentVariables": {"THREADS": 2},
        "python": {
            "userManagedDependencies": True,
            "interpreterPath": "/opt/python",
            "condaDependenciesFile": None,
            "baseCondaEnvironment": None,
        },
        "docker": {
            "enabled": True,
            "baseImage": "ubuntu",
            "sharedVolumes": None,
            "shmSize": None,
            "arguments": [],
            "baseImageRegistry": {"address": "r.example", "username": None, "password": None},
            "platform": {"os": "Linux", "architecture": "amd64"},
        },
        "spark": {"repositories": [], "packages": [], "precachePackages": True},
        "r": None,
        "assetId": None,
    }
    write("theirs/azureml_environment.json", json.dumps(theirs))
    write("theirs/conda_dependencies.yml", "dependencies: [scipy]")
    env = Environment.load_from_directory("theirs")
    assert env.environment_variables == {"THREADS": "2"}
    assert (env.python.user_managed_dependencies, env.python.interpreter_path) == (
        True,
        "/opt/python",
    )
    assert env.python.conda_dependencies is not None
    assert [*env.python.conda_dependencies.conda_packages] == ["scipy"]
    assert (env.docker.enabled, env.docker.base_image, env.docker.shm_size) == (
        True,
        "ubuntu",
        None,
    )
    assert (env.docker.shared_volumes, env.docker.base_image_registry.address) == (
        True,
        "r.example",
    )
    assert Environment("other").docker.base_image == DEFAULT_CPU_IMAGE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"name": 3}',
        '{"name": "a", "python": []}',
        '{"name": "a", "python": {"interpreterPath": 3}}',
        '{"name": "a", "python": {"condaDependencies": "scipy"}}',
        '{"name": "a", "docker": {"enabled": "yes"}}',
        '{"name": "a", "environmentVariables": 3}',
        "[" * 100_000,
    ],
)
def test_a_damaged_folder_is_refused(text: str) -> None:
    write("saved/azureml_environment.json", text)
    with pytest.raises(UserErrorException):
        Environment.load_from_directory("saved")
    with pytest.raises(UserErrorException, match="cannot be read"):
        Environment.load_from_directory("none")
