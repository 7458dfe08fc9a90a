"""Which fields of science the phrases of a text belong to. Reads `headings.yaml`; writes nothing.

A phrase of the list that stands in the text votes for its fields; where phrases overlap, the one
that begins first and is longest counts.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADINGS = Path(__file__).with_name("headings.yaml")

SURE = 1.0
"""Votes of a phrase that belongs to its fields, together."""
HINT = 1 / 3
"""Votes of a phrase, or a word's ending, that is seen elsewhere too."""
SHORTEST = 7
"""Characters of the shortest word whose ending says something: `coma` is no tumour."""
LONGEST = 400
"""Characters of a text that are read: nobody's heading is longer."""

WORD = re.compile(r"\w+")

Votes = tuple[tuple[str, float], ...]
"""(field, votes) pairs."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The list, by phrases of stems."""

    phrases: dict[str, Votes]
    """Phrase -> its votes; none for one that says nothing."""
    n_words: dict[str, int]
    """First word of a phrase -> words of the longest such phrase."""
    endings: tuple[tuple[str, Votes], ...]
    """Ending -> votes, longest first."""


@functools.lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A word without its plural: `studies` -> `study`, `genes` -> `gene`, `virus` -> `virus`."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


def stems(text: str) -> list[str]:
    """The words of a text in small letters, without plurals."""
    return [stem(word) for word in WORD.findall(text[:LONGEST].lower())]


@functools.cache
def lexicon() -> Lexicon:
    """The list that this package holds; read once in a process."""
    import yaml

    held = yaml.load(
        HEADINGS.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    phrases = {
        **_shared(held["hints"], HINT),
        **_shared(held["sure"], SURE),
        **dict.fromkeys(_listed(held["silent"]), ()),
    }
    n_words: dict[str, int] = {}
    for phrase in phrases:
        words = phrase.split()
        n_words[words[0]] = max(n_words.get(words[0], 0), len(words))
    endings = [
        (ending, ((field, HINT),))
        for field, line in held["endings"].items()
        for ending in line.split()
    ]
    endings.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    return Lexicon(phrases, n_words, tuple(endings))


def found(text: str) -> Iterator[Votes]:
    """The votes of each phrase of the list that stands in a text, in its order."""
    known = lexicon()
    words = stems(text)
    start = 0
    while start < len(words):
        longest = known.n_words.get(words[start], 0)
        for n in range(min(longest, len(words) - start), 0, -1):
            votes = known.phrases.get(" ".join(words[start : start + n]))
            if votes is not None:
                break
        else:
            n, votes = 1, _of_ending(words[start])
        if votes:
            yield votes
        start += n


@functools.lru_cache(maxsize=65_536)
def _of_ending(word: str) -> Votes:
    if len(word) < SHORTEST:
        return ()
    return next((votes for ending, votes in lexicon().endings if word.endswith(ending)), ())


def _listed(line: str) -> Iterator[str]:
    """Phrases between commas, as stems with single spaces."""
    for phrase in line.split(","):
        yield " ".join(stems(phrase))


def _shared(by_field: dict[str, str], votes: float) -> dict[str, Votes]:
    """Phrase -> votes, shared by the fields that list it."""
    fields: dict[str, list[str]] = {}
    for field, line in by_field.items():
        for phrase in dict.fromkeys(_listed(line)):
            fields.setdefault(phrase, []).append(field)
    return {
        phrase: tuple((field, votes / len(listing)) for field in listing)
        for phrase, listing in fields.items()
    }
