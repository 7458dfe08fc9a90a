"""The miner: a teacher that needs no model. Reads passages, writes examples.

Question and answer are both taken from the passage. The answer is a quote from it, changed only in
its white space, its first letter, a dropped connector and its final full stop, so its evidence is
exact. Same passages, same examples: nothing is drawn, and which examples are left out in favour of
a balance depends on hashes of their ids, not on their order.
"""

import itertools
import operator
import pickle
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
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
from curate.synthesize.tasks.reading_comprehension.selection import Tally, left_out
from curate.synthesize.tasks.reading_comprehension.vocabulary import domain_words
from schemas.rows import PASSAGES, Evidence, Example, Message, Passage
from schemas.teachers import Miner

TEACHER = "miner"
MIN_ANSWER_WORDS = 3
MAX_REPEATS = 3
"""The same answer, names and numbers aside, is given at most this often in a corpus."""
_PASSAGES_AT_ONCE = 1_024
_BYTES_HELD = 64 << 20
"""Mined examples beyond so many bytes wait on disk."""
_ORIGIN_FIELDS = (
    *("part", "split", "domain", "document_id", "passage_id"),
    *("context", "license", "source"),
)
_ORIGIN = operator.attrgetter(*_ORIGIN_FIELDS)
_NAMES = re.compile(r"`[^`]*`|\d+")
_PUNCTUATION = re.compile(r"[^\w\s]+")

__all__ = ["domain_words", "mine", "synthesize"]


def synthesize(
    passages: Callable[[], Iterable[pa.RecordBatch]],
    settings: Miner,
    note: Callable[[str, int], None] = lambda reason, count: None,
) -> Iterator[list[Example]]:
    """Examples of all passages in their order, a list for some of them at a time.

    All are mined before the first is given, and wait in a temporary file: which are left out is
    known at the end. Some 100 bytes of memory are needed for each.

    Args:
        passages: opens PASSAGES anew; they are read twice, once to learn the parts' words.
        settings: how many examples a family may take from one passage, and from all of them.
        note: told how many examples were left out, by reason, before the first is given.
    """
    tally = Tally()
    n_examples: list[int] = []
    with tempfile.SpooledTemporaryFile(_BYTES_HELD) as waiting:
        for mined in _all(passages, settings.per_family):
            for example in mined:
                tally.add(example, normalised(_NAMES.sub("", example.messages[-1].content)))
            pickle.dump([_packed(example) for example in mined], waiting)
            n_examples.append(len(mined))
        kept = np.ones(sum(n_examples), np.bool_)
        for reason, chosen in left_out(tally, MAX_REPEATS, settings.balance).items():
            kept &= ~chosen
            if chosen.any():
                note(reason, int(chosen.sum()))
        waiting.seek(0)
        for chosen in np.split(kept, np.cumsum(n_examples)[:-1]) if n_examples else ():
            packed = itertools.compress(pickle.load(waiting), chosen.tolist())
            yield [_unpacked(*fields) for fields in packed]


def _packed(example: Example) -> tuple[Any, ...]:
    """What an example is made from; pickle is slow with dataclasses."""
    (question, answer), (quoted,) = example.messages, example.evidence
    said = (example.task, question.content, answer.content)
    return (*_ORIGIN(example), *said, quoted.quote, quoted.start, quoted.end)


def _unpacked(*fields: Any) -> Example:  # noqa: ANN401
    """The example that was packed."""
    *origin, task, question, answer, quote, start, end = fields
    return Example(
        **dict(zip(_ORIGIN_FIELDS, origin, strict=True)),
        messages=[Message("user", question), Message("assistant", answer)],
        task=task,
        evidence=[Evidence(quote=quote, start=start, end=end)],
        teacher=TEACHER,
    )


def _all(
    passages: Callable[[], Iterable[pa.RecordBatch]], per_family: int
) -> Iterator[list[Example]]:
    """Examples of all passages, none left out."""
    words = domain_words(passages())
    templates = phrasings.read()
    for batch in passages():
        rows = batch.select(PASSAGES.names)
        for first in range(0, rows.num_rows, _PASSAGES_AT_ONCE):
            mined: list[Example] = []
            for row in rows.slice(first, _PASSAGES_AT_ONCE).to_pylist():
                mined += mine(Passage(**row), words.get(row["part"], {}), per_family, templates)
            yield mined


def mine(
    passage: Passage, domain_words: Mapping[str, float], per_family: int, phrasings: Phrasings
) -> list[Example]:
    """Examples of one passage, at most `per_family` of each family, no answer twice.

    A passage that says one sentence twice gives no example twice, so ids are unique.

    Args:
        passage: what is read.
        domain_words: words in small letters that are typical of the passage's part -> weight.
        per_family: the most of one family.
        phrasings: how questions are asked.
    """
    found = prose.read(passage)
    if found is None:
        return []
    examples: list[Example] = []
    used: set[int] = set()
    said: set[tuple[str, str, str]] = set()
    for family in FAMILIES:
        count = 0
        for candidate in candidates(family, found, domain_words):
            if count == per_family:
                break
            if candidate.end in used:
                continue
            question = phrasings.ask(candidate, passage.id, count)
            told = (family, question, candidate.answer)
            if told in said:
                continue
            if is_answer(candidate.answer) and not is_told(candidate.answer, question):
                said.add(told)
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
    quote = passage.text[candidate.start : candidate.end]
    place = (passage.start + candidate.start, passage.start + candidate.end)
    origin = (
        *(passage.part, passage.split, passage.domain, passage.document_id, passage.id),
        *(passage.text, passage.license, passage.source),
    )
    return _unpacked(*origin, f"{TASK}/{family}", question, candidate.answer, quote, *place)
