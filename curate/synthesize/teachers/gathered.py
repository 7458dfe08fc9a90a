"""What is asked of a teacher, and what asking came to."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from curate.synthesize.calls import Call
from curate.synthesize.teachers.errand import Errands
from curate.synthesize.teachers.hosts import Address
from curate.synthesize.teachers.problems import Problem
from schemas.teachers import OpenAI


@dataclass(slots=True)
class Gathered:
    """What asking came to."""

    problems: dict[str, Problem] = field(default_factory=dict)
    """Key -> why there is no reply."""
    stopped: dict[str, Problem] = field(default_factory=dict)
    """Teacher -> why it was asked no further."""
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(teacher, task) -> replies that were paid for now."""
    tokens: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(teacher, task) -> tokens of these, sent and written."""
    usd: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    """(teacher, task) -> dollars of these."""
    attempts: Counter[str] = field(default_factory=Counter)
    """Outcome -> attempts that gave no reply, those that succeeded later included."""

    def paid(self, call: Call) -> None:
        """Count a reply that was paid for now."""
        name = (call.teacher, call.task)
        self.sent[name] += 1
        self.tokens[name] += call.tokens
        self.usd[name] += call.usd


@dataclass(frozen=True, slots=True)
class Post:
    """One teacher with where it is and what is still to be asked."""

    teacher: OpenAI
    addresses: list[Address]
    where: str
    """Place in the recipe, for messages."""
    errands: Errands
    """What is asked of it."""
