"""Reading comprehension without a model, after AdaptLLM (arXiv 2309.09530).

A text on a subject already holds tasks: a sentence that defines a term answers what the term is, a
sentence after `Therefore` answers what follows. Six families find such places, one a file. Each
takes a passage's prose and gives candidates, the best first; the miner phrases and checks them.
"""

from collections.abc import Iterator, Mapping

from curate.synthesize.tasks.reading_comprehension import (
    cause_effect,
    completion,
    definition,
    inference,
    summary,
    word_to_text,
)
from curate.synthesize.tasks.reading_comprehension.candidate import Candidate
from curate.synthesize.tasks.reading_comprehension.prose import Prose

TASK = "reading-comprehension"
FAMILIES = (
    "summary",
    "definition",
    "inference",
    "cause-effect",
    "word-to-text",
    "completion",
)
"""In the order in which they choose: a sentence answers for the first family that wants it."""


def candidates(family: str, found: Prose, domain_words: Mapping[str, float]) -> Iterator[Candidate]:
    """What one family finds in a passage, the best first."""
    if family == "word-to-text":
        return word_to_text.find(found, domain_words)
    finders = {
        "summary": summary.find,
        "definition": definition.find,
        "inference": inference.find,
        "cause-effect": cause_effect.find,
        "completion": completion.find,
    }
    return finders[family](found)
