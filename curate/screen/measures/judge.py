"""How good an example is, as a teacher scores it with its passage in view, from 1 to 5.

Reads conversations and the passages that they were made from; asks the teacher that the recipe
names. Only rows that meet every other rule of the gate are asked about, unless `rows` says
otherwise, and none without a passage. A row that was not asked about, or has no usable reply, has
NULL in every score, so it meets no rule on them; `judge_samples` tells these rows from the others.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from curate.synthesize import judging
from curate.synthesize.judging import AXES, Judgement, Judging, Subject
from curate.synthesize.requests import Model
from curate.synthesize.taught import School, gather, read
from curate.synthesize.teachers.gathered import Gathered
from schemas.rows import Passage
from schemas.settings import Name, Settings
from schemas.teachers import NameOrModel

VERSION = 1
COLUMNS = {
    "judge_correct": ("double", "5: right and complete; 3: a detail is wrong; 1: wrong"),
    "judge_grounded": ("double", "5: the passage bears all of it out; 3: the main thing; 1: not"),
    "judge_self_contained": (
        "double",
        "5: can be understood without the passage; 3: one thing has to be guessed; 1: cannot",
    ),
    "judge_clear": ("double", "5: precise and well said; 3: vague or clumsy; 1: garbled, cut"),
    "judge_difficulty": ("double", "5: takes several facts or steps; 3: one; 1: can be guessed"),
    "judge_mean": ("double", "mean of correct, grounded, self-contained and clear"),
    "judge_reason": ("string", "the worst flaw in a sentence, of the first sample"),
    "judge_samples": ("int32", "replies that the scores are means of; 0 where there are none"),
}
READS = ("id", "part", "split", "messages", "domain", "document_id", "passage_id", "context")
"""Columns of examples that are read; `document_title` too, where the documents are at hand."""
AT_ONCE = 512
Rows = Callable[[], Iterator[pa.RecordBatch]]
Mask = NDArray[np.bool_]


class Params(Settings):
    """Who judges, and which rows."""

    teacher: NameOrModel
    """Who is asked: the name of one of `synthesize.teachers`, or a block as there, `{kind: openai,
    model: …, base_url: …}`. It is paid from `synthesize.budget`."""
    samples: int = Field(1, ge=1, le=20)
    """Times that each row is asked about; the scores are means."""
    rows: Literal["passing", "all"] = "passing"
    """Whether only rows that meet every rule without a score are asked about, or all."""
    parts: list[Name] | None = None
    """Parts that are asked about; all by default."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a teacher said of some rows."""

    rows: Iterator[tuple[pa.RecordBatch, list[Judgement]]]
    """COLUMNS of every row, in order; with them the judgements of those that were asked about."""
    gathered: Gathered
    skipped: Counter[str]
    """Why rows were not asked about, counted while they are read."""


def questions(batches: Rows, params: Params, teacher: Model, passing: Mask | None) -> Judging:
    """Everything that is asked.

    Args:
        batches: gives the rows anew at each call, with READS.
        params: which rows, how often.
        teacher: who is asked.
        passing: (n_rows,) whether a row meets the other rules; None for all.
    """

    def subjects() -> Iterator[Subject]:
        for batch, chosen, _ in _chosen(batches, params, passing):
            yield from map(_subject, batch.filter(pa.array(chosen)).to_pylist())

    return Judging(subjects, teacher, params.samples)


def measure_with_teacher(
    batches: Rows,
    params: Params,
    school: School,
    tell: Callable[[str], None],
    passing: Mask | None = None,
) -> Judged:
    """Ask about the rows, then give COLUMNS of all of them.

    Args:
        batches: gives the rows anew at each call, with READS.
        params: which rows, how often.
        school: the teacher, its budget and its ledger.
        tell: shows progress.
        passing: (n_rows,) whether a row meets the other rules; None for all.

    Raises:
        WorkError: the ledger cannot be written.
        RecipeError: a key is missing.
    """
    (teacher,) = school.teachers
    asked = questions(batches, params, teacher, passing)
    gathered = gather(asked, school, tell)
    skipped: Counter[str] = Counter()

    def rows() -> Iterator[tuple[pa.RecordBatch, list[Judgement]]]:
        found = asked.judgements(read(asked, school, gathered))
        for _, chosen, why in _chosen(batches, params, passing):
            skipped.update(why)
            judgements = [next(found) for _ in range(int(chosen.sum()))]
            yield _columns(chosen, judgements), judgements

    return Judged(rows(), gathered, skipped)


def _chosen(
    batches: Rows, params: Params, passing: Mask | None
) -> Iterator[tuple[pa.RecordBatch, Mask, Counter[str]]]:
    """Rows, a few at a time, with which of them are asked about, and why the others are not."""
    n_rows = 0
    for whole in batches():
        for first in range(0, len(whole), AT_ONCE):
            batch = whole.slice(first, AT_ONCE)
            meets = slice(n_rows, n_rows + len(batch))
            tests = {
                "fails another rule": None if passing is None else passing[meets],
                "of another part": None if params.parts is None else _in(batch, params.parts),
                "no passage": _has_passage(batch),
            }
            chosen, why = np.ones(len(batch), np.bool_), Counter[str]()
            for reason, met in tests.items():
                if met is not None:
                    why[reason] += int((chosen & ~met).sum())
                    chosen &= met
            n_rows += len(batch)
            yield batch, chosen, +why


def _in(batch: pa.RecordBatch, parts: Sequence[str]) -> Mask:
    met: Mask = pc.is_in(batch.column("part"), pa.array(parts)).to_numpy(zero_copy_only=False)
    return met


def _has_passage(batch: pa.RecordBatch) -> Mask:
    text = pc.fill_null(batch.column("context"), "")
    met: Mask = pc.greater(pc.utf8_length(text), 0).to_numpy(zero_copy_only=False)
    return met


def _subject(row: dict[str, Any]) -> Subject:
    passage = Passage(
        id=row["passage_id"] or "",
        document_id=row["document_id"] or "",
        part=row["part"] or "",
        split=row["split"] or "train",
        section=[],
        start=0,
        end=len(row["context"]),
        text=row["context"],
        n_words=0,
        title=row.get("document_title"),
        source="",
        license=None,
        domain=row["domain"],
    )
    return Subject(row["id"], passage, judging.conversation(row["messages"]))


def _columns(chosen: Mask, judgements: Sequence[Judgement]) -> pa.RecordBatch:
    """COLUMNS of some rows; null where a row was not asked about."""
    place = pa.array(np.cumsum(chosen) - 1, mask=~chosen)
    values = {f"judge_{axis}": [one.score(axis) for one in judgements] for axis in AXES}
    columns = {name: pa.array(found, pa.float64()).take(place) for name, found in values.items()}
    columns["judge_mean"] = pa.array([one.mean for one in judgements], pa.float64()).take(place)
    reasons = [next((said.reason for said in one.scores), None) for one in judgements]
    columns["judge_reason"] = pa.array(reasons, pa.string()).take(place)
    n_replies = pa.array([len(one.scores) for one in judgements], pa.int32()).take(place)
    columns["judge_samples"] = pc.fill_null(n_replies, 0)
    return pa.record_batch([columns[name] for name in COLUMNS], names=list(COLUMNS))
