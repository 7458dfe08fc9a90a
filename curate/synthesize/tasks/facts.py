"""Atomic facts of a passage, each with its verbatim quote and a question that it answers.

After fact-based generation (arXiv 2404.00213): facts are listed first, so that questions cover a
text evenly instead of its opening alone. The prompt is our own; so is the measure of `coverage`.
"""

from collections.abc import Iterable, Iterator

from pydantic import Field

from curate import sentences
from curate.synthesize.prompt import shipped
from curate.synthesize.tasks.reply import (
    Items,
    Quote,
    Reply,
    Text,
    distinct,
    filled,
    reader,
    schema_of,
)
from curate.synthesize.tasks.task import Draft, Material, Task
from schemas.rows import Message
from schemas.settings import Settings

NAME = "facts"
VERSION = 1


class Params(Settings):
    """How much is asked for."""

    facts: int = Field(12, ge=1, le=40)
    """Most facts of one call."""


class Fact(Reply):
    """One fact."""

    fact: Text
    question: Text = ""
    quote: Quote = Field([""])


class Facts(Reply):
    """A reply."""

    facts: Items[Fact]


def task(params: Params) -> Task:
    """The task with these settings."""

    def drafts(reply: Facts, material: Material) -> Iterator[Draft]:
        asked = [fact for fact in reply.facts if filled(fact.question, fact.fact)]
        for fact in distinct(asked, lambda fact: fact.question, params.facts):
            messages = [Message("user", fact.question), Message("assistant", fact.fact)]
            yield Draft(messages, fact.quote)

    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["facts"]),
        schema=schema_of(Facts),
        read=reader(Facts),
        drafts=drafts,
        fields={"facts": str(params.facts)},
        n_expected_tokens=90 * params.facts,
    )


def quotes(reply: Facts) -> list[list[str]]:
    """The quotes of every fact, those included of which no question was asked."""
    return [fact.quote for fact in distinct(reply.facts, lambda fact: fact.fact, len(reply.facts))]


def coverage(text: str, ranges: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """How many sentences a text has, and how many of them quotes cover at least by half.

    Args:
        text: a passage.
        ranges: start and end of each located quote, counted in this text; they may overlap, and
            count together.
    """
    quoted = bytearray(len(text))
    for start, end in ranges:
        inside = slice(*sorted((min(max(start, 0), len(text)), min(max(end, 0), len(text)))))
        quoted[inside] = b"\1" * (inside.stop - inside.start)
    spans = sentences.spans(text)
    n_covered = sum(2 * sum(quoted[start:end]) >= end - start for start, end in spans)
    return len(spans), n_covered
