"""The parts of an environment, and how they are written: in the words of the retired SDK's files.

So a folder that the retired SDK saved can be loaded, and one that is saved here has its form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from dsnb.azureml.core.conda_dependencies import CondaDependencies
from dsnb.azureml.core.container_registry import ContainerRegistry
from dsnb.azureml.exceptions import UserErrorException

DEFAULT_CPU_IMAGE = "azureml/openmpi4.1.0-ubuntu22.04"
DEFAULT_GPU_IMAGE = "azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"
DEFAULT_SHM_SIZE = "2g"
DEFAULT_INTERPRETER = "python"
S = TypeVar("S", "PythonSection", "DockerSection")
_PLAIN: dict[str, type] = {"str": str, "str | None": str, "bool": bool, "list[str]": list}


@dataclass(slots=True)
class PythonSection:
    """Which Python runs a script, and with which packages.

    Attributes
    ----------
    interpreter_path
        The interpreter, where ``user_managed_dependencies`` is set; ``python`` is this one.
    user_managed_dependencies
        Whether that interpreter has everything, so that no packages are asked for.
    conda_dependencies
        The packages.
    """

    interpreter_path: str = DEFAULT_INTERPRETER
    user_managed_dependencies: bool = False
    conda_dependencies: CondaDependencies | None = field(default_factory=CondaDependencies)


@dataclass(slots=True)
class DockerSection:
    """In which container a script would run; here it runs in none, and that is said.

    Attributes
    ----------
    enabled
        Whether it would run in a container.
    base_image, base_dockerfile
        The image, or how to build it.
    base_image_registry
        Where the image lies.
    shared_volumes, arguments, shm_size
        How the container would be started.
    """

    enabled: bool = False
    base_image: str | None = DEFAULT_CPU_IMAGE
    base_dockerfile: str | None = None
    base_image_registry: ContainerRegistry = field(default_factory=ContainerRegistry)
    shared_volumes: bool = True
    arguments: list[str] = field(default_factory=list)
    shm_size: str | None = DEFAULT_SHM_SIZE


def as_written(section: PythonSection | DockerSection) -> dict[str, Any]:
    """Return a section as it is written; who may fetch an image is left out.

    Examples
    --------
    >>> as_written(PythonSection("python3.12", True, None))
    {'interpreterPath': 'python3.12', 'userManagedDependencies': True, 'condaDependencies': None}
    """
    written = {}
    for one in fields(section):
        value = getattr(section, one.name)
        if isinstance(value, CondaDependencies):
            value = value.as_dict()
        elif isinstance(value, ContainerRegistry):
            value = {"address": value.address}
        written[_camel(one.name)] = value
    return written


def as_read(kind: type[S], written: Any) -> S:
    """Return a section that was written; what only the cloud knows is passed over.

    Raises
    ------
    UserErrorException
        When a value is not what can stand there.
    """
    section = kind()
    if written is None:
        return section
    if not isinstance(written, Mapping):
        raise UserErrorException(f"An environment's {kind.__name__} has keys: {written!r:.80}")
    for one in fields(section):
        if (key := _camel(one.name)) not in written:
            continue
        value = written[key]
        if key == "condaDependencies":
            value = None if value is None else CondaDependencies(_underlying_structure=value)
        elif key == "baseImageRegistry":
            value = ContainerRegistry(value.get("address") if isinstance(value, Mapping) else None)
        elif value is None and one.type != "str | None":
            continue
        elif value is not None and not isinstance(value, _PLAIN[str(one.type)]):
            raise UserErrorException(f"An environment's {key} cannot be {value!r:.80}.")
        setattr(section, one.name, value)
    return section


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
