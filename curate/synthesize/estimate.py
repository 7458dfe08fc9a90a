"""What asking will take, before anything is sent: calls, tokens, dollars.

Prompts are known to the character. Characters per token and tokens of a reply are those of the
calls that the ledger holds of the same teacher and task; before the first, four characters of
English a token, and the task's own guess. Corrections are not foreseen.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from curate.synthesize.calls import Ledger
from curate.synthesize.requests import Request, Requests
from curate.synthesize.taught import School
from curate.synthesize.teachers.budget import CHARACTERS_PER_TOKEN, Usage, usd
from curate.synthesize.teachers.pending import pending
from schemas.teachers import OpenAI

LEAST = 20
"""Calls from which their habits are believed."""


@dataclass(slots=True)
class Line:
    """One teacher and task."""

    teacher: str
    task: str
    requests: int = 0
    calls: int = 0
    """Of these, those without a stored reply."""
    prompt_characters: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    measured: bool = False
    """Whether tokens follow earlier calls, rather than a guess."""


@dataclass(slots=True)
class Estimate:
    """What asking will take."""

    lines: list[Line] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """Calls that would be paid for."""
        return sum(line.calls for line in self.lines)

    @property
    def tokens(self) -> int:
        """Sent and written."""
        return sum(line.prompt_tokens + line.completion_tokens for line in self.lines)

    @property
    def usd(self) -> float:
        """Dollars, by the recipe's prices."""
        return sum(line.usd for line in self.lines)

    def as_json(self) -> list[dict[str, Any]]:
        """One object a teacher and task."""
        return [asdict(line) for line in self.lines]


def estimate(source: Requests, school: School) -> Estimate:
    """Count what is not in the ledger yet."""
    found: dict[tuple[str, str], Line] = {}
    teachers = {one.label: one for one in school.teachers if isinstance(one, OpenAI)}
    for request in source.requests():
        if request.teacher.label in teachers:
            _line(found, request).requests += 1
    with Ledger(school.ledger if school.ledger.is_file() else None) as ledger:
        for label in teachers:
            for request in pending(_all(source, label), ledger):
                line = _line(found, request)
                line.calls += 1
                line.prompt_characters += request.n_characters
                line.completion_tokens += request.task.n_expected_tokens
        for line in found.values():
            price(line, teachers[line.teacher], ledger.habits(line.teacher, line.task))
    return Estimate([found[name] for name in sorted(found)])


def _all(source: Requests, teacher: str) -> Iterator[Request]:
    return source.requests(teacher)


def _line(found: dict[tuple[str, str], Line], request: Request) -> Line:
    name = (request.teacher.label, request.task.name)
    return found.setdefault(name, Line(*name))


def price(line: Line, teacher: OpenAI, habits: tuple[int, float, float]) -> None:
    """Tokens and dollars of a line from what earlier calls took, where there are enough."""
    calls, characters, written = habits
    line.measured = calls >= LEAST
    per_token = characters if line.measured else CHARACTERS_PER_TOKEN
    line.prompt_tokens = round(line.prompt_characters / max(per_token, 0.1))
    if line.measured:
        line.completion_tokens = round(line.calls * written)
    usage = Usage(line.prompt_tokens, line.completion_tokens)
    line.usd = round(usd(teacher.prices, usage, teacher.batch), 6)
