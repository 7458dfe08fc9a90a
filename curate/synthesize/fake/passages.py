"""What a request is about: the passage between its tags, in sentences; questions about those.

Reads the messages of a chat request; writes nothing.
"""

import re
from collections.abc import Sequence
from typing import Any

from curate import sentences

_PASSAGE = re.compile(r"<passage\b[^>]*>(.*?)</passage>", re.DOTALL)
MIN_WORDS = 5
"""Shorter sentences are headings and fragments; they are used where there is nothing else."""
_TERM = re.compile(
    r"(?<![\w-])[^\W\d_](?:[\w-]+ (?:number |no\. )?\d+(?:\.\d+)?(?![\w.]*\w)|[\w-]{3,})"
)
"""A word of four letters or more, or any with a number behind it."""
_COMMON = sentences.STARTERS | set(
    "about above been before being below between could does done each either every first have "
    "into itself last less like made make more much must number only over said same second than "
    "them then they third used very were what whose will with within without would your".split()
)
"""Words that name nothing."""
ONE = (
    "What is known about {a}?",
    "Which statement can be made about {a}?",
    "Explain briefly what holds for {a}.",
    "What should a reader remember about {a}?",
    "Describe the role of {a}.",
    "How would you characterise {a}?",
)
TWO = (
    "What is the relation between {a} and {b}?",
    "How does {a} bear on {b}?",
    "What does {a} have to do with {b}?",
    "In the case of {b}, what is reported about {a}?",
    "Why is {a} mentioned together with {b}?",
    "What was found out about {a} with regard to {b}?",
    "Considering {b}, what can be said of {a}?",
    "Which finding connects {a} to {b}?",
)
"""Ways to ask about one term or two, so that questions are not all alike."""


def said(message: dict[str, Any]) -> str:
    """A message's text; of a list of parts, all that is text."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def last_said(messages: Sequence[dict[str, Any]], *roles: str) -> str:
    """The text of the last message in one of these roles; empty where there is none."""
    return next((said(turn) for turn in reversed(messages) if turn.get("role") in roles), "")


def passage(messages: Sequence[dict[str, Any]]) -> str:
    """The first passage in tags that a user sent; without tags, their last message."""
    for turn in messages:
        if turn.get("role") == "user" and (found := _PASSAGE.search(said(turn))):
            return found[1]
    return last_said(messages, "user")


def quotable(text: str) -> tuple[str, ...]:
    """Sentences as they stand in the text, at least one: the long ones, or all there are."""
    found = [text[start:end] for start, end in sentences.spans(text)]
    long = [one for one in found if len(one.split()) >= MIN_WORDS]
    return tuple(long or found or [text.strip()])


def flat(sentence: str) -> str:
    """The sentence in one line."""
    return " ".join(sentence.split())


def question(sentence: str, draw: int) -> str:
    """A question that names what the sentence is about, and can be understood without it.

    Args:
        sentence: what answers it.
        draw: a large number that chooses terms and wording.
    """
    found = dict.fromkeys(
        term
        for term in _TERM.findall(flat(sentence))
        if term.partition(" ")[0].lower() not in _COMMON
    )
    terms = list(found)
    if not terms:
        return f"What is meant by “{flat(sentence)[:60]}”?"
    telling = [term for term in terms if term[-1].isdigit()] or terms
    draw, first = divmod(draw, len(telling))
    a = telling[first]
    terms.remove(a)
    if not terms:
        return ONE[draw % len(ONE)].format(a=a)
    draw, second = divmod(draw, len(terms))
    return TWO[draw % len(TWO)].format(a=a, b=terms[second])
