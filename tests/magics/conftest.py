from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels import Kernel, fresh, started


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.do("%load_ext dsnb")
        yield kernel


@pytest.fixture
def kernel(running: Kernel, tmp_path: Path) -> Kernel:
    """A kernel whose notebook lies beside ``data/Weather``, without a workspace yet."""
    return fresh(running, tmp_path / "notebook")
