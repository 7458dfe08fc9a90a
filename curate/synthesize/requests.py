"""What is asked: every request of a stage, in one order, as often as it is needed.

passage -> task -> variant -> sample -> teacher. A request is known by its key; nothing in it
depends on an earlier reply, on a clock or on the number of teachers that are up.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import pyarrow as pa

from curate.collect.conversations import turns
from curate.synthesize.calls import key_of
from curate.synthesize.completion import paired
from curate.synthesize.tasks.task import Material, Task
from schemas.ids import fraction, identity
from schemas.recipe import does
from schemas.rows import PASSAGES, Passage, Section
from schemas.teachers import Ask, OpenAI, Replay

CORRECTION = 1_000
"""Added to a sample's number for the one request that asks to correct its reply."""
POOL = 256
"""Passages from which a request's further ones are drawn, of each part, split and licence."""
AT_ONCE = 512
Model = OpenAI | Replay


@dataclass(frozen=True, slots=True)
class Asked:
    """One task of a recipe, read."""

    ask: Ask
    task: Task


@dataclass(frozen=True, slots=True)
class Request:
    """One call that the stage needs."""

    key: str
    teacher: Model
    task: Task
    material: Material
    messages: list[dict[str, str]]
    sample: int
    variant: str
    """What tells a variant of the task from the others; empty where there is one."""

    @property
    def n_characters(self) -> int:
        """Characters that are sent."""
        return sum(len(turn["content"]) for turn in self.messages)

    @property
    def what(self) -> str:
        """Its name in failures."""
        place = self.material.passage.id or self.material.passage.document_id
        sample = f" sample {self.sample}" if self.sample else ""
        variant = f"/{self.variant}" if self.variant else ""
        return f"{self.teacher.label} {self.task.name}{variant} {place}{sample}"

    def as_json(self) -> str:
        """As the ledger keeps it."""
        told = {"messages": self.messages, "parameters": self.teacher.sampling}
        return json.dumps(told, ensure_ascii=False)

    def corrected(self, text: str, mistake: str) -> "Request":
        """The request that asks once to correct a reply."""
        messages = [
            *self.messages,
            {"role": "assistant", "content": text or "(nothing)"},
            {"role": "user", "content": CORRECT.format(mistake=paired(mistake))},
        ]
        sample = self.sample + CORRECTION
        key = key_of(
            self.teacher.label, self.teacher.model, messages, self.teacher.sampling, sample
        )
        return replace(self, key=key, messages=messages, sample=sample)


CORRECT = (
    "Your reply cannot be used: {mistake}. Correct it and reply again with the whole JSON, in the "
    "form that was asked for, and nothing else."
)
Open = Callable[[], Iterable[pa.RecordBatch]]


class Requests(Protocol):
    """Requests in one order, as often as they are needed."""

    def requests(self, teacher: str | None = None) -> Iterator[Request]:
        """Every request in order, or those of one teacher."""


class Source:
    """The passages and ready-made problems that are asked about; opened anew for each reading."""

    def __init__(
        self,
        passages: Open,
        documents: Open | None,
        asked: Sequence[Asked],
        teachers: Sequence[Model],
        share: Literal["all", "weight"] = "all",
        pool: Open | None = None,
    ) -> None:
        """Take what is asked, of whom, about what.

        Args:
            passages: those that are asked about.
            documents: those that are ready-made instructions, if any.
            asked: the tasks.
            teachers: the models.
            share: whether all of them are asked the same, or each its share.
            pool: passages from which further ones are drawn, if they are others.
        """
        self._passages = passages
        self._pool = pool or passages
        self._documents = documents
        self._asked = [one for one in asked if one.task.reads == "passages"]
        self._solved = [one for one in asked if one.task.reads == "instructions"]
        self._teachers = teachers
        self._share = share
        self._pools: dict[tuple[str, str, str | None], list[Passage]] | None = None
        self.skipped: Counter[str] = Counter()
        """Why something was not asked, and how often, in the last reading of all requests."""

    def requests(self, teacher: str | None = None) -> Iterator[Request]:
        """Every request in order, or those of one teacher.

        Args:
            teacher: its label.
        """
        if teacher is None:
            self.skipped.clear()
        if self._asked:
            most = max(one.task.n_others for one in self._asked)
            for passage in every(self._passages()):
                others = self._others(passage, most) if most else ()
                yield from self._about(Material(passage, others), self._asked, teacher)
        if self._solved and self._documents is not None:
            for material in problems(self._documents()):
                if material is not None:
                    yield from self._about(material, self._solved, teacher)
                elif teacher is None:
                    for one in self._solved:
                        self.skipped[f"{one.task.name}: not one question and its answer"] += 1

    def _about(
        self, material: Material, asked: Sequence[Asked], teacher: str | None
    ) -> Iterator[Request]:
        for one in asked:
            if one.ask.parts is not None and material.passage.part not in one.ask.parts:
                continue
            others = material.others[: one.task.n_others]
            if len(others) < one.task.n_others:
                if teacher is None:
                    self.skipped[f"{one.task.name}: too few passages of other documents"] += 1
                continue
            for variant in one.task.variants:
                about = replace(material, others=others, variant=variant)
                messages = one.task.messages(about, variant)
                for sample in range(one.ask.samples):
                    for model in self._who(one.ask, material.passage, variant, sample):
                        if teacher is None or model.label == teacher:
                            yield _request(model, one.task, about, messages, sample, variant)

    def _who(
        self, ask: Ask, passage: Passage, variant: Mapping[str, str], sample: int
    ) -> list[Model]:
        """The teachers that are asked: all, or one by weight; the passage alone decides which."""
        able = [one for one in self._teachers if does(one, ask.task)]
        if self._share == "all" or len(able) == 1:
            return able
        place = identity(ask.task, *variant.values(), sample, passage.id or passage.document_id)
        point = fraction(place) * sum(one.weight for one in able)
        for one in able:
            point -= one.weight
            if point < 0:
                return [one]
        return able[-1:]

    def _others(self, passage: Passage, n: int) -> tuple[Passage, ...]:
        """Passages of other documents, of the same part, split and licence.

        Each passage has its own order of the pool, so a new paper changes few choices.
        """
        if self._pools is None:
            self._pools = self._fill_pools()
        pool = self._pools.get((passage.part, passage.split, passage.license), [])
        able = [one for one in pool if one.document_id != passage.document_id]
        able.sort(key=lambda one: _mixed(passage.id, one.id))
        return tuple(able[:n])

    def _fill_pools(self) -> dict[tuple[str, str, str | None], list[Passage]]:
        """Those of the lowest ids, which are hashes, of each part, split and licence."""
        pools: dict[tuple[str, str, str | None], list[Passage]] = {}
        for passage in every(self._pool()):
            pool = pools.setdefault((passage.part, passage.split, passage.license), [])
            pool.append(passage)
            if len(pool) >= 2 * POOL:
                pool.sort(key=lambda one: one.id)
                del pool[POOL:]
        return {name: sorted(pool, key=lambda one: one.id)[:POOL] for name, pool in pools.items()}


def every(batches: Iterable[pa.RecordBatch]) -> Iterator[Passage]:
    """Passages of batches, one by one."""
    for batch in batches:
        rows = batch.select(PASSAGES.names)
        for first in range(0, rows.num_rows, AT_ONCE):
            for row in rows.slice(first, AT_ONCE).to_pylist():
                yield Passage(**row)


def _mixed(one: str, other: str) -> bytes:
    return hashlib.blake2b(f"{one} {other}".encode(), digest_size=8).digest()


def _request(
    teacher: Model,
    task: Task,
    material: Material,
    messages: list[dict[str, str]],
    sample: int,
    variant: Mapping[str, str],
) -> Request:
    key = key_of(teacher.label, teacher.model, messages, teacher.sampling, sample)
    said = next(iter(variant.values()), "") if len(task.variants) > 1 else ""
    return Request(key, teacher, task, material, messages, sample, said)


def problems(documents: Iterable[pa.RecordBatch]) -> Iterator[Material | None]:
    """Ready-made problems with known answers; None for instructions of any other form."""
    columns = (
        *("id", "part", "split", "source", "kind", "title", "text", "sections"),
        *("license", "domain"),
    )
    for batch in documents:
        for row in batch.select(list(columns)).to_pylist():
            if row["kind"] == "instructions":
                yield _problem(row)


def _problem(row: dict[str, Any]) -> Material | None:
    said = turns(row["text"], [Section(**section) for section in row["sections"]])
    spoken = [turn for turn in said if turn.role != "system"]
    if [turn.role for turn in spoken] != ["user", "assistant"]:
        return None
    passage = Passage(
        id="",
        document_id=row["id"],
        part=row["part"],
        split=row["split"],
        section=[],
        start=0,
        end=len(row["text"]),
        text=row["text"],
        n_words=0,
        title=row["title"],
        source=row["source"],
        license=row["license"],
        domain=row["domain"],
    )
    return Material(passage, problem=spoken[0].content, known=spoken[1].content)
