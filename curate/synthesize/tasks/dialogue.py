"""A conversation about a passage: questions that build on each other, each answer with its quote.

One example of several turns a call. The first question can be understood alone; later ones may
refer to what was said. The prompt is our own.
"""

from collections.abc import Iterator

from pydantic import Field

from curate.synthesize.prompt import shipped
from curate.synthesize.tasks.reply import Items, Quote, Reply, Text, filled, reader, schema_of
from curate.synthesize.tasks.task import Draft, Material, Task
from schemas.rows import Message
from schemas.settings import Settings

NAME = "dialogue"
VERSION = 1
MIN_TURNS = 2
"""Questions without which it is no conversation."""


class Params(Settings):
    """How long a conversation is."""

    turns: int = Field(3, ge=MIN_TURNS, le=10)
    """Questions, each with its answer."""


class Turn(Reply):
    """A question with its answer."""

    question: Text
    answer: Text
    quote: Quote = Field([""])


class Dialogue(Reply):
    """A reply."""

    turns: Items[Turn]


def task(params: Params) -> Task:
    """The task with these settings."""

    def drafts(reply: Dialogue, material: Material) -> Iterator[Draft]:
        turns = list(_unbroken(reply.turns))[: params.turns]
        if len(turns) < MIN_TURNS:
            return
        messages = []
        for turn in turns:
            messages += [Message("user", turn.question), Message("assistant", turn.answer)]
        quotes = [quote for turn in turns for quote in turn.quote]
        yield Draft(messages, list(dict.fromkeys(quotes)))

    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["turns"]),
        schema=schema_of(Dialogue),
        read=reader(Dialogue),
        drafts=drafts,
        fields={"turns": str(params.turns)},
        n_expected_tokens=130 * params.turns,
    )


def _unbroken(turns: list[Turn]) -> Iterator[Turn]:
    """Turns up to one that is empty or says again what was said: later ones may refer to it."""
    seen: set[str] = set()
    for turn in turns:
        if not filled(turn.question, turn.answer) or turn.question.casefold() in seen:
            return
        seen.add(turn.question.casefold())
        yield turn
