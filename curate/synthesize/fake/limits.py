"""Limits of requests and tokens in a sliding window, and the headers that OpenAI tells them by.

https://platform.openai.com/docs/guides/rate-limits: `x-ratelimit-limit-requests`, `-remaining-`,
`-reset-` (until nothing is used any more, as `120ms`, `1.5s` or `6m0s`), and the same of tokens.
"""

from collections import deque


class Window:
    """What was used in the last seconds. Time is told by the caller, in seconds."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.used = 0
        self._uses: deque[tuple[float, int]] = deque()

    def add(self, now: float, amount: int) -> None:
        """Use some of it."""
        self.used += amount
        self._uses.append((now, amount))

    def wait(self, now: float, amount: int) -> float:
        """Seconds until so much may be used, 0 if now; for more than the limit, the window."""
        self._forget(now)
        excess = self.used + amount - self.limit
        if excess <= 0:
            return 0
        for then, used in self._uses:
            excess -= used
            if excess <= 0:
                return max(then + self.seconds - now, 1e-3)
        return self.seconds

    def headers(self, now: float, what: str) -> dict[str, str]:
        """What is left, as OpenAI says it."""
        self._forget(now)
        reset = self._uses[-1][0] + self.seconds - now if self._uses else 0
        return {
            f"x-ratelimit-limit-{what}": str(self.limit),
            f"x-ratelimit-remaining-{what}": str(max(0, self.limit - self.used)),
            f"x-ratelimit-reset-{what}": duration(reset),
        }

    def _forget(self, now: float) -> None:
        while self._uses and self._uses[0][0] <= now - self.seconds:
            self.used -= self._uses.popleft()[1]


class Limits:
    """Both windows; one that has no limit says nothing and lets everything pass."""

    def __init__(self, rpm: int | None, tpm: int | None, seconds: float) -> None:
        share = seconds / 60
        self.windows = {
            what: Window(max(1, int(per_minute * share)), seconds)
            for what, per_minute in (("requests", rpm), ("tokens", tpm))
            if per_minute is not None
        }

    def refuses(self, now: float, n_tokens: int) -> tuple[str, float] | None:
        """Which limit a request would break, and the seconds until it would not; None: it passes.

        One that passes is counted, with the tokens of its prompt.
        """
        amounts = {"requests": 1, "tokens": n_tokens}
        waits = {what: one.wait(now, amounts[what]) for what, one in self.windows.items()}
        what = max(waits, key=lambda name: waits[name], default=None)
        if what is not None and waits[what] > 0:
            return what, waits[what]
        for name, window in self.windows.items():
            window.add(now, amounts[name])
        return None

    def wrote(self, now: float, n_tokens: int) -> None:
        """Count the tokens of an answer."""
        if "tokens" in self.windows:
            self.windows["tokens"].add(now, n_tokens)

    def headers(self, now: float) -> dict[str, str]:
        """Of every limit that there is."""
        told: dict[str, str] = {}
        for what, window in self.windows.items():
            told |= window.headers(now, what)
        return told


def duration(seconds: float) -> str:
    """As OpenAI writes it: `120ms`, `1.5s`, `6m0s`."""
    if seconds < 1:
        return f"{max(0, seconds) * 1000:.0f}ms"
    minutes, rest = divmod(seconds, 60)
    told = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{minutes:.0f}m{told}" if minutes else told
