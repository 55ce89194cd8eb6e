"""The front end's questions: answered at once, or on a thread of their own when they take time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from dsnb.session.tracing import TRACER

Message = dict[str, Any]


class Questions:
    """Turns messages of a front end into calls, and what these return into messages.

    A message has a ``view``, an ``id`` and what is asked (``ask``); whatever else it holds are the
    arguments. The reply has the same view and id, and an ``answer`` or an ``error``.

    Parameters
    ----------
    answers
        What to call for each kind of question. One that returns an iterator has each of its
        messages sent on its own.
    slow
        Kinds that are answered on a thread, one after the other.
    latest
        Those of them of which only the newest question of a view still matters.
    refuse
        Puts an error into words.
    send
        Sends a message to the front end.
    """

    def __init__(
        self,
        answers: Mapping[str, Callable[..., Any]],
        *,
        slow: frozenset[str],
        latest: frozenset[str],
        refuse: Callable[[Exception], Message],
        send: Callable[[Message], None],
    ) -> None:
        self._answers = answers
        self._latest = latest
        self._refuse = refuse
        self._send = send
        self._turns = {kind: threading.Lock() for kind in slow}
        self._newest: dict[tuple[str, str], object] = {}
        self._notices = threading.local()

    def hear(self, message: Any) -> None:
        """Answer a message; one that is no question is passed over."""
        if not isinstance(message, dict):
            return
        view, kind = message.get("view"), message.get("ask")
        if not isinstance(view, str) or kind not in self._answers:
            return
        if kind not in self._turns:
            self._answer(message)
            return
        self._newest[view, kind] = message.get("id")
        threading.Thread(
            target=self._answer_in_turn, args=(message,), daemon=True, name=f"dsnb picker {kind}"
        ).start()

    def note(self, sentence: str) -> bool:
        """Take something that the user should know into the answer being made on this thread.

        Returns
        -------
        bool
            Whether an answer is being made here at all.
        """
        said: list[str] | None = getattr(self._notices, "said", None)
        if said is not None:
            said.append(sentence)
        return said is not None

    def _answer_in_turn(self, message: Message) -> None:
        with self._turns[message["ask"]]:
            if self._still_matters(message):
                self._answer(message)

    def _still_matters(self, message: Message) -> bool:
        """Tell whether nothing newer was asked, as happens while somebody runs down a list."""
        kind = message["ask"]
        return kind not in self._latest or bool(
            self._newest[message["view"], kind] == message.get("id")
        )

    def _answer(self, message: Message) -> None:
        given = {key: value for key, value in message.items() if key not in ("view", "id", "ask")}
        reply: Message = {"view": message["view"], "id": message.get("id")}
        with TRACER.not_the_users(), self._noting() as notices:
            try:
                answer = self._answers[message["ask"]](**given)
                if isinstance(answer, Iterator):
                    for part in answer:
                        self._send(part)
                        if not self._still_matters(message):
                            return
                else:
                    reply["answer"] = answer
            except Exception as error:
                reply["error"] = self._refuse(error)
        if notices:
            reply["notices"] = notices
        with suppress(Exception):  # the widget may be closed meanwhile
            self._send(reply)

    @contextmanager
    def _noting(self) -> Iterator[list[str]]:
        said: list[str] = []
        self._notices.said = said
        try:
            yield said
        finally:
            self._notices.said = None
