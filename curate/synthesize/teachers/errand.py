"""What a desk carries to a server and brings back: a chat request, or texts to be embedded.

The desk knows when something may be sent and what follows from a failure; an errand knows what is
sent, which answer is one, and which calls of the ledger an answer becomes.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from curate.synthesize.calls import Call, Ledger
from curate.synthesize.teachers.client import Answer, Form, Manner


class Errand(Protocol):
    """One request to a server."""

    @property
    def task(self) -> str:
        """Name of the task, as in the ledger."""

    @property
    def keys(self) -> Sequence[str]:
        """Keys of the calls that its answer becomes."""

    @property
    def form(self) -> Form:
        """Where it is sent, and what is an answer to it."""

    def body(self, manner: Manner) -> dict[str, object]:
        """What is sent."""

    def expected(self, written: float | None) -> tuple[float, float]:
        """Tokens and dollars that it is expected to take.

        Args:
            written: tokens of the replies to its task so far, on average; None before the first.
        """

    def calls(self, answer: Answer, host: str, account: str) -> list[Call]:
        """An answer as the ledger keeps it, one call for each key."""

    def correction(self, answer: Answer) -> "Errand | None":
        """What has to be asked because of the answer, if anything."""

    def halves(self) -> "tuple[Errand, Errand] | None":
        """Two errands that come to the same; None where it cannot be parted."""


Errands = Callable[[Ledger, Callable[[], None]], Iterator[Errand]]
"""Opens those that are not answered in a ledger; the function is told of each call that is."""
