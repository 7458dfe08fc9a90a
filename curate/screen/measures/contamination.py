"""Which rows hold items of benchmarks, or parts of them. Reads text columns and benchmark files.

Words are compared without case, punctuation and white space, so a question is found re-cased, with
other spaces and line breaks, and with its options in any order. What of an item has to be there is
in `overlap/holding.py`; in short, a question of about four words that tell something, or two
fifths of a longer one. What a row holds is looked for in all of its text, however long: a question
may stand in the instruction and its answer in the response.

What is not found: questions of fewer words without their options or answer, halves of questions of
fewer than about 16 words where the half has few telling words, translations, and, unless
`paraphrase` is given, questions in other words. docs/contamination.md has the figures.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from curate.screen.benchmarks import Benchmark, Named, load, sources
from curate.screen.kernels import buffers
from curate.screen.overlap.paraphrase import Questions, nearest, questions
from curate.screen.overlap.search import search
from curate.screen.overlap.table import References, references
from curate.screen.overlap.texts import flat, joined
from schemas.errors import TableError

VERSION = 1
REFERENCES = "benchmarks"
COLUMNS = {
    "contaminated": ("bool", "the row holds an item of a benchmark, or enough of one"),
    "contaminated_by": ("string", "the benchmark; null where none is held"),
    "contaminated_row": ("int64", "row number of the item in the benchmark's file, from 1"),
    "contaminated_how": (
        "string",
        "question: what is asked, or may be chosen; question_and_answer: the right answer too; "
        "doi: the row's document is the paper that the item was made from; paraphrase: the "
        "question in nearly the same words",
    ),
    "contaminated_text": ("string", "the longest stretch that row and item share, cut at 300"),
    "contaminated_share": (
        "double",
        "of the question's words those that the row has, in runs as they stand there; of a "
        "paraphrase the Jaccard similarity; 0 where none is held",
    ),
    "contaminated_answer_share": (
        "double",
        "of the right answer's words those that the row has; 0 where the file tells none",
    ),
}
SHOWN_CHARACTERS = 300
ORIGINAL = ("question", "prompt", "instruction", "query", "problem", "conversations")
"""Columns of plain files beside which `text` repeats what others say."""
DOIS = ("document_doi", "doi")
_BEFORE_DOI = r"^\s*(https?://)?(dx\.)?(doi\.org/)?(doi:\s*)?"
HALF = 0.5
"""Of the right answer's words, from which a row has the answer too."""

Batches = Callable[[], Iterator[pa.RecordBatch]]


class Params(BaseModel):
    """What rows are compared with, and which of their columns."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    benchmarks: tuple[str, ...] = Field(min_length=1)
    """Files, folders of files, and tasks of lm-eval."""
    columns: tuple[str, ...] = ()
    """Columns that hold the text; by default all turns of a conversation, a passage's text, and of
    a plain file every column with text."""
    doi: str | None = None
    """Column with the DOI of the paper that a row comes from; by default the first that is there of
    `document_doi` and `doi`."""
    question: str | None = None
    """Column of the benchmark files with the question, where its name does not tell."""
    answer: str | None = None
    """Column of the benchmark files with the answer, where its name does not tell."""
    paraphrase: float | None = Field(None, ge=0.3, le=1)
    """Jaccard similarity of two-word shingles from which a text of a row asks a question in nearly
    the same words; not looked for by default."""


class _Known(NamedTuple):
    """What is made once of the benchmarks."""

    references: References
    questions: Questions | None
    dois: pa.Array
    doi_of: list[tuple[int, int]]
    """Benchmark and row of each DOI."""


def reads(params: Params, available: Sequence[str]) -> list[str]:
    """The columns that are read of rows that have these.

    Raises:
        TableError: a column that was named is not there, or there is none to read.
    """
    for column in (*params.columns, *([params.doi] if params.doi else [])):
        if column not in available:
            raise TableError(
                f"contamination: no column {column!r}, the rows have {', '.join(available)}. "
                f"Name one of these."
            )
    texts = list(params.columns) or _texts(available)
    if not texts:
        raise TableError(
            "contamination: the rows have no column but their id. Give rows with text."
        )
    if params.paraphrase is not None and not params.columns and "messages" in available:
        texts.append("instruction")
    doi = params.doi or next((name for name in DOIS if name in available), None)
    return list(dict.fromkeys([*texts, *([doi] if doi else [])]))


def describe(params: Params) -> dict[str, dict[str, dict[str, int]]]:
    """For the manifest: benchmark -> its items, and its rows that could not be read."""
    known = _known(params)
    return {
        "benchmarks": {
            one.name: {"items": len(one.items), "failures": len(one.failures)}
            for one in known.references.benchmarks
        }
    }


def measure_with_references(batches: Batches, params: Params) -> Iterator[pa.RecordBatch]:
    """One row of COLUMNS per row, in their order.

    Args:
        batches: gives the rows anew at each call, with the columns that `reads` names.
        params: what they are compared with.

    Raises:
        SourceError: a benchmark that cannot be opened.
        TableError: a benchmark in which no question is recognised.
        RecipeError: a name that is neither a path nor a task, or tasks without lm-eval.
    """
    known = _known(params)
    for batch in batches():
        yield _measured(batch, params, known)


def _texts(available: Sequence[str]) -> list[str]:
    """The columns with text, by what the rows are."""
    if "text" in available and ("messages" in available or "document_id" in available):
        return ["text"]
    left = {"id", *DOIS} | ({"text"} if any(name in available for name in ORIGINAL) else set())
    return [name for name in available if name not in left]


def _known(params: Params) -> _Known:
    files = [(str(path), path.stat()) for path in sources(params.benchmarks)]
    stamps = tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in files)
    named = Named(params.question, params.answer)
    return _made(params.benchmarks, named, params.paraphrase, stamps)


@lru_cache(maxsize=2)
def _made(
    names: tuple[str, ...],
    named: Named,
    paraphrase: float | None,
    stamps: tuple[tuple[str, int, int], ...],
) -> _Known:
    """What is made once in a process of the same names, columns and files."""
    benchmarks = load(names, named)
    found = references(benchmarks)
    dois: dict[str, tuple[int, int]] = {}
    for number, benchmark in enumerate(benchmarks):
        for item in benchmark.items:
            if item.doi:
                dois.setdefault(item.doi, (number, item.row))
    asked = None if paraphrase is None else questions(found.items, paraphrase)
    return _Known(found, asked, pa.array(dois, pa.string()), list(dois.values()))


def _measured(batch: pa.RecordBatch, params: Params, known: _Known) -> pa.RecordBatch:
    doi = params.doi or next((name for name in DOIS if name in batch.schema.names), None)
    names = list(params.columns) or [n for n in batch.schema.names if n not in ("id", doi)]
    columns = {name: batch.column(name) for name in names}
    rows = _Rows(len(batch))
    rows.hold_items(joined(list(columns.values()), len(batch)), known)
    if doi is not None and len(known.dois):
        rows.hold_dois(batch.column(doi), known)
    if known.questions is not None:
        asking = {"instruction": columns["instruction"]} if "instruction" in columns else columns
        rows.hold_paraphrases(list(asking.values()), known)
    return rows.as_batch(known.references.benchmarks)


class _Rows:
    """What was found for the rows of one batch; a later finding never replaces an earlier one."""

    def __init__(self, n_rows: int) -> None:
        self._by = np.full(n_rows, -1, np.int32)
        self._row = np.zeros(n_rows, np.int64)
        self._how = np.full(n_rows, "", object)
        self._text = np.full(n_rows, "", object)
        self._share, self._answer = np.zeros(n_rows), np.zeros(n_rows)

    def hold_items(self, texts: pa.LargeBinaryArray, known: _Known) -> None:
        """Rows that hold an item, by their words."""
        content, offsets = buffers(texts)
        found = search(content, offsets, known.references.table)
        places = np.flatnonzero(found.items >= 0)
        items = found.items[places]
        self._by[places] = known.references.of[items]
        self._row[places] = known.references.rows[items]
        self._share[places], self._answer[places] = found.shares[places], found.answers[places]
        answered = found.answers[places] >= HALF
        self._how[places] = np.where(answered, "question_and_answer", "question")
        for place in places:
            begin = offsets[place] + found.begins[place]
            end = min(offsets[place] + found.ends[place], begin + 4 * SHOWN_CHARACTERS)
            self._text[place] = _shown(content[begin:end].tobytes())

    def hold_dois(self, column: pa.Array, known: _Known) -> None:
        """Rows whose document is the paper of an item."""
        said = pc.replace_substring_regex(pc.utf8_lower(column.cast(pa.string())), _BEFORE_DOI, "")
        found = pc.fill_null(pc.index_in(said, value_set=known.dois), -1).to_numpy()
        for place in np.flatnonzero((found >= 0) & (self._by < 0)):
            self._by[place], self._row[place] = known.doi_of[found[place]]
            self._how[place], self._text[place] = "doi", known.dois[found[place]].as_py()

    def hold_paraphrases(self, columns: Sequence[pa.Array], known: _Known) -> None:
        """Rows that ask a question in nearly the same words."""
        for column in columns:
            texts = flat(column)
            if texts is None or known.questions is None:
                continue
            items, similarity = nearest(texts, known.questions)
            for place in np.flatnonzero((items >= 0) & (self._by < 0)):
                self._by[place] = known.references.of[items[place]]
                self._row[place] = known.references.rows[items[place]]
                self._how[place], self._share[place] = "paraphrase", similarity[place]
                self._text[place] = _shown(texts[int(place)].as_py())

    def as_batch(self, benchmarks: Sequence[Benchmark]) -> pa.RecordBatch:
        """The rows of COLUMNS."""
        clean = self._by < 0
        names = pa.array([one.name for one in benchmarks], pa.string())
        columns = [
            pa.array(~clean),
            names.take(pa.array(self._by, mask=clean)),
            pa.array(self._row, mask=clean),
            pa.array(self._how, pa.string(), mask=clean),
            pa.array(self._text, pa.string(), mask=clean),
            pa.array(self._share),
            pa.array(self._answer),
        ]
        return pa.record_batch(columns, names=list(COLUMNS))


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")[:SHOWN_CHARACTERS]
