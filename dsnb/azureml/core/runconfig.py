"""`RunConfiguration`: where and with what a script is to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dsnb.azureml.core.conda_dependencies import CondaDependencies
from dsnb.azureml.core.environment import (
    DEFAULT_CPU_IMAGE,
    DEFAULT_GPU_IMAGE,
    Environment,
)
from dsnb.azureml.core.environment_sections import DEFAULT_SHM_SIZE
from dsnb.azureml.exceptions import UserErrorException

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "AmlComputeConfiguration",
    "CondaDependencies",
    "DockerConfiguration",
    "Environment",
    "MpiConfiguration",
    "PyTorchConfiguration",
    "RunConfiguration",
    "TensorflowConfiguration",
]
LOCAL = "local"
LONGEST = 2592000
"""The seconds that a run might take in the cloud when nobody said how long."""
DEFAULT_ENVIRONMENT = "default-environment"
_BACKENDS = ("nccl", "gloo")


@dataclass(slots=True)
class DockerConfiguration:
    """Whether a script would run in a container, and how that would be started.

    It runs in none here, which is recorded and said.
    """

    use_docker: bool = False
    shared_volumes: bool = True
    arguments: list[str] | None = None
    shm_size: str | None = DEFAULT_SHM_SIZE

    def __post_init__(self) -> None:
        self.arguments = self.arguments or []


@dataclass(slots=True)
class AmlComputeConfiguration:
    """Which machine would run a script in the cloud; recorded, and said to be unused."""

    vm_size: str | None = None
    vm_priority: str | None = None


@dataclass(slots=True)
class MpiConfiguration:
    """How many processes MPI would start; recorded, and said to be unused."""

    process_count_per_node: int = 1
    node_count: int = 1


@dataclass(slots=True)
class TensorflowConfiguration:
    """How many processes TensorFlow would start; recorded, and said to be unused."""

    worker_count: int = 1
    parameter_server_count: int = 1


@dataclass(slots=True)
class PyTorchConfiguration:
    """How many processes PyTorch would start; recorded, and said to be unused.

    Raises
    ------
    UserErrorException
        When the backend is neither ``Nccl`` nor ``Gloo``.
    """

    communication_backend: str = "Nccl"
    process_count: int | None = None
    node_count: int = 1

    def __post_init__(self) -> None:
        if str(self.communication_backend).lower() not in _BACKENDS:
            raise UserErrorException(
                f"{self.communication_backend!r} is no backend of PyTorch: pass Nccl or Gloo."
            )
        self.communication_backend = self.communication_backend.lower()


class RunConfiguration:
    """Where and with what a script is to run.

    Parameters
    ----------
    script, arguments
        The script and its arguments, for a `ScriptRunConfig` that names none.
    framework, communicator
        What would share a run among machines of the cloud.
    conda_dependencies
        The packages the script asks for, as ``environment.python.conda_dependencies``.
    _history_enabled, _path, _name
        What the retired SDK kept for itself; not looked at.
    command
        A command in place of a script.
    use_virtualenv
        Whether the packages of pip that are asked for are installed, in a virtual environment
        that is made once and kept. Else the script runs with what this interpreter has.

    Attributes
    ----------
    target
        The name of a computer of the cloud, or ``local``.
    environment
        What the script needs around it.
    environment_variables
        What the script finds in ``os.environ``.
    docker, amlcompute, mpi, tensorflow, pytorch, node_count, priority, max_run_duration_seconds
        What is recorded on the run and, where it asks for something, said to be unused.

    Examples
    --------
    >>> run_config = RunConfiguration()
    >>> needs = CondaDependencies.create(pip_packages=["lightgbm==4.5"])
    >>> run_config.environment.python.conda_dependencies = needs
    >>> run_config.use_virtualenv = True
    """

    # An attribute that is misspelt, or has no meaning here, is refused and not silently kept.
    __slots__ = (
        "_target",
        "amlcompute",
        "arguments",
        "command",
        "communicator",
        "docker",
        "environment",
        "environment_variables",
        "framework",
        "max_run_duration_seconds",
        "mpi",
        "node_count",
        "priority",
        "pytorch",
        "script",
        "tensorflow",
        "use_virtualenv",
    )

    def __init__(
        self,
        script: str | None = None,
        arguments: Sequence[Any] | str | None = None,
        framework: str | None = None,
        communicator: str | None = None,
        conda_dependencies: CondaDependencies | None = None,
        _history_enabled: object = None,
        _path: object = None,
        _name: object = None,
        command: Sequence[Any] | str | None = None,
        *,
        use_virtualenv: bool = False,
    ) -> None:
        self.script = script
        self.arguments: Sequence[Any] | str = arguments or []
        self.command: Sequence[Any] | str = command or ""
        self.framework = framework or "Python"
        self.communicator = communicator or "None"
        self.environment = Environment(DEFAULT_ENVIRONMENT)
        if conda_dependencies is not None:
            self.environment.python.conda_dependencies = conda_dependencies
        self.environment_variables: dict[str, str] = {}
        self.use_virtualenv = use_virtualenv
        self.docker = DockerConfiguration()
        self.amlcompute = AmlComputeConfiguration()
        self.mpi = MpiConfiguration()
        self.tensorflow = TensorflowConfiguration()
        self.pytorch = PyTorchConfiguration()
        self.node_count = 1
        self.priority: int | None = None
        self.max_run_duration_seconds: int | None = None
        self._target = LOCAL

    @property
    def target(self) -> str:
        """The name of a computer of the cloud, or ``local``; a computer can be set, too."""
        return self._target

    @target.setter
    def target(self, target: Any) -> None:
        name = target if isinstance(target, str) else getattr(target, "name", None)
        if not isinstance(name, str):
            raise UserErrorException(f"{target!r} is no computer to run on: pass 'local'.")
        self._target = name or LOCAL

    @property
    def auto_prepare_environment(self) -> bool:
        """Always true; setting it had no effect in the retired SDK, either."""
        return True

    @auto_prepare_environment.setter
    def auto_prepare_environment(self, _: object) -> None:
        return

    def __repr__(self) -> str:
        return f"<run configuration: {self.target}, {self.environment!r}>"
