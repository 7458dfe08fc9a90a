"""A summary of a passage, with the quotes that it rests on.

The student is given the passage with the instruction. Its instruction names the number of sentences
that the summary has, whatever was asked of the teacher, so that it is never broken by its own
answer. Prompt and phrasings are our own.
"""

from collections.abc import Iterator

from pydantic import Field

from curate import sentences
from curate.synthesize.prompt import shipped
from curate.synthesize.tasks.reply import Quotes, Reply, Text, filled, reader, schema_of
from curate.synthesize.tasks.task import Draft, Material, Task
from curate.synthesize.tasks.wording import chosen, placed
from schemas.rows import Message
from schemas.settings import Settings

NAME = "summary"
VERSION = 1
MAX_QUOTES = 4
PHRASINGS = (
    "Summarise the following text in {length}.\n\n{passage}",
    "{passage}\n\nSum this up in {length}.",
    "Read the text below and give its main points in {length}.\n\n{passage}",
    "What does this text say? Answer in {length}.\n\n{passage}",
    "{passage}\n\nWrite a summary of the text above, {length} long.",
    "Condense this passage into {length}, and keep what matters most.\n\n{passage}",
    "I have no time to read all of this. Tell me in {length} what it says.\n\n{passage}",
    "Here is a passage from a scientific text. Summarise it in {length}.\n\n{passage}",
)


class Params(Settings):
    """How long a summary is."""

    sentences: int = Field(3, ge=1, le=20)
    """Sentences that are asked for."""


class Summary(Reply):
    """A reply."""

    summary: Text
    quotes: Quotes = Field([""])


def task(params: Params) -> Task:
    """The task with these settings."""
    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["length"]),
        schema=schema_of(Summary),
        read=reader(Summary),
        drafts=_drafts,
        fields={"length": _length(params.sentences)},
        n_expected_tokens=35 * params.sentences + 120,
    )


def _drafts(reply: Summary, material: Material) -> Iterator[Draft]:
    if not filled(reply.summary):
        return
    passage = material.passage
    length = _length(len(sentences.spans(reply.summary)))
    template = chosen(PHRASINGS, NAME, passage.id)
    asked = placed(template, {"length": length, "passage": passage.text})
    messages = [Message("user", asked), Message("assistant", reply.summary)]
    yield Draft(messages, reply.quotes[:MAX_QUOTES])


def _length(n_sentences: int) -> str:
    return "one sentence" if n_sentences == 1 else f"{n_sentences} sentences"
