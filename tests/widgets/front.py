"""The front end's side of a picker, without a browser."""

import time
from collections.abc import Callable
from typing import Any

from dsnb.widgets.picker import Picker

SECONDS = 20.0


class Front:
    """Asks as picker.js asks, and keeps every message that Python sends."""

    def __init__(self, picker: Picker, view: str = "a view") -> None:
        self.picker = picker
        self.view = view
        self.heard: list[dict[str, Any]] = []
        self._count = 0
        picker.send = lambda content, buffers=None: self.heard.append(content)
        picker._questions._send = picker.send

    def post(self, ask: str, **given: Any) -> int:
        self._count += 1
        message = {"view": self.view, "id": self._count, "ask": ask, **given}
        self.picker._handle_custom_msg(message, [])
        return self._count

    def reply(self, ask: str, **given: Any) -> dict[str, Any]:
        number = self.post(ask, **given)
        return self.wait_for(lambda message: message.get("id") == number)

    def ask(self, ask: str, **given: Any) -> Any:
        reply = self.reply(ask, **given)
        assert "error" not in reply, reply
        return reply["answer"]

    def wait_for(self, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for message in list(self.heard):
                if fits(message):
                    return message
            time.sleep(0.005)
        raise AssertionError(f"not heard among {self.heard}")
