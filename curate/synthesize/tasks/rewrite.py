"""What a passage says, told again in several styles and orders.

After arXiv 2309.14316: a model answers questions about facts that it read once only if it read them
in several wordings and orders. Each style is a request of its own. Prompt, styles and phrasings are
our own.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from curate.synthesize.prompt import shipped
from curate.synthesize.tasks.reply import Reply, Text, filled, reader, schema_of
from curate.synthesize.tasks.task import Draft, Material, Task
from curate.synthesize.tasks.wording import chosen, placed
from schemas.rows import Message, Passage
from schemas.settings import Settings

NAME = "rewrite"
VERSION = 1
Style = Literal["plain", "textbook", "lay", "questions-first", "bullet", "wiki", "lecture"]
STYLES: dict[Style, tuple[str, str]] = {
    "plain": (
        "plain, precise prose. Begin with what the passage comes to in the end, then give its "
        "grounds",
        "in plain words",
    ),
    "textbook": (
        "a textbook: terms are defined first, then the general comes before the particular",
        "as a textbook would",
    ),
    "lay": (
        "an explanation for readers without training in the field: every technical term is put in "
        "everyday words beside it. Begin with why it matters",
        "for someone without training in the field",
    ),
    "questions-first": (
        "questions and answers: each paragraph opens with a question and goes on with its answer. "
        "Begin with the last thing that the passage says",
        "as a series of questions, each followed by its answer",
    ),
    "bullet": (
        "a list in which each line begins with `- ` and holds one complete statement. What belongs "
        "together stands together, whatever the order of the passage",
        "as a list of short points",
    ),
    "wiki": (
        "an encyclopedia entry: the first sentence says what the subject is, the rest follows from "
        "the best established to the most particular",
        "in the manner of an encyclopedia entry",
    ),
    "lecture": (
        "a lecture to students: spoken but exact. Begin with the particular and lead from there to "
        "the general",
        "as in a lecture to students",
    ),
}
"""Style -> (what the teacher is asked for, how the student is asked for it)."""
PHRASINGS = (
    "Explain {topic} {manner}.",
    "Tell me about {topic}, {manner}.",
    "Write about {topic} {manner}.",
    "What should one know about {topic}? Put it {manner}.",
    "Give an account of {topic} {manner}.",
    "I want to learn about {topic}. Please explain it {manner}.",
)


class Params(Settings):
    """Which styles are asked for."""

    styles: list[Style] = Field(["plain", "textbook", "questions-first"], min_length=1)
    """Out of plain, textbook, lay, questions-first, bullet, wiki, lecture; a request for each."""


class Rewritten(Reply):
    """A reply."""

    topic: Text = ""
    text: Text


def task(params: Params) -> Task:
    """The task with these settings."""
    styles = list(dict.fromkeys(params.styles))
    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME, ["style", "told"]),
        schema=schema_of(Rewritten),
        read=reader(Rewritten),
        drafts=_drafts,
        variants=tuple({"style": style, "told": STYLES[style][0]} for style in styles),
        n_expected_tokens=500,
    )


def _drafts(reply: Rewritten, material: Material) -> Iterator[Draft]:
    topic = " ".join(reply.topic.split()).rstrip(".?!:") or _topic(material.passage)
    if not filled(reply.text, topic):
        return
    style = material.variant.get("style", "")
    manner = next((asked for name, (_, asked) in STYLES.items() if name == style), "in other words")
    template = chosen(PHRASINGS, NAME, style, material.passage.id)
    asked = placed(template, {"topic": topic, "manner": manner})
    messages = [Message("user", asked), Message("assistant", reply.text)]
    yield Draft(messages, family=style, whole=True)


def _topic(passage: Passage) -> str:
    """What a passage is about by its headings; empty where it has none."""
    heading = next((one for one in reversed(passage.section) if one.strip()), "")
    named = [f'"{one.strip()}"' for one in (heading, passage.title or "") if one.strip()]
    return " of ".join(dict.fromkeys(named))
