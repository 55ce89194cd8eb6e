"""Real Jupyter kernels, run by the interpreter that runs the tests."""

import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

WEATHER = Path(__file__).parent.parent / "notebooks" / "data" / "Weather"
SECONDS = 60


@dataclass
class Ran:
    """What a cell sent to the front end."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [content for kind, content in self.messages if kind in kinds]

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What was displayed, whether by the cell or as its value."""
        return [message["data"] for message in self.of("display_data", "execute_result")]

    @property
    def texts(self) -> list[str]:
        return [bundle["text/plain"] for bundle in self.shown]

    @property
    def value(self) -> str | None:
        """The text of the cell's value."""
        results = self.of("execute_result")
        return results[0]["data"]["text/plain"] if results else None

    @property
    def streamed(self) -> str:
        return "".join(message["text"] for message in self.of("stream"))

    @property
    def error(self) -> dict[str, Any] | None:
        errors = self.of("error")
        return errors[0] if errors else None

    @property
    def is_quiet(self) -> bool:
        return not self.of("display_data", "execute_result", "stream", "error")


class Kernel:
    """A kernel and the one client that talks to it."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.manager = KernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        self.manager.start_kernel(cwd=str(folder), env=dict(env))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    def run(self, code: str, **how: Any) -> Ran:
        ran = Ran()
        ran.reply = self.client.execute_interactive(
            code,
            allow_stdin=False,
            timeout=SECONDS,
            output_hook=lambda message: ran.messages.append(
                (message["msg_type"], message["content"])
            ),
            **how,
        )["content"]
        return ran

    def do(self, code: str, **how: Any) -> Ran:
        """Run a cell that must succeed."""
        ran = self.run(code, **how)
        assert ran.error is None, "\n".join(ran.error["traceback"])
        return ran

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, without leaving a trace in the history."""
        reply = self.run("", silent=True, user_expressions={"it": expression}).reply
        found = reply["user_expressions"]["it"]
        assert found["status"] == "ok", found
        return eval(found["data"]["text/plain"])

    def complete(self, code: str, position: int | None = None) -> dict[str, Any]:
        content: dict[str, Any] = self.client.complete(code, position, reply=True, timeout=SECONDS)[
            "content"
        ]
        return content

    def kill(self) -> None:
        """End the process at once, as when the machine runs out of memory."""
        process = self.manager.provisioner.process  # type: ignore[union-attr]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self) -> None:
        self.manager.restart_kernel()
        self.client.wait_for_ready(timeout=SECONDS)

    def close(self) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel()
        self.manager.context.destroy()


@contextmanager
def started(folder: Path, home: Path | None = None, **variables: str) -> Iterator[Kernel]:
    """Start a kernel in a folder with the weather data, and a home of its own."""
    home = home or folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    if not (folder / "data").exists():
        shutil.copytree(WEATHER, folder / "data" / "Weather")
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("DSNB", "JPY"))},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "DSNB_CACHE": str(home / "cache"),
        **variables,
    }
    kernel = Kernel(folder, env)
    try:
        yield kernel
    finally:
        kernel.close()


def fresh(kernel: Kernel, folder: Path) -> Kernel:
    """Let a running kernel go on in another folder, as if its notebook lay there."""
    folder.mkdir(parents=True)
    shutil.copytree(WEATHER, folder / "data" / "Weather")
    kernel.folder = folder
    kernel.do(
        f"import os; os.chdir({str(folder)!r})\n%reload_ext dsnb",
        silent=True,
    )
    return kernel
