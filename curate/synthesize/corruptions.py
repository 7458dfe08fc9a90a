"""Examples made worse on purpose, to see whether a judge notices. Nothing is left to chance.

What is done to an example follows from its id; a row that is added to the others changes few of
them, so few judgements have to be paid again.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from curate import sentences
from schemas.ids import identity


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer, with the passage that they were made from."""

    id: str
    question: str
    answer: str
    context: str


Corruption = Callable[[Pair, Sequence[Pair], random.Random], Pair | None]
FEWEST_WORDS = 8
"""Words of an answer that is cut."""
SENTENCE_WORDS = range(6, 61)
"""Words of a sentence that is added."""
DANGLING = (
    "According to this study, {question}",
    "As the authors report, {question}",
    "With regard to Figure 3, {question}",
    "In the experiment described above, {question}",
)
_NUMBER = re.compile(r"(?<![\w.,^−-])\d+(?:[.,]\d+)*(?![\w^])")
_AUXILIARY = "is|are|was|were|has|have|had|can|could|will|would|should|must|may|might"
_NEGATED = re.compile(rf"\b({_AUXILIARY}|do|does|did) not\b|\b(can)(?:not|['’]t)\b|\b(\w+)n['’]t\b")
_AFFIRMED = re.compile(rf"\b({_AUXILIARY})\b(?! (?:not|no)\b)(?!n['’]t)")


def number(pair: Pair, others: Sequence[Pair], draw: random.Random) -> Pair | None:
    """One of the first two digits of a number in the answer is another."""
    found = list(_NUMBER.finditer(pair.answer))
    draw.shuffle(found)
    for one in found:
        places = [place for place, sign in enumerate(one[0]) if sign.isdigit()][:2]
        place = draw.choice(places)
        digits = [digit for digit in "123456789" if digit != one[0][place]]
        draw.shuffle(digits)
        for digit in digits:
            changed = one[0][:place] + digit + one[0][place + 1 :]
            if not re.search(rf"(?<!\d){re.escape(changed)}(?!\d)", pair.context):
                answer = pair.answer[: one.start()] + changed + pair.answer[one.end() :]
                return replace(pair, answer=answer)
    return None


def swapped(pair: Pair, others: Sequence[Pair], draw: random.Random) -> Pair | None:
    """The answer is that of a question about another passage."""
    able = [one for one in others if one.context != pair.context and one.answer != pair.answer]
    found = _nearest(pair, able)
    return None if found is None else replace(pair, answer=found.answer)


def negation(pair: Pair, others: Sequence[Pair], draw: random.Random) -> Pair | None:
    """The answer's first "not" is gone; where it has none, there is one."""

    def affirmed(found: re.Match[str]) -> str:
        said = next(group for group in found.groups() if group)
        return "will" if said == "wo" else said

    answer, n = _NEGATED.subn(affirmed, pair.answer, count=1)
    if not n:
        answer, n = _AFFIRMED.subn(r"\1 not", pair.answer, count=1)
    if not n and pair.answer.strip():
        answer = f"It is not the case that {_continued(pair.answer)}"
    return replace(pair, answer=answer) if answer != pair.answer else None


def cut(pair: Pair, others: Sequence[Pair], draw: random.Random) -> Pair | None:
    """The answer breaks off in its middle, inside a sentence."""
    words = pair.answer.split()
    kept = words[: len(words) // 2]
    while kept and kept[-1].endswith((".", "!", "?")):
        kept.pop()
    if len(words) < FEWEST_WORDS or not kept:
        return None
    return replace(pair, answer=" ".join(kept).rstrip(",;:"))


def dangling(pair: Pair, others: Sequence[Pair], draw: random.Random) -> Pair | None:
    """The question points at something that nobody can see."""
    if not pair.question.strip():
        return None
    question = draw.choice(DANGLING).format(question=_continued(pair.question))
    return replace(pair, question=question)


def added(pair: Pair, others: Sequence[Pair], draw: random.Random) -> Pair | None:
    """The answer ends with a sentence from another passage."""
    able = [one for one in others if one.context != pair.context]
    found = _nearest(pair, able)
    if found is None or not pair.answer.strip():
        return None
    stretches = [" ".join(found.context[a:b].split()) for a, b in sentences.spans(found.context)]
    good = [one for one in stretches if len(one.split()) in SENTENCE_WORDS]
    fresh = [one for one in good if one not in pair.context and one not in pair.answer]
    return replace(pair, answer=f"{pair.answer.rstrip()} {draw.choice(fresh)}") if fresh else None


KINDS: dict[str, Corruption] = {
    "number": number,
    "swapped": swapped,
    "negation": negation,
    "cut": cut,
    "dangling": dangling,
    "added": added,
}


def corrupted(kind: str, pairs: Sequence[Pair], most: int) -> list[Pair]:
    """Pairs made worse in one way, in the order of their ids' hashes.

    Args:
        kind: one of KINDS.
        pairs: good ones; the others among them lend answers and sentences.
        most: how many are wanted. There are fewer where a kind cannot be done to some.
    """
    made: list[Pair] = []
    for pair in sorted(pairs, key=lambda one: identity(kind, one.id)):
        if len(made) >= most:
            break
        found = KINDS[kind](pair, pairs, random.Random(f"{kind} {pair.id}"))
        if found is not None:
            made.append(found)
    return made


def _nearest(pair: Pair, able: Sequence[Pair]) -> Pair | None:
    """One of several, chosen by the ids of both alone."""
    return min(able, key=lambda one: identity(pair.id, one.id), default=None)


def _continued(text: str) -> str:
    """A sentence as it stands behind other words: its first letter small, unless a name's."""
    first, rest = text[:1], text[1:2]
    return text if rest.isupper() or rest.isdigit() else first.lower() + text[1:]
