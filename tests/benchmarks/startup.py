"""What a notebook pays before it does anything: the import and the extension."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.timing import Row

_EXTENSION = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
began = time.perf_counter()
shell.extension_manager.load_extension("dsnb")
seconds = time.perf_counter() - began
heavy = [name for name in ("pandas", "numpy", "pyarrow", "ipywidgets") if name in sys.modules]
began = time.perf_counter()
shell.run_line_magic("ds", "status --help")
print(json.dumps([seconds, heavy, time.perf_counter() - began]))
"""


def measure(folder: Path) -> Iterator[Row]:
    """Time the extension in fresh shells."""
    answers = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", _EXTENSION],
                cwd=folder,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.splitlines()[-1]
        )
        for _ in range(9)
    ]
    for _, heavy, _ in answers:
        if heavy:
            raise AssertionError(f"%load_ext dsnb imports {heavy}")
    seconds = statistics.median(answer[0] for answer in answers)
    yield Row("%load_ext dsnb in a started IPython", seconds * 1e3, 20, "ms", {"load": seconds})
    first = statistics.median(answer[2] for answer in answers)
    yield Row("the first %ds line (its own imports)", first * 1e3, None, "ms", {"first": first})
