"""What calls cost, and whether another one may be paid.

A call is let out only while what was paid and what is expected of the calls in flight stay below
the budget, so that it is exceeded by no more than those calls cost beyond expectation.
"""

from dataclasses import dataclass

from curate.synthesize.calls import Spent
from schemas.teachers import Budget, Prices

CHARACTERS_PER_TOKEN = 4.0
"""Of English prose, where nothing was measured yet."""
MOST_TOKENS = 1_000_000_000
"""Of one call; a server that counts more is not believed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    """Of the prompt's, those that were in the provider's cache."""


def usage_of(completion: dict[str, object], n_characters: int, n_answered: int) -> Usage:
    """Tokens as the server counts them, or by characters where it does not say.

    Args:
        completion: the body of an answer.
        n_characters: of what was sent.
        n_answered: of what came back.
    """
    told = completion.get("usage")
    told = told if isinstance(told, dict) else {}
    details = told.get("prompt_tokens_details")
    prompt = _count(told.get("prompt_tokens"))
    written = _count(told.get("completion_tokens"))
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    prompt = round(n_characters / CHARACTERS_PER_TOKEN) if prompt is None else prompt
    written = round(n_answered / CHARACTERS_PER_TOKEN) if written is None else written
    return Usage(prompt, written, min(cached or 0, prompt))


def _count(told: object) -> int | None:
    """A number of tokens, None where it is none that a reply can have."""
    return told if type(told) is int and 0 <= told <= MOST_TOKENS else None


def usd(prices: Prices | None, usage: Usage, batch: bool = False) -> float:
    """Dollars of one call."""
    if prices is None:
        return 0.0
    cached = prices.input if prices.cached_input is None else prices.cached_input
    plain = usage.prompt - usage.cached
    total = plain * prices.input + usage.cached * cached + usage.completion * prices.output
    return total / 1_000_000 * (prices.batch_share if batch else 1)


class Purse:
    """What may still be paid from one account. Shared by all teachers of a run."""

    def __init__(self, budget: Budget | None, spent: Spent) -> None:
        self._budget = budget or Budget.model_construct()
        self.calls, self.tokens, self.usd = spent.calls, spent.tokens, spent.usd
        self._reserved = [0, 0.0, 0.0]

    def affords(self, tokens: float, dollars: float, calls: int = 1) -> bool:
        """Whether something that is expected to take so much may go out."""
        calls_out, tokens_out, usd_out = self._reserved
        most = self._budget
        return (
            (most.calls is None or self.calls + calls_out + calls <= most.calls)
            and (most.tokens is None or self.tokens + tokens_out + tokens <= most.tokens)
            and (most.usd is None or not dollars or self.usd + usd_out + dollars <= most.usd)
        )

    def reserve(self, tokens: float, dollars: float, calls: int = 1, sign: int = 1) -> None:
        """Calls go out, or with sign -1 come back."""
        self._reserved[0] += sign * calls
        self._reserved[1] += sign * tokens
        self._reserved[2] += sign * dollars

    def pay(self, tokens: int, dollars: float) -> None:
        """A reply came."""
        self.calls += 1
        self.tokens += tokens
        self.usd += dollars

    def said(self) -> str:
        """What the budget is and what was paid, in words."""
        most = self._budget
        pairs = [
            f"${most.usd:g} (paid ${self.usd:.4f})" if most.usd is not None else "",
            f"{most.tokens:,} tokens (used {self.tokens:,})" if most.tokens is not None else "",
            f"{most.calls:,} calls (made {self.calls:,})" if most.calls is not None else "",
        ]
        return ", ".join(one for one in pairs if one)
