"""Questions and answers, each with a verbatim quote that supports it.

Several pairs a call, as easy and cheap as chunk-wise generation gets; the quote is ours to check,
after the quoting of evidence in RAFT (arXiv 2403.10131) and in attributed question answering
(arXiv 2212.08037). The prompt is our own.
"""

from collections.abc import Iterator

from pydantic import Field

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

NAME = "grounded-qa"
VERSION = 1


class Params(Settings):
    """How much is asked for."""

    pairs: int = Field(3, ge=1, le=20)
    """Most pairs of one call."""


class Pair(Reply):
    """One question with its answer."""

    question: Text
    answer: Text
    quote: Quote = Field([""])


class Pairs(Reply):
    """A reply."""

    pairs: Items[Pair]


def task(params: Params) -> Task:
    """The task with these settings."""

    def drafts(reply: Pairs, material: Material) -> Iterator[Draft]:
        good = [pair for pair in reply.pairs if filled(pair.question, pair.answer)]
        for pair in distinct(good, lambda pair: pair.question, params.pairs):
            messages = [Message("user", pair.question), Message("assistant", pair.answer)]
            yield Draft(messages, pair.quote)

    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["pairs"]),
        schema=schema_of(Pairs),
        read=reader(Pairs),
        drafts=drafts,
        fields={"pairs": str(params.pairs)},
        n_expected_tokens=130 * params.pairs,
    )
