"""Word to text: a sentence asked for by the words of the domain that it holds."""

import re
from collections.abc import Iterator, Mapping

from curate.synthesize.tasks.reading_comprehension.candidate import Candidate, answered
from curate.synthesize.tasks.reading_comprehension.prose import LISTED, Prose, stands_alone

MIN_DOMAIN_WORDS = 3
MAX_DOMAIN_WORDS = 5
MIN_WORDS = 8
MAX_WORDS = 40
WORD = re.compile(r"(?<![\w.`/-])[^\W\d_](?:[^\W\d_]|-(?=[^\W\d_])){4,}(?![\w(`/.'\u2019-]\w)")
"""A word as `vocabulary` counts it, and not part of a name from code."""


def find(found: Prose, domain_words: Mapping[str, float]) -> Iterator[Candidate]:
    """Candidates of this family, those whose words weigh most first."""
    if LISTED.fullmatch(found.heading):
        return
    ranked = []
    for sentence in found.sentences:
        if not MIN_WORDS <= sentence.n_words <= MAX_WORDS or not stands_alone(sentence):
            continue
        words = _words(sentence.text, domain_words, found.title.casefold())
        if len(words) >= MIN_DOMAIN_WORDS:
            weight = sum(domain_words[word] for word in words)
            ranked.append((-weight, sentence.start, sentence.end, words))
    for _, start, end, words in sorted(ranked):
        fields = {"title": found.name, "words": _listed(words)}
        yield answered("word-to-text", fields, found.passage.text, start, end)


def _words(line: str, domain_words: Mapping[str, float], title: str) -> list[str]:
    """The heaviest domain words of a sentence in its order, without those of the title."""
    found = dict.fromkeys(word.lower() for word in WORD.findall(line))
    typical = [word for word in found if word in domain_words and word not in title]
    heaviest = sorted(typical, key=lambda word: (-domain_words[word], word))[:MAX_DOMAIN_WORDS]
    return [word for word in typical if word in heaviest]


def _listed(words: list[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return ", ".join(quoted[:-1]) + " and " + quoted[-1]
