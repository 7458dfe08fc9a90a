"""What the fake server has seen; `GET /stats` gives it as JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Counts:
    """Requests to the model: chat, embeddings, and the lines of batches, which count as such."""

    requests: int = 0
    """All that came, refused ones included."""
    answered: int = 0
    """Answers that went whole to a client that was still there."""
    answered_again: int = 0
    """Those whose body had been answered before: what a client paid for twice."""
    too_early: int = 0
    """Repetitions of a body before the wait was over that a 429 had asked for."""
    abandoned: int = 0
    """Answers that nobody waited for any more, or that a fault cut."""
    in_flight: int = 0
    """Requests that are being answered now."""
    max_in_flight: int = 0
    """The most there were."""
    prompt_tokens: int = 0
    """Read, for what was answered."""
    completion_tokens: int = 0
    """Written, likewise."""
    faults: Counter[str] = field(default_factory=Counter)
    """Fault -> requests that met it."""
    refused: Counter[str] = field(default_factory=Counter)
    """Why -> requests that were refused for it: a limit, an outage, or what was wrong with them."""

    def begin(self) -> None:
        """One more is in flight."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {**told, "faults": dict(self.faults), "refused": dict(self.refused)}
