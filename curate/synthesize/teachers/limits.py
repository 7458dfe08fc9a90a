"""How fast a teacher is asked: calls in flight, requests and tokens in a minute.

In flight, additive increase and multiplicative decrease: the bound doubles each round trip until
the server first refuses (every reply allows one call more), then grows by one a round trip, and
falls to DECREASE of itself at a refusal, once a round trip. Requests and tokens are let through by
the generic cell rate algorithm, so that no minute holds more than was said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from curate.synthesize.teachers.problems import seconds_of

FIRST = 16
"""Calls in flight at the beginning."""
DECREASE = 0.75
"""What is left of the bound at a refusal; x 0.75 as other clients have it."""
BURST_SECONDS = 3.0
"""Of a minute's allowance, what may go out at once, as time."""
MARGIN = 1.02
"""Time between what goes out is longer by this, for what the network hastens or delays."""
STREAK = 8
"""Failures in a row, without a reply between, after which a server is taken to be down."""
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server that gives no reply is borne with. Seconds, but for the numbers."""

    first_wait: float = 0.25
    """Between the first two attempts at one call; doubled each time."""
    longest_wait: float = 60.0
    pause: float = 0.5
    """Of a server that is down, the first; doubled each time."""
    longest_pause: float = 30.0
    most_pauses: int = 8
    """Pauses in a row after which the server is given up; about a minute and a half."""


class Rate:
    """At most `per_minute` units in any 60 seconds, and more than nine tenths of that."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._clock = clock
        self._burst = max(1.0, per_minute * BURST_SECONDS / 60)
        self._interval = MARGIN * 60 / (per_minute - self._burst + 1)
        self._due = clock()

    def wait(self, units: float = 1) -> float:
        """Seconds until so much may go out; 0 for now. More than a burst waits for a whole one."""
        ahead = (self._burst - min(units, self._burst)) * self._interval
        return max(0.0, self._due - ahead - self._clock() - 1e-9)

    def take(self, units: float) -> None:
        """Count what goes out; what was counted too much is given back as a negative number."""
        self._due = max(self._due, self._clock() if units > 0 else self._due)
        self._due += units * self._interval


class Window:
    """How many calls may be in flight to one server, and whether it is up."""

    def __init__(self, most: int, clock: Clock, patience: Patience | None = None) -> None:
        self._clock = clock
        self._patience = patience or Patience()
        self.most = most
        self.bound = float(min(FIRST, most))
        self.in_flight = 0
        self.until = 0.0
        """When it may be asked again."""
        self._growing = True
        self._last_cut = self._since = float("-inf")
        self._round_trip = 0.1
        self._streak = 0
        self.pauses = 0
        """Pauses in a row with no reply between."""

    @property
    def is_given_up(self) -> bool:
        """Whether it was down for so long that nobody waits for it any more."""
        return self.pauses >= self._patience.most_pauses

    @property
    def free(self) -> int:
        """Calls that may go out now."""
        if self._clock() < self.until:
            return 0
        bound = 1 if self.pauses else int(self.bound)
        return max(0, bound - self.in_flight)

    def replied(self, seconds: float, headers: Mapping[str, str]) -> None:
        """A call came back with a reply."""
        self._streak = 0
        self.pauses = 0
        self._round_trip = 0.8 * self._round_trip + 0.2 * seconds
        if self._growing or self.in_flight >= int(self.bound) - 1:
            step = 1.0 if self._growing else 1 / max(self.bound, 1.0)
            self.bound = min(self.bound + step, float(self.most))
        self._heed(headers)

    def refused(self, wait: float | None, sent: float) -> None:
        """A call that went out at `sent` came back with 429."""
        now = self._clock()
        self._growing = False
        if now - self._last_cut >= self._round_trip:
            self._last_cut = now
            self.bound = max(1.0, self.bound * DECREASE)
        self.failed(sent)
        if wait is not None:
            self._close(wait)

    def failed(self, sent: float) -> None:
        """A call that went out at `sent` came back with nothing.

        Calls that were in flight when a pause began say nothing new about the server.
        """
        if sent <= self._since:
            return
        self._streak += 1
        if self._streak >= STREAK or self.pauses:
            self._streak = 0
            doubled = self._patience.pause * 2.0 ** min(self.pauses, 30)
            self._close(min(doubled, self._patience.longest_pause))
            self.pauses += 1

    def _close(self, seconds: float) -> None:
        """Let nothing out for so long."""
        self._since = self._clock()
        self.until = max(self.until, self._since + seconds)

    def _heed(self, headers: Mapping[str, str]) -> None:
        """Wait where the server says that nothing is left of its allowance."""
        for what in ("requests", "tokens"):
            if headers.get(f"x-ratelimit-remaining-{what}") == "0":
                reset = seconds_of(headers.get(f"x-ratelimit-reset-{what}", ""))
                if reset:
                    self._close(reset)
