"""A chat request as an errand: one conversation, one reply, once asked to correct it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from curate.synthesize.calls import Call, Ledger
from curate.synthesize.requests import Request
from curate.synthesize.teachers.client import CHAT, Answer, Form, Manner
from curate.synthesize.teachers.errand import Errands
from curate.synthesize.teachers.pending import call_of, correction_of, expected, pending
from schemas.teachers import OpenAI


@dataclass(frozen=True, slots=True)
class Question:
    """A request and who is asked."""

    request: Request
    teacher: OpenAI

    @property
    def task(self) -> str:
        """Name of the task."""
        return self.request.task.name

    @property
    def keys(self) -> tuple[str]:
        """The key of its reply."""
        return (self.request.key,)

    @property
    def form(self) -> Form:
        """That of chat completions."""
        return CHAT

    def body(self, manner: Manner) -> dict[str, Any]:
        """The conversation, and how JSON is asked for."""
        request, task = self.request, self.request.task
        return manner.body(
            self.teacher.model, request.messages, self.teacher.sampling, task.schema, task.strict
        )

    def expected(self, written: float | None) -> tuple[float, float]:
        """Tokens and dollars that it is expected to take."""
        return expected(self.request, self.teacher, written)

    def calls(self, answer: Answer, host: str, account: str) -> list[Call]:
        """The reply as the ledger keeps it."""
        return [call_of(self.request, answer, host, account)]

    def correction(self, answer: Answer) -> "Question | None":
        """The request to correct a reply that cannot be used."""
        again = correction_of(self.request, answer.completion)
        return None if again is None else Question(again, self.teacher)

    def halves(self) -> None:
        """A conversation has none."""


def questions(requests: Callable[[], Iterator[Request]], teacher: OpenAI) -> Errands:
    """The requests of a teacher that have no stored reply yet."""

    def opened(ledger: Ledger, reused: Callable[[], None]) -> Iterator[Question]:
        for request in pending(requests(), ledger, reused):
            yield Question(request, teacher)

    return opened
