"""What can be asked of the server: chat completions, embeddings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from curate.synthesize.fake.replies import Reply
from curate.synthesize.fake.settings import FakeSettings, Fault

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Api:
    """How requests of one kind are checked and answered."""

    wrong: Callable[[Body, FakeSettings], Reply | None]
    """The refusal of a body that asks for what this server does not do."""
    prompt_tokens: Callable[[Body], int]
    """Tokens that a body has."""
    turns: Callable[[Body], Sequence[dict[str, Any]]]
    """Its conversation; faults of content may spare one that is a correction."""
    answer: Callable[[Body, FakeSettings, bytes, Fault | None, int], Body]
    """The body of an answer with its `usage`, from the request, the settings, the request's digest,
    the fault that it meets, and the time."""
