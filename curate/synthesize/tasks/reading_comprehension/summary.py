"""Summary: from a text, its title, its one-line description, or the sentence that states its aim.

The answer stands in the passage itself; the question holds the passage without it.
"""

import re
from collections.abc import Iterator

from curate.synthesize.tasks.reading_comprehension.candidate import Candidate, answered
from curate.synthesize.tasks.reading_comprehension.prose import Prose, Sentence, dangles, leans

MIN_TEXT_WORDS = 20
MAX_TEXT_WORDS = 200
CODE_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")

_STATEMENT = re.compile(
    r"(?:Here,? we"
    r"|In (?:this|the present) (?:paper|article|work|study|review|report|letter|chapter)"
    r"|(?:This|The present|Our) (?:paper|article|work|study|review|report|module|package|library"
    r"|software|tool|survey) (?:presents?|introduces?|describes?|proposes?|investigates?|examines?"
    r"|reports?|reviews?|provides?|implements?|shows?|demonstrates?|explores?|defines?|aims?)"
    r"|We (?:present|introduce|propose|describe|show|demonstrate|report|investigate|develop)\b"
    r"|In (?:summary|conclusion|short)\b|To summari[sz]e\b|Overall,|Taken together,|Collectively,)"
)
_OPENER = re.compile(
    r"(?:In (?:summary|conclusion|short)|To summari[sz]e|Overall|Taken together|Collectively),?\s+"
)


def find(found: Prose) -> Iterator[Candidate]:
    """Candidates of this family, the best first."""
    first = found.sentences[0] if found.sentences else None
    if first is None:
        return
    opens = found.passage.start == 0
    if opens and found.title and first.text.casefold() == found.title.casefold():
        yield from _of_opening(found, "summary/title", first, {})
    elif opens and CODE_NAME.fullmatch(found.title) and not first.dangles:
        yield from _of_opening(found, "summary/description", first, {"title": found.name})
    yield from _statements(found)


def _of_opening(
    found: Prose, kind: str, first: Sentence, fields: dict[str, str]
) -> Iterator[Candidate]:
    """The opening sentence as the answer, the prose after it as the text."""
    if leans(first.text):
        return
    rest = _run(found.sentences[1:])
    if sum(sentence.n_words for sentence in rest) >= MIN_TEXT_WORDS:
        text = " ".join(sentence.text for sentence in rest)
        yield answered(kind, {**fields, "text": text}, found.passage.text, first.start, first.end)


def _statements(found: Prose) -> Iterator[Candidate]:
    """Sentences that say what the text is about, with the prose around them as the text."""
    for index, sentence in enumerate(found.sentences):
        opener = _STATEMENT.match(sentence.text) if sentence.clean else None
        if opener is None or dangles(_STATEMENT.sub("", sentence.text)):
            continue
        before = _run(found.sentences[:index][::-1])[::-1]
        around = before + _run(found.sentences[index + 1 :])
        if sum(one.n_words for one in around) < 2 * MIN_TEXT_WORDS:
            continue
        dropped = _OPENER.match(found.passage.text, sentence.start)
        start = dropped.end() if dropped else sentence.start
        text = " ".join(one.text for one in around)
        fields = {"title": found.name, "text": text}
        yield answered("summary/statement", fields, found.passage.text, start, sentence.end)


def _run(line: list[Sentence]) -> list[Sentence]:
    """Clean sentences from the beginning that point nowhere else, up to MAX_TEXT_WORDS words."""
    taken: list[Sentence] = []
    n_words = 0
    for sentence in line:
        n_words += sentence.n_words
        if sentence.dangles or n_words > MAX_TEXT_WORDS:
            break
        taken.append(sentence)
    return taken
