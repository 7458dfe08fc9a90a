"""How much of each document its facts cover: sentences with a located quote, facts with a question.

Counted for the task `facts`, over the passages that gave a reply. A table beside the examples holds
it by document; the manifest holds the sums and the documents that are covered least.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from curate.synthesize import quotes
from curate.synthesize.answers import Answered
from curate.synthesize.tasks import facts
from schemas.rows import Passage

LOWEST = 10
"""Documents that are named, those with the lowest share first."""
COLUMNS = pa.schema(
    [
        pa.field("document_id", pa.string(), metadata={"doc": "the document"}),
        pa.field("title", pa.string(), metadata={"doc": "its title"}),
        pa.field("n_facts", pa.int32(), metadata={"doc": "facts that were found in it"}),
        pa.field("n_facts_located", pa.int32(), metadata={"doc": "of these, with a quote in it"}),
        pa.field("n_facts_asked", pa.int32(), metadata={"doc": "of these, with a question"}),
        pa.field("n_sentences", pa.int32(), metadata={"doc": "sentences of the passages asked"}),
        pa.field(
            "n_sentences_covered", pa.int32(), metadata={"doc": "of these, at least half quoted"}
        ),
    ]
)


@dataclass(slots=True)
class Document:
    """One document's counts, in the order of COLUMNS."""

    title: str | None
    facts: int = 0
    located: int = 0
    asked: int = 0
    sentences: int = 0
    covered: int = 0


@dataclass(slots=True)
class Coverage:
    """Counts by document, in the order in which they were asked about."""

    documents: dict[str, Document] = field(default_factory=dict)
    _passage: str = ""
    _quoted: list[tuple[int, int]] = field(default_factory=list)
    _counted: tuple[int, int] = (0, 0)
    """Sentences of the passage under way and those covered, as they were added."""

    def add(self, answered: Answered) -> None:
        """Count a reply, if it is one of the task `facts`; those of a passage follow each other."""
        if answered.request.task.name != facts.NAME or answered.outcome != "ok":
            return
        passage = answered.request.material.passage
        row = self.documents.setdefault(passage.document_id, Document(passage.title))
        if passage.id != self._passage:
            self._passage, self._quoted, self._counted = passage.id, [], (0, 0)
        said = facts.quotes(answered.reply)
        ranges = [_places(one, passage) for one in said]
        self._quoted += [place for places in ranges for place in places]
        counted = facts.coverage(passage.text, self._quoted)
        row.facts += len(said)
        row.located += sum(1 for places in ranges if places)
        row.asked += len(answered.examples)
        row.sentences += counted[0] - self._counted[0]
        row.covered += counted[1] - self._counted[1]
        self._counted = counted

    def table(self) -> pa.Table:
        """A row of COLUMNS for each document."""
        rows = [
            [id_, one.title, one.facts, one.located, one.asked, one.sentences, one.covered]
            for id_, one in self.documents.items()
        ]
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * len(COLUMNS)
        return pa.table(columns, schema=COLUMNS)

    def as_facts(self) -> dict[str, Any]:
        """The sums, and the documents that are covered least."""
        every = self.documents.values()
        ranked = sorted(self.documents.items(), key=lambda one: (_share(one[1]), one[0]))
        return {
            "documents": len(every),
            "facts": sum(one.facts for one in every),
            "facts_located": sum(one.located for one in every),
            "facts_asked": sum(one.asked for one in every),
            "sentences": sum(one.sentences for one in every),
            "sentences_covered": sum(one.covered for one in every),
            "lowest": [
                [id_, one.title, one.covered, one.sentences] for id_, one in ranked[:LOWEST]
            ],
        }


def _share(one: Document) -> float:
    return one.covered / one.sentences if one.sentences else 1.0


def _places(said: Iterable[str], passage: Passage) -> list[tuple[int, int]]:
    """Where the quotes of one fact stand in the passage."""
    found = [row for quote in said for row in quotes.evidence(quote, passage)]
    return [
        (row.start - passage.start, row.end - passage.start) for row in found if row.match != "none"
    ]
