"""The miner: a teacher that needs no model. Reads passages, writes examples.

Question and answer are both taken from the passage. The answer is a quote from it, changed only in
its white space, its first letter, a dropped connector and its final full stop, so its evidence is
exact. Same passages, same examples: nothing is drawn.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

import pyarrow as pa

from curate.synthesize.tasks.reading_comprehension import (
    FAMILIES,
    TASK,
    candidates,
    phrasings,
    prose,
)
from curate.synthesize.tasks.reading_comprehension.candidate import Candidate
from curate.synthesize.tasks.reading_comprehension.phrasings import Phrasings
from curate.synthesize.tasks.reading_comprehension.vocabulary import domain_words
from schemas.ids import identity
from schemas.recipe import Miner
from schemas.rows import PASSAGES, Evidence, Example, Message, Passage

TEACHER = "miner"
MIN_ANSWER_WORDS = 3
MAX_REPEATS = 3
"""The same answer, names and numbers aside, is given at most this often in a corpus."""
_PASSAGES_AT_ONCE = 1_024
_NAMES = re.compile(r"`[^`]*`|\d+")
_PUNCTUATION = re.compile(r"[^\w\s]+")

__all__ = ["domain_words", "mine", "synthesize"]


def synthesize(
    passages: Callable[[], Iterable[pa.RecordBatch]], settings: Miner
) -> Iterator[list[Example]]:
    """Examples of all passages in their order, a list for some of them at a time.

    Args:
        passages: opens PASSAGES anew; they are read twice, once to learn the parts' words.
        settings: how many examples a family may take from one passage.
    """
    words = domain_words(passages())
    templates = phrasings.read()
    given: Counter[int] = Counter()
    for batch in passages():
        rows = batch.select(PASSAGES.names)
        for first in range(0, rows.num_rows, _PASSAGES_AT_ONCE):
            mined: list[Example] = []
            for row in rows.slice(first, _PASSAGES_AT_ONCE).to_pylist():
                typical = words.get(row["part"], frozenset())
                mined += mine(Passage(**row), typical, settings.per_family, templates)
            yield [example for example in mined if not _is_worn(example, given)]


def _is_worn(example: Example, given: Counter[int]) -> bool:
    """Whether the answer is boilerplate that was given often enough already; counts it."""
    answer = normalised(_NAMES.sub("", example.messages[-1].content))
    key = int(identity(answer)[:16], 16)
    given[key] += 1
    return given[key] > MAX_REPEATS


def mine(
    passage: Passage, domain_words: Collection[str], per_family: int, phrasings: Phrasings
) -> list[Example]:
    """Examples of one passage, at most `per_family` of each family, no answer twice.

    Args:
        passage: what is read.
        domain_words: words in small letters that are typical of the passage's part.
        per_family: the most of one family.
        phrasings: how questions are asked.
    """
    found = prose.read(passage)
    if found is None:
        return []
    examples: list[Example] = []
    used: set[int] = set()
    for family in FAMILIES:
        count = 0
        for candidate in candidates(family, found, domain_words):
            if count == per_family:
                break
            if candidate.end in used:
                continue
            question = phrasings.ask(candidate, passage.id, count)
            if is_answer(candidate.answer) and not is_told(candidate.answer, question):
                examples.append(_example(passage, family, question, candidate))
                used.add(candidate.end)
                count += 1
    return examples


def is_answer(answer: str) -> bool:
    """Whether an answer says enough to be one."""
    return len(answer.split()) >= MIN_ANSWER_WORDS


def is_told(answer: str, question: str) -> bool:
    """Whether the question holds the answer, whatever their case, punctuation and white space."""
    return normalised(answer) in normalised(question)


def normalised(text: str) -> str:
    """Case folded, punctuation dropped, white space collapsed."""
    return " ".join(_PUNCTUATION.sub(" ", text.casefold()).split())


def _example(passage: Passage, family: str, question: str, candidate: Candidate) -> Example:
    evidence = Evidence(
        quote=passage.text[candidate.start : candidate.end],
        start=passage.start + candidate.start,
        end=passage.start + candidate.end,
    )
    return Example(
        part=passage.part,
        split=passage.split,
        messages=[Message("user", question), Message("assistant", candidate.answer)],
        task=f"{TASK}/{family}",
        domain=passage.domain,
        document_id=passage.document_id,
        passage_id=passage.id,
        context=passage.text,
        evidence=[evidence],
        teacher=TEACHER,
        license=passage.license,
        source=passage.source,
    )
