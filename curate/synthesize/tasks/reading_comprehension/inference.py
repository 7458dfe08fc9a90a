"""Inference: what follows from a statement, stands against it, is added to it, or holds otherwise.

The connector that joins the two in the text is dropped from the answer, and asked for instead.
"""

import re
from collections.abc import Iterator

from curate.synthesize.tasks.reading_comprehension.candidate import Candidate, answered
from curate.synthesize.tasks.reading_comprehension.prose import (
    LISTED,
    Prose,
    Sentence,
    leans,
)

MIN_WORDS = 6
MAX_PREMISE_WORDS = 90

_RELATIONS = {
    "conclusion": "therefore|thus|hence|consequently|accordingly|as a result|as a consequence"
    "|for this reason|it follows that|this means that|this implies that",
    "contrast": "however|in contrast|by contrast|nevertheless|nonetheless|on the other hand"
    "|conversely|instead|on the contrary|alternatively",
    "addition": "moreover|furthermore|in addition|additionally|likewise|similarly|besides"
    "|in particular|in other words",
    "alternative": "otherwise",
}
_WITHOUT_COMMA = (
    "therefore|thus|hence|consequently|otherwise|it follows that|this means that|this implies that"
)
_ALL = "|".join(_RELATIONS.values())
_OPENS = re.compile(
    rf"(?:(?P<marked>{_ALL}),|(?P<bare>{_WITHOUT_COMMA}))\s+(?=[^\W\d]|[`$\d])", re.IGNORECASE
)
_INSIDE = re.compile(rf";\s+(?:(?P<marked>{_ALL}),|(?P<bare>{_WITHOUT_COMMA}))\s+", re.IGNORECASE)
_RELATION_OF = {
    connector: relation
    for relation, connectors in _RELATIONS.items()
    for connector in connectors.split("|")
}
_CAPITALS = frozenset(word[0].upper() for words in _RELATIONS.values() for word in words.split("|"))


def find(found: Prose) -> Iterator[Candidate]:
    """Candidates of this family, in the text's order."""
    if LISTED.fullmatch(found.heading):
        return
    for index, sentence in enumerate(found.sentences):
        if sentence.dangles:
            continue
        if sentence.text[0] in _CAPITALS and sentence.follows:
            yield from _across(found, index)
        if "; " in sentence.text:
            yield from _within(found, sentence)


def _across(found: Prose, index: int) -> Iterator[Candidate]:
    """Two sentences, the second of which begins with a connector."""
    sentence = found.sentences[index]
    opener = _OPENS.match(found.passage.text, sentence.start, sentence.end)
    premise = _premise(found.sentences, index)
    if opener and premise:
        yield from _pair(found, opener, premise, opener.end(), sentence.end)


def _within(found: Prose, sentence: Sentence) -> Iterator[Candidate]:
    """One sentence with a connector after a semicolon."""
    joint = _INSIDE.search(found.passage.text, sentence.start, sentence.end)
    if joint is None or leans(sentence.text):
        return
    premise = " ".join(found.passage.text[sentence.start : joint.start()].split()) + "."
    if premise.count(" ") >= MIN_WORDS - 1:
        yield from _pair(found, joint, premise, joint.end(), sentence.end)


def _pair(
    found: Prose, connector: re.Match[str], premise: str, start: int, end: int
) -> Iterator[Candidate]:
    words = connector["marked"] or connector["bare"]
    relation = _RELATION_OF[" ".join(words.lower().split())]
    if len(found.passage.text[start:end].split()) < MIN_WORDS:
        return
    fields = {"title": found.name, "premise": premise}
    yield answered(f"inference/{relation}", fields, found.passage.text, start, end)


def _premise(sentences: list[Sentence], index: int) -> str:
    """The sentences before, back to one that stands alone; empty where there is none."""
    taken: list[str] = []
    n_words = 0
    for position in range(index - 1, -1, -1):
        sentence = sentences[position]
        n_words += sentence.n_words
        if sentence.dangles or n_words > MAX_PREMISE_WORDS:
            break
        taken.insert(0, sentence.text)
        if not leans(sentence.text):
            return " ".join(taken)
        if not sentence.follows:
            break
    return ""
