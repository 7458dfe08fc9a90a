"""What a row is: the columns of every table that a stage writes, one schema a table.

The classes are rows as Python code makes them (a reader parses a file, the miner a passage); the
schemas are the same rows in Arrow. `tests/schemas/test_rows.py` holds the two together.

Offsets count Unicode characters, start inclusive, end exclusive, in the document's `text`.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pyarrow as pa

from schemas.ids import identity

Split = Literal["train", "valid", "test"]
Kind = Literal[
    "research", "review", "case-report", "protocol", "editorial", "commentary", "letter", "news",
    "abstract", "book-review", "correction", "retraction", "concern", "other", "reference",
    "instructions",
]  # fmt: skip
"""What a work is: types of articles, as JATS has them, documentation, and instruction sets."""
Match = Literal["exact", "normalised", "none"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document under one heading."""

    heading: str
    """As printed; empty for text before the first heading."""
    level: int
    """1 for the outermost."""
    start: int
    """First character of the section's own text, after its heading."""
    end: int
    """One past its last character, subsections included."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that is not prose."""

    kind: Literal["equation", "table", "figure", "code"]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A work that a document cites."""

    text: str
    doi: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One work as a reader found it. `part` and `split` are given to it by the collect stage."""

    source: str
    """Where the bytes came from: `file:papers/a.md`, `pkg:scipy==1.17.1/scipy.stats.norm`."""
    form: str
    """What the reader read: installed-docs, markdown, text, json, csv, parquet, …"""
    text: str
    """The whole text; every offset counts its characters."""
    kind: Kind = "research"
    title: str | None = None
    sections: list[Section] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    license: str | None = None
    """SPDX expression, or null where none is known."""
    language: str | None = None
    """ISO 639-1 code, or null where nobody said."""
    domain: str | None = None
    doi: str | None = None
    pmcid: str | None = None
    arxiv_id: str | None = None
    published: str | None = None
    """ISO 8601 date, as precise as known."""
    authors: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    metadata: str = "{}"
    """JSON object of everything else that the reader found."""

    @property
    def id(self) -> str:
        """Made from source and text."""
        return identity(self.source, self.text)

    def row(self) -> dict[str, Any]:
        """As a row of DOCUMENTS without `part` and `split`."""
        return {"id": self.id, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was asked for and not obtained. A stage never loses one silently."""

    what: str
    """The file, row or call: `file:papers/b.md`, `abstracts.jsonl:17`."""
    reason: str
    """One of a stage's fixed list, so that reasons can be counted."""
    detail: str = ""
    """One line for a person."""
    retryable: bool = False
    """Whether asking again may succeed; if so, the table is partial."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was understood and left out on purpose. It is counted by its reason."""

    what: str
    """The file or row, as in `Failure`."""
    reason: str
    """A few words, the same for all that are left out for the same cause."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote that supports an example's answer: `document.text[start:end] == quote`."""

    quote: str
    start: int
    end: int
    match: Match = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of one section of one document; carries what the miner and a teacher need."""

    id: str
    document_id: str
    part: str
    split: Split
    section: list[str]
    start: int
    end: int
    text: str
    n_words: int
    title: str | None
    source: str
    license: str | None
    domain: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An instruction and its answer, with where they come from."""

    part: str
    split: Split
    messages: list[Message]
    task: str
    domain: str | None
    document_id: str
    passage_id: str | None
    context: str | None
    evidence: list[Evidence]
    teacher: str
    call_ids: list[str] = field(default_factory=list)
    license: str | None = None
    source: str | None = None
    sample: int = 0
    """Number of the draw, where a teacher is asked the same thing more than once."""
    teacher_license: str | None = None
    """Terms on what the teacher writes."""
    trainable: bool = True
    """Whether those terms allow a model to be trained on it."""
    also_from: list[str] = field(default_factory=list)
    """Further documents whose text is in it: distractors."""

    @property
    def id(self) -> str:
        """Made from passage (or document, without one), task, teacher, sample and messages."""
        turns = "\n".join(f"{turn.role}: {turn.content}" for turn in self.messages)
        origin = self.passage_id or self.document_id
        return identity(origin, self.task, self.teacher, self.sample, turns)

    def row(self) -> dict[str, Any]:
        """As a row of EXAMPLES."""
        return {"id": self.id, **asdict(self)}


def _column(name: str, kind: pa.DataType, doc: str) -> pa.Field:
    return pa.field(name, kind, metadata={"doc": doc})


_STRINGS = pa.list_(pa.string())
_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_PART = _column("part", pa.string(), "name of the recipe's collect block")
_SPLIT = _column("split", pa.string(), "train, valid or test; inherited from the document")
_LICENSE = _column("license", pa.string(), "SPDX expression; null where none is known")
_DOMAIN = _column("domain", pa.string(), "field of science")
_SOURCE = _column("source", pa.string(), "where the bytes came from")

DOCUMENTS = pa.schema(
    [
        _column("id", pa.string(), "made from source and text"),
        _PART,
        _SPLIT,
        _SOURCE,
        _column("form", pa.string(), "what the reader read"),
        _column("kind", pa.string(), "research, review, correction, retraction, instructions, …"),
        _column("title", pa.string(), "title, or the name of the documented object"),
        _column("text", pa.string(), "the whole text; offsets count its characters"),
        _column(
            "sections",
            pa.list_(
                pa.struct(
                    [
                        ("heading", pa.string()),
                        ("level", pa.int32()),
                        ("start", pa.int64()),
                        ("end", pa.int64()),
                    ]
                )
            ),
            "headings with the range of their own text",
        ),
        _column(
            "blocks",
            pa.list_(
                pa.struct([("kind", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
            ),
            "equations, tables, figures and code in the text",
        ),
        _LICENSE,
        _column("language", pa.string(), "ISO 639-1 code"),
        _DOMAIN,
        _column("doi", pa.string(), "without a resolver's address"),
        _column("pmcid", pa.string(), "PubMed Central id"),
        _column("arxiv_id", pa.string(), "arXiv id"),
        _column("published", pa.string(), "ISO 8601 date"),
        _column("authors", _STRINGS, "in the order of the work"),
        _column(
            "references",
            pa.list_(pa.struct([("text", pa.string()), ("doi", pa.string())])),
            "works cited",
        ),
        _column("metadata", pa.string(), "JSON object of everything else"),
    ]
)

PASSAGES = pa.schema(
    [
        _column("id", pa.string(), "made from document, start and end"),
        _column("document_id", pa.string(), "the document it lies in"),
        _PART,
        _SPLIT,
        _column("section", _STRINGS, "headings from the outermost to its own"),
        _column("start", pa.int64(), "first character in the document's text"),
        _column("end", pa.int64(), "one past the last character"),
        _column("text", pa.string(), "document.text[start:end]"),
        _column("n_words", pa.int32(), "runs of characters between white space"),
        _column("title", pa.string(), "the document's title"),
        _SOURCE,
        _LICENSE,
        _DOMAIN,
    ]
)

EXAMPLES = pa.schema(
    [
        _column("id", pa.string(), "made from passage, task, teacher, sample and messages"),
        _PART,
        _SPLIT,
        _column("messages", _MESSAGES, "the conversation; the last turn is the answer"),
        _column("task", pa.string(), "task, and the family in it after a slash"),
        _DOMAIN,
        _column("document_id", pa.string(), "the document it comes from"),
        _column("passage_id", pa.string(), "the passage it comes from; null for imported ones"),
        _column("context", pa.string(), "the passage's text"),
        _column(
            "evidence",
            pa.list_(
                pa.struct(
                    [
                        ("quote", pa.string()),
                        ("start", pa.int64()),
                        ("end", pa.int64()),
                        ("match", pa.string()),
                    ]
                )
            ),
            "quotes that support the answer, with their range in the document's text",
        ),
        _column("teacher", pa.string(), "who wrote it: miner, or a model's name"),
        _column("call_ids", _STRINGS, "the teacher calls behind it; empty for the miner"),
        _LICENSE,
        _SOURCE,
        _column("sample", pa.int32(), "number of the draw"),
        _column("teacher_license", pa.string(), "terms on what the teacher writes; null for none"),
        _column("trainable", pa.bool_(), "whether the teacher's terms allow training on it"),
        _column("also_from", _STRINGS, "further documents whose text is in it: distractors"),
    ]
)

VERDICTS = pa.schema(
    [
        _column("id", pa.string(), "the row that was judged; same order as the rows"),
        _column("kept", pa.bool_(), "passes every rule and repeats no kept row"),
        _column("failed", _STRINGS, "names of all rules it fails; `unique` for a duplicate"),
        _column("duplicate_of", pa.string(), "the kept row that it repeats"),
        _column("similarity", pa.float64(), "similarity to that row, 0 to 1; see PAIRS"),
        _column("compared", pa.string(), "what of the two was compared; see `field` in PAIRS"),
        _column("reference", pa.string(), "the reference that duplicate_of is a row of, or null"),
    ]
)

PAIRS = pa.schema(
    [
        _column("id", pa.string(), "a row"),
        _column("other", pa.string(), "an earlier row, or one of a reference, that it resembles"),
        _column("field", pa.string(), "what was compared: a column, `both`, or `semantic`"),
        _column(
            "similarity",
            pa.float64(),
            "exact Jaccard similarity of their shingles, 0 to 1; of `both` the smaller one of "
            "instruction and response; of `semantic` the cosine of their embeddings",
        ),
        _column(
            "match", pa.string(), "`exact`: the same words in the same order; `near`; `semantic`"
        ),
        _column("reference", pa.string(), "the reference that other is a row of; null for none"),
        _column("position", pa.int64(), "row number of id"),
        _column(
            "other_position", pa.int64(), "row number of other, in its reference if it has one"
        ),
    ]
)

MIXTURE = pa.schema(
    [
        _column("position", pa.int64(), "place in the training order"),
        _column("example_id", pa.string(), "the example"),
        _column("document_id", pa.string(), "the document it comes from; null where none is known"),
        _PART,
        _SPLIT,
        _column("epoch", pa.int32(), "0 for the first time that the example is seen"),
        _column("n_tokens", pa.int32(), "tokens of prompt and completion; null without a base"),
        _column("n_loss_tokens", pa.int32(), "tokens that carry loss; null without a base"),
        _column("prompt", _MESSAGES, "all turns but the answer"),
        _column("completion", _MESSAGES, "the answer"),
    ]
)

TOKENS = pa.schema(
    [
        _column("id", pa.string(), "the example"),
        _column("n_tokens", pa.int32(), "tokens of prompt and completion in the base's template"),
        _column("n_loss_tokens", pa.int32(), "tokens of the answer and its end"),
        _column("problem", pa.string(), "why it cannot be trained on; null where it can"),
    ]
)

CHECKPOINTS = pa.schema(
    [
        _column("step", pa.int32(), "steps of the optimizer so far"),
        _column(
            "split", pa.string(), "train: this step's rows; valid: the held-out rows looked at"
        ),
        _column("loss", pa.float64(), "mean negative log-likelihood per loss token, in nats"),
        _column("learning_rate", pa.float64(), "of this step; null for valid"),
        _column("grad_norm", pa.float64(), "Euclidean norm of the gradient before it is clipped"),
        _column("n_tokens", pa.int64(), "tokens seen so far, padding aside"),
        _column("n_loss_tokens", pa.int64(), "tokens that carried loss so far"),
        _column("best", pa.bool_(), "whether the result is the model after this step"),
    ]
)

LIKELIHOODS = pa.schema(
    [
        _column("example_id", pa.string(), "the test row"),
        _column("document_id", pa.string(), "its document, the unit of the bootstrap"),
        _PART,
        _column("n_loss_tokens", pa.int32(), "tokens of the answer and its end"),
        _column("n_bytes", pa.int32(), "UTF-8 bytes of the answer"),
        _column("nll", pa.float64(), "negative log-likelihood of those tokens together, in nats"),
        _column("answer", pa.string(), "what the model answers; null where it was not asked"),
    ]
)

SCORES = pa.schema(
    [
        _column("part", pa.string(), "part of the test rows"),
        _column("metric", pa.string(), "nll_per_token (nats) or bits_per_byte; less is better"),
        _column("model", pa.string(), "control or tuned"),
        _column("base", pa.float64(), "the base's value"),
        _column("value", pa.float64(), "this model's value"),
        _column("difference", pa.float64(), "value minus base"),
        _column(
            "low", pa.float64(), "lower end of the difference's interval; null of one document"
        ),
        _column("high", pa.float64(), "upper end of it"),
        _column("control", pa.float64(), "the control's value; null beside the control itself"),
        _column("over_control", pa.float64(), "value minus control"),
        _column("over_control_low", pa.float64(), "lower end of that difference's interval"),
        _column("over_control_high", pa.float64(), "upper end of it"),
        _column("n", pa.int64(), "test rows"),
        _column("n_documents", pa.int64(), "documents that they come from"),
    ]
)

FAILURES = pa.schema(
    [
        _column("what", pa.string(), "the file, row or call"),
        _column("reason", pa.string(), "from the stage's fixed list"),
        _column("detail", pa.string(), "one line for a person"),
        _column("retryable", pa.bool_(), "whether asking again may succeed"),
    ]
)
