"""The line that says how far a training is: step, loss, tokens a second, time left."""

import time
from collections.abc import Callable


class Speed:
    """Counts from the end of the first step, which is slow.

    Args:
        tell: gets the line.
        n_steps: steps in all.
    """

    def __init__(self, tell: Callable[[str], None], n_steps: int) -> None:
        self._tell = tell
        self._n_steps = n_steps
        self._done = 0
        self._began = time.monotonic()
        self._first_tokens: int | None = None
        self._mark = self._began
        self._seconds = 0.0
        self._n_tokens = 0
        self._last_tokens = 0

    @property
    def tokens_per_second(self) -> float | None:
        """Of the steps themselves, the first one aside; null where there was one alone."""
        return round(self._n_tokens / self._seconds, 1) if self._seconds else None

    def begin(self) -> None:
        """A step begins; what happened since the last one is not training."""
        self._mark = time.monotonic()

    def step(self, step: int, loss: float, n_tokens: int) -> None:
        """Tell of a finished step.

        Args:
            step: its number, from 1.
            loss: of this step.
            n_tokens: seen so far, those of earlier processes too.
        """
        now = time.monotonic()
        if self._first_tokens is None:
            self._first_tokens = self._last_tokens = n_tokens
            self._mark = now
            self._began, self._done = now, step
            self._tell(f"step {step:,}/{self._n_steps:,}  loss {loss:.3f}")
            return
        seconds = max(1e-9, now - self._began)
        rate = (n_tokens - self._first_tokens) / seconds
        self._seconds += now - self._mark
        self._n_tokens += n_tokens - self._last_tokens
        self._mark, self._last_tokens = now, n_tokens
        left = (self._n_steps - step) * seconds / max(1, step - self._done)
        self._tell(
            f"step {step:,}/{self._n_steps:,}  loss {loss:.3f}  {rate:,.0f} tokens/s  "
            f"{int(left // 60)}:{int(left % 60):02d} left"
        )
