"""Judging: a teacher scores examples, each with its passage in view, from 1 to 5 on named axes.

The same engine asks, stores and reads as for making examples: a judgement is never paid for twice,
and what goes wrong has the same outcomes. A mean over many axes as the yardstick is SciLitIns'
(arXiv 2408.15545); a reason before the scores is MT-Bench's (arXiv 2306.05685); axes and prompt are
our own.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from curate.synthesize.answers import Answered
from curate.synthesize.calls import key_of
from curate.synthesize.prompt import shipped
from curate.synthesize.requests import Model, Request
from curate.synthesize.tasks import catalog
from curate.synthesize.tasks.reply import Reply, Text, reader, schema_of
from curate.synthesize.tasks.task import Material, Task
from schemas.rows import Failure, Passage

NAME = "judge"
VERSION = 1
QUALITY = ("correct", "grounded", "self_contained", "clear")
"""Axes on which more is better."""
AXES = (*QUALITY, "difficulty")
SPEAKERS = {"system": "Instruction", "user": "Question", "assistant": "Answer", "tool": "Tool"}
_SCORE = re.compile(r"\s*([1-5])(?:\.0+)?(?:\s*/\s*5)?\s*")


def _as_score(value: Any) -> Any:  # noqa: ANN401  JSON
    """What was given for a score: `4.0`, `"4"` and `"4/5"` are 4."""
    if isinstance(value, bool):
        raise ValueError("true and false are no scores")
    if isinstance(value, str) and (found := _SCORE.fullmatch(value)):
        return int(found[1])
    return int(value) if isinstance(value, float) and value.is_integer() else value


Score = Annotated[Literal[1, 2, 3, 4, 5], BeforeValidator(_as_score)]


class Scores(Reply):
    """A reply."""

    reason: Text
    correct: Score
    grounded: Score
    self_contained: Score
    clear: Score
    difficulty: Score


@dataclass(frozen=True, slots=True)
class Subject:
    """An example that is to be judged."""

    id: str
    passage: Passage
    conversation: str
    """Its turns, as `conversation` writes them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a teacher said of one example."""

    id: str
    answered: list[Answered]
    """One for each sample, whatever came of it."""

    @property
    def scores(self) -> list[Scores]:
        """Of the samples that have some."""
        return [one.reply for one in self.answered if one.outcome == "ok"]

    def score(self, axis: str) -> float | None:
        """Mean of an axis over the samples that have scores; None where none has."""
        return fmean(getattr(one, axis) for one in self.scores) if self.scores else None

    @property
    def mean(self) -> float | None:
        """Mean over the samples and the axes of QUALITY."""
        given = [getattr(one, axis) for one in self.scores for axis in QUALITY]
        return fmean(given) if given else None


def task() -> Task:
    """What is asked."""
    return Task(
        name=NAME,
        version=VERSION,
        prompt=shipped(NAME),
        schema=schema_of(Scores),
        read=reader(Scores),
        drafts=lambda reply, material: (),
        n_expected_tokens=90,
    )


def told(samples: int) -> dict[str, Any]:
    """What decides scores besides the teacher and the rows; for fingerprints."""
    return {**catalog.fingerprint(task()), "samples": samples}


def conversation(turns: Iterable[Mapping[str, str]]) -> str:
    """The turns of an example as a judge is shown them."""
    return "\n\n".join(f"{SPEAKERS.get(one['role'], 'Turn')}: {one['content']}" for one in turns)


class Judging:
    """The requests that some examples need; `subjects` opens the examples anew."""

    def __init__(
        self, subjects: Callable[[], Iterable[Subject]], teacher: Model, samples: int = 1
    ) -> None:
        self._subjects, self._teacher, self._samples = subjects, teacher, samples

    def requests(self, teacher: str | None = None) -> Iterator[Request]:
        """Every request in the order of the examples, all samples of one together."""
        asked, model = task(), self._teacher
        if teacher not in (None, model.label):
            return
        for subject in self._subjects():
            material = Material(subject.passage, problem=subject.conversation)
            messages = asked.messages(material, {})
            for sample in range(self._samples):
                key = key_of(model.label, model.model, messages, model.sampling, sample)
                yield Request(key, model, asked, material, messages, sample, "")

    def judgements(self, answered: Iterator[Answered]) -> Iterator[Judgement]:
        """What came of the requests, example by example."""
        for subject in self._subjects():
            yield Judgement(subject.id, list(islice(answered, self._samples)))


def failures(judgements: Sequence[Judgement]) -> Iterator[Failure]:
    """The samples that have no scores."""
    for judgement in judgements:
        for one in judgement.answered:
            if one.outcome != "ok":
                sample = f" sample {one.request.sample}" if one.request.sample else ""
                what = f"{one.request.teacher.label} {NAME} {judgement.id}{sample}"
                yield Failure(what, one.outcome, one.detail, one.retryable)
