"""Run configurations and scripts: what is asked for, what of it is done, and what is told."""

import platform
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnb.azureml.core import Datastore, Environment, RunConfiguration, ScriptRunConfig
from dsnb.azureml.core.asked import settings_of
from dsnb.azureml.core.runconfig import (
    DEFAULT_CPU_IMAGE,
    CondaDependencies,
    DockerConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    TensorflowConfiguration,
)
from dsnb.azureml.data.datapath import DataPath
from dsnb.azureml.exceptions import UserErrorException
from tests.workbench import write

THIS = platform.python_version()


def asking_for(**packages: list[str]) -> RunConfiguration:
    return RunConfiguration(conda_dependencies=CondaDependencies.create(**packages))


@pytest.fixture
def script() -> Path:
    return write("code/train.py", "print('trained')")


# What is asked for


def test_nothing_asked_for_is_nothing_to_tell() -> None:
    untouched = Environment("default-environment")
    untouched.docker.base_image = DEFAULT_CPU_IMAGE
    config = RunConfiguration()
    config.environment = untouched
    config.auto_prepare_environment = True
    for asked in (None, RunConfiguration(), config):
        settings = settings_of(asked)
        assert (settings.recorded, settings.warning) == ({}, "")
        assert (settings.variables, settings.packages, settings.interpreter) == ({}, (), None)


def test_what_only_the_cloud_could_do_is_recorded_and_told_once() -> None:
    config = RunConfiguration(framework="PyTorch", communicator="Nccl")
    config.target = "gpu-cluster"
    config.node_count = 4
    config.amlcompute.vm_size = "STANDARD_D2"
    config.docker = DockerConfiguration(use_docker=True)
    config.environment = Environment("training")
    config.environment.docker.base_image = "ubuntu"
    settings = settings_of(config)
    assert settings.recorded == {
        "compute_target": "gpu-cluster",
        "framework": "PyTorch",
        "communicator": "Nccl",
        "vm_size": "STANDARD_D2",
        "node_count": "4",
        "docker": "True",
        "base_image": "ubuntu",
        "environment": "training",
    }
    assert settings.warning == (
        "compute_target gpu-cluster, framework PyTorch, communicator Nccl, vm_size STANDARD_D2, "
        "node_count 4, docker and 1 more are not used: the script runs on this machine, with this "
        f"Python, {THIS}."
    )


CLOUD = {
    "priority": lambda config: setattr(config, "priority", 0),
    "max_run_duration_seconds": lambda config: setattr(config, "max_run_duration_seconds", 60),
    "process_count_per_node": lambda config: setattr(config, "mpi", MpiConfiguration(4)),
    "worker_count": lambda config: setattr(config, "tensorflow", TensorflowConfiguration(2)),
    "process_count": lambda config: setattr(config, "pytorch", PyTorchConfiguration("Gloo", 2)),
    "vm_priority": lambda config: setattr(config.amlcompute, "vm_priority", "lowpriority"),
    "docker": lambda config: setattr(config.environment.docker, "enabled", True),
    "shm_size": lambda config: setattr(config.docker, "shm_size", "4g"),
    "shared_volumes": lambda config: setattr(config.docker, "shared_volumes", False),
    "docker_arguments": lambda config: config.docker.arguments.append("--gpus=all"),
    "base_dockerfile": lambda config: setattr(
        config.environment.docker, "base_dockerfile", "FROM ubuntu\nRUN true"
    ),
    "base_image_registry": lambda config: setattr(
        config.environment.docker.base_image_registry, "address", "r.example"
    ),
    "python_version": lambda config: (
        config.environment.python.conda_dependencies.set_python_version("3.6")
    ),
}


@pytest.mark.parametrize("key", CLOUD)
def test_nothing_is_passed_over_in_silence(key: str) -> None:
    config = RunConfiguration()
    CLOUD[key](config)
    settings = settings_of(config)
    assert key in settings.recorded
    assert key in settings.warning
    assert "\n" not in settings.warning


def test_packages_that_are_there_need_no_word() -> None:
    config = asking_for(
        conda_packages=["pandas>=2", "pip=20.1", "no-such=1.2"],
        pip_packages=["azureml-defaults", "azureml-core==1.61", "tinydb", "lightgbm==0.0.1"],
    )
    settings = settings_of(config)
    assert settings.warning == (
        "Not installed: conda packages no-such=1.2; pip packages lightgbm==0.0.1 (what this "
        "interpreter has is used; run_config.use_virtualenv = True makes a virtual environment "
        "with the packages of pip)."
    )
    assert settings.recorded["conda_packages"] == "pandas>=2, pip=20.1, no-such=1.2"
    assert settings.recorded["pip_packages"].startswith("azureml-defaults, azureml-core==1.61, ")
    assert settings.packages == ()


def test_packages_of_pip_are_handed_over_to_be_installed() -> None:
    config = asking_for(pip_packages=["azureml_defaults", "lightgbm==0.0.1"])
    needs = config.environment.python.conda_dependencies
    assert needs is not None
    for option in ("--no-index", "-e ./weather"):
        needs.set_pip_option(option)
    config.use_virtualenv = True
    settings = settings_of(config)
    assert settings.packages == ("lightgbm==0.0.1", "-e ./weather")
    assert settings.pip_options == ("--no-index",)
    assert settings.warning == ""
    needs.add_conda_package("no-such")
    assert settings_of(config).warning == (
        "Not installed: conda packages no-such (ask for them as packages of pip, which are)."
    )
    assert settings_of(RunConfiguration(use_virtualenv=True)).packages == ()


@pytest.mark.parametrize("version", [THIS, THIS.rpartition(".")[0]])
def test_this_python_is_a_python_that_was_asked_for(version: str) -> None:
    settings = settings_of(asking_for(python_version=version))  # type: ignore[arg-type]
    assert (settings.recorded, settings.warning) == ({"python_version": version}, "")


def test_an_interpreter_of_the_users_own_is_used() -> None:
    config = asking_for(pip_packages=["lightgbm==0.0.1"], python_version="3.6")  # type: ignore[arg-type]
    config.environment.python.user_managed_dependencies = True
    assert settings_of(config).interpreter is None
    assert settings_of(config).warning == ""  # it is to have everything
    config.environment.python.interpreter_path = sys.executable
    assert settings_of(config).interpreter == sys.executable
    assert settings_of(config).warning == ""
    config.target = "cpu-cluster"
    assert settings_of(config).warning.endswith(f"on this machine, with {sys.executable}.")
    config.environment.python.interpreter_path = "/none/python"
    assert settings_of(config).interpreter is None
    assert "interpreter_path /none/python are not used" in settings_of(config).warning
    config.use_virtualenv = True
    with pytest.raises(UserErrorException, match="Set one of them to False"):
        settings_of(config)


def test_variables_of_the_configuration_win() -> None:
    config = asking_for()
    config.environment.python.conda_dependencies = CondaDependencies(
        write("environment.yml", "variables: {A: 1, B: 1, C: 1}")
    )
    config.environment.environment_variables = {"B": "2", "C": "2"}
    config.environment_variables = {"C": 3}  # type: ignore[dict-item]
    settings = settings_of(config)
    assert settings.variables == {"A": "1", "B": "2", "C": "3"}
    assert settings.recorded["environment_variables"] == "A, B, C"
    assert settings.warning == ""
    config.environment_variables = {"A=B": "1"}
    with pytest.raises(UserErrorException, match="cannot be an environment variable"):
        settings_of(config)


def test_no_secret_is_recorded_or_told() -> None:
    config = asking_for(pip_packages=["gale @ git+https://s3cret@example.org/gale"])
    needs = config.environment.python.conda_dependencies
    assert needs is not None
    needs.set_pip_index_url("https://me:s3cret@example.org/simple")
    config.environment_variables["TOKEN"] = "s3cret"
    config.docker.arguments = ["-e", "TOKEN=s3cret", "--env=TOKEN=s3cret"]
    config.environment.docker.base_image_registry.password = "s3cret"
    settings = settings_of(config)
    assert "s3cret" not in f"{settings.recorded} {settings.warning}"
    assert "gale" in settings.warning
    config.use_virtualenv = True
    assert "s3cret" in settings_of(config).pip_options[0]  # pip is to get in


@given(
    st.dictionaries(st.sampled_from(["framework", "communicator"]), st.text(max_size=20)),
    st.lists(st.text(min_size=1, max_size=12).filter(lambda name: name.strip() != "")),
)
def test_any_text_is_recorded(asked: dict[str, str], packages: list[str]) -> None:
    config = RunConfiguration(**asked)  # type: ignore[arg-type]
    for package in packages:
        if not package.startswith("-"):
            config.environment.python.conda_dependencies.add_pip_package(  # type: ignore[union-attr]
                package
            )
    settings = settings_of(config)
    assert all(isinstance(text, str) and text for text in settings.recorded.values())
    kept = {key: value for key, value in asked.items() if value not in ("", "Python", "None")}
    assert kept.keys() <= settings.recorded.keys()
    assert bool(kept) <= bool(settings.warning)


# Run configurations


def test_what_has_no_meaning_is_refused() -> None:
    config = RunConfiguration()
    for name in ("spark", "history", "use_virtualenvs"):
        with pytest.raises(AttributeError):
            setattr(config, name, True)
    with pytest.raises(UserErrorException, match="no computer to run on"):
        config.target = 3  # type: ignore[assignment]
    config.target = SimpleNamespace(name="cpu-cluster")  # type: ignore[assignment]
    assert config.target == "cpu-cluster"
    with pytest.raises(UserErrorException, match="Nccl or Gloo"):
        PyTorchConfiguration("Mpi")


# Scripts


def test_a_script_takes_what_its_run_configuration_says(script: Path) -> None:
    config = RunConfiguration("train.py", ["--epochs", "3"])
    assert ScriptRunConfig("code", run_config=config).script == "train.py"
    assert ScriptRunConfig("code", run_config=config).arguments == ["--epochs", "3"]
    assert ScriptRunConfig("code", "./train.py", ["--fast"], config).arguments == ["--fast"]
    assert ScriptRunConfig("code", "train.py", "--name 'a b'").arguments == ["--name", "a b"]
    config = RunConfiguration(command="ls -l")
    assert ScriptRunConfig("code", run_config=config).command == "ls -l"
    assert ScriptRunConfig(None, command=["ls"]).source_directory == "."


def test_a_script_is_named_within_its_folder(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("train.py", "./train.py", "../code/train.py", str(script.absolute())):
        assert ScriptRunConfig("code", name).script == "train.py"
    monkeypatch.setenv("HOME", str(Path.cwd()))
    assert ScriptRunConfig("~/code", "train.py").source_directory == str(Path.cwd() / "code")


def test_what_stands_beside_a_run_configuration_becomes_one(script: Path) -> None:
    env = Environment("training")
    made = ScriptRunConfig(
        "code",
        "train.py",
        compute_target="cpu-cluster",
        environment=env,
        distributed_job_config=MpiConfiguration(2, 3),
        max_run_duration_seconds=60,
        docker_runtime_config=DockerConfiguration(True),
    ).run_config
    assert made.environment is env
    assert settings_of(made).recorded == {
        "compute_target": "cpu-cluster",
        "communicator": "IntelMpi",
        "process_count_per_node": "2",
        "node_count": "3",
        "max_run_duration_seconds": "60",
        "docker": "True",
        "environment": "training",
    }
    for job, framework, nodes in (
        (PyTorchConfiguration("Gloo", 4, 2), "PyTorch", 2),
        (TensorflowConfiguration(5), "TensorFlow", 5),
    ):
        made = ScriptRunConfig("code", "train.py", distributed_job_config=job).run_config
        assert (made.framework, made.node_count) == (framework, nodes)
    assert settings_of(ScriptRunConfig("code", "train.py").run_config).recorded == {}


def test_what_a_run_configuration_says_is_not_said_beside_it(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = RunConfiguration()
    made = ScriptRunConfig("code", "train.py", run_config=config, compute_target="cpu-cluster")
    assert (made.run_config, made.run_config.target) == (config, "local")
    assert capsys.readouterr().err == (
        "dsnb: compute_target: not used, as run_config says it. Set it there.\n"
    )


def test_a_run_goes_on_from_where_another_left_off(script: Path, store: Datastore) -> None:
    made = ScriptRunConfig("code", "train.py", ["-v"], resume_from=DataPath(store, "outputs/1"))
    assert made.arguments == ["-v", "--resume-from", str(Path.cwd() / "outputs" / "1")]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"source_directory": "none", "script": "train.py"}, "There is no folder none"),
        ({"source_directory": "code"}, "There is no script to run"),
        ({"source_directory": "code", "script": "trian.py"}, "Did you mean train.py"),
        ({"source_directory": "code", "script": "../other.py"}, "lies outside code"),
        ({"source_directory": "code", "script": "train.py", "command": "ls"}, "a command, and a"),
        ({"source_directory": "code", "arguments": [1], "command": "ls"}, "a command, and a"),
        (
            {"source_directory": "code", "script": "train.py", "arguments": 3},
            "arguments: 3 is no list",
        ),
        ({"source_directory": "code", "run_config": "local"}, "'local' is no RunConfiguration"),
        ({"source_directory": "code", "environment": "training"}, "'training' is no Environment"),
        ({"source_directory": "code", "distributed_job_config": 4}, "4 is no MpiConf"),
        ({"source_directory": "code", "resume_from": "outputs"}, "'outputs' is no DataPath"),
    ],
)
def test_what_cannot_be_run_is_refused(script: Path, asked: dict[str, object], why: str) -> None:
    with pytest.raises(UserErrorException, match=why):
        ScriptRunConfig(**asked)  # type: ignore[arg-type]


def test_what_became_wrong_since_is_refused_again(script: Path) -> None:
    made = ScriptRunConfig("code", "train.py")
    made.check()
    script.unlink()
    with pytest.raises(UserErrorException, match=r"no script train\.py in code"):
        made.check()
