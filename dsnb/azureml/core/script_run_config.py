"""`ScriptRunConfig`: a script, its arguments, and where and with what it is to run."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dsnb.azureml.core.environment import Environment
from dsnb.azureml.core.runconfig import (
    LONGEST,
    DockerConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    RunConfiguration,
    TensorflowConfiguration,
)
from dsnb.azureml.data.datapath import DataPath
from dsnb.azureml.exceptions import UserErrorException
from dsnb.errors import did_you_mean
from dsnb.workspace import tell_on_stderr

Distributed = MpiConfiguration | PyTorchConfiguration | TensorflowConfiguration


class ScriptRunConfig:
    """A script, or a command, that an experiment can submit.

    Parameters
    ----------
    source_directory
        The folder that holds the script and what it imports; a run works in a copy of it.
    script
        The script's path in that folder.
    arguments
        Its arguments: a list, in which datasets may stand, or a text as it would be typed.
    run_config
        Where and with what it is to run. None makes one of the arguments that follow, which must
        be left out otherwise.
    _telemetry_values
        Not looked at.
    compute_target
        A computer of the cloud, or its name; recorded, and said to be unused.
    environment
        What it needs around it.
    distributed_job_config
        How many processes would share the work; recorded, and said to be unused.
    resume_from
        Where an earlier run left off; becomes the argument ``--resume-from FOLDER``.
    max_run_duration_seconds
        Recorded, and said to be unused.
    command
        What to run in place of a script: a list, or a text for the shell.
    docker_runtime_config
        Recorded, and said to be unused.

    Raises
    ------
    UserErrorException
        When there is no such folder, no such script in it, or a command beside the script.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "train.py").write_text("print('trained')")
    >>> ScriptRunConfig(folder, "train.py", ["--epochs", 3])
    <script train.py --epochs 3>
    """

    MAX_DURATION_SECONDS_DEFAULT = LONGEST

    def __init__(
        self,
        source_directory: str | os.PathLike[str] | None,
        script: str | None = None,
        arguments: Sequence[Any] | str | None = None,
        run_config: RunConfiguration | None = None,
        _telemetry_values: object = None,
        compute_target: Any = None,
        environment: Environment | None = None,
        distributed_job_config: Distributed | None = None,
        resume_from: DataPath | None = None,
        max_run_duration_seconds: int = LONGEST,
        command: Sequence[Any] | str | None = None,
        docker_runtime_config: DockerConfiguration | None = None,
    ) -> None:
        apart = {
            "compute_target": compute_target,
            "environment": environment,
            "distributed_job_config": distributed_job_config,
            "docker_runtime_config": docker_runtime_config,
            "max_run_duration_seconds": max_run_duration_seconds != LONGEST,
        }
        if run_config is None:
            self.run_config = _configured(
                compute_target,
                environment,
                distributed_job_config,
                max_run_duration_seconds,
                docker_runtime_config,
            )
        else:
            self.run_config = _checked(run_config, RunConfiguration, "run_config")
            if passed_over := [name for name, value in apart.items() if value]:
                # So the retired SDK did: code that passes both means what run_config says.
                tell_on_stderr(
                    f"{', '.join(passed_over)}: not used, as run_config says it. Set it there."
                )
        self.source_directory = os.path.expanduser(source_directory or ".")
        self.script = script or self.run_config.script
        given = _checked(arguments or self.run_config.arguments, (list, tuple, str), "arguments")
        self.arguments = shlex.split(given) if isinstance(given, str) else [*given]
        self.command = command or self.run_config.command or None
        if resume_from is not None:
            place = _checked(resume_from, DataPath, "resume_from")
            folder = os.path.join(place.datastore.folder, place.path_on_datastore or "")
            self.arguments += ["--resume-from", folder]
        self.check()

    def check(self) -> None:
        """Refuse what cannot be run.

        Raises
        ------
        UserErrorException
            When there is no such folder, no such script in it, or a command beside the script.
        """
        folder = os.path.abspath(self.source_directory)
        if not os.path.isdir(folder):
            raise UserErrorException(
                f"There is no folder {self.source_directory}. source_directory is the folder that "
                "holds the script."
            )
        if self.command and (self.script or self.arguments):
            raise UserErrorException(
                "There is a command, and a script or arguments beside it. Pass the one or the "
                "other: ScriptRunConfig('.', 'train.py', ['--epochs', 3])"
            )
        if self.command:
            return
        if not self.script:
            raise UserErrorException(
                "There is no script to run. Name it: ScriptRunConfig('.', 'train.py')"
            )
        path = os.path.abspath(os.path.join(folder, self.script))
        if not Path(path).is_relative_to(folder):
            raise UserErrorException(
                f"{self.script} lies outside {self.source_directory}, and a run has a copy of that "
                "folder only. Pass as source_directory the folder that holds it."
            )
        if not os.path.isfile(path):
            near = did_you_mean(self.script, _scripts(folder))
            raise UserErrorException(
                f"There is no script {self.script} in {self.source_directory}. "
                f"{near or 'Its path starts from source_directory.'}"
            )
        self.script = os.path.relpath(path, folder)

    def __repr__(self) -> str:
        words = self.command if self.command else ["script", self.script, *self.arguments]
        return f"<{words if isinstance(words, str) else ' '.join(map(str, words))}>"


def _configured(
    compute_target: Any,
    environment: Environment | None,
    distributed: Distributed | None,
    longest: int,
    docker: DockerConfiguration | None,
) -> RunConfiguration:
    """Return a run configuration that says what was said without one."""
    run_config = RunConfiguration()
    run_config.max_run_duration_seconds = longest
    if compute_target:
        run_config.target = compute_target
    if environment is not None:
        run_config.environment = _checked(environment, Environment, "environment")
    if docker is not None:
        run_config.docker = _checked(docker, DockerConfiguration, "docker_runtime_config")
    if isinstance(distributed, MpiConfiguration):
        run_config.mpi, run_config.communicator = distributed, "IntelMpi"
        run_config.node_count = distributed.node_count
    elif isinstance(distributed, PyTorchConfiguration):
        run_config.pytorch, run_config.framework = distributed, "PyTorch"
        run_config.communicator = distributed.communication_backend
        run_config.node_count = distributed.node_count
    elif isinstance(distributed, TensorflowConfiguration):
        run_config.tensorflow, run_config.framework = distributed, "TensorFlow"
        run_config.communicator = "ParameterServer"
        run_config.node_count = distributed.worker_count
    elif distributed is not None:
        _checked(distributed, MpiConfiguration, "distributed_job_config")
    return run_config


def _checked(given: Any, kinds: type | tuple[type, ...], name: str) -> Any:
    if not isinstance(given, kinds):
        kind = (kinds if isinstance(kinds, tuple) else (kinds,))[0].__name__
        raise UserErrorException(f"{name}: {given!r:.80} is no {kind}.")
    return given


def _scripts(folder: str) -> list[str]:
    return [name for name in sorted(os.listdir(folder)) if name.endswith(".py")]
