"""A question to be answered from several documents, of which one, or none, holds the answer.

After RAFT (arXiv 2403.10131): question and answer are made from the gold passage alone; the student
is given it among distractors and answers by quoting it. In a share of cases the gold is left out,
so that the student learns the answer itself. We write which document a quote is from, in plain
quotation marks, where RAFT has marks of its own. The prompt is our own.
"""

from collections.abc import Iterator

from pydantic import Field

from curate.synthesize.prompt import shipped
from curate.synthesize.tasks.reply import Quotes, Reply, Text, filled, reader, schema_of
from curate.synthesize.tasks.task import Draft, Material, Task
from curate.synthesize.tasks.wording import chosen, placed
from schemas.ids import fraction, identity
from schemas.rows import Message
from schemas.settings import Settings, Share

NAME = "raft"
VERSION = 1
MAX_QUOTES = 3
PHRASINGS = (
    "{documents}\n\nQuestion: {question}",
    "Answer the question with the help of the documents below; not all of them matter.\n\n"
    "{documents}\n\nQuestion: {question}",
    "Question: {question}\n\nThese documents were found for it:\n\n{documents}",
    "{documents}\n\nUse the documents above where they help. {question}",
)


class Params(Settings):
    """What the student is given."""

    distractors: int = Field(4, ge=1, le=20)
    """Passages of other documents beside the gold one."""
    without_gold: Share = 0.2
    """Share of examples from whose documents the gold passage is left out."""


class Reasoned(Reply):
    """A reply."""

    question: Text
    quotes: Quotes = Field([""])
    reasoning: Text = ""
    answer: Text


def task(params: Params) -> Task:
    """The task with these settings."""

    def drafts(reply: Reasoned, material: Material) -> Iterator[Draft]:
        quotes = reply.quotes[:MAX_QUOTES]
        if not filled(reply.question, reply.answer) or not filled(reply.reasoning + quotes[0]):
            return
        gold = material.passage
        left_out = fraction(identity(gold.id, NAME, "gold")) < params.without_gold
        shown = [*material.others] if left_out and material.others else [gold, *material.others]
        shown.sort(key=lambda one: identity(gold.id, NAME, one.id))
        place = shown.index(gold) + 1 if gold in shown else None
        documents = "\n\n".join(f"[{n}] {one.text}" for n, one in enumerate(shown, 1))
        template = chosen(PHRASINGS, NAME, gold.id)
        asked = placed(template, {"documents": documents, "question": reply.question})
        answer = _answer(quotes, reply.reasoning, reply.answer, place)
        messages = [Message("user", asked), Message("assistant", answer)]
        yield Draft(messages, quotes, family="without-gold" if place is None else "with-gold")

    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME),
        schema=schema_of(Reasoned),
        read=reader(Reasoned),
        drafts=drafts,
        n_others=params.distractors,
        n_expected_tokens=220,
    )


def _answer(quotes: list[str], reasoning: str, answer: str, place: int | None) -> str:
    """What the student should say; a quote only where it can see what is quoted."""
    said = [f'[{place}] says: "{one}"' for one in quotes if one] if place is not None else []
    return "\n".join([*said, *([reasoning] if reasoning else []), f"Answer: {answer}"])
