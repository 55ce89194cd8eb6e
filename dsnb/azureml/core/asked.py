"""What a run configuration asks for: what is done here, and what only the cloud could do."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from dsnb.azureml.core.conda_dependencies import CondaDependencies
from dsnb.azureml.core.environment import Environment
from dsnb.azureml.core.environment_sections import DEFAULT_INTERPRETER, DockerSection
from dsnb.azureml.core.runconfig import (
    DEFAULT_ENVIRONMENT,
    LOCAL,
    LONGEST,
    DockerConfiguration,
    RunConfiguration,
)
from dsnb.azureml.exceptions import UserErrorException
from dsnb.pipelines.packages import (
    EDITABLE,
    NAMING_MORE,
    as_requirement,
    is_installed,
    named_file,
    package_name,
    without_passwords,
)

_SERVED = frozenset(
    {
        "azureml-core",
        "azureml-dataprep",
        "azureml-dataset-runtime",
        "azureml-defaults",
        "azureml-pipeline",
        "azureml-pipeline-core",
        "azureml-pipeline-steps",
        "azureml-sdk",
        "azureml-telemetry",
    }
)
"""The retired SDK's packages whose place dsnb.azureml takes; they are never installed."""
_TOOLS = frozenset({"python", "pip"})
"""What conda installs for its environment, and not for the script."""
_INSTALLING = (*EDITABLE, *NAMING_MORE)
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run configuration asks for.

    Attributes
    ----------
    recorded
        Everything that differs from the default, as short texts to be recorded on the run. No
        values of variables and no passwords are among them.
    warning
        What cannot be done here, and what is done instead; empty when all can be.
    variables
        What the script finds in ``os.environ``.
    packages
        What to install in a virtual environment; none when no such environment is asked for, or
        nothing for it.
    pip_options
        How to install it.
    interpreter
        The user's own interpreter; None is this one.
    """

    recorded: Mapping[str, str]
    warning: str
    variables: Mapping[str, str]
    packages: tuple[str, ...]
    pip_options: tuple[str, ...]
    interpreter: str | None


def settings_of(run_config: RunConfiguration | None) -> Settings:
    """Return what a run configuration asks for.

    Parameters
    ----------
    run_config
        The configuration; None asks for nothing.

    Raises
    ------
    UserErrorException
        When it asks for a virtual environment and for an interpreter that has everything, or for
        a variable that cannot be.

    Examples
    --------
    >>> run_config = RunConfiguration()
    >>> run_config.target = "cpu-cluster"
    >>> settings_of(run_config).recorded
    {'compute_target': 'cpu-cluster'}
    """
    config = run_config or RunConfiguration()
    env = config.environment or Environment(DEFAULT_ENVIRONMENT)
    managed, installing = env.python.user_managed_dependencies, config.use_virtualenv
    if managed and installing:
        raise UserErrorException(
            "use_virtualenv=True makes an environment, and user_managed_dependencies=True says "
            "that there is one. Set one of them to False."
        )
    # An interpreter that has everything is not asked for packages, and no other is named.
    needs = (None if managed else env.python.conda_dependencies) or CondaDependencies()
    path = env.python.interpreter_path if managed else DEFAULT_INTERPRETER
    interpreter = None if path == DEFAULT_INTERPRETER else shutil.which(path)
    pip = [*needs.pip_packages, *(one for one in needs.pip_options if _installs(one))]
    options = [one for one in needs.pip_options if not _installs(one)]
    variables = _variables(needs, env, config)

    unused = {**_of_the_cloud(config), **_of_a_container(config.docker, env.docker)}
    if not _is_this_python(needs):
        unused["python_version"] = needs.get_python_version()
    if interpreter is None and path != DEFAULT_INTERPRETER:
        unused["interpreter_path"] = path
    recorded = _texts(
        {
            **unused,
            "environment": "" if env.name == DEFAULT_ENVIRONMENT else _numbered(env),
            "environment_variables": ", ".join(variables),
            "user_managed_dependencies": managed,
            "interpreter_path": "" if path == DEFAULT_INTERPRETER else path,
            "use_virtualenv": installing,
            "python_version": needs.get_python_version(),
            "conda_packages": ", ".join(o for o in needs.conda_packages if not _is_python(o)),
            "conda_channels": ", ".join(needs.conda_channels),
            "pip_packages": ", ".join(pip),
            "pip_options": ", ".join(options),
        }
    )
    wanted = [one for one in pip if package_name(one) not in _SERVED]
    lacking = {
        "conda packages": [one for one in needs.conda_packages if not _has(one)],
        "pip packages": [] if installing else [one for one in wanted if not is_installed(one)],
    }
    told = [
        _unused_text({key: recorded[key] for key in _texts(unused)}, interpreter, installing),
        _lacking_text(lacking, installing),
    ]
    return Settings(
        recorded=recorded,
        warning=" ".join(filter(None, told)),
        variables=variables,
        packages=tuple(wanted) if installing else (),
        pip_options=tuple(options) if installing else (),
        interpreter=interpreter,
    )


def _texts(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return what is asked for as texts without passwords, and without what is not asked for."""
    return {
        key: without_passwords(str(value))
        for key, value in asked.items()
        if value is not None and value is not False and value != ""
    }


def _of_the_cloud(config: RunConfiguration) -> dict[str, Any]:
    """Return what is asked of the machines of the cloud."""
    default = RunConfiguration()
    asked: dict[str, Any] = {"compute_target": "" if config.target == LOCAL else config.target}
    for name in ("framework", "communicator", "priority"):
        if getattr(config, name) != getattr(default, name):
            asked[name] = getattr(config, name)
    for name in ("amlcompute", "mpi", "tensorflow", "pytorch"):
        asked |= _differences(getattr(config, name), getattr(default, name))
    if config.node_count != default.node_count:
        asked["node_count"] = config.node_count
    if config.max_run_duration_seconds not in (None, LONGEST):
        asked["max_run_duration_seconds"] = config.max_run_duration_seconds
    return asked


def _of_a_container(config: DockerConfiguration, section: DockerSection) -> dict[str, Any]:
    """Return what is asked of a container: by the configuration, else by its environment."""
    found = _differences(section, DockerSection())
    how = _differences(config, DockerConfiguration())
    # A Dockerfile is long, and the arguments may hold passwords.
    lines = (section.base_dockerfile or "").strip().splitlines()
    words = how.get("arguments") or found.get("arguments") or []
    return {
        "docker": config.use_docker or section.enabled,
        "base_image": found.get("base_image"),
        "base_dockerfile": lines[0] if lines else "",
        "base_image_registry": section.base_image_registry.address,
        "shm_size": how.get("shm_size", found.get("shm_size")),
        "shared_volumes": "" if config.shared_volumes and section.shared_volumes else "False",
        "docker_arguments": " ".join(
            str(word).partition("=")[0] for word in words if str(word).startswith("-")
        ),
    }


def _differences(section: Any, default: Any) -> dict[str, Any]:
    names = [one.name for one in fields(section)]
    return {
        name: getattr(section, name)
        for name in names
        if getattr(section, name) != getattr(default, name)
    }


def _variables(
    needs: CondaDependencies, env: Environment, config: RunConfiguration
) -> dict[str, str]:
    """Return the variables of a script: the configuration's win over its environment's."""
    of_conda = needs.as_dict().get("variables") or {}
    found = {
        **of_conda,
        **(env.environment_variables or {}),
        **(config.environment_variables or {}),
    }
    variables = {str(name): str(value) for name, value in found.items()}
    for name, value in variables.items():
        if not name or "=" in name or "\0" in name + value:
            raise UserErrorException(f"{name!r} cannot be an environment variable: rename it.")
    return variables


def _is_this_python(needs: CondaDependencies) -> bool:
    """Tell whether this is a Python that is asked for."""
    from packaging.requirements import Requirement

    asked = [as_requirement(one) for one in needs.conda_packages if _is_python(one)]
    return all(
        one and Requirement(one).specifier.contains(platform.python_version(), prereleases=True)
        for one in asked
    )


def _is_python(conda_package: str) -> bool:
    return package_name(conda_package) == "python"


def _has(conda_package: str) -> bool:
    return package_name(conda_package) in _TOOLS or is_installed(as_requirement(conda_package))


def _installs(option: str) -> bool:
    return named_file(option)[0] in _INSTALLING


def _numbered(env: Environment) -> str:
    return f"{env.name} version {env.version}" if env.version else env.name


def _unused_text(unused: Mapping[str, str], interpreter: str | None, installing: bool) -> str:
    if not unused:
        return ""
    names = [key if text == "True" else f"{key} {text}" for key, text in unused.items()]
    this = f"this Python, {platform.python_version()}"
    python = interpreter or (f"a virtual environment of {this}" if installing else this)
    return (
        f"{_listed(names, ' and ')} {'is' if len(names) == 1 else 'are'} not used: the script "
        f"runs on this machine, with {python}."
    )


def _lacking_text(lacking: Mapping[str, Sequence[str]], installing: bool) -> str:
    kinds = [f"{kind} {_listed(found)}" for kind, found in lacking.items() if found]
    if not kinds:
        return ""
    instead = (
        "ask for them as packages of pip, which are"
        if installing
        else "what this interpreter has is used; run_config.use_virtualenv = True makes a virtual "
        "environment with the packages of pip"
    )
    return without_passwords(f"Not installed: {'; '.join(kinds)} ({instead}).")


def _listed(names: Sequence[str], last: str = ", ") -> str:
    if len(names) > _SHOWN:
        return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
    return last.join(filter(None, (", ".join(names[:-1]), names[-1])))
