"""How far asking is: done, in flight, failed by reason, tokens, dollars, time left."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable

from curate.synthesize.calls import Call
from curate.synthesize.teachers.budget import Purse

EVERY = 0.5
"""Seconds between two lines."""


class Progress:
    """Counts of one gathering, told as a line now and then."""

    def __init__(self, tell: Callable[[str], None], purse: Purse, n_requests: int | None) -> None:
        self._tell, self._purse, self._n = tell, purse, n_requests
        self._began = self._told = time.monotonic()
        self._written: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.done = 0
        """Calls that need nothing more."""
        self.n_reused = 0
        self.in_flight = 0
        self.failed: Counter[str] = Counter()
        self.tokens = 0
        self.usd = 0.0

    def reused(self) -> None:
        """A call had its reply in the ledger."""
        self.done += 1
        self.n_reused += 1

    def replied(self, call: Call) -> None:
        """A reply was stored."""
        self.tokens += call.tokens
        self.usd += call.usd

    def wrote(self, call: Call) -> None:
        """A reply came, and will be stored: what the next is expected to take follows at once."""
        written = self._written[call.task]
        written[0] += 1
        written[1] += call.completion_tokens

    def mean_completion(self, task: str) -> float | None:
        """Tokens of this run's replies to a task so far."""
        n, tokens = self._written[task]
        return tokens / n if n else None

    def show(self, last: bool = False) -> None:
        """Tell a line, if the last one is old enough."""
        now = time.monotonic()
        if last or now - self._told >= EVERY:
            self._told = now
            self._tell(self.line(now))

    def line(self, now: float) -> str:
        """Everything in one line."""
        of = f" of {self._n:,}" if self._n is not None else ""
        parts = [f"{self.done:,}{of} done ({self.n_reused:,} were there)"]
        parts.append(f"{self.in_flight:,} in flight")
        if self.failed:
            why = ", ".join(f"{reason} {n:,}" for reason, n in sorted(self.failed.items()))
            parts.append(f"failed {sum(self.failed.values()):,} ({why})")
        parts.append(f"{self.tokens:,} tokens")
        if self.usd:
            parts.append(f"${self.usd:.4f}")
        fresh = self.done - self.n_reused
        if self._n is not None and fresh > 0 and self._n > self.done:
            left = (self._n - self.done) * (now - self._began) / fresh
            parts.append(f"{_duration(left)} left")
        return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
