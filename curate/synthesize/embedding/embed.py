"""Vectors of texts: ask for those that are not in the ledger, then read all of them from it.

A text whose vector did not come, or cannot be compared with the others, has none and is a failure.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.synthesize.calls import Ledger
from curate.synthesize.embedding import vectors
from curate.synthesize.embedding.inputs import TASK, Text, inputs, missing, text_of
from curate.synthesize.estimate import Estimate, Line, price
from curate.synthesize.replies import RETRYABLE
from curate.synthesize.requests import Model
from curate.synthesize.taught import School, purse_of, stored
from curate.synthesize.teachers import engine
from curate.synthesize.teachers.gathered import Gathered, Post
from curate.synthesize.teachers.hosts import addresses
from curate.synthesize.teachers.problems import Problem
from schemas.errors import RecipeError
from schemas.rows import Failure
from schemas.teachers import OpenAI

AT_ONCE = 64
"""Texts of one request, unless it is told otherwise."""
READ_AT_ONCE = 256
Texts = Callable[[], Iterable[tuple[str, str]]]
"""Opens texts anew: (its name in failures, the text as it is sent). None is empty."""


@dataclass(slots=True)
class Embedded:
    """Vectors of texts, and how asking for them went."""

    vectors: NDArray[np.float32]
    """(vectors, dimensions) as they came."""
    of_text: NDArray[np.int64]
    """(texts,) which vector is a text's; -1 for a text that has none."""
    failures: list[Failure]
    """The texts that have none."""
    gathered: Gathered
    by: dict[tuple[str, str], dict[str, Any]]
    """(teacher, task) -> `requested` texts, their `outcomes`, and `calls`, tokens and dollars that
    the vectors rest on."""


@dataclass(slots=True)
class _Reading:
    """What is read from the ledger, text by text."""

    found: list[NDArray[np.float32] | None] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Key -> tokens and dollars."""

    def fail(self, what: str, outcome: str, detail: str) -> None:
        """A text has no vector."""
        self.failures.append(Failure(what, outcome, detail, outcome in RETRYABLE))
        self.outcomes[outcome] += 1


def embed(
    texts: Texts, school: School, tell: Callable[[str], None], at_once: int = AT_ONCE
) -> Embedded:
    """The vectors of texts, asked for where the ledger has none.

    Args:
        texts: each is asked about once, however often it comes.
        school: one teacher, its budget and its ledger.
        tell: shows progress.
        at_once: texts of one request.

    Raises:
        WorkError: the ledger cannot be written.
        RecipeError: a key is missing, or the teacher works in batches.
    """
    (teacher,) = school.teachers
    gathered = Gathered()
    if isinstance(teacher, OpenAI):
        where = school.where.format(place=0)
        check(teacher, where)
        errands = inputs(lambda: _texts(texts, teacher), teacher, at_once)
        post = Post(teacher, addresses(teacher, school.hosts, where), where, errands)
        n_texts = sum(1 for _ in texts())
        engine.gather(
            [post],
            school.ledger,
            purse_of(school),
            school.account,
            tell,
            gathered,
            n_texts,
            school.patience,
        )
    return _embedded(_read(texts, teacher, school, gathered), teacher, gathered)


def check(teacher: Model, where: str) -> None:
    """Refuse a teacher that gives no embeddings.

    Raises:
        RecipeError: it works in batches.
    """
    if isinstance(teacher, OpenAI) and teacher.batch:
        raise RecipeError(
            f"{where}: {teacher.label} has `batch: true`, and embeddings are asked for at once. "
            f"Give a teacher of its own for them, without `batch`."
        )


def estimate(texts: Texts, school: School) -> Estimate:
    """What asking will take, before anything is sent."""
    (teacher,) = school.teachers
    if not isinstance(teacher, OpenAI):
        return Estimate()
    line = Line(teacher.label, TASK, requests=sum(1 for _ in texts()))
    with Ledger(school.ledger if school.ledger.is_file() else None) as ledger:
        for one in missing(_texts(texts, teacher), ledger):
            line.calls += 1
            line.prompt_characters += len(one.text)
        price(line, teacher, ledger.habits(teacher.label, TASK))
    return Estimate([line])


def _texts(texts: Texts, teacher: Model) -> Iterator[Text]:
    return (text_of(teacher, what, text) for what, text in texts())


def _read(texts: Texts, teacher: Model, school: School, gathered: Gathered) -> _Reading:
    """What the ledger holds of every text, in order."""
    reading = _Reading()
    with stored(school) as calls_of:
        all_ = _texts(texts, teacher)
        while some := list(itertools.islice(all_, READ_AT_ONCE)):
            calls = calls_of([(teacher.label, one.key) for one in some])
            for one in some:
                what = f"{teacher.label} {TASK} {one.what}"
                reading.names.append(what)
                vector: NDArray[np.float32] | None = None
                call = calls.get(one.key)
                if call is None:
                    problem = gathered.problems.get(one.key) or gathered.stopped.get(teacher.label)
                    problem = problem or Problem("not_recorded", "no such vector was recorded")
                    reading.fail(what, problem.outcome, problem.detail)
                else:
                    reading.calls[one.key] = call.tokens, call.usd
                    try:
                        vector = vectors.read(call.reply)
                    except ValueError as error:
                        reading.fail(what, "schema_mismatch", str(error))
                reading.found.append(vector)
    return reading


def _embedded(reading: _Reading, teacher: Model, gathered: Gathered) -> Embedded:
    """Put those together that have the dimensions that most of them have."""
    sizes = Counter(len(one) for one in reading.found if one is not None)
    ((most, _),) = sizes.most_common(1) or [(0, 0)]
    for place, vector in enumerate(reading.found):
        if vector is not None and len(vector) != most:
            detail = (
                f"{len(vector)} dimensions, and most vectors of {teacher.label} have {most}: its "
                f"model was another one then. Give the teacher another `name` to ask again"
            )
            reading.fail(reading.names[place], "schema_mismatch", detail)
            reading.found[place] = None
    has = np.array([one is not None for one in reading.found], np.bool_)
    of_text = np.where(has, np.cumsum(has) - 1, -1)
    rows = [one for one in reading.found if one is not None]
    whole = np.stack(rows) if rows else np.empty((0, most), np.float32)
    reading.outcomes["ok"] = len(rows)
    row = {
        "requested": len(of_text),
        "outcomes": +reading.outcomes,
        "examples": 0,
        "calls": len(reading.calls),
        "prompt_tokens": sum(tokens for tokens, _ in reading.calls.values()),
        "completion_tokens": 0,
        "usd": sum(usd for _, usd in reading.calls.values()),
    }
    by = {(teacher.label, TASK): row}
    return Embedded(whole, of_text, reading.failures, gathered, by)
