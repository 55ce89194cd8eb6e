"""`Environment`: what a script needs around it, named, and kept in the workspace."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsnb.azureml.calling import local_workspace, sdk_call
from dsnb.azureml.core.conda_dependencies import CondaDependencies
from dsnb.azureml.core.container_registry import ContainerRegistry
from dsnb.azureml.core.environment_sections import (
    DEFAULT_CPU_IMAGE,
    DEFAULT_GPU_IMAGE,
    DockerSection,
    PythonSection,
    as_read,
    as_written,
)
from dsnb.azureml.exceptions import UserErrorException
from dsnb.catalog.locking import locked
from dsnb.errors import did_you_mean, first_line, writing
from dsnb.pipelines.packages import anchored
from dsnb.refs import check_name
from dsnb.storage import definitions
from dsnb.storage.atomic import make_folder, write_atomically

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "DockerSection",
    "Environment",
    "PythonSection",
]
_DEFINITION = "azureml_environment.json"
_CONDA = "conda_dependencies.yml"
_DOCKERFILE = "BaseDockerfile"
_PATIENCE = 30.0
_KIND = "script's environment"


@dataclass(slots=True)
class Environment:
    """What a script needs around it.

    Parameters
    ----------
    name
        Its name.

    Attributes
    ----------
    version
        The number, as a text, that it has in the workspace; None when it is not from there.
    python
        Which Python, with which packages.
    docker
        Which container; here it is recorded, and not used.
    environment_variables
        What the script finds in ``os.environ``.

    Examples
    --------
    >>> env = Environment("training")
    >>> env.python.conda_dependencies.add_pip_package("lightgbm==4.5")
    >>> env.clone("tuning")
    <environment tuning>
    """

    name: str
    version: str | None = field(default=None, init=False)
    python: PythonSection = field(default_factory=PythonSection, init=False)
    docker: DockerSection = field(default_factory=DockerSection, init=False)
    environment_variables: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"An environment's name is a text, and not {self.name!r}.")

    @staticmethod
    def from_conda_specification(name: str, file_path: str | os.PathLike[str]) -> Environment:
        """Return an environment with the packages of a conda environment file.

        Parameters
        ----------
        name
            Its name.
        file_path
            The file; the pip options ``-r``, ``-c`` and ``-e`` in it start from its folder.
        """
        env = Environment(name)
        env.python.conda_dependencies = CondaDependencies(file_path)
        return env

    @staticmethod
    @sdk_call()
    def from_pip_requirements(
        name: str, file_path: str | os.PathLike[str], pip_version: str | None = None
    ) -> Environment:
        """Return an environment with the packages of a requirements file of pip's.

        Parameters
        ----------
        name
            Its name.
        file_path
            The file; the options ``-r``, ``-c`` and ``-e`` in it start from its folder.
        pip_version
            A version of pip, which is recorded only.
        """
        env = Environment(name)
        needs = CondaDependencies()
        folder = os.path.dirname(os.path.abspath(file_path))
        text = _text_of(file_path).replace("\\\n", " ")
        lines = [line.strip() for line in text.splitlines()]
        needs.set_pip_requirements(
            anchored(line, folder) for line in lines if line and not line.startswith("#")
        )
        if pip_version:
            needs.add_conda_package(f"pip={pip_version}")
        env.python.conda_dependencies = needs
        return env

    @staticmethod
    @sdk_call()
    def from_docker_image(
        name: str,
        image: str,
        container_registry: ContainerRegistry | None = None,
        conda_specification: str | None = None,
        pip_requirements: str | None = None,
    ) -> Environment:
        """Return an environment that names an image, which is recorded and not used here.

        Parameters
        ----------
        name
            Its name.
        image
            The image.
        container_registry
            Where it lies.
        conda_specification, pip_requirements
            A file of the one or the other kind with packages; without one, what there is does.
        """
        env = _with_packages_of(name, conda_specification, pip_requirements)
        env.docker.base_image = image
        env.docker.base_image_registry = container_registry or ContainerRegistry()
        return env

    @staticmethod
    @sdk_call()
    def from_dockerfile(
        name: str,
        dockerfile: str | os.PathLike[str],
        conda_specification: str | None = None,
        pip_requirements: str | None = None,
    ) -> Environment:
        """Return an environment that says how to build an image, which is not done here.

        Parameters
        ----------
        name
            Its name.
        dockerfile
            What the Dockerfile says, or its path.
        conda_specification, pip_requirements
            As for `from_docker_image`.
        """
        env = _with_packages_of(name, conda_specification, pip_requirements)
        text = os.fspath(dockerfile)
        is_file = "\n" not in text and os.path.isfile(text)
        env.docker.base_dockerfile = _text_of(text) if is_file else text
        env.docker.base_image = None
        return env

    @sdk_call()
    def clone(self, new_name: str) -> Environment:
        """Return the same environment under another name, as one that is not registered.

        Raises
        ------
        UserErrorException
            When there is no name.
        """
        if not new_name:
            raise UserErrorException("A copy needs a name: clone('NAME')")
        return _from_dict({**_as_dict(self), "name": new_name, "version": None})

    @sdk_call()
    def register(self, workspace: Any) -> Environment:
        """Keep the environment in the workspace, and return it with its version.

        What is the same as the latest version of that name is that version; else there is a next
        one. A version never changes.

        Parameters
        ----------
        workspace
            The workspace.
        """
        folder = local_workspace(workspace).layout.environment(check_name(self.name, _KIND))
        known = {**_as_dict(self), "version": None}
        with writing(folder):
            make_folder(folder)
            with locked(folder / "next", _PATIENCE):
                number = definitions.keep(folder, json.dumps(known, indent=1).encode("utf-8"))
        return _from_dict({**known, "version": str(number)})

    @staticmethod
    @sdk_call()
    def get(
        workspace: Any, name: str, version: str | int | None = None, label: str | None = None
    ) -> Environment:
        """Return an environment that was registered.

        Parameters
        ----------
        workspace
            The workspace.
        name
            Its name.
        version
            Its version; None is the latest.
        label
            Must be None: there are no labels here.

        Raises
        ------
        UserErrorException
            When there is no such environment, or version of it.
        """
        if label is not None:
            raise UserErrorException(f"Environments have no labels here: {label!r}. Pass version=.")
        folder = local_workspace(workspace).layout.environment(check_name(name, _KIND))
        numbers = definitions.numbers(folder)
        if not numbers:
            near = did_you_mean(name, [*Environment.list(workspace)])
            raise UserErrorException(
                f"There is no environment {name} in this workspace. {near} Make it: "
                f"Environment({name!r}).register(workspace)"
            )
        if version is not None and str(version) not in map(str, numbers):
            raise UserErrorException(
                f"The environment {name} has no version {version}: it has "
                f"{', '.join(map(str, numbers))}."
            )
        return _registered(folder, numbers[-1] if version is None else int(version))

    @staticmethod
    @sdk_call()
    def list(workspace: Any) -> dict[str, Environment]:
        """Return the latest version of every environment of the workspace, by name."""
        above = local_workspace(workspace).layout.environments
        found = {}
        for folder in sorted(above.iterdir()) if above.is_dir() else ():
            if numbers := definitions.numbers(folder):
                env = _registered(folder, numbers[-1])
                found[env.name] = env
        return found

    @sdk_call()
    def save_to_directory(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the environment as files that can be edited.

        Parameters
        ----------
        path
            The folder to make for them.
        overwrite
            Whether it may be there.

        Raises
        ------
        UserErrorException
            When it is there, and may not be.
        """
        if os.path.lexists(path) and not overwrite:
            raise UserErrorException(
                f"{path} is there already. To write to it, pass overwrite=True."
            )
        known = _as_dict(self)
        needs, dockerfile = self.python.conda_dependencies, self.docker.base_dockerfile
        if needs is not None:  # else the definition itself says that there are none
            del known["python"]["condaDependencies"]
        del known["docker"]["baseDockerfile"]
        texts = {
            _DEFINITION: json.dumps(known, indent=4),
            _CONDA: None if needs is None else needs.serialize_to_string(),
            _DOCKERFILE: dockerfile,
        }
        with writing(os.fspath(path)):
            for name, text in texts.items():
                file = Path(os.path.abspath(path), name)
                if text is None:
                    file.unlink(missing_ok=True)
                else:
                    write_atomically(file, text.encode("utf-8"))

    @staticmethod
    @sdk_call()
    def load_from_directory(path: str | os.PathLike[str]) -> Environment:
        """Return the environment that a folder holds, of this package's or the retired SDK's.

        Raises
        ------
        UserErrorException
            When it holds none.
        """
        file = os.path.join(path, _DEFINITION)
        env = _from_dict(_parsed(_text_of(file), file))
        if os.path.isfile(conda := os.path.join(path, _CONDA)):
            env.python.conda_dependencies = CondaDependencies(conda)
        if os.path.isfile(dockerfile := os.path.join(path, _DOCKERFILE)):
            env.docker.base_dockerfile = _text_of(dockerfile)
        return env

    def __repr__(self) -> str:
        return f"<environment {self.name}{f', version {self.version}' if self.version else ''}>"


def _with_packages_of(name: str, conda: str | None, pip: str | None) -> Environment:
    if conda and pip:
        raise UserErrorException("Pass conda_specification or pip_requirements, and not both.")
    if conda:
        return Environment.from_conda_specification(name, conda)
    if pip:
        return Environment.from_pip_requirements(name, pip)
    env = Environment(name)
    env.python.user_managed_dependencies = True
    return env


def _registered(folder: Path, number: int) -> Environment:
    called = f"{folder}, version {number},"
    try:
        text = definitions.read(folder, number)
    except OSError as error:
        raise UserErrorException(
            f"{called} cannot be read ({first_line(error)}).", error
        ) from error
    return _from_dict({**_parsed(text, called), "version": str(number)})


def _as_dict(env: Environment) -> dict[str, Any]:
    return {
        "name": env.name,
        "version": env.version,
        "environmentVariables": {
            str(name): str(value) for name, value in (env.environment_variables or {}).items()
        },
        "python": as_written(env.python),
        "docker": as_written(env.docker),
    }


def _from_dict(written: dict[str, Any]) -> Environment:
    env = Environment(written["name"])
    env.version = None if written.get("version") is None else str(written["version"])
    env.python = as_read(PythonSection, written.get("python"))
    env.docker = as_read(DockerSection, written.get("docker"))
    variables = written.get("environmentVariables") or {}
    if not isinstance(variables, dict):
        raise UserErrorException(f"environmentVariables has names, and is not {variables!r:.80}.")
    env.environment_variables = {str(name): str(variables[name]) for name in variables}
    return env


def _text_of(path: str | os.PathLike[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserErrorException(f"{path} cannot be read ({first_line(error)}).", error) from error


def _parsed(text: str | bytes, called: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserErrorException(f"{called} is no JSON ({first_line(error)}).", error) from error
    if not isinstance(found, dict) or not isinstance(found.get("name"), str):
        raise UserErrorException(f"{called} is no environment: it has no name.")
    return found
