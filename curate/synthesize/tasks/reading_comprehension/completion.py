"""Completion: the text so far is in the question, what comes next is the answer."""

import re
from collections.abc import Iterator

from curate.synthesize.tasks.reading_comprehension.candidate import Candidate, answered
from curate.synthesize.tasks.reading_comprehension.prose import (
    LISTED,
    Prose,
    Sentence,
    leans,
    stands_alone,
)

MIN_WORDS = 8
MIN_TEXT_WORDS = 8
MAX_TEXT_WORDS = 100

_JOINT = re.compile(
    r",\s+(?=(?:which|where|while|whereas|but|and\s+(?:the|a|it|is|are)|although|even|unless|so)\b)"
)


def find(found: Prose) -> Iterator[Candidate]:
    """Candidates of this family: whole next sentences first, then the rest of a long sentence."""
    if LISTED.fullmatch(found.heading):
        return
    used = -1
    for index, sentence in enumerate(found.sentences):
        if not sentence.follows or not _is_answer(sentence):
            continue
        text = _before(found.sentences, index, used)
        if text:
            used = index
            fields = {"title": found.name, "text": text}
            yield answered(
                "completion/next", fields, found.passage.text, sentence.start, sentence.end
            )
    yield from _rests(found)


def _is_answer(sentence: Sentence) -> bool:
    return sentence.n_words >= MIN_WORDS and not sentence.dangles


def _before(sentences: list[Sentence], index: int, used: int) -> str:
    """The paragraph up to a sentence, after the one used last; empty where it is not clean."""
    taken: list[str] = []
    n_words = 0
    for position in range(index - 1, used, -1):
        sentence = sentences[position]
        n_words += sentence.n_words
        if sentence.dangles or n_words > MAX_TEXT_WORDS:
            break
        taken.insert(0, sentence.text)
        if not sentence.follows:
            break
    while taken and leans(taken[0]):
        taken.pop(0)
    return " ".join(taken) if sum(line.count(" ") + 1 for line in taken) >= MIN_TEXT_WORDS else ""


def _rests(found: Prose) -> Iterator[Candidate]:
    """Long sentences cut where a new clause begins."""
    text = found.passage.text
    for sentence in found.sentences:
        if sentence.n_words < MIN_TEXT_WORDS + MIN_WORDS or not stands_alone(sentence):
            continue
        for joint in _JOINT.finditer(text, sentence.start, sentence.end):
            head, rest = text[sentence.start : joint.end()], text[joint.end() : sentence.end]
            if len(head.split()) < MIN_TEXT_WORDS or len(rest.split()) < MIN_WORDS:
                continue
            if head.count("(") != head.count(")") or head.count("`") % 2:
                continue
            fields = {"title": found.name, "text": " ".join(head.split())}
            rest_text = " ".join(rest.split())
            yield Candidate("completion/rest", fields, joint.end(), sentence.end, rest_text)
            break
